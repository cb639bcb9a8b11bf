"""Calls as telephony reports them: steps, recordings, the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import CollectionPurpose
from workstation.desk.book import CallEnd, NotFound, OpenCall, TransitionRecord
from workstation.store import leave
from workstation.store.queue_build import mark_stale
from workstation.store.tables import (
    Account,
    Attempt,
    CallRow,
    CallStep,
    Conversation,
    Decision,
    GapRow,
    User,
)

TALKING = "talking"
ENDED = "ended"
"""States of dialer.call that the book looks at."""


def get_call(session: Session, call_id: str, *, lock: bool = False) -> CallRow:
    """Return a call. Raises NotFound."""
    call = session.get(CallRow, call_id, with_for_update=lock)
    if call is None:
        raise NotFound(f"no call {call_id} in the book")
    return call


def open_calls(session: Session) -> tuple[OpenCall, ...]:
    """Return every call without an end, oldest first."""
    return tuple(
        _facts(session, *row)
        for row in session.execute(
            _FACTS.where(CallRow.ended_at.is_(None)).order_by(CallRow.reserved_at, CallRow.id)
        )
    )


def call_facts(session: Session, call_id: str) -> OpenCall:
    """Return a call's facts, ended or not. Raises NotFound."""
    row = session.execute(_FACTS.where(CallRow.id == call_id)).first()
    if row is None:
        raise NotFound(f"no call {call_id} in the book")
    return _facts(session, *row)


_FACTS = (
    select(CallRow, User.full_name, Account.stage, Decision.facts)
    .join(Decision, Decision.id == CallRow.decision_id)
    .join(User, User.id == CallRow.collector_id)
    .join(Account, Account.id == CallRow.account_id)
)


def _facts(
    session: Session, row: CallRow, collector_name: str, stage: int, decided: Mapping[str, Any]
) -> OpenCall:
    given = leave.authorities_at(session, {row.account_id}, row.reserved_at).get(row.account_id, ())
    return OpenCall(
        call_id=row.id,
        decision_id=row.decision_id,
        account_id=row.account_id,
        party_id=row.party_id,
        collector_id=row.collector_id,
        number=row.number,
        agent_leg=row.agent_leg,
        profile=row.profile,
        party_name=row.party_name,
        currency=row.currency,
        zone=row.zone,
        state=row.state,
        reserved_at=row.reserved_at,
        recording_started_at=row.recording_started_at,
        talk_started_at=row.talk_started_at,
        collector_name=collector_name,
        stage=stage,
        authorities=frozenset(authority.action for authority in given),
        purpose=_purpose(decided),
    )


def _purpose(decided: Mapping[str, Any]) -> CollectionPurpose:
    """Return what a decided contact was for; decisions of older books do not say, and collected."""
    return CollectionPurpose(decided.get("purpose", CollectionPurpose.COLLECT))


def calls_to_judge(session: Session) -> tuple[str, ...]:
    """Return ended calls without an open gap that have not been judged whole, oldest first."""
    has_gap = select(GapRow.id).where(GapRow.call_id == CallRow.id, GapRow.filled.is_(False)).exists()
    return tuple(
        session.scalars(
            select(CallRow.id)
            .where(CallRow.judged.is_(False), CallRow.ended_at.is_not(None), ~has_gap)
            .order_by(CallRow.ended_at)
        )
    )


def mark_judged(session: Session, call_id: str) -> None:
    """Note that the whole transcript has been held against the rules. Raises NotFound."""
    get_call(session, call_id, lock=True).judged = True


def record_transition(session: Session, call_id: str, step: TransitionRecord) -> None:
    """Append one step and set the call's state; the first step into talk sets when talk started."""
    call = get_call(session, call_id, lock=True)
    session.add(
        CallStep(
            call_id=call_id,
            at=step.at,
            before=step.before,
            event=step.event,
            after=step.after,
            evidence=dict(step.evidence),
        )
    )
    if call.ended_at is None:
        call.state = step.after
    if step.after == TALKING and call.talk_started_at is None:
        call.talk_started_at = step.at


def record_recording(session: Session, call_id: str, files: Mapping[str, str], started_at: datetime) -> None:
    """Keep the recordings' file names; the first start is the zero of the call's timeline."""
    call = get_call(session, call_id, lock=True)
    call.recordings = {**call.recordings, **files}
    if call.recording_started_at is None:
        call.recording_started_at = started_at


def end_call(session: Session, call_id: str, end: CallEnd) -> None:
    """Close the call and settle its attempt. A second end of the same call changes nothing."""
    call = get_call(session, call_id, lock=True)
    if call.ended_at is not None:
        return
    call.ended_at = end.at
    call.state = ENDED
    call.outcome = end.outcome
    call.conversation = end.conversation
    call.talk_seconds = end.talk_seconds
    call.evidence = dict(end.evidence)
    attempt = session.scalars(select(Attempt).where(Attempt.call_id == call_id).with_for_update()).one()
    attempt.connected = end.connected
    attempt.settled = True
    if end.conversation:
        add_conversation(session, call, attempt)
    mark_stale(session, call.account_id)


def add_conversation(session: Session, call: CallRow, attempt: Attempt) -> None:
    """Record that live talk took place, once."""
    known = session.scalars(select(Conversation.id).where(Conversation.call_id == call.id)).first()
    if known is None:
        decision = session.get_one(Decision, call.decision_id)
        session.add(
            Conversation(
                call_id=call.id,
                account_id=call.account_id,
                party_id=call.party_id,
                at=call.talk_started_at or call.reserved_at,
                debt_ids=attempt.debt_ids,
                purpose=_purpose(decision.facts).value,
            )
        )


def unwrapped(session: Session, user_id: int) -> tuple[str, int] | None:
    """Return (call id, account id) of the user's latest ended call without a disposition."""
    row = session.execute(
        select(CallRow.id, CallRow.account_id)
        .where(CallRow.collector_id == user_id, CallRow.ended_at.is_not(None), CallRow.wrapped_at.is_(None))
        .order_by(CallRow.reserved_at.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.id, row.account_id)
