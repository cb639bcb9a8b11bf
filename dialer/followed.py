"""A call being followed: what the manager interface's events say about it, and what has to be done next.

No I/O happens here. :meth:`Followed.take` turns one event into steps of the call's state machine, evidence
for its outcome, and a set of :class:`Need` for the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from compliance.transcription.words import Leg
from dialer.call import Call, CallEvent, CallState
from dialer.recording import Timeline


class Packet(Protocol):
    """What is read of a packet of the manager interface (dialer.ami.Packet)."""

    @property
    def name(self) -> str:
        """The event's name."""

    def get(self, key: str, default: str = "") -> str:
        """A header's first value."""

    def all(self, key: str) -> tuple[str, ...]:
        """Every value of a repeated header."""


class Need(Enum):
    """What the engine has to do after an event."""

    TAPS = auto()
    """Both sides are connected: listen to them."""
    HANG_UP_AGENT = auto()
    HANG_UP_DEBTOR = auto()


@dataclass(slots=True)
class LegUp:
    """One leg's channel."""

    uniqueid: str = ""
    channel: str = ""
    """Its present name: what actions of the manager interface want."""
    bridge: str = ""
    gone: bool = False
    native_format: str = ""

    @property
    def there(self) -> bool:
        """Whether the channel exists now, as far as is known."""
        return bool(self.channel) and not self.gone


@dataclass(frozen=True, slots=True)
class CallStatus:
    """A call as it stands."""

    call_id: str
    number: str
    state: CallState
    since: datetime
    talk_started: datetime | None
    recording_started: datetime | None
    """When second 0 of the recording was; None while there is none."""
    recording_paused: bool
    muted: bool
    position: float
    """Seconds recorded so far: the call's own timeline, which stands still while on hold."""
    agent_channel: str
    debtor_channel: str
    formats: Mapping[Leg, str]
    """Native audio format of each leg, as Asterisk names it; empty until it is known."""
    tapped: frozenset[Leg]
    """The legs whose live audio arrives."""


_RANG = frozenset({"RINGING", "PROGRESS"})


@dataclass(slots=True)
class Followed:
    """One call and its two legs."""

    call: Call
    number: str
    decision_id: str
    agent: LegUp = field(default_factory=LegUp)
    debtor: LegUp = field(default_factory=LegUp)
    timeline: Timeline = field(default_factory=Timeline)
    recording_started: datetime | None = None
    card_pause: bool = False
    muted: bool = False
    holding: bool = False
    """A hold or resume is under way: the bridge empties and fills by our own doing."""

    @property
    def call_id(self) -> str:
        """The call's id, also the unique id of the channel that was the agent's first."""
        return self.call.call_id

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.call.state is CallState.ENDED

    @property
    def connected(self) -> bool:
        """Whether both legs are in one bridge now."""
        return bool(self.agent.bridge) and self.agent.bridge == self.debtor.bridge

    def take(self, packet: Packet, at: datetime, now: float) -> frozenset[Need]:
        """Take one event that names one of this call's legs; `now` is on the monotonic clock."""
        handler = _HANDLERS.get(packet.name)
        if handler is None or self.ended:
            return frozenset()
        return handler(self, packet, at, now)

    # ---- channels ---------------------------------------------------------------------------------------

    @property
    def agent_id(self) -> str:
        """The unique id of the channel that is the agent's leg: the call's, until somebody takes over."""
        return self.agent.uniqueid or self.call_id

    def _leg(self, uniqueid: str) -> LegUp | None:
        if uniqueid == self.agent_id:
            return self.agent
        return self.debtor if uniqueid and uniqueid == self.debtor.uniqueid else None

    def _channel(self, packet: Packet, at: datetime, _now: float) -> frozenset[Need]:
        leg = self._leg(packet.get("Uniqueid"))
        if leg is None:
            return frozenset()
        leg.channel = packet.get("Newname") or packet.get("Channel")
        state = packet.get("ChannelStateDesc")
        raw = {"channel": leg.channel, "channel_state": state}
        if leg is self.agent:
            leg.uniqueid = self.agent_id
            if state == "Ringing":
                self.call.apply(CallEvent.AGENT_RINGS, at, raw)
            elif state == "Up":
                self.call.note({"agent_up": "yes"})
                self.call.apply(CallEvent.AGENT_ANSWERS, at, raw)
        elif state == "Ringing":
            self._ringing(at, raw)
        return frozenset()

    def _ringing(self, at: datetime, raw: Mapping[str, str]) -> None:
        self.call.note({"ringing": "yes"})
        self.call.apply(CallEvent.RINGS, at, raw)

    # ---- dialling ---------------------------------------------------------------------------------------

    def _phase(self, packet: Packet, at: datetime, _now: float) -> frozenset[Need]:
        """Take what the dialplan says of itself: a user event on the agent's own channel only."""
        if packet.get("UserEvent") != "Dunline" or packet.get("Uniqueid") != self.call_id:
            return frozenset()
        phase = packet.get("Phase")
        if phase == "dialing":
            self.call.note({"agent_up": "yes"})
            self.call.apply(CallEvent.AGENT_ANSWERS, at, {"phase": phase})
        elif phase == "refused":
            self.call.note({"refused": "the dialplan found no decision on the channel"})
        else:
            self.call.note(_given(dialstatus=packet.get("DialStatus"), hangupcause=packet.get("HangupCause")))
        return frozenset()

    def _dial_begin(self, packet: Packet, at: datetime, _now: float) -> frozenset[Need]:
        if packet.get("Uniqueid") != self.call_id:
            return frozenset()
        self.debtor = LegUp(packet.get("DestUniqueid"), packet.get("DestChannel"))
        self.call.note({"agent_up": "yes", "dialed": "yes"})
        self.call.apply(CallEvent.DIALED, at, {"channel": self.debtor.channel})
        return frozenset()

    def _dial_state(self, packet: Packet, at: datetime, _now: float) -> frozenset[Need]:
        status = packet.get("DialStatus")
        if packet.get("DestUniqueid") == self.debtor.uniqueid != "" and status in _RANG:
            self._ringing(at, {"dial_state": status})
        return frozenset()

    def _dial_end(self, packet: Packet, at: datetime, now: float) -> frozenset[Need]:
        if packet.get("DestUniqueid") != self.debtor.uniqueid or not self.debtor.uniqueid:
            return frozenset()
        status = packet.get("DialStatus")
        self.call.note({"dial_status": status})
        if status == "ANSWER":
            self._answered(at, {"dial_status": status})
            return self._joined(at, now)
        return frozenset()

    def _answered(self, at: datetime, raw: Mapping[str, str]) -> None:
        self.call.note({"answered": "yes"})
        self.call.apply(CallEvent.ANSWERED, at, raw)

    # ---- talking ----------------------------------------------------------------------------------------

    def _bridge_enter(self, packet: Packet, at: datetime, now: float) -> frozenset[Need]:
        leg = self._leg(packet.get("Uniqueid"))
        if leg is None:
            return frozenset()
        leg.bridge = packet.get("BridgeUniqueid")
        return self._joined(at, now)

    def _joined(self, at: datetime, now: float) -> frozenset[Need]:
        """Start the timeline once both legs share a bridge: then the debtor's side has answered."""
        if not self.connected:
            return frozenset()
        if self.recording_started is None:
            self.recording_started = at
        self.timeline.run(now)
        self.call.note({"bridged": "yes"})
        self._answered(at, {"bridge": self.agent.bridge})
        return frozenset({Need.TAPS})

    def _bridge_leave(self, packet: Packet, _at: datetime, now: float) -> frozenset[Need]:
        leg = self._leg(packet.get("Uniqueid"))
        if leg is not None and leg.bridge == packet.get("BridgeUniqueid"):
            leg.bridge = ""
            self.timeline.stop(now)
        return frozenset()

    # ---- the end ----------------------------------------------------------------------------------------

    def _hangup_request(self, packet: Packet, _at: datetime, _now: float) -> frozenset[Need]:
        leg = self._leg(packet.get("Uniqueid"))
        if leg is not None:
            self.call.note({"hung_up_first": "agent" if leg is self.agent else "debtor"})
        return frozenset()

    def _hangup(self, packet: Packet, at: datetime, now: float) -> frozenset[Need]:
        leg = self._leg(packet.get("Uniqueid"))
        if leg is None:
            return frozenset()
        leg.gone, leg.bridge = True, ""
        self.timeline.stop(now)
        cause, text, tech = packet.get("Cause"), packet.get("Cause-txt"), packet.get("TechCause")
        if leg is self.agent:
            self.call.note(_given(agent_cause=cause, agent_cause_text=text, agent_tech_cause=tech))
        else:
            self.call.note(_given(cause=cause, cause_text=text, tech_cause=tech))
        return self.after_hangup(at)

    def after_hangup(self, at: datetime) -> frozenset[Need]:
        """End the call when no leg is left; else say which leg must go too."""
        if self.agent.gone and not self.debtor.there:
            asked = "hangup_asked" in self.call.evidence
            failed = "agent_up" not in self.call.evidence and not asked
            self.call.apply(CallEvent.AGENT_FAILED if failed else CallEvent.HUNG_UP, at)
            return frozenset()
        if self.agent.gone:
            return frozenset({Need.HANG_UP_DEBTOR})
        # Before an answer the dialplan hangs the agent's leg up itself, after it has told the dial status.
        talked = self.call.state in (CallState.TALKING, CallState.HELD)
        return frozenset({Need.HANG_UP_AGENT}) if self.debtor.gone and talked else frozenset()

    def agent_unreachable(self, at: datetime, raw: Mapping[str, str]) -> None:
        """Take it that the agent's phone could not be rung at all."""
        self.call.note(raw)
        self.call.apply(CallEvent.AGENT_FAILED, at, raw)


def _given(**facts: str) -> dict[str, str]:
    return {key: value for key, value in facts.items() if value}


_Handler = Callable[[Followed, Packet, datetime, float], frozenset[Need]]
_HANDLERS: Mapping[str, _Handler] = {
    "Newchannel": Followed._channel,
    "Newstate": Followed._channel,
    "Rename": Followed._channel,
    "UserEvent": Followed._phase,
    "DialBegin": Followed._dial_begin,
    "DialState": Followed._dial_state,
    "DialEnd": Followed._dial_end,
    "BridgeEnter": Followed._bridge_enter,
    "BridgeLeave": Followed._bridge_leave,
    "HangupRequest": Followed._hangup_request,
    "Hangup": Followed._hangup,
}
