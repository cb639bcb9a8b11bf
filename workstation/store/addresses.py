"""Mail and postal addresses of people, as entered or heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.reachable import address_lines, check_address
from workstation.desk.standing import Heard
from workstation.store import audit
from workstation.store.people import Staff
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Contact, Party, PostalAddress


def keep_postal(session: Session, party_id: int, lines: Sequence[str], user: Staff, now: datetime) -> None:
    """Keep the lines of a person's postal address. Raises InvalidEntry, NotFound."""
    try:
        kept = list(address_lines(lines))
    except ValueError as error:
        raise InvalidEntry(str(error)) from None
    _party(session, party_id)
    row = session.get(PostalAddress, party_id)
    if row is None:
        session.add(PostalAddress(party_id=party_id, lines=kept, changed_at=now, changed_by=user.id))
    else:
        row.lines, row.changed_at, row.changed_by = kept, now, user.id
    audit.append(session, user.username, "postal address", str(party_id), {"lines": " | ".join(kept)}, now)


def keep_email(
    session: Session, party_id: int, address: str, user: Staff, now: datetime, heard: Heard | None = None
) -> str:
    """Keep a person's mail address, with the words it was heard in; returns it as kept.

    The address before stays in the audit log. Raises InvalidEntry, NotFound.
    """
    kept = check_address(address)
    party = _party(session, party_id)
    detail = {"from": party.email, "to": kept}
    if heard is not None:
        detail |= {"call": heard.call_id, "second": f"{heard.second:.1f}", "words": heard.words}
    party.email = kept
    audit.append(session, user.username, "e-mail address", str(party_id), detail, now)
    for account_id in session.scalars(select(Contact.account_id).where(Contact.party_id == party_id)):
        mark_stale(session, account_id)
    return kept


def _party(session: Session, party_id: int) -> Party:
    party = session.get(Party, party_id)
    if party is None:
        raise NotFound(f"no person {party_id} in the book")
    return party
