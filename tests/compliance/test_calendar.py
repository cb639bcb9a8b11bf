"""A year of open windows: the gate's own answers, and open exactly where the gate is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.calendar import calendar, open_windows
from compliance.contact import ContactFacts, Hold, HoldKind, Medium, Permitted, Refused
from compliance.gate import decide
from tests.compliance.drawn import BOOK, CHICAGO, NOON, attempt, facts, instants, situations


def test_a_year_of_business_days() -> None:
    days = calendar(facts(profile="b2b-first-party"), BOOK, 2026, CHICAGO)
    assert len(days) == 365
    assert (days[0].date, days[-1].date) == (date(2026, 1, 1), date(2026, 12, 31))
    by_date = {day.date: day for day in days}
    wednesday = by_date[date(2026, 11, 18)]
    assert wednesday.windows == (
        (datetime(2026, 11, 18, 15, tzinfo=UTC), datetime(2026, 11, 18, 22, 50, tzinfo=UTC)),
    )
    assert wednesday.closed is None
    for closed, why in ((date(2026, 11, 26), "Thanksgiving"), (date(2026, 11, 22), "Sunday")):
        check = by_date[closed].closed
        assert by_date[closed].windows == ()
        assert check is not None
        assert check.rule_id == "policy/business-hours"
        assert why in check.message
    # 261 working days less eleven holidays on working days, Independence Day observed among them
    assert sum(bool(day.windows) for day in days) == 250


def test_a_leap_year_has_its_day_and_clock_changes_keep_the_hours() -> None:
    days = calendar(facts(), BOOK, 2028, CHICAGO)
    assert len(days) == 366
    for day in days:
        ((begin, end),) = day.windows
        assert begin.astimezone(CHICAGO).strftime("%H:%M") == "08:00"
        assert end.astimezone(CHICAGO).strftime("%H:%M") == "20:50"


def test_a_hold_without_end_closes_the_year() -> None:
    held = facts(holds=(Hold(HoldKind.CEASE, NOON),))
    days = calendar(held, BOOK, 2026, CHICAGO)
    assert all(not day.windows and day.closed and day.closed.rule_id == "holds/cease" for day in days)


def test_a_day_closed_all_but_noon_has_no_reason_to_give() -> None:
    """The reason is that of noon; a window that never shows at noon leaves the day with its window."""
    days = calendar(facts(zones=("America/Chicago",)), BOOK, 2026, ZoneInfo("Asia/Tokyo"))
    # In Tokyo a Chicago day runs over midnight: two windows, or one, and none of it lost.
    total = sum((end - begin for day in days for begin, end in day.windows), timedelta())
    assert total > timedelta(hours=12.8 * 363)
    assert all(day.closed is None for day in days if day.windows)


def test_windows_between_two_instants_are_cut_there_and_joined_over_midnight() -> None:
    letter = facts(medium=Medium.LETTER)
    week = NOON.astimezone(UTC), NOON.astimezone(UTC) + timedelta(days=7)
    assert open_windows(letter, BOOK, *week) == [week]
    calls = open_windows(facts(), BOOK, NOON, NOON + timedelta(hours=24))
    assert [end - begin for begin, end in calls] == [timedelta(hours=8, minutes=50), timedelta(hours=4)]


@settings(max_examples=15, deadline=None)
@given(situations, instants, st.lists(st.integers(0, 20 * 24 * 60 * 60), min_size=5, max_size=25))
def test_it_is_open_exactly_where_the_gate_is(
    known: ContactFacts, begin: datetime, probes: list[int]
) -> None:
    end = begin + timedelta(days=20)
    windows = open_windows(known, BOOK, begin, end)
    moments = [begin + timedelta(seconds=second) for second in probes]
    for opens, closes in windows:
        moments += [opens, closes - timedelta(seconds=1), closes, opens - timedelta(seconds=1)]
    for moment in moments:
        if begin <= moment < end:
            is_open = any(opens <= moment < closes for opens, closes in windows)
            assert is_open is isinstance(decide(known, BOOK, moment), Permitted), moment


def test_what_waiting_does_not_end_is_asked_only_once() -> None:
    unknown = replace(facts(), zones=())
    assert open_windows(unknown, BOOK, NOON, NOON + timedelta(days=365)) == []
    assert isinstance(decide(unknown, BOOK, NOON), Refused)


def test_an_attempt_today_closes_a_business_day() -> None:
    known = facts(profile="b2b-first-party", attempts=(attempt(NOON),))
    day = {d.date: d for d in calendar(known, BOOK, 2026, CHICAGO)}[date(2026, 11, 19)]
    assert len(day.windows) == 1


@pytest.mark.parametrize("locale", ["", "C.UTF-8", "de_DE.UTF-8"])
def test_a_holidays_name_does_not_hang_on_who_asks(locale: str) -> None:
    asked = (
        "from datetime import date; from compliance.hours import public_holidays;"
        "print(public_holidays('DE-BY', 2026)[date(2026, 1, 6)])"
    )
    set_here = ("LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE")
    env = {k: v for k, v in os.environ.items() if k not in set_here} | {"LANGUAGE": locale}
    done = subprocess.run([sys.executable, "-c", asked], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "Epiphany\n"
