"""What words are worth that a phrase or an example found: a finding, certain or in doubt, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from compliance.checks.finding import Finding, Heard
from compliance.checks.likeness import Alike, Stretch, unsupported
from compliance.checks.match import Match, Token, words_of
from compliance.checks.rules import Rule
from compliance.transcription.words import Word

SURE_WORDS = 0.75
"""Mean confidence of the words under which a likeness is a doubt."""

PLAIN = 2.5
"""Log odds over the certain ones from which a likeness is plain, whatever is said around it."""
UNLIKE = "what is said around these words is unlike any instance of the rule"


def of_phrase(
    rule: Rule, match: Match, tokens: Sequence[Token], stretches: Sequence[Stretch] = ()
) -> Finding:
    """Return the finding of a phrase's words; `stretches`: what is said, held against the examples."""
    words = words_of(tokens[match.first : match.last + 1])
    reason = doubt_of_phrase(rule, match, stretches)
    hold = rule.hold if match.score >= rule.score else None
    return replace(_made(rule, words, match.score, match.confidence, reason), hold=hold)


def doubt_of_phrase(rule: Rule, match: Match, stretches: Sequence[Stretch]) -> str:
    """Return why a phrase's words are in doubt, in one line; empty where they are certain."""
    if match.score < rule.score:
        return f"the words are only {match.score:.0%} like {match.phrase.text!r}"
    if match.confidence < rule.confidence:
        return f"the recogniser gives these words {match.confidence:.2f} confidence"
    return UNLIKE if unsupported(rule, stretches, match) else ""


def of_likeness(rule: Rule, alike: Alike, tokens: Sequence[Token]) -> Finding:
    """Return the finding of words that are like a rule's examples."""
    words = words_of(tokens[alike.first : alike.last])
    return _made(rule, words, alike.likely, confidence_of(words), doubt_of_likeness(rule, alike, words))


def doubt_of_likeness(rule: Rule, alike: Alike, words: Sequence[Word]) -> str:
    """Return why words like a rule's examples are in doubt, in one line; empty where they are certain."""
    assert rule.by_example is not None
    certain, beside = rule.by_example.certain, rule.by_example.beside
    if alike.odds < certain:
        return "no phrase of the rule, but like sentences that were instances of it: listen to it"
    if beside is not None and alike.beside < beside and alike.odds < certain + PLAIN:
        return "like sentences that were instances of it only where the words around are left out"
    if (sure := confidence_of(words)) < SURE_WORDS:
        return f"the recogniser gives these words {sure:.2f} confidence"
    return ""


def confidence_of(words: Sequence[Word]) -> float:
    """Return the engine's mean confidence over some words, at least one."""
    return math.fsum(w.confidence for w in words) / len(words)


def _made(rule: Rule, words: tuple[Word, ...], likeness: float, sure: float, reason: str) -> Finding:
    return Finding(
        rule_id=rule.id,
        rule_version=rule.version,
        kind=rule.kind,
        title=rule.title,
        severity=rule.severity,
        citation=rule.citation,
        leg=rule.leg,
        verdict=Heard.INCONCLUSIVE if reason else Heard.HEARD,
        start=words[0].start,
        end=words[-1].end,
        confidence=round(likeness * sure, 3),
        words=words,
        reason=reason,
        hold=rule.hold,
        advice=rule.advice,
    )
