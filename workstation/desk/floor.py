"""The floor: the state each collector is in, from telephony and session events only, and what it adds up to.

Source of the time categories: domain.md section 5. Occupancy sets the time on calls (talk, hold, wrap-up)
against that plus the time available; pauses are in neither. Staffed time is everything but away; paid time is
staffed time without unpaid pauses.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files


class FloorState(StrEnum):
    """What a collector does now."""

    AVAILABLE = "available"
    """Signed in, in no call, not on pause: the next call can be placed."""
    PAUSED = "paused"
    DIALLING = "dialling"
    """Their own phone rings or the debtor is being dialled."""
    RINGING = "ringing"
    """The debtor's side says it rings."""
    TALKING = "talking"
    HOLD = "on hold"
    CARD = "card pause"
    """Recording and hearing are off while a card number is spoken."""
    WRAP_UP = "wrap-up"
    """The call is over and has no disposition yet."""
    AWAY = "away"
    """Signed in, and no terminal of theirs is connected."""


ON_CALL = frozenset(
    {FloorState.DIALLING, FloorState.RINGING, FloorState.TALKING, FloorState.HOLD, FloorState.CARD}
)
_OF_CALL = {
    "reserved": FloorState.DIALLING,
    "agent-ringing": FloorState.DIALLING,
    "dialing": FloorState.DIALLING,
    "ringing": FloorState.RINGING,
    "talking": FloorState.TALKING,
    "held": FloorState.HOLD,
}
"""From dialer.call.CallState."""


def floor_state(
    *,
    call: str | None,
    recording: str = "",
    wrapping: bool = False,
    connected: bool = True,
    paused: bool = False,
) -> FloorState:
    """Return the state that the evidence comes to; the strongest evidence wins.

    `call` is the state of the call that is up (a value of dialer.call.CallState), None for none; `recording`
    is ``paused`` while a card number is spoken. A call goes on without a terminal, and a pause begins when
    call and wrap-up are over.
    """
    if call is not None and (state := _OF_CALL.get(call)) is not None:
        return FloorState.CARD if state is FloorState.TALKING and recording == "paused" else state
    if not connected:
        return FloorState.AWAY
    if wrapping:
        return FloorState.WRAP_UP
    return FloorState.PAUSED if paused else FloorState.AVAILABLE


@dataclass(frozen=True, slots=True)
class PauseReason:
    """Why somebody is on pause."""

    code: str
    label: str
    paid: bool


class PauseFileError(Exception):
    """pauses.toml cannot be used; the message names what is wrong."""


def read_pauses(text: str) -> Mapping[str, PauseReason]:
    """Read the file's text, in its order. Raises PauseFileError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PauseFileError(f"pauses.toml: {error}") from None
    found = {}
    for code, row in raw.items():
        if not isinstance(row, dict) or set(row) != {"label", "paid"}:
            raise PauseFileError(f"pauses.toml: [{code}] has label and paid, and nothing else")
        if not isinstance(row["label"], str) or not row["label"] or not isinstance(row["paid"], bool):
            raise PauseFileError(f"pauses.toml: [{code}]: label is a text, paid is true or false")
        found[code] = PauseReason(code, row["label"], row["paid"])
    if not found:
        raise PauseFileError("pauses.toml: at least one reason is needed")
    return found


@cache
def pauses() -> Mapping[str, PauseReason]:
    """The reasons of the package."""
    return read_pauses(files("workstation.desk").joinpath("pauses.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class SpanLine:
    """One stretch of one collector in one state; `ms` in whole milliseconds, on the day it began."""

    user_id: int
    on: date
    state: str
    reason: str
    ms: int


@dataclass(frozen=True, slots=True)
class FloorTime:
    """How long, in milliseconds."""

    available: int
    staffed: int
    paused: int
    paid: int


def add_up(spans: Iterable[SpanLine]) -> FloorTime:
    """Add spans up to the times the key figures are made of."""
    available = staffed = paused = paid = 0
    for span in spans:
        if span.state == FloorState.AWAY:
            continue
        staffed += span.ms
        paid += span.ms
        if span.state == FloorState.AVAILABLE:
            available += span.ms
        elif span.state == FloorState.PAUSED:
            paused += span.ms
            reason = pauses().get(span.reason)
            if reason is not None and not reason.paid:
                paid -= span.ms
    return FloorTime(available, staffed, paused, paid)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the switchboard must know of a user at every command: a change of it counts at once."""

    user_id: int
    role: str
    active: bool
    era: int
    pause: str
    """The pause they are on: a code of pauses.toml, or the words of who paused them; empty: none."""
    paused_by: str
    """Who paused them; empty: they did themselves."""


@dataclass(frozen=True, slots=True)
class Today:
    """A collector's figures of the day."""

    calls: int = 0
    right_party: int = 0
    promises: int = 0


@dataclass(frozen=True, slots=True)
class SpanChange:
    """A collector is in another state from an instant on; ``state`` empty: off the floor."""

    user_id: int
    state: str
    reason: str
    call_id: str
    at: datetime
