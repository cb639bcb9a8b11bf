"""The materialised queue: what pages show is true as of the instant asked about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

from compliance.contact import HoldKind
from tests.fixtures.book import WEDNESDAY, Demo, Shop, put_account
from workstation.desk.book import LeaseHeld, NotAllowed, NotFound
from workstation.desk.entry import CallbackEntry, History, PastPromise
from workstation.desk.money import Money
from workstation.store.book import SqlBook
from workstation.store.queue_read import words_of
from workstation.store.tables import QueueEntry

EVENING = datetime(2026, 11, 19, 0, 30, tzinfo=UTC)  # 18:30 in Chicago
NEXT_MORNING = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # 09:00 in Chicago


def numbers(shop: Shop, now: datetime, *, later: bool = False, user: int | None = None) -> list[str]:
    page = shop.book.queue_page(shop.dana if user is None else user, now, 0, 50, later=later)
    return [row.number for row in page.rows]


def test_a_row_says_what_the_screen_needs(shop: Shop) -> None:
    (row,) = shop.book.queue_page(shop.dana, WEDNESDAY, 0, 10).rows
    assert (row.number, row.name, row.due, row.days_late) == (
        "A-1", "Harlow Tool & Die LLC", Money(842_000, "USD"), 41,
    )  # fmt: skip
    assert row.callable
    assert row.call_until == datetime(2026, 11, 18, 22, 50, tzinfo=UTC)  # 17:00 less ten minutes
    assert row.zone == "America/Chicago"
    assert row.reasons == ("never called", "41 days late")


def test_a_window_that_ended_is_never_shown_as_callable(shop: Shop) -> None:
    assert numbers(shop, WEDNESDAY) == ["A-1"]
    assert numbers(shop, EVENING) == []
    (row,) = shop.book.queue_page(shop.dana, EVENING, 0, 10, later=True).rows
    assert not row.callable
    assert row.retry_at == NEXT_MORNING
    assert "calls may start 09:00-17:00" in row.reasons[0]
    counts = shop.book.queue_counts(shop.dana, EVENING)
    assert (counts.callable, counts.later) == (0, 1)


def test_the_next_morning_it_is_callable_again_without_any_job(shop: Shop) -> None:
    assert numbers(shop, WEDNESDAY) == ["A-1"]
    assert numbers(shop, NEXT_MORNING) == ["A-1"]
    assert numbers(shop, NEXT_MORNING - timedelta(seconds=1)) == []


def test_even_a_page_read_without_healing_tells_the_truth(shop: Shop) -> None:
    """Beyond the first page nothing is worked out again, and still no closed window shows as open."""
    for i in range(2, 5):
        put_account(shop.book, f"A-{i}", f"Debtor {i}")
    shop.book.rebuild_queue(WEDNESDAY)
    assert len(shop.book.queue_page(shop.dana, WEDNESDAY, 1, 10).rows) == 3
    assert shop.book.queue_page(shop.dana, EVENING, 1, 10).rows == ()
    assert len(shop.book.queue_page(shop.dana, EVENING, 1, 10, later=True).rows) == 3


def test_every_write_that_matters_moves_the_account(shop: Shop) -> None:
    put_account(shop.book, "A-2", "Meridian Packaging", late=12, amount=311_550)
    assert numbers(shop, WEDNESDAY) == ["A-1", "A-2"]
    shop.book.place_hold(shop.account, shop.jordan, HoldKind.CEASE, shop.dana, WEDNESDAY)
    # The primary contact is closed; another of the same account may still be tried, by a person's choice.
    assert numbers(shop, WEDNESDAY) == ["A-2"]
    (held,) = shop.book.queue_page(shop.dana, WEDNESDAY, 0, 10, later=True).rows
    assert (held.number, held.retry_at) == ("A-1", None)
    assert "12 CFR 1006.6(c)" in held.reasons[0]
    meridian = shop.book.find_account("A-2")
    shop.book.add_payment(meridian, WEDNESDAY.date(), 311_550, "bank transfer")
    assert numbers(shop, WEDNESDAY) == []


def test_a_part_payment_goes_to_the_oldest_and_lowers_what_is_due(shop: Shop) -> None:
    shop.book.add_payment(shop.account, WEDNESDAY.date(), 42_000, "check", "ck 1")
    (row,) = shop.book.queue_page(shop.dana, WEDNESDAY, 0, 10).rows
    assert row.due == Money(800_000, "USD")


def test_a_broken_promise_comes_before_any_value_and_a_running_one_waits(shop: Shop) -> None:
    put_account(shop.book, "A-2", "Whale Ltd", late=55, amount=90_000_000)
    assert numbers(shop, WEDNESDAY) == ["A-2", "A-1"]
    made = WEDNESDAY - timedelta(days=14)
    promise = PastPromise(made, 120_000, date(2026, 11, 13), "check", "Jordan Reyes")
    shop.book.put_history("A-1", History(promises=(promise,)), WEDNESDAY)
    assert numbers(shop, WEDNESDAY) == ["A-1", "A-2"]
    running = PastPromise(WEDNESDAY, 120_000, date(2026, 11, 24), "check", "Jordan Reyes")
    shop.book.put_history("A-1", History(promises=(running,)), WEDNESDAY)
    assert numbers(shop, WEDNESDAY) == ["A-2"]
    (waiting,) = shop.book.queue_page(shop.dana, WEDNESDAY, 0, 10, later=True).rows
    assert waiting.reasons[0] == "promise of 1,200.00 due Tue"
    assert waiting.retry_at == datetime(2026, 11, 24, 15, tzinfo=UTC)
    due_day = waiting.retry_at
    assert numbers(shop, due_day)[0] == "A-1"
    assert numbers(shop, datetime(2026, 11, 30, 16, tzinfo=UTC))[0] == "A-1"  # broken by then: Thanksgiving


def test_a_callback_is_its_owners_until_half_an_hour_after(shop: Shop) -> None:
    due = WEDNESDAY + timedelta(hours=1)
    callback = CallbackEntry(due, "Jordan Reyes", shop.sam)
    shop.book.put_history("A-1", History(callbacks=(callback,)), WEDNESDAY)
    assert numbers(shop, WEDNESDAY, user=shop.sam) == []
    early = due - timedelta(minutes=15)
    assert numbers(shop, early, user=shop.sam) == ["A-1"]
    assert numbers(shop, early, user=shop.dana) == []
    assert numbers(shop, due + timedelta(minutes=30), user=shop.dana) == ["A-1"]
    assert shop.book.queue_counts(shop.sam, WEDNESDAY).next_callback == due
    assert shop.book.queue_counts(shop.dana, WEDNESDAY).next_callback is None


def test_pages_of_later_rows_join_without_gaps(demo_book: Demo) -> None:
    night = datetime(2026, 11, 19, 4, tzinfo=UTC)
    book, dana = demo_book.book, demo_book.seeded.user_ids["dana"]
    book.refresh_queue(night)
    whole = book.queue_page(dana, night, 0, 100, later=True).rows
    pieces = [row for at in range(0, 100, 7) for row in book.queue_page(dana, night, at, 7, later=True).rows]
    assert [r.number for r in pieces] == [r.number for r in whole]
    waits = [r.retry_at for r in whole if r.retry_at is not None]
    assert waits == sorted(waits)
    counts = book.queue_counts(dana, night)
    assert (counts.callable, counts.later) == (0, len(whole))


def test_a_page_costs_a_fixed_number_of_queries(demo_book: Demo) -> None:
    """However long the queue is and however many rows are shown."""
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(demo_book.book.database.engine, "before_cursor_execute", note)
    dana = demo_book.seeded.user_ids["dana"]
    demo_book.book.queue_page(dana, demo_book.now, 0, 5)
    few = len(statements)
    statements.clear()
    assert len(demo_book.book.queue_page(dana, demo_book.now, 0, 50).rows) == 50
    assert len(statements) == few <= 4


# ---- leases ----


def test_two_collectors_never_hold_one_account(shop: Shop) -> None:
    book = shop.book
    assert book.take_account(shop.dana, WEDNESDAY) == shop.account
    assert book.take_account(shop.sam, WEDNESDAY) is None
    with pytest.raises(LeaseHeld, match="Dana Tester works this account now"):
        book.take_account(shop.sam, WEDNESDAY, shop.account)
    (row,) = book.queue_page(shop.sam, WEDNESDAY, 0, 10).rows
    assert row.leased_by == "Dana Tester"
    (own,) = book.queue_page(shop.dana, WEDNESDAY, 0, 10).rows
    assert own.leased_by == ""


def test_a_lease_ends_by_itself_unless_it_is_kept(shop: Shop) -> None:
    book = shop.book
    book.take_account(shop.dana, WEDNESDAY)
    last = WEDNESDAY + timedelta(minutes=14, seconds=59)
    assert book.take_account(shop.sam, last) is None
    book.keep_account(shop.dana, shop.account, last)
    assert book.take_account(shop.sam, WEDNESDAY + timedelta(minutes=20)) is None
    assert book.take_account(shop.sam, last + timedelta(minutes=15)) == shop.account
    with pytest.raises(LeaseHeld, match="Sam"):
        book.keep_account(shop.dana, shop.account, last + timedelta(minutes=16))


def test_taking_the_next_gives_the_last_back(shop: Shop) -> None:
    book = shop.book
    other = put_account(book, "A-2", "Meridian Packaging", late=12, amount=311_550)
    assert book.take_account(shop.dana, WEDNESDAY) == shop.account
    assert book.take_account(shop.dana, WEDNESDAY) == other
    assert book.take_account(shop.sam, WEDNESDAY) == shop.account
    book.release_account(shop.dana, shop.account)  # not hers any more: nothing happens
    with pytest.raises(LeaseHeld):
        book.take_account(shop.dana, WEDNESDAY, shop.account)
    with pytest.raises(NotFound):
        book.take_account(shop.dana, WEDNESDAY, 999)


def test_only_those_who_work_accounts_take_them(shop: Shop) -> None:
    from workstation.desk.roles import Role

    auditor = shop.book.create_user("ana", "Ana", Role.COMPLIANCE, "correct horse", WEDNESDAY)
    with pytest.raises(NotAllowed, match="a compliance may not work accounts"):
        shop.book.take_account(auditor, WEDNESDAY)


# ---- search ----


@pytest.mark.parametrize(
    "typed", ["harlow", "HARL die", "a-1", "jordan reyes", "312 555", "+1 312 555 0101", "ia1"]
)
def test_an_account_is_found_by_what_people_know(shop: Shop, typed: str) -> None:
    put_account(shop.book, "B-777", "Quill & Anchor Press")
    shop.book.refresh_queue(WEDNESDAY)
    found = [r.number for r in shop.book.search_accounts(typed, WEDNESDAY, 10)]
    assert "A-1" in found


def test_search_takes_hostile_text_as_text(shop: Shop) -> None:
    for typed in ("", "   ", "%", "_", "'; DROP TABLE accounts --", "\x00", "[bold]", "é" * 300):
        assert shop.book.search_accounts(typed, WEDNESDAY, 10) == ()
    assert words_of("O'Brien & Søn 312-555") == ["o", "brien", "søn", "312", "555", "obriensøn312555"]


# ---- at scale ----


def test_a_rebuild_measures_the_book(demo_book: Demo) -> None:
    book: SqlBook = demo_book.book
    with book.database.read() as session:
        listed = session.scalar(select(func.count()).select_from(QueueEntry).where(QueueEntry.tier < 9))
    assert listed == 58
    reasons = [r for row in book.queue_page(1, demo_book.now, 0, 100).rows for r in row.reasons]
    assert any(r in ("largest of today", "one of the largest") for r in reasons)
