"""Standing facts about people as the gate takes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from compliance.contact import Consent, Designation, Flag, Medium, Notice, PersonContact
from workstation.desk.standing import Standing, StandingKind
from workstation.store.prepared import IDS, SINCE, Query, table_of
from workstation.store.tables import Message, StandingRow

_TYPES: dict[StandingKind, type[Any]] = {
    StandingKind.CONSENT: Consent,
    StandingKind.DESIGNATION: Designation,
    StandingKind.NOTICE: Notice,
    StandingKind.FLAG: Flag,
}
KINDS = {of: kind for kind, of in _TYPES.items()}


_STANDING = Query(
    select(table_of(StandingRow))
    .where(
        StandingRow.party_id.in_(IDS),
        or_(StandingRow.ended_at.is_(None), StandingRow.ended_at >= SINCE),
    )
    .order_by(StandingRow.id)
)
_BEGUN = Query(
    select(Message.party_id, Message.at, Message.medium).where(
        Message.account_id.in_(IDS), Message.inbound.is_(True), Message.at >= SINCE
    )
)
_MEDIA = frozenset(Medium)


@dataclass(slots=True)
class Stands:
    """What stands about one person, as the gate takes it."""

    consents: list[Consent] = field(default_factory=list)
    designations: list[Designation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)


def load(session: Session, persons: Iterable[int], since: datetime) -> defaultdict[int, Stands]:
    """Load what stands about people, and what ended no earlier than `since` (past consents still matter)."""
    found: defaultdict[int, Stands] = defaultdict(Stands)
    for row in _STANDING.rows(session, ids=list(persons), since=since):
        stands = found[row.party_id]
        match fact_of(row):
            case Consent() as consent:
                stands.consents.append(consent)
            case Designation() as designation:
                stands.designations.append(designation)
            case Notice() as notice:
                stands.notices.append(notice)
            case Flag() as flag:
                stands.flags.append(flag)
    return found


def contacts_begun(
    session: Session, account_ids: Iterable[int], since: datetime
) -> defaultdict[int, list[PersonContact]]:
    """Load by person what they wrote to us since an instant."""
    found: defaultdict[int, list[PersonContact]] = defaultdict(list)
    for row in _BEGUN.rows(session, ids=list(account_ids), since=since):
        if row.party_id is not None and row.medium in _MEDIA:
            found[row.party_id].append(PersonContact(row.at, Medium(row.medium)))
    return found


def fact_of(row: StandingRow | Row[Any]) -> Standing:
    """Return the fact as it stands: one that was ended stops there."""
    fact: Standing = msgspec.convert(row.detail, _TYPES[StandingKind(row.kind)])
    if row.ended_at is None or isinstance(fact, Notice):
        return fact
    if isinstance(fact, Consent):
        return replace(fact, withdrawn_at=row.ended_at)
    return replace(fact, until=min(fact.until or row.ended_at, row.ended_at))
