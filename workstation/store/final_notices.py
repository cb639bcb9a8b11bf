"""Final-notice sessions: checked, begun, stopped, ended. Each write is in the audit log with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.final_deadline import Bounds, DeadlineState, deadline_flaws, instant
from workstation.desk.final_notice import (
    CheckId,
    CheckState,
    NoticeCheck,
    Outcome,
    at_final,
    blocked_by,
    evaluate,
    may_be_waived,
    stop_reason,
)
from workstation.desk.final_terms import Terms, plan_flaws, settlement_flaws
from workstation.desk.final_views import Ended, Ending
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.standing import AuthorityView
from workstation.store import arrangements, audit, final_deadlines, people
from workstation.store.final_facts import (
    country_of,
    demand_of,
    load,
    need_fresh,
    open_disputes,
    standing_holds,
    unapplied,
    usable_authority,
    validation_until,
    waivers,
)
from workstation.store.final_script import Announcement, fields
from workstation.store.gate import Gate
from workstation.store.queue_build import mark_stale
from workstation.store.receipts import locked
from workstation.store.tables import (
    Account,
    FinalDeadline,
    FinalReconciliation,
    FinalSession,
    FinalWaiver,
    Invoice,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by which rules the creditor works."""

    gate: Gate
    home: ZoneInfo
    callback_number: str
    terms: Terms
    """How far a manager may go."""

    def today(self, now: datetime) -> date:
        """The day where the creditor is."""
        return now.astimezone(self.home).date()


def checks(
    session: Session, place: Place, account_id: int, user_id: int, now: datetime
) -> tuple[NoticeCheck, ...]:
    """Return every condition as it stands, waivers taken into account. Raises NotFound."""
    facts = load(session, place.gate, account_id, user_id, now, place.home)
    return evaluate(facts, waivers(session, account_id))


def waive(
    session: Session, place: Place, account_id: int, check: str, reason: str, user_id: int, now: datetime
) -> None:
    """Go on without a condition, for a reason in writing. Raises NotFound, NotAllowed and InvalidEntry."""
    user = people.need(session, user_id, Right.FINAL_NOTICE)
    try:
        wanted = CheckId(check)
    except ValueError:
        known = ", ".join(c.value for c in CheckId if may_be_waived(c))
        raise InvalidEntry(f"no check {check!r}; these may be waived: {known}") from None
    if not may_be_waived(wanted):
        raise InvalidEntry(f"nobody may waive '{wanted.value}'")
    if not reason.strip():
        raise InvalidEntry("a waiver needs a reason in writing: say why the call is right without it")
    found = {c.id: c for c in checks(session, place, account_id, user_id, now)}[wanted]
    if found.state is not CheckState.MISSING:
        raise InvalidEntry(f"'{wanted.value}' is {found.state.value}: there is nothing to waive")
    session.add(
        FinalWaiver(
            account_id=account_id, check_id=wanted.value, reason=reason.strip(), user_id=user.id, at=now
        )
    )
    detail = {"account": str(account_id), "check": wanted.value, "reason": reason.strip()}
    audit.append(session, user.username, "final notice: waived", str(account_id), detail, now)


def reconcile(session: Session, account_id: int, user_id: int, now: datetime) -> Money:
    """Say that payments and credits were gone through; returns the balance. Raises InvalidEntry, NotFound."""
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    account = locked(session, account_id)
    loose = unapplied(session, account_id)
    if loose:
        raise InvalidEntry(f"{Money(loose, account.currency)} is not applied to any invoice: apply it first")
    balance = sum(session.scalars(select(Invoice.open_minor).where(Invoice.account_id == account_id)))
    session.add(FinalReconciliation(account_id=account_id, at=now, user_id=user.id, balance_minor=balance))
    money = Money(balance, account.currency)
    detail = {"account": account.number, "balance": str(money)}
    audit.append(session, user.username, "balance reconciled", account.number, detail, now)
    return money


# ---- a session ------------------------------------------------------------------------------------------


def begin(session: Session, place: Place, account_id: int, user_id: int, now: datetime) -> int:
    """Begin a session with its checks as they stand; returns its id. Raises NotAllowed and InvalidEntry."""
    user = need_fresh(session, user_id, now)
    account = locked(session, account_id)
    if not at_final(account.stage):
        raise InvalidEntry(f"account {account.number} is at stage {account.stage}, not at the final notice")
    running = open_session(session, account_id)
    if running is not None:
        if running.user_id == user.id:
            return running.id
        raise InvalidEntry("another manager holds a session on this account now")
    deadline = final_deadlines.current(session, account_id)
    if deadline is not None:
        day = f"{deadline.day:%a %d %b %Y}"
        raise InvalidEntry(
            f"a last chance until {day} was given: it runs, and is not given again"
            if deadline.state == DeadlineState.RUNNING.value
            else f"the last chance until {day} lapsed: follow through, or write down why not"
        )
    found = checks(session, place, account_id, user_id, now)
    missing = blocked_by(found)
    if missing:
        raise InvalidEntry("not yet: " + "; ".join(f"{c.title} ({c.found})" for c in missing))
    authority = usable_authority(session, account_id, account.profile, now, place.today(now))
    assert authority is not None, "the checks found one"
    row = FinalSession(
        account_id=account_id,
        user_id=user.id,
        begun_at=now,
        checks=[
            {"id": c.id.value, "title": c.title, "state": c.state.value, "found": c.found} for c in found
        ],
        authority_id=authority.authority_id,
        demand_minor=demand_of(session, account_id, place.today(now)).minor,
    )
    session.add(row)
    session.flush()
    detail = {
        "account": account.number,
        "authority": str(authority.authority_id),
        "waived": ", ".join(c.id.value for c in found if c.state is CheckState.WAIVED),
    }
    audit.append(session, user.username, "final notice begun", str(row.id), detail, now)
    return row.id


def open_session(session: Session, account_id: int) -> FinalSession | None:
    """Return the session that runs on an account."""
    return session.scalars(
        select(FinalSession)
        .where(FinalSession.account_id == account_id, FinalSession.ended_at.is_(None))
        .order_by(FinalSession.id.desc())
        .limit(1)
    ).first()


def stopping(session: Session, place: Place, row: FinalSession) -> str:
    """Say what stops a session: what stopped it before, or what stands now; empty while nothing does."""
    if row.stop_reason:
        return row.stop_reason
    account = session.get_one(Account, row.account_id)
    return stop_reason(
        standing_holds(session, row.account_id, place.home),
        open_disputes(session, row.account_id),
        account.currency,
    )


def stop(session: Session, place: Place, session_id: int, now: datetime) -> str:
    """Keep what stops a session, once: a hold that is lifted later does not set it going again."""
    row = session.get(FinalSession, session_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        return ""
    why = stopping(session, place, row)
    if why and row.stopped_at is None:
        row.stopped_at, row.stop_reason = now, why
        detail = {"account": str(row.account_id), "reason": why}
        audit.append(session, "final notice", "final notice stopped", str(row.id), detail, now)
    return why


def authority_of(session: Session, place: Place, row: FinalSession, now: datetime) -> AuthorityView | None:
    """Return the session's authority while it stands and may be used; None else."""
    account = session.get_one(Account, row.account_id)
    found = usable_authority(session, row.account_id, account.profile, now, place.today(now))
    return found if found is not None and found.authority_id == row.authority_id else None


def bounds(
    session: Session, place: Place, account_id: int, now: datetime, authority: AuthorityView | None
) -> Bounds:
    """Return what limits the deadline of an account."""
    country = country_of(session, account_id)
    today = place.today(now)
    return Bounds(
        today=today,
        is_holiday=lambda day: place.gate.is_holiday(country, day),
        validation_until=validation_until(session, account_id, today, country),
        authority_until=None if authority is None else authority.expires,
        zone=place.home,
    )


def finish(
    session: Session, place: Place, session_id: int, ending: Ending, user_id: int, now: datetime
) -> Ended:
    """End a session. What lies outside its authority, or is said after a stop, is refused.

    Raises NotFound, NotAllowed and InvalidEntry.
    """
    user = people.need(session, user_id, Right.FINAL_NOTICE)
    row = session.get(FinalSession, session_id, with_for_update=True)
    if row is None:
        raise NotFound(f"no final-notice session {session_id} in the book")
    if row.ended_at is not None:
        raise InvalidEntry(f"this session ended: {row.outcome}")
    if row.user_id != user.id:
        raise NotAllowed("the manager who holds the session ends it")
    account = locked(session, row.account_id)
    _check_stop(stopping(session, place, row), ending)
    deadline_id = None
    match ending.outcome:
        case Outcome.PAID:
            left = demand_of(session, account.id, place.today(now)).minor
            if left > 0:
                raise InvalidEntry(f"{Money(left, account.currency)} is still open: book the payment first")
        case Outcome.SETTLEMENT:
            row.settlement_id = _settle(session, place, account, ending, user.id, now)
        case Outcome.PLAN:
            row.plan_id = _plan(session, place, account, ending, user.id, now)
        case Outcome.LAST_CHANCE:
            deadline_id = _give(session, place, row, account, ending, user, now)
        case Outcome.STOPPED:
            row.stop_reason = stopping(session, place, row)
            row.stopped_at = row.stopped_at or now
        case Outcome.NOT_REACHED:
            pass
    row.ended_at, row.outcome = now, ending.outcome.value
    row.read_back, row.note = ending.read_back, ending.note.strip()
    if ending.outcome is not Outcome.NOT_REACHED:
        session.execute(
            update(FinalWaiver)
            .where(FinalWaiver.account_id == account.id, FinalWaiver.session_id.is_(None))
            .values(session_id=row.id)
        )
    mark_stale(session, account.id)
    detail = {"account": account.number, "outcome": ending.outcome.value, "note": row.note}
    audit.append(session, user.username, "final notice ended", str(row.id), detail, now)
    return Ended(row.id, ending.outcome, deadline_id, row.settlement_id, row.plan_id)


_AGREEMENTS = (Outcome.SETTLEMENT, Outcome.PLAN, Outcome.LAST_CHANCE)


def _check_stop(why: str, ending: Ending) -> None:
    if why and ending.outcome not in (Outcome.STOPPED, Outcome.NOT_REACHED):
        raise InvalidEntry(f"{why}: the session is stopped; end it as '{Outcome.STOPPED.value}'")
    if not why and ending.outcome is Outcome.STOPPED:
        raise InvalidEntry("nothing is disputed or held: record the dispute first")
    if ending.outcome in _AGREEMENTS and not ending.read_back:
        raise InvalidEntry("read it back first, and wait for the yes")


def _settle(
    session: Session, place: Place, account: Account, ending: Ending, user_id: int, now: datetime
) -> int:
    today = place.today(now)
    if ending.settle_minor is None or ending.pay_by is None:
        raise InvalidEntry("a settlement needs its amount and the day it is paid by")
    demand = demand_of(session, account.id, today)
    found = settlement_flaws(
        Money(ending.settle_minor, account.currency),
        Money(demand.minor, account.currency),
        Money(demand.fees_minor, account.currency),
        ending.pay_by,
        today,
        place.terms,
    )
    if found:
        raise InvalidEntry("settlement: " + "; ".join(found))
    return arrangements.offer_settlement(
        session, account.id, ending.settle_minor, ending.pay_by, today, user_id, now
    )


def _plan(
    session: Session, place: Place, account: Account, ending: Ending, user_id: int, now: datetime
) -> int:
    today = place.today(now)
    demand = Money(demand_of(session, account.id, today).minor, account.currency)
    found = plan_flaws(ending.instalments, demand, today, place.terms)
    if found:
        raise InvalidEntry("plan: " + "; ".join(found))
    return arrangements.make_plan(
        session, place.gate, account.id, ending.who, ending.method, ending.instalments, today, user_id, now
    )


def _give(
    session: Session,
    place: Place,
    row: FinalSession,
    account: Account,
    ending: Ending,
    user: people.Staff,
    now: datetime,
) -> int:
    """Give the last chance: one deadline, with the consequence as it was authorised."""
    if ending.deadline is None:
        raise InvalidEntry("a last chance needs its deadline")
    authority = authority_of(session, place, row, now)
    if authority is None:
        raise InvalidEntry("the authority of this session no longer stands: nothing may be announced")
    found = deadline_flaws(ending.deadline, bounds(session, place, account.id, now, authority))
    if found:
        raise InvalidEntry("deadline: " + "; ".join(found))
    today = place.today(now)
    demand = demand_of(session, account.id, today)
    if demand.minor <= 0:
        raise InvalidEntry("nothing overdue is left to ask for")
    announced = Announcement.of(
        ending.deadline, place.home, place.gate, country_of(session, account.id), authority
    )
    words = fields(
        session,
        place.gate,
        account.id,
        account.party_id,
        user.id,
        now,
        place.callback_number,
        demand,
        today,
        announced,
        place.terms,
    )
    deadline = FinalDeadline(
        session_id=row.id,
        account_id=account.id,
        given_by=user.id,
        given_at=now,
        day=ending.deadline,
        at=instant(ending.deadline, place.home),
        zone=place.home.key,
        acts_on=announced.acts_on,
        authority_id=authority.authority_id,
        action=authority.action.value,
        partner=authority.target,
        consequence=words["consequence"],
        demand_minor=demand.minor,
        invoice_ids=list(demand.invoice_ids),
        state=DeadlineState.RUNNING.value,
        state_at=now,
    )
    session.add(deadline)
    session.flush()
    detail = {
        "account": account.number,
        "day": ending.deadline.isoformat(),
        "demand": str(Money(demand.minor, account.currency)),
        "authority": str(authority.authority_id),
        "said": words["consequence"],
    }
    audit.append(session, user.username, "last chance given", str(deadline.id), detail, now)
    return deadline.id


def get_session(session: Session, session_id: int) -> FinalSession:
    """Return a session. Raises NotFound."""
    row = session.get(FinalSession, session_id)
    if row is None:
        raise NotFound(f"no final-notice session {session_id} in the book")
    return row


SESSION_LASTS = timedelta(hours=12)
"""A session nobody ended for so long is closed as not reached by the clock."""


def close_forgotten(session: Session, now: datetime) -> int:
    """End sessions that were left open, as not reached; returns how many."""
    rows = session.scalars(
        select(FinalSession)
        .where(FinalSession.ended_at.is_(None), FinalSession.begun_at < now - SESSION_LASTS)
        .with_for_update()
    ).all()
    for row in rows:
        row.ended_at, row.outcome = now, (Outcome.STOPPED if row.stop_reason else Outcome.NOT_REACHED).value
        row.note = "left open and closed by the clock"
        detail = {"account": str(row.account_id), "outcome": row.outcome}
        audit.append(session, "deadline clock", "final notice ended", str(row.id), detail, now)
    return len(rows)
