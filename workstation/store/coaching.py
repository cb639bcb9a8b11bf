"""Coaching: what a reviewer tells a collector about a call, and what the collector answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from compliance.redaction.mask import mask_text
from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.review import CoachingNote
from workstation.desk.roles import Right
from workstation.store import audit, calls, people
from workstation.store.tables import CallRow, CoachingRow, CoachingSeen, User

_AUTHOR, _TO = aliased(User), aliased(User)


def send(
    session: Session, call_id: str, user_id: int, text: str, now: datetime, *, second: float | None = None
) -> int:
    """Write to the collector who took a call; returns the message's id. Raises NotAllowed, InvalidEntry."""
    author = people.need(session, user_id, Right.AUDIT_CALLS)
    call = calls.get_call(session, call_id)
    if call.collector_id == user_id:
        raise NotAllowed("you took this call yourself: there is nobody to coach")
    return _append(session, 0, call_id, author, call.collector_id, _said(text), second, now)


def answer(session: Session, message_id: int, user_id: int, text: str, now: datetime) -> int:
    """Answer in a thread; whoever answers has seen it. Raises NotFound, NotAllowed, InvalidEntry."""
    author = people.staff(session, user_id)
    asked = session.get(CoachingRow, message_id)
    if asked is None:
        raise NotFound(f"no coaching message {message_id} in the book")
    if user_id not in (asked.author_id, asked.to_id):
        raise NotAllowed("this thread is between two other people")
    to = asked.author_id if asked.to_id == user_id else asked.to_id
    thread = asked.thread or asked.id
    written = _append(session, thread, asked.call_id, author, to, _said(text), None, now)
    see(session, thread, user_id, now)
    return written


def see(session: Session, thread: int, user_id: int, now: datetime) -> None:
    """Note that somebody has read what a thread says to them."""
    unread = session.scalars(
        select(CoachingRow.id).where(
            or_(CoachingRow.id == thread, CoachingRow.thread == thread),
            CoachingRow.to_id == user_id,
            ~select(CoachingSeen.message_id).where(CoachingSeen.message_id == CoachingRow.id).exists(),
        )
    )
    session.add_all([CoachingSeen(message_id=n, at=now) for n in unread])


def unread(session: Session, user_id: int) -> int:
    """Return how many messages to somebody they have not seen."""
    return session.scalars(
        select(func.count(CoachingRow.id)).where(
            CoachingRow.to_id == user_id,
            ~select(CoachingSeen.message_id).where(CoachingSeen.message_id == CoachingRow.id).exists(),
        )
    ).one()


def of_user(session: Session, user_id: int, limit: int = 200) -> tuple[CoachingNote, ...]:
    """Return what somebody wrote or was written, newest thread last, each thread in order of time."""
    mine = or_(CoachingRow.to_id == user_id, CoachingRow.author_id == user_id)
    found = _read(session, mine, user_id=user_id)
    found.sort(key=lambda n: (n.thread, n.id))
    return tuple(found[-limit:])


def of_call(session: Session, call_id: str) -> tuple[CoachingNote, ...]:
    """Return every message about a call, in order of time."""
    return tuple(_read(session, CoachingRow.call_id == call_id))


def _read(session: Session, *which: ColumnElement[bool], user_id: int | None = None) -> list[CoachingNote]:
    rows = session.execute(
        select(CoachingRow, _AUTHOR.full_name, _TO.full_name, CoachingSeen.at, CallRow.party_name)
        .join(CallRow, CallRow.id == CoachingRow.call_id)
        .join(_AUTHOR, _AUTHOR.id == CoachingRow.author_id)
        .join(_TO, _TO.id == CoachingRow.to_id)
        .outerjoin(CoachingSeen, CoachingSeen.message_id == CoachingRow.id)
        .where(*which)
        .order_by(CoachingRow.id)
    )
    return [
        CoachingNote(
            id=r.id,
            thread=r.thread or r.id,
            at=r.at,
            call_id=r.call_id,
            author_id=r.author_id,
            author=author,
            to_id=r.to_id,
            to=to,
            second=r.second,
            text=r.text,
            party=party,
            unread=seen is None and r.to_id == user_id,
        )
        for r, author, to, seen, party in rows
    ]


def _said(text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidEntry("there is nothing written")
    return mask_text(text)


def _append(
    session: Session,
    thread: int,
    call_id: str,
    author: people.Staff,
    to_id: int,
    text: str,
    second: float | None,
    now: datetime,
) -> int:
    row = CoachingRow(
        thread=thread,
        call_id=call_id,
        at=now,
        author_id=author.id,
        to_id=to_id,
        second=second,
        text=text,
    )
    session.add(row)
    session.flush()
    detail = {"row": str(row.id), "digest": audit.record_digest(row)}
    audit.append(session, author.username, "coaching", call_id, detail, now)
    return row.id
