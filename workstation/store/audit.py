"""The append-only audit log: each line carries a digest over itself and the line before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from compliance.redaction.mask import mask_text
from workstation.store.prepared import Change, NewRow, Query, table_of
from workstation.store.rows import put_rows
from workstation.store.tables import AuditEntry, AuditHead, Base, Decision
from workstation.store.types import canonical

GENESIS = "0" * 64
"""What the first line quotes as the digest before it."""

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """The result of checking the whole log."""

    lines: int
    sound: bool
    broken_at: int | None = None
    """Sequence number of the first line that does not fit."""
    reason: str = ""


_HEAD = Query(select(AuditHead.seq, AuditHead.digest).where(AuditHead.id == 1).with_for_update())
_APPEND = NewRow(AuditEntry)
_MOVE = Change(
    update(table_of(AuditHead)).where(AuditHead.id == 1).values(seq=bindparam("to"), digest=bindparam("said"))
)


def append(
    session: Session, actor: str, action: str, subject: str, detail: Mapping[str, str], now: datetime
) -> int:
    """Append one line and return its number. Other writers wait from here to the commit.

    Nothing that stands here can be masked later, so card data is before.
    """
    detail = {key: mask_text(value) for key, value in detail.items()}
    head = _HEAD.first(session)
    assert head is not None, "the first migration writes the head"
    seq: int = head.seq + 1
    digest = _digest(seq, now, actor, action, subject, detail, head.digest)
    _APPEND.put(
        session,
        AuditEntry(
            seq=seq,
            at=now,
            actor=actor,
            action=action,
            subject=subject,
            detail=dict(detail),
            before=head.digest,
            digest=digest,
        ),
    )
    _MOVE.run(session, to=seq, said=digest)
    return seq


def append_many(
    session: Session,
    actor: str,
    action: str,
    lines: Sequence[tuple[str, Mapping[str, str]]],
    now: datetime,
) -> None:
    """Append a line for each (subject, detail). Other writers wait from here to the commit."""
    head = session.execute(
        select(AuditHead.seq, AuditHead.digest).where(AuditHead.id == 1).with_for_update()
    ).one()
    seq, before = head.seq, head.digest
    rows = []
    for subject, given in lines:
        seq += 1
        detail = {key: mask_text(value) for key, value in given.items()}
        digest = _digest(seq, now, actor, action, subject, detail, before)
        rows.append(
            {
                "seq": seq, "at": now, "actor": actor, "action": action, "subject": subject,
                "detail": dict(detail), "before": before, "digest": digest,
            }
        )  # fmt: skip
        before = digest
    put_rows(session, AuditEntry, rows)
    session.execute(update(AuditHead).where(AuditHead.id == 1).values(seq=seq, digest=before))


def verify(session: Session) -> Verified:
    """Recompute every line, and every decision that the log vouches for."""
    before, expected, seq = GENESIS, 1, 0
    while True:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.seq > seq).order_by(AuditEntry.seq).limit(_CHUNK)
        ).all()
        if not entries:
            break
        decisions = _decisions(session, entries)
        for entry in entries:
            seq = entry.seq
            if entry.seq != expected:
                return Verified(expected - 1, False, expected, f"line {expected} is missing")
            if entry.before != before:
                return Verified(expected - 1, False, seq, f"line {seq} does not follow from the line before")
            actual = _digest(seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail, before)
            if actual != entry.digest:
                return Verified(expected - 1, False, seq, f"line {seq} was changed")
            if entry.action == "decision" and decisions.get(entry.subject) != entry.detail["digest"]:
                return Verified(expected - 1, False, seq, f"decision {entry.subject} was changed or removed")
            before, expected = entry.digest, expected + 1
        session.expunge_all()
    head = session.execute(select(AuditHead.seq, AuditHead.digest).where(AuditHead.id == 1)).one()
    if (head.seq, head.digest) != (seq, before):
        return Verified(expected - 1, False, expected, f"the log ends at {seq}, its head says {head.seq}")
    return Verified(expected - 1, True)


def decision_digest(decision: Decision) -> str:
    """Return the digest of a decision's whole record."""
    return record_digest(decision)


def record_digest(row: Base) -> str:
    """Return the digest of a whole row, column by column."""
    return hashlib.sha256(record_text(row).encode()).hexdigest()


def record_text(row: Base) -> str:
    """Return the text a row's digest is made of."""
    return canonical({column.key: _plain(getattr(row, column.key)) for column in row.__table__.columns})


def line_text(entry: AuditEntry) -> str:
    """Return the text a line's digest is made of."""
    return _line(entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.detail, entry.before)


def _decisions(session: Session, entries: Any) -> dict[str, str]:
    wanted = [e.subject for e in entries if e.action == "decision"]
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        rows = session.scalars(select(Decision).where(Decision.id.in_(wanted[start : start + 500])))
        found.update((d.id, decision_digest(d)) for d in rows)
    return found


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _digest(
    seq: int, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str], before: str
) -> str:
    said = _line(seq, at, actor, action, subject, detail, before)
    return hashlib.sha256(said.encode()).hexdigest()


def _line(
    seq: int, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str], before: str
) -> str:
    return canonical([seq, at.astimezone(UTC).isoformat(), actor, action, subject, dict(detail), before])
