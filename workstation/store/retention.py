"""Recordings that need not be kept any longer: which they are, and the note that one is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind
from workstation.store import audit, calls
from workstation.store.tables import Account, CallRow, Dispute, HoldRow, Party

KEEPS = (HoldKind.BANKRUPTCY, HoldKind.DISPUTE, HoldKind.ATTORNEY)
"""Holds under which what was said may still be asked for: nothing of such an account is deleted."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An ended call whose recordings are on file."""

    call_id: str
    account_number: str
    account_name: str
    ended_at: datetime
    files: Mapping[str, str]


def ended_before(session: Session, before: datetime) -> tuple[Recorded, ...]:
    """Return recorded calls ended before an instant, oldest first; contested accounts are left out."""
    kinds = [kind.value for kind in KEEPS]
    held = (
        select(HoldRow.id)
        .where(HoldRow.account_id == CallRow.account_id, HoldRow.lifted_at.is_(None), HoldRow.kind.in_(kinds))
        .exists()
    )
    disputed = (
        select(Dispute.id)
        .where(Dispute.account_id == CallRow.account_id, Dispute.resolved_on.is_(None))
        .exists()
    )
    rows = session.execute(
        select(CallRow.id, CallRow.ended_at, CallRow.recordings, Account.number, Party.name)
        .join(Account, Account.id == CallRow.account_id)
        .join(Party, Party.id == Account.party_id)
        .where(CallRow.ended_at < before, CallRow.judged.is_(True), ~held, ~disputed)
        .order_by(CallRow.ended_at, CallRow.id)
    )
    return tuple(
        Recorded(row.id, row.number, row.name, row.ended_at, row.recordings) for row in rows if row.recordings
    )


def note_deleted(session: Session, call_id: str, why: str, now: datetime) -> None:
    """Note that a call's recordings are gone; the words stay. Raises NotFound."""
    call = calls.get_call(session, call_id, lock=True)
    if not call.recordings:
        return
    files = ", ".join(sorted(call.recordings.values()))
    call.recordings = {}
    audit.append(session, "retention", "recordings deleted", call_id, {"files": files, "why": why}, now)
