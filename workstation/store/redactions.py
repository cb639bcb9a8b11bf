"""Nothing of a card is kept: words are masked before they are stored.

What was stored before it was understood is masked in the same transaction that records it. The audio is owed
its muting until it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.redaction.mask import Masked, Stretch, cut_words, mask_call, mask_of, mask_quote
from compliance.redaction.policy import CARD_KINDS, Kind, Policy, policy_of
from compliance.redaction.tokens import may_matter
from compliance.transcription.words import Leg, Source, Utterance, Word
from workstation.desk.redaction import Kept, Owed
from workstation.store import audit, review_check
from workstation.store.gate import rulebook
from workstation.store.tables import CallRow, CaughtRow, ExcuseHeard, FindingRow, RedactionRow, Segment

WINDOW_S = 75.0
"""How far to both sides words are looked at: a card is being talked about for a minute."""
WINDOW_LINES = 40
"""And how many utterances at most."""
ONE_STRETCH_S = 3.0
"""Cuts that lie closer than this on one leg are one stretch of audio."""
ONE_INCIDENT_S = 120.0
"""Cuts that follow each other within this time are one incident: a number, its expiry and its code."""
ACTOR = "redaction"

_SAID = {
    Kind.CARD: "card number",
    Kind.CODE: "security code",
    Kind.EXPIRY: "card's expiry date",
    Kind.SOCIAL: "social security number",
    Kind.BANK: "bank account number",
}


@dataclass(frozen=True, slots=True)
class _Seg:
    row: Segment | None
    utterance: Utterance


def policy_for(call: CallRow) -> Policy:
    """What must not be kept of a call: by its profile, as of the day it was made."""
    return policy_of(rulebook(), call.profile, _day(call))


def keep(session: Session, call: CallRow, utterance: Utterance, now: datetime) -> Kept:
    """Store final words fit to be kept, and mask what was stored before and belongs to them."""
    if not may_matter(utterance.text):
        return Kept(_add(session, call.id, utterance), utterance)
    lines = [_Seg(row, _utterance(row)) for row in _near(session, call.id, utterance)]
    place = next((n for n, x in enumerate(lines) if x.utterance.start > utterance.start), len(lines))
    lines.insert(place, _Seg(None, utterance))
    changes = mask_call([x.utterance for x in lines], policy_for(call))
    stored = utterance
    changed: list[Utterance] = []
    rewritten: list[Segment | FindingRow] = []
    for change in changes:
        row = lines[change.index].row
        if row is None:
            stored = change.utterance
        else:
            rewritten += _rewrite(session, row, change)
            changed.append(change.utterance)
    review_check.vouch_masked(session, call.id, rewritten, now)
    segment = _add(session, call.id, stored)
    incident = record(session, call, [(c.utterance.leg, s) for c in changes for s in c.stretches], now)
    return Kept(segment, stored, tuple(changed), incident)


def rescan(session: Session, call: CallRow, now: datetime) -> int:
    """Look at all stored words of a call again; returns how many utterances had to be masked."""
    rows = session.scalars(
        select(Segment).where(Segment.call_id == call.id).order_by(Segment.start, Segment.id)
    ).all()
    masked = 0
    rewritten: list[Segment | FindingRow] = []
    # Words heard twice are two versions of one talk: read as one they would make numbers nobody said.
    for version in ([r for r in rows if r.replaced_at is None], [r for r in rows if r.replaced_at]):
        changes = mask_call([_utterance(row) for row in version], policy_for(call))
        for change in changes:
            rewritten += _rewrite(session, version[change.index], change)
        record(session, call, [(c.utterance.leg, s) for c in changes for s in c.stretches], now)
        masked += len(changes)
    review_check.vouch_masked(session, call.id, rewritten, now)
    return masked


def record(
    session: Session, call: CallRow, stretches: Sequence[tuple[Leg, Stretch]], now: datetime
) -> Finding | None:
    """Record what was cut out, in table and audit log; returns the incident if it is a new one."""
    if not stretches:
        return None
    policy = policy_for(call)
    known = list(session.scalars(select(RedactionRow).where(RedactionRow.call_id == call.id)))
    first = min((stretch for _, stretch in stretches), key=lambda s: s.start)
    fresh = not any(
        row.start - ONE_INCIDENT_S <= first.start <= row.end + ONE_INCIDENT_S
        and (row.kind in CARD_KINDS) == (first.kind in CARD_KINDS)
        for row in known
    )
    for leg, stretch in stretches:
        row = next((r for r in known if _adjoins(r, leg, stretch)), None)
        if row is None:
            row = RedactionRow(
                call_id=call.id,
                leg=leg.value,
                start=stretch.start,
                end=stretch.end,
                kind=stretch.kind.value,
                last_four=stretch.last_four,
                rule=policy.version(stretch.kind),
                at=now,
                files={},
            )
            session.add(row)
            known.append(row)
        row.start, row.end = min(row.start, stretch.start), max(row.end, stretch.end)
        row.last_four = stretch.last_four or row.last_four
        row.muted_at, row.files = None, {}
        detail = {
            "kind": row.kind,
            "leg": row.leg,
            "from": f"{row.start:.1f}",
            "to": f"{row.end:.1f}",
            "rule": row.rule,
        }
        audit.append(session, ACTOR, "redacted", call.id, detail, now)
    return _incident(session, call, stretches, policy, now) if fresh else None


def owed(session: Session) -> tuple[Owed, ...]:
    """Return the ended calls whose audio is owed its muting, each with all its stretches."""
    ids = session.scalars(
        select(RedactionRow.call_id)
        .join(CallRow, CallRow.id == RedactionRow.call_id)
        .where(RedactionRow.muted_at.is_(None), CallRow.ended_at.is_not(None))
        .distinct()
        .order_by(RedactionRow.call_id)
    )
    return tuple(spans_of(session, call_id) for call_id in list(ids))


def every(session: Session, call_id: str | None = None) -> tuple[Owed, ...]:
    """Return every call of which something was cut out, or that one."""
    ids = select(RedactionRow.call_id).distinct().order_by(RedactionRow.call_id)
    if call_id is not None:
        ids = ids.where(RedactionRow.call_id == call_id)
    return tuple(spans_of(session, found) for found in list(session.scalars(ids)))


def spans_of(session: Session, call_id: str) -> Owed:
    """Return every stretch cut out of a call, in seconds with the margin."""
    call = session.get_one(CallRow, call_id)
    margin = policy_for(call).margin_s
    rows = session.scalars(
        select(RedactionRow).where(RedactionRow.call_id == call_id).order_by(RedactionRow.start)
    ).all()
    spans = tuple((max(0.0, r.start - margin), r.end + margin) for r in rows)
    files: dict[str, str] = {}
    for row in rows:
        files |= row.files
    return Owed(call_id, tuple(r.id for r in rows), spans, files)


def paid(session: Session, owing: Owed, files: Mapping[str, str], now: datetime) -> None:
    """Note that a call's recordings were muted, with their digests. If more is owed by now, all stays so."""
    if spans_of(session, owing.call_id).spans != owing.spans:
        return
    session.execute(
        update(RedactionRow)
        .where(RedactionRow.id.in_(owing.rows), RedactionRow.call_id == owing.call_id)
        .values(files=dict(files), muted_at=now)
    )
    detail = dict(sorted(files.items())) or {"files": "there is no recording"}
    audit.append(session, ACTOR, "muted", owing.call_id, detail, now)


# ---- inside ---------------------------------------------------------------------------------------------


def _near(session: Session, call_id: str, utterance: Utterance) -> Sequence[Segment]:
    rows = session.scalars(
        select(Segment)
        .where(
            Segment.call_id == call_id,
            Segment.replaced_at.is_(None),
            Segment.start >= utterance.start - WINDOW_S,
            Segment.start <= utterance.end + WINDOW_S,
        )
        .order_by(Segment.start.desc(), Segment.id.desc())
        .limit(WINDOW_LINES)
    ).all()
    return rows[::-1]


def _add(session: Session, call_id: str, utterance: Utterance) -> int:
    segment = Segment(
        call_id=call_id,
        leg=utterance.leg.value,
        start=utterance.start,
        end=utterance.end,
        text=utterance.text,
        words=pack(utterance.words),
        source=utterance.source.value,
    )
    session.add(segment)
    session.flush()
    return segment.id


def _rewrite(session: Session, row: Segment, change: Masked) -> list[Segment | FindingRow]:
    """Mask a stored utterance, and whatever quotes its words; returns what of it a review may be bound to."""
    before = _utterance(row)
    quoting: list[FindingRow] = []
    for stretch in change.stretches:
        phrase = [w.text for w in before.words if stretch.start <= w.start and w.end <= stretch.end]
        mask = mask_of(stretch.kind, stretch.last_four)
        quoting += _mask_quotes(session, row, phrase or before.text.split(), mask)
    row.text, row.words = change.utterance.text, pack(change.utterance.words)
    return [row, *quoting]


def _mask_quotes(session: Session, row: Segment, phrase: Sequence[str], mask: str) -> list[FindingRow]:
    """Cut a phrase out of facts, excuses and findings; returns the findings that changed.

    Holds and the audit log quote no four digits.
    """
    quoting = []
    for fact in session.scalars(select(CaughtRow).where(CaughtRow.call_id == row.call_id)):
        fact.text, fact.value = cut_words(fact.text, phrase, mask), cut_words(fact.value, phrase, mask)
    for excuse in session.scalars(select(ExcuseHeard).where(ExcuseHeard.call_id == row.call_id)):
        excuse.text = cut_words(excuse.text, phrase, mask)
    for finding in session.scalars(select(FindingRow).where(FindingRow.call_id == row.call_id)):
        words = unpack(finding.words)
        said = " ".join(w.text for w in words)
        cut = cut_words(said, phrase, mask)
        if cut != said:
            finding.words = pack([replace(words[0], text=cut, end=words[-1].end)])
            quoting.append(finding)
    return quoting


def _adjoins(row: RedactionRow, leg: Leg, stretch: Stretch) -> bool:
    return (
        row.leg == leg.value
        and row.kind == stretch.kind.value
        and stretch.start <= row.end + ONE_STRETCH_S
        and stretch.end >= row.start - ONE_STRETCH_S
    )


def _incident(
    session: Session,
    call: CallRow,
    stretches: Sequence[tuple[Leg, Stretch]],
    policy: Policy,
    now: datetime,
) -> Finding:
    leg, first = min(stretches, key=lambda s: s[1].start)
    of_card = first.kind in CARD_KINDS
    rule_id, _, version = policy.version(first.kind).partition(" ")
    rule = rulebook().rules[rule_id or "conduct/card-data"]
    finding = Finding(
        rule_id=f"incident.{rule.id.partition('/')[2]}",
        rule_version=version,
        kind=FindingKind.INCIDENT,
        title="card data spoken outside a pause" if of_card else f"{_SAID[first.kind]} spoken",
        severity=Severity.HIGH if of_card else Severity.MEDIUM,
        citation=rule.citation,
        leg=leg,
        verdict=Heard.HEARD,
        start=first.start,
        end=max(s.end for _, s in stretches),
        confidence=1.0,
        advice=f"{_SAID[first.kind]} heard: masked",
    )
    session.add(finding_row(call.id, finding, now))
    return finding


def finding_row(call_id: str, finding: Finding, now: datetime, hold_id: int | None = None) -> FindingRow:
    """Return a finding as the book keeps it; its words may quote earlier ones, so no four digits stay."""
    words = finding.words
    said = " ".join(w.text for w in words)
    if (cut := mask_quote(said)) != said:
        words = (replace(words[0], text=cut, end=words[-1].end),)
    return FindingRow(
        call_id=call_id,
        at=now,
        rule_id=finding.rule_id,
        rule_version=finding.rule_version,
        kind=finding.kind.value,
        title=finding.title,
        severity=finding.severity.value,
        citation=finding.citation,
        leg=finding.leg.value,
        verdict=finding.verdict.value,
        start=finding.start,
        end=finding.end,
        confidence=finding.confidence,
        words=pack(words),
        reason=finding.reason,
        hold=None if finding.hold is None else finding.hold.value,
        advice=finding.advice,
        hold_id=hold_id,
    )


def _utterance(row: Segment) -> Utterance:
    return Utterance(Leg(row.leg), row.start, row.end, row.text, unpack(row.words), True, Source(row.source))


def _day(call: CallRow) -> date:
    return call.reserved_at.date()


def pack(words: Sequence[Word]) -> list[Any]:
    """Words as the book keeps them: text, start and end second, confidence."""
    return [[w.text, round(w.start, 3), round(w.end, 3), round(w.confidence, 4)] for w in words]


def unpack(rows: Sequence[Sequence[Any]]) -> tuple[Word, ...]:
    """Words as they were packed."""
    return tuple(Word(text, start, end, confidence) for text, start, end, confidence in rows)
