"""The manager's last chance, once given: its instant, what ends it, what follows; the queue meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from compliance.contact import Refused
from tests.fixtures.book import WEDNESDAY
from tests.fixtures.final import PARTNER, Final, authorise
from tests.store.final_rig import (
    CLOSE,
    DAY,
    FRIDAY,
    MINUTE,
    MONDAY,
    USD_8420,
    call,
    dispute,
    given,
    last_chance,
    logged,
    prove,
    revoked,
    state_of,
)
from workstation.desk.book import InvalidEntry, NotAllowed, ProofNeeded
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.money import Money
from workstation.desk.plan import build
from workstation.store.tables import FinalDeadline


def test_a_deadline_is_one_instant_and_is_never_moved(final_both: Final) -> None:
    final = final_both
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    for day, error in (
        (date(2026, 11, 24), "7 days off at least"),
        (date(2026, 11, 28), "Saturday"),
        (date(2026, 11, 26), "public holiday"),
        (date(2027, 1, 15), "at most"),
    ):
        with pytest.raises(InvalidEntry, match=error):
            final.desk.finish(session, last_chance(day), final.kei, WEDNESDAY)
    deadline = final.desk.finish(session, last_chance(), final.kei, WEDNESDAY).deadline_id
    (row,) = final.desk.deadlines(WEDNESDAY)
    assert (row.deadline_id, row.at, row.acts_on) == (deadline, CLOSE, MONDAY.date())
    assert PARTNER in row.consequence
    with pytest.raises(Exception, match="never moved"), final.book.database.write() as write:
        write.execute(update(FinalDeadline).values(at=CLOSE + DAY))
    with pytest.raises(InvalidEntry, match="it runs"):
        final.desk.begin(final.account, final.kei, WEDNESDAY + MINUTE)


def test_an_authority_that_ends_before_what_is_announced_announces_nothing(final: Final) -> None:
    revoked(final)
    authorise(final.book, final.account, final.shop.morgan, final.kei, lasts=20 * DAY - timedelta(hours=3))
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    final.desk.finish(session, last_chance(), final.kei, WEDNESDAY)
    revoked_book = final.desk.view(final.account, final.kei, WEDNESDAY)
    assert max(revoked_book.days) == date(2026, 12, 7) or max(revoked_book.days) <= date(2026, 12, 8)


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_the_clock_lapses_a_deadline_at_its_instant(final: Final, seconds: int) -> None:
    deadline = given(final)
    counts = final.desk.tick(CLOSE + timedelta(seconds=seconds))
    lapsed = seconds >= 0
    assert state_of(final, deadline) is (DeadlineState.DUE if lapsed else DeadlineState.RUNNING)
    assert dict(counts) == ({"placement due": 1} if lapsed else {})
    assert dict(final.desk.tick(CLOSE + timedelta(seconds=seconds))) == {}, "twice is once"
    assert logged(final).count("deadline: placement due") == int(lapsed)


def pay(final: Final) -> None:
    final.book.record_payment(final.account, FRIDAY, 842_000, CLOSE - timedelta(hours=1))


def agree(final: Final) -> None:
    parts = build(USD_8420, FRIDAY, count=3)
    final.book.make_plan(final.account, "Jordan", "check", parts, FRIDAY, final.shop.dana, CLOSE - MINUTE)


@pytest.mark.parametrize(
    ("happens", "state"),
    [(pay, DeadlineState.PAID), (agree, DeadlineState.AGREED), (dispute, DeadlineState.OBJECTED)],
)
def test_what_came_in_time_ends_the_deadline(
    final: Final, happens: Callable[[Final], None], state: DeadlineState
) -> None:
    deadline = given(final)
    happens(final)
    final.desk.tick(CLOSE)
    assert state_of(final, deadline) is state
    prove(final, MONDAY)
    with pytest.raises(InvalidEntry, match="nothing to follow through"):
        final.desk.follow_through(deadline, final.kei, MONDAY)


def test_a_clock_that_is_killed_goes_on_and_does_nothing_twice(final: Final) -> None:
    from tests.fixtures.book import put_account
    from tests.fixtures.final import to_final

    given(final)
    for number in ("A-201", "A-302"):
        other = put_account(final.book, number, f"Shop {number}")
        to_final(final.book, other)
        authorise(final.book, other, final.shop.morgan, final.kei)
        final.desk.reconcile(other, final.kei, WEDNESDAY)
        session = final.desk.begin(other, final.kei, WEDNESDAY)
        final.desk.finish(session, last_chance(), final.kei, WEDNESDAY)

    class Killed(BaseException):
        pass

    def die(done: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed):
        final.desk.tick(CLOSE, die)
    assert [d.state for d in final.desk.deadlines(CLOSE)].count(DeadlineState.DUE) == 2
    assert dict(final.desk.tick(CLOSE)) == {"placement due": 1}
    assert logged(final).count("deadline: placement due") == 3


def test_following_through_places_the_account_on_the_day_and_stops_the_calls(final_both: Final) -> None:
    final = final_both
    deadline = given(final)
    final.desk.tick(CLOSE)
    with pytest.raises(ProofNeeded, match="password again"):
        final.desk.follow_through(deadline, final.kei, CLOSE + MINUTE)
    prove(final, CLOSE)
    with pytest.raises(InvalidEntry, match="not before"):
        final.desk.follow_through(deadline, final.kei, CLOSE + MINUTE)
    with pytest.raises(NotAllowed):
        final.desk.follow_through(deadline, final.shop.morgan, MONDAY)
    prove(final, MONDAY)
    final.desk.follow_through(deadline, final.kei, MONDAY)
    (row,) = final.desk.deadlines(MONDAY)
    assert (row.state, row.decided_by, row.in_time) == (DeadlineState.DONE, "Kei Imai", True)
    view = final.book.account(final.account, MONDAY)
    assert view.stage_name == "placed"
    refused = call(final, MONDAY + MINUTE)
    assert isinstance(refused, Refused)
    assert refused.reasons[0].rule_id == "holds/placed"
    assert final.desk.accounts(final.kei, MONDAY) == ()
    assert final.book.verify_audit().sound


def test_why_nothing_followed_is_written_down(final: Final) -> None:
    deadline = given(final)
    final.desk.tick(CLOSE)
    with pytest.raises(InvalidEntry, match="never having been intended"):
        final.desk.let_lapse(deadline, " ", final.kei, MONDAY)
    final.desk.let_lapse(deadline, "the partner no longer takes accounts of this size", final.kei, MONDAY)
    (row,) = final.desk.deadlines(MONDAY)
    assert row.state is DeadlineState.NOT_DONE
    assert not row.in_time


def test_nothing_follows_that_is_no_longer_right(final: Final) -> None:
    deadline = given(final)
    final.desk.tick(CLOSE)
    dispute(final)
    prove(final, MONDAY)
    with pytest.raises(InvalidEntry, match="disputed"):
        final.desk.follow_through(deadline, final.kei, MONDAY)


def test_an_authority_that_was_taken_back_is_not_followed(final: Final) -> None:
    deadline = given(final)
    final.desk.tick(CLOSE)
    revoked(final)
    prove(final, MONDAY)
    with pytest.raises(InvalidEntry, match="no longer stands"):
        final.desk.follow_through(deadline, final.kei, MONDAY)


def test_nothing_new_is_agreed_after_it_lapsed_without_a_payment(final_both: Final) -> None:
    final = final_both
    given(final)
    final.desk.tick(CLOSE)
    for agreed in (agree, lambda f: f.book.offer_settlement(
        f.account, 800_000, FRIDAY + DAY, FRIDAY, f.kei, CLOSE
    )):  # fmt: skip
        with pytest.raises(InvalidEntry, match="without a payment"):
            agreed(final)
    final.book.record_payment(final.account, FRIDAY, 200_000, CLOSE)
    parts = build(Money(642_000, "USD"), FRIDAY, count=3)
    final.book.make_plan(final.account, "Jordan", "check", parts, FRIDAY, final.shop.dana, CLOSE)


# ---- the queue -----------------------------------------------------------------------------------------


def test_while_a_last_chance_runs_the_queue_leaves_the_account_alone(final: Final) -> None:
    given(final)

    def found(now: datetime) -> tuple[list[str], list[str]]:
        final.book.refresh_queue(now)
        here = final.book.queue_page(final.shop.dana, now, 0, 5).rows
        later = final.book.queue_page(final.shop.dana, now, 0, 5, later=True).rows
        return [r.reasons[0] for r in here], [r.reasons[0] for r in later]

    assert found(WEDNESDAY + DAY) == ([], ["last chance runs until 4 Dec 17:00"])
    assert found(CLOSE - timedelta(hours=3)) == (["last chance ends today 17:00"], [])
    final.desk.tick(CLOSE)
    assert found(MONDAY) == ([], ["last chance lapsed Fri: a manager decides"])
