"""Wrap-up: the note's draft, and saving what the collector decided in one transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from compliance.contact import Consent, ConsentScope, Medium
from compliance.redaction.mask import mask_text
from workstation.desk import note
from workstation.desk.aging import age
from workstation.desk.book import InvalidEntry, NotAllowed
from workstation.desk.disposition import Disposition, dispositions
from workstation.desk.money import Money
from workstation.desk.promise import METHODS, flaws
from workstation.desk.roles import Right
from workstation.desk.standing import Heard
from workstation.desk.views import DraftFact, DraftPromise, NoteDraft, Saved, WrapUp
from workstation.store import (
    addresses,
    audit,
    calls,
    final_lapsed,
    hearing,
    holds,
    people,
    redactions,
    reminders,
    standing,
)
from workstation.store.facts import Target, call_facts
from workstation.store.gate import Gate
from workstation.store.people import Staff
from workstation.store.queue_build import find_window, mark_stale
from workstation.store.signals import load_accounts, local_day
from workstation.store.tables import (
    Attempt,
    Callback,
    CallRow,
    Contact,
    Note,
    Payment,
    Phone,
    Promise,
)


def draft(session: Session, call_id: str) -> NoteDraft:
    """Draft the note of a call. Raises NotFound."""
    call = calls.get_call(session, call_id)
    role = session.scalars(
        select(Contact.role).where(Contact.account_id == call.account_id, Contact.party_id == call.party_id)
    ).first()
    method = session.scalars(
        select(Payment.method)
        .where(Payment.account_id == call.account_id, Payment.method.in_(METHODS))
        .order_by(Payment.received_on.desc(), Payment.id.desc())
    ).first()
    return note.draft(
        note.CallHeard(
            party_name=call.party_name,
            party_role=role or "",
            number=call.number,
            outcome=call.outcome,
            talk_seconds=call.talk_seconds,
            currency=call.currency,
            zone=call.zone,
            started_at=call.reserved_at,
            usual_method=method or METHODS[0],
            utterances=hearing.utterances(session, call_id),
            findings=hearing.findings(session, call_id),
            caught=hearing.caught(session, call_id),
            excuses=hearing.excuses(session, call_id),
        )
    )


def save(session: Session, gate: Gate, wrap: WrapUp, now: datetime) -> Saved:
    """Save disposition, note, promise, callback and holds. Raises NotFound, NotAllowed and InvalidEntry."""
    user = people.need(session, wrap.user_id, Right.WORK_ACCOUNTS)
    call = calls.get_call(session, wrap.call_id, lock=True)
    disposition = _check(call, wrap)
    mark_stale(session, call.account_id)
    call.disposition = disposition.code
    call.wrapped_at = now
    call.wrap_seconds = wrap.wrap_seconds
    _apply_effects(session, call, disposition, user, now)
    holds.confirm_all(session, wrap.confirm_holds, user, call.account_id, now)
    said = [f"{disposition.code} saved"]
    if wrap.promise is not None:
        said.append(_book_promise(session, gate, call, wrap.promise, user, now))
    _settle_callbacks(session, call, disposition, now)
    if wrap.callback_at is not None:
        _book_callback(session, call, wrap.callback_at, user, now)
        said.append("callback booked")
    for fact in wrap.consents:
        _record_consent(session, call, fact, user, now)
        said.append(f"consent recorded: {fact.text}")
    if wrap.email is not None:
        heard = Heard(call.id, wrap.email.second, wrap.email.words)
        kept = addresses.keep_email(session, call.party_id, wrap.email.value, user, now, heard)
        said.append(f"mail address kept: {kept}")
    text = mask_text(wrap.note.strip(), redactions.policy_for(call))
    entry = Note(account_id=call.account_id, call_id=call.id, user_id=user.id, at=now, text=text)
    session.add(entry)
    session.flush()
    detail = {"disposition": disposition.code, "outcome": call.outcome, "note": str(entry.id)}
    if disposition.requires_audit:
        detail["review"] = "yes"
    if disposition.is_conversation and not call.conversation:
        detail["differs"] = "telephony saw no conversation"
    audit.append(session, user.username, "wrapped up", call.id, detail, now)
    reminder = None
    if wrap.promise is not None:
        reminder = reminders.of_promise(session, gate, call, wrap.promise.due, now)
    return Saved(
        entry.id,
        ", ".join(said),
        _next_eligible(session, gate, call, now),
        "" if reminder is None else reminder.sentence,
    )


def close_one_undisposed(session: Session, older_than: datetime, now: datetime) -> bool:
    """Close the oldest call that ended before `older_than` without outcome, failing safe; False if none."""
    call = session.scalars(
        select(CallRow)
        .where(CallRow.ended_at <= older_than, CallRow.wrapped_at.is_(None))
        .order_by(CallRow.ended_at)
        .limit(1)
        .with_for_update()
    ).first()
    if call is None:
        return False
    mark_stale(session, call.account_id)
    call.disposition = "UNDISPOSED"
    call.wrapped_at = now
    if call.outcome == "answered":
        _apply_effects(session, call, dispositions()["UNDISPOSED"], None, now)
    detail = {"outcome": call.outcome, "review": "yes"}
    audit.append(session, "book", "closed without outcome", call.id, detail, now)
    return True


def _check(call: CallRow, wrap: WrapUp) -> Disposition:
    if call.collector_id != wrap.user_id:
        raise NotAllowed("this call is another collector's")
    if call.ended_at is None:
        raise InvalidEntry("the call is still up: hang up first")
    if call.wrapped_at is not None:
        raise InvalidEntry(f"this call is wrapped up already ({call.disposition})")
    disposition = dispositions().get(wrap.disposition)
    if disposition is None or disposition.by_system:
        raise InvalidEntry(f"no disposition {wrap.disposition!r}: take one of the list")
    if disposition.requires_note and not wrap.note.strip():
        raise InvalidEntry(f"{disposition.label} needs a note: say what was said")
    if disposition.needs == "promise" and wrap.promise is None:
        raise InvalidEntry("promise: enter amount and date")
    if disposition.needs == "callback" and wrap.callback_at is None:
        raise InvalidEntry("callback: enter day and time")
    return disposition


def _apply_effects(
    session: Session, call: CallRow, disposition: Disposition, user: people.Staff | None, now: datetime
) -> None:
    """Do what the disposition's columns say. It may add to what telephony counted, never take away."""
    attempt = session.scalars(select(Attempt).where(Attempt.call_id == call.id).with_for_update()).one()
    if disposition.counts_to_cap == "yes":
        attempt.connected = True
    attempt.right_party = disposition.is_rpc
    attempt.message = disposition.message.value
    if disposition.is_conversation:
        calls.add_conversation(session, call, attempt)
    if disposition.suppress_number and call.phone_id is not None:
        session.execute(update(Phone).where(Phone.id == call.phone_id).values(suppressed=True))
    if disposition.starts_hold is not None:
        holds.place(
            session,
            account_id=call.account_id,
            party_id=call.party_id,
            kind=disposition.starts_hold,
            now=now,
            source="closing of a call" if user is None else user.full_name,
            actor="book" if user is None else user.username,
            number=call.number,
            call_id=call.id,
            confirmed_by=None if user is None else user.id,
        )


def _book_promise(
    session: Session, gate: Gate, call: CallRow, promise: DraftPromise, user: people.Staff, now: datetime
) -> str:
    data = load_accounts(session, [call.account_id], now)[call.account_id]
    today = local_day(now, data.zone)
    balance = Money(age(data.items, today).balance_minor, data.account.currency)
    found = flaws(
        promise, balance=balance, today=today, is_holiday=lambda day: gate.is_holiday(data.country, day)
    )
    if found:
        raise InvalidEntry("promise: " + "; ".join(found))
    final_lapsed.need_payment(session, call.account_id)
    session.execute(
        update(Promise)
        .where(Promise.account_id == call.account_id, Promise.due >= today, Promise.replaced_at.is_(None))
        .values(replaced_at=now)
    )
    session.add(
        Promise(
            account_id=call.account_id,
            party_id=call.party_id,
            who=promise.who.strip(),
            amount_minor=promise.amount.minor,
            due=promise.due,
            method=promise.method.strip(),
            made_at=now,
            user_id=user.id,
            call_id=call.id,
            second=promise.second,
            confidence=promise.confidence,
        )
    )
    return f"{promise.amount} due {promise.due:%a} {promise.due.day} {promise.due:%b}"


def _record_consent(session: Session, call: CallRow, fact: DraftFact, user: Staff, now: datetime) -> None:
    """Record a consent heard on the call and accepted by the collector, with its second and words."""
    scope, _, medium = fact.value.partition(":")
    began = call.recording_started_at or call.talk_started_at or call.reserved_at
    consent = Consent(
        ConsentScope(scope),
        min(now, began + timedelta(seconds=fact.second)),
        medium=Medium(medium) if medium else None,
    )
    heard = Heard(call.id, fact.second, fact.words)
    standing.record(
        session,
        call.account_id,
        call.party_id,
        consent,
        user.id,
        now,
        source="heard on a call",
        heard=heard,
    )


def _settle_callbacks(session: Session, call: CallRow, disposition: Disposition, now: datetime) -> None:
    """A talk settles every open callback of the account; a vain call leaves them open."""
    if disposition.is_rpc or disposition.is_conversation:
        session.execute(
            update(Callback)
            .where(Callback.account_id == call.account_id, Callback.done_at.is_(None))
            .values(done_at=now)
        )


def _book_callback(
    session: Session, call: CallRow, due_at: datetime, user: people.Staff, now: datetime
) -> None:
    if due_at <= now:
        raise InvalidEntry("callback: the time is past")
    if due_at > now + timedelta(days=90):
        raise InvalidEntry("callback: more than 90 days off")
    session.add(
        Callback(
            account_id=call.account_id,
            party_id=call.party_id,
            due_at=due_at,
            user_id=user.id,
            asked_by=call.party_name,
            created_at=now,
        )
    )


def _next_eligible(session: Session, gate: Gate, call: CallRow, now: datetime) -> datetime | None:
    """When the gate would let this number be called again; None means not by waiting."""
    session.flush()
    if call.phone_id is None:
        return None
    target = Target(call.account_id, call.party_id, call.phone_id)
    facts = call_facts(session, [target], now).get(target)
    return find_window(gate, facts, now, now).start
