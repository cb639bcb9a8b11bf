"""Supervisors' acts on calls and collectors, allowed by a right and recorded before they are done; pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.floor import pauses
from workstation.desk.roles import Right, may
from workstation.store import audit, people
from workstation.store.calls import get_call
from workstation.store.tables import RedactionRow, User

_REASON_LIMIT = 120


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


# ---- pauses, and the end of sessions ----------------------------------------------------------------


def pause(session: Session, user_id: int, code: str, now: datetime) -> None:
    """Put a user on pause at their own wish. Raises InvalidEntry for a reason nobody knows, NotAllowed."""
    if code not in pauses():
        raise InvalidEntry(f"{code!r} is no reason for a pause: {', '.join(pauses())}")
    user = _user(session, people.need(session, user_id, Right.WORK_ACCOUNTS).id)
    if user.paused_by:
        raise NotAllowed(f"{user.paused_by} has paused you: {user.pause}")
    user.pause = code


def unpause(session: Session, user_id: int, now: datetime) -> None:
    """End a user's own pause. Raises NotAllowed where a supervisor put them on it."""
    user = _user(session, people.need(session, user_id, Right.WORK_ACCOUNTS).id)
    if user.paused_by:
        raise NotAllowed(f"{user.paused_by} has paused you ({user.pause}): a supervisor ends that")
    user.pause = ""


def force_pause(session: Session, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
    """Put a collector on pause, which only a supervisor ends. Raises NotAllowed, NotFound, InvalidEntry."""
    actor, user = people.need(session, actor_id, Right.STEER_FLOOR), _collector(session, user_id)
    user.pause, user.paused_by = _said(reason), actor.username
    audit.append(session, actor.username, "paused", user.username, {"reason": user.pause}, now)


def lift_pause(session: Session, actor_id: int, user_id: int, now: datetime) -> None:
    """End a collector's pause, whoever began it. Raises NotAllowed, NotFound, InvalidEntry."""
    actor, user = people.need(session, actor_id, Right.STEER_FLOOR), _collector(session, user_id)
    if not user.pause:
        raise InvalidEntry(f"{user.full_name} is not on pause")
    audit.append(session, actor.username, "pause lifted", user.username, {"reason": user.pause}, now)
    user.pause = user.paused_by = ""


def sign_out(session: Session, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
    """End every session of a user; calls stay up. Raises NotAllowed, NotFound, InvalidEntry."""
    actor, user = people.need(session, actor_id, Right.STEER_FLOOR), _collector(session, user_id)
    user.era += 1
    user.ticket = ""
    audit.append(session, actor.username, "signed out", user.username, {"reason": _said(reason)}, now)


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound("nobody in the book has this id")
    return user


def _collector(session: Session, user_id: int) -> User:
    user = _user(session, user_id)
    if may(user.role, Right.STEER_FLOOR):
        raise NotAllowed(f"{user.full_name} is a {user.role}: only collectors are paused or signed out here")
    return user


def _said(reason: str) -> str:
    """Return a reason fit for the log. Raises InvalidEntry without one."""
    said = " ".join(reason.split())[:_REASON_LIMIT]
    if not said:
        raise InvalidEntry("say why in a few words: the collector sees it, and the audit log keeps it")
    return said
