"""The book as the workstation and the switchboard need it: two Protocols that workstation.store implements.

Every method that writes commits before it returns: what it returned has happened. All are synchronous and
thread-safe (callers run them in worker threads). All instants are aware UTC and are given by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from compliance.checks.finding import Caught, Finding
from compliance.contact import CollectionPurpose, HoldKind, Medium, Permitted, Refused
from compliance.transcription.words import Leg, Source, Utterance
from workstation.desk.book_ledger import LedgerDesk
from workstation.desk.redaction import Kept, Owed
from workstation.desk.views import (
    AccountView,
    NoteDraft,
    QueueCounts,
    QueuePage,
    QueueRow,
    Saved,
    SignedInUser,
    WrapUp,
)


class BookError(Exception):
    """Root of what the book refuses. ``str()`` is one line for the message line.

    BookError
     +- SignInRefused      wrong name, password or code, or locked out
     |   +- CodeNeeded     a one-time code must be given besides
     +- LeaseHeld          another collector works this account
     +- NotAllowed         the user's role does not permit it
     |   +- ProofNeeded    the password must be given again first
     +- NotFound           no such account, call or hold
     +- InvalidEntry       a promise, date or code that cannot be saved as it is
     +- BookUnavailable    the database cannot be reached or written now; try again
    """


class SignInRefused(BookError):
    """Wrong name or password (which of them is not said), or too many tries."""


class CodeNeeded(SignInRefused):
    """The password is right, and this user signs in with a one-time code besides."""


class LeaseHeld(BookError):
    """Another collector works this account now."""


class NotAllowed(BookError):
    """The user's role does not permit this."""


class ProofNeeded(NotAllowed):
    """The user must give their password again first (``Desk.prove``); then the same may be tried again."""


class NotFound(BookError):
    """Nothing in the book has this id."""


class InvalidEntry(BookError):
    """What was entered cannot be saved; the message names the field and what to do."""


class BookUnavailable(BookError):
    """The database cannot be reached or written now (locked, full, down); the same call may succeed later."""


class Desk(LedgerDesk, Protocol):
    """What the workstation's screens do with the book."""

    def sign_in(self, username: str, password: str, now: datetime, code: str = "") -> SignedInUser:
        """Check a password (argon2), and a one-time code where the user has one.

        Raises SignInRefused, and CodeNeeded for a right password without its code. Five wrong tries, of
        either, lock the name for 15 minutes. Where a code was used, the user's ``ticket`` opens one session
        at the switchboard in its place.
        """

    def redeem(self, ticket: str, now: datetime) -> SignedInUser:
        """Return who a ticket was given to, once. Raises SignInRefused."""

    def prove(self, user_id: int, password: str, now: datetime) -> None:
        """Check the password of a user who is signed in, for what needs a fresh proof (ProofNeeded).

        Raises SignInRefused; wrong tries count as at sign-in.
        """

    def queue_page(
        self, user_id: int, now: datetime, offset: int, limit: int, *, later: bool = False
    ) -> QueuePage:
        """Return the callable queue in work order; with ``later``, the rest by next eligible time."""

    def queue_counts(self, user_id: int, now: datetime) -> QueueCounts:
        """Return the head line's figures."""

    def search_accounts(self, text: str, now: datetime, limit: int) -> tuple[QueueRow, ...]:
        """Find accounts by number, name, contact, phone digits or invoice number."""

    def take_account(self, user_id: int, now: datetime, account_id: int | None = None) -> int | None:
        """Lease the next callable account (or that one) to the user; None when the queue is empty.

        Raises LeaseHeld. A lease lasts 15 minutes; taking an account releases the user's other lease.
        """

    def keep_account(self, user_id: int, account_id: int, now: datetime) -> None:
        """Extend the lease."""

    def release_account(self, user_id: int, account_id: int) -> None:
        """Give the account back."""

    def account(self, account_id: int, now: datetime) -> AccountView:
        """Return everything about one account, gate verdict per phone included. Raises NotFound."""

    def script_facts(self, account_id: int, party_id: int, user_id: int, now: datetime) -> Mapping[str, str]:
        """Return the merge fields of scripts/vocabulary.toml for this account, person and collector."""

    def draft_note(self, call_id: str, now: datetime) -> NoteDraft:
        """Draft note, promise and dispositions from what telephony and transcript say."""

    def wrap_up(self, wrap: WrapUp, now: datetime) -> Saved:
        """Save disposition, note, promise, callback and holds in one transaction. Raises InvalidEntry."""

    def place_hold(
        self,
        account_id: int,
        party_id: int,
        kind: HoldKind,
        user_id: int,
        now: datetime,
        *,
        number: str | None = None,
    ) -> int:
        """Stop contact now; returns the hold's id."""

    def resolve_hold(self, hold_id: int, user_id: int, now: datetime, *, confirm: bool, reason: str) -> None:
        """Confirm a proposed hold, or lift one (supervisor and above; a reason is required)."""

    def unwrapped_call(self, user_id: int) -> tuple[str, int] | None:
        """Return (call id, account id) of the user's ended call without a disposition, if there is one."""


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Who wants to call whom about what."""

    account_id: int
    party_id: int
    phone_id: int
    collector_id: int
    agent_leg: str
    """The collector's extension, or ``practice``."""


@dataclass(frozen=True, slots=True)
class Authorised:
    """A committed decision with its reserved attempt: mint the permit from it and originate."""

    call_id: str
    decision_id: str
    verdict: Permitted
    number: str
    account_id: int
    party_id: int
    debt_ids: tuple[int, ...]
    profile: str
    party_name: str
    currency: str
    zone: str
    collector_name: str = ""
    stage: int = 4
    authorities: frozenset[str] = frozenset()
    """Consequences that may be named in this call (workstation.desk.standing.Consequence)."""
    purpose: CollectionPurpose = CollectionPurpose.COLLECT
    """A location call says nothing of a debt (12 CFR 1006.10)."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call the book believes is still up: the switchboard takes it over or closes it."""

    call_id: str
    decision_id: str
    account_id: int
    party_id: int
    collector_id: int
    number: str
    agent_leg: str
    profile: str
    party_name: str
    currency: str
    zone: str
    state: str
    reserved_at: datetime
    recording_started_at: datetime | None
    talk_started_at: datetime | None
    collector_name: str = ""
    stage: int = 4
    authorities: frozenset[str] = frozenset()
    """As of when it was reserved."""
    purpose: CollectionPurpose = CollectionPurpose.COLLECT


@dataclass(frozen=True, slots=True)
class TransitionRecord:
    """One step of the call state machine, as it happened."""

    at: datetime
    before: str
    event: str
    after: str
    evidence: Mapping[str, str]
    """Raw telephony evidence, kept so that a classification can be run again."""


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended, by telephony evidence."""

    at: datetime
    outcome: str
    """A value of dialer.outcome.Outcome."""
    connected: bool
    """Whether the attempt counts (12 CFR 1006.14(b)(3)(ii))."""
    conversation: bool
    """Whether live two-way talk took place; starts the cool-down."""
    talk_seconds: float
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a leg not heard live; seconds on the call's timeline. ``end`` None: to the end."""

    leg: Leg
    start: float
    end: float | None


class CallBook(Protocol):
    """What the switchboard does with the book."""

    def authorise(self, request: CallRequest, now: datetime) -> Authorised | Refused:
        """Load the facts, decide, reserve the attempt and append the decision, all in ONE transaction.

        A refusal is recorded too. Raises NotFound, and LeaseHeld where another collector holds the account.
        """

    def decision_is_valid(self, decision_id: str, call_id: str, number: str) -> bool:
        """Whether a committed Permitted decision stands behind a leg that quotes it."""

    def open_calls(self) -> tuple[OpenCall, ...]:
        """Return every call without an end."""

    def record_transition(self, call_id: str, step: TransitionRecord) -> None:
        """Append one step; sets the call's state, and recording/talk start where the step says so."""

    def record_recording(self, call_id: str, files: Mapping[str, str], started_at: datetime) -> None:
        """Keep the recordings' file names (not paths) under ``mixed``, ``agent`` and ``debtor``."""

    def add_utterance(self, call_id: str, utterance: Utterance, now: datetime) -> Kept:
        """Append final words, masked where they must be (docs/redaction.md), and mask what belongs to them.

        One transaction: words, redaction, incident and audit log. Never call it with a partial.
        """

    def add_finding(self, call_id: str, finding: Finding, now: datetime) -> int | None:
        """Append a finding and, in the same transaction, the hold it proposes; returns the hold's id."""

    def add_caught(self, call_id: str, caught: Caught) -> None:
        """Append a fact caught from the talk."""

    def add_excuse(self, call_id: str, excuse_id: str, score: float, second: float, text: str) -> None:
        """Append an excuse heard."""

    def end_call(self, call_id: str, end: CallEnd) -> None:
        """Close the call and settle its attempt from telephony evidence."""

    def record_gap(self, call_id: str, gap: Gap) -> None:
        """Note that a stretch was not heard live, so that it is transcribed from the recording afterwards."""

    def gaps(self) -> tuple[tuple[str, Gap], ...]:
        """Return the open gaps of ended calls, oldest first."""

    def fill_gap(self, call_id: str, gap: Gap, heard: Sequence[Utterance] | None, now: datetime) -> None:
        """Close a gap with what the recording says (source ``recording``); None: it cannot be heard."""

    def redactions_owed(self) -> tuple[Owed, ...]:
        """Return the ended calls whose recordings are owed the muting of what was cut out of their words."""

    def redaction_paid(self, owing: Owed, files: Mapping[str, str], now: datetime) -> None:
        """Note that the recordings were muted: SHA-256 of each file as it is now, by name."""

    def unheard(self, call_id: str) -> tuple[Gap, ...]:
        """Return the stretches nobody could hear, live or recorded: absence there proves nothing."""

    def call(self, call_id: str) -> OpenCall:
        """Return a call's facts, ended or not. Raises NotFound."""

    def calls_to_judge(self) -> tuple[str, ...]:
        """Return ended calls whose transcript is whole (no open gap) and has not had its last judgement."""

    def mark_judged(self, call_id: str) -> None:
        """Note that the whole transcript has been held against the rules."""

    def utterances(self, call_id: str) -> tuple[Utterance, ...]:
        """Return the stored words in order of time."""

    def findings(self, call_id: str) -> tuple[Finding, ...]:
        """Return the stored findings in order of time."""

    def report_unknown_leg(self, channel: str, number: str, now: datetime) -> None:
        """Write to the audit log that a leg without a valid decision was hung up."""

    def audit(self, actor: str, action: str, subject: str, detail: Mapping[str, str], now: datetime) -> None:
        """Append to the hash-chained audit log."""


__all__ = [
    "Authorised",
    "BookError",
    "BookUnavailable",
    "CallBook",
    "CallEnd",
    "CallRequest",
    "CodeNeeded",
    "Desk",
    "Gap",
    "HoldKind",
    "InvalidEntry",
    "LeaseHeld",
    "Medium",
    "NotAllowed",
    "NotFound",
    "OpenCall",
    "ProofNeeded",
    "SignInRefused",
    "Source",
    "TransitionRecord",
]
