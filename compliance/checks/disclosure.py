"""One required disclosure during a call: what of it was heard, when it is due, what its absence means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from compliance.checks.denial import negated
from compliance.checks.finding import Finding, Heard, Lamp, LampState
from compliance.checks.likeness import Alike
from compliance.checks.match import GREETINGS, Match, Token, find, words_of, worth_trying
from compliance.checks.phrase import Phrase
from compliance.checks.rules import Answer, Rule
from compliance.checks.verdict import confidence_of
from compliance.transcription.words import Leg, Utterance, Word

SETTLE_SECONDS = 3.0
"""How long after a moment its words may still be on their way from the recogniser."""
SOON_SECONDS = 5.0
"""A lamp is due soon this long before its deadline."""
ABOUT_SECONDS = 4.0
"""How long before a finding its speaker may have shown to be talking to somebody else."""
AFTERWARDS_SECONDS = 8.0
"""How long after a finding the other side may show that it was somebody else who heard it."""
_CLEAR_WORDS = 3
_CLEAR_CONFIDENCE = 0.85
"""An answer of so many words, with this mean confidence, was made out."""
_LONG_ANSWER = 6
"""Words of an answer that more than says who answers."""
_LEAST_NAME_SECONDS = 0.7
"""Nobody says who they are in less, unasked."""
_ELSEWHERE_SCORE = 0.95
"""How like words must be that show somebody else is spoken to: "your monthly" is not "your mother"."""
_DOUBTFUL_SCORE = 0.62
"""A match from here on, too weak to count, makes absence inconclusive."""


@dataclass(frozen=True, slots=True)
class _Part:
    """An element as heard."""

    words: tuple[Word, ...]
    score: float
    confidence: float
    certain: bool

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end


class _Reply(Enum):
    """What the other leg said to the question."""

    YES = "yes"
    ALONE = "alone"
    NO = "no"
    PERHAPS = "perhaps"


class Disclosure:
    """The state of one disclosure rule on one call."""

    def __init__(self, rule: Rule, names: Mapping[str, Sequence[str]]) -> None:
        self.rule = rule
        self.heard_at: float | None = None
        """Second at which it was complete, or None."""
        self._names = names
        self._parts: list[_Part | None] = [None] * len(rule.elements)
        self._weak: _Part | None = None
        self._asked: list[_Part] = []
        self._asks_at: list[float] = []
        """Seconds at which something was asked that may have been the question."""
        self._replies: list[tuple[_Reply, _Part]] = []
        self._elsewhere: list[float] = []
        """Seconds at which the asking leg spoke of the one asked for as of somebody else."""
        self._others: list[float] = []
        """Seconds at which the other leg showed to be somebody else."""
        self._verdict: Heard | None = None
        self._due_judged: float | None = None

    @property
    def judged(self) -> bool:
        """Whether it was heard, or its absence was judged."""
        return self._verdict is not None

    def satisfied_by(self, second: float) -> bool:
        """Whether it was complete before `second`."""
        return self.heard_at is not None and self.heard_at <= second

    def hear(
        self,
        leg: Leg,
        tokens: Sequence[Token],
        again: Sequence[Token] = (),
        alike: Sequence[Alike | None] = (),
    ) -> list[Finding]:
        """Look for it in words of a leg; returns the finding if they complete it.

        `again` is what a second listening heard in the same stretch: its yes or no to a question counts too.
        `alike` are for each element the words that are like its examples, where it has any.
        """
        if self.heard_at is not None:
            return []
        answer = self.rule.answer
        if leg is self.rule.leg:
            for n, phrases in enumerate(self.rule.elements):
                self._look(n, phrases, tokens)
            for n, found in enumerate(alike):
                self._take_alike(n, found, tokens)
            if answer is not None:
                self._note_asking(answer, tokens)
        if answer is not None and leg is answer.leg:
            self._note_replies(answer, tokens, again)
        return self._complete(answer)

    def asks_within(self, start: float, end: float) -> bool:
        """Whether its question stands in these seconds: "is this {party}", whatever the name was heard as."""
        return any(part.start <= end and start <= part.end for part in self._asked)

    def worth_hearing(self, tokens: Sequence[Token]) -> bool:
        """Whether it is not complete yet and some of it could stand among these words."""
        floor = min(self.rule.score, _DOUBTFUL_SCORE)
        return self.heard_at is None and any(
            worth_trying(phrases, tokens, floor, self._names) for phrases in self.rule.elements
        )

    def denied(self, tokens: Sequence[Token]) -> bool:
        """Whether these words say that it is not so: "we are not recording this call"."""
        return self.rule.negation and any(
            negated(match, tokens)
            for phrases in self.rule.elements
            for phrase in phrases
            for match in find(phrase, tokens, self.rule.score, self._names)
        )

    def judge(self, due: float, doubt: str) -> list[Finding]:
        """Judge its absence at `due`; `doubt` says why absence cannot be proved. Empty if nothing new."""
        if self.heard_at is not None:
            return []
        if not doubt and self._weak is not None:
            doubt = f"something like it was heard: {' '.join(w.text for w in self._weak.words)!r}"
        verdict = Heard.INCONCLUSIVE if doubt else Heard.MISSING
        if verdict is self._verdict:
            return []
        self._verdict = verdict
        self._due_judged = due
        words = self._weak.words if self._weak is not None else ()
        return [self._finding(verdict, due, due, 0.0, words, doubt)]

    def soften(
        self, finding: Finding, said: Sequence[Utterance], *, introduced: bool, asked_back: bool
    ) -> Finding:
        """Make a finding that rests on its absence doubtful where the other side may have answered.

        `introduced`: before we spoke they said more than a greeting; `said` is what they said between then
        and the finding, `asked_back` whether they asked a question besides. A clear no leaves no doubt,
        speaking of the party as of somebody else and asking for them only afterwards leave none, words heard
        well that are no yes do not either, and who only asks back has not answered.
        """
        replies = [r for r, part in self._replies if any(u.start <= part.start <= u.end for u in said)]
        put_off = any(  # "how may I direct your call"; a bare "no" that greets is an "oh"
            reply is _Reply.NO and part.start < finding.start and len(part.words) > 1
            for reply, part in self._replies
        )
        if (
            put_off
            or any(finding.start < at <= finding.end + AFTERWARDS_SECONDS for at in self._others)
            or _Reply.NO in replies
            or any(
                finding.start - ABOUT_SECONDS <= at <= finding.end + SETTLE_SECONDS for at in self._elsewhere
            )
        ):
            return finding
        # "About a past due account for Jordan Reyes" has the debt in it, and asks nothing.
        asked = [p.start for p in self._asked if not p.start <= finding.start <= p.end] + self._asks_at
        asked_before = any(at <= finding.start for at in asked) and not (asked_back and not said)
        if asked and not asked_before and not introduced and _Reply.PERHAPS not in replies:
            return finding
        unclear = replies or not all(_clear(u) or u.end - u.start < _LEAST_NAME_SECONDS for u in said)
        if introduced or unclear or asked_before:
            return replace(
                finding,
                verdict=Heard.INCONCLUSIVE,
                reason="they may have said who they are: the answer was not made out",
            )
        return finding

    def lamp(self, due: float | None, now: float) -> Lamp:
        """Return its lamp at `now`."""
        title = self.rule.lamp or self.rule.title
        if self.heard_at is not None:
            return Lamp(self.rule.id, title, LampState.HEARD, self.heard_at)
        if self._verdict is not None:
            state = LampState.MISSING if self._verdict is Heard.MISSING else LampState.INCONCLUSIVE
            return Lamp(self.rule.id, title, state, self._due_judged)
        soon = due is not None and now >= due - SOON_SECONDS
        return Lamp(self.rule.id, title, LampState.DUE_SOON if soon else LampState.WAITING, due)

    # ---- inside ----------------------------------------------------------------------------------------

    def _look(self, n: int, phrases: Sequence[Phrase], tokens: Sequence[Token]) -> None:
        for phrase in phrases:
            for match in find(phrase, tokens, min(self.rule.score, _DOUBTFUL_SCORE), self._names):
                if not tokens[match.last].new or (self.rule.negation and negated(match, tokens)):
                    continue
                self._keep(n, self._part(match, tokens), match.score >= self.rule.score)

    def _take_alike(self, n: int, alike: Alike | None, tokens: Sequence[Token]) -> None:
        """Take words like an element's examples, where no phrase of it was heard for certain."""
        assert self.rule.by_example is not None
        part = self._parts[n]
        if alike is None or (part is not None and part.certain):
            return
        words = words_of(tokens[alike.first : alike.last])
        sure = confidence_of(words)
        found = _Part(words, alike.likely, sure, sure >= self.rule.confidence)
        self._keep(n, found, alike.odds >= self.rule.by_example.certain)

    def _note_asking(self, answer: Answer, tokens: Sequence[Token]) -> None:
        """Note what may be the question, and what is said as to somebody else."""
        self._asks_at += self._said_at(answer.asks, tokens, self.rule.score)
        self._elsewhere += self._said_at(answer.elsewhere, tokens, _ELSEWHERE_SCORE)

    def _said_at(self, phrases: Sequence[Phrase], tokens: Sequence[Token], score: float) -> list[float]:
        """Return the seconds at which phrases that end in a new word begin."""
        return [
            tokens[match.first].word.start
            for phrase in phrases
            for match in find(phrase, tokens, score, self._names)
            if tokens[match.last].new
        ]

    def _keep(self, n: int, part: _Part, counts: bool) -> None:
        if not counts:
            if self._weak is None or part.score > self._weak.score:
                self._weak = part
            return
        before = self._parts[n]
        stale = before is not None and part.end - before.start > self.rule.window
        if before is None or stale or (part.certain, part.score) > (before.certain, before.score):
            self._parts[n] = part
        if self.rule.answer is not None:
            self._asked.append(part)

    def _part(self, match: Match, tokens: Sequence[Token]) -> _Part:
        words = words_of(tokens[match.first : match.last + 1])
        return _Part(words, match.score, match.confidence, match.confidence >= self.rule.confidence)

    def _note_replies(self, answer: Answer, tokens: Sequence[Token], again: Sequence[Token]) -> None:
        """Note what both listenings heard in reply; a no of the second does not undo the first's yes.

        The second is bound to a few phrases, and hears them in any long answer: it counts in short ones.
        """
        first = list(self._replies_in(answer, tokens))
        plain = [t.word for t in tokens if t.new]
        second = [] if _well_heard(plain, _LONG_ANSWER) else list(self._replies_in(answer, again))
        self._others += self._said_at(answer.others, tokens, _ELSEWHERE_SCORE)
        if any(reply in (_Reply.YES, _Reply.ALONE) for reply, _ in first):
            second = [(reply, part) for reply, part in second if reply is not _Reply.NO]
        self._replies += first + second

    def _replies_in(self, answer: Answer, tokens: Sequence[Token]) -> Iterator[tuple[_Reply, _Part]]:
        for reply, phrases in (
            (_Reply.ALONE, answer.alone),
            (_Reply.NO, answer.refusals),
            (_Reply.PERHAPS, answer.perhaps),
            (_Reply.YES, answer.phrases),
        ):
            for phrase in phrases:
                for match in find(phrase, tokens, self.rule.score, self._names):
                    if tokens[match.last].new and not (reply is not _Reply.NO and negated(match, tokens)):
                        yield reply, self._part(match, tokens)

    def _complete(self, answer: Answer | None) -> list[Finding]:
        if answer is not None:
            return self._answered(answer)
        parts = [p for p in self._parts if p is not None]
        if len(parts) < len(self._parts):
            return []
        end = max(p.end for p in parts)
        if end - min(p.start for p in parts) > self.rule.window:
            return []
        return self._heard(parts, end)

    def _answered(self, answer: Answer) -> list[Finding]:
        for reply, part in self._replies:
            if reply is _Reply.ALONE:
                return self._heard([part], part.end)
        for asked in self._asked:
            said = [
                (r, p) for r, p in self._replies if asked.end - 0.5 <= p.start <= asked.end + answer.seconds
            ]
            if any(r is _Reply.NO for r, _ in said):
                continue
            said = [(r, p) for r, p in said if r is not _Reply.PERHAPS]
            if said:
                part = max((p for _, p in said), key=lambda p: p.certain)
                return self._heard([asked, part], part.end)
        return []

    def _heard(self, parts: Sequence[_Part], end: float) -> list[Finding]:
        words = tuple(w for p in parts for w in p.words)
        confidence = min(p.confidence * p.score for p in parts)
        self.heard_at = end
        late = ""
        if self._due_judged is not None and end > self._due_judged:
            late = f"heard {end - self._due_judged:.0f} s after it was due"
        self._verdict = Heard.HEARD
        doubtful = not all(p.certain for p in parts)
        if doubtful:
            # The lamp stays lit, since the words are there; the finding says how sure the recogniser was.
            late = (
                late or f"the recogniser gives these words {min(p.confidence for p in parts):.2f} confidence"
            )
        verdict = Heard.INCONCLUSIVE if doubtful else Heard.HEARD
        return [self._finding(verdict, min(p.start for p in parts), end, confidence, words, late)]

    def _finding(
        self,
        verdict: Heard,
        start: float,
        end: float,
        confidence: float,
        words: tuple[Word, ...],
        reason: str,
    ) -> Finding:
        rule = self.rule
        return Finding(
            rule_id=rule.id,
            rule_version=rule.version,
            kind=rule.kind,
            title=rule.title,
            severity=rule.severity,
            citation=rule.citation,
            leg=rule.leg,
            verdict=verdict,
            start=start,
            end=end,
            confidence=round(confidence, 3),
            words=words,
            reason=reason,
            advice="" if verdict is Heard.HEARD else rule.advice,
        )


def _clear(utterance: Utterance) -> bool:
    """Whether it was heard so well that nobody can have said in it who they are."""
    return all(word.text in GREETINGS for word in utterance.words) or _well_heard(
        utterance.words, _CLEAR_WORDS
    )


def _well_heard(words: Sequence[Word], least: int) -> bool:
    return len(words) >= least and sum(w.confidence for w in words) >= _CLEAR_CONFIDENCE * len(words)
