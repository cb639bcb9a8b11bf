"""Findings that stand unless the other side said who they are: a debt named before that is known.

The answer may still be on its way from the recogniser, or was said and not made out, or what they say next
shows that somebody else was told. So such a finding waits, is certain or in doubt by what was heard of the
other side till then, and one in doubt is looked at again while they go on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from compliance.checks.disclosure import AFTERWARDS_SECONDS, SETTLE_SECONDS, Disclosure
from compliance.checks.finding import Finding, Heard
from compliance.checks.match import GREETINGS, find, tokens_of, words_of
from compliance.checks.phrase import Phrase
from compliance.checks.quality import Span
from compliance.checks.rules import Answer
from compliance.transcription.words import Leg, Utterance, Word

INTRODUCTION_SECONDS = 1.0
"""Speech before we speak, no greeting and as long as this: they may have said their name."""
NOTICE_SECONDS = 10.0
"""How far from a mention of the debt the notice may lie that it is a part of."""
ASKED_SCORE = 0.95
"""How like words must be that ask back."""
YES_SECONDS = 0.5
"""Speech beside a question that is less than this was no answer."""


@dataclass(slots=True)
class LegWords:
    """What was heard on one leg so far."""

    utterances: list[Utterance] = field(default_factory=list)
    gaps: list[tuple[float, float | None]] = field(default_factory=list)
    voiced: Sequence[Span] | None = None
    """When somebody spoke, in seconds; None where that was not measured on the sound."""

    def voiced_seconds(self, start: float, end: float) -> float | None:
        """Return how long somebody spoke between two seconds; None where that was not measured."""
        if self.voiced is None:
            return None
        return sum(max(0.0, min(last, end) - max(first, start)) for first, last in self.voiced)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A finding that stands unless a disclosure, perhaps not yet recognised, came before its words."""

    finding: Finding
    unless: Disclosure


class WaitingFindings:
    """The findings of one call that wait."""

    def __init__(
        self,
        legs: Mapping[Leg, LegWords],
        disclosures: Collection[Disclosure],
        names: Mapping[str, Sequence[str]],
    ) -> None:
        """`legs` and `disclosures` are the call's own and go on changing; `names` are its names' forms."""
        self._legs = legs
        self._disclosures = disclosures
        self._names = names
        self._waiting: list[_Waiting] = []
        self._doubted: list[_Waiting] = []
        """Told with a doubt that what the other side says next may settle."""

    def add(self, finding: Finding, unless: Disclosure) -> None:
        """Let a finding wait for a disclosure that would excuse it."""
        self._waiting.append(_Waiting(finding, unless))

    def settle(self, now: float) -> list[Finding]:
        """Return what can no longer be excused at second `now`, and again what is still in doubt."""
        due, self._doubted = self._doubted, []
        kept: list[_Waiting] = []
        for waiting in self._waiting:
            if not waiting.unless.satisfied_by(waiting.finding.start):
                (kept if now < waiting.finding.end + SETTLE_SECONDS else due).append(waiting)
        self._waiting = kept
        found = []
        for waiting in due:
            finding = self._softened(waiting)
            if finding.verdict is Heard.INCONCLUSIVE and now <= finding.end + AFTERWARDS_SECONDS:
                self._doubted.append(waiting)
            found.append(finding)
        return found

    def finish(self) -> list[Finding]:
        """Return what is left when the call is over and was not excused."""
        left = [*self._waiting, *self._doubted]
        self._waiting, self._doubted = [], []
        return [self._softened(w) for w in left if not w.unless.satisfied_by(w.finding.start)]

    def _softened(self, waiting: _Waiting) -> Finding:
        """Judge a finding by whether they may have said who they are, unheard, before it."""
        finding, answer = waiting.finding, waiting.unless.rule.answer
        if answer is None:
            return finding
        theirs = self._legs[answer.leg]
        began = min((u.start for u in self._legs[finding.leg].utterances), default=0.0)
        greeting = [u for u in theirs.utterances if u.start <= began]
        said = [u for u in theirs.utterances if began < u.start < finding.start]
        answers = [u for u in said if not self._only_asks(answer.back, u, theirs)]
        introduced = (
            ((said or greeting) and self._noticed(waiting))
            or self._more_than_greeted(answer, greeting, theirs.voiced_seconds(0.0, began))
            or self._says_any((*answer.phrases, *answer.alone), said, waiting.unless.rule.score)
            # "Yes, hello" greets; who picks up with a name has most likely given their own.
            or self._says_any([p for p in answer.phrases if p.named], greeting, waiting.unless.rule.score)
        )
        return waiting.unless.soften(
            finding, answers, introduced=bool(introduced), asked_back=len(answers) < len(said)
        )

    def _noticed(self, waiting: _Waiting) -> bool:
        """Whether it was said along with the notice that follows the introduction.

        Who gives that has most likely been told who it is.
        """
        start, end = waiting.finding.start - NOTICE_SECONDS, waiting.finding.end + NOTICE_SECONDS
        return any(
            d.heard_at is not None and start < d.heard_at < end
            for d in self._disclosures
            if _follows(d, waiting.unless)
        )

    def _more_than_greeted(
        self, answer: Answer, greeting: Iterable[Utterance], voiced_s: float | None
    ) -> bool:
        """Whether they spoke long enough before we did, greetings and questions aside, to say a name."""
        words = [w for u in greeting for w in u.words]
        plain = {w for w in words if w.text in GREETINGS}
        plain.update(w for u in greeting for w in self._asking(answer.back, u))
        spoken_s = _seconds(words) if voiced_s is None else voiced_s
        return spoken_s - _seconds(plain) >= INTRODUCTION_SECONDS

    def _only_asks(self, back: Sequence[Phrase], utterance: Utterance, leg: LegWords) -> bool:
        """Whether an utterance asks back and leaves no room for a yes, as far as its sound was measured."""
        before = max((u.end for u in leg.utterances if u.end <= utterance.start), default=0.0)
        spoken_s = leg.voiced_seconds(before, utterance.end)
        asked = self._asking(back, utterance)
        if not asked or spoken_s is None:
            return False
        greeted = [w for w in utterance.words if w.text in GREETINGS and w not in asked]
        return spoken_s - (asked[-1].end - asked[0].start) - _seconds(greeted) < YES_SECONDS

    def _asking(self, back: Sequence[Phrase], utterance: Utterance) -> list[Word]:
        """Return the words of an utterance that ask back."""
        tokens = tokens_of(utterance.words)
        asked = {
            n
            for phrase in back
            for match in find(phrase, tokens, ASKED_SCORE, self._names)
            for n in range(match.first, match.last + 1)
        }
        return list(words_of(tokens[n] for n in sorted(asked)))

    def _says_any(self, phrases: Sequence[Phrase], said: Iterable[Utterance], score: float) -> bool:
        """Whether one of some phrases stands in what either listening heard of some utterances."""
        return any(
            find(phrase, tokens_of(words), score, self._names)
            for u in said
            for words in (u.words, u.second)
            for phrase in phrases
        )


def _seconds(words: Iterable[Word]) -> float:
    return sum(word.end - word.start for word in words)


def _follows(disclosure: Disclosure, other: Disclosure) -> bool:
    """Whether a disclosure falls due after another was heard."""
    deadline = disclosure.rule.deadline
    return deadline is not None and deadline.after == other.rule.id
