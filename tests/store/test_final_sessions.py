"""The manager's last chance, in the call and in writing: its words, its endings, its confirmation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind
from compliance.transcription.words import Leg
from tests.fixtures.book import WEDNESDAY
from tests.fixtures.final import PARTNER, TERMS, Final, authorise
from tests.store.final_rig import (
    CLOSE,
    DAY,
    FRIDAY,
    MINUTE,
    USD_8420,
    barred,
    call,
    given,
    last_chance,
    logged,
    revoked,
)
from workstation.desk.book import Authorised, InvalidEntry, NotAllowed
from workstation.desk.entry import InvoiceEntry
from workstation.desk.final_notice import Outcome
from workstation.desk.final_terms import Terms
from workstation.desk.final_views import Ending
from workstation.desk.money import Money
from workstation.desk.plan import Due, build
from workstation.desk.spoken import spoken_day, spoken_money
from workstation.desk.standing import Consequence
from workstation.final_desk import FinalDesk
from workstation.store.tables import Account, FinalCall, FinalSession, OutboxRow


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


# ---- in writing ----------------------------------------------------------------------------------------


def test_the_confirmation_says_what_was_said_and_is_queued_once(final: Final) -> None:
    from tests.fixtures.post import SETTINGS

    desk = FinalDesk(final.book, SETTINGS, terms=TERMS)
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

    desk = FinalDesk(final.book, SETTINGS, terms=TERMS)
    session = desk.begin(final.account, final.kei, WEDNESDAY)
    ending = Ending(Outcome.SETTLEMENT, True, settle_minor=700_000, pay_by=date(2026, 12, 2))
    desk.finish(session, ending, final.kei, WEDNESDAY)
    assert desk.confirm(session, final.kei, WEDNESDAY).queued
    with final.book.database.read() as read:
        mail = read.scalars(select(OutboxRow).order_by(OutboxRow.id)).first()
    assert mail is not None
    assert "You pay 7,000.00 USD by December 2, 2026" in " ".join(mail.body.split())


STRICT = Terms(least_share=90, longest_months=3, fees_waivable=False, first_payment_days=3, settlement_days=5)


def test_the_floor_s_own_authority_is_said_shown_and_held_to(final: Final) -> None:
    desk = FinalDesk(final.book, terms=STRICT)
    assert desk.terms is STRICT
    view = desk.view(final.account, final.kei, WEDNESDAY)
    assert (view.terms, view.demand, view.least) == (STRICT, USD_8420, Money(757_800, "USD"))
    words = " ".join(line for step in view.steps for line in step.lines)
    for said in (
        spoken_money(view.least),
        "3 months",
        spoken_day(date(2026, 11, 21)),
        spoken_day(date(2026, 11, 23)),
    ):
        assert said in words
    session = desk.begin(final.account, final.kei, WEDNESDAY)

    def ends(**how: Any) -> None:
        desk.finish(session, Ending(read_back=True, **how), final.kei, WEDNESDAY)

    with pytest.raises(InvalidEntry, match=r"less than 7,578.00 USD \(90%\)"):
        ends(outcome=Outcome.SETTLEMENT, settle_minor=757_799, pay_by=date(2026, 11, 20))
    with pytest.raises(InvalidEntry, match="by 23 Nov 2026 at the latest"):
        ends(outcome=Outcome.SETTLEMENT, settle_minor=757_800, pay_by=date(2026, 11, 24))
    with pytest.raises(InvalidEntry, match="3 months at most"):
        ends(
            outcome=Outcome.PLAN, instalments=build(USD_8420, date(2026, 11, 20), count=5), who="Jordan Reyes"
        )
    with pytest.raises(InvalidEntry, match="first payment comes by 21 Nov"):
        ends(
            outcome=Outcome.PLAN, instalments=build(USD_8420, date(2026, 11, 23), count=2), who="Jordan Reyes"
        )
    ends(outcome=Outcome.SETTLEMENT, settle_minor=757_800, pay_by=date(2026, 11, 23))


def test_without_an_authority_nothing_is_offered_and_deadlines_are_judged_all_the_same(final: Final) -> None:
    given(final)
    bare = FinalDesk(final.book)
    for ask in (
        lambda: bare.terms,
        lambda: bare.view(final.account, final.kei, WEDNESDAY),
        lambda: bare.begin(final.account, final.kei, WEDNESDAY),
    ):
        with pytest.raises(NotAllowed, match="authority is not set"):
            ask()
    assert bare.tick(CLOSE) == {"placement due": 1}
