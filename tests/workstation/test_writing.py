"""Mails, letters and payment links as the account screen writes them, on a real book."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from compliance.contact import HoldKind, Medium, Refused
from tests.fixtures.book import WEDNESDAY, Demo
from workstation import bootstrap
from workstation.config import load
from workstation.desk.book import InvalidEntry
from workstation.desk.post import Queued
from workstation.desk.writing import LetterChoice
from workstation.exchange.post.settings import PostSettings
from workstation.store.post import Outbox
from workstation.store.tables import PostalAddress
from workstation.writing import WritingDesk

SETTINGS = PostSettings(sender_address="ar@bradford.example", opt_out="stop@bradford.example")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    file = tmp_path / "bank.toml"
    file.write_text('name = "bank"\nurl = "https://pay.example/{reference}?invoice={invoice}"\n')
    return file


def harlow(demo: Demo) -> tuple[int, int]:
    account = demo.book.find_account("A-10482")
    return account, demo.book.find_user("dana").user_id


def choice(desk: WritingDesk, letter_id: str, medium: Medium, stage: int = 4) -> LetterChoice:
    return next(x for x in desk.choices("b2b-first-party", stage, medium) if x.id == letter_id)


def test_a_preview_is_what_is_queued_and_records_nothing(demo_book: Demo) -> None:
    desk, outbox = WritingDesk(demo_book.book, SETTINGS), Outbox(demo_book.book)
    account, dana = harlow(demo_book)
    inquiry = choice(desk, "inquiry", Medium.EMAIL)
    audit_before = demo_book.book.verify_audit().lines
    preview = desk.preview(inquiry, account, 0, dana, WEDNESDAY)
    assert preview.flaws == ()
    assert preview.to == "Jordan Reyes <billing@harlowtool.example>"
    assert "7731" in preview.text
    assert outbox.list(account_id=account) == ()
    assert demo_book.book.verify_audit().lines == audit_before
    queued = desk.queue(inquiry, account, 0, dana, WEDNESDAY)
    assert isinstance(queued, Queued)
    (view,) = outbox.list(account_id=account)
    assert view.subject == preview.subject
    body = outbox.claim(view.outbox_id, WEDNESDAY)
    assert not isinstance(body, Refused)
    assert body is not None
    assert body.body == preview.text


def test_a_hold_refuses_and_names_its_rule(demo_book: Demo) -> None:
    desk = WritingDesk(demo_book.book, SETTINGS)
    account, dana = harlow(demo_book)
    party = demo_book.book.account(account, WEDNESDAY).phones[0].party_id
    demo_book.book.place_hold(account, party, HoldKind.CEASE, dana, WEDNESDAY)
    answer = desk.queue(choice(desk, "inquiry", Medium.EMAIL), account, 0, dana, WEDNESDAY)
    assert isinstance(answer, Refused)
    assert answer.reasons[0].citation


def test_a_letter_needs_an_address_and_is_a_pdf_then(demo_book: Demo) -> None:
    desk, outbox = WritingDesk(demo_book.book, SETTINGS), Outbox(demo_book.book)
    account, dana = harlow(demo_book)
    with demo_book.book.database.write() as session:
        session.execute(delete(PostalAddress))
    statement = choice(desk, "statement", Medium.LETTER)
    assert "no postal address" in desk.preview(statement, account, 0, dana, WEDNESDAY).flaws[0]
    with pytest.raises(InvalidEntry, match="postal address"):
        desk.queue(statement, account, 0, dana, WEDNESDAY)
    desk.set_address(account, 0, ["12 Mill Lane", "Chicago, IL 60607"], dana, WEDNESDAY)
    preview = desk.preview(statement, account, 0, dana, WEDNESDAY)
    assert preview.flaws == ()
    assert "12 Mill Lane" in preview.to
    queued = desk.queue(statement, account, 0, dana, WEDNESDAY)
    assert isinstance(queued, Queued)
    pdf = outbox.pdf(queued.outbox_id)
    assert pdf is not None
    assert pdf.startswith(b"%PDF")


def test_without_a_sender_a_mail_says_what_to_set(demo_book: Demo) -> None:
    desk = WritingDesk(demo_book.book, PostSettings())
    account, dana = harlow(demo_book)
    (flaw,) = desk.preview(choice(desk, "inquiry", Medium.EMAIL), account, 0, dana, WEDNESDAY).flaws
    assert "[post] sender_address" in flaw


def test_a_fact_that_the_letter_must_name_and_is_not_there(demo_book: Demo) -> None:
    desk = WritingDesk(demo_book.book, SETTINGS)
    account, dana = harlow(demo_book)
    with pytest.raises(InvalidEntry, match="open_promise_amount"):
        desk.preview(choice(desk, "promise", Medium.EMAIL), account, 0, dana, WEDNESDAY)


def test_links_are_given_once_and_only_where_a_page_is_set_up(demo_book: Demo, page: Path) -> None:
    account, dana = harlow(demo_book)
    with pytest.raises(InvalidEntry, match="pay_page"):
        WritingDesk(demo_book.book, SETTINGS).pay_link(account, "7731", dana, WEDNESDAY)
    desk = WritingDesk(demo_book.book, SETTINGS, page)
    preview = desk.preview(choice(desk, "inquiry", Medium.EMAIL), account, 0, dana, WEDNESDAY)
    assert preview.text.count("the link is made when this is queued") == 2, "looking asks no provider"
    given = desk.pay_link(account, "7731", dana, WEDNESDAY)
    assert given.url.startswith("https://pay.example/DL-")
    assert given.amount.minor == 320_000
    assert desk.pay_link(account, "7731", dana, WEDNESDAY).url == given.url
    with pytest.raises(InvalidEntry, match="nothing is open"):
        desk.pay_link(account, "nope", dana, WEDNESDAY)
    statement = desk.preview(choice(desk, "statement", Medium.LETTER), account, 0, dana, WEDNESDAY)
    assert given.url in statement.text
    assert "the link is made when this is queued" in statement.text


def test_a_page_that_cannot_be_read_names_its_file(demo_book: Demo, tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    file.write_text('name = "bank"\nurl = "http://insecure"\n')
    account, dana = harlow(demo_book)
    with pytest.raises(InvalidEntry, match=r"bank\.toml: url"):
        WritingDesk(demo_book.book, SETTINGS, file).pay_link(account, "7731", dana, WEDNESDAY)


def test_the_settings_reach_the_desk(demo_book: Demo, tmp_path: Path) -> None:
    (tmp_path / "dunline.toml").write_text(
        '[post]\nsender_address = "ar@bradford.example"\npay_page = "page.toml"\n'
    )
    (tmp_path / "page.toml").write_text('name = "bank"\nurl = "https://pay.example/{reference}"\n')
    account, dana = harlow(demo_book)
    desk = bootstrap.writing(load(tmp_path), demo_book.book)
    assert desk.pay_link(account, "7731", dana, WEDNESDAY).provider == "bank"
    preview = desk.preview(choice(desk, "inquiry", Medium.EMAIL), account, 0, dana, WEDNESDAY)
    assert preview.flaws == ()
