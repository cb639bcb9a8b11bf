"""What must hold for every verdict of the gate, over drawn facts."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.contact import (
    CheckVerdict,
    Consent,
    ContactFacts,
    Designation,
    Level,
    PastAttempt,
    PastConversation,
    Permitted,
    Refused,
    Verdict,
)
from compliance.gate import decide
from compliance.situation import FOREVER
from tests.compliance.drawn import (
    BOOK,
    ZONES,
    attempts,
    consents,
    conversations,
    designations,
    facts,
    instants,
    situations,
)


def opens_at(verdict: Verdict) -> datetime:
    """When contact may start; what waiting does not help comes last of all."""
    return verdict.at if isinstance(verdict, Permitted) else verdict.retry_at or FOREVER


@settings(max_examples=80, deadline=None)
@given(situations, instants, attempts, conversations)
def test_one_more_contact_never_frees_a_slot(
    known: ContactFacts, at: datetime, more: PastAttempt, talk: PastConversation
) -> None:
    before = opens_at(decide(known, BOOK, at))
    after = opens_at(decide(replace(known, attempts=(*known.attempts, more)), BOOK, at))
    talked = opens_at(decide(replace(known, conversations=(*known.conversations, talk)), BOOK, at))
    assert after >= before
    assert talked >= before


@settings(max_examples=60, deadline=None)
@given(situations, instants, st.randoms(use_true_random=False))
def test_any_order_of_events_gives_one_verdict(known: ContactFacts, at: datetime, random: Random) -> None:
    names = ("attempts", "conversations", "consents", "designations", "notices", "debts", "flags")
    shuffled: dict[str, tuple[object, ...]] = {}
    for name in names:
        events = list(getattr(known, name))
        random.shuffle(events)
        shuffled[name] = tuple(events)
    other = replace(known, **shuffled)  # type: ignore[arg-type]  # fields of the dataclass
    assert decide(other, BOOK, at) == decide(known, BOOK, at)


def shifted(known: ContactFacts, shift: timedelta) -> ContactFacts:
    """The same facts, everything that has a time or a date later."""

    def move(value: object) -> object:
        if isinstance(value, (datetime, date)):
            return value + shift
        if isinstance(value, tuple):
            return tuple(move(item) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{f.name: move(getattr(value, f.name)) for f in fields(value)})
        return value

    moved = move(known)
    assert isinstance(moved, ContactFacts)
    return moved


@settings(max_examples=80, deadline=None)
@given(situations.filter(lambda f: f.profile != "b2b-first-party"), instants, st.integers(1, 3))
def test_a_week_later_the_verdict_is_a_week_later(known: ContactFacts, at: datetime, weeks: int) -> None:
    shift = timedelta(weeks=weeks)
    moved = shifted(known, shift)
    now, then = decide(known, BOOK, at), decide(moved, BOOK, at + shift)
    assert type(now) is type(then)
    if isinstance(now, Refused) and isinstance(then, Refused):
        assert then.retry_at == (now.retry_at and now.retry_at + shift)
        assert [c.rule_id for c in then.reasons] == [c.rule_id for c in now.reasons]
    elif isinstance(now, Permitted) and isinstance(then, Permitted):
        assert then.until == now.until + shift


@settings(max_examples=80, deadline=None)
@given(situations, instants)
def test_the_promised_instant_is_free_and_the_second_before_it_is_not(
    known: ContactFacts, at: datetime
) -> None:
    verdict = decide(known, BOOK, at)
    if isinstance(verdict, Refused):
        if verdict.retry_at is None:
            later = [at + timedelta(hours=h) for h in (1, 24, 24 * 8, 24 * 40, 24 * 400)]
            assert all(isinstance(decide(known, BOOK, moment), Refused) for moment in later)
            return
        assert verdict.retry_at > at
        assert isinstance(decide(known, BOOK, verdict.retry_at), Permitted)
        assert isinstance(decide(known, BOOK, verdict.retry_at - timedelta(seconds=1)), Refused)
    else:
        assert verdict.until > at
        assert isinstance(decide(known, BOOK, verdict.until - timedelta(seconds=1)), Permitted)
        # Where nothing closes, the window ends with the date: other values may hold from then on.
        dates = [verdict.until.astimezone(ZoneInfo(name)) for name in known.zones]
        new_date = any(local.time() == time.min for local in dates)
        assert new_date or isinstance(decide(known, BOOK, verdict.until), Refused)


@settings(max_examples=80, deadline=None)
@given(
    situations, instants, st.sampled_from(ZONES), st.sampled_from(["US-MA", "US-DC", "US-CA", "US-NY-NYC"])
)
def test_one_more_place_the_person_may_be_in_never_frees_a_slot(
    known: ContactFacts, at: datetime, zone: str, place: str
) -> None:
    before = opens_at(decide(known, BOOK, at))
    zones = (*known.zones, zone) if zone not in known.zones else known.zones
    assert opens_at(decide(replace(known, zones=zones), BOOK, at)) >= before
    if known.jurisdictions:  # without any, the country stands for all of them
        places = (*known.jurisdictions, place)
        assert opens_at(decide(replace(known, jurisdictions=places), BOOK, at)) >= before


@settings(max_examples=80, deadline=None)
@given(situations, instants, designations)
def test_one_more_told_time_never_frees_a_slot(known: ContactFacts, at: datetime, told: Designation) -> None:
    more = replace(known, designations=(*known.designations, told))
    assert opens_at(decide(more, BOOK, at)) >= opens_at(decide(known, BOOK, at))


@settings(max_examples=80, deadline=None)
@given(situations, instants, consents)
def test_one_more_consent_never_takes_a_slot(known: ContactFacts, at: datetime, consent: Consent) -> None:
    more = replace(known, consents=(*known.consents, consent))
    assert opens_at(decide(more, BOOK, at)) <= opens_at(decide(known, BOOK, at))


@settings(max_examples=60, deadline=None)
@given(situations, instants)
def test_every_refusal_explains_itself(known: ContactFacts, at: datetime) -> None:
    verdict = decide(known, BOOK, at)
    for check in verdict.checks:
        assert check.citation
        assert check.message
        assert check.rule_version <= "2026-02"
        assert check.inputs["level"] == check.level.value
        if check.verdict is CheckVerdict.REFUSE:
            assert check.level is not Level.WARN
            assert check.retry_at is None or check.retry_at > at
    if isinstance(verdict, Refused):
        assert verdict.overridable is all(c.level is Level.SUPERVISOR for c in verdict.reasons)
        assert verdict.retry_at is None or all(
            c.retry_at is not None and c.retry_at <= verdict.retry_at for c in verdict.reasons
        )


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
@pytest.mark.parametrize("name", ZONES)
def test_on_the_days_clocks_change_the_wall_clock_rules(day: date, name: str) -> None:
    where = ZoneInfo(name)
    opens = datetime(day.year, day.month, day.day, 8, tzinfo=where)
    known = facts(zones=(name,))
    assert isinstance(decide(known, BOOK, opens), Permitted)
    assert isinstance(decide(known, BOOK, opens - timedelta(seconds=1)), Refused)
    night = decide(known, BOOK, datetime(day.year, day.month, day.day, 0, 30, tzinfo=where))
    assert isinstance(night, Refused)
    assert night.retry_at == opens
