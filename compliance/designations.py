"""Times and places that the person called inconvenient (12 CFR 1006.6(b)(1) and (2), comment 6(b)(1)-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from compliance.consents import reply
from compliance.contact import Designation, Medium
from compliance.hours import SEARCH, local_midnight, readings
from compliance.rulefile import Table
from compliance.situation import FOREVER, Outcome, Situation


@dataclass(frozen=True, slots=True)
class Closing:
    """The complement of weekly inconvenient times in one zone."""

    where: ZoneInfo
    designation: Designation
    tail: timedelta
    """Closed before each stretch too, so that a call does not run into it."""

    def closes(self, at: datetime) -> datetime | None:
        """Return when the next inconvenient stretch begins; None if `at` lies in one."""
        if self._held_until(at) is not None:
            return None
        # The tail may reach back over midnight, and the longest gap is a week.
        begins = (begin for begin, end in self._stretches(at, 9) if at < begin < end)
        return min(begins, default=FOREVER)

    def opens(self, at: datetime) -> datetime | None:
        """Return the first instant not before `at` outside every stretch; None within 400 days."""
        moment = at
        while moment < at + SEARCH:
            held = self._held_until(moment)
            if held is None:
                return moment
            moment = held
        return None

    def _held_until(self, at: datetime) -> datetime | None:
        """Return the end of the stretch that `at` lies in; None where it lies in none."""
        # Yesterday's may run past midnight, and tomorrow's tail may reach back over it.
        return max((end for begin, end in self._stretches(at, 2) if begin <= at < end), default=None)

    def _stretches(self, at: datetime, days: int) -> list[tuple[datetime, datetime]]:
        """Return the stretches that begin from the day before `at` until less than so many days after it."""
        today = at.astimezone(self.where).date()
        return [self._stretch(today + timedelta(days=offset)) for offset in range(-1, days)]

    def _stretch(self, day: date) -> tuple[datetime, datetime]:
        """Return the stretch that begins on a local day (UTC, end exclusive); an empty one where none does.

        Of two readings of a wall-clock time the stricter counts.
        """
        told = self.designation
        midnight = local_midnight(day, self.where)
        if day.weekday() not in told.weekdays:
            return midnight, midnight
        begin = readings(day, told.begins, self.where)[0] - self.tail
        if told.ends is None:
            end = local_midnight(day + timedelta(days=1), self.where)
        else:
            over = told.ends <= told.begins
            end = readings(day + timedelta(days=int(over)), told.ends, self.where)[1]
        return begin, min(end, told.until or FOREVER)


@dataclass(frozen=True, slots=True)
class DesignatedRule:
    """Refuses at times, or at a number, that the person called inconvenient."""

    reply_minutes: int
    """How long the one reply to a contact that the person began may take."""

    @classmethod
    def parse(cls, table: Table) -> DesignatedRule:
        """Read reply_minutes (default: no reply)."""
        return cls(table.whole("reply_minutes", 0, 60 * 24 * 7, 0))

    def evaluate(self, situation: Situation) -> Outcome:
        """Close every told time in every zone the person may be in."""
        facts = situation.facts
        told = sorted(
            (
                d
                for d in facts.designations
                if d.number in (None, facts.number) and (d.until is None or situation.at < d.until)
            ),
            key=lambda d: (d.since, d.begins),
        )
        if not told:
            return Outcome("no inconvenient time or place on record")
        if not situation.located:
            return Outcome("inconvenient times cannot be judged: time zone unknown", None)
        margin = situation.tail if facts.medium is Medium.CALL else timedelta()
        windows = tuple(Closing(where, d, margin) for d in told for where in situation.zones)
        shut = [window for window in windows if window.closes(situation.at) is None]
        message = "outside the times called inconvenient"
        if shut:
            number = shut[0].designation.number
            what = "this number" if number else f"{situation.at.astimezone(shut[0].where):%a %H:%M}"
            message = f"{what} was called inconvenient on {shut[0].designation.since.date().isoformat()}"
        excused = reply(situation, self.reply_minutes)
        if shut and excused > situation.at:
            message = f"{message}; one reply may go out"
        return Outcome(message, openings=windows, inputs={"told": str(len(told))}, excused_until=excused)
