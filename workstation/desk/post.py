"""The post as the desk knows it: what a message is, and the only ways in which its state may change.

A message is handed over once. What cannot be known to have been handed over, or not, is *uncertain* and waits
for a report or for a person; it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from compliance.contact import Medium
from workstation.desk.money import Money


class PostState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    """Claimed by one sender; nobody else may touch it."""
    SENT = "sent"
    """Accepted by the mail server, or put in the post."""
    BOUNCED = "bounced"
    """Accepted and returned later."""
    FAILED = "failed"
    """Never accepted, and not tried again."""
    UNCERTAIN = "uncertain"
    """The sender ended, or the line broke, between handing over and hearing the answer."""
    REFUSED = "refused"
    """The gate closed between queueing and sending, and waiting does not open it."""


_MOVES: Mapping[PostState, frozenset[PostState]] = {
    PostState.QUEUED: frozenset({PostState.SENDING, PostState.QUEUED, PostState.REFUSED, PostState.FAILED}),
    PostState.SENDING: frozenset(
        {PostState.SENT, PostState.QUEUED, PostState.FAILED, PostState.UNCERTAIN, PostState.BOUNCED}
    ),
    PostState.UNCERTAIN: frozenset({PostState.SENT, PostState.BOUNCED, PostState.QUEUED, PostState.FAILED}),
    PostState.SENT: frozenset({PostState.BOUNCED}),
    PostState.BOUNCED: frozenset(),
    PostState.FAILED: frozenset(),
    PostState.REFUSED: frozenset(),
}


class IllegalMove(ValueError):
    """A message cannot go from its state to that one."""


def check_move(before: PostState, after: PostState) -> None:
    """Raise IllegalMove unless a message may go from one state to the other."""
    if after not in _MOVES[before]:
        raise IllegalMove(f"a message that is {before.value} cannot become {after.value}")


BACK_OFF = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long to wait after each try that failed for now; after the last one the message has failed."""


def next_try(tries: int, now: datetime) -> datetime | None:
    """Return when to try again after `tries` tries; None when it was the last."""
    return now + BACK_OFF[tries - 1] if 1 <= tries <= len(BACK_OFF) else None


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One open invoice in a letter's list."""

    invoice_id: int
    number: str
    issued: date
    due: date
    amount: Money
    open: Money
    disputed: Money
    days_late: int
    """Negative before the due date."""
    po_number: str = ""


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """What a message to one person about one account is written from."""

    account_id: int
    party_id: int
    account_number: str
    profile: str
    stage: int
    company: str
    fields: Mapping[str, str]
    """The merge fields of scripts/vocabulary.toml."""
    lines: tuple[LetterLine, ...]
    """Open invoices, oldest due first."""
    recipient: str
    """The person's name."""
    debtor: str
    """The debtor's name; the same where the person is the debtor."""
    email: str
    address: tuple[str, ...]
    """Lines of the postal address below the names; empty where none is known."""
    today: date
    """Where the person is."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as written, ready for the outbox."""

    account_id: int
    party_id: int
    user_id: int
    medium: Medium
    template: str
    template_digest: str
    sender: str
    sender_name: str
    recipient: str
    subject: str
    body: str
    html: str = ""
    pdf: bytes | None = None
    domain: str = "dunline.invalid"
    """Right side of the Message-ID."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A message in the outbox."""

    outbox_id: int
    message_id: str
    decision_id: str
    medium: Medium
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this sender, and no other, may hand over now."""

    outbox_id: int
    token: str
    message_id: str
    sender: str
    sender_name: str
    recipient: str
    subject: str
    body: str
    html: str
    pdf: bytes | None
    tries: int
    """This try included."""
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of handing a message over."""

    state: PostState
    """SENT; QUEUED for now refused, to be tried again; FAILED for good; UNCERTAIN."""
    reply: str
    """The server's words, or what broke."""


@dataclass(frozen=True, slots=True)
class PostView:
    """One message of the outbox for screens and commands."""

    outbox_id: int
    account_id: int
    party_id: int
    medium: str
    template: str
    recipient: str
    subject: str
    state: PostState
    tries: int
    queued_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    reply: str
    message_id: str
