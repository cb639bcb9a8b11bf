"""How the collector talks, while it still helps: too loud, fast or much, or breaking in. One hint at a time.

Off unless the settings ask for it (``[screen] pace_hints``): a floor decides whether it wants to be told.
What is measured is words, their times, and how loud they are against the same call's beginning: a raised
voice is heard before it is noticed. What the voice sounds like besides is not judged. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from workstation.floor import messages as m

FAST_WPM = 210.0
"""Words a minute of speech from which a hint is given; conversation runs at 150 to 170."""
_FAST_WORDS = 30
"""The last so many words are looked at, and no fewer."""
_PAUSE_S = 0.7
"""Silence between words that does not count as speaking."""
TALKS_SHARE = 0.8
"""Share of the speech of the last minute from which the collector talks too much."""
_WINDOW_S = 60.0
_TALK_S = 25.0
"""Speech of the window, both sides, below which a share says nothing."""
_INTO_S = 0.5
"""Breaking in: the other had spoken this long and went on this long."""
_TIMES = 2
LOUDER_DB = 8.0
"""Over the call's beginning from which a hint is given; a raised voice is 6 to 12 dB over a normal one."""
_BEGINNING, _LATELY = 4, 2
"""Utterances that stand for how the call began, and for now."""
_LEVEL_WORDS = 4
"""Shorter utterances' levels say little."""


def hint(said: Sequence[m.Heard], now_s: float) -> str:
    """Return the most pressing hint as of a second of the call, in words; empty where there is none."""
    recent = [h for h in said if h.final and h.words and h.end > now_s - _WINDOW_S]
    louder = _louder(said)
    if louder >= LOUDER_DB and recent:
        return f"softer: {round(louder)} dB louder than you began"
    times = _broke_in(recent)
    if times >= _TIMES:
        return f"you broke in {times} times in the last minute"
    fast = words_a_minute([w for h in recent if h.leg == "agent" for w in h.words])
    if fast >= FAST_WPM:
        return f"slower: {round(fast)} words a minute"
    mine, theirs = (_speech(recent, leg) for leg in ("agent", "debtor"))
    if mine + theirs >= _TALK_S and mine / (mine + theirs) >= TALKS_SHARE:
        return f"let them speak: you had {round(100 * mine / (mine + theirs))}% of the last minute"
    return ""


def words_a_minute(words: Sequence[m.WordOut]) -> float:
    """Return the pace of the last words spoken, pauses left out; 0 where they are too few to tell."""
    last = words[-_FAST_WORDS:]
    if len(last) < _FAST_WORDS:
        return 0.0
    gaps = (after.start - before.end for before, after in pairwise(last))
    spoken = sum(w.end - w.start for w in last) + sum(gap for gap in gaps if 0 < gap < _PAUSE_S)
    return 60 * len(last) / spoken if spoken else 0.0


def _louder(said: Sequence[m.Heard]) -> float:
    """Return by how many dB the agent's last words are louder than the first; 0 where too little was said."""
    levels = [
        h.level
        for h in said
        if h.leg == "agent" and h.final and h.level is not None and len(h.words) >= _LEVEL_WORDS
    ]
    if len(levels) < _BEGINNING + _LATELY:
        return 0.0
    return min(levels[-_LATELY:]) - median(levels[:_BEGINNING])


def _speech(recent: Sequence[m.Heard], leg: str) -> float:
    return sum(w.end - w.start for h in recent if h.leg == leg for w in h.words)


def _broke_in(recent: Sequence[m.Heard]) -> int:
    theirs = [(h.start, h.end) for h in recent if h.leg == "debtor"]
    return sum(
        any(start + _INTO_S <= h.start <= end - _INTO_S for start, end in theirs)
        for h in recent
        if h.leg == "agent"
    )
