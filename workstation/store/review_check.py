"""What a committed review is bound to, and whether that is still as it was.

Words, findings and mismatches are bound one by one, recordings file by file, each by a digest; so what
changed can be named, and held against what may change it: a redaction (its lines in the audit log name leg
and seconds, and the digests of what it left), the call being heard again, the end of retention. What none
of these accounts for was altered. The binding itself, the verdicts and the steps are vouched for by the
audit log.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.note import clock_of
from workstation.desk.review import Act, Changed
from workstation.store import audit
from workstation.store.tables import (
    AuditEntry,
    CoachingRow,
    FindingRow,
    HearingRow,
    MismatchRow,
    RedactionRow,
    ReviewStep,
    ReviewVerdict,
    Segment,
)
from workstation.store.types import canonical

_Row = ReviewStep | ReviewVerdict | CoachingRow
_VOUCHED: Mapping[str, type[_Row]] = {
    "review step": ReviewStep,
    "review verdict": ReviewVerdict,
    "coaching": CoachingRow,
}
"""Actions of the audit log, and the tables whose rows they vouch for."""
MASKED = "masked"
"""Action of the log: the digests of what a committed review is bound to, once it was masked."""
_NEAR_S = 2.0
"""A redaction cuts from the words it stands over; its line in the log is rounded to a tenth of a second."""


def bind(session: Session, call_id: str, files: Mapping[str, str], rules: str) -> dict[str, Any]:
    """Return what a review is bound to: digests of words, findings, mismatches, verdicts, files, rules."""
    segments = {str(s.id): _of_segment(s) for s in _segments(session, call_id)}
    findings = {str(f.id): _of_finding(f) for f in _findings(session, call_id)}
    mismatches = {str(m.id): _short(audit.record_digest(m)) for m in _mismatches(session, call_id)}
    verdicts = {
        str(v.id): _short(audit.record_digest(v))
        for v in session.scalars(
            select(ReviewVerdict).where(ReviewVerdict.call_id == call_id).order_by(ReviewVerdict.id)
        )
    }
    return {
        "transcript": hashlib.sha256(canonical(segments).encode()).hexdigest(),
        "segments": segments,
        "findings": findings,
        "mismatches": mismatches,
        "verdicts": verdicts,
        "files": dict(sorted(files.items())),
        "rules": rules,
    }


def vouch_masked(session: Session, call_id: str, rows: Sequence[Segment | FindingRow], now: datetime) -> None:
    """Note in the log what words and findings of a reviewed call are once they are masked.

    So a redaction explains exactly what it made, and nothing else that is done to the same words.
    """
    committed = select(ReviewStep.id).where(
        ReviewStep.call_id == call_id, ReviewStep.act == Act.COMMITTED.value
    )
    if not rows or session.scalars(committed).first() is None:
        return
    detail = {
        f"segment {row.id}" if isinstance(row, Segment) else f"finding {row.id}": (
            _of_segment(row) if isinstance(row, Segment) else _of_finding(row)
        )
        for row in rows
    }
    audit.append(session, "redaction", MASKED, call_id, detail, now)


@dataclass(frozen=True, slots=True)
class Log:
    """What the audit log says about a call since an instant."""

    redacted: tuple[tuple[str, float, float, int], ...] = ()
    """Leg, from, to, id of the redaction."""
    muted: frozenset[tuple[str, str]] = frozenset()
    """File name and digest."""
    masked: frozenset[tuple[str, str]] = frozenset()
    """Which words or finding, and the digest they had once they were masked."""
    deleted: bool = False
    cuts: tuple[int, ...] = ()
    """Ids of all that was cut out of the call, whenever."""


def changes(
    session: Session, call_id: str, bound: Mapping[str, Any], since: datetime, files: Mapping[str, str]
) -> tuple[Changed, ...]:
    """Return what is not as it was bound at `since`; `files` are the recordings' digests as they lie."""
    log = _log(session, call_id, since)
    heard = session.get(HearingRow, call_id)
    again = "heard again" if heard is not None and heard.at is not None and heard.at >= since else ""
    return (
        *_words_changed(session, call_id, bound["segments"], log, again),
        *_findings_changed(session, call_id, bound["findings"], log, again),
        *_mismatches_changed(session, call_id, bound["mismatches"], log, again),
        *_files_changed(call_id, bound["files"], files, log),
    )


def verify(session: Session, files_of: Callable[[str], Mapping[str, str]]) -> Iterator[Changed]:
    """Look at every review in the book; `files_of` gives the digests of a call's recordings now."""
    yield from _rows_changed(session)
    for step in session.scalars(
        select(ReviewStep).where(ReviewStep.act == Act.COMMITTED.value).order_by(ReviewStep.id)
    ).all():
        if "segments" not in step.detail:  # it was altered itself, as was said
            continue
        yield from changes(session, step.call_id, step.detail, step.at, files_of(step.call_id))


def _rows_changed(session: Session) -> Iterator[Changed]:
    """Hold the rows of reviews against the lines of the log that vouch for them."""
    told: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for entry in session.scalars(select(AuditEntry).where(AuditEntry.action.in_(list(_VOUCHED)))):
        told[entry.action][int(entry.detail["row"])] = entry.subject, entry.detail["digest"]
    for action, table in _VOUCHED.items():
        expected = told[action]
        rows: list[_Row] = list(session.scalars(select(table).order_by(table.id)))
        for row in rows:
            call_id, said = expected.pop(row.id, ("", ""))
            if not call_id:
                yield Changed(row.call_id, f"{action} {row.id} was added past the log", "")
            elif audit.record_digest(row) != said:
                yield Changed(call_id, f"{action} {row.id} was changed", "")
        for number, (call_id, _) in sorted(expected.items()):
            yield Changed(call_id, f"{action} {number} was removed", "")


def _words_changed(
    session: Session, call_id: str, bound: Mapping[str, str], log: Log, again: str
) -> Iterator[Changed]:
    every = select(Segment).where(Segment.call_id == call_id).order_by(Segment.id)
    rows = {str(s.id): s for s in session.scalars(every)}
    for key, was in bound.items():
        row = rows.get(key)
        if row is None:
            yield Changed(call_id, f"words {key} were removed", "")
            continue
        where = f"words of the {row.leg} at {clock_of(row.start)}"
        if row.replaced_at is not None:
            yield Changed(call_id, where, again)
        elif (now := _of_segment(row)) != was:
            masked = (f"segment {key}", now) in log.masked
            yield Changed(call_id, where, _redaction(log, row.leg, row.start, row.end) if masked else "")
    for key, row in rows.items():
        if key not in bound and row.replaced_at is None:
            yield Changed(call_id, f"words of the {row.leg} at {clock_of(row.start)} were added", again)


def _findings_changed(
    session: Session, call_id: str, bound: Mapping[str, str], log: Log, again: str
) -> Iterator[Changed]:
    every = select(FindingRow).where(FindingRow.call_id == call_id).order_by(FindingRow.id)
    rows = {str(f.id): f for f in session.scalars(every)}
    for key, was in bound.items():
        row = rows.get(key)
        if row is None:
            yield Changed(call_id, f"finding {key} was removed", "")
        elif row.superseded_at is not None:
            yield Changed(call_id, f"finding {key} ({row.rule_id}) no longer stands", again)
        elif (now := _of_finding(row)) != was:
            masked = (f"finding {key}", now) in log.masked
            because = _redaction(log, row.leg, row.start, row.end) or "redaction of what it quotes"
            yield Changed(call_id, f"finding {key} ({row.rule_id})", because if masked else "")
    for key, row in rows.items():
        if key not in bound and row.superseded_at is None:
            by_cut = _redaction(log, row.leg, row.start, row.end) if row.kind == "incident" else ""
            yield Changed(call_id, f"finding {key} ({row.rule_id}) was added", by_cut or again)


def _mismatches_changed(
    session: Session, call_id: str, bound: Mapping[str, str], log: Log, again: str
) -> Iterator[Changed]:
    rows = {str(m.id): m for m in session.scalars(select(MismatchRow).where(MismatchRow.call_id == call_id))}
    for key, was in bound.items():
        row = rows.get(key)
        if row is None:
            yield Changed(call_id, f"mismatch {key} was removed", "")
        elif _short(audit.record_digest(row)) != was:
            yield Changed(call_id, f"mismatch {row.kind.lower()}", again)
    for key, row in rows.items():
        if key not in bound and row.stands:
            yield Changed(call_id, f"mismatch {row.kind.lower()} was added", again)


def _files_changed(
    call_id: str, bound: Mapping[str, str], files: Mapping[str, str], log: Log
) -> Iterator[Changed]:
    for name, was in bound.items():
        now = files.get(name)
        if now is None:
            yield Changed(call_id, f"recording {name} is gone", "retention" if log.deleted else "")
        elif now != was:
            muted = (name, now) in log.muted
            numbers = ", ".join(f"#{n}" for n in log.cuts)
            yield Changed(call_id, f"recording {name}", f"redaction {numbers}" if muted else "")
    for name in sorted(files.keys() - bound.keys()):
        yield Changed(call_id, f"recording {name} was added", "")


def _log(session: Session, call_id: str, since: datetime) -> Log:
    cuts = list(session.scalars(select(RedactionRow).where(RedactionRow.call_id == call_id)))
    redacted, deleted = [], False
    muted: set[tuple[str, str]] = set()
    masked: set[tuple[str, str]] = set()
    for entry in session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.subject == call_id,
            AuditEntry.at >= since,
            AuditEntry.action.in_(["redacted", MASKED, "muted", "recordings deleted"]),
        )
        .order_by(AuditEntry.seq)
    ):
        if entry.action == "muted":
            muted |= set(entry.detail.items())
        elif entry.action == MASKED:
            masked |= set(entry.detail.items())
        elif entry.action == "recordings deleted":
            deleted = True
        else:
            start, end = float(entry.detail["from"]), float(entry.detail["to"])
            number = next(
                (
                    c.id
                    for c in cuts
                    if c.leg == entry.detail["leg"] and c.start - _NEAR_S <= end and start <= c.end + _NEAR_S
                ),
                0,
            )
            redacted.append((entry.detail["leg"], start, end, number))
    return Log(tuple(redacted), frozenset(muted), frozenset(masked), deleted, tuple(c.id for c in cuts))


def _redaction(log: Log, leg: str, start: float, end: float) -> str:
    for cut_leg, first, last, number in log.redacted:
        if cut_leg == leg and first <= end + _NEAR_S and start <= last + _NEAR_S:
            return f"redaction #{number}"
    return ""


def _segments(session: Session, call_id: str) -> list[Segment]:
    return list(
        session.scalars(
            select(Segment)
            .where(Segment.call_id == call_id, Segment.replaced_at.is_(None))
            .order_by(Segment.id)
        )
    )


def _findings(session: Session, call_id: str) -> list[FindingRow]:
    return list(
        session.scalars(
            select(FindingRow)
            .where(FindingRow.call_id == call_id, FindingRow.superseded_at.is_(None))
            .order_by(FindingRow.id)
        )
    )


def _mismatches(session: Session, call_id: str) -> list[MismatchRow]:
    return list(
        session.scalars(
            select(MismatchRow)
            .where(MismatchRow.call_id == call_id, MismatchRow.stands.is_(True))
            .order_by(MismatchRow.id)
        )
    )


def vouched_rows(session: Session, call_id: str) -> list[dict[str, Any]]:
    """Return the rows of a call's review, each as the text its digest in the log is made of."""
    found: list[dict[str, Any]] = []
    for action, table in _VOUCHED.items():
        rows: list[_Row] = list(
            session.scalars(select(table).where(table.call_id == call_id).order_by(table.id))
        )
        found += [{"action": action, "row": row.id, "text": audit.record_text(row)} for row in rows]
    return found


def segment_texts(session: Session, call_id: str) -> list[dict[str, Any]]:
    """Return the words that stand, each as the text its digest is made of."""
    return [{"id": str(s.id), "text": _segment_text(s)} for s in _segments(session, call_id)]


def finding_texts(session: Session, call_id: str) -> list[dict[str, Any]]:
    """Return the findings that stand, each as the text its digest is made of."""
    return [{"id": str(f.id), "text": _finding_text(f)} for f in _findings(session, call_id)]


def _segment_text(row: Segment) -> str:
    return canonical([row.leg, row.start, row.end, row.text, row.words, row.source])


def _finding_text(row: FindingRow) -> str:
    left_out = ("at", "hold_id", "superseded_at")
    return canonical({c.key: getattr(row, c.key) for c in row.__table__.columns if c.key not in left_out})


def _of_segment(row: Segment) -> str:
    return _short(hashlib.sha256(_segment_text(row).encode()).hexdigest())


def _of_finding(row: FindingRow) -> str:
    return _short(hashlib.sha256(_finding_text(row).encode()).hexdigest())


def _short(digest: str) -> str:
    """Half a SHA-256: 128 bits are more than anybody can find a second text for."""
    return digest[:32]
