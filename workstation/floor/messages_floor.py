"""Messages of the floor: own phones, who does what at this moment, pauses, and the end of sessions."""

from __future__ import annotations

import msgspec

from workstation.floor.message_base import Command, Event, LampOut

# ---- own phones ----------------------------------------------------------------------------------------


class Monitor(Command, frozen=True, kw_only=True):
    """Ring the user's own phone to listen to a call that is up; sent again, change how it listens."""

    call_id: str
    mode: str
    """listen, whisper or barge."""


class StopMonitor(Command, frozen=True):
    """Hang the user's own phone up."""


class TakeOver(Command, frozen=True, kw_only=True):
    """Put the user's own phone in the collector's place; the call, its record and its recording go on."""

    call_id: str


class PlayOnPhone(Command, frozen=True, kw_only=True):
    """Ring the user's own phone and play a stretch of an ended call's recording on it."""

    call_id: str
    leg: str
    """agent, debtor, or mixed."""
    start_s: float
    """Second of the call's timeline."""
    seconds: float


class StopPlaying(Command, frozen=True):
    """Hang the user's own phone up."""


class PhoneChanged(Event, frozen=True, kw_only=True):
    """What the user's own phone does, which the switchboard rang at their order."""

    job: str
    """listen, whisper, barge, ready (to take over) or play."""
    state: str
    """ringing, up, taken (it is the collector's leg now), over or failed."""
    call_id: str
    detail: str = ""
    """What went wrong, in one line."""


# ---- the floor -----------------------------------------------------------------------------------------


class WatchFloor(Command, frozen=True):
    """Subscribe to the floor: after the reply comes a ``FloorSnapshot``, then ``FloorChanged``."""


class UnwatchFloor(Command, frozen=True):
    """Stop watching the floor."""


class Pause(Command, frozen=True, kw_only=True):
    """Go on pause, now or when the call is over and wrapped up. No call can be placed meanwhile."""

    reason: str
    """A code of workstation/desk/pauses.toml."""


class Unpause(Command, frozen=True):
    """Come back from one's own pause."""


class ForcePause(Command, frozen=True, kw_only=True):
    """Put a collector on pause: no new calls; one that is up is not touched. Only a supervisor ends it."""

    user_id: int
    reason: str
    """In words, for the collector and the audit log."""


class LiftPause(Command, frozen=True, kw_only=True):
    """End a collector's pause."""

    user_id: int


class ForceSignOut(Command, frozen=True, kw_only=True):
    """End a collector's sessions; a call that is up stays up."""

    user_id: int
    reason: str


class FloorRow(msgspec.Struct, frozen=True):
    """One collector who is signed in."""

    user_id: int
    name: str
    role: str
    extension: str
    """Empty: the practice line."""
    state: str
    """A value of workstation.desk.floor.FloorState."""
    since: float
    """When the state began, seconds since the epoch."""
    pause: str = ""
    """The pause they are on, or go on when this call is wrapped up."""
    paused_by: str = ""
    """Who paused them; empty: they did themselves."""
    connected: bool = True
    """Whether a terminal of theirs is connected."""
    call_id: str = ""
    """The call that is up, or is being wrapped up."""
    account_id: int = 0
    account: str = ""
    """Number and name of its account."""
    lamps: tuple[LampOut, ...] = ()
    finding: str = ""
    """Title of the newest finding of the call."""
    severity: str = ""
    """Of that finding: a value of compliance.checks.finding.Severity."""
    alarm: bool = False
    """Whether the call needs a supervisor's look: a grave finding, or a required disclosure missing."""
    taken_by: str = ""
    """Who took the call over."""
    calls: int = 0
    right_party: int = 0
    promises: int = 0
    """Of today."""


class FloorSnapshot(Event, frozen=True, kw_only=True):
    """Everybody on the floor as of ``at``; then come changes, four a second at most."""

    at: float
    """The switchboard's clock: what ``since`` is measured by."""
    lag_ms: int
    """Age of the newest telephony event when it was taken in."""
    rows: tuple[FloorRow, ...]


class FloorChanged(Event, frozen=True, kw_only=True):
    """Rows that changed. One comes every second even where nothing did: then what is shown is current."""

    at: float
    lag_ms: int
    rows: tuple[FloorRow, ...] = ()
    gone: tuple[int, ...] = ()
    """Users who left the floor."""


class PauseChanged(Event, frozen=True, kw_only=True):
    """To the collector: whether they are on pause."""

    reason: str
    """Empty: they are not."""
    by: str = ""
    """Who put them on it; empty: they did themselves."""


class SignedOut(Event, frozen=True, kw_only=True):
    """To the collector: the session has ended; sign in again."""

    reason: str
