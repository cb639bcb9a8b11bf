"""How words sound, so that a name is known by its sound: "have worsened" is Halvorsen, however it is spelt.

A recogniser that does not expect a name writes words that sound like it. Pronunciations are those of the
data package gruut-lang-en (MIT): a dictionary of 124,000 American English words made from CMUdict, and a
conditional random field that guesses the rest, names mostly, from their letters; it was trained by gruut
(rhasspy, gruut/g2p.py), whose features `_features` repeats. Two sounds are alike by their phones, and by
classes of phones that a recogniser confuses: p and b, any vowel and any other. Of 405 firms' names and 373
people's as heard on the wide-band leg this finds 97 of 100 where one stretch in a hundred is taken wrongly;
likeness of letters found 93 and 79 (docs/hearing-options.md).
"""

from __future__ import annotations

import sqlite3
import threading
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import as_file, files

from pycrfsuite import Tagger
from rapidfuzz import fuzz

_DATA = "gruut_lang_en"
_STRESS = "ˈˌ"
_EXACT, _CLASSED = 0.4, 0.6
"""What the phones themselves count for, and their classes."""
_CLASSES: Mapping[str, str] = {
    phone: letter
    for letter, phones in {
        "P": "p b",
        "T": "t d ɾ",
        "K": "k ɡ",
        "F": "f v θ ð",
        "S": "s z ʃ ʒ t͡ʃ d͡ʒ",
        "N": "m n ŋ",
        "L": "l",
        "R": "ɹ ɚ",
        "W": "w",
        "": "j h",
        "A": "i ɪ eɪ ɛ æ ɑ ʌ ə ɔ aɪ aʊ u ʊ oʊ ɔɪ",
    }.items()
    for phone in phones.split()
}
_CHARACTERS: Mapping[str, str] = {phone: chr(ord("A") + n) for n, phone in enumerate(_CLASSES)}
_VOWELS = frozenset("aeiouy")
_AROUND = 3
"""Letters on either side that a guess looks at."""
_SILENT = "_"
_one_at_a_time = threading.Lock()
"""Held while the guesser guesses: it serves one thread."""


@dataclass(frozen=True, slots=True)
class Sound:
    """How some words sound."""

    phones: str
    """A character a phone."""
    classes: str
    """A character for the class of each; "h" and "y" have none, since they get lost."""

    def __add__(self, other: Sound) -> Sound:
        return Sound(self.phones + other.phones, self.classes + other.classes)


SILENCE = Sound("", "")


def like(one: Sound, other: Sound) -> float:
    """Return how alike two sounds are, 0 to 1."""
    exact, classed = fuzz.ratio(one.phones, other.phones), fuzz.ratio(one.classes, other.classes)
    return (_EXACT * exact + _CLASSED * classed) / 100


@lru_cache(maxsize=100_000)
def sound_of(words: str) -> Sound:
    """Return how words, in lower case and with spaces between, sound said in one breath."""
    total = SILENCE
    for word in words.split():
        total += _sound(word)
    return total


def load_sounds() -> None:
    """Read the pronunciations now, which takes 0.3 s, and not when the first name is looked for."""
    _dictionary()
    _guesser()


def _sound(word: str) -> Sound:
    known = _dictionary().get(word)
    letters = unicodedata.normalize("NFKD", word)
    phones = known.split() if known else _guessed("".join(c for c in letters if c.isascii() and c.isalpha()))
    plain = [p for phone in phones if (p := phone.strip(_STRESS)) in _CLASSES]
    return Sound("".join(_CHARACTERS[p] for p in plain), "".join(_CLASSES[p] for p in plain))


@cache
def _dictionary() -> Mapping[str, str]:
    """Return the phones of each word of the dictionary, as it is said first: 0.2 s to read, once."""
    with (
        as_file(files(_DATA) / "lexicon.db") as path,
        closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as lexicon,
    ):
        rows = lexicon.execute("SELECT word, phonemes FROM word_phonemes WHERE pron_order = 0")
        return dict(rows)


def _guessed(word: str) -> Iterator[str]:
    """Yield the phones that a word's letters make likely; a word without a vowel is spelt."""
    if _VOWELS.isdisjoint(word):
        for letter in word:
            yield from _dictionary().get(letter, "").split()
        return
    with _one_at_a_time:
        guessed = _guesser().tag([dict(_features(word, at)) for at in range(len(word))])
    for coded in guessed:
        yield from (phone for phone in b64decode(coded).decode().split("|") if phone != _SILENT)


@cache
def _guesser() -> Tagger:
    tagger = Tagger()
    with as_file(files(_DATA) / "g2p" / "model.crf") as path:
        tagger.open(str(path))
    return tagger


def _features(word: str, at: int) -> Iterator[tuple[str, str | float | bool]]:
    yield "bias", 1.0
    yield "grapheme", _coded(word[at])
    for n in range(1, _AROUND + 1):
        if at >= n:
            yield f"grapheme-{n}", _coded(word[at - n])
        if at < len(word) - n:
            yield f"grapheme+{n}", _coded(word[at + n])
    if at == 0:
        yield "begin", True
    if at == len(word) - 1:
        yield "end", True


def _coded(letter: str) -> str:
    return b64encode(letter.encode()).decode("ascii")
