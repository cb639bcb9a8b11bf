"""The checks of one call as it is spoken: forbidden words and cues at once, disclosures by their deadlines.

Findings rest on final words only. A partial result has no times and no confidences, and the recogniser takes
many of them back; a final follows half a second after the speaker pauses. Both legs share the call's
timeline.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from compliance.checks.disclosure import SETTLE_SECONDS, Disclosure
from compliance.checks.finding import Finding, FindingKind, Heard, Lamp
from compliance.checks.guards import silenced
from compliance.checks.likeness import Alike, Likeness, Stretch, unsupported
from compliance.checks.match import Match, Token, find, tokens_of, worth_trying
from compliance.checks.names import names_of_call
from compliance.checks.other_readings import REASON, believed
from compliance.checks.phrase import Phrase
from compliance.checks.quality import Quality, Span, measure
from compliance.checks.rules import Rule, SpeechRules
from compliance.checks.second_hearing import (
    HEARD_AGAIN,
    SURE_REPLY,
    contradicted,
    of_second,
    proposes,
    usable,
)
from compliance.checks.unnamed import Spans, names_said, without_names
from compliance.checks.verdict import of_likeness, of_phrase
from compliance.checks.waiting import LegWords, WaitingFindings
from compliance.contact import CollectionPurpose
from compliance.transcription.words import Leg, Utterance

CONTEXT_SECONDS = 6.0
"""Words this long before an utterance may begin a phrase that ends in it."""
CONTEXT_TOKENS = 24
REPEAT_SECONDS = 6.0
"""The same rule speaks again only after this long, unless a doubtful finding becomes certain.

Who says it again after the other side has spoken has said it twice.
"""


class Context:
    """The words of each leg that a phrase may have begun in."""

    def __init__(self) -> None:
        self._recent: dict[Leg, deque[Token]] = {leg: deque(maxlen=CONTEXT_TOKENS) for leg in Leg}

    def tokens(self, utterance: Utterance) -> list[Token]:
        """Return an utterance's tokens, after those just before it on its leg, marked as not new."""
        recent = self._recent[utterance.leg]
        old = [replace(t, new=False) for t in recent if t.word.end > utterance.start - CONTEXT_SECONDS]
        fresh = tokens_of(utterance.words)
        recent.extend(fresh)
        return old + fresh


class LiveChecks:
    """Judges one call. Feed it the call's utterances and the time; it returns what is new."""

    def __init__(
        self,
        rules: SpeechRules,
        profile: str,
        *,
        party_name: str,
        collector_name: str,
        company: str,
        authorities: Collection[str] = (),
        purpose: CollectionPurpose = CollectionPurpose.COLLECT,
    ) -> None:
        """`authorities`: what the account permits to threaten: lawsuit, garnishment, seizure, lien.

        `purpose`: what the call is for; in a location call nothing of a debt may be said.
        """
        self._names = names_of_call(party=party_name, collector=collector_name, company=company)
        permitted = frozenset(authorities)
        applying = [r for r in rules.for_call(profile, purpose) if not r.unless_authority & permitted]
        self._disclosures = {
            r.id: Disclosure(r, self._names) for r in applying if r.kind is FindingKind.DISCLOSURE
        }
        self._words = [r for r in applying if r.kind is not FindingKind.DISCLOSURE]
        self._dependent = {r.id for r in applying if r.before}
        by_example = any(r.by_example for r in applying)
        self._likeness = Likeness(party_name, collector_name) if by_example else None
        self._legs = {leg: LegWords() for leg in Leg}
        self._context = Context()
        self._again = Context()
        self._talk: float | None = None
        self._now = 0.0
        self._raised: dict[str, Finding] = {}
        self._waiting = WaitingFindings(self._legs, self._disclosures.values(), self._names)

    def talk_began(self, at_s: float) -> None:
        """Say when the debtor answered: deadlines run from there, else from the debtor's first words."""
        self._talk = at_s

    def gap(self, leg: Leg, start: float, end: float | None) -> None:
        """Say that a stretch of a leg was not heard: absence there proves nothing."""
        self._legs[leg].gaps.append((start, end))

    def voiced(self, leg: Leg, spans: Sequence[Span]) -> None:
        """Say when somebody spoke on a leg (seconds, in order), where that was measured on its sound.

        A leg whose voice left few words is not heard well, however sure the recogniser is of those.
        """
        self._legs[leg].voiced = spans

    def hear(self, utterance: Utterance) -> list[Finding]:
        """Judge final words as they come; a partial changes nothing. Returns the new findings."""
        if not utterance.final or not utterance.words:
            return []
        leg = self._legs[utterance.leg]
        leg.utterances.append(utterance)
        if self._talk is None and utterance.leg is Leg.DEBTOR:
            self._talk = utterance.start
        tokens = self._context.tokens(utterance)
        readings = list(believed(utterance.readings))
        named = names_said(readings, self._names)
        judged = self._without_names(utterance.leg, tokens, named)
        stretches = self._stretches(utterance.leg, judged)
        again = self._again.tokens(of_second(utterance)) if usable(utterance.second) else []
        sure = [t for t in again if t.word.confidence >= SURE_REPLY]
        stated = self._stated(utterance.leg, stretches, judged)
        findings = [
            f
            for id_, d in self._disclosures.items()
            for f in d.hear(utterance.leg, tokens, sure, stated.get(id_, ()))
        ]
        for rule in self._words:
            if rule.leg is not utterance.leg:
                continue
            mine, around = self._unjudged(rule, judged, stretches)
            if (match := self._found(rule, mine)) is None:
                continue
            if rule.kind is FindingKind.CUE and unsupported(rule, around, match):
                continue  # a cue interrupts the collector: proposed only where it may be meant
            findings += self._take(rule, of_phrase(rule, match, mine, around))
        if again:
            findings += self._hear_again(utterance.leg, again, stretches)
        if readings:
            readings = [self._without_names(utterance.leg, tried, named) for tried in readings]
            findings += self._read_otherwise(utterance.leg, judged, readings)
        findings += self._like_examples(utterance.leg, judged, stretches)
        return findings + self._settle()

    def tick(self, now_s: float) -> list[Finding]:
        """Let time pass to `now_s` on the call's timeline; returns disclosures that fell due unheard."""
        self._now = max(self._now, now_s)
        findings = self._settle()
        for disclosure in self._disclosures.values():
            due = self._due(disclosure)
            if due is not None and not disclosure.judged and self._now >= due + SETTLE_SECONDS:
                findings += disclosure.judge(due, self._doubt(disclosure.rule.leg, due))
        return findings

    def lamps(self) -> tuple[Lamp, ...]:
        """Return the disclosures that apply, each with its state now."""
        return tuple(d.lamp(self._due(d), self._now) for d in self._disclosures.values())

    def verified(self, rule_id: str) -> bool:
        """Whether a disclosure was heard (``disclosure.right-party``: the right party was verified)."""
        disclosure = self._disclosures.get(rule_id)
        return disclosure is not None and disclosure.heard_at is not None

    def finish(self, transcript_quality: Mapping[Leg, Quality] | None = None) -> list[Finding]:
        """Judge what is still open when the call is over.

        `transcript_quality` is measured on the whole call (see ``quality.measure``); without it the words
        heard so far are. A disclosure not due yet when the call ended is not missing; one judged doubtful
        before is judged again, and reported again only if that changed.
        """
        findings = [f for found in self._waiting.finish() for f in self._report(found)]
        for disclosure in self._disclosures.values():
            due = self._due(disclosure)
            if due is not None and self._now >= due:
                leg = disclosure.rule.leg
                given = None if transcript_quality is None else transcript_quality.get(leg)
                findings += disclosure.judge(due, self._doubt(leg, due, given))
        return findings

    # ---- inside ----------------------------------------------------------------------------------------

    def _due(self, disclosure: Disclosure) -> float | None:
        deadline = disclosure.rule.deadline
        if deadline is None:
            return None
        if deadline.after == "talk":
            began = self._talk
        else:
            other = self._disclosures.get(deadline.after)
            began = None if other is None else other.heard_at
        return None if began is None else began + deadline.seconds

    def _doubt(self, leg: Leg, due: float, given: Quality | None = None) -> str:
        """Why something unheard on a leg by `due` may yet have been said; empty if it was not."""
        words = self._legs[leg]
        began = self._talk or 0.0
        if any(start < due and (end is None or end > began) for start, end in words.gaps):
            return "a part of this leg was not heard live; the recording decides"
        return (given or measure(words.utterances, leg, words.voiced, until=due + SETTLE_SECONDS)).doubt

    def _found(
        self, rule: Rule, tokens: Sequence[Token], phrases: Sequence[Phrase] | None = None
    ) -> Match | None:
        """Return the rule's best match that holds a new word and passes its guards.

        What a longer phrase says and is silenced, a shorter one inside it does not say either: "to court" in
        "nobody is taking you to court".
        """
        found: list[Match] = []
        quiet: list[Match] = []
        for match in self._matches(rule, tokens, rule.elements[0] if phrases is None else phrases):
            if tokens[match.last].new:
                (quiet if silenced(rule, match, tokens) else found).append(match)
        said = [m for m in found if not any(q.first <= m.first and m.last <= q.last for q in quiet)]
        return max(said, key=lambda m: m.score, default=None)

    def _without_names(self, leg: Leg, tokens: Sequence[Token], named: Sequence[Spans]) -> list[Token]:
        return without_names(tokens, self._names, named) if leg is Leg.AGENT else list(tokens)

    def _unjudged(
        self, rule: Rule, tokens: Sequence[Token], stretches: Sequence[Stretch]
    ) -> tuple[Sequence[Token], Sequence[Stretch]]:
        """Return what a rule judges of an utterance's tokens and those before it, and of their stretches.

        All of them; where they go on after a finding and an answer to it, those alone that are new: a threat
        is no part of the next.
        """
        old = sum(not t.new for t in tokens)
        if not 0 < old < len(tokens) or not self._says_again(rule.id, tokens[old].word.start):
            return tokens, stretches
        return tokens[old:], [
            replace(s, first=s.first - old, last=s.last - old) for s in stretches if s.first >= old
        ]

    def _says_again(self, rule_id: str, start: float) -> bool:
        """Whether words from `start` on that break a rule again are not those that it spoke of.

        So they are where the other side has spoken since. What depends on who was told, and what is a
        proposal only, is known after the first time.
        """
        earlier = self._raised.get(rule_id)
        return (
            earlier is not None
            and earlier.kind is FindingKind.FORBIDDEN
            and rule_id not in self._dependent
            and any(
                earlier.end <= u.start < start
                for leg, words in self._legs.items()
                if leg is not earlier.leg
                for u in words.utterances
            )
        )

    def _stretches(self, leg: Leg, tokens: Sequence[Token]) -> list[Stretch]:
        return [] if self._likeness is None else self._likeness.stretches(leg, tokens)

    def _stated(
        self, leg: Leg, stretches: Sequence[Stretch], tokens: Sequence[Token]
    ) -> Mapping[str, Sequence[Alike | None]]:
        """Find what no phrase foresaw of disclosures yet to be heard: words like an element's examples."""
        if self._likeness is None:
            return {}
        awaited = [d.rule for d in self._disclosures.values() if d.heard_at is None]
        by_example = [r for r in awaited if r.leg is leg and r.by_example is not None]
        return self._likeness.stated(by_example, leg, stretches, tokens)

    def _like_examples(
        self, leg: Leg, tokens: Sequence[Token], stretches: Sequence[Stretch]
    ) -> list[Finding]:
        """Find what no phrase foresaw: words like the sentences that were instances of a rule."""
        findings: list[Finding] = []
        for rule in self._words:
            if rule.leg is not leg or rule.by_example is None or self._likeness is None:
                continue
            mine, around = self._unjudged(rule, tokens, stretches)
            alike = self._likeness.best(rule, around, mine, self._matches(rule, mine, rule.elements[0]))
            if alike is None or alike.silenced:
                continue
            found = of_likeness(rule, alike, mine)
            unless = self._disclosures.get(rule.before)
            if unless is None or not unless.asks_within(found.start, found.end):
                findings += self._take(rule, found)
        return findings

    def _hear_again(self, leg: Leg, tokens: Sequence[Token], stretches: Sequence[Stretch]) -> list[Finding]:
        """Propose what a second listening heard and the first did not; `stretches`: what the first heard."""
        findings: list[Finding] = []
        for rule in self._words:
            if rule.leg is not leg or rule.kind is not FindingKind.CUE or contradicted(rule, stretches):
                continue
            match = self._found(rule, tokens)
            if match is not None and proposes(rule, match, tokens):
                said = of_phrase(rule, match, tokens)
                findings += self._take(rule, replace(said, verdict=Heard.INCONCLUSIVE, reason=HEARD_AGAIN))
        return findings

    def _read_otherwise(
        self, leg: Leg, tokens: Sequence[Token], readings: Sequence[Sequence[Token]]
    ) -> list[Finding]:
        """Look at the other readings of an utterance for what the first does not say, and does not deny."""
        mine = [t for t in tokens if t.new]
        every = [token for tried in readings for token in tried]
        findings: list[Finding] = []
        for disclosure in self._disclosures.values():
            if (
                disclosure.rule.leg is not leg
                or disclosure.rule.answer is not None  # a question misread would be believed asked
                or not disclosure.worth_hearing(every)
                or disclosure.denied(mine)
            ):
                continue
            for tried in readings:
                if tried[0].word.confidence >= disclosure.rule.confidence:
                    findings += _read_so(disclosure.hear(leg, tried))
        for rule in self._words:
            if rule.leg is not leg or rule.kind is not FindingKind.FORBIDDEN:
                continue
            phrases = worth_trying(rule.elements[0], every, rule.score, self._names)
            if not phrases or self._says(rule, mine):
                continue
            for tried in readings:
                match = self._found(rule, tried, phrases)
                if match is not None and match.score >= rule.score:
                    said = of_phrase(rule, match, tried, self._stretches(leg, tried))
                    findings += _read_so(self._take(rule, said))
                    break
        return findings

    def _says(self, rule: Rule, tokens: Sequence[Token]) -> bool:
        """Whether a rule's phrase stands in words at all, silenced or not."""
        return any(True for _ in self._matches(rule, tokens, rule.elements[0]))

    def _matches(self, rule: Rule, tokens: Sequence[Token], phrases: Sequence[Phrase]) -> Iterator[Match]:
        floor = min(rule.score, rule.floor)
        for phrase in worth_trying(phrases, tokens, floor, self._names):
            yield from find(phrase, tokens, floor, self._names)

    def _take(self, rule: Rule, finding: Finding) -> list[Finding]:
        """Report a finding unless it repeats one; one that may be excused by what comes yet waits."""
        unless = self._disclosures.get(rule.before) if rule.before else None
        if unless is None:
            return self._report(finding)
        if not unless.satisfied_by(finding.start):
            self._waiting.add(finding, unless)
        return []

    def _report(self, finding: Finding) -> list[Finding]:
        """Return a finding, unless the rule spoke a moment ago and was no less sure."""
        earlier = self._raised.get(finding.rule_id)
        if (
            earlier is not None
            and finding.start < earlier.end + REPEAT_SECONDS
            and not self._says_again(finding.rule_id, finding.start)
            and not (earlier.verdict is Heard.INCONCLUSIVE and finding.verdict is Heard.HEARD)
        ):
            return []
        self._raised[finding.rule_id] = finding
        return [finding]

    def _settle(self) -> list[Finding]:
        """Report findings that waited and whose excuse can no longer arrive."""
        return [f for found in self._waiting.settle(self._now) for f in self._report(found)]


def _read_so(findings: Iterable[Finding]) -> list[Finding]:
    """Say of findings that another reading gave them."""
    return [replace(finding, reason=finding.reason or REASON) for finding in findings]


__all__ = ["LiveChecks", "Quality", "Span"]
