"""How a name of the call may be spoken, and whether that was heard: by its sound, few are spelt right."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from compliance.checks.sounds import SILENCE, Sound, like, sound_of
from compliance.checks.wordlist import word_set

_NEEDED = ((2, 0.91), (4, 0.8), (6, 0.76), (8, 0.68), (10, 0.62))
"""How alike heard words must be to a name of so many sounds; between these in proportion. One stretch in a
hundred, and in three hundred for a short name, is then taken for a name that it is not
(docs/hearing-options.md)."""
_FAINTER = 0.07
"""How much less will do for a name marked ``~``, where the words around say that a name must stand there:
one stretch in twenty would be taken."""
NAME_WORDS = 10
"""Heard words among which a name may stand."""
_LEAST_LETTERS = 3
_LENGTHS = 0.6, 1.5
"""Sounds of what may be a name, for each of the name's."""

_SUFFIXES = word_set(
    "inc incorporated llc llp ltd limited co corp corporation company plc gmbh ag sa bv pty lp"
)
_TITLES = word_set("mr mrs ms miss dr mx")


def spoken_forms(name: str, *, person: bool) -> tuple[str, ...]:
    """Return the forms a name is said in: ``Jordan Reyes`` gives jordan reyes, jordan, reyes.

    Business suffixes and titles are left out. A person's first and last name count alone; of a business name
    of three words or more its first two do ("Harlow Tool" for Harlow Tool & Die LLC). Forms under three
    letters are dropped.
    """
    spelt = name.lower().replace("&", " and ").replace("\u2019", "").replace("'", "")
    words = [w for w in re.findall(r"[^\W\d_]+", spelt) if w not in _SUFFIXES and w not in _TITLES]
    forms = [" ".join(words)]
    if person and len(words) > 1:
        forms += [words[0], words[-1]]
    if not person and len(words) > 2:
        forms.append(" ".join(words[:2]))
    return tuple(dict.fromkeys(f for f in forms if len(f.replace(" ", "")) >= _LEAST_LETTERS))


def names_of_call(*, party: str, collector: str, company: str) -> Mapping[str, Sequence[str]]:
    """Return what phrases may name in braces, each with its spoken forms."""
    return {
        "party": spoken_forms(party, person=True),
        "collector": spoken_forms(collector, person=True),
        "company": spoken_forms(company, person=False),
    }


def head_is_name(forms: tuple[str, ...], heard: tuple[str, ...], faint: bool = False) -> int:
    """Return how many of the heard words, from the first on, are a name in one of its forms; 0 if none are.

    A heard word may be empty, where the one before it counts for both.
    """
    return head_like_name(forms, heard, faint)[0]


@lru_cache(maxsize=50_000)
def head_like_name(forms: tuple[str, ...], heard: tuple[str, ...], faint: bool = False) -> tuple[int, float]:
    """Return what `head_is_name` does, and how much more like the name these words are than need be."""
    wanted = [(sound, _needed(sound)) for sound in map(sound_of, forms)]
    longest = max((len(sound.classes) for sound, _ in wanted), default=0) * _LENGTHS[1]
    best, taken, said = 0.0, 0, SILENCE
    for n, word in enumerate(heard, start=1):
        said += sound_of(word.lower())
        length = len(said.classes)
        if length > longest:
            break
        for sound, needed in wanted:
            if _LENGTHS[0] <= length / max(1, len(sound.classes)) <= _LENGTHS[1]:
                ahead = like(sound, said) - needed + (_FAINTER if faint else 0.0)
                if ahead >= best and (ahead > best or not taken):
                    best, taken = ahead, n
    return taken, best


@lru_cache(maxsize=10_000)
def _needed(name: Sound) -> float:
    lengths, needed = zip(*_NEEDED, strict=True)
    return float(np.interp(len(name.classes), lengths, needed))
