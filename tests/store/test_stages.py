"""The stage run on the book, on both databases: idempotent, resumable, told in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.fixtures.book import WEDNESDAY, Shop, put_account
from workstation.desk.book import InvalidEntry, NotAllowed
from workstation.desk.entry import InvoiceEntry
from workstation.desk.stage import FINAL, PAID, PLACED
from workstation.store.book import SqlBook
from workstation.store.queue_build import mark_stale
from workstation.store.stages import Report, begin_run, run_batch, run_stages
from workstation.store.stages_acts import confirm_delivery, end_stages, waive_stage
from workstation.store.stages_post import NotPosted, Posted
from workstation.store.stages_read import open_calls, stage_history
from workstation.store.tables import (
    Account,
    Conversation,
    Invoice,
    InvoiceStage,
    Message,
    Party,
    StageAction,
    StageEvent,
)

DAY = WEDNESDAY.date()


class Shelf:
    """A post that keeps what it is given as history lines of the real book."""

    def __init__(self, book: SqlBook, *, refuse: str = "") -> None:
        self.book, self.refuse, self.asked = book, refuse, 0

    def find(self, account_id: int, template: str, since: datetime) -> Posted | None:
        with self.book.database.read() as session:
            found = session.scalars(
                select(Message.id).where(Message.account_id == account_id, Message.subject == template)
            ).first()
            return None if found is None else Posted(found)

    def queue(
        self, account_id: int, stage: int, template: str, invoice_ids: Sequence[int], now: datetime
    ) -> Posted | NotPosted:
        self.asked += 1
        if self.refuse:
            return NotPosted(self.refuse)
        with self.book.database.write() as session:
            row = Message(account_id=account_id, at=now, medium="email", subject=template, state="queued")
            session.add(row)
            session.flush()
            return Posted(row.id)


def new_invoice(shop: Shop, number: str = "N-1") -> int:
    entry = InvoiceEntry("A-1", number, DAY, DAY + timedelta(days=30), 120_000, 120_000)
    with shop.book.database.write() as session:
        old = session.scalars(select(Invoice).where(Invoice.account_id == shop.account)).all()
        for invoice in old:
            invoice.open_minor = 0
        session.get_one(Party, shop.jordan).email = "jordan@example.com"
    shop.book.put_invoices([entry], WEDNESDAY)
    with shop.book.database.read() as session:
        return session.scalars(select(Invoice.id).where(Invoice.number == number)).one()


def stage_of(shop: Shop, invoice_id: int) -> int:
    with shop.book.database.read() as session:
        return session.get_one(InvoiceStage, invoice_id).stage


def at(days: int) -> tuple[date, datetime]:
    now = WEDNESDAY + timedelta(days=days)
    return now.date(), now


def counted(book: SqlBook) -> tuple[int, int]:
    with book.database.read() as session:
        return (
            session.scalar(select(func.count()).select_from(StageEvent)) or 0,
            session.scalar(select(func.count()).select_from(StageAction)) or 0,
        )


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(shop: Shop) -> None:
    dry = run_stages(shop.book, DAY, WEDNESDAY, dry_run=True)
    assert counted(shop.book) == (0, 0)
    real = run_stages(shop.book, DAY, WEDNESDAY)
    assert dry.lines == real.lines
    assert dry.counts == real.counts
    assert real.lines[0].reasons == ("next step on 23 November 2026",)
    assert "entered stage 2, confirm delivery" in real.lines[0].events[-1]
    later = run_stages(shop.book, *at(5), dry_run=True)
    assert (later.lines[0].channel, later.lines[0].step) == ("call", "confirm-arrival")


def test_the_same_day_twice_changes_nothing(shop: Shop) -> None:
    run_stages(shop.book, DAY, WEDNESDAY)
    before = counted(shop.book)
    again = run_stages(shop.book, DAY, WEDNESDAY + timedelta(hours=2))
    assert (again.accounts, again.already_done) == (0, True)
    assert counted(shop.book) == before
    with pytest.raises(InvalidEntry, match="later one"):
        begin_run(shop.book, DAY - timedelta(days=1), WEDNESDAY)


def test_a_run_cut_short_is_taken_up_at_the_next_account(shop: Shop) -> None:
    for n in range(2, 6):
        put_account(shop.book, f"A-{n}", f"Debtor {n}")
    begin_run(shop.book, DAY, WEDNESDAY)
    first = Report(DAY, dry_run=False)
    run_batch(shop.book, DAY, WEDNESDAY, 0, first, limit=2)
    assert first.accounts == 2
    rest = run_stages(shop.book, DAY, WEDNESDAY)
    assert (rest.accounts, rest.already_done) == (3, False)


def test_an_invoice_goes_from_notice_to_final_notice_on_evidence(shop: Shop) -> None:
    invoice_id, post = new_invoice(shop), Shelf(shop.book)
    run_stages(shop.book, *at(0), post=post)
    assert stage_of(shop, invoice_id) == 1
    with shop.book.database.write() as session:
        session.scalars(select(Message)).one().state = "sent"
    run_stages(shop.book, *at(1), post=post)
    assert stage_of(shop, invoice_id) == 2
    confirm_delivery(shop.book, invoice_id, "Jordan Reyes", DAY + timedelta(days=2), shop.dana, at(2)[1])
    run_stages(shop.book, *at(2), post=post)
    assert stage_of(shop, invoice_id) == 3
    for day in range(3, 27):
        run_stages(shop.book, *at(day), post=post)
    with shop.book.database.write() as session:
        session.scalars(select(Message).where(Message.subject == "reminder")).one().state = "sent"
    for day in range(27, 35):
        run_stages(shop.book, *at(day), post=post)
    assert stage_of(shop, invoice_id) == 4
    assert open_calls(shop.book)[0][:2] == (shop.account, "ask")
    with shop.book.database.write() as session:
        session.add(Conversation(account_id=shop.account, party_id=shop.jordan, at=at(35)[1], debt_ids=[1]))
    for day in range(35, 46):
        run_stages(shop.book, *at(day), post=post)
    assert stage_of(shop, invoice_id) == 5
    with shop.book.database.write() as session:
        session.add(Conversation(account_id=shop.account, party_id=shop.jordan, at=at(50)[1], debt_ids=[1]))
    for day in range(50, 77):
        run_stages(shop.book, *at(day), post=post)
    assert stage_of(shop, invoice_id) == FINAL
    assert shop.book.account(shop.account, at(77)[1]).stage == FINAL
    told = " ".join(stage_history(shop.book, shop.account))
    assert "was confirmed as received by Jordan Reyes" in told
    assert "entered stage 6, final notice" in told
    with pytest.raises(NotAllowed):
        end_stages(shop.book, invoice_id, PLACED, "no answer", shop.dana, *at(77))
    with shop.book.database.write() as session:
        session.get_one(Invoice, invoice_id).open_minor = 0
    run_stages(shop.book, *at(78), post=post)
    assert stage_of(shop, invoice_id) == PAID
    with shop.book.database.read() as session:
        assert session.get_one(Account, shop.account).stage == PAID
    assert shop.book.verify_audit().sound


def test_a_message_taken_before_a_crash_is_not_queued_again(shop: Shop) -> None:
    new_invoice(shop)
    run_stages(shop.book, DAY, WEDNESDAY)  # decided on; the run died before the post was asked
    post = Shelf(shop.book)
    post.queue(shop.account, 1, "confirm-delivery", (), WEDNESDAY)  # it took it, and nobody noted that
    report = run_stages(shop.book, *at(1), post=post)
    assert post.asked == 1
    assert report.counts["queued"] == 1


def test_what_bounced_proves_nothing_and_is_sent_again(shop: Shop) -> None:
    invoice_id, post = new_invoice(shop), Shelf(shop.book)
    run_stages(shop.book, *at(0), post=post)
    with shop.book.database.write() as session:
        session.scalars(select(Message)).one().state = "bounced"
    run_stages(shop.book, *at(1), post=post)
    assert stage_of(shop, invoice_id) == 1
    assert any("came back" in line for line in stage_history(shop.book, shop.account))


def test_a_refusal_is_kept_with_its_reason(shop: Shop) -> None:
    new_invoice(shop)
    run_stages(shop.book, DAY, WEDNESDAY, post=Shelf(shop.book, refuse="has an attorney · 1006.6(b)(2)"))
    with shop.book.database.read() as session:
        action = session.scalars(select(StageAction)).one()
        assert (action.state, action.detail) == ("refused", "has an attorney · 1006.6(b)(2)")


def test_only_a_supervisor_waives_and_only_with_a_reason(shop: Shop) -> None:
    invoice_id = new_invoice(shop)
    with pytest.raises(InvalidEntry, match="has not entered"):
        confirm_delivery(shop.book, invoice_id, "Jordan", DAY, shop.dana, WEDNESDAY)
    run_stages(shop.book, DAY, WEDNESDAY)
    with pytest.raises(NotAllowed):
        waive_stage(shop.book, invoice_id, "sent by the branch", shop.dana, DAY, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="written reason"):
        waive_stage(shop.book, invoice_id, "", shop.morgan, DAY, WEDNESDAY)
    waive_stage(shop.book, invoice_id, "sent by the branch", shop.morgan, DAY, WEDNESDAY)
    run_stages(shop.book, *at(1))
    assert stage_of(shop, invoice_id) == 2
    assert any(
        "Morgan Tester let invoice N-1 go on" in line for line in stage_history(shop.book, shop.account)
    )


def test_a_call_decided_on_is_in_the_queue_until_somebody_talked(shop: Shop) -> None:
    run_stages(shop.book, *at(0))
    run_stages(shop.book, *at(5))
    now = at(5)[1]
    row = shop.book.queue_page(shop.dana, now, 0, 10).rows[0]
    assert "stage 2 confirm delivery: call due since 23 Nov" in row.reasons
    with shop.book.database.write() as session:
        session.add(
            Conversation(
                account_id=shop.account, party_id=shop.jordan, at=now + timedelta(hours=1), debt_ids=[1]
            )
        )
        mark_stale(session, shop.account)
    shop.book.refresh_queue(now + timedelta(days=7))
    again = shop.book.search_accounts("A-1", now + timedelta(days=7), 5)[0]
    assert not [r for r in again.reasons if r.startswith("stage 2")]
