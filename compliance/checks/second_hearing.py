"""How far a second listening is believed, which chooses between few phrases (transcription/second.py).

It makes a rule's phrase of whatever sounds a little like one, so that what it heard is proposed and never
certain, and not even that where the first listening heard well what is quite unlike the rule. Measured on
labelled calls: docs/labelled-calls.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compliance.checks.likeness import Stretch
from compliance.checks.match import Match, Token
from compliance.checks.rules import Rule
from compliance.checks.wordlist import word_set
from compliance.transcription.words import Utterance, Word

CONFIDENCE = 0.6
"""Mean confidence from which it is believed enough to propose something."""
SURE_REPLY = 0.9
"""Confidence of each word from which its yes or no is taken."""
LETTERS = 8
"""Letters that a word must have to propose something alone."""
MISHEARD = 2.0
"""Log odds under a rule's support at which what the first listening heard says that the second misheard."""
TRUSTED_WORDS = 4
"""Words of which the first listening must consist to say so."""
HEARD_AGAIN = "heard so by a second listening, which may choose between few phrases only: listen to it"
_DIGITS = word_set("zero oh one two three four five six seven eight nine")
_DIGITS_IN_A_ROW = 3


def usable(second: Sequence[Word]) -> bool:
    """Whether to look at it: never at digits read out, which may be a card's."""
    return bool(second) and sum(w.text in _DIGITS for w in second) < _DIGITS_IN_A_ROW


def of_second(utterance: Utterance) -> Utterance:
    """Return an utterance as the second listening heard it."""
    return replace(utterance, words=utterance.second, start=utterance.second[0].start)


def contradicted(rule: Rule, first: Sequence[Stretch]) -> bool:
    """Whether what the first listening heard is so unlike a rule that the second has misheard it."""
    return (
        rule.by_example is not None
        and rule.by_example.support is not None
        and any(s.last - s.first >= TRUSTED_WORDS for s in first)
        and max(s.odds[rule.id] for s in first) < rule.by_example.support - MISHEARD
    )


def proposes(rule: Rule, match: Match, tokens: Sequence[Token]) -> bool:
    """Whether its words are enough to propose something: one short word is not."""
    letters = sum(len(tokens[i].text) for i in match.matched)
    return (
        match.score >= rule.score
        and match.confidence >= CONFIDENCE
        and (len(match.matched) > 1 or letters >= LETTERS)
    )
