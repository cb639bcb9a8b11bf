"""The manager's last chance on the book: checks, waivers, sessions, deadlines, what follows; on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind, Refused
from compliance.transcription.words import Leg
from tests.fixtures.book import WEDNESDAY
from tests.fixtures.final import PARTNER, Final, authorise
from workstation.desk.book import Authorised, CallRequest, InvalidEntry, NotAllowed, ProofNeeded
from workstation.desk.dispute import Reason
from workstation.desk.entry import InvoiceEntry
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import CheckId, CheckState, Outcome
from workstation.desk.final_views import Ending
from workstation.desk.money import Money
from workstation.desk.plan import Due, build
from workstation.desk.standing import Consequence
from workstation.store.tables import (
    Account,
    AuditEntry,
    Debt,
    FinalCall,
    FinalDeadline,
    FinalSession,
    InvoiceStage,
    OutboxRow,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FRIDAY = date(2026, 12, 4)
"""A business day sixteen days on."""
CLOSE = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
"""17:00 in Chicago on that day."""
MONDAY = datetime(2026, 12, 7, 16, 0, tzinfo=UTC)
"""In the morning of the day announced."""
USD_8420 = Money(842_000, "USD")


def last_chance(day: date = FRIDAY) -> Ending:
    return Ending(Outcome.LAST_CHANCE, read_back=True, deadline=day)


def given(final: Final, day: date = FRIDAY) -> int:
    """Hold a session that ends with a last chance; returns the deadline's id."""
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    ended = final.desk.finish(session, last_chance(day), final.kei, WEDNESDAY + 9 * MINUTE)
    assert ended.deadline_id is not None
    return ended.deadline_id


def prove(final: Final, now: datetime) -> None:
    """The manager gives the password again."""
    final.book.prove(final.kei, "correct horse", now)


def state_of(final: Final, deadline_id: int) -> DeadlineState:
    return next(d.state for d in final.desk.deadlines(WEDNESDAY) if d.deadline_id == deadline_id)


def logged(final: Final) -> list[str]:
    with final.book.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def missing(final: Final, now: datetime = WEDNESDAY, user: int | None = None) -> set[CheckId]:
    found = final.desk.checks(final.account, user or final.kei, now)
    return {c.id for c in found if c.state is CheckState.MISSING}


def call(final: Final, now: datetime) -> Authorised | Refused:
    phone = final.shop.jordan_phone
    return final.book.authorise(
        CallRequest(final.account, final.shop.jordan, phone, final.kei, "practice"), now
    )


# ---- before the call -------------------------------------------------------------------------------------


def test_an_account_with_everything_in_order_is_ready(final: Final) -> None:
    found = final.desk.checks(final.account, final.kei, WEDNESDAY)
    assert [c.id for c in found] == list(CheckId)
    assert missing(final) == set()
    (row,) = final.desk.accounts(final.kei, WEDNESDAY)
    assert (row.number, row.blocked, row.demand, row.days_late) == ("A-1", (), USD_8420, 41)


def dispute(final: Final) -> None:
    final.book.open_dispute(
        final.account, "IA-1", 10_000, Reason.PRICE, WEDNESDAY.date(), final.shop.dana, WEDNESDAY
    )


def held(kind: HoldKind) -> Callable[[Final], None]:
    def place(final: Final) -> None:
        final.book.place_hold(final.account, final.shop.jordan, kind, final.shop.dana, WEDNESDAY)

    return place


def barred(final: Final) -> None:
    final.book.set_debt_facts(
        final.account, final.shop.morgan, WEDNESDAY, time_barred_from=WEDNESDAY.date() - DAY
    )


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


def revoked(final: Final) -> None:
    final.book.revoke_authority(final.authority, final.shop.morgan, WEDNESDAY, "the partner withdrew")


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


# ---- in the call -----------------------------------------------------------------------------------------


def test_the_script_names_the_consequence_exactly_as_authorised(final: Final) -> None:
    view = final.desk.view(final.account, final.kei, WEDNESDAY, FRIDAY)
    assert len(view.steps) == 10
    assert view.consequence == (
        "If we have not received 8,420 dollars or agreed a plan by five o'clock in the afternoon on Friday, "
        f"December 4, we intend to place the account with {PARTNER} on Monday, December 7."
    )
    assert view.authorised == "authorised by Kei Imai, until 17 January 2027"
    assert view.deadline_text == "December 4, 2026, 17:00 CST"
    assert [s.lines for s in view.steps if s.id == "consequence"] == [(view.consequence,)]
    assert view.history[0] == "On 9 September 2026: Invoice IA-1 was sent."
    assert str(view.least) == "6,736.00 USD"


def test_without_an_authority_no_line_names_a_consequence(final: Final) -> None:
    revoked(final)
    view = final.desk.view(final.account, final.kei, WEDNESDAY, FRIDAY)
    assert view.consequence == ""
    assert not any(PARTNER in line for step in view.steps for line in step.lines)


def test_somebody_elses_debt_has_only_the_creditors_remedies(final: Final) -> None:
    with final.book.database.write() as session:
        session.execute(update(Account).values(profile="consumer-third-party"))
    view = final.desk.view(final.account, final.kei, WEDNESDAY)
    assert "Bradford Supply intends to place the account" in view.consequence
    revoked(final)
    for action in (Consequence.CREDIT_REPORTING, Consequence.SERVICE_SUSPENSION, Consequence.GARNISHMENT):
        authorise(final.book, final.account, final.shop.morgan, final.kei, action=action)
    assert final.desk.view(final.account, final.kei, WEDNESDAY).consequence == ""
    authorise(final.book, final.account, final.shop.morgan, final.kei, action=Consequence.LAWSUIT)
    assert "court" in final.desk.view(final.account, final.kei, WEDNESDAY).consequence
    barred(final)
    assert final.desk.view(final.account, final.kei, WEDNESDAY).consequence == "", "never on barred debt"


def hear(final: Final, call_id: str, kind: HoldKind) -> None:
    """Words of the debtor that propose a hold, as the live checks store them."""
    final.book.add_finding(
        call_id,
        Finding(
            "customer/stop",
            "2020-01-01",
            FindingKind.CUE,
            "disputes the debt",
            Severity.HIGH,
            "",
            Leg.DEBTOR,
            Heard.HEARD,
            60.0,
            62.0,
            0.9,
            hold=kind,
        ),
        WEDNESDAY + 2 * MINUTE,
    )


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.ATTORNEY, HoldKind.BANKRUPTCY, HoldKind.CEASE])
def test_words_that_place_a_hold_stop_the_session_at_once(final: Final, kind: HoldKind) -> None:
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    placed = call(final, WEDNESDAY + MINUTE)
    assert isinstance(placed, Authorised)
    hear(final, placed.call_id, kind)
    view = final.desk.view(final.account, final.kei, WEDNESDAY + 3 * MINUTE)
    assert view.stopped
    assert view.consequence == ""
    assert not any(PARTNER in line or "December" in line for step in view.steps[5:9] for line in step.lines)
    for ending in (
        last_chance(),
        Ending(Outcome.SETTLEMENT, True, settle_minor=700_000, pay_by=date(2026, 11, 20)),
        Ending(Outcome.PLAN, True, instalments=(Due(date(2026, 11, 20), USD_8420),), who="J", method="check"),
        Ending(Outcome.PAID),
    ):
        with pytest.raises(InvalidEntry, match="stopped"):
            final.desk.finish(session, ending, final.kei, WEDNESDAY + 4 * MINUTE)
    # A hold that is lifted meanwhile does not set it going again.
    for hold in final.book.account(final.account, WEDNESDAY).holds:
        final.book.resolve_hold(hold.hold_id, final.shop.morgan, WEDNESDAY, confirm=False, reason="misheard")
    with pytest.raises(InvalidEntry, match="stopped"):
        final.desk.finish(session, last_chance(), final.kei, WEDNESDAY + 5 * MINUTE)
    final.desk.finish(session, Ending(Outcome.STOPPED), final.kei, WEDNESDAY + 6 * MINUTE)
    assert "final notice stopped" in logged(final)
    assert final.book.verify_audit().sound


def test_a_call_made_in_a_session_knows_it(final_both: Final) -> None:
    final = final_both
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    placed = call(final, WEDNESDAY + MINUTE)
    assert isinstance(placed, Authorised)
    with final.book.database.read() as read:
        note = read.get_one(FinalCall, placed.call_id)
        assert (note.session_id, note.stage) == (session, 6)
    assert final.desk.view(final.account, final.kei, WEDNESDAY).calls == (placed.call_id,)


def test_stopped_is_said_only_where_something_stands(final: Final) -> None:
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="record the dispute first"):
        final.desk.finish(session, Ending(Outcome.STOPPED), final.kei, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="book the payment first"):
        final.desk.finish(session, Ending(Outcome.PAID), final.kei, WEDNESDAY)
    final.book.record_payment(final.account, WEDNESDAY.date(), 842_000, WEDNESDAY)
    final.desk.finish(session, Ending(Outcome.PAID), final.kei, WEDNESDAY)


@pytest.mark.parametrize(
    ("minor", "pay_by", "error"),
    [
        (673_600, date(2026, 12, 2), ""),
        (673_599, date(2026, 12, 2), "outside the authority"),
        (842_000, date(2026, 12, 2), "not less than"),
        (700_000, date(2026, 12, 3), "at the latest"),
    ],
)
def test_a_settlement_lies_inside_the_authority(final: Final, minor: int, pay_by: date, error: str) -> None:
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    ending = Ending(Outcome.SETTLEMENT, True, settle_minor=minor, pay_by=pay_by)
    if error:
        with pytest.raises(InvalidEntry, match=error):
            final.desk.finish(session, ending, final.kei, WEDNESDAY)
        return
    with pytest.raises(InvalidEntry, match="read it back"):
        final.desk.finish(session, Ending(Outcome.SETTLEMENT, settle_minor=minor), final.kei, WEDNESDAY)
    assert final.desk.finish(session, ending, final.kei, WEDNESDAY).settlement_id
    (offer,) = final.book.account_ledger(final.account, WEDNESDAY).customer.offers
    assert offer.amount == Money(minor, "USD")


@pytest.mark.parametrize(
    ("first", "count", "error"),
    [
        (date(2026, 11, 25), 7, ""),
        (date(2026, 11, 26), 3, "no plan without one"),
        (date(2026, 11, 25), 8, "6 months at most"),
    ],
)
def test_a_plan_lies_inside_the_authority(final: Final, first: date, count: int, error: str) -> None:
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    parts = build(USD_8420, min(first, date(2026, 11, 18)) if not error else first, count=count)
    ending = Ending(Outcome.PLAN, True, instalments=parts, who="Jordan Reyes", method="bank transfer")
    if error:
        with pytest.raises(InvalidEntry, match=error):
            final.desk.finish(session, ending, final.kei, WEDNESDAY)
    else:
        assert final.desk.finish(session, ending, final.kei, WEDNESDAY).plan_id


# ---- the deadline ----------------------------------------------------------------------------------------


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


# ---- in writing ------------------------------------------------------------------------------------------


def test_the_confirmation_says_what_was_said_and_is_queued_once(final: Final) -> None:
    from tests.fixtures.post import SETTINGS
    from workstation.final_desk import FinalDesk

    desk = FinalDesk(final.book, SETTINGS)
    later = WEDNESDAY.date() + 20 * DAY
    final.book.put_invoices([InvoiceEntry("A-1", "LATER", WEDNESDAY.date(), later, 500, 500)], WEDNESDAY)
    desk.reconcile(final.account, final.kei, WEDNESDAY)
    session = desk.begin(final.account, final.kei, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="end the session first"):
        desk.confirm(session, final.kei, WEDNESDAY)
    desk.finish(session, last_chance(), final.kei, WEDNESDAY)
    done = desk.confirm(session, final.kei, WEDNESDAY + MINUTE)
    assert [line.split()[0] for line in done.queued] == ["email", "letter"], done.refused
    with final.book.database.read() as read:
        mail, letter = read.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        assert read.get_one(FinalSession, session).confirmed_at == WEDNESDAY + MINUTE
    for row in (mail, letter):
        text = " ".join(row.body.split())
        assert "8,420.00 USD" in text
        assert "December 4, 2026, 17:00 CST" in text
        assert f"we intend to place the account with {PARTNER} on December 7, 2026." in text
        assert row.pdf
        assert "LATER" not in text, "what is not due is not asked for"
    assert "First Prairie Bank" in mail.body, "how to pay"
    with pytest.raises(InvalidEntry, match="already"):
        desk.confirm(session, final.kei, WEDNESDAY + 2 * MINUTE)


def test_a_settlement_is_confirmed_too(final: Final) -> None:
    from tests.fixtures.post import SETTINGS
    from workstation.final_desk import FinalDesk

    desk = FinalDesk(final.book, SETTINGS)
    session = desk.begin(final.account, final.kei, WEDNESDAY)
    ending = Ending(Outcome.SETTLEMENT, True, settle_minor=700_000, pay_by=date(2026, 12, 2))
    desk.finish(session, ending, final.kei, WEDNESDAY)
    assert desk.confirm(session, final.kei, WEDNESDAY).queued
    with final.book.database.read() as read:
        mail = read.scalars(select(OutboxRow).order_by(OutboxRow.id)).first()
    assert mail is not None
    assert "You pay 7,000.00 USD by December 2, 2026" in " ".join(mail.body.split())


def test_a_debt_known_to_be_barred_is_looked_at_by_its_day(final: Final) -> None:
    with final.book.database.write() as session:
        session.execute(update(Debt).values(time_barred_from=WEDNESDAY.date() + DAY))
    assert missing(final) == set()
    assert CheckId.TIME_BARRED in missing(final, WEDNESDAY + DAY)


# ---- the queue -------------------------------------------------------------------------------------------


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


def test_the_audit_ranks_a_sessions_call_first_also_after_the_account_was_placed(final: Final) -> None:
    from workstation.desk.book import CallEnd
    from workstation.store import review_read
    from workstation.store.tables import CallRow

    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    placed = call(final, WEDNESDAY + MINUTE)
    assert isinstance(placed, Authorised)
    end = CallEnd(WEDNESDAY + 9 * MINUTE, "answered", True, True, 400.0, {})
    final.book.end_call(placed.call_id, end)
    final.book.mark_judged(placed.call_id)
    final.desk.finish(session, last_chance(), final.kei, WEDNESDAY + 9 * MINUTE)
    with final.book.database.write() as write:
        write.execute(update(Account).values(stage=7))
    with final.book.database.read() as read:
        (fact,) = review_read.facts(read, CallRow.id == placed.call_id)
    assert fact.stage == 6
