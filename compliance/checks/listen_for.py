"""What a second listening to the debtor's leg listens for: the rules' own phrases, among everyday talk."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import product

from compliance.checks.phrase import Phrase
from compliance.checks.rules import SpeechRules
from compliance.transcription.words import Leg


def phrases_to_listen_for(rules: SpeechRules) -> Mapping[Leg, tuple[str, ...]]:
    """Return what to bind a second recogniser to, by leg: the debtor's, whose telephone costs most words.

    Names are left out: those of a call are added for it (`introductions`). ``everyday.txt`` holds what people
    say otherwise, so that not everything is taken for a stop word. Excuses are not among it: their 500
    phrases found no more of them, and cost a stop word (docs/hearing-options.md).
    """
    ways = dict.fromkeys(_spoken_ways(_places(p) for p in _phrases(rules) if not p.named))
    talk = files("compliance.checks").joinpath("everyday.txt").read_text(encoding="utf-8")
    everyday = [line.strip() for line in talk.splitlines() if line.strip() and not line.startswith("#")]
    return {Leg.DEBTOR: tuple(dict.fromkeys([*ways, *everyday]))}


def introductions(party: str) -> tuple[str, ...]:
    """Return how the party may say who they are, for a second listening to this one call.

    First and last name, each alone; a name that the recogniser's dictionary has not is not listened for.
    """
    words = [word.lower() for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", party)]
    names = dict.fromkeys(word for word in (*words[:1], *words[-1:]) if len(word) > 2)
    return tuple(way.format(name) for name in names for way in _INTRODUCTIONS)


def _phrases(rules: SpeechRules) -> Iterator[Phrase]:
    for rule in rules.rules:
        if rule.leg is Leg.DEBTOR:
            for element in rule.elements:
                yield from element
        if rule.answer is not None and rule.answer.leg is Leg.DEBTOR:
            yield from (*rule.answer.phrases, *rule.answer.alone, *rule.answer.refusals)


def _places(phrase: Phrase) -> list[frozenset[str]]:
    return [slot.words for slot in phrase.slots if not slot.optional]


def _spoken_ways(alternatives: Iterable[Sequence[Iterable[str]]], limit: int = 24) -> Iterator[str]:
    """Write phrases out, each a row of places with the words that may stand there; `limit` ways a phrase.

    Each way is given as written, and contracted as people say it ("do not" and "don't").
    """
    for places in alternatives:
        for n, way in enumerate(product(*(sorted(p) for p in places))):
            if n >= limit:
                break
            text = " ".join(way)
            yield text
            for long, short in _CONTRACTED:
                if f" {long} " in f" {text} ":
                    yield f" {text} ".replace(f" {long} ", f" {short} ").strip()


_INTRODUCTIONS = (
    *("{}", "this is {}", "{} speaking", "this is {} speaking", "{} here", "i'm {}", "yes this is {}"),
    *("hello this is {}", "you've reached {}", "talking to {}", "accounting {} speaking", "it's {}"),
)
_CONTRACTED = (
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("did not", "didn't"),
    ("can not", "can't"),
    ("could not", "couldn't"),
    ("is not", "isn't"),
    ("i am", "i'm"),
    ("i have", "i've"),
    ("that is", "that's"),
    ("it is", "it's"),
)
