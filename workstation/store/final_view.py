"""One final-notice session as its screen shows it, and what its written confirmation says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.final_deadline import valid_days
from workstation.desk.final_notice import (
    CheckId,
    CheckState,
    NoticeCheck,
    Outcome,
    evaluate,
    may_be_waived,
    ready,
)
from workstation.desk.final_views import FinalView
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.stages import long_day
from workstation.desk.standing import AuthorityView
from workstation.store import audit, final_calls, final_script, people
from workstation.store.final_facts import country_of, demand_of, load, usable_authority, waivers
from workstation.store.final_notices import (
    Place,
    authority_of,
    bounds,
    get_session,
    open_session,
    stopping,
)
from workstation.store.final_script import Announcement
from workstation.store.script_facts import written_day
from workstation.store.tables import (
    Account,
    Contact,
    FinalDeadline,
    FinalSession,
    Instalment,
    OutboxRow,
    Party,
    Phone,
    Plan,
    Settlement,
    User,
)


def view(
    session: Session, place: Place, account_id: int, user_id: int, now: datetime, day: date | None = None
) -> FinalView:
    """Return the session that runs, or the last of today, or what one would begin with. Raises NotFound."""
    facts = load(session, place.gate, account_id, user_id, now, place.home)
    account = session.get_one(Account, account_id)
    row = open_session(session, account_id) or _ended_today(session, place, account_id, now)
    running = row is not None and row.ended_at is None
    stopped = (
        stopping(session, place, row) if row is not None and running else (row.stop_reason if row else "")
    )
    authority = (
        usable_authority(session, account_id, account.profile, now, facts.today)
        if row is None
        else authority_of(session, place, row, now)
    )
    given = _deadline_of(session, row)
    days = tuple(valid_days(bounds(session, place, account_id, now, authority)))
    chosen = given.day if given is not None else day if day in days else (days[0] if days else None)
    announced = _announced(session, place, account_id, chosen, None if stopped else authority)
    if stopped:
        announced = None
    party_id = _first_contact(session, account)
    demand = demand_of(session, account_id, facts.today)
    filled = final_script.fields(
        session,
        place.gate,
        account_id,
        party_id,
        user_id,
        now,
        place.callback_number,
        demand,
        facts.today,
        announced,
        place.terms,
    )
    checks = evaluate(facts, waivers(session, account_id)) if row is None else _as_they_stood(row)
    return FinalView(
        account_id=account_id,
        number=account.number,
        name=session.get_one(Party, account.party_id).name,
        contact=filled["contact_name"],
        profile=account.profile,
        currency=account.currency,
        session_id=None if row is None else row.id,
        held_by="" if row is None else session.get_one(User, row.user_id).full_name,
        checks=checks,
        ready=ready(checks),
        history=final_script.history(session, account_id),
        steps=final_script.steps(filled),
        demand=Money(demand.minor, account.currency),
        fees=Money(demand.fees_minor, account.currency),
        least=Money(place.terms.least(demand.minor, demand.fees_minor), account.currency),
        terms=place.terms,
        today=facts.today,
        zone=place.home.key,
        days=days,
        deadline=chosen,
        deadline_text="" if announced is None else announced.written,
        acts_on=None if announced is None else announced.acts_on,
        action="" if authority is None else authority.action.value,
        partner="" if authority is None else authority.target,
        authorised="" if authority is None else _authorised(authority),
        consequence=filled["consequence"],
        stopped=stopped,
        outcome="" if row is None else row.outcome,
        confirmed=row is not None and row.confirmed_at is not None,
        calls=() if row is None else final_calls.of_session(session, row.id),
        phones=_phones(session, account_id),
    )


def _announced(
    session: Session, place: Place, account_id: int, day: date | None, authority: AuthorityView | None
) -> Announcement | None:
    if day is None:
        return None
    return Announcement.of(day, place.home, place.gate, country_of(session, account_id), authority)


def _as_they_stood(row: FinalSession) -> tuple[NoticeCheck, ...]:
    return tuple(
        NoticeCheck(
            CheckId(c["id"]),
            c["title"],
            CheckState(c["state"]),
            c["found"],
            "",
            may_be_waived(CheckId(c["id"])),
        )
        for c in row.checks
    )


def _authorised(authority: AuthorityView) -> str:
    return f"authorised by {authority.approved_by}, until {long_day(authority.expires.date())}"


def _ended_today(session: Session, place: Place, account_id: int, now: datetime) -> FinalSession | None:
    row = session.scalars(
        select(FinalSession)
        .where(FinalSession.account_id == account_id, FinalSession.ended_at.is_not(None))
        .order_by(FinalSession.id.desc())
        .limit(1)
    ).first()
    if row is None or row.ended_at is None or row.outcome == Outcome.NOT_REACHED.value:
        return None
    return row if place.today(row.ended_at) == place.today(now) else None


def _deadline_of(session: Session, row: FinalSession | None) -> FinalDeadline | None:
    if row is None:
        return None
    return session.scalars(select(FinalDeadline).where(FinalDeadline.session_id == row.id)).first()


def _first_contact(session: Session, account: Account) -> int:
    first = session.scalars(
        select(Contact.party_id)
        .where(Contact.account_id == account.id)
        .order_by(Contact.rank, Contact.id)
        .limit(1)
    ).first()
    return account.party_id if first is None else first


def _phones(session: Session, account_id: int) -> tuple[str, ...]:
    return tuple(
        session.scalars(
            select(Phone.number)
            .join(Contact, Contact.party_id == Phone.party_id)
            .where(Contact.account_id == account_id, Phone.suppressed.is_(False))
            .order_by(Contact.rank, Contact.id, Phone.rank, Phone.id)
        )
    )


# ---- in writing -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What a session's written confirmation says, and by which letters."""

    account_id: int
    templates: tuple[str, ...]
    queued: frozenset[str]
    """Templates that are in the outbox since the session ended."""
    fields: Mapping[str, str]


def said(session: Session, place: Place, session_id: int, user_id: int, now: datetime) -> Said:
    """Return what is confirmed in writing. Raises NotFound, NotAllowed and InvalidEntry."""
    people.need(session, user_id, Right.FINAL_NOTICE)
    row = get_session(session, session_id)
    if row.ended_at is None:
        raise InvalidEntry("end the session first: then what was said is known")
    account = session.get_one(Account, row.account_id)
    deadline = _deadline_of(session, row)
    if deadline is not None:
        kind, words = "final-confirmation", _given(session, place, account, deadline)
    elif row.plan_id is not None or row.settlement_id is not None:
        kind, words = "final-agreement", {"agreed_written": _agreed(session, row, account.currency)}
    else:
        raise InvalidEntry(f"a session that ended '{row.outcome}' has nothing to confirm")
    templates = (f"{kind}-mail", kind)
    queued = session.scalars(
        select(OutboxRow.template).where(
            OutboxRow.account_id == row.account_id,
            OutboxRow.template.in_(templates),
            OutboxRow.queued_at >= row.ended_at,
        )
    )
    return Said(row.account_id, templates, frozenset(queued), words)


def _given(session: Session, place: Place, account: Account, row: FinalDeadline) -> Mapping[str, str]:
    """The deadline and its consequence in writing, from what was given, not from what stands today."""
    announced = Announcement.of(row.day, place.home, place.gate, country_of(session, account.id), None)
    asked = Money(row.demand_minor, account.currency)
    facts = {
        "company": account.company,
        "demand": str(asked),
        "deadline": announced.written,
        "partner": row.partner,
        "consequence_day": written_day(row.acts_on),
    }
    side = final_script.side_of(account.profile)
    sentence = final_script.script().consequence(side, row.action, facts)
    return {
        "demand": str(asked),
        "deadline_written": announced.written,
        "partner": row.partner,
        "consequence_written": sentence,
    }


def _agreed(session: Session, row: FinalSession, currency: str) -> str:
    if row.settlement_id is not None:
        offer = session.get_one(Settlement, row.settlement_id)
        amount = Money(offer.amount_minor, currency)
        return f"You pay {amount} by {written_day(offer.expires_on)}, and the rest is left out."
    plan = session.get_one(Plan, row.plan_id)
    parts = session.scalars(
        select(Instalment).where(Instalment.plan_id == plan.id).order_by(Instalment.position)
    )
    listed = "; ".join(f"{Money(i.amount_minor, currency)} by {written_day(i.due)}" for i in parts)
    return f"You pay {Money(plan.total_minor, currency)} by {plan.method} in these parts: {listed}."


def note_confirmed(
    session: Session, session_id: int, user_id: int, now: datetime, queued: Sequence[str]
) -> None:
    """Keep that the written confirmation is in the outbox."""
    user = people.need(session, user_id, Right.FINAL_NOTICE)
    row = get_session(session, session_id)
    row.confirmed_at = row.confirmed_at or now
    detail = {"account": str(row.account_id), "queued": "; ".join(queued)}
    audit.append(session, user.username, "final notice confirmed in writing", str(row.id), detail, now)
