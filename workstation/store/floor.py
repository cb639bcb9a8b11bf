"""Supervisors' acts on calls: allowed by a right, recorded before they are done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import NotFound
from workstation.desk.roles import Right
from workstation.store import audit, people
from workstation.store.calls import get_call
from workstation.store.tables import RedactionRow


def supervise(
    session: Session,
    user_id: int,
    right: Right,
    action: str,
    subject: str,
    detail: Mapping[str, str],
    now: datetime,
) -> str:
    """Check the right and append the act; returns the user's full name. Raises NotAllowed."""
    staff = people.need(session, user_id, right)
    audit.append(session, staff.username, action, subject, detail, now)
    return staff.full_name


def taken_over(session: Session, call_id: str, user_id: int, extension: str, now: datetime) -> None:
    """Note whose phone is a call's agent leg now. Raises NotFound, NotAllowed."""
    call = get_call(session, call_id, lock=True)
    staff = people.need(session, user_id, Right.STEER_FLOOR)
    before, call.agent_leg = call.agent_leg, extension
    detail = {"phone": extension, "before": before}
    audit.append(session, staff.username, "call taken over", call_id, detail, now)


def play_recording(
    session: Session, user_id: int, call_id: str, leg: str, detail: Mapping[str, str], now: datetime
) -> str:
    """Return the file name of a recording that may be played; see FloorBook."""
    staff = people.need(session, user_id, Right.AUDIT_CALLS)
    call = get_call(session, call_id)
    if call.ended_at is None:
        raise NotFound("that call is still up: listen to it instead")
    name = call.recordings.get(leg)
    if not name:
        raise NotFound(f"call {call_id} has no recording of the {leg} side")
    owed = select(RedactionRow.id).where(RedactionRow.call_id == call_id, RedactionRow.muted_at.is_(None))
    if session.scalars(owed.limit(1)).first() is not None:
        raise NotFound("what must not be heard is still being muted in that recording: try again in a minute")
    audit.append(session, staff.username, "recording opened", call_id, {"leg": leg, **detail}, now)
    return name
