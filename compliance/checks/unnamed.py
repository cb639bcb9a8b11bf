"""A collector's words with the names of the call taken out: they say nothing about what is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from compliance.checks.by_example import SOMEONE
from compliance.checks.match import Token, like_name_at, spoken_words
from compliance.checks.wordlist import word_set

_SURNAME_WORDS = 2
"""Words that a surname is misheard as, at most: "hell watson" for Halvorsen."""
_BEFORE_THE_PARTY = word_set(
    "to with for is of this that you are be get got have reach reaches reached find after need through hi "
    "hello morning afternoon evening around and whether ask tell"
)
"""Words that may stand before the name of whom a collector asks for or greets."""
_NO_NAME = word_set("a an your his her their our my any some no")
"""No name begins with these: "a delinquent account" is not Delmarva Account Services."""
_NO_NAME_AFTER = _NO_NAME | {"the"}
_AFTER_A_NAME = word_set(
    "with from here over at calling speaking and i on this is it for in of the a we you to my your are am"
)


Spans = Sequence[tuple[float, float]]
"""Where names are said, in seconds from and to."""


def without_names(
    tokens: Sequence[Token], names: Mapping[str, Sequence[str]], named: Sequence[Spans] = ()
) -> list[Token]:
    """Return a collector's tokens with those that are a name of the call as somebody's.

    Names are seldom written as they are, and nobody swears, threatens or owes in them: "hell watson" is a
    surname, "damn wreck ridge" a firm, "owe to spare child" Otis Fairchild. `names`: of the call, as
    checks/names.py gives them; `named`: what `names_said` found, since what is a name in most readings of
    the same sound is one in all. What follows the collector's own first name is his surname, even where it
    sounds otherwise.
    """
    hidden = _name_places(tokens, names)
    for n, token in enumerate(tokens):
        middle = (token.word.start + token.word.end) / 2
        if sum(any(start <= middle < end for start, end in spans) for spans in named) > len(named) / 2:
            hidden.add(n)
    return [replace(t, text=SOMEONE) if n in hidden else t for n, t in enumerate(tokens)]


def names_said(readings: Iterable[Sequence[Token]], names: Mapping[str, Sequence[str]]) -> list[Spans]:
    """Return where each reading of a collector's utterance has a name of the call."""
    return [
        [(tried[n].word.start, tried[n].word.end) for n in _name_places(tried, names)] for tried in readings
    ]


def _name_places(tokens: Sequence[Token], names: Mapping[str, Sequence[str]]) -> set[int]:
    collector, spoken = names.get("collector", ()), spoken_words(tokens)
    places = _likest((*collector[:1], *names.get("company", ())), tokens, spoken)
    places |= _likest(names.get("party", ())[:1], tokens, spoken, _BEFORE_THE_PARTY)
    for at, token in enumerate(tokens):
        if at not in places and token.text in collector[1:-1]:
            for n in range(at + 1, min(len(tokens), at + 1 + _SURNAME_WORDS)):
                if tokens[n].text in _AFTER_A_NAME:
                    break
                places.add(n)
    return places


def _likest(
    forms: Sequence[str], tokens: Sequence[Token], spoken: Sequence[str], before: frozenset[str] = frozenset()
) -> set[int]:
    """Return which tokens are a name; with `before`, only after one of these or first, and tight.

    "With denise aka for" is like Denise Okafor too, and less so than without its first word.
    """

    def like(at: int) -> tuple[int, float]:
        ahead = tokens[at - 1].text if at else ""
        unlikely = before and ahead and ahead not in before
        if unlikely or ahead in _NO_NAME_AFTER or tokens[at].text in _NO_NAME:
            return 0, 0.0
        return like_name_at(forms, tokens, spoken, at)

    places: set[int] = set()
    at = 0
    while at < len(tokens):
        if not (taken := like(at)[0]):
            at += 1
            continue
        first = max(range(at, at + taken), key=lambda n: like(n)[1])
        end = first + like(first)[0]
        places.update(range(first if before else at, end))
        at = end
    return places
