"""When contact may start, over a whole year: the gate's own answers, laid out by day.

Nothing is computed twice: each window runs from an instant the gate permits to the one until which it says it
does, and each gap to the instant it says contact is next eligible. So the calendar is open where the gate is,
given that nothing new happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance.contact import Check, ContactFacts, Permitted, Refused
from compliance.gate import decide
from compliance.hours import local_midnight
from compliance.rulebook import Rulebook

Window = tuple[datetime, datetime]
"""(from, until) in UTC, until exclusive."""


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: its open windows, or why it has none."""

    date: date
    windows: tuple[Window, ...]
    closed: Check | None
    """The headline at noon of a day without windows."""


def open_windows(facts: ContactFacts, rulebook: Rulebook, begin: datetime, end: datetime) -> list[Window]:
    """Return the windows between two instants in which the gate permits contact, oldest first.

    Raises ValueError where an instant has no zone, and UnknownProfileError.
    """
    windows: list[Window] = []
    moment = begin
    while moment < end:
        verdict = decide(facts, rulebook, moment)
        if isinstance(verdict, Refused):
            if verdict.retry_at is None:
                break
            moment = verdict.retry_at
            continue
        until = min(verdict.until, end)
        if windows and windows[-1][1] == verdict.at:
            windows[-1] = (windows[-1][0], until)
        else:
            windows.append((verdict.at, until))
        moment = verdict.until
    return windows


def calendar(facts: ContactFacts, rulebook: Rulebook, year: int, where: ZoneInfo) -> tuple[Day, ...]:
    """Return every day of a year as it is counted in a zone. Raises UnknownProfileError."""
    first, following = date(year, 1, 1), date(year + 1, 1, 1)
    windows = open_windows(facts, rulebook, local_midnight(first, where), local_midnight(following, where))
    days: list[Day] = []
    day = first
    while day < following:
        begin, end = local_midnight(day, where), local_midnight(day + timedelta(days=1), where)
        mine = tuple((max(b, begin), min(e, end)) for b, e in windows if b < end and e > begin)
        days.append(Day(day, mine, None if mine else _why(facts, rulebook, day, where)))
        day += timedelta(days=1)
    return tuple(days)


def _why(facts: ContactFacts, rulebook: Rulebook, day: date, where: ZoneInfo) -> Check | None:
    noon = datetime.combine(day, time(12), where).astimezone(UTC)
    verdict = decide(facts, rulebook, noon)
    return None if isinstance(verdict, Permitted) else verdict.reasons[0]
