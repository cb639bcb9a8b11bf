"""Calling hours: the same hours in every candidate zone, all of them at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock

from compliance.consents import reply, standing
from compliance.contact import ConsentScope, Medium
from compliance.hours import Hours, Opening, Span
from compliance.rulefile import Table
from compliance.situation import Outcome, Situation

_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_OTHERS = ("holidays", "consent", "reply_minutes")
_HOLIDAYS = ["open", "national", "regional"]


@dataclass(frozen=True, slots=True)
class HoursRule:
    """Lets contact start during these local hours, in every zone the person may be in."""

    days: tuple[Span | None, ...]
    holidays: str
    """``open``: they do not matter; ``national``: the country's are closed; ``regional``: a state's too."""
    consent: bool
    """Whether the person's consent to other times lifts them."""
    reply_minutes: int
    """How long the one reply to a contact that the person began may take outside them."""

    @classmethod
    def parse(cls, table: Table) -> HoursRule:
        """Read ``mon-fri = "09:00-17:00"`` and the like; days not named are closed.

        Beside them holidays, consent and reply_minutes, each with a default.
        """
        holidays = table.choice("holidays", _HOLIDAYS, "open")
        consent = table.get("consent", bool, False)
        reply_minutes = table.whole("reply_minutes", 0, 60 * 24 * 7, 0)
        days: list[Span | None] = [None] * 7
        for name in table.names():
            if name in _OTHERS:
                continue
            first, _, last = name.partition("-")
            if first not in _DAYS or (last or first) not in _DAYS[_DAYS.index(first) :]:
                raise table.error(name, 'unknown key; write days as "mon", "mon-fri", "sat-sun", or holidays')
            for index in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
                if days[index] is not None:
                    raise table.error(name, f"{_DAYS[index]} has hours already")
                days[index] = _span(table, name)
        if not any(days):
            raise table.error("mon-fri", "no day has hours: write them as 09:00-17:00")
        return cls(tuple(days), holidays, consent, reply_minutes)

    def evaluate(self, situation: Situation) -> Outcome:
        """Open the hours in each candidate zone; for calls the tail margin is taken off the end."""
        return situation.once(self, lambda: self._evaluate(situation))

    def _evaluate(self, situation: Situation) -> Outcome:
        if not situation.located:
            return Outcome("calling hours cannot be judged: time zone unknown", None)
        facts = situation.facts
        hours = Hours(self.days, self._closed_in(facts.country, facts.jurisdictions))
        margin = situation.tail if facts.medium is Medium.CALL else timedelta()
        openings = tuple(Opening(where, hours, margin) for where in situation.zones)
        shut = [opening for opening in openings if opening.closes(situation.at) is None]
        inputs = {
            "local": ", ".join(
                f"{situation.at.astimezone(o.where):%a %H:%M} {o.where.key}" for o in shut or openings
            ),
            "tail_minutes": str(int(margin.total_seconds() // 60)),
        }
        if not shut:
            return Outcome(
                "within calling hours",
                openings=openings,
                inputs=inputs,
                excused_until=self._excused(situation),
            )
        excused = self._excused(situation)
        why = self._why(shut[0], situation)
        if excused > situation.at:
            why = f"{why}; lifted by consent, or for one reply"
        return Outcome(why, openings=openings, inputs=inputs, excused_until=excused)

    def _excused(self, situation: Situation) -> datetime:
        until = reply(situation, self.reply_minutes)
        return max(until, standing(situation, ConsentScope.TIME)) if self.consent else until

    def _closed_in(self, country: str, jurisdictions: tuple[str, ...]) -> tuple[str, ...]:
        if self.holidays == "open":
            return ()
        parts = [place for place in jurisdictions if "-" in place] if self.holidays == "regional" else []
        return tuple(dict.fromkeys([country, *(place.partition("-")[0] for place in jurisdictions), *parts]))

    def _why(self, opening: Opening, situation: Situation) -> str:
        local = situation.at.astimezone(opening.where)
        place = opening.where.key.rpartition("/")[2].replace("_", " ")
        span = opening.hours.days[local.weekday()]
        holiday = opening.hours.holiday(local.date())
        if span is None or holiday:
            return f"closed in {place} on {f'{local:%A}' if span is None else holiday}"
        opens, closes = span
        until = f"{closes:%H:%M}" if closes else "24:00"
        return f"{local:%H:%M} in {place}: calls may start {opens:%H:%M}-{until}{_less(opening.tail)}"


def _less(tail: timedelta) -> str:
    return f" less {int(tail.total_seconds() // 60)} minutes" if tail else ""


def _span(table: Table, name: str) -> Span:
    text = table.take(name, str)
    found = _SPAN.fullmatch(text)
    if not found:
        raise table.error(name, f"must be hours such as 09:00-17:00, not {text!r}")
    h1, m1, h2, m2 = (int(part) for part in found.groups())
    try:
        opens = clock(h1, m1)
        closes = None if (h2, m2) == (24, 0) else clock(h2, m2)
    except ValueError as error:
        raise table.error(name, f"{text!r} is not a time of day: {error}") from None
    if closes is not None and closes <= opens:
        raise table.error(name, f"{text!r} closes before it opens; hours over midnight are two days' hours")
    return opens, closes
