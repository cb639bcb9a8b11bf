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
from workstation.floor.messages_call import (
    CallChanged,
    CallEvent,
    CallSnapshot,
    ExcuseHeard,
    FactCaught,
    FindingRaised,
    Heard,
    LampsChanged,
    Redrawn,
    TakenOver,
    WordOut,
)
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
