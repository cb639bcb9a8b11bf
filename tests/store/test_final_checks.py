"""The manager's last chance, before the call: what must be in order, and what may be waived."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from compliance.contact import HoldKind
from tests.fixtures.book import WEDNESDAY, put_account
from tests.fixtures.final import Final, authorise, to_final
from tests.store.final_rig import (
    DAY,
    FRIDAY,
    MINUTE,
    USD_8420,
    barred,
    dispute,
    last_chance,
    missing,
    prove,
    revoked,
)
from workstation.desk.book import InvalidEntry, NotAllowed, NotFound, ProofNeeded
from workstation.desk.dispute import Reason
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import CheckId, Outcome
from workstation.desk.final_views import Ending, FinalRow
from workstation.desk.plan import build
from workstation.store.tables import Debt, InvoiceStage


def test_an_account_with_everything_in_order_is_ready(final: Final) -> None:
    found = final.desk.checks(final.account, final.kei, WEDNESDAY)
    assert [c.id for c in found] == list(CheckId)
    assert missing(final) == set()
    (row,) = final.desk.accounts(final.kei, WEDNESDAY)
    assert (row.number, row.blocked, row.demand, row.days_late) == ("A-1", (), USD_8420, 41)


def test_the_order_is_that_of_every_condition_and_rows_come_by_pages(final_both: Final) -> None:
    final, book = final_both, final_both.book
    asks, kei = final.shop.morgan, final.kei

    def account(number: str, amount: int, *, authorised: bool = True, reconciled: bool = True) -> int:
        account_id = put_account(book, number, f"Firm {number}", amount=amount)
        to_final(book, account_id)
        if authorised:
            authorise(book, account_id, asks, kei)
        if reconciled:
            final.desk.reconcile(account_id, asks, WEDNESDAY - timedelta(hours=1))
        return account_id

    large = account("B-201", 900_000)
    bare = account("B-202", 990_000, authorised=False)
    contested = account("B-203", 980_000)
    book.open_dispute(contested, "IB-203", 10_000, Reason.PRICE, WEDNESDAY.date(), asks, WEDNESDAY)
    waived = account("B-204", 100_000, reconciled=False)
    loose = account("B-205", 950_000, reconciled=False)
    bankrupt = account("B-206", 970_000)
    party = book.account(bankrupt, WEDNESDAY).phones[0].party_id
    book.place_hold(bankrupt, party, HoldKind.BANKRUPTCY, final.shop.dana, WEDNESDAY)
    lapsed, running = account("B-207", 50_000), account("B-208", 60_000)
    for account_id, day in ((lapsed, date(2026, 11, 25)), (running, FRIDAY)):
        session = final.desk.begin(account_id, kei, WEDNESDAY)
        final.desk.finish(session, last_chance(day), kei, WEDNESDAY)
    now = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # the first deadline has passed, and Thanksgiving
    final.desk.tick(now)
    final.desk.waive(waived, CheckId.RECONCILED.value, "done by post", kei, now)
    for account_id in (final.account, large, bankrupt):
        final.desk.reconcile(account_id, asks, now - timedelta(hours=1))
    order = final.desk.order(kei, now)
    assert (order.lapsed, order.running) == (1, 1)
    rows = final.desk.accounts(kei, now)
    assert tuple(row.account_id for row in rows) == order.account_ids

    def group(row: FinalRow) -> tuple[int, int]:
        if row.deadline is not None:
            return (0 if row.deadline.state is DeadlineState.DUE else 2), -row.demand.minor
        return (3 if row.blocked else 1), -row.demand.minor

    assert [row.account_id for row in rows] == [row.account_id for row in sorted(rows, key=group)]
    assert {row.account_id for row in rows if group(row)[0] == 1} == {final.account, large, waived}
    assert {row.account_id for row in rows if group(row)[0] == 3} == {bare, contested, loose, bankrupt}
    assert (order.ready, order.blocked) == (3, 4)
    assert final.desk.accounts(kei, now, order.account_ids[2:5]) == rows[2:5]
    with pytest.raises(NotFound):
        final.desk.accounts(kei, now, [10**6])


def held(kind: HoldKind) -> Callable[[Final], None]:
    def place(final: Final) -> None:
        final.book.place_hold(final.account, final.shop.jordan, kind, final.shop.dana, WEDNESDAY)

    return place


def undelivered(final: Final) -> None:
    with final.book.database.write() as session:
        state = session.scalars(select(InvoiceStage)).one()
        state.facts = {k: v for k, v in state.facts.items() if k != "delivered"}


def unpressed(final: Final) -> None:
    with final.book.database.write() as session:
        state = session.scalars(select(InvoiceStage)).one()
        state.facts = {k: v for k, v in state.facts.items() if k != "pressed"}


def promised(final: Final) -> None:
    parts = build(USD_8420, WEDNESDAY.date() + 3 * DAY, count=3)
    final.book.make_plan(
        final.account, "Jordan", "check", parts, WEDNESDAY.date(), final.shop.dana, WEDNESDAY
    )


def paid_in_part(final: Final) -> None:
    final.book.record_payment(final.account, WEDNESDAY.date(), 1_000, WEDNESDAY)


@pytest.mark.parametrize(
    ("spoil", "check", "waivable"),
    [
        (unpressed, CheckId.STAGES, True),
        (undelivered, CheckId.DELIVERY, True),
        (dispute, CheckId.DISPUTE, False),
        (held(HoldKind.DISPUTE), CheckId.DISPUTE, False),
        (held(HoldKind.VULNERABLE), CheckId.HARDSHIP, True),
        (held(HoldKind.BANKRUPTCY), CheckId.BANKRUPTCY, False),
        (held(HoldKind.ATTORNEY), CheckId.ATTORNEY, False),
        (held(HoldKind.CEASE), CheckId.CEASE, False),
        (barred, CheckId.TIME_BARRED, False),
        (promised, CheckId.COMMITMENT, True),
        (paid_in_part, CheckId.RECONCILED, True),
        (revoked, CheckId.AUTHORITY, False),
    ],
)
def test_what_is_missing_keeps_the_session_from_beginning(
    final: Final, spoil: Callable[[Final], None], check: CheckId, waivable: bool
) -> None:
    spoil(final)
    assert check in missing(final)
    assert check in {c.id for c in final.desk.accounts(final.kei, WEDNESDAY)[0].blocked}
    with pytest.raises(InvalidEntry, match="not yet"):
        final.desk.begin(final.account, final.kei, WEDNESDAY)
    if not waivable:
        with pytest.raises(InvalidEntry, match="nobody may waive"):
            final.desk.waive(final.account, check.value, "we go on", final.kei, WEDNESDAY)
        return
    final.desk.waive(final.account, check.value, "the file has the proof", final.kei, WEDNESDAY)
    assert check not in missing(final)


def test_a_waiver_needs_a_reason_a_right_and_something_to_waive(final: Final) -> None:
    with pytest.raises(InvalidEntry, match="nothing to waive"):
        final.desk.waive(final.account, "delivery", "proof is in the file", final.kei, WEDNESDAY)
    undelivered(final)
    with pytest.raises(InvalidEntry, match="reason in writing"):
        final.desk.waive(final.account, "delivery", "  ", final.kei, WEDNESDAY)
    with pytest.raises(NotAllowed):
        final.desk.waive(final.account, "delivery", "signed note", final.shop.morgan, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="no check"):
        final.desk.waive(final.account, "weather", "signed note", final.kei, WEDNESDAY)
    final.desk.waive(final.account, "delivery", "signed note in the file", final.kei, WEDNESDAY)
    (found,) = (c for c in final.desk.checks(final.account, final.kei, WEDNESDAY) if c.id == "delivery")
    assert "signed note in the file" in found.found
    assert CheckId.DELIVERY in missing(final, WEDNESDAY + 7 * DAY), "it does not stand for ever"


def test_a_waiver_is_used_up_by_the_session_it_was_for(final_both: Final) -> None:
    final = final_both
    undelivered(final)
    final.desk.waive(final.account, "delivery", "signed note in the file", final.kei, WEDNESDAY)
    first = final.desk.begin(final.account, final.kei, WEDNESDAY)
    final.desk.finish(first, Ending(Outcome.NOT_REACHED), final.kei, WEDNESDAY + MINUTE)
    assert CheckId.DELIVERY not in missing(final), "nobody was reached: it was not used"
    second = final.desk.begin(final.account, final.kei, WEDNESDAY + 2 * MINUTE)
    dispute(final)
    final.desk.finish(second, Ending(Outcome.STOPPED), final.kei, WEDNESDAY + 3 * MINUTE)
    assert CheckId.DELIVERY in missing(final)


def test_only_a_manager_begins_and_nobody_beside_him(final: Final) -> None:
    with pytest.raises(NotAllowed):
        final.desk.begin(final.account, final.shop.morgan, WEDNESDAY)
    assert missing(final, user=final.shop.morgan) == {CheckId.MANAGER, CheckId.FRESH}
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    assert final.desk.begin(final.account, final.kei, WEDNESDAY + MINUTE) == session, "he comes back to it"
    with pytest.raises(InvalidEntry, match="another manager"):
        final.desk.begin(final.account, final.ines, WEDNESDAY)
    with pytest.raises(NotAllowed):
        final.desk.finish(session, last_chance(), final.ines, WEDNESDAY)


@pytest.mark.parametrize(("minutes", "fresh"), [(14, True), (15, True), (16, False)])
def test_the_password_was_given_just_now(final: Final, minutes: int, fresh: bool) -> None:
    now = WEDNESDAY + minutes * MINUTE
    assert (CheckId.FRESH not in missing(final, now)) is fresh
    if fresh:
        assert final.desk.begin(final.account, final.kei, now)
        return
    with pytest.raises(ProofNeeded):
        final.desk.begin(final.account, final.kei, now)
    prove(final, now)
    assert final.desk.begin(final.account, final.kei, now)


def test_a_balance_gone_through_a_day_ago_is_too_old(final: Final) -> None:
    at = WEDNESDAY - timedelta(hours=2)
    assert CheckId.RECONCILED not in missing(final, at + DAY - MINUTE)
    assert CheckId.RECONCILED in missing(final, at + DAY)


def test_money_that_lies_unapplied_must_be_applied_first(final: Final) -> None:
    final.book.record_payment(final.account, WEDNESDAY.date(), 1_000, WEDNESDAY, directed={})
    assert CheckId.RECONCILED in missing(final)
    with pytest.raises(InvalidEntry, match="not applied"):
        final.desk.reconcile(final.account, final.kei, WEDNESDAY)


def test_a_debt_known_to_be_barred_is_looked_at_by_its_day(final: Final) -> None:
    with final.book.database.write() as session:
        session.execute(update(Debt).values(time_barred_from=WEDNESDAY.date() + DAY))
    assert missing(final) == set()
    assert CheckId.TIME_BARRED in missing(final, WEDNESDAY + DAY)
