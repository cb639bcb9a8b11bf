"""How a promise may be reminded of: a call where one is allowed that day, else something that is.

A reminder the day before a promise is due usually falls into the seven days after the conversation in which
it was made (12 CFR 1006.14(b)(2)(i)(B)); then only consent to be called again, a mail or a letter is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from compliance.contact import Permitted, Verdict


class Way(StrEnum):
    """Ways to remind, the best first."""

    CALL = "call"
    CONSENTED_CALL = "call, as agreed"
    EMAIL = "e-mail"
    LETTER = "letter"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Reminder:
    """When and how a promise may be reminded of."""

    on: date
    way: Way
    why: str
    """Why it cannot be a call; empty where it can."""

    @property
    def sentence(self) -> str:
        """One line for the message line."""
        day = f"{self.on:%a} {self.on.day} {self.on:%b}"
        if self.way is Way.NOTHING:
            return f"no reminder is allowed on {day}: {self.why}"
        if not self.why:
            return f"remind {day} by {self.way.value}"
        hint = "consent to be called again would allow one"
        return f"remind {day} by {self.way.value}, no call: {self.why}; {hint}"


def day_before(due: date, today: date, is_holiday: bool = False) -> date:
    """Return the last weekday before a promise is due, or the day itself where none is left."""
    day = due - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day if day > today else due


def choose(
    on: date, call: Verdict, email: Verdict | None, letter: Verdict | None, *, agreed: bool
) -> Reminder:
    """Choose from the gate's verdicts on that day; None: there is no address. `agreed`: consent stands."""
    if isinstance(call, Permitted):
        return Reminder(on, Way.CONSENTED_CALL if agreed else Way.CALL, "")
    why = call.reasons[0].message
    for way, verdict in ((Way.EMAIL, email), (Way.LETTER, letter)):
        if isinstance(verdict, Permitted):
            return Reminder(on, way, why)
    return Reminder(on, Way.NOTHING, why)
