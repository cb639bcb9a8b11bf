"""Loading what a stage run looks at: many accounts with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind
from workstation.desk.hold import LABEL
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState, Receipt, judge, last_day
from workstation.desk.segment import PaidPart, Segment, SizeBounds, segment
from workstation.desk.stage import FINAL
from workstation.desk.stages import Evidence, InvoiceCase, long_day
from workstation.desk.stages_plan import AccountCase
from workstation.desk.treatment import Channel
from workstation.store.tables import (
    Account,
    Allocation,
    Attempt,
    Contact,
    Conversation,
    Credit,
    CreditAllocation,
    HoldRow,
    Instalment,
    Invoice,
    Message,
    Party,
    Payment,
    Phone,
    Plan,
    PostalAddress,
    Promise,
    StageStep,
)
from workstation.store.tables.stages import AccountTreatment, InvoiceStage, StageAction

PARKING = frozenset(
    {
        HoldKind.BANKRUPTCY,
        HoldKind.DISPUTE,
        HoldKind.CEASE,
        HoldKind.ATTORNEY,
        HoldKind.DECEASED,
        HoldKind.VULNERABLE,
    }
)
"""Holds that rest the whole account; those on a number or a medium only close that way."""

CONTACTS_BACK = timedelta(days=60)
"""How far back contacts are loaded: as long as the longest pause a strategy may ask for."""

LIVE_ACTIONS = ("planned", "queued", "sent", "done")
"""States of an action that count as taken."""

REFUSED_RESTS = timedelta(days=3)
"""A step that the post or the gate refused is tried again after this."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a message that a run decided on, or of a call."""

    action_id: int
    stage: int
    channel: str
    on: date
    """The day it was sent; of a call the day it was decided on."""
    before: str
    now: str
    """States of the action: as recorded, and as the message or the talk says."""
    invoice_ids: tuple[int, ...]


@dataclass(slots=True)
class Known:
    """One account as loaded, with what the writer compares against."""

    case: AccountCase
    stage: int
    """The account's own, before the run."""
    fresh: bool
    """Whether it has no treatment row yet."""
    states: dict[int, InvoiceCase] = field(default_factory=dict)
    """Invoice cases as they stand in the book."""
    outcomes: tuple[Outcome, ...] = ()
    """Actions whose state has changed since the last run."""


@dataclass(slots=True)
class _Bits:
    """What is gathered for one account on the way."""

    invoices: list[InvoiceCase] = field(default_factory=list)
    paid: list[PaidPart] = field(default_factory=list)
    contacts: set[date] = field(default_factory=set)
    forms: list[datetime] = field(default_factory=list)
    done: dict[tuple[int, str], date] = field(default_factory=dict)
    open_call: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    balance: int = 0
    parked: str = ""
    broken: int = 0
    talked_at: datetime | None = None
    attempts: int = 0
    numbers: int = 0
    email: bool = False
    address: bool = False
    phone: bool = False
    evidence: str = ""


def next_ids(session: Session, as_of: date, after: int, limit: int) -> list[int]:
    """Return the next accounts, by id, that this day's run has not looked at."""
    query = (
        select(Account.id)
        .outerjoin(AccountTreatment, AccountTreatment.account_id == Account.id)
        .where(
            Account.id > after,
            or_(AccountTreatment.last_run_on.is_(None), AccountTreatment.last_run_on < as_of),
        )
        .order_by(Account.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def load(
    session: Session, ids: Sequence[int], as_of: date, zone: ZoneInfo, bounds: SizeBounds
) -> list[Known]:
    """Load these accounts (ascending ids) as of a day in the floor's zone."""
    if not ids:
        return []
    low, high = ids[0], ids[-1]
    bits: dict[int, _Bits] = defaultdict(_Bits)
    accounts = session.execute(
        select(
            Account.id,
            Account.number,
            Account.profile,
            Account.currency,
            Account.stage,
            Account.opened_on,
            Party.name,
            Party.email,
            AccountTreatment.account_id.label("treated"),
        )
        .join(Party, Party.id == Account.party_id)
        .outerjoin(AccountTreatment, AccountTreatment.account_id == Account.id)
        .where(Account.id.between(low, high))
    ).all()
    currency = {row.id: row.currency for row in accounts}
    _invoices(session, low, high, as_of, currency, bits)
    _payment_parts(session, low, high, as_of, bits)
    _commitments(session, low, high, as_of, zone, currency, bits)
    _contacts(session, low, high, as_of, zone, bits)
    _actions(session, low, high, as_of, zone, bits)
    _ways(session, low, high, bits)
    wanted = set(ids)
    return [_known(row, bits[row.id], as_of, zone, bounds) for row in accounts if row.id in wanted]


def _known(row: Any, bit: _Bits, as_of: date, zone: ZoneInfo, bounds: SizeBounds) -> Known:
    found: Segment = segment(
        bit.paid,
        balance_minor=bit.balance,
        opened_on=row.opened_on,
        as_of=as_of,
        bounds=bounds,
        money=str(Money(bit.balance, row.currency)),
        broken_promises=bit.broken,
    )
    talked = bit.talked_at
    case = AccountCase(
        account_id=row.id,
        number=row.number,
        name=row.name,
        profile=row.profile,
        currency=row.currency,
        segment=found,
        invoices=tuple(bit.invoices),
        done=bit.done,
        parked_by=bit.parked,
        contacts=tuple(sorted(bit.contacts)),
        talked_on=None if talked is None else talked.astimezone(zone).date(),
        forms_since_talk=sum(talked is None or at > talked for at in bit.forms),
        open_call=bit.open_call,
        attempts=bit.attempts,
        attempted_numbers=bit.numbers,
        has_email=bit.email or bool(row.email),
        has_address=bit.address,
        has_phone=bit.phone,
        first_run=row.treated is None,
        stage_before=min(row.stage, FINAL),
        stage_evidence=bit.evidence,
    )
    states = {i.invoice_id: i for i in bit.invoices}
    return Known(case, row.stage, row.treated is None, states, tuple(bit.outcomes))


def _invoices(
    session: Session, low: int, high: int, as_of: date, currency: dict[int, str], bits: dict[int, _Bits]
) -> None:
    running = or_(InvoiceStage.stage.is_(None), InvoiceStage.stage <= FINAL)
    query = (
        select(
            Invoice.id,
            Invoice.account_id,
            Invoice.number,
            Invoice.issued,
            Invoice.due,
            Invoice.amount_minor,
            Invoice.open_minor,
            Invoice.disputed_minor,
            InvoiceStage.stage,
            InvoiceStage.since,
            InvoiceStage.parked,
            InvoiceStage.taken_over,
            InvoiceStage.facts,
            InvoiceStage.waived,
        )
        .outerjoin(InvoiceStage, InvoiceStage.invoice_id == Invoice.id)
        .where(
            Invoice.account_id.between(low, high),
            Invoice.issued <= as_of,
            or_(Invoice.open_minor > 0, InvoiceStage.stage.is_not(None)),
            running,
        )
        .order_by(Invoice.id)
    )
    for row in session.execute(query):
        bit = bits[row.account_id]
        bit.balance += max(0, row.open_minor)
        if row.open_minor > 0:
            bit.paid.append(PaidPart(row.id, row.open_minor, (as_of - row.due).days, open=True))
        bit.invoices.append(
            InvoiceCase(
                invoice_id=row.id,
                number=row.number,
                issued=row.issued,
                due=row.due,
                amount=Money(row.amount_minor, currency[row.account_id]),
                open_minor=row.open_minor,
                disputed_minor=row.disputed_minor,
                stage=row.stage or 0,
                since=row.since,
                parked=row.parked or "",
                taken_over=bool(row.taken_over),
                facts={Evidence(k): date.fromisoformat(v) for k, v in (row.facts or {}).items()},
                waived=frozenset(Evidence(e) for e in row.waived or ()),
            )
        )


def _payment_parts(session: Session, low: int, high: int, as_of: date, bits: dict[int, _Bits]) -> None:
    parts = (
        select(
            Invoice.account_id,
            Invoice.id,
            Invoice.due,
            Payment.received_on,
            func.sum(Allocation.amount_minor),
        )
        .join(Allocation, Allocation.invoice_id == Invoice.id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Invoice.account_id.between(low, high), Payment.received_on <= as_of)
        .group_by(Invoice.account_id, Invoice.id, Invoice.due, Payment.received_on)
    )
    for account_id, invoice_id, due, paid_on, minor in session.execute(parts):
        if minor > 0:
            bits[account_id].paid.append(PaidPart(invoice_id, int(minor), (paid_on - due).days))
    written_off = set(
        session.scalars(
            select(CreditAllocation.invoice_id)
            .join(Credit, Credit.id == CreditAllocation.credit_id)
            .where(Credit.account_id.between(low, high), Credit.kind == "write-off")
        )
    )
    if written_off:
        for bit in bits.values():
            bit.invoices = [
                replace(i, written_off=True) if i.invoice_id in written_off else i for i in bit.invoices
            ]


def _commitments(
    session: Session,
    low: int,
    high: int,
    as_of: date,
    zone: ZoneInfo,
    currency: dict[int, str],
    bits: dict[int, _Bits],
) -> None:
    """What rests an account: holds first, then promises and plans that run."""
    promises = session.execute(
        select(Promise.account_id, Promise.who, Promise.amount_minor, Promise.due, Promise.made_at)
        .where(Promise.account_id.between(low, high), Promise.replaced_at.is_(None))
        .order_by(Promise.id)
    ).all()
    if promises:
        receipts: dict[int, list[Receipt]] = defaultdict(list)
        for account_id, on, minor in session.execute(
            select(Payment.account_id, Payment.received_on, Payment.amount_minor).where(
                Payment.account_id.in_({p.account_id for p in promises})
                if len(promises) <= 400
                else Payment.account_id.between(low, high)
            )
        ):
            receipts[account_id].append(Receipt(on, minor))
        for p in promises:
            made = p.made_at.astimezone(zone).date()
            if made > as_of:
                continue
            state = judge(p.amount_minor, made, p.due, receipts[p.account_id], as_of)
            bit = bits[p.account_id]
            if state is PromiseState.OPEN:
                money = Money(p.amount_minor, currency[p.account_id])
                bit.parked = (
                    f"{p.who} promised {money} by {long_day(p.due)}, good until {long_day(last_day(p.due))}"
                )
            elif state is PromiseState.BROKEN:
                bit.broken += 1
    plans = session.execute(
        select(Plan.account_id, Plan.who, func.max(Instalment.due))
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(Plan.account_id.between(low, high), Plan.ended_on.is_(None), Plan.made_on <= as_of)
        .group_by(Plan.id, Plan.account_id, Plan.who)
    )
    for account_id, who, final in plans:
        if as_of <= last_day(final):
            bits[account_id].parked = f"{who} pays by instalments until {long_day(final)}"
    end_of_day = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), zone)
    holds = session.execute(
        select(HoldRow.account_id, HoldRow.kind, HoldRow.since)
        .where(
            HoldRow.account_id.between(low, high),
            HoldRow.lifted_at.is_(None),
            HoldRow.since < end_of_day,
            or_(HoldRow.until.is_(None), HoldRow.until > end_of_day),
            HoldRow.kind.in_([k.value for k in PARKING]),
        )
        .order_by(HoldRow.since.desc())
    )
    for account_id, kind, since in holds:
        day = long_day(since.astimezone(zone).date())
        bits[account_id].parked = f"the debtor {LABEL[HoldKind(kind)]} since {day}"


def _contacts(
    session: Session, low: int, high: int, as_of: date, zone: ZoneInfo, bits: dict[int, _Bits]
) -> None:
    end = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), zone)
    for account_id, at in session.execute(
        select(Conversation.account_id, func.max(Conversation.at))
        .where(Conversation.account_id.between(low, high), Conversation.at < end)
        .group_by(Conversation.account_id)
    ):
        bits[account_id].talked_at = at
    for account_id, count, numbers in session.execute(
        select(Attempt.account_id, func.count(), func.count(Attempt.number.distinct()))
        .where(
            Attempt.account_id.between(low, high),
            Attempt.at < end,
            Attempt.medium == "call",
            Attempt.connected,
        )
        .group_by(Attempt.account_id)
    ):
        bits[account_id].attempts, bits[account_id].numbers = count, numbers
    since = end - CONTACTS_BACK
    for account_id, at in session.execute(
        select(Attempt.account_id, Attempt.at).where(
            Attempt.account_id.between(low, high), Attempt.at >= since, Attempt.at < end, Attempt.connected
        )
    ):
        bits[account_id].contacts.add(at.astimezone(zone).date())
    # A written message is a form letter unless a run decided otherwise (the invoice itself).
    mails = session.execute(
        select(Message.account_id, Message.at, Message.state, StageAction.form)
        .outerjoin(
            StageAction,
            and_(StageAction.message_id == Message.id, StageAction.account_id.between(low, high)),
        )
        .where(
            Message.account_id.between(low, high),
            Message.inbound.is_(False),
            Message.at >= since,
            Message.at < end,
            Message.state.not_in(("refused", "failed")),
        )
    )
    for account_id, at, _, form in mails:
        bits[account_id].contacts.add(at.astimezone(zone).date())
        if form is None or form:
            bits[account_id].forms.append(at)


_STATES = {"sent": "sent", "delivered": "sent", "opened": "sent", "bounced": "bounced", "failed": "failed"}
"""What a message's state means for the action it came from; of others nothing is known yet."""


def _actions(
    session: Session, low: int, high: int, as_of: date, zone: ZoneInfo, bits: dict[int, _Bits]
) -> None:
    rows = session.execute(
        select(
            StageAction.id,
            StageAction.account_id,
            StageAction.on,
            StageAction.step,
            StageAction.stage,
            StageAction.channel,
            StageAction.invoice_ids,
            StageAction.state,
            StageAction.form,
            StageAction.message_id,
            StageAction.planned_at,
            Message.state.label("message_state"),
            Message.at.label("message_at"),
        )
        .outerjoin(Message, Message.id == StageAction.message_id)
        .where(
            StageAction.account_id.between(low, high),
            or_(
                StageAction.state.in_(LIVE_ACTIONS),
                and_(StageAction.state == "refused", StageAction.on > as_of - REFUSED_RESTS),
            ),
        )
        .order_by(StageAction.id)
    )
    for row in rows:
        bit = bits[row.account_id]
        state, on = row.state, row.on
        if row.state == "refused":
            bit.done.update({(invoice_id, row.step): row.on for invoice_id in row.invoice_ids})
        elif row.channel == Channel.CALL:
            talked = bit.talked_at is not None and bit.talked_at.astimezone(zone).date() >= row.on
            if state == "planned" and talked:
                state = "done"
            elif state == "planned":
                bit.open_call = row.step
                bit.contacts.add(row.on)  # a person is about to ring: nothing is sent meanwhile
        elif row.message_id is not None:
            state = _STATES.get(row.message_state, state)
            on = row.message_at.astimezone(zone).date()
        else:  # decided on and not yet in the outbox
            bit.contacts.add(row.on)
            if row.form:
                bit.forms.append(row.planned_at)
        if state != row.state:
            bit.outcomes.append(
                Outcome(row.id, row.stage, row.channel, on, row.state, state, tuple(row.invoice_ids))
            )
        if state in LIVE_ACTIONS:
            for invoice_id in row.invoice_ids:
                bit.done[invoice_id, row.step] = row.on


def _ways(session: Session, low: int, high: int, bits: dict[int, _Bits]) -> None:
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(Phone, Phone.party_id == Contact.party_id)
        .where(Contact.account_id.between(low, high), Phone.suppressed.is_(False))
        .distinct()
    ):
        bits[account_id].phone = True
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(Party, Party.id == Contact.party_id)
        .where(Contact.account_id.between(low, high), Party.email != "")
        .distinct()
    ):
        bits[account_id].email = True
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(PostalAddress, PostalAddress.party_id == Contact.party_id)
        .where(Contact.account_id.between(low, high))
        .distinct()
    ):
        bits[account_id].address = True
    for account_id, evidence in session.execute(
        select(StageStep.account_id, StageStep.evidence)
        .where(StageStep.account_id.between(low, high))
        .order_by(StageStep.id)
    ):
        bits[account_id].evidence = evidence
