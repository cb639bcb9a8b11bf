"""Amounts and days behind a doubtful word: "fridays" is Friday, "thousands" is thousand.

Only words that the recogniser itself doubts are looked at, and only for the closed list of words that amounts
and days are made of, so that well-heard speech is never bent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from compliance.checks.match import Token, alike
from compliance.checks.wordlist import word_set

DOUBTED_BELOW = 0.8
"""Word confidence under which a word may be another one."""

_LIST = word_set(
    "three seven eight eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
    "thirty forty fifty sixty seventy eighty ninety hundred thousand dollars monday tuesday wednesday "
    "thursday friday saturday sunday tomorrow today january february march april august september october "
    "november december month fortnight half balance"
)


def likely(tokens: Sequence[Token]) -> list[str]:
    """Return the words of tokens, doubtful ones as the amount or day word that they sound like, if any."""
    return [_meant(t.text) if t.word.confidence < DOUBTED_BELOW else t.text for t in tokens]


@lru_cache(maxsize=20_000)
def _meant(heard: str) -> str:
    if heard in _LIST or len(heard) < 4:
        return heard
    best = max(_LIST, key=lambda word: (alike(word, heard), word))
    return best if alike(best, heard) >= 0.8 else heard
