"""Opening hours: when contact may start, by weekday, holiday and time zone.

The tz database decides about daylight saving. Where a wall-clock time occurs twice or not at all, a stretch
begins at the later and ends at the earlier of the two readings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

SEARCH = timedelta(days=400)
"""How far ahead an eligible instant is looked for."""

Span = tuple[time, time | None]
"""(opens, closes) on one day; closes None means midnight at its end."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a directory, an absolute path, a name that is not there
        return None


@lru_cache(maxsize=4096)
def local_midnight(day: date, where: ZoneInfo) -> datetime:
    """Return the UTC instant at which `day` begins there."""
    return datetime.combine(day, time.min, where).astimezone(UTC)


@lru_cache(maxsize=512)
def public_holidays(place: str, year: int) -> dict[date, str]:
    """Return the public holidays of a country or a part of it (``CA-ON``); empty where none are known.

    The calendars come from the ``holidays`` package, imported here because it costs a tenth of a second.
    Names are in English: left to itself the package goes by the locale of whoever started the program.
    """
    import holidays

    country, part, _ = f"{place}--".split("-", 2)  # a city (US-NY-NYC) keeps its state's holidays
    try:
        return dict(holidays.country_holidays(country, part or None, years=year, language="en_US"))
    except NotImplementedError:
        return {}


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by weekday (Monday first), closed on the holidays of some places."""

    days: tuple[Span | None, ...]
    closed_in: tuple[str, ...] = ()
    """Places whose public holidays close the day."""

    def span(self, day: date) -> Span | None:
        """Return (opens, closes) of a date; None if closed all day."""
        span = self.days[day.weekday()]
        return None if span is None or self.holiday(day) else span

    def holiday(self, day: date) -> str:
        """Return the name of the holiday that closes this date, or the empty text."""
        for place in self.closed_in:
            name = public_holidays(place, day.year).get(day)
            if name:
                return name
        return ""


@lru_cache(maxsize=4096)
def readings(day: date, wall: time, where: ZoneInfo) -> tuple[datetime, datetime]:
    """Return both UTC readings of a wall-clock time, earlier first; they differ around a clock change."""
    local = datetime.combine(day, wall, where)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(first, second), max(first, second)


class Window(Protocol):
    """Instants at which contact may start, in stretches."""

    def closes(self, at: datetime) -> datetime | None:
        """Return when the present stretch ends; None if contact may not start at `at`."""

    def opens(self, at: datetime) -> datetime | None:
        """Return the first instant not before `at` at which contact may start; None within 400 days."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours in one zone."""

    where: ZoneInfo
    hours: Hours
    tail: timedelta = timedelta()
    """Taken off the end of every stretch, so that a call does not run past it."""

    def stretch(self, day: date) -> tuple[datetime, datetime] | None:
        """Return the UTC instants (start, exclusive end) of one local day; None if it has none."""
        span = self.hours.span(day)
        if span is None:
            return None
        opens, closes = span
        start = readings(day, opens, self.where)[1]
        if closes is None:
            end = local_midnight(day + timedelta(days=1), self.where)
        else:
            end = readings(day, closes, self.where)[0]
        end -= self.tail
        return (start, end) if start < end else None

    def closes(self, at: datetime) -> datetime | None:
        """Return when the present stretch ends; None if contact may not start at `at`."""
        found = self.stretch(at.astimezone(self.where).date())
        return found[1] if found and found[0] <= at < found[1] else None

    def opens(self, at: datetime) -> datetime | None:
        """Return the first instant not before `at` at which contact may start; None within 400 days."""
        day = at.astimezone(self.where).date()
        last = day + SEARCH
        while day <= last:
            found = self.stretch(day)
            if found and at < found[1]:
                return max(at, found[0])
            day += timedelta(days=1)
        return None


def first_open(openings: tuple[Window, ...], at: datetime) -> datetime | None:
    """Return the first instant not before `at` that lies in every opening; None within 400 days.

    Each step jumps to the latest of the openings' next starts. No joint instant lies below it, so the first
    one found is the earliest.
    """
    moment = at
    while moment < at + SEARCH:
        latest = moment
        for opening in openings:
            start = opening.opens(moment)
            if start is None:
                return None
            latest = max(latest, start)
        if latest == moment:
            return moment
        moment = latest
    return None
