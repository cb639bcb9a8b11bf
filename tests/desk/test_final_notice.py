"""The final notice's rules: entry checks by case file, the authority, the deadline and its clock."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.contact import HoldKind
from workstation.desk import final_deadline as deadline
from workstation.desk.final_deadline import Bounds, DeadlineState, Since
from workstation.desk.final_notice import (
    CONDITIONS,
    CheckId,
    CheckState,
    NoticeFacts,
    Reconciled,
    Waived,
    choose_authority,
    evaluate,
    may_be_waived,
    ready,
    stop_reason,
)
from workstation.desk.final_terms import Terms, plan_flaws, settlement_flaws
from workstation.desk.money import Money
from workstation.desk.plan import build
from workstation.desk.stages import Evidence, InvoiceCase
from workstation.desk.standing import AuthorityView, Consequence

TERMS = Terms(least_share=80, longest_months=6, fees_waivable=True, first_payment_days=7, settlement_days=14)

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
TODAY = NOW.date()
CHICAGO = ZoneInfo("America/Chicago")
CASES = tomllib.loads((Path(__file__).parent / "final_checks.toml").read_text(encoding="utf-8"))["case"]
HOLIDAYS = {date(2026, 11, 26), date(2026, 12, 25), date(2027, 1, 1)}
USD_100 = Money(10_000, "USD")


def authority(
    action: Consequence = Consequence.PLACEMENT, target: str = "Northgate Recoveries", number: int = 1
) -> AuthorityView:
    return AuthorityView(
        number, 1, "A-1", action, "clause 9", target, NOW - timedelta(days=1), NOW + timedelta(days=40),
        "Morgan", "Kei", revoked=False,
    )  # fmt: skip


def invoice(without: list[str], waived: list[str]) -> InvoiceCase:
    facts = {e: TODAY - timedelta(days=20) for e in Evidence if e.value not in without}
    return InvoiceCase(
        1, "7731", TODAY, TODAY, USD_100, 842_000, stage=6, since=TODAY, facts=facts,
        waived=frozenset(map(Evidence, waived)),
    )  # fmt: skip


SOUND = NoticeFacts(
    now=NOW,
    today=TODAY,
    currency="USD",
    stage=6,
    invoices=(invoice([], []),),
    demand_minor=842_000,
    balance_minor=842_000,
    unapplied_minor=0,
    disputed_minor=0,
    reconciled=Reconciled(NOW - timedelta(hours=1), "Dana", 842_000),
    talked_on=TODAY - timedelta(days=10),
    authority=authority(),
    who="Kei Imai",
    role="manager",
    may_hold=True,
    fresh=True,
)


def facts(changes: dict[str, Any]) -> NoticeFacts:
    """The sound account with what a case changes."""
    made: dict[str, Any] = dict(changes)
    if "invoices" in made:
        made["invoices"] = tuple(invoice(i.get("without", []), i.get("waived", [])) for i in made["invoices"])
    if "holds" in made:
        made["holds"] = {HoldKind(kind): kind for kind in made["holds"]}
    if made.get("talked_on") == "never":
        made["talked_on"] = None
    if "reconciled_hours_ago" in made:
        hours = made.pop("reconciled_hours_ago")
        made["reconciled"] = None if hours < 0 else Reconciled(NOW - timedelta(hours=hours), "Dana", 842_000)
    if "authority" in made:
        made["authority"] = {
            "none": None,
            "nobody": authority(target=""),
            "suspension": authority(Consequence.SERVICE_SUSPENSION, ""),
        }[made["authority"]]
    return replace(SOUND, **made)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_entry_checks(case: dict[str, Any]) -> None:
    found = evaluate(facts(case.get("set", {})))
    missing = [c.id.value for c in found if c.state is CheckState.MISSING]
    assert missing == case["missing"]
    assert ready(found) is not bool(missing)
    for check in found:
        assert check.found, "every check says what was found"
        assert bool(check.todo) is (check.state is CheckState.MISSING)


def test_the_case_file_reaches_every_check() -> None:
    reached = {name for case in CASES for name in case["missing"]}
    assert reached == {check.value for check in CheckId} == {check.value for check in CONDITIONS}


def test_what_protects_the_debtor_or_the_truth_nobody_waives() -> None:
    kept = {check for check in CheckId if not may_be_waived(check)}
    assert kept >= {
        CheckId.BANKRUPTCY,
        CheckId.CEASE,
        CheckId.ATTORNEY,
        CheckId.DISPUTE,
        CheckId.TIME_BARRED,
        CheckId.VALIDATION,
        CheckId.AUTHORITY,
        CheckId.CONTACT,
    }
    spoiled = facts(
        {"disputed_minor": 1, "validation_until": TODAY, "time_barred_from": TODAY, "authority": "none"}
    )
    waivers = [Waived(check, "we go on", "Kei", NOW) for check in CheckId]
    missing = {c.id for c in evaluate(spoiled, waivers) if c.state is CheckState.MISSING}
    assert {CheckId.DISPUTE, CheckId.VALIDATION, CheckId.TIME_BARRED, CheckId.AUTHORITY} <= missing


@pytest.mark.parametrize(("age", "stands"), [(6.999, True), (7.0, False), (7.001, False)])
def test_a_waiver_stands_seven_days(age: float, stands: bool) -> None:
    waiver = Waived(CheckId.DELIVERY, "signed note", "Kei", NOW - timedelta(days=age))
    found = evaluate(facts({"invoices": [{"without": ["delivered"]}]}), [waiver])
    assert ready(found) is stands


# ---- the consequence -------------------------------------------------------------------------------------


def test_the_mildest_consequence_that_stands_is_named() -> None:
    given_ = [
        authority(Consequence.LAWSUIT, number=1),
        authority(Consequence.PLACEMENT, number=2),
        authority(Consequence.PLACEMENT, number=3),
        authority(Consequence.GARNISHMENT, number=4),
    ]
    chosen = choose_authority(given_, "b2b-first-party", NOW, time_barred=False)
    assert chosen is not None
    assert chosen.authority_id == 2
    assert choose_authority(given_[3:], "b2b-first-party", NOW, time_barred=False) is None
    suit = given_[:1]
    assert choose_authority(suit, "b2b-first-party", NOW, time_barred=True) is None
    assert choose_authority(suit, "b2b-first-party", NOW + timedelta(days=40), time_barred=False) is None
    report = [authority(Consequence.CREDIT_REPORTING, "")]
    assert choose_authority(report, "consumer-first-party", NOW, time_barred=False) is not None
    assert choose_authority(report, "consumer-third-party", NOW, time_barred=False) is None


@pytest.mark.parametrize("kind", list(HoldKind))
def test_what_stops_a_session(kind: HoldKind) -> None:
    stops = {"dispute", "bankruptcy", "attorney", "cease", "deceased", "vulnerable"}
    assert bool(stop_reason([kind], 0, "USD")) is (kind.value in stops)


def test_a_disputed_part_stops_it_too() -> None:
    assert stop_reason([], 1, "USD") == "0.01 USD is disputed"
    assert stop_reason([], 0, "USD") == ""


# ---- what may be offered ---------------------------------------------------------------------------------


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.integers(0, 100))
def test_the_least_settlement_is_the_share_rounded_up(demand: int, fees: int, share: int) -> None:
    fees = min(fees, demand)
    terms = replace(TERMS, least_share=share)
    least = terms.least(demand, fees)
    assert (least - 1) * 100 < (demand - fees) * share <= least * 100


@pytest.mark.parametrize(("minor", "sound"), [(7_999, False), (8_000, True), (9_999, True), (10_000, False)])
def test_a_settlement_at_its_bounds(minor: int, sound: bool) -> None:
    flaws = settlement_flaws(Money(minor, "USD"), USD_100, Money(0, "USD"), TODAY, TODAY, TERMS)
    assert (flaws == ()) is sound


def test_fees_may_be_left_out_of_a_settlement() -> None:
    fees = Money(2_000, "USD")
    assert settlement_flaws(Money(6_400, "USD"), USD_100, fees, TODAY, TODAY, TERMS) == ()
    assert settlement_flaws(Money(6_399, "USD"), USD_100, fees, TODAY, TODAY, TERMS) != ()
    kept = replace(TERMS, fees_waivable=False)
    assert settlement_flaws(Money(6_400, "USD"), USD_100, fees, TODAY, TODAY, kept) != ()


@pytest.mark.parametrize(("days", "sound"), [(6, True), (7, True), (8, False)])
def test_a_plan_begins_within_a_week(days: int, sound: bool) -> None:
    flaws = plan_flaws(build(USD_100, TODAY + timedelta(days=days), count=3), USD_100, TODAY, TERMS)
    assert (flaws == ()) is sound


def test_a_plan_ends_within_the_months_and_pays_all() -> None:
    assert plan_flaws(build(USD_100, TODAY, count=7), USD_100, TODAY, TERMS) == ()
    assert plan_flaws(build(USD_100, TODAY, count=8), USD_100, TODAY, TERMS) != ()
    assert plan_flaws(build(Money(9_999, "USD"), TODAY, count=3), USD_100, TODAY, TERMS) != ()
    assert plan_flaws((), USD_100, TODAY, TERMS) != ()


# ---- the deadline ----------------------------------------------------------------------------------------


def bounds(today: date = TODAY, **more: Any) -> Bounds:
    return Bounds(today, CHICAGO, HOLIDAYS.__contains__, **more)


@pytest.mark.parametrize(
    ("day", "flaw"),
    [
        (date(2026, 11, 24), "7 days off"),  # six days
        (date(2026, 11, 25), ""),  # seven
        (date(2026, 11, 26), "public holiday"),
        (date(2026, 11, 27), ""),
        (date(2026, 11, 28), "Saturday"),
        (date(2026, 11, 29), "Sunday"),
        (date(2026, 11, 30), ""),
        (date(2026, 12, 31), ""),
        (date(2027, 1, 1), "public holiday"),
        (date(2027, 1, 4), "at most"),  # 47 days
    ],
)
def test_which_days_may_be_the_deadline(day: date, flaw: str) -> None:
    found = deadline.deadline_flaws(day, bounds())
    assert (found == ()) if not flaw else any(flaw in f for f in found)


@pytest.mark.parametrize(("day", "sound"), [(3, False), (4, False), (7, True)])
def test_not_inside_the_validation_period(day: int, sound: bool) -> None:
    found = deadline.deadline_flaws(date(2026, 12, day), bounds(validation_until=date(2026, 12, 4)))
    assert (found == ()) is sound


@pytest.mark.parametrize(("minutes", "sound"), [(-1, False), (0, False), (1, True)])
def test_the_authority_outlasts_what_is_announced(minutes: int, sound: bool) -> None:
    """Friday the 4th: what is announced follows on Monday the 7th, until 17:00 in Chicago."""
    until = datetime(2026, 12, 7, 17, minutes % 60, tzinfo=CHICAGO) - timedelta(hours=minutes < 0)
    found = deadline.deadline_flaws(date(2026, 12, 4), bounds(authority_until=until))
    assert (found == ()) is sound


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.none() | st.integers(0, 60))
def test_every_day_offered_may_be_taken(today: date, validation: int | None) -> None:
    until = None if validation is None else today + timedelta(days=validation)
    limits = bounds(today, validation_until=until)
    days = list(deadline.valid_days(limits))
    assert days == sorted(set(days))
    for day in days:
        assert 7 <= (day - today).days <= 45
        assert day.weekday() < 5
        assert day not in HOLIDAYS
        assert until is None or day > until
        assert day < deadline.acts_on(day, HOLIDAYS.__contains__) <= day + timedelta(days=5)
    offered = set(days)
    for ahead in range(60):
        day = today + timedelta(days=ahead)
        assert (day in offered) is (deadline.deadline_flaws(day, limits) == ())


@given(st.dates(date(2000, 1, 1), date(2037, 1, 1)), st.sampled_from(["America/Chicago", "Asia/Kolkata"]))
def test_a_deadline_is_five_in_the_afternoon_there(day: date, name: str) -> None:
    zone = ZoneInfo(name)
    local = deadline.instant(day, zone).astimezone(zone)
    assert (local.date(), local.hour, local.minute, local.second) == (day, 17, 0, 0)


@given(
    st.integers(-5, 5), st.sampled_from(["", "a plan"]), st.sampled_from(["", "disputed"]), st.integers(-2, 2)
)
def test_the_clock_says_one_thing(left: int, agreed: str, objection: str, seconds: int) -> None:
    at = datetime(2026, 12, 4, 23, tzinfo=UTC)
    state, why = deadline.judge_deadline(at, Since(left, agreed, objection), at + timedelta(seconds=seconds))
    if left <= 0 and not objection:
        assert state is DeadlineState.PAID
    elif objection:
        assert state is DeadlineState.OBJECTED
    elif agreed:
        assert state is DeadlineState.AGREED
    else:
        assert state is (DeadlineState.DUE if seconds >= 0 else DeadlineState.RUNNING)
    assert bool(why) is (state is not DeadlineState.RUNNING)


def test_the_share_that_was_followed_through() -> None:
    assert deadline.follow_through_share(0, 0) is None
    assert deadline.follow_through_share(3, 4) == 75
    assert deadline.follow_through_share(1, 3) == Fraction(100, 3)
