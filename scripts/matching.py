"""Recognising an excuse in what a recogniser heard: in-order fuzzy matching of cue phrases.

About three words in ten are misheard on the telephone, so a cue need not be met exactly. Words are aligned in
order, each as far as it sounds like the cue's word by its letters; small words weigh little, words of denial
weigh much and must agree: "I never got it" is an excuse and "I got it" is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

SURE = 0.72
"""A cue met to this share counts as heard."""

_DENIAL = "not"
_DENIALS = frozenset({"not", "never", "no", "none", "cannot", "nothing", "nobody", "without"})
_SMALL = frozenset(
    [
        "a",
        "an",
        "the",
        "i",
        "we",
        "you",
        "he",
        "she",
        "it",
        "they",
        "me",
        "us",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "this",
        "that",
        "these",
        "those",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "am",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "with",
        "and",
        "or",
        "so",
        "do",
        "did",
        "does",
        "have",
        "has",
        "had",
        "will",
        "would",
        "can",
        "could",
        "just",
        "yet",
        "really",
        "um",
        "uh",
        "well",
        "there",
        "here",
        "from",
        "by",
        "as",
        "about",
    ]
)
_WORD = re.compile(r"[a-z0-9']+")
_SPELT = re.compile(r"\b[b-hj-z](?: [b-hj-z]\b)+")
"""Letters spelt out, as in "p o number"; a and i are words."""
_CONTRACTIONS = (
    ("won't", "will not"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("n't", " not"),
    ("'re", " are"),
    ("'ve", " have"),
    ("'ll", " will"),
    ("'m", " am"),
    ("'d", " would"),
    ("'s", " is"),
)
_CLOSE = 72.0
"""Letter similarity (0 to 100) from which two words may be the same word misheard."""
_SKIP = 0.10
"""What one extra word inside a match costs, in units of a content word."""
_SCREEN = 62.0
"""Letter similarity of cue and best stretch below which the words are not aligned at all."""


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, lower case, contractions opened."""
    low = text.lower().replace("’", "'")
    for short, long in _CONTRACTIONS:
        low = low.replace(short, long)
    low = _SPELT.sub(lambda run: run.group().replace(" ", ""), low)
    return tuple(word.strip("'") for word in _WORD.findall(low) if word.strip("'"))


@dataclass(frozen=True, slots=True)
class Cue:
    """One phrasing of an excuse, prepared."""

    words: tuple[str, ...]
    text: str
    weights: tuple[float, ...]
    total: float
    denies: bool

    @classmethod
    def of(cls, phrase: str) -> Cue:
        """Prepare a phrase."""
        words = tuple(_DENIAL if word in _DENIALS else word for word in words_of(phrase))
        weights = tuple(_weight(word) for word in words)
        return cls(words, " ".join(words), weights, sum(weights), _DENIAL in words)


@dataclass(frozen=True, slots=True)
class Hit:
    """How well a cue was met: score 0 to 1, and the words (from, to) it rests on."""

    score: float
    start: int
    end: int

    def shares(self, other: Hit) -> bool:
        """Whether half of these words or more are the other's too."""
        common = min(self.end, other.end) - max(self.start, other.start)
        return 2 * common >= self.end - self.start


NO_HIT = Hit(0.0, 0, 0)


class Heard:
    """A stretch of the debtor's words, prepared for any number of cues."""

    def __init__(self, text: str) -> None:
        self.words = words_of(text)
        self._plain = tuple(_DENIAL if word in _DENIALS else word for word in self.words)
        self._text = " ".join(self._plain)

    def match(self, cues: Iterable[Cue]) -> Hit:
        """Return the best hit among the cues; NO_HIT where none is sure."""
        best = NO_HIT
        for cue in cues:
            if not cue.words or fuzz.partial_ratio(cue.text, self._text) < _SCREEN:
                continue
            hit = self._align(cue)
            if hit.score > best.score:
                best = hit
        return best if best.score >= SURE else NO_HIT

    def quote(self, hit: Hit) -> str:
        """Return the words a hit rests on."""
        return " ".join(self.words[hit.start : hit.end])

    def _align(self, cue: Cue) -> Hit:
        """Align cue and words in order, free to begin and end anywhere in the words.

        ``row[i]`` is the best value after the first ``i`` words of the cue, with where the match began.
        """
        size = len(cue.words)
        before: list[tuple[float, int]] = [(0.0, -1)] * (size + 1)
        best, best_start, best_end = 0.0, 0, 0
        for j, word in enumerate(self._plain):
            row: list[tuple[float, int]] = [(0.0, -1)] * (size + 1)
            joined = word + self._plain[j + 1] if j + 1 < len(self._plain) else ""
            for i in range(1, size + 1):
                value, start = row[i - 1]  # this word of the cue was not heard
                kept, kept_start = before[i]
                if kept - _SKIP > value:
                    value, start = kept - _SKIP, kept_start  # this heard word is extra
                like = _likeness(cue.words[i - 1], word, joined)
                if like:
                    gained = before[i - 1][0] + like * cue.weights[i - 1]
                    if gained > value:
                        value, start = gained, before[i - 1][1] if before[i - 1][1] >= 0 else j
                row[i] = (value, start)
            if row[size][0] > best:
                best, best_start, best_end = row[size][0], row[size][1], j + 1
            before = row
        if best_end <= best_start or self._contradicts(cue, best_start, best_end):
            return NO_HIT
        return Hit(min(1.0, best / cue.total), best_start, best_end)

    def _contradicts(self, cue: Cue, start: int, end: int) -> bool:
        """Whether denial stands in the words and not in the cue, or the other way about."""
        if cue.denies:
            return _DENIAL not in self._plain[start:end]
        return _DENIAL in self._plain[max(0, start - 2) : end]


def _weight(word: str) -> float:
    if word == _DENIAL:
        return 1.2
    return 0.35 if word in _SMALL else 1.0


def _likeness(want: str, word: str, joined: str) -> float:
    """Return how much a heard word (or it and the next run together, as in "in voice") is the wanted one."""
    if want == word:
        return 1.0
    if want == _DENIAL or word == _DENIAL or len(want) < 4:
        return 0.0
    score = fuzz.ratio(want, word, score_cutoff=_CLOSE)
    if joined and len(want) > len(word):
        score = max(score, fuzz.ratio(want, joined, score_cutoff=_CLOSE))
    return score / 100.0
