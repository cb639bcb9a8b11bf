"""Words heard again after a call: both versions kept, one shown, replaced whole or not at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from compliance.checks.finding import Finding
from compliance.transcription.words import Leg, Source, Utterance
from workstation.desk.book import Gap
from workstation.desk.hearing import REPLACED, HeardAgain
from workstation.store import hearing
from workstation.store.calls import get_call
from workstation.store.tables import CallRow, FindingRow, HearingRow, RedactionRow, Segment

MOST_TRIES = 5
"""A call begun so often and never done takes its hearer with it: it is left as it was first heard."""


_cut_out = (
    select(RedactionRow.id)
    .where(
        RedactionRow.call_id == Segment.call_id,
        RedactionRow.leg == Segment.leg,
        RedactionRow.start < Segment.end,
        RedactionRow.end > Segment.start,
    )
    .exists()
)
"""Words of which something was cut out: their audio is muted, so nobody can hear them better."""


def calls_to_hear_again(session: Session) -> tuple[str, ...]:
    """See AgainBook."""
    return tuple(
        session.scalars(
            select(CallRow.id)
            .outerjoin(HearingRow, HearingRow.call_id == CallRow.id)
            .where(
                CallRow.judged.is_(True),
                CallRow.ended_at.is_not(None),
                CallRow.recordings != {},
                or_(
                    HearingRow.call_id.is_(None),
                    HearingRow.at.is_(None) & (HearingRow.tries < MOST_TRIES),
                ),
            )
            .order_by(CallRow.ended_at.desc(), CallRow.id)
        )
    )


def begin_hearing(session: Session, call_id: str) -> int:
    """See AgainBook."""
    get_call(session, call_id, lock=True)
    row = session.get(HearingRow, call_id)
    if row is None:
        row = HearingRow(call_id=call_id, at=None, engine="", legs={}, cpu_seconds=0.0, tries=0)
        session.add(row)
    row.tries += 1
    return row.tries


def unbegin_hearing(session: Session, call_id: str) -> None:
    """See AgainBook."""
    session.execute(
        update(HearingRow)
        .where(HearingRow.call_id == call_id, HearingRow.at.is_(None), HearingRow.tries > 0)
        .values(tries=HearingRow.tries - 1)
    )


def hear_again(session: Session, call_id: str, heard: HeardAgain, now: datetime) -> bool:
    """See AgainBook."""
    get_call(session, call_id, lock=True)
    row = session.get(HearingRow, call_id)
    if row is None:
        row = HearingRow(call_id=call_id, tries=1)
        session.add(row)
    elif row.at is not None:
        return False
    row.at = now
    row.engine = heard.engine
    row.legs = {
        **{leg.value: REPLACED for leg in heard.legs},
        **{leg.value: why for leg, why in heard.kept.items()},
    }
    row.cpu_seconds = heard.cpu_seconds
    for leg, again in heard.legs.items():
        session.execute(
            update(Segment)
            .where(
                Segment.call_id == call_id,
                Segment.leg == leg.value,
                Segment.replaced_at.is_(None),
                Segment.start + Segment.end < 2 * again.seconds,
                ~_cut_out,
            )
            .values(replaced_at=now)
        )
        for utterance in again.words:
            hearing.add_utterance(session, call_id, utterance, now)
    session.execute(
        update(FindingRow)
        .where(
            FindingRow.call_id == call_id,
            FindingRow.id.in_(heard.superseded),
            FindingRow.superseded_at.is_(None),
        )
        .values(superseded_at=now)
    )
    for finding in heard.added:
        hearing.add_finding(session, call_id, finding, now)
    return True


def first_heard(session: Session, call_id: str) -> tuple[Utterance, ...]:
    """Return the words as they were first heard, live or to fill a gap, in order of time."""
    return hearing.read_segments(session, call_id, Segment.source != Source.THOROUGH.value)


def cut_out(session: Session, call_id: str) -> tuple[Gap, ...]:
    """See AgainBook."""
    rows = session.scalars(select(RedactionRow).where(RedactionRow.call_id == call_id))
    return tuple(Gap(Leg(row.leg), row.start, row.end) for row in rows)


def numbered_findings(session: Session, call_id: str) -> tuple[tuple[int, Finding], ...]:
    """Return the findings that stand, with their ids."""
    return hearing.read_findings(session, call_id, FindingRow.superseded_at.is_(None))


def superseded_findings(session: Session, call_id: str) -> tuple[Finding, ...]:
    """Return the findings that the words heard again did not bear out."""
    return tuple(f for _, f in hearing.read_findings(session, call_id, FindingRow.superseded_at.is_not(None)))


def how_heard(session: Session, call_id: str) -> tuple[str, dict[str, str], datetime] | None:
    """Return with what a call was heard again, what became of each leg, and when; None: it was not."""
    row = session.get(HearingRow, call_id)
    return None if row is None or row.at is None else (row.engine, row.legs, row.at)
