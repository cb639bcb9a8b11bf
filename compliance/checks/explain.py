"""Why a rule speaks, or keeps silent: every place of a transcript that is at all like its phrases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from compliance.checks.finding import FindingKind
from compliance.checks.guards import silenced
from compliance.checks.likeness import Alike, Likeness, Stretch, unsupported
from compliance.checks.live import Context
from compliance.checks.match import Match, Token, find, words_of
from compliance.checks.other_readings import believed
from compliance.checks.phrase import Phrase
from compliance.checks.rules import Rule
from compliance.checks.unnamed import names_said, without_names
from compliance.checks.verdict import UNLIKE, confidence_of, doubt_of_likeness, doubt_of_phrase
from compliance.transcription.words import Leg, Utterance, Word

EXAMPLES = "its examples"
"""In place of a phrase: the sentences that a rule learned from."""
LIKE_SCORE = 0.6
"""Scores under this are noise to a rule's author."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that is like a phrase."""

    phrase: str
    leg: Leg
    words: tuple[Word, ...]
    score: float
    confidence: float
    silenced: str
    """Why it does not count, in one line; empty where it does."""

    @property
    def start(self) -> float:
        """Second of the first word."""
        return self.words[0].start


def explain(rule: Rule, heard: Iterable[Utterance], names: Mapping[str, Sequence[str]]) -> list[Hit]:
    """Return the places of a transcript that are like the rule's phrases, in order; of equal words the best.

    Where the rule learns by example, the likest words of each utterance come after its phrases' places.

    The answer's phrases of a question are looked for on the answer's leg.
    """
    groups: list[tuple[Leg, Sequence[Phrase]]] = [(rule.leg, [p for e in rule.elements for p in e])]
    if rule.answer is not None:
        answer = rule.answer
        groups.append((answer.leg, [*answer.phrases, *answer.alone, *answer.refusals]))
    context = Context()
    likeness = Likeness(*names.get("party", ()), *names.get("collector", ())) if rule.by_example else None
    hits: list[Hit] = []
    for utterance in sorted((u for u in heard if u.final and u.words), key=lambda u: u.end):
        tokens = context.tokens(utterance)
        if utterance.leg is Leg.AGENT and rule.kind is not FindingKind.DISCLOSURE:
            tokens = without_names(tokens, names, names_said(believed(utterance.readings), names))
        judging = likeness if utterance.leg is rule.leg else None
        stretches = judging.stretches(rule.leg, tokens) if judging is not None else []
        for leg, phrases in groups:
            if leg is utterance.leg:
                hits += _best(rule, phrases, tokens, names, leg, stretches)
        if judging is not None:
            hits += _by_example(rule, judging, stretches, tokens, names)
    return hits


def _by_example(
    rule: Rule,
    likeness: Likeness,
    stretches: Sequence[Stretch],
    tokens: Sequence[Token],
    names: Mapping[str, Sequence[str]],
) -> list[Hit]:
    """Return the words of an utterance that are most like the rule's examples, where any are."""
    if rule.kind is FindingKind.DISCLOSURE:
        found = [a for a in likeness.stated([rule], rule.leg, stretches, tokens)[rule.id] if a is not None]
        return [_alike(rule, a, tokens) for a in found]
    matches = [m for p in rule.elements[0] for m in find(p, tokens, min(rule.score, rule.floor), names)]
    alike = likeness.best(rule, stretches, tokens, matches)
    return [] if alike is None else [_alike(rule, alike, tokens)]


def _alike(rule: Rule, alike: Alike, tokens: Sequence[Token]) -> Hit:
    words = words_of(tokens[alike.first : alike.last])
    why = alike.silenced or _in_doubt(doubt_of_likeness(rule, alike, words))
    return Hit(EXAMPLES, rule.leg, words, round(alike.likely, 3), round(confidence_of(words), 3), why)


def _in_doubt(why: str) -> str:
    return why and f"inconclusive: {why}"


def _best(
    rule: Rule,
    phrases: Sequence[Phrase],
    tokens: Sequence[Token],
    names: Mapping[str, Sequence[str]],
    leg: Leg,
    stretches: Sequence[Stretch],
) -> list[Hit]:
    found: list[tuple[Match, Hit]] = []
    for phrase in phrases:
        matches = find(phrase, tokens, min(LIKE_SCORE, rule.score), names)
        found += [(m, _hit(rule, m, tokens, leg, stretches)) for m in matches if tokens[m.last].new]
    found.sort(key=lambda f: (bool(f[1].silenced), -f[0].score))
    kept: list[tuple[Match, Hit]] = []
    for match, hit in found:
        if not any(match.first <= other.last and other.first <= match.last for other, _ in kept):
            kept.append((match, hit))
    return [hit for _, hit in sorted(kept, key=lambda f: f[0].first)]


def _hit(rule: Rule, match: Match, tokens: Sequence[Token], leg: Leg, stretches: Sequence[Stretch]) -> Hit:
    why = silenced(rule, match, tokens)
    if not why and match.score < rule.score:
        why = f"its score is under {rule.score:.2f}"
    if not why and rule.kind is FindingKind.CUE and unsupported(rule, stretches, match):
        why = UNLIKE
    why = why or _in_doubt(doubt_of_phrase(rule, match, stretches))
    words = words_of(tokens[match.first : match.last + 1])
    return Hit(match.phrase.text, leg, words, round(match.score, 3), round(match.confidence, 3), why)
