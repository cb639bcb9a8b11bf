"""What the final notice's checks look at, loaded for one account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind, NoticeKind, Refused
from workstation.desk.book import NotFound
from workstation.desk.final_notice import FRESH_FOR, NoticeFacts, Reconciled, Waived, choose_authority
from workstation.desk.final_notice import CheckId as Check
from workstation.desk.hold import LABEL
from workstation.desk.ledger import ItemKind
from workstation.desk.roles import Right, may
from workstation.desk.segment import SizeBounds
from workstation.desk.stage import FINAL
from workstation.desk.stages import long_day
from workstation.desk.standing import AuthorityView
from workstation.store import leave, people
from workstation.store.facts import call_facts
from workstation.store.gate import Gate, rulebook
from workstation.store.people import Staff
from workstation.store.signals import AccountData, load_accounts
from workstation.store.stages_load import load as load_stages
from workstation.store.tables import (
    Account,
    Allocation,
    Contact,
    Debt,
    Dispute,
    FinalReconciliation,
    FinalWaiver,
    HoldRow,
    Invoice,
    Party,
    Payment,
    User,
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked for on an account: overdue and undisputed."""

    minor: int
    invoice_ids: tuple[int, ...]
    fees_minor: int
    """The part of it that is finance charges."""


def need_fresh(session: Session, user_id: int, now: datetime) -> Staff:
    """Return the manager. Raises NotAllowed where the right is missing; ProofNeeded asks for the password."""
    return people.need_fresh(session, user_id, Right.FINAL_NOTICE, now, FRESH_FOR)


def load(
    session: Session,
    gate: Gate,
    account_id: int,
    user_id: int,
    now: datetime,
    home: ZoneInfo,
    data: AccountData | None = None,
) -> NoticeFacts:
    """Load one account as of now; `home` is where the creditor is. Raises NotFound.

    `data` is the account's as of now, where the caller has loaded it.
    """
    data = data or load_accounts(session, [account_id], now).get(account_id)
    user = session.get(User, user_id)
    if data is None or user is None:
        raise NotFound(f"no account {account_id} or user {user_id} in the book")
    today = now.astimezone(home).date()
    case = load_stages(session, [account_id], today, home, SizeBounds())[0].case
    barred = barred_from(session, account_id)
    authorities = leave.authorities(session, account_id)
    holds = standing_holds(session, account_id, home)
    demand = demand_of(session, account_id, today)
    return NoticeFacts(
        now=now,
        today=today,
        currency=data.account.currency,
        stage=data.account.stage,
        invoices=tuple(i for i in case.invoices if i.stage == FINAL and i.open_minor > 0),
        demand_minor=demand.minor,
        balance_minor=sum(item.open_minor for item in data.items),
        unapplied_minor=unapplied(session, account_id),
        disputed_minor=open_disputes(session, account_id),
        holds=holds,
        commitment="" if holds else case.parked_by,
        validation_until=validation_until(session, account_id, today, data.country),
        time_barred_from=barred,
        reconciled=_reconciled(session, account_id),
        talked_on=case.talked_on,
        attempts=case.attempts,
        numbers=case.attempted_numbers,
        refusal=_refusal(session, gate, data, now),
        authority=choose_authority(
            authorities,
            data.account.profile,
            now,
            time_barred=barred is not None and barred <= today,
        ),
        authority_waits=any(not a.approved_by and not a.revoked and now < a.expires for a in authorities),
        who=user.full_name,
        role=user.role,
        may_hold=user.active and may(user.role, Right.FINAL_NOTICE),
        fresh=user.proved_at is not None and timedelta(0) <= now - user.proved_at <= FRESH_FOR,
    )


def usable_authority(
    session: Session, account_id: int, profile: str, now: datetime, today: date
) -> AuthorityView | None:
    """Return the authority a notice may use now; None where none stands."""
    barred = barred_from(session, account_id)
    return choose_authority(
        leave.authorities(session, account_id),
        profile,
        now,
        time_barred=barred is not None and barred <= today,
    )


def demand_of(session: Session, account_id: int, today: date) -> Demand:
    """Return what is overdue and undisputed, with its invoices, oldest first."""
    rows = session.execute(
        select(Invoice.id, Invoice.open_minor, Invoice.disputed_minor, Invoice.kind)
        .where(
            Invoice.account_id == account_id,
            Invoice.due < today,
            Invoice.open_minor > Invoice.disputed_minor,
        )
        .order_by(Invoice.due, Invoice.id)
    ).all()
    return Demand(
        sum(r.open_minor - r.disputed_minor for r in rows),
        tuple(r.id for r in rows),
        sum(r.open_minor - r.disputed_minor for r in rows if r.kind == ItemKind.FINANCE_CHARGE.value),
    )


def left_of(session: Session, invoice_ids: tuple[int, ...] | list[int]) -> int:
    """Return what is still open and undisputed of these invoices."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Invoice.open_minor - Invoice.disputed_minor), 0)).where(
                Invoice.id.in_(list(invoice_ids))
            )
        )
        or 0
    )


def standing_holds(session: Session, account_id: int, home: ZoneInfo) -> dict[HoldKind, str]:
    """Return the holds on anybody of the account, proposed ones too: kind to a line with its day."""
    people_of = select(Contact.party_id).where(Contact.account_id == account_id)
    debtor = select(Account.party_id).where(Account.id == account_id)
    debts = select(Debt.id).where(Debt.account_id == account_id)
    rows = session.execute(
        select(HoldRow.kind, HoldRow.since, HoldRow.proposed)
        .where(
            HoldRow.party_id.in_(people_of.union(debtor)),
            HoldRow.debt_id.is_(None) | HoldRow.debt_id.in_(debts),
            HoldRow.lifted_at.is_(None),
        )
        .order_by(HoldRow.since.desc())
    )
    found: dict[HoldKind, str] = {}
    for row in rows:
        day = long_day(row.since.astimezone(home).date())
        heard = ", heard and not yet decided" if row.proposed else ""
        found[HoldKind(row.kind)] = f"{LABEL[HoldKind(row.kind)]} since {day}{heard}"
    return found


def open_disputes(session: Session, account_id: int) -> int:
    """Return what open disputes hold, in minor units."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Dispute.amount_minor), 0)).where(
                Dispute.account_id == account_id, Dispute.resolved_on.is_(None)
            )
        )
        or 0
    )


def unapplied(session: Session, account_id: int) -> int:
    """Return money received and applied to no invoice."""
    paid = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.account_id == account_id, Payment.before_book.is_(False)
        )
    )
    applied = session.scalar(
        select(func.coalesce(func.sum(Allocation.amount_minor), 0))
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Payment.account_id == account_id, Payment.before_book.is_(False))
    )
    return max(0, int(paid or 0) - int(applied or 0))


def barred_from(session: Session, account_id: int) -> date | None:
    """Return the first day on which suing for any of the account's debts is barred."""
    return session.scalar(select(func.min(Debt.time_barred_from)).where(Debt.account_id == account_id))


def validation_until(session: Session, account_id: int, today: date, country: str) -> date | None:
    """Return the last day of the validation period (12 CFR 1006.34(b)(5)); None where no notice went out."""
    from compliance.contact import Notice
    from compliance.notices import ValidationPeriod
    from workstation.desk.standing import StandingKind
    from workstation.store import standing

    name = "conduct/validation-period"
    figure = rulebook().figure
    period = ValidationPeriod(figure(name, "receipt_business_days", today), figure(name, "days", today))
    last = [
        period.last_day(view.fact, country)
        for view in standing.of_account(session, account_id)
        if view.kind is StandingKind.NOTICE
        and isinstance(view.fact, Notice)
        and view.fact.kind is NoticeKind.VALIDATION
    ]
    return max(last, default=None)


def waivers(session: Session, account_id: int) -> tuple[Waived, ...]:
    """Return the waivers no session has used up, oldest first."""
    rows = session.execute(
        select(FinalWaiver, User.full_name)
        .join(User, User.id == FinalWaiver.user_id)
        .where(FinalWaiver.account_id == account_id, FinalWaiver.session_id.is_(None))
        .order_by(FinalWaiver.id)
    )
    return tuple(Waived(Check(row.check_id), row.reason, who, row.at) for row, who in rows)


def country_of(session: Session, account_id: int) -> str:
    """Return the country whose public holidays count for the account."""
    return session.scalars(
        select(Party.country).join(Account, Account.party_id == Party.id).where(Account.id == account_id)
    ).one()


def _reconciled(session: Session, account_id: int) -> Reconciled | None:
    row = session.execute(
        select(FinalReconciliation, User.full_name)
        .join(User, User.id == FinalReconciliation.user_id)
        .where(FinalReconciliation.account_id == account_id)
        .order_by(FinalReconciliation.id.desc())
        .limit(1)
    ).first()
    return None if row is None else Reconciled(row[0].at, row[1], row[0].balance_minor)


def _refusal(session: Session, gate: Gate, data: AccountData, now: datetime) -> str:
    if data.target is None:
        return "no phone number to call"
    facts = call_facts(session, [data.target], now).get(data.target)
    if facts is None:
        return "no phone number to call"
    verdict = gate.decide(facts, now)
    if isinstance(verdict, Refused):
        first = verdict.reasons[0]
        return f"{first.message} · {first.citation}"
    return ""
