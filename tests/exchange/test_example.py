"""The guided example, shortened: a real list, real days, a real mail server."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest

from workstation.config import load
from workstation.example import ExampleError, Outcome, run_example
from workstation.store.book import open_book
from workstation.store.post import Outbox
from workstation.store.stages_read import stage_history

IBM = Path(__file__).parents[3] / "shared" / "data" / "ibm_accounts_receivable.csv"
FIRST = date(2013, 4, 1)


def made_up(path: Path) -> Path:
    """A list in the sample's shape, for machines without it: 14 customers, an invoice every nine days."""
    lines = ["customerID,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate,PaperlessBill"]
    for customer in range(14):
        for n in range(8):
            issued = date(2013, 2, 1) + timedelta(days=9 * n + customer)
            due, settled = issued + timedelta(days=30), issued + timedelta(days=20 + 3 * customer)
            cells = (
                f"{customer:04}-XCUST", f"{customer:04}{n:06}", *(f"{d:%m/%d/%Y}" for d in (issued, due)),
                f"{40 + customer}.{n:02}", "Yes" if (customer, n) == (3, 6) else "No", f"{settled:%m/%d/%Y}",
                "Paper" if customer % 3 == 0 else "Electronic",
            )  # fmt: skip
            lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def live(source: Path, home: Path, said: list[str], customers: int = 12) -> Outcome:
    return run_example(source, home, FIRST, 10, said.append, lambda *_: None, customers=customers)


def check(outcome: Outcome, said: list[str]) -> None:
    """What the reader of docs/example.md is promised."""
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in sorted((outcome.home / "mails").iterdir())
    ]
    assert len(mails) == outcome.mails > 3
    assert len({m["Message-ID"] for m in mails}) == len(mails)
    for mail in mails:
        assert isinstance(mail, EmailMessage)
        plain = mail.get_body(("plain",))
        assert plain is not None
        number = str(mail["Subject"]).split()[1]
        assert number in plain.get_content(), "the mail is about the invoice of its subject"
        assert str(mail["To"]).endswith(".example.com")
    assert len(outcome.letters) > 1
    for file in outcome.letters:
        pdf = pypdfium2.PdfDocument(file)
        text = pdf[0].get_textpage().get_text_bounded()
        assert "Bradford Supply" in text
        assert "Chicago, IL 60607" in text
        assert "First Prairie Bank" in text
        pdf.close()
    assert outcome.payments > 0
    assert set(outcome.tally) <= {1, 2, 3, 4}, "nobody talked to anybody: nothing is past inquire"
    assert outcome.tally[2] > 0
    assert outcome.calls_open > 0
    assert outcome.refused == ()
    book = open_book(outcome.home / "book.db")
    assert {view.state.value for view in Outbox(book).list(limit=500)} == {"sent"}
    account = Outbox(book).list(limit=1)[0].account_id
    assert "was decided on" in " ".join(stage_history(book, account))
    assert book.tie_out() == ()
    assert book.verify_audit().sound
    book.close()
    told = "\n".join(said)
    assert f"{outcome.mails} mails sent and received, {len(outcome.letters)} letters" in told
    assert "Key figures as of 10 Apr 2013" in told
    assert "Collection effectiveness" in told


def test_ten_days_of_a_list(tmp_path: Path) -> None:
    home, said = tmp_path / "home", list[str]()
    outcome = live(made_up(tmp_path / "list.csv"), home, said)
    check(outcome, said)
    assert load(home).company.name == "Bradford Supply"
    again = live(tmp_path / "list.csv", home, said)
    assert (again.mails, again.tally) == (outcome.mails, outcome.tally), (
        "it may be run again, and is the same"
    )


@pytest.mark.skipif(not IBM.exists(), reason="the IBM sample is not on this machine (../shared/data)")
def test_ten_days_of_the_ibm_sample(tmp_path: Path) -> None:
    said: list[str] = []
    check(live(IBM, tmp_path / "home", said, customers=40), said)


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ExampleError, match="was not made by the example"):
        live(made_up(tmp_path / "list.csv"), tmp_path, [])
    assert (tmp_path / "mine.txt").read_text() == "keep"
