"""Searching everything that was said on calls: what is asked, what is found, and how a hit is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.transcription.words import Leg

MOST_WORDS = 12
"""A search takes this many words at most."""
MARKS = ("«", "»")
"""Put around a word that was asked for: characters, so that it needs no markup to show."""
_AROUND = 7
"""Words shown before the first hit and after the last."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class TalkSearch:
    """What is asked for. All words must be said in one utterance; the rest narrows it down."""

    words: str
    """Plain words in any order; nothing in them is a search language."""
    rule: str = ""
    """Id of a speech rule: only calls on which a finding of it stands."""
    collector_id: int | None = None
    account_id: int | None = None
    since: datetime | None = None
    """Calls placed at this instant or later."""
    until: datetime | None = None
    """Calls placed before this instant."""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """One utterance that was found."""

    call_id: str
    second: float
    """When the first of the words begins, on the call's timeline."""
    leg: Leg
    at: datetime
    """When the call was placed."""
    collector: str
    account_number: str
    account_name: str
    snippet: str
    """What was said, shortened around the hits, each between ``MARKS``."""


def spoken(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index has them: runs of letters and digits, in small letters."""
    return tuple(word.lower() for word in _WORD.findall(text))


def snippet(text: str, wanted: Sequence[str]) -> str:
    """Shorten a text around the words wanted (small letters) and put marks around each.

    Marks that the text holds itself are taken out, so that nobody can forge one.
    """
    for mark in MARKS:
        text = text.replace(mark, " ")
    parts = text.split()
    asked = frozenset(wanted)
    hits = [n for n, part in enumerate(parts) if not asked.isdisjoint(spoken(part))]
    if not hits:
        return " ".join(parts[: 2 * _AROUND])
    shown = list(parts)
    for n in hits:
        shown[n] = f"{MARKS[0]}{parts[n]}{MARKS[1]}"
    first, last = max(0, hits[0] - _AROUND), min(len(parts), hits[-1] + _AROUND + 1)
    return ("… " if first else "") + " ".join(shown[first:last]) + (" …" if last < len(parts) else "")
