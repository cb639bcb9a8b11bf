"""The events of a call, as its screens get them: made of what was heard and found, and numbered."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.checks.finding import Caught, Finding, Lamp
from compliance.transcription.words import Utterance
from workstation.floor import messages as m
from workstation.floor.ears import ExcuseMatch


class CallEvents:
    """Makes the events of one call; each has the next number."""

    def __init__(self, call_id: str) -> None:
        self.call_id = call_id
        self.seq = 0
        """The number of the last event made."""

    def next(self) -> int:
        """Return the number of the event about to be made."""
        self.seq += 1
        return self.seq

    def heard(self, utterance: Utterance, index: int) -> m.Heard:
        """Words on one leg, the leg's utterance of this index."""
        return m.Heard(
            call_id=self.call_id,
            seq=self.next(),
            leg=utterance.leg.value,
            index=index,
            start=utterance.start,
            end=utterance.end,
            text=utterance.text,
            words=tuple(m.WordOut(w.text, w.start, w.end, w.confidence) for w in utterance.words),
            final=utterance.final,
            source=utterance.source.value,
            level=utterance.level,
        )

    def finding(self, finding: Finding, *, hold: str) -> m.FindingRaised:
        """What a live check found; `hold` is the hold now standing because of it, if any."""
        return m.FindingRaised(
            call_id=self.call_id,
            seq=self.next(),
            rule_id=finding.rule_id,
            kind=finding.kind.value,
            title=finding.title,
            severity=finding.severity.value,
            citation=finding.citation,
            leg=finding.leg.value,
            verdict=finding.verdict.value,
            start=finding.start,
            end=finding.end,
            confidence=finding.confidence,
            text=" ".join(w.text for w in finding.words),
            advice=finding.advice,
            hold=hold,
        )

    def excuse(self, match: ExcuseMatch, second: float) -> m.ExcuseHeard:
        """An excuse recognised in words that began at this second of the call."""
        return m.ExcuseHeard(
            call_id=self.call_id,
            seq=self.next(),
            excuse_id=match.excuse_id,
            title=match.title,
            score=match.score,
            second=second,
            text=match.text,
        )

    def caught(self, caught: Caught) -> m.FactCaught:
        """A fact for the note."""
        return m.FactCaught(
            call_id=self.call_id,
            seq=self.next(),
            kind=caught.kind.value,
            leg=caught.leg.value,
            second=caught.at,
            text=caught.text,
            confidence=caught.confidence,
            amount_minor=caught.amount_minor,
            day=caught.day.isoformat() if caught.day else "",
            method=caught.method,
            time_of_day=caught.time_of_day.isoformat("minutes") if caught.time_of_day else "",
            value=caught.value,
            conditional=caught.conditional,
            confirmed=caught.confirmed,
            who=caught.who,
        )


def lamps_out(lamps: Sequence[Lamp]) -> tuple[m.LampOut, ...]:
    """The disclosures' states."""
    return tuple(m.LampOut(rule_id=x.rule_id, title=x.title, state=x.state.value, second=x.at) for x in lamps)
