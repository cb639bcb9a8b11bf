"""Telling a rule's meaning by example: words like sentences that broke it, and unlike near misses.

A list of phrases finds what it foresaw. Here two linear classifiers a rule judge a stretch of talk, as they
learned from some 54,000 sentences of such calls (compliance/talk, checks/learning.py). One weighs its words,
their pairs and threes, and pieces of words, which survive mishearing. The other weighs what it means
(checks/meaning.py): "the answers you give me will be put to use" is "information will be used", though hardly
a word is the same. Together they give log odds; a rule says from where it is certain, and from where a doubt
(``[by_example]``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compliance.checks.meaning import meaning
from compliance.checks.phrase import spell_out
from compliance.checks.wordlist import word_set
from compliance.talk import PLACE

SOMEONE = "someone"
"""Stands for the names of a call's people: who they are says nothing about what is said."""
SENSE = 0.7
"""Weight of the odds by meaning beside those by words."""
NEAR = -4.0
"""Log odds by words under which, for every rule that matters, what a stretch means is not asked: 6 ms."""
_WORDS, _PIECES = (1, 2, 3), (3, 4, 5)
"""Words in a row, and letters in a row within a word, that are weighed."""
_HESITATIONS = word_set("uh um er ah hm hmm mm mhm huh")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
NOTICE_WORDS, NOTICE_STEP = 6, 2
"""Words of a statement that are looked at at once, and words by which the next stretch begins later: "and we
record our calls" is short, and names and a question stand around it."""


@dataclass(frozen=True, slots=True)
class LegWeights:
    """What was learned for the rules of one leg."""

    rules: tuple[str, ...]
    places: Mapping[str, int]
    """Row of each thing that is weighed."""
    rarity: NDArray[np.float32]
    """Inverse document frequency of each."""
    weights: NDArray[np.float32]
    """A row a thing, a column a rule."""
    bias: NDArray[np.float32]
    sense: NDArray[np.float32]
    """A row for each number of a meaning, a column a rule."""
    sense_bias: NDArray[np.float32]
    early: frozenset[str]
    """Rules that are learned from early talk alone: see checks/learning.py."""
    rivals: tuple[str, ...]
    """Rules whose likeness takes words from another rule: not early ones, nor what is owed anyway."""

    def odds(self, talk: Sequence[Sequence[str]], matter: Collection[str]) -> list[Mapping[str, float]]:
        """Return the log odds of each rule for each of some stretches of words as `plain` gives them.

        `matter`: the rules for whose sake a stretch that is near them by its words is asked what it means.
        """
        odds = np.stack([self._by_words(words) for words in talk]) if talk else np.zeros((0, 0))
        wanted = [n for n, rule in enumerate(self.rules) if rule in matter]
        near = [n for n, mine in enumerate(odds) if wanted and mine[wanted].max() >= NEAR]
        if near:
            odds[near] += SENSE * (meaning().of([talk[n] for n in near]) @ self.sense + self.sense_bias)
        return [dict(zip(self.rules, mine, strict=True)) for mine in odds.tolist()]

    def odds_by_words(self, words: Sequence[str], rule: str) -> float:
        """Return the log odds that the words alone give a rule: quick, to ask what each of them adds."""
        return float(self._by_words(words)[self.rules.index(rule)])

    def _by_words(self, words: Sequence[str]) -> NDArray[np.float32]:
        rows, values = weighed(words, self.places, self.rarity)
        return values @ self.weights[rows] + self.bias if rows else self.bias


def plain(words: Iterable[str], names: Collection[str] = ()) -> list[str]:
    """Return spelt-out words as they are weighed: without hesitations, and names as someone."""
    return [SOMEONE if w in names else w for w in words if w not in _HESITATIONS]


def words_of_names(*names: str) -> frozenset[str]:
    """Return the words that people's names consist of, as they are spelt out."""
    return frozenset(w for name in names for part in name.split() for w in spell_out(part.strip(".,")))


def spelt(sentence: str) -> list[str]:
    """Return a written sentence's words, spelt out as heard ones are; a place for a name is someone."""
    return [w for part in _WORD.findall(PLACE.sub(f" {SOMEONE} ", sentence)) for w in spell_out(part)]


def things(words: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return what is weighed in words: rows of them, and pieces of them."""
    rows = {" ".join(words[at : at + n]) for n in _WORDS for at in range(len(words) - n + 1)}
    pieces = {
        f"#{framed[at : at + n]}"
        for framed in {f" {word} " for word in words}
        for n in _PIECES
        for at in range(max(1, len(framed) - n + 1))
    }
    return rows, pieces


def weighed(
    words: Sequence[str], places: Mapping[str, int], rarity: NDArray[np.float32]
) -> tuple[list[int], NDArray[np.float32]]:
    """Return the rows of what is weighed in words, and its share: words and pieces each of length one."""
    found: list[int] = []
    shares: list[NDArray[np.float32]] = []
    for kind in things(words):
        rows = sorted(places[thing] for thing in kind if thing in places)
        if rows:
            found += rows
            shares.append(rarity[rows] / np.linalg.norm(rarity[rows]))
    return found, np.concatenate(shares) if shares else np.zeros(0, np.float32)


def short_stretches(count: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `count` words that are held against what a collector states."""
    return windows(count, NOTICE_WORDS, NOTICE_STEP)


def windows(count: int, longest: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of `count` words, first and after the last: all of them where they are not too many."""
    if count <= longest:
        yield 0, count
        return
    last = count - longest
    for at in (*range(0, last, step), last):
        yield at, at + longest
