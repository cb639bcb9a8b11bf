"""What happens on one call, as the switchboard tells the workstations that watch it (see floor.messages)."""

from __future__ import annotations

import msgspec

from workstation.floor.message_base import Event, LampOut


class WordOut(msgspec.Struct, frozen=True):
    """One word; times in seconds, confidence 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float


class CallEvent(Event, frozen=True, kw_only=True):
    """An event of one call; ``seq`` grows by one within the call."""

    call_id: str
    seq: int


class CallChanged(CallEvent, frozen=True, kw_only=True):
    """The call's state changed."""

    state: str
    """A value of dialer.call.CallState."""
    at: float
    recording: str = "off"
    """on, paused or off."""
    muted: bool = False
    outcome: str = ""
    """When ended: answered, busy, no-answer, not-in-service, congestion, rejected, failed, cancelled."""
    detail: str = ""
    """When ended: the raw evidence in one line."""


class Heard(CallEvent, frozen=True, kw_only=True):
    """Words on one leg. A partial is replaced by the next message with the same leg and index."""

    leg: str
    index: int
    start: float
    end: float
    text: str
    words: tuple[WordOut, ...]
    final: bool
    source: str = "live"
    level: float | None = None
    """How loud it was said, dBFS; only of the agent's words as they were heard live."""


class FindingRaised(CallEvent, frozen=True, kw_only=True):
    """A live check found something; mirrors compliance.checks.finding.Finding."""

    rule_id: str
    kind: str
    title: str
    severity: str
    citation: str
    leg: str
    verdict: str
    start: float
    end: float
    confidence: float
    text: str
    advice: str = ""
    hold: str = ""
    """The hold now standing (proposed) in the book because of this; empty if none."""


class TakenOver(CallEvent, frozen=True, kw_only=True):
    """A supervisor's phone took the collector's place. The call stays the collector's to wrap up."""

    by: str
    """Their name."""


class LampsChanged(CallEvent, frozen=True, kw_only=True):
    """All lamps of the call."""

    lamps: tuple[LampOut, ...]


class ExcuseHeard(CallEvent, frozen=True, kw_only=True):
    """An excuse recognised in the debtor's words, best first."""

    excuse_id: str
    title: str
    score: float
    """0 to 1."""
    second: float
    text: str


class FactCaught(CallEvent, frozen=True, kw_only=True):
    """A fact for the note; mirrors compliance.checks.finding.Caught."""

    kind: str
    leg: str
    second: float
    text: str
    confidence: float
    amount_minor: int | None = None
    day: str = ""
    """ISO 8601 date; empty if none."""
    method: str = ""
    time_of_day: str = ""
    """ISO 8601 time of a callback; empty if none."""
    value: str = ""
    """What the words come to: an address, a reason of a dispute, a scope of consent, who was reached."""
    conditional: bool = False
    confirmed: bool = False
    who: str = ""


class Redrawn(CallEvent, frozen=True, kw_only=True):
    """Words already shown were masked: their number went on in later ones. Draw again all that has them."""

    heard: tuple[Heard, ...]
    """The utterances, as they are now."""
    findings: tuple[FindingRaised, ...]
    """All of the call, as they are now; so the next two."""
    excuses: tuple[ExcuseHeard, ...]
    caught: tuple[FactCaught, ...]


class CallSnapshot(Event, frozen=True, kw_only=True):
    """A call as of ``seq``: sent on Watch; the events after ``seq`` follow."""

    call_id: str
    seq: int
    account_id: int
    party_id: int
    number: str
    collector_id: int
    state: CallChanged
    practice: bool
    talk_since: float | None
    heard: tuple[Heard, ...] = ()
    findings: tuple[FindingRaised, ...] = ()
    lamps: tuple[LampOut, ...] = ()
    excuses: tuple[ExcuseHeard, ...] = ()
    caught: tuple[FactCaught, ...] = ()
    taken_over_by: str = ""
