"""What the book puts into an evidence pack: each part as the very text its digest was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.note import clock_of
from workstation.desk.review import Act, Sheet
from workstation.store import audit, review_check
from workstation.store.tables import AuditEntry, CallRow, Decision, ReviewStep
from workstation.store.types import canonical

PACKED = "evidence packed"
"""Action of the audit log; not part of a pack, so that packing twice gives the same bytes."""


def texts(session: Session, sheet: Sheet) -> dict[str, bytes]:
    """Return the pack's files but for the audio, by name. The names are fixed: no text becomes one."""
    call = session.get_one(CallRow, sheet.call_id)
    decision = session.get_one(Decision, call.decision_id)
    rows = review_check.vouched_rows(session, sheet.call_id)
    bound = session.scalars(
        select(ReviewStep.detail)
        .where(ReviewStep.call_id == sheet.call_id, ReviewStep.act == Act.COMMITTED.value)
        .order_by(ReviewStep.id.desc())
    ).first()
    return {
        "call.json": _pretty(_call(sheet)),
        "transcript.json": _pretty(
            [
                {
                    "leg": u.leg.value,
                    "start": u.start,
                    "end": u.end,
                    "text": u.text,
                    "words": [asdict(w) for w in u.words],
                }
                for u in sheet.utterances
            ]
        ),
        "transcript.txt": _readable(sheet).encode(),
        "decision.json": audit.record_text(decision).encode(),
        "findings.json": _pretty([{"id": n, **asdict(f)} for n, f in sheet.findings]),
        "verdicts.json": _pretty([asdict(v) for v in sheet.verdicts]),
        "scorecard.json": _pretty(sheet.card or {}),
        "bound.json": canonical(bound or {}).encode(),
        "segments.jsonl": _lines(review_check.segment_texts(session, sheet.call_id)),
        "found.jsonl": _lines(review_check.finding_texts(session, sheet.call_id)),
        "rows.jsonl": _lines(rows),
        "audit-log.jsonl": _lines(_log(session, sheet.call_id, call.decision_id)),
    }


def _call(sheet: Sheet) -> Mapping[str, Any]:
    return {
        "call": sheet.call_id,
        "at": sheet.at.isoformat(),
        "collector": sheet.collector,
        "party": sheet.party,
        "account": sheet.account,
        "profile": sheet.profile,
        "stage": sheet.stage,
        "disposition": sheet.disposition,
        "talk_seconds": sheet.seconds,
        "note": sheet.note,
        "review": [
            {"at": s.at.isoformat(), "who": s.name, "level": s.level, "act": s.act.value} for s in sheet.steps
        ],
        "coaching": [asdict(n) for n in sheet.coaching],
        "cut_out": [asdict(c) for c in sheet.cuts],
    }


def _readable(sheet: Sheet) -> str:
    lines = [
        f"Call {sheet.call_id}, {sheet.at:%Y-%m-%d %H:%M} UTC, {sheet.collector} to {sheet.party}",
        "",
    ]
    for said in sheet.utterances:
        who = "collector" if said.leg.value == "agent" else "debtor"
        lines.append(f"{clock_of(said.start)}  {who:<9}  {said.text}")
    if sheet.findings:
        lines += ["", "Findings"]
    verdicts = sheet.stands()
    for number, found in sheet.findings:
        verdict = verdicts.get(f"finding:{number}")
        said_of_it = f"; {verdict.judged.value} by {verdict.username}" if verdict else ""
        lines.append(
            f"{clock_of(found.start)}  {found.title}: {found.verdict.value} {found.confidence:.2f}"
            f" ({found.citation}){said_of_it}"
        )
    return "\n".join(lines) + "\n"


def _log(session: Session, call_id: str, decision_id: str) -> list[dict[str, Any]]:
    entries = session.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject.in_([call_id, decision_id]), AuditEntry.action != PACKED)
        .order_by(AuditEntry.seq)
    )
    return [{"text": audit.line_text(e), "digest": e.digest} for e in entries]


def _pretty(value: Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, default=_plain) + "\n").encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _lines(values: list[dict[str, Any]]) -> bytes:
    return "".join(canonical(v) + "\n" for v in values).encode()
