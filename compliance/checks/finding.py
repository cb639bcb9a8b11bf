"""What the live checks say about a call: findings, lamps, and facts caught from the talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from compliance.contact import HoldKind
from compliance.transcription.words import Leg, Word


class Severity(StrEnum):
    """How bad it is; orders the supervisor's list."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    INFO = "info"


class Heard(StrEnum):
    """A finding's verdict. ``missing`` needs a transcript good enough to prove absence."""

    HEARD = "heard"
    MISSING = "missing"
    INCONCLUSIVE = "inconclusive"


class FindingKind(StrEnum):
    """What sort of rule found it."""

    DISCLOSURE = "disclosure"
    """Something the agent must say."""
    FORBIDDEN = "forbidden"
    """Something the agent must not say."""
    CUE = "cue"
    """Something the debtor said that changes what may be done next."""
    INCIDENT = "incident"
    """Something a supervisor must see, whoever said it: card data spoken while the call was recorded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's result on one call, with the words it rests on."""

    rule_id: str
    rule_version: str
    kind: FindingKind
    title: str
    severity: Severity
    citation: str
    leg: Leg
    verdict: Heard
    start: float
    """Seconds from the start of the leg's timeline; for a missing disclosure, when it fell due."""
    end: float
    confidence: float
    words: tuple[Word, ...] = ()
    reason: str = ""
    """Why inconclusive, in one line; empty otherwise."""
    hold: HoldKind | None = None
    """The hold this cue proposes, if it does."""
    advice: str = ""
    """What to do now, one line for the screen."""


class LampState(StrEnum):
    """A disclosure's state during the call."""

    WAITING = "waiting"
    DUE_SOON = "due-soon"
    HEARD = "heard"
    MISSING = "missing"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Lamp:
    """One required disclosure as the screen shows it."""

    rule_id: str
    title: str
    state: LampState
    at: float | None = None
    """Second it was heard, or the second it falls due."""


class CaughtKind(StrEnum):
    """Facts drawn from the talk for the note."""

    PROMISE = "promise"
    CALLBACK = "callback"
    EMAIL = "email"
    DISPUTE = "dispute"
    CONSENT = "consent"
    REACHED = "reached"
    """Who answered."""


class Reached(StrEnum):
    """Who answered, as their own words tell."""

    RIGHT_PARTY = "right-party"
    THIRD_PARTY = "third-party"
    WRONG_NUMBER = "wrong-number"
    MACHINE = "machine"


WITHDRAWN = "withdrawn"
"""Value of a promise that was taken back."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A fact heard, offered to the collector, never booked without a person's key."""

    kind: CaughtKind
    leg: Leg
    at: float
    """Seconds from the start of the leg's timeline."""
    text: str
    """The words it rests on."""
    confidence: float
    amount_minor: int | None = None
    """Minor units of the account's currency."""
    day: date | None = None
    method: str = ""
    time_of_day: time | None = None
    """The hour named for a callback, on the debtor's clock; None where none was."""
    value: str = ""
    """What the words come to. E-mail: the address. Dispute: a reason of workstation.desk.dispute. Consent: a
    scope of compliance.contact, a medium after a colon. Reached: a value of Reached. Promise: ``withdrawn``
    where it was taken back, else empty."""
    conditional: bool = False
    """Whether a promise hangs on something: "if the cheque comes in"."""
    confirmed: bool = False
    """Whether the other side said yes to the collector's words."""
    who: str = ""
    """Who will pay, as said ("husband"); empty: who is on the line."""
