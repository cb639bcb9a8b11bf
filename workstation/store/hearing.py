"""What was heard: words, findings, facts, excuses, and the stretches that were not heard live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from compliance.checks.finding import Caught, CaughtKind, Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind
from compliance.redaction.mask import mask_quote
from compliance.transcription.words import Leg, Source, Utterance
from workstation.desk.book import Gap, NotFound
from workstation.desk.redaction import Kept
from workstation.store import holds, redactions
from workstation.store.calls import get_call
from workstation.store.redactions import unpack
from workstation.store.tables import CallRow, CaughtRow, ExcuseHeard, FindingRow, GapRow, Segment


def add_utterance(session: Session, call_id: str, utterance: Utterance, now: datetime) -> Kept:
    """Append final words, masked where they must be. Raises ValueError for a partial, NotFound."""
    if not utterance.final:
        raise ValueError("only final words are stored: partial results are replaced by later ones")
    return redactions.keep(session, get_call(session, call_id), utterance, now)


def add_finding(session: Session, call_id: str, finding: Finding, now: datetime) -> int | None:
    """Append a finding and the hold it proposes, together; returns the hold's id."""
    call = get_call(session, call_id)
    hold_id = None
    if finding.hold is not None and finding.verdict is Heard.HEARD:
        minutes, seconds = divmod(int(finding.start), 60)
        # Hold and audit log cannot be masked later, when more of a number was heard.
        quoted = mask_quote(" ".join(w.text for w in finding.words)) or finding.title
        hold_id = holds.place(
            session,
            account_id=call.account_id,
            party_id=call.party_id,
            kind=finding.hold,
            now=now,
            source=f'heard at {minutes:02}:{seconds:02}: "{quoted}"',
            actor="live checks",
            number=call.number,
            proposed=True,
            call_id=call_id,
        )
    session.add(redactions.finding_row(call_id, finding, now, hold_id))
    return hold_id


def add_caught(session: Session, call_id: str, caught: Caught) -> None:
    """Append a fact."""
    get_call(session, call_id)
    session.add(
        CaughtRow(
            call_id=call_id,
            kind=caught.kind.value,
            leg=caught.leg.value,
            second=caught.at,
            text=caught.text,
            confidence=caught.confidence,
            amount_minor=caught.amount_minor,
            day=caught.day,
            method=caught.method,
            time_of_day=caught.time_of_day,
            value=caught.value,
            conditional=caught.conditional,
            confirmed=caught.confirmed,
            who=caught.who,
        )
    )


def add_excuse(
    session: Session, call_id: str, excuse_id: str, score: float, second: float, text: str
) -> None:
    """Append an excuse heard."""
    get_call(session, call_id)
    session.add(ExcuseHeard(call_id=call_id, excuse_id=excuse_id, score=score, second=second, text=text))


def record_gap(session: Session, call_id: str, gap: Gap) -> None:
    """Note a stretch not heard live."""
    get_call(session, call_id)
    session.add(GapRow(call_id=call_id, leg=gap.leg.value, start=gap.start, end=gap.end))


def gaps(session: Session) -> tuple[tuple[str, Gap], ...]:
    """Return the open gaps of ended calls, oldest first."""
    return tuple(
        (row.call_id, Gap(Leg(row.leg), row.start, row.end))
        for row in session.scalars(
            select(GapRow)
            .join(CallRow, CallRow.id == GapRow.call_id)
            .where(GapRow.filled.is_(False), CallRow.ended_at.is_not(None))
            .order_by(GapRow.id)
        )
    )


def fill_gap(
    session: Session, call_id: str, gap: Gap, heard: Sequence[Utterance] | None, now: datetime
) -> None:
    """Store what the recording says (None: it cannot be heard) and close the gap. Raises NotFound."""
    rows = session.scalars(
        select(GapRow)
        .where(
            GapRow.call_id == call_id,
            GapRow.leg == gap.leg.value,
            GapRow.start == gap.start,
            GapRow.filled.is_(False),
        )
        .with_for_update()
    ).all()
    if not rows:
        raise NotFound(f"no open gap at {gap.start:.1f} s on the {gap.leg.value}'s leg of call {call_id}")
    for row in rows:
        row.filled = True
        row.unheard = heard is None
    for utterance in heard or ():
        add_utterance(session, call_id, utterance, now)


def unheard(session: Session, call_id: str) -> tuple[Gap, ...]:
    """Return the stretches of a call that nobody could hear, live or recorded."""
    rows = session.scalars(select(GapRow).where(GapRow.call_id == call_id, GapRow.unheard.is_(True)))
    return tuple(Gap(Leg(row.leg), row.start, row.end) for row in rows)


def utterances(session: Session, call_id: str) -> tuple[Utterance, ...]:
    """Return the words that stand, in order of time."""
    return read_segments(session, call_id, Segment.replaced_at.is_(None))


def read_segments(session: Session, call_id: str, *which: ColumnElement[bool]) -> tuple[Utterance, ...]:
    """Return a call's stored words of some kind, in order of time."""
    return tuple(
        Utterance(Leg(r.leg), r.start, r.end, r.text, unpack(r.words), True, Source(r.source))
        for r in session.scalars(
            select(Segment).where(Segment.call_id == call_id, *which).order_by(Segment.start, Segment.id)
        )
    )


def calls_with_words(session: Session) -> tuple[str, ...]:
    """Return the calls of which words are stored, oldest first."""
    heard = select(Segment.id).where(Segment.call_id == CallRow.id).exists()
    return tuple(session.scalars(select(CallRow.id).where(heard).order_by(CallRow.reserved_at, CallRow.id)))


def findings(session: Session, call_id: str) -> tuple[Finding, ...]:
    """Return the findings that stand, in order of time."""
    return tuple(found for _, found in read_findings(session, call_id, FindingRow.superseded_at.is_(None)))


def read_findings(
    session: Session, call_id: str, *which: ColumnElement[bool]
) -> tuple[tuple[int, Finding], ...]:
    """Return a call's findings of some kind with their ids, in order of time."""
    return tuple(
        (r.id, _finding(r))
        for r in session.scalars(
            select(FindingRow)
            .where(FindingRow.call_id == call_id, *which)
            .order_by(FindingRow.start, FindingRow.id)
        )
    )


def _finding(r: FindingRow) -> Finding:
    return Finding(
        rule_id=r.rule_id,
        rule_version=r.rule_version,
        kind=FindingKind(r.kind),
        title=r.title,
        severity=Severity(r.severity),
        citation=r.citation,
        leg=Leg(r.leg),
        verdict=Heard(r.verdict),
        start=r.start,
        end=r.end,
        confidence=r.confidence,
        words=unpack(r.words),
        reason=r.reason,
        hold=None if r.hold is None else HoldKind(r.hold),
        advice=r.advice,
    )


def caught(session: Session, call_id: str) -> tuple[Caught, ...]:
    """Return the facts caught, in order of time."""
    return tuple(
        Caught(
            kind=CaughtKind(r.kind),
            leg=Leg(r.leg),
            at=r.second,
            text=r.text,
            confidence=r.confidence,
            amount_minor=r.amount_minor,
            day=r.day,
            method=r.method,
            time_of_day=r.time_of_day,
            value=r.value,
            conditional=r.conditional,
            confirmed=r.confirmed,
            who=r.who,
        )
        for r in session.scalars(
            select(CaughtRow).where(CaughtRow.call_id == call_id).order_by(CaughtRow.second, CaughtRow.id)
        )
    )


def excuses(session: Session, call_id: str) -> tuple[tuple[str, float, float], ...]:
    """Return (excuse id, score, second) in order of time."""
    return tuple(
        (r.excuse_id, r.score, r.second)
        for r in session.scalars(
            select(ExcuseHeard)
            .where(ExcuseHeard.call_id == call_id)
            .order_by(ExcuseHeard.second, ExcuseHeard.id)
        )
    )
