"""Plain statements worth a line in the note: who was reached, what is disputed, what was agreed to.

The phrases stand in said.toml, in the rules' own small language, and are matched as the rules are: by sound
and spelling, in order, with denials seen.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from importlib.resources import files

from compliance.checks.denial import negated, quoted
from compliance.checks.match import Match, Token, find
from compliance.checks.phrase import Phrase, parse_phrase
from compliance.transcription.words import Leg

FLOOR = 0.82
"""A phrase met to this share was said."""
_DENIES = frozenset({"not", "never", "no", "nobody", "none"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that may be said, in its phrasings."""

    value: str
    """What it comes to, such as ``wrong-number``, ``price`` or ``medium:text``."""
    leg: Leg
    phrases: tuple[Phrase, ...]


@cache
def statements() -> Mapping[str, tuple[Statement, ...]]:
    """Return the packaged statements by table: reached, dispute, consent, asked."""
    raw = tomllib.loads(files("compliance.checks").joinpath("said.toml").read_text(encoding="utf-8"))
    return {
        table: tuple(
            Statement(
                row.get("reason", name),
                Leg(row["leg"]),
                tuple(parse_phrase(text, ("party",), everyday=True) for text in row["phrases"]),
            )
            for name, row in rows.items()
        )
        for table, rows in raw.items()
    }


def hear(
    table: str, leg: Leg, tokens: Sequence[Token], names: Mapping[str, Sequence[str]]
) -> tuple[str, Match] | None:
    """Return the first statement of a table that these words make, with where; None where none."""
    for statement in statements()[table]:
        if statement.leg is not leg:
            continue
        best: Match | None = None
        for phrase in statement.phrases:
            denies = any(_DENIES & slot.words for slot in phrase.slots)
            for match in find(phrase, tokens, FLOOR, names):
                if (not denies and _denied(match, tokens)) or quoted(match, tokens):
                    continue
                if best is None or match.score > best.score:
                    best = match
        if best is not None:
            return statement.value, best
    return None


def _denied(match: Match, tokens: Sequence[Token]) -> bool:
    """Whether a phrase is denied; a "no" that opens the utterance answers what was asked before."""
    if match.first and tokens[0].text == "no":
        earlier = replace(
            match, first=match.first - 1, last=match.last - 1, matched=tuple(i - 1 for i in match.matched)
        )
        return negated(earlier, tokens[1:])
    return negated(match, tokens)


class Reply(Enum):
    """What an answer comes to."""

    YES = "yes"
    NO = "no"


_LEADS = r"^(?:(?:well|uh|um|oh|so|look|listen|sorry|hold on|wait|honestly|i am afraid) )*"
_NO = re.compile(
    _LEADS + r"(?:no|nope|nah|never)\b(?! (?:problem|worries|trouble|doubt|that is (?:fine|okay|right)))"
)
_NOT = re.compile(r"\b(?:not|never|unable)\b(?! (?:a )?(?:problem|issue))")
_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|sure|okay|ok|correct|right|exactly|absolutely|definitely|agreed|deal|fine|"
    r"perfect|certainly|of course|can do that|will do|that works|should work|sounds good|go ahead|do that|"
    r"you got it|uh huh|all right|alright|no problem)\b"
)
_WITHIN = 8
"""Words of an answer in which yes or no is looked for."""


def reply_of(words: Sequence[str]) -> Reply | None:
    """Return whether an utterance says yes or no to what was asked before; None where it does neither."""
    text = " ".join(words[:_WITHIN])
    if _NO.search(text) or _NOT.search(text):
        return Reply.NO
    return Reply.YES if _YES.search(text) else None
