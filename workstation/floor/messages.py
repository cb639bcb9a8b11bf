"""What travels between a workstation and the switchboard: one struct a message, JSON over a WebSocket.

A client sends a ``Command`` wrapped in ``Envelope`` with its own number and gets exactly one ``Reply`` with
that number. Everything else the server sends is an ``Event``. Call events carry ``seq``, which grows by one
within a call. Watching a call begins with a ``CallSnapshot`` that holds everything up to its ``seq``, so a
client that reconnects is where it was, whoever of the two had gone away. Times: ``at`` is seconds since the
epoch (UTC); ``start``, ``end`` and ``second`` are seconds on the call's own timeline, which begins when the
recording does.
"""

from __future__ import annotations

from typing import Any

import msgspec

from workstation.floor.message_base import Command, Event, LampOut
from workstation.floor.messages_floor import (
    FloorChanged,
    FloorRow,
    FloorSnapshot,
    ForcePause,
    ForceSignOut,
    LiftPause,
    Monitor,
    Pause,
    PauseChanged,
    PhoneChanged,
    PlayOnPhone,
    SignedOut,
    StopMonitor,
    StopPlaying,
    TakeOver,
    Unpause,
    UnwatchFloor,
    WatchFloor,
)

# ---- commands ------------------------------------------------------------------------------------------


class SignIn(Command, frozen=True, kw_only=True):
    """Open a session. The answer is ``SignedIn`` or a failed ``Reply``."""

    username: str
    password: str
    extension: str = ""
    """The collector's registered SIP phone; empty means the practice line."""
    code: str = ""
    """One-time code, of users who have one."""
    ticket: str = ""
    """In place of password and code: what signing in to the book gave (SignedInUser.ticket)."""


class Resume(Command, frozen=True, kw_only=True):
    """Take up a session again after a lost connection."""

    token: str


class PlaceCall(Command, frozen=True, kw_only=True):
    """Call one number of one person about one account. Gate, reservation and decision come first."""

    account_id: int
    party_id: int
    phone_id: int


class HangUp(Command, frozen=True, kw_only=True):
    """End the call on both legs."""

    call_id: str


class Hold(Command, frozen=True, kw_only=True):
    """Put the debtor on hold (music), or take them back."""

    call_id: str
    on: bool


class Mute(Command, frozen=True, kw_only=True):
    """Mute or unmute the collector's microphone."""

    call_id: str
    on: bool


class SendDigits(Command, frozen=True, kw_only=True):
    """Send DTMF digits (0-9, *, #) to the debtor's leg."""

    call_id: str
    digits: str


class PauseForCard(Command, frozen=True, kw_only=True):
    """Mute the recording and stop feeding the recogniser, or take both up again."""

    call_id: str
    on: bool


class Say(Command, frozen=True, kw_only=True):
    """Practice line only: speak this script text on the collector's leg."""

    call_id: str
    text: str


class PlayVoicemail(Command, frozen=True, kw_only=True):
    """Send the collector's leg the limited-content voicemail text to speak (practice line), or show it."""

    call_id: str


class Watch(Command, frozen=True, kw_only=True):
    """Subscribe to a call: after the reply comes a ``CallSnapshot``, then its events."""

    call_id: str


class Unwatch(Command, frozen=True, kw_only=True):
    """Stop watching a call."""

    call_id: str


class Envelope(msgspec.Struct, frozen=True):
    """A command with the client's number for it."""

    id: int
    command: (
        SignIn
        | Resume
        | PlaceCall
        | HangUp
        | Hold
        | Mute
        | SendDigits
        | PauseForCard
        | Say
        | PlayVoicemail
        | Watch
        | Unwatch
        | Monitor
        | StopMonitor
        | TakeOver
        | PlayOnPhone
        | StopPlaying
        | WatchFloor
        | UnwatchFloor
        | Pause
        | Unpause
        | ForcePause
        | LiftPause
        | ForceSignOut
    )


# ---- parts ---------------------------------------------------------------------------------------------


class WordOut(msgspec.Struct, frozen=True):
    """One word; times in seconds, confidence 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float


class RuleSaid(msgspec.Struct, frozen=True):
    """One rule's verdict of a gate decision, as shown to the collector."""

    rule_id: str
    citation: str
    message: str
    retry_at: float | None = None


# ---- what the server sends -----------------------------------------------------------------------------


class Reply(Event, frozen=True, kw_only=True):
    """The one answer to the command numbered ``id``."""

    id: int
    ok: bool
    error: str = ""
    """One line for the message line; empty when ok."""
    call_id: str = ""
    """The new call, when PlaceCall was permitted."""
    refused: tuple[RuleSaid, ...] = ()
    """Why the gate refused, headline first."""
    retry_at: float | None = None


class SignedIn(Event, frozen=True, kw_only=True):
    """A session is open. ``calls`` are the collector's calls still up: watch them to be back in them."""

    id: int
    token: str
    expires_at: float
    user_id: int
    full_name: str
    role: str
    extension: str
    calls: tuple[str, ...] = ()
    pause: str = ""
    """The pause they are on; empty: none."""
    paused_by: str = ""


class LineState(Event, frozen=True, kw_only=True):
    """The truth about the line, sent every second and at each change."""

    asterisk: str
    """up, down, or resyncing."""
    lag_ms: int
    """Age of the newest telephony event or answered ping, in milliseconds."""
    book: str
    """ok, or what is wrong with the database."""
    recogniser: str
    """ok, behind by N s, or what is missing."""


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


def to_plain(event: Event) -> dict[str, Any]:
    """Return an event as plain data, for programs that read the command line's JSON."""
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return plain


AnyEvent = (
    Reply
    | SignedIn
    | PhoneChanged
    | FloorSnapshot
    | FloorChanged
    | PauseChanged
    | SignedOut
    | LineState
    | CallChanged
    | TakenOver
    | Heard
    | FindingRaised
    | LampsChanged
    | ExcuseHeard
    | FactCaught
    | Redrawn
    | CallSnapshot
)

__all__ = [
    "AnyEvent",
    "CallChanged",
    "CallEvent",
    "CallSnapshot",
    "Command",
    "Envelope",
    "Event",
    "ExcuseHeard",
    "FactCaught",
    "FindingRaised",
    "FloorChanged",
    "FloorRow",
    "FloorSnapshot",
    "ForcePause",
    "ForceSignOut",
    "HangUp",
    "Heard",
    "Hold",
    "LampOut",
    "LampsChanged",
    "LiftPause",
    "LineState",
    "Monitor",
    "Mute",
    "Pause",
    "PauseChanged",
    "PauseForCard",
    "PhoneChanged",
    "PlaceCall",
    "PlayOnPhone",
    "PlayVoicemail",
    "Redrawn",
    "Reply",
    "Resume",
    "RuleSaid",
    "Say",
    "SendDigits",
    "SignIn",
    "SignedIn",
    "SignedOut",
    "StopMonitor",
    "StopPlaying",
    "TakeOver",
    "TakenOver",
    "Unpause",
    "Unwatch",
    "UnwatchFloor",
    "Watch",
    "WatchFloor",
    "WordOut",
    "to_plain",
]
