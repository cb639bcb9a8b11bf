"""Word error rate: words lost, added and changed, over the words said (Levenshtein distance on words).

Both sides are compared as the matcher sees them: lower case, without punctuation, contractions written out.
Hesitations ("uh", "um") count on neither side, as is usual in the field (NIST scoring rules). Numbers must be
written as words, since that is what recognisers give.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from compliance.checks.phrase import spell_out
from compliance.checks.wordlist import word_set

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_HESITATIONS = word_set("uh um er erm ah hm hmm mm mhm huh")


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Errors in a number of words; they add up."""

    said: int = 0
    lost: int = 0
    added: int = 0
    changed: int = 0

    @property
    def rate(self) -> float | None:
        """Errors over words said; None where nothing was said. May exceed 1."""
        return (self.lost + self.added + self.changed) / self.said if self.said else None

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.said + other.said,
            self.lost + other.lost,
            self.added + other.added,
            self.changed + other.changed,
        )


def plain_words(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    words = [w for part in _WORD.findall(text) for w in spell_out(part)]
    return [w for w in words if w not in _HESITATIONS]


def word_errors(said: str, heard: str) -> WordErrors:
    """Compare what was said with what was heard."""
    return _align(plain_words(said), plain_words(heard))


def _align(said: Sequence[str], heard: Sequence[str]) -> WordErrors:
    # Each cell: errors, then lost, added and changed on the cheapest way to it.
    row = [(j, 0, j, 0) for j in range(len(heard) + 1)]
    for i, a in enumerate(said, 1):
        diagonal, row[0] = row[0], (i, i, 0, 0)
        for j, b in enumerate(heard, 1):
            above, left = row[j], row[j - 1]
            same = diagonal if a == b else (diagonal[0] + 1, *diagonal[1:3], diagonal[3] + 1)
            row[j], diagonal = (
                min(
                    same,
                    (above[0] + 1, above[1] + 1, above[2], above[3]),
                    (left[0] + 1, left[1], left[2] + 1, left[3]),
                    key=lambda cell: cell[0],
                ),
                above,
            )
    _, lost, added, changed = row[-1]
    return WordErrors(len(said), lost, added, changed)
