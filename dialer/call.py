"""The life of one call as a pure state machine: no clock, no network, no database.

    reserved -> agent-ringing -> dialing -> ringing -> talking <-> held
        any of them -> ended

Telephony evidence arrives late, twice, or (after a lost connection) not at all. So:

* **Progress** (agent rings, agent answers, dialling, ringing, answered) moves the call forward to the state
  it proves, past states whose own evidence was lost; evidence of a state reached or passed changes nothing.
* **Hold and resume** happen only inside a conversation. Before one they are illegal; in the state they lead
  to, or after the end, they are late copies and change nothing.
* **Originate** is our own act, never telephony's: it is legal once, in ``reserved``. A second one is illegal,
  which is how "never originate twice" is kept here.
* **Endings** (hang-up, agent's phone failed, lost) end the call from any state. Nothing leaves ``ended``.

Errors::

    CallError
     +- IllegalEvent   the event cannot happen in this state
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog

_log = structlog.get_logger(__name__)


class CallError(Exception):
    """Root of what can go wrong with a call; ``str()`` is one line an agent can read."""


class CallState(StrEnum):
    """Where a call stands."""

    RESERVED = "reserved"
    """The decision and the attempt are in the book; nothing has been asked of Asterisk."""
    AGENT_RINGING = "agent-ringing"
    """The agent's own phone has been asked to ring."""
    DIALING = "dialing"
    """The agent's phone is up; the debtor is being dialled."""
    RINGING = "ringing"
    """The debtor's side says it rings."""
    TALKING = "talking"
    """The debtor's side answered: a person or a machine."""
    HELD = "held"
    """The debtor hears music."""
    ENDED = "ended"
    """Both legs are gone."""


class CallEvent(StrEnum):
    """What happened to a call."""

    ORIGINATE = "originate"
    """We are about to ask Asterisk to ring the agent's phone."""
    AGENT_RINGS = "agent-rings"
    AGENT_ANSWERS = "agent-answers"
    DIALED = "dialed"
    RINGS = "rings"
    ANSWERED = "answered"
    HELD = "held"
    RESUMED = "resumed"
    AGENT_FAILED = "agent-failed"
    """The agent's phone did not answer or could not be reached."""
    HUNG_UP = "hung-up"
    LOST = "lost"
    """Asterisk no longer knows the call, and nobody saw its end."""


class IllegalEvent(CallError):
    """An event that cannot happen in the state the call is in."""

    def __init__(self, call_id: str, state: CallState, event: CallEvent) -> None:
        super().__init__(f"call {call_id}: {event} cannot happen while {state}")
        self.call_id = call_id
        self.state = state
        self.event = event


_RANK = {
    CallState.RESERVED: 0,
    CallState.AGENT_RINGING: 1,
    CallState.DIALING: 2,
    CallState.RINGING: 3,
    CallState.TALKING: 4,
    CallState.HELD: 4,
    CallState.ENDED: 5,
}
_PROGRESS = {
    CallEvent.AGENT_RINGS: CallState.AGENT_RINGING,
    CallEvent.AGENT_ANSWERS: CallState.DIALING,
    CallEvent.DIALED: CallState.DIALING,
    CallEvent.RINGS: CallState.RINGING,
    CallEvent.ANSWERED: CallState.TALKING,
}
_ENDINGS = frozenset({CallEvent.AGENT_FAILED, CallEvent.HUNG_UP, CallEvent.LOST})
_IN_TALK = frozenset({CallState.TALKING, CallState.HELD})


def step(state: CallState, event: CallEvent, call_id: str = "") -> CallState:
    """Return the state after `event`; the same state means that the event was a late or double copy.

    Raises IllegalEvent, naming `call_id`, for an event that cannot happen in `state`.
    """
    if event is CallEvent.ORIGINATE:
        if state is not CallState.RESERVED:
            raise IllegalEvent(call_id, state, event)
        return CallState.AGENT_RINGING
    if state is CallState.ENDED or event in _ENDINGS:
        return CallState.ENDED
    if (target := _PROGRESS.get(event)) is not None:
        return target if _RANK[target] > _RANK[state] else state
    if state not in _IN_TALK:
        raise IllegalEvent(call_id, state, event)
    return CallState.HELD if event is CallEvent.HELD else CallState.TALKING


@dataclass(frozen=True, slots=True)
class Transition:
    """One step a call took, with the raw telephony evidence for it.

    The evidence of the last step is everything gathered over the call (see dialer.outcome), so that the
    outcome can be classified again from it alone.
    """

    call_id: str
    at: datetime
    before: CallState
    event: CallEvent
    after: CallState
    evidence: Mapping[str, str]


@dataclass(slots=True)
class Call:
    """One call being followed: the state, its times, and the evidence gathered so far.

    `on_transition` is told of every real step, never of a tolerated copy.
    """

    call_id: str
    on_transition: Callable[[Transition], None]
    state: CallState = CallState.RESERVED
    since: datetime | None = None
    talk_started: datetime | None = None
    """When the debtor's side answered; None means that it never did."""
    ended: datetime | None = None
    evidence: dict[str, str] = field(default_factory=dict)

    def note(self, facts: Mapping[str, str]) -> None:
        """Keep raw facts for the outcome; the first value of a key stays, for the first is the cause."""
        if self.state is not CallState.ENDED:
            for key, value in facts.items():
                self.evidence.setdefault(key, value)

    def apply(self, event: CallEvent, at: datetime, evidence: Mapping[str, str] | None = None) -> bool:
        """Take `event` at `at` (aware UTC); return whether the state changed.

        Raises IllegalEvent. A step is never dated before the step it follows, even where the clock was set
        back: talk time cannot come out negative.
        """
        before, after = self.state, step(self.state, event, self.call_id)
        if after is before:
            _log.debug("call.copy", call_id=self.call_id, state=str(before), event_seen=str(event))
            return False
        at = at if self.since is None else max(at, self.since)
        shown = dict(evidence or {})
        if before is not CallState.ENDED and after is CallState.TALKING and self.talk_started is None:
            self.talk_started = at
        if after is CallState.ENDED:
            self.ended = at
            self.evidence.setdefault("ended_by", str(event))
            self.evidence.setdefault("answered", "yes" if self.talk_started else "no")
            shown = {**shown, **self.evidence}
        self.state, self.since = after, at
        _log.info("call.step", call_id=self.call_id, step=f"{before} -[{event}]-> {after}", **_safe(shown))
        self.on_transition(Transition(self.call_id, at, before, event, after, shown))
        return True

    def talk_seconds(self, now: datetime) -> float:
        """Seconds from the debtor's answer, holds included, to the end or to `now`; 0 before an answer."""
        if self.talk_started is None:
            return 0.0
        return max(0.0, ((self.ended or now) - self.talk_started).total_seconds())


def _safe(evidence: Mapping[str, str]) -> dict[str, str]:
    """Keep evidence out of the log's own keys."""
    return {f"ev_{key}": value for key, value in evidence.items()}
