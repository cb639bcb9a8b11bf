"""Real processes that race for the same person, the same account, the same queue."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from compliance.contact import Refused
from tests.fixtures.book import WEDNESDAY, Shop, put_account
from tests.store.racing import (
    PROCESSES,
    THREADS,
    authorise_all_at_once,
    authorise_and_die,
    authorise_daily,
    race,
    take_next,
    take_that,
)
from workstation.desk.book import CallRequest
from workstation.desk.roles import Role
from workstation.store.tables import Attempt, Decision


def collectors(shop: Shop) -> list[int]:
    return [
        shop.book.create_user(f"c{i}", f"Collector {i}", Role.COLLECTOR, "correct horse", WEDNESDAY)
        for i in range(PROCESSES)
    ]


def test_racing_collectors_never_exceed_a_cap(shop: Shop, book_url: str) -> None:
    """One attempt a day and three a week to a business contact, however many try at once."""
    monday = WEDNESDAY - timedelta(days=2)
    week = [monday + timedelta(days=d) for d in range(5)]
    requests = [
        (CallRequest(shop.account, shop.jordan, shop.jordan_phone, user, "practice"), week)
        for user in collectors(shop)
    ]
    permitted = [now for each in race(authorise_daily, book_url, requests) for now in each]
    assert sorted(permitted) == week[:3]
    with shop.book.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 3
        assert session.scalar(select(func.count()).select_from(Decision)) == PROCESSES * len(week)
    verified = shop.book.verify_audit()
    assert verified.sound, verified.reason


def test_two_hundred_collectors_at_once_get_one_call(shop: Shop, book_url: str) -> None:
    """Two hundred people press the key for the same person in the same second: one attempt a day is one."""
    users = [
        shop.book.create_user(f"u{i}", f"User {i}", Role.COLLECTOR, "correct horse", WEDNESDAY)
        for i in range(PROCESSES * THREADS)
    ]
    requests = [CallRequest(shop.account, shop.jordan, shop.jordan_phone, u, "practice") for u in users]
    shares = [(requests[i::PROCESSES], WEDNESDAY) for i in range(PROCESSES)]
    permitted = [call_id for each in race(authorise_all_at_once, book_url, shares) for call_id in each]
    assert len(permitted) == 1
    with shop.book.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Attempt)) == 1
        assert session.scalar(select(func.count()).select_from(Decision)) == len(users)
    verified = shop.book.verify_audit()
    assert verified.sound, verified.reason


def test_a_reservation_outlives_the_process_that_made_it(shop: Shop, book_url: str) -> None:
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    (call_id,) = race(authorise_and_die, book_url, [(request, WEDNESDAY)])
    assert [c.call_id for c in shop.book.open_calls()] == [call_id]
    later = shop.book.authorise(request, WEDNESDAY + timedelta(hours=2, minutes=30))
    assert isinstance(later, Refused)


def test_racing_collectors_never_hold_one_account(shop: Shop, book_url: str) -> None:
    for i in range(2, PROCESSES * 2 + 1):
        put_account(shop.book, f"A-{i}", f"Debtor {i} Ltd")
    shop.book.rebuild_queue(WEDNESDAY)
    taken = race(take_next, book_url, [(user, WEDNESDAY, 3) for user in collectors(shop)])
    for turn in zip(*taken, strict=True):
        assert None not in turn
        # Within a turn others may already have moved on, so only what is held at the end must be distinct.
    last = [each[-1] for each in taken]
    assert len(set(last)) == PROCESSES


def test_one_account_has_one_winner(shop: Shop, book_url: str) -> None:
    won = race(take_that, book_url, [(user, WEDNESDAY, shop.account) for user in collectors(shop)])
    assert won.count(True) == 1
