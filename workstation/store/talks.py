"""What is made of a talk after it, in the book: mismatches with the disposition, and how it was spoken."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.mismatch import Mismatch, MismatchKind, MismatchLine, compare
from workstation.desk.talk import TalkMetrics
from workstation.store import calls, hearing
from workstation.store.tables import Account, CallRow, MismatchRow, Promise, TalkRow, User


def look_again(session: Session, call_id: str) -> None:
    """Hold a call's disposition against its talk: what does not fit is kept, what fits by now stands no more.

    A call without a disposition is left alone. Raises NotFound.
    """
    call = calls.get_call(session, call_id)
    if not call.disposition or call.wrapped_at is None:
        return
    booked = session.scalars(select(Promise.id).where(Promise.call_id == call_id)).first() is not None
    found = compare(
        call.disposition,
        hearing.utterances(session, call_id),
        hearing.caught(session, call_id),
        hearing.findings(session, call_id),
        unheard=bool(hearing.unheard(session, call_id)),
        promise_booked=booked,
    )
    known = {
        row.kind: row for row in session.scalars(select(MismatchRow).where(MismatchRow.call_id == call_id))
    }
    for kind, row in known.items():
        row.stands = kind in {m.kind.name for m in found}
    for mismatch in found:
        kept = known.get(mismatch.kind.name)
        if kept is None:
            kept = MismatchRow(call_id=call_id, at=call.wrapped_at, kind=mismatch.kind.name)
            session.add(kept)
        kept.disposition, kept.second = mismatch.disposition, mismatch.second
        kept.words, kept.confidence = mismatch.words, mismatch.confidence


def mismatches(session: Session, limit: int) -> tuple[MismatchLine, ...]:
    """Return what stands, newest first."""
    rows = session.execute(
        select(MismatchRow, CallRow.party_name, Account.number, User.full_name)
        .join(CallRow, CallRow.id == MismatchRow.call_id)
        .join(Account, Account.id == CallRow.account_id)
        .join(User, User.id == CallRow.collector_id)
        .where(MismatchRow.stands.is_(True))
        .order_by(MismatchRow.at.desc(), MismatchRow.id.desc())
        .limit(limit)
    )
    return tuple(
        MismatchLine(
            row.call_id,
            row.at,
            collector,
            number,
            party,
            Mismatch(MismatchKind[row.kind], row.disposition, row.second, row.words, row.confidence),
        )
        for row, party, number, collector in rows
    )


def keep_metrics(session: Session, call_id: str, metrics: TalkMetrics) -> None:
    """Keep how a call was spoken, in place of what was known. Raises NotFound."""
    calls.get_call(session, call_id)
    session.merge(TalkRow(call_id=call_id, **asdict(metrics)))


def metrics(session: Session, call_id: str) -> TalkMetrics | None:
    """Return how a call was spoken; None where it was not measured."""
    row = session.get(TalkRow, call_id)
    if row is None:
        return None
    return TalkMetrics(**{name: getattr(row, name) for name in TalkMetrics.__dataclass_fields__})
