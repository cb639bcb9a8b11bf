"""Times to call back, as people ask for them: "call me back tomorrow after two", "in an hour"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from compliance.checks.dates import find_days
from compliance.checks.finding import Caught, CaughtKind
from compliance.checks.hours import find_delay, find_hour, find_part
from compliance.checks.match import Token, text_of
from compliance.transcription.words import Leg

ROUND_TO = timedelta(minutes=5)
"""An hour from now is offered as the next full five minutes."""

_ASKED = re.compile(
    r"\b(?:(?:call|ring|phone|try|reach) (?:(?:me|us|him|her)(?: (?:back|again|later))?|back|again|later)"
    r"|call back|get back to (?:me|us))\b"
)
_OFFERED = re.compile(r"\b(?:call|ring|phone|try|reach) (?:you (?:back|again|later)|back|again)\b")
_DENIED = re.compile(r"\b(?:not|never|stop)\b(?: \w+){0,3} $")
_HABIT = re.compile(r"\b(?:every|always|keep|keeps|people|each|called|calling)\b")


def read_callback(leg: Leg, tokens: Sequence[Token], today: date, began: datetime | None) -> Caught | None:
    """Return the time to call back that these words name, or None.

    On the collector's leg it is an offer, which counts once agreed to. `began` is the call's second 0 as an
    aware instant in the debtor's zone; without it "in an hour" cannot be told.
    """
    words = [t.text for t in tokens]
    text = " ".join(words)
    asked = (_ASKED if leg is Leg.DEBTOR else _OFFERED).search(text)
    if asked is None or _DENIED.search(text[: asked.start()]) or _HABIT.search(text):
        return None
    first = len(text[: asked.start()].split())
    after = words[len(text[: asked.end()].split()) :]
    days = find_days(words, today)
    hour = find_hour(after)
    time_of_day = hour[0] if hour is not None else find_part(words) if days else None
    day = days[0].day if days else None
    delay = find_delay(words)
    if delay is not None and began is not None:
        # Reckoned in UTC: an hour is an hour also where the clocks change.
        moment = began.astimezone(UTC) + timedelta(seconds=tokens[-1].word.end) + delay
        over = (
            timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)
            % ROUND_TO
        )
        local = (moment + (ROUND_TO - over if over else timedelta())).astimezone(began.tzinfo)
        day, time_of_day = local.date(), local.time().replace(second=0, microsecond=0)
    if day is None and "this" in words and (part := find_part(words)) is not None:
        day, time_of_day = today, time_of_day or part
    if day is None and time_of_day is None:
        return None
    confidence = sum(t.word.confidence for t in tokens) / len(tokens) * (days[0].sure if days else 1.0)
    return Caught(
        kind=CaughtKind.CALLBACK,
        leg=leg,
        at=tokens[first].word.start,
        text=text_of(tokens),
        confidence=round(confidence, 3),
        day=day,
        time_of_day=time_of_day,
    )
