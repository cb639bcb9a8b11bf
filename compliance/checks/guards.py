"""What silences a phrase that was found: the words around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from compliance.checks.by_example import SOMEONE
from compliance.checks.denial import negated, quoted
from compliance.checks.match import Match, Token, name_at, near, spoken_words
from compliance.checks.rules import Rule
from compliance.checks.wordlist import word_set

_SURNAME_WORDS = 2
"""Words that a surname is misheard as, at most: "hell watson" for Halvorsen."""
_AFTER_A_NAME = word_set(
    "with from here over at calling speaking and i on this is it for in of the a we you to my your are am"
)


def silenced(rule: Rule, match: Match, tokens: Sequence[Token]) -> str:
    """Return why a match does not count, in one line; empty where it counts."""
    if why := disowned(rule, match, tokens):
        return why
    if rule.near and not near(match, tokens, rule.near):
        return f"none of {', '.join(sorted(rule.near))} is near"
    if rule.not_near and near(match, tokens, rule.not_near):
        return "it is about something else"
    return ""


def disowned(rule: Rule, match: Match, tokens: Sequence[Token]) -> str:
    """Return whether a match is denied or somebody else's words, and which, in one line; empty if neither."""
    if rule.negation and negated(match, tokens):
        return "denied in the same clause"
    if rule.quotation and quoted(match, tokens):
        return "somebody else's words, reported or asked about"
    return ""


def without_own_names(tokens: Sequence[Token], names: Mapping[str, Sequence[str]]) -> list[Token]:
    """Return a collector's tokens with those that are his name, or his company's, as somebody's.

    Names are seldom written as they are, and nobody swears or threatens in them: "hell watson" is a surname,
    "damn wreck ridge" a firm. `names`: of the call, as checks/names.py gives them. What follows his
    own first name is his surname, even where it sounds otherwise.
    """
    out = list(tokens)
    collector = names.get("collector", ())
    own = (*collector[:1], *names.get("company", ()))
    spoken = spoken_words(tokens)
    at = 0
    while at < len(tokens):
        taken = name_at(own, tokens, spoken, at)
        for n in range(at, at + taken):
            out[n] = replace(out[n], text=SOMEONE)
        if not taken and tokens[at].text in collector[1:-1]:
            for n in range(at + 1, min(len(out), at + 1 + _SURNAME_WORDS)):
                if out[n].text in _AFTER_A_NAME:
                    break
                out[n] = replace(out[n], text=SOMEONE)
        at += max(1, taken)
    return out
