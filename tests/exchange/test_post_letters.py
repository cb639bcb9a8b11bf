"""Letters as PDF, and what mails are made of: addresses, headers, text and HTML."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from email.message import EmailMessage

import pypdfium2  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.contact import Refused
from tests.fixtures.book import WEDNESDAY, Shop
from tests.fixtures.post import SETTINGS, make_writable
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.entry import InvoiceEntry
from workstation.desk.money import Money
from workstation.desk.post import Claimed, IllegalMove, PostState, Queued, check_move
from workstation.desk.reachable import check_address
from workstation.exchange.post.compose import build_mail, check_header, totals
from workstation.exchange.post.links import TemplateProvider
from workstation.exchange.post.mail import post_letter, queue_message, render_letter
from workstation.exchange.post.pdf import printable
from workstation.store.post import Outbox
from workstation.store.tables import Invoice, Party, PostalAddress

REPLY_BY = date(2026, 11, 30)


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    found = []
    for page in document:
        text = page.get_textpage()
        found.append(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return found


def final_demand(shop: Shop) -> bytes:
    return render_letter(
        shop.book,
        shop.account,
        "final-demand",
        WEDNESDAY,
        user_id=shop.dana,
        settings=SETTINGS,
        reply_by=REPLY_BY,
    )


def add_invoices(shop: Shop, count: int) -> None:
    entries = []
    for index in range(count):
        due = date(2026, 8, 1) + timedelta(days=index)
        entries.append(
            InvoiceEntry("A-1", f"N{index:03}", due - timedelta(days=30), due, 10_000 + index, 10_000 + index)
        )
    shop.book.put_invoices(entries, WEDNESDAY)


def test_a_final_demand_says_what_is_owed_to_whom_by_when(writable: Shop) -> None:
    (page,) = pages(final_demand(writable))
    for words in (
        "Harlow Tool & Die LLC",
        "1820 W. Hubbard Street",
        "November 18, 2026",
        "8,420.00 USD is overdue",
        "IA-1",
        "41 days",
        "reaches us by November 30, 2026",
        "000123456789",
        "Page 1 of 1",
        "Dana Tester",
    ):
        assert words in page
    assert final_demand(writable) == final_demand(writable)


def test_a_long_list_goes_over_pages_with_its_head_and_one_total(writable: Shop) -> None:
    add_invoices(writable, 90)
    found = pages(final_demand(writable))
    assert len(found) >= 3
    for number, page in enumerate(found, 1):
        assert f"Page {number} of {len(found)}" in page
    listed = re.findall(r"\bN\d{3}\b", "\n".join(found))
    assert len(set(listed)) == 90
    whole = Money(842_000 + sum(10_000 + i for i in range(90)), "USD")
    assert "\n".join(found).count(str(whole)) >= 1
    signed = [page for page in found if "Sincerely," in page]
    assert len(signed) == 1
    assert "last letter you receive" in signed[0]  # a signature never stands alone


def test_what_is_disputed_is_marked_and_not_asked_for(writable: Shop) -> None:
    with writable.book.database.write() as session:
        session.query(Invoice).update({Invoice.disputed_minor: 42_000})
    (page,) = pages(final_demand(writable))
    assert "IA-1 *" in page
    assert "420.00 USD of this is not asked for" in page
    assert "8,000.00 USD is overdue" in page


def test_names_are_printed_as_written_and_what_cannot_be_is_marked(writable: Shop) -> None:
    with writable.book.database.write() as session:
        session.get_one(Party, writable.jordan).name = "Zoë Łukasiewicz-Θεός <b>中</b>\x07"
    (page,) = pages(final_demand(writable))
    assert "Zoë Łukasiewicz-Θεός <b>" in page
    assert "中" not in page
    assert printable("a中b") in ("a\ufffdb", "a?b")


def test_a_letter_is_queued_with_its_pdf_and_put_in_the_post_once(writable_anywhere: Shop) -> None:
    writable = writable_anywhere
    make_writable(writable, stage=6)
    outbox = Outbox(writable.book)
    queued = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "final-demand",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
        reply_by=REPLY_BY,
    )
    assert isinstance(queued, Queued)
    assert outbox.due(WEDNESDAY, 10) == ()  # no mail server ever sees a letter
    pdf = post_letter(writable.book, queued.outbox_id, writable.morgan, WEDNESDAY)
    assert isinstance(pdf, bytes)
    assert pdf == outbox.pdf(queued.outbox_id)
    assert outbox.view(queued.outbox_id).reply == "put in the post by Morgan Tester"
    with pytest.raises(InvalidEntry, match="is sent"):
        post_letter(writable.book, queued.outbox_id, writable.morgan, WEDNESDAY)


def test_a_final_demand_by_mail_brings_the_letter(writable: Shop) -> None:
    make_writable(writable, stage=6)
    outbox = Outbox(writable.book)
    provider = TemplateProvider("bank", "https://pay.bank.example/{reference}?i={invoice}")
    queued = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "final-demand-mail",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
        provider=provider,
        reply_by=REPLY_BY,
    )
    assert isinstance(queued, Queued)
    claimed = outbox.claim(queued.outbox_id, WEDNESDAY)
    assert isinstance(claimed, Claimed)
    mail = build_mail(claimed, SETTINGS, WEDNESDAY)
    (attached,) = list(mail.iter_attachments())
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "letter.pdf")
    (page,) = pages(attached.get_content())
    assert "https://pay.bank.example/DL-" in page
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    assert '<a href="https://pay.bank.example/DL-' in html.get_content()
    assert mail["List-Unsubscribe"] == "<mailto:stop@bradford.example?subject=STOP>"


def test_text_from_outside_is_escaped_in_html(writable: Shop) -> None:
    with writable.book.database.write() as session:
        session.get_one(Party, writable.jordan).name = "<script>alert('x')</script> & Co"
        session.query(Invoice).update({Invoice.number: "<b>7</b>"})
    queued = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "inquiry",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
    )
    assert isinstance(queued, Queued)
    claimed = Outbox(writable.book).claim(queued.outbox_id, WEDNESDAY)
    assert isinstance(claimed, Claimed)
    assert "<script>" not in claimed.html
    assert "<b>7</b>" not in claimed.html
    assert "Dear &lt;script&gt;" in claimed.html
    assert "Dear <script>alert('x')</script> & Co," in claimed.body


def test_what_keeps_a_message_from_being_written_is_said(writable: Shop) -> None:
    def attempt(template: str, **options: date) -> str:
        with pytest.raises(InvalidEntry) as caught:
            queue_message(
                writable.book,
                writable.account,
                writable.jordan,
                template,
                writable.dana,
                WEDNESDAY,
                settings=SETTINGS,
                **options,  # type: ignore[arg-type]  # only reply_by is given here
            )
        return str(caught.value)

    assert "for stage 6; this account is at stage 4" in attempt("final-demand")
    assert "no letter 'nothing'" in attempt("nothing")
    make_writable(writable, stage=6)
    assert "needs reply_by" in attempt("final-demand")
    assert "must be after today" in attempt("final-demand", reply_by=date(2026, 11, 18))
    make_writable(writable, email="")
    assert "Jordan Reyes has no mail address" in attempt("inquiry")
    make_writable(writable, email="jordan@harlow.example\nBcc: all@x.example")
    assert "not one that can be written to" in attempt("inquiry")
    with writable.book.database.write() as session:
        session.query(PostalAddress).delete()
    make_stage = make_writable(writable, stage=5)
    with make_stage.book.database.write() as session:
        session.query(PostalAddress).delete()
    assert "no postal address for Jordan Reyes" in attempt("pressing")
    assert Outbox(writable.book).list() == ()
    with pytest.raises(NotFound):
        queue_message(writable.book, 99, writable.jordan, "inquiry", writable.dana, WEDNESDAY)


def test_a_consumer_reads_who_writes_and_how_to_stop_it(writable: Shop) -> None:
    make_writable(writable, profile="consumer-third-party")
    queued = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "consumer-inquiry",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
    )
    assert isinstance(queued, Queued)
    claimed = Outbox(writable.book).claim(queued.outbox_id, WEDNESDAY)
    assert isinstance(claimed, Claimed)
    flat = " ".join(claimed.body.split())
    assert "This communication is from a debt collector." in flat
    assert "write to stop@bradford.example" in flat
    night = WEDNESDAY + timedelta(hours=8)  # four in the morning in Chicago
    late = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "consumer-inquiry",
        writable.dana,
        night,
        settings=SETTINGS,
    )
    assert isinstance(late, Refused)
    assert late.reasons[0].rule_id == "us/calling-hours"
    assert late.retry_at is not None


@given(st.text(max_size=80))
def test_no_header_lets_a_line_break_through(text: str) -> None:
    try:
        kept = check_header(text, "the subject")
    except InvalidEntry:
        return
    message = EmailMessage()
    message["Subject"] = kept
    raw = message.as_bytes()
    assert len(re.findall(rb"^\S+:", raw, re.M)) == 1


@given(st.text(max_size=60))
def test_an_address_is_one_plain_address_or_refused(text: str) -> None:
    try:
        kept = check_address(text)
    except InvalidEntry:
        return
    assert kept.isascii()
    assert kept.count("@") == 1
    assert not re.search(r"[\s<>,;:\"\\()\[\]]", kept)


def test_addresses() -> None:
    assert check_address(" jo.o'hara+ap@bücher.example ") == "jo.o'hara+ap@xn--bcher-kva.example"
    for wrong in (
        "",
        "jo",
        "jo@",
        "@x.example",
        "jo@x",
        "jö@x.example",
        "a@b.example, c@d.example",
        "a..b@x.example",
    ):
        with pytest.raises(InvalidEntry):
            check_address(wrong)


def test_totals_never_mix_currencies() -> None:
    amounts = [Money(1, "USD"), Money(2, "EUR"), Money(3, "USD")]
    assert totals(amounts) == (Money(4, "USD"), Money(2, "EUR"))


def test_states_move_one_way_only() -> None:
    for final in (PostState.FAILED, PostState.BOUNCED, PostState.REFUSED):
        for after in PostState:
            with pytest.raises(IllegalMove):
                check_move(final, after)
    for after in PostState:
        if after is not PostState.BOUNCED:
            with pytest.raises(IllegalMove):
                check_move(PostState.SENT, after)  # what was sent is never sent again
