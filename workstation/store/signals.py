"""What ranking looks at, loaded for a batch of accounts with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import Medium, NumberKind
from workstation.desk.aging import OpenItem
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.promise import Receipt
from workstation.desk.reach import Try
from workstation.desk.stage import stage_name
from workstation.store.facts import Target
from workstation.store.tables import (
    Account,
    Attempt,
    BookFigure,
    Callback,
    CallRow,
    Contact,
    Conversation,
    FinalDeadline,
    Invoice,
    Party,
    Payment,
    Phone,
    Promise,
    StageAction,
)

TRIES_BACK = timedelta(days=365)
"""How far back attempts speak for the best hour."""


@dataclass(slots=True)
class AccountData:
    """One account's raw material for ranking and for the account screen."""

    account: Account
    name: str
    country: str
    target: Target | None = None
    """The primary contact's first phone; None when there is none to call."""
    number_kind: NumberKind = NumberKind.UNKNOWN
    zone: str = "UTC"
    items: list[OpenItem] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    callback: Callback | None = None
    tries: list[Try] = field(default_factory=list)
    """Attempts to any contact of the account."""
    last_talk: datetime | None = None
    last_outcome: tuple[str, datetime] | None = None
    """Disposition of the last wrapped call and when that call ended."""
    last_chance: date | None = None
    """The day on which a manager's last chance ends, while it runs or waits for a decision."""
    stage_call: str = ""
    """The call the stages decided on and nobody has made since."""


def load_accounts(session: Session, account_ids: Sequence[int], now: datetime) -> dict[int, AccountData]:
    """Load a batch (up to a few hundred accounts); ids that are not in the book are left out."""
    found: dict[int, AccountData] = {
        account.id: AccountData(account, name, country)
        for account, name, country in session.execute(
            select(Account, Party.name, Party.country)
            .join(Party, Party.id == Account.party_id)
            .where(Account.id.in_(account_ids))
        )
    }
    _primary_phones(session, found)
    for row in session.execute(
        select(Invoice.account_id, Invoice.due, Invoice.open_minor, Invoice.disputed_minor).where(
            Invoice.account_id.in_(found), Invoice.open_minor != 0
        )
    ):
        found[row.account_id].items.append(OpenItem(row.due, row.open_minor, row.disputed_minor))
    for promise in session.scalars(
        select(Promise)
        .where(Promise.account_id.in_(found), Promise.replaced_at.is_(None))
        .order_by(Promise.made_at, Promise.id)
    ):
        found[promise.account_id].promises.append(promise)
    for paid in session.execute(
        select(Payment.account_id, Payment.received_on, Payment.amount_minor).where(
            Payment.account_id.in_([i for i, d in found.items() if d.promises])
        )
    ):
        found[paid.account_id].receipts.append(Receipt(paid.received_on, paid.amount_minor))
    for callback in session.scalars(
        select(Callback)
        .where(Callback.account_id.in_(found), Callback.done_at.is_(None))
        .order_by(Callback.due_at.desc())
    ):
        found[callback.account_id].callback = callback
    _past_contacts(session, found, now)
    _stage_calls(session, found)
    _last_chances(session, found)
    return found


def _last_chances(session: Session, found: dict[int, AccountData]) -> None:
    for row in session.execute(
        select(FinalDeadline.account_id, FinalDeadline.day)
        .where(
            FinalDeadline.account_id.in_(found),
            FinalDeadline.state.in_((DeadlineState.RUNNING.value, DeadlineState.DUE.value)),
        )
        .order_by(FinalDeadline.id)
    ):
        found[row.account_id].last_chance = row.day


def _stage_calls(session: Session, found: dict[int, AccountData]) -> None:
    for row in session.execute(
        select(StageAction.account_id, StageAction.stage, StageAction.on, StageAction.planned_at)
        .where(
            StageAction.account_id.in_(found), StageAction.state == "planned", StageAction.channel == "call"
        )
        .order_by(StageAction.id)
    ):
        data = found[row.account_id]
        if data.last_talk is None or data.last_talk < row.planned_at:
            day = f"{row.on.day} {row.on:%b}"
            data.stage_call = f"stage {row.stage} {stage_name(row.stage)}: call due since {day}"


def _primary_phones(session: Session, found: dict[int, AccountData]) -> None:
    for row in session.execute(
        select(Contact.account_id, Contact.party_id, Phone.id, Phone.kind, Phone.zones)
        .join(Phone, Phone.party_id == Contact.party_id)
        .where(Contact.account_id.in_(found), Phone.suppressed.is_(False))
        .order_by(Contact.rank.desc(), Contact.id.desc(), Phone.rank.desc(), Phone.id.desc())
    ):
        data = found[row.account_id]  # the last one assigned is the first in rank
        data.target = Target(row.account_id, row.party_id, row.id)
        data.number_kind = NumberKind(row.kind)
        data.zone = row.zones[0] if row.zones else "UTC"


def _past_contacts(session: Session, found: dict[int, AccountData], now: datetime) -> None:
    for row in session.execute(
        select(Attempt.account_id, Attempt.at, Attempt.right_party)
        .where(
            Attempt.account_id.in_(found),
            Attempt.at >= now - TRIES_BACK,
            Attempt.medium == Medium.CALL.value,  # a mail says nothing about the hour to call
        )
        .order_by(Attempt.at)
    ):
        found[row.account_id].tries.append(Try(row.at, row.right_party))
    for account_id, at in session.execute(
        select(Conversation.account_id, Conversation.at)
        .where(Conversation.account_id.in_(found))
        .order_by(Conversation.at)
    ):
        found[account_id].last_talk = at
    for call in session.execute(
        select(CallRow.account_id, CallRow.disposition, CallRow.ended_at)
        .where(CallRow.account_id.in_(found), CallRow.disposition != "", CallRow.ended_at.is_not(None))
        .order_by(CallRow.ended_at)
    ):
        found[call.account_id].last_outcome = (call.disposition, call.ended_at)


@dataclass(frozen=True, slots=True)
class Scale:
    """Figures about the whole book, by currency, in minor units."""

    largest: dict[str, int]
    cap: dict[str, int]


def load_scale(session: Session) -> Scale:
    """Read what is large in this book; empty until the whole queue has been worked out once."""
    figures: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for name, value in session.execute(select(BookFigure.name, BookFigure.value)):
        figure, _, currency = name.partition(":")
        figures[figure][currency] = value
    return Scale(figures["largest"], figures["cap"])


def local_day(instant: datetime, zone: str) -> date:
    """Return the calendar date of an instant in a zone."""
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(zone)).date()
