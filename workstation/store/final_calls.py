"""Which calls were made in a final-notice session: the audit hears every one of them."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workstation.store.prepared import NewRow, Query
from workstation.store.tables import FinalCall, FinalSession

_OPEN = Query(
    select(FinalSession.id)
    .where(
        FinalSession.account_id == bindparam("account"),
        FinalSession.user_id == bindparam("user"),
        FinalSession.ended_at.is_(None),
    )
    .order_by(FinalSession.id.desc())
    .limit(1)
)
_NEW = NewRow(FinalCall)


def note(session: Session, account_id: int, user_id: int, call_id: str, stage: int) -> None:
    """Say that a call is part of the session its caller holds on the account, if there is one."""
    row = _OPEN.first(session, account=account_id, user=user_id)
    if row is not None:
        _NEW.put(session, FinalCall(call_id=call_id, session_id=row.id, stage=stage))


def of_session(session: Session, session_id: int) -> tuple[str, ...]:
    """Return the ids of a session's calls, the newest first."""
    found = session.scalars(select(FinalCall.call_id).where(FinalCall.session_id == session_id))
    return tuple(sorted(found, reverse=True))


def all_final(session: Session) -> frozenset[str]:
    """Return the ids of all calls made in final-notice sessions."""
    return frozenset(session.scalars(select(FinalCall.call_id)))
