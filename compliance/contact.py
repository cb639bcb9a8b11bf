"""Facts about an intended contact, and the verdict the gate gives on them.

These types are the contract between the gate (pure), the book (which supplies the facts and keeps the
decision) and the screens (which show it). Nothing here does I/O or asks for the time.

Vocabulary (12 CFR 1006.2): an *attempt* is any act to start contact, answered or not; a *conversation* is
live two-way talk about the debt; a *debt* is one obligation and an account may hold several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Medium(StrEnum):
    """How a person is contacted."""

    CALL = "call"
    TEXT = "text"
    EMAIL = "email"
    LETTER = "letter"


class NumberKind(StrEnum):
    """What a phone number is for; unknown is treated like home."""

    OFFICE = "office"
    """A business's own line: the usual number of a business debtor."""
    WORK = "work"
    """A natural person's place of employment."""
    HOME = "home"
    MOBILE = "mobile"
    UNKNOWN = "unknown"


class HoldKind(StrEnum):
    """Why contact must stop. The order is the gate's order (domain rules, section 2.4)."""

    BANKRUPTCY = "bankruptcy"
    DISPUTE = "dispute"
    CEASE = "cease"
    ATTORNEY = "attorney"
    DECEASED = "deceased"
    VULNERABLE = "vulnerable"
    OPT_OUT = "opt-out"
    """The person refused one medium, or one number."""
    WRONG_NUMBER = "wrong-number"
    WORK_FORBIDDEN = "work-forbidden"


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop on contact. A proposed hold (heard, not yet decided by a person) blocks like a confirmed one."""

    kind: HoldKind
    since: datetime
    until: datetime | None = None
    """None means until somebody lifts it."""
    debt_id: int | None = None
    """None means every debt of the person."""
    number: str | None = None
    """E.164; None means every number."""
    medium: Medium | None = None
    """None means every medium."""
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One earlier attempt to reach this person, as telephony evidence has it."""

    at: datetime
    medium: Medium
    debt_ids: frozenset[int]
    number: str | None
    connected: bool
    """Whether the attempt counts (12 CFR 1006.14(b)(3)(ii)); a slot reserved and not yet settled counts."""
    exempt: bool = False
    """True where 12 CFR 1006.14(b)(3) excludes it (consent days, attorney, and so on)."""


@dataclass(frozen=True, slots=True)
class PastConversation:
    """A live talk about these debts; who called whom does not matter."""

    at: datetime
    debt_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Everything the gate looks at for one intended contact."""

    profile: str
    """Profile id, such as ``b2b-first-party``."""
    medium: Medium
    person_id: int
    debt_ids: frozenset[int]
    country: str
    """ISO 3166-1 alpha-2 of the person's address, used for holidays."""
    number: str | None = None
    """E.164, required for calls and texts."""
    number_kind: NumberKind = NumberKind.UNKNOWN
    zones: tuple[str, ...] = ()
    """Every IANA zone the person may be in; empty means unknown, and unknown refuses."""
    jurisdictions: tuple[str, ...] = ()
    """Candidate places, ISO 3166-2 such as ``US-IL``, from number and address."""
    attempts: tuple[PastAttempt, ...] = ()
    conversations: tuple[PastConversation, ...] = ()
    holds: tuple[Hold, ...] = ()


class CheckVerdict(StrEnum):
    """What one rule said."""

    PASS = "pass"  # noqa: S105 - a verdict
    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule's verdict with all that is needed to explain it."""

    rule_id: str
    rule_version: str
    """The effective date of the rule value used, ISO 8601."""
    citation: str
    verdict: CheckVerdict
    message: str
    """One line for the person at the screen."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    retry_at: datetime | None = None
    """UTC instant from which this rule alone would pass; None means not by waiting."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """Contact may start at any instant from ``at`` until ``until`` (UTC, exclusive)."""

    at: datetime
    until: datetime
    checks: tuple[Check, ...]
    rulebook: str
    """Version of the rulebook: a digest of its files."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Contact may not start. ``reasons[0]`` is the headline by the gate's order."""

    at: datetime
    reasons: tuple[Check, ...]
    checks: tuple[Check, ...]
    retry_at: datetime | None
    """The next eligible instant (UTC), every rule considered; None means not by waiting."""
    rulebook: str


Verdict = Permitted | Refused
