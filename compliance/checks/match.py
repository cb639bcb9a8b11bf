"""Finding phrases in what a recogniser heard, which is wrong often.

A phrase is aligned with the words in order; each slot brings its weight times how alike the word is (same, an
inflection, a known mishearing, close in spelling and in consonants), and the score is what was found over
what the phrase weighs. Guards then look at the words around (guards.py).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from rapidfuzz import fuzz

from compliance.checks.names import NAME_WORDS, head_like_name
from compliance.checks.phrase import Phrase, Slot, spell_out
from compliance.checks.wordlist import word_set
from compliance.transcription.words import Word

_MISSED = 1e6
"""Taken off where a required word is missing: no score survives it."""
_LEAST_RATIO = 0.6
"""Words whose letters are less alike than this are not one word, though their consonants may be the same."""
GREETINGS = word_set("uh um er oh well hi hello hey so okay ah hm mm good morning afternoon evening")
"""What may stand before a phrase that opens an utterance."""
_SHORT = 4
"""Letters of the longest word that may be a misheard "yes" before them."""


@dataclass(frozen=True, slots=True)
class Token:
    """A heard word, spelt out; one Word may give two tokens ("don't")."""

    text: str
    word: Word
    new: bool = True
    """Whether it belongs to the utterance being judged, not to the context before it."""
    parts: tuple[Word, ...] = ()
    """The words as heard where two were joined into one; else empty."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a phrase was found."""

    phrase: Phrase
    score: float
    """0 to 1: found weight over the phrase's weight."""
    first: int
    """Index of the first token."""
    last: int
    """Index of the last token, inclusive."""
    matched: tuple[int, ...]
    """Indices of the tokens that filled slots."""
    confidence: float
    """The engine's mean confidence over the tokens that filled the heavy slots, names aside."""


def tokens_of(words: Iterable[Word], *, new: bool = True) -> list[Token]:
    """Spell words out and join known mishearings of two words into the word meant."""
    plain = [Token(text, word, new) for word in words for text in spell_out(word.text)]
    pairs = heard_as()[1]
    out: list[Token] = []
    for token in plain:
        if out and (meant := pairs.get(f"{out[-1].text} {token.text}")) is not None:
            before = out.pop().word
            joined = Word(
                f"{before.text} {token.word.text}",
                before.start,
                token.word.end,
                min(before.confidence, token.word.confidence),
            )
            out.append(Token(meant, joined, new, (before, token.word)))
        else:
            out.append(token)
    return out


def find(
    phrase: Phrase, tokens: Sequence[Token], floor: float, names: Mapping[str, Sequence[str]] | None = None
) -> list[Match]:
    """Return the places where a phrase scores at least `floor`, left to right, not overlapping.

    `names` gives the spoken forms of the names in braces; a name without a form never matches.
    """
    spoken = names or {}
    if not _worth_trying(phrase, frozenset(t.text for t in tokens), floor, spoken):
        return []
    out: list[Match] = []
    low = 0
    while low < len(tokens):
        match = _Alignment(phrase, tokens, low, spoken).best()
        if match is None or match.score < floor:
            break
        out.append(match)
        low = match.last + 1
    return out


def words_of(tokens: Iterable[Token]) -> tuple[Word, ...]:
    """Return the heard words behind tokens, each once, in order."""
    return tuple(dict.fromkeys(w for t in tokens for w in (t.parts or (t.word,))))


def text_of(tokens: Iterable[Token]) -> str:
    """Return what was heard, as it was written down."""
    return " ".join(w.text for w in words_of(tokens))


def near(match: Match, tokens: Sequence[Token], wanted: frozenset[str], reach: int = 6) -> bool:
    """Whether one of `wanted` stands in the match or within `reach` words of it."""
    around = tokens[max(0, match.first - reach) : match.last + 1 + reach]
    return any(t.text in wanted for t in around)


# ---- how alike two words are ---------------------------------------------------------------------------


@cache
def heard_as() -> tuple[Mapping[str, frozenset[str]], Mapping[str, str]]:
    """The known mishearings: by word meant, and two written words to the word meant."""
    data = tomllib.loads(files("compliance.checks").joinpath("heard_as.toml").read_text(encoding="utf-8"))
    single = {meant: frozenset(h for h in heard if " " not in h) for meant, heard in data.items()}
    pairs = {h: meant for meant, heard in data.items() for h in heard if " " in h}
    return single, pairs


@lru_cache(maxsize=200_000)
def alike(meant: str, heard: str) -> float:
    """How far a heard word may stand for the word meant, 0 to 1. Short words must be the same."""
    if meant == heard:
        return 1.0
    if heard in heard_as()[0].get(meant, ()):
        return 0.9
    shorter, longer = sorted((len(meant), len(heard)))
    if shorter >= 3 and meant[0] == heard[0] and _inflected(meant, heard):
        return 0.96
    if shorter < 5 or 2 * shorter < _LEAST_RATIO * (shorter + longer):
        return 0.0  # so different in length cannot be alike
    ratio = fuzz.ratio(meant, heard) / 100
    if ratio >= (0.84 if longer <= 7 else 0.8):
        return ratio
    sound = consonants(meant)
    return 0.82 if len(sound) >= 3 and ratio >= _LEAST_RATIO and sound == consonants(heard) else 0.0


def _inflected(one: str, other: str) -> bool:
    """Whether two words are forms of one; "car" and "care" are not, though they differ by an e."""
    (a, a_ended), (b, b_ended) = _stem(one), _stem(other)
    return a == b and (a_ended or b_ended)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> tuple[str, bool]:
    """A word without its ending, and whether it had one."""
    for ending in ("ing", "ed", "es", "s", "d"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)].removesuffix("e"), True
    return word.removesuffix("e"), False


_SOUNDS = str.maketrans(
    {
        "c": "k",
        "q": "k",
        "g": "k",
        "j": "k",
        "z": "s",
        "x": "s",
        "v": "f",
        "p": "b",
        "d": "t",
        "m": "n",
        "r": "l",
    }
)


@lru_cache(maxsize=50_000)
def consonants(word: str) -> str:
    """Reduce a word to classes of consonants that recognisers confuse: invoice and envoys are the same."""
    low = (
        word.replace("ph", "f").replace("ck", "k").replace("ce", "se").replace("ci", "si").translate(_SOUNDS)
    )
    out = ""
    for letter in low:
        if letter.isalpha() and letter not in "aeiouyhw" and letter != out[-1:]:
            out += letter
    return out


@lru_cache(maxsize=500_000)
def _slot_like(words: frozenset[str], heard: str) -> float:
    return 1.0 if heard in words else max((alike(w, heard) for w in words), default=0.0)


def name_at(
    forms: Sequence[str], tokens: Sequence[Token], spoken: Sequence[str], at: int, *, faint: bool = False
) -> int:
    """Return how many tokens from one on are a name in one of its forms; 0 if none are.

    `spoken`: of all the tokens, see `spoken_words`.
    """
    return like_name_at(forms, tokens, spoken, at, faint=faint)[0]


def like_name_at(
    forms: Sequence[str], tokens: Sequence[Token], spoken: Sequence[str], at: int, *, faint: bool = False
) -> tuple[int, float]:
    """Return what `name_at` does, and by how much more those tokens are like the name than they need be."""
    heard = (spoken[at] or tokens[at].text, *spoken[at + 1 : at + NAME_WORDS])
    return head_like_name(tuple(forms), heard, faint) if forms else (0, 0.0)


def spoken_words(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return for each token the word as heard, "" for a further token of the same word."""
    words = [None, *(t.word for t in tokens)]
    return tuple("" if t.word is before else t.word.text for before, t in zip(words, tokens, strict=False))


# ---- alignment -----------------------------------------------------------------------------------------


def worth_trying(
    phrases: Iterable[Phrase],
    tokens: Iterable[Token],
    floor: float,
    names: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Phrase, ...]:
    """Return the phrases that `find` could find among these tokens, or any part of them, at all."""
    texts = frozenset(t.text for t in tokens)
    return tuple(p for p in phrases if _worth_trying(p, texts, floor, names or {}))


def _worth_trying(
    phrase: Phrase, texts: frozenset[str], floor: float, names: Mapping[str, Sequence[str]]
) -> bool:
    """Whether the phrase could reach `floor` if order did not matter: most cannot, and this is cheap."""
    lost = 0.0
    allowed = phrase.weight * (1 - floor) + 1e-9
    for slot in phrase.telling:
        if slot.name:
            if not names.get(slot.name):
                return False
        elif slot.words.isdisjoint(texts):
            if slot.required:
                return False
            lost += slot.weight * (1 - _likest(slot.words, texts))
            if lost > allowed:
                return False
    return True


@lru_cache(maxsize=20_000)
def _likest(words: frozenset[str], texts: frozenset[str]) -> float:
    """How alike the likest of some heard words is to one of a slot's: phrases share many slots."""
    return max((_slot_like(words, text) for text in texts), default=0.0)


_Found = tuple[float, tuple[tuple[int, int, int], ...]]
"""What an alignment gains, and its places: first token, tokens taken, which slot."""


class _Alignment:
    """The best in-order alignment of a phrase with tokens from `low` on."""

    def __init__(
        self, phrase: Phrase, tokens: Sequence[Token], low: int, names: Mapping[str, Sequence[str]]
    ) -> None:
        self._phrase = phrase
        self._tokens = tokens
        self._low = low
        self._names = names
        self._spoken = spoken_words(tokens) if any(s.name for s in phrase.slots) else ()
        self._memo: dict[tuple[int, int], _Found] = {}

    def best(self) -> Match | None:
        """Return the best alignment that begins anywhere from `low` on.

        Of equals it is the earliest, or one that begins inside it: "I don't, I am on the clock" says "I am".
        """
        found: _Found = (0.0, ())
        for start in self._starts():
            for slot in range(len(self._phrase.slots)):
                gained, taken = self._place(slot, start)
                if taken:
                    rest, more = self._from(slot + 1, start + taken)
                    ahead = gained + rest - found[0]
                    if ahead > 1e-9 or (ahead > -1e-9 and found[1] and start <= found[1][-1][0]):
                        found = (gained + rest, ((start, taken, slot), *more))
                if not self._skippable(slot):
                    break
        total, places = found
        if not places:
            return None
        matched = tuple(i for start, taken, _ in places for i in range(start, start + taken))
        score = min(1.0, total / self._phrase.weight)
        return Match(self._phrase, score, matched[0], matched[-1], matched, self._confidence(places))

    def _confidence(self, places: Iterable[tuple[int, int, int]]) -> float:
        """Return the mean confidence of the words that tell: heavy ones, else any; not those of a name.

        A recogniser that does not expect a name is seldom sure of what it writes instead, and the sound that
        makes it the name says more.
        """
        words = [(at, slot) for at, _, slot in places if not self._phrase.slots[slot].name]
        heavy = [at for at, slot in words if self._phrase.slots[slot].weight == 1.0]
        sure = [self._tokens[at].word.confidence for at in heavy or (at for at, _ in words)]
        return sum(sure) / len(sure) if sure else 1.0

    def _starts(self) -> Iterator[int]:
        """Where the phrase may begin: anywhere, or at the head of the utterance judged.

        One short word may stand there: a "yes" that was heard as "if" or "yet".
        """
        greeted, spared = True, False
        for at in range(self._low, len(self._tokens)):
            if not self._phrase.opens:
                yield at
            elif self._tokens[at].new and greeted:
                yield at
                text = self._tokens[at].text
                if text not in GREETINGS:
                    greeted, spared = not spared and len(text) <= _SHORT, True

    def _skippable(self, slot: int) -> bool:
        """Whether the phrase may begin after this slot: everyday words and heads of long phrases get lost."""
        s: Slot = self._phrase.slots[slot]
        return not s.required and (s.optional or s.weight < 1.0 or len(self._phrase.slots) > 3)

    def _place(self, slot: int, at: int) -> tuple[float, int]:
        """What slot `slot` gains with the token(s) at `at`, and how many it takes."""
        s: Slot = self._phrase.slots[slot]
        if s.name:
            # A name close enough is the name: recognisers have no spelling for most.
            taken = name_at(self._names.get(s.name, ()), self._tokens, self._spoken, at, faint=s.faint)
            return (s.weight, taken) if taken else (0.0, 0)
        text = self._tokens[at].text
        like = float(text in s.words) if s.required else _slot_like(s.words, text)
        gained = 0.0 if s.optional else s.weight * like
        return (gained, 1) if like > 0 else (0.0, 0)

    def _from(self, slot: int, at: int) -> _Found:
        slots = self._phrase.slots
        if slot == len(slots):
            return 0.0, ()
        if at >= len(self._tokens):
            return (-_MISSED, ()) if any(s.required for s in slots[slot:]) else (0.0, ())
        known = self._memo.get((slot, at))
        if known is not None:
            return known
        best: _Found = (-_MISSED, ()) if slots[slot].required else self._from(slot + 1, at)
        gap = slots[slot].gap
        for skip in range(min(gap, len(self._tokens) - 1 - at) + 1):
            gained, taken = self._place(slot, at + skip)
            if taken:
                rest, more = self._from(slot + 1, at + skip + taken)
                if gained + rest > best[0] + 1e-9:
                    best = (gained + rest, ((at + skip, taken, slot), *more))
        self._memo[(slot, at)] = best
        return best
