"""Leave asked for and given: overrides of supervisor-level rules, and authorities to name a consequence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from compliance.contact import Check, ConsequenceAuthority, Permitted, Refused
from compliance.override import override
from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.roles import Right
from workstation.desk.standing import OVERRIDE_LASTS, AuthorityView, Consequence, OverrideView
from workstation.store import audit, people
from workstation.store.prepared import IDS, NOW, Query
from workstation.store.tables import Account, AuthorityRow, OverrideRow, Party, User

# ---- overrides ------------------------------------------------------------------------------------------


def ask_override(
    session: Session,
    account_id: int,
    party_id: int,
    number: str,
    refused: Refused,
    reason: str,
    user_id: int,
    now: datetime,
) -> int:
    """Ask for leave to contact once against a refusal; returns its id.

    Raises NotAllowed, and InvalidEntry where a rule refuses that nobody may override, or no reason is given.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    if not reason.strip():
        raise InvalidEntry("an override needs a reason: say why this contact must be made now")
    if not refused.overridable:
        fixed = next(check for check in refused.reasons if not _supervisor(check, refused))
        raise InvalidEntry(f"nobody may override {fixed.rule_id}: {fixed.message} ({fixed.citation})")
    row = OverrideRow(
        account_id=account_id,
        party_id=party_id,
        number=number,
        rules=sorted(check.rule_id for check in refused.reasons),
        two_person=refused.two_person,
        reason=reason.strip(),
        asked_by=user.id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"account": str(account_id), "rules": ", ".join(row.rules), "reason": row.reason}
    audit.append(session, user.username, "override asked for", str(row.id), detail, now)
    return row.id


def approve_override(session: Session, override_id: int, user_id: int, now: datetime) -> bool:
    """Approve an override; returns whether it may be used now (a two-person one waits for the second).

    Whoever asked may be one of two approvers, where the role allows it, and never both. Raises NotFound,
    NotAllowed and InvalidEntry.
    """
    user = people.need(session, user_id, Right.OVERRIDE_RULES)
    row = _waiting(session, override_id)
    if row.approved_by is None:
        row.approved_by, row.approved_at = user.id, now
        complete = not row.two_person
    elif row.approved_by == user.id:
        raise NotAllowed("a second person must agree: you have approved this already")
    else:
        row.seconded_by, row.seconded_at = user.id, now
        complete = True
    if complete:
        row.valid_until = now + OVERRIDE_LASTS
    detail = {"rules": ", ".join(row.rules), "complete": str(complete).lower()}
    audit.append(session, user.username, "override approved", str(row.id), detail, now)
    return complete


def decline_override(session: Session, override_id: int, user_id: int, now: datetime, reason: str) -> None:
    """Refuse an override for good. Raises NotFound, NotAllowed and InvalidEntry."""
    user = people.need(session, user_id, Right.OVERRIDE_RULES)
    if not reason.strip():
        raise InvalidEntry("declining needs a reason")
    row = _waiting(session, override_id)
    row.declined_by, row.declined_at = user.id, now
    audit.append(session, user.username, "override declined", str(row.id), {"reason": reason.strip()}, now)


def overrides(session: Session, now: datetime, account_id: int | None = None) -> tuple[OverrideView, ...]:
    """Return the overrides that wait for approval or for their contact, oldest first."""
    asked, first, second = aliased(User), aliased(User), aliased(User)
    found = session.execute(
        select(OverrideRow, Account.number, Party.name, asked.full_name, first.full_name, second.full_name)
        .join(Account, Account.id == OverrideRow.account_id)
        .join(Party, Party.id == Account.party_id)
        .join(asked, asked.id == OverrideRow.asked_by)
        .outerjoin(first, first.id == OverrideRow.approved_by)
        .outerjoin(second, second.id == OverrideRow.seconded_by)
        .where(OverrideRow.decision_id == "", OverrideRow.declined_at.is_(None))
        .order_by(OverrideRow.id)
    )
    return tuple(
        OverrideView(
            override_id=row.id,
            account_id=row.account_id,
            account_number=number,
            account_name=name,
            number=row.number,
            rules=tuple(row.rules),
            two_person=row.two_person,
            reason=row.reason,
            asked_by=asked_by,
            asked_at=row.asked_at,
            approved_by=", ".join(who for who in (one, two) if who),
            valid_until=row.valid_until,
        )
        for row, number, name, asked_by, one, two in found
        if (account_id is None or row.account_id == account_id)
        and (row.valid_until is None or now < row.valid_until)
        and (row.valid_until is not None or now - row.asked_at < _WAITS_FOR)
    )


@dataclass(frozen=True, slots=True)
class Used:
    """A permission that rests on an override."""

    permitted: Permitted
    override_id: int


def use_override(
    session: Session, account_id: int, party_id: int, number: str, refused: Refused, decision_id: str
) -> Used | None:
    """Use up the override that covers a refusal, if one stands; part of the deciding transaction."""
    found = _covering(session, account_id, party_id, number, refused)
    if found is None:
        return None
    row, permitted = found
    row.decision_id = decision_id
    return Used(permitted, row.id)


def overridden(
    session: Session, account_id: int, party_id: int, number: str, refused: Refused
) -> Permitted | Refused:
    """Return the permission that an approved override would make of a refusal, without using it up."""
    found = _covering(session, account_id, party_id, number, refused)
    return refused if found is None else found[1]


def _covering(
    session: Session, account_id: int, party_id: int, number: str, refused: Refused
) -> tuple[OverrideRow, Permitted] | None:
    for row in session.scalars(
        select(OverrideRow)
        .where(
            OverrideRow.account_id == account_id,
            OverrideRow.decision_id == "",
            OverrideRow.party_id == party_id,
            OverrideRow.number == number,
            OverrideRow.valid_until > refused.at,
            OverrideRow.declined_at.is_(None),
        )
        .order_by(OverrideRow.id)
        .with_for_update()
    ):
        if row.valid_until is not None:
            permitted = override(refused, row.rules, row.valid_until)
            if permitted is not None:
                return row, permitted
    return None


_WAITS_FOR = 8 * OVERRIDE_LASTS
"""An override nobody decided about for two hours is stale and is not offered any more."""


def _waiting(session: Session, override_id: int) -> OverrideRow:
    row = session.get(OverrideRow, override_id, with_for_update=True)
    if row is None or row.declined_at is not None or row.valid_until is not None:
        raise NotFound(f"no override {override_id} waits for approval")
    return row


def _supervisor(check: Check, refused: Refused) -> bool:
    """Whether a refusal by this rule alone could be overridden."""
    return Refused(refused.at, (check,), (check,), None, refused.rulebook).overridable


# ---- consequence authorities ----------------------------------------------------------------------------


def ask_authority(
    session: Session,
    account_id: int,
    action: Consequence,
    legal_basis: str,
    expires: datetime,
    user_id: int,
    now: datetime,
    *,
    target: str = "",
    not_before: datetime | None = None,
) -> int:
    """Ask for leave to name a consequence; returns its id. Nothing may be said before somebody else approves.

    Raises NotFound, NotAllowed and InvalidEntry.
    """
    user = people.need(session, user_id, Right.ASK_AUTHORITY)
    if session.get(Account, account_id) is None:
        raise NotFound(f"no account {account_id} in the book")
    if not legal_basis.strip():
        raise InvalidEntry("authority: name the legal basis; nobody threatens what is not lawful")
    begins = not_before or now
    if expires <= max(begins, now):
        raise InvalidEntry("authority: it must end after it begins, and in the future")
    row = AuthorityRow(
        account_id=account_id,
        action=action.value,
        legal_basis=legal_basis.strip(),
        target=target.strip(),
        not_before=begins,
        expires=expires,
        asked_by=user.id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"account": str(account_id), "action": action.value, "basis": row.legal_basis}
    audit.append(session, user.username, "authority asked for", str(row.id), detail, now)
    return row.id


def approve_authority(session: Session, authority_id: int, user_id: int, now: datetime) -> None:
    """Approve: somebody other than who asked. Raises NotFound and NotAllowed."""
    user = people.need(session, user_id, Right.APPROVE_AUTHORITY)
    row = session.get(AuthorityRow, authority_id, with_for_update=True)
    if row is None or row.approved_by is not None or row.revoked_at is not None or row.expires <= now:
        raise NotFound(f"no authority {authority_id} waits for approval")
    if row.asked_by == user.id:
        raise NotAllowed("a second person must agree: you asked for this authority")
    row.approved_by, row.approved_at = user.id, now
    detail = {"account": str(row.account_id), "action": row.action}
    audit.append(session, user.username, "authority approved", str(row.id), detail, now)


def revoke_authority(session: Session, authority_id: int, user_id: int, now: datetime, reason: str) -> None:
    """Take an authority back, or decline it. Raises NotFound, NotAllowed and InvalidEntry."""
    user = people.need(session, user_id, Right.ASK_AUTHORITY)
    if not reason.strip():
        raise InvalidEntry("revoking needs a reason")
    row = session.get(AuthorityRow, authority_id, with_for_update=True)
    if row is None or row.revoked_at is not None:
        raise NotFound(f"no authority {authority_id} stands or waits")
    row.revoked_by, row.revoked_at, row.reason = user.id, now, reason.strip()
    detail = {"account": str(row.account_id), "action": row.action, "reason": row.reason}
    audit.append(session, user.username, "authority revoked", str(row.id), detail, now)


def authorities(session: Session, account_id: int | None = None) -> tuple[AuthorityView, ...]:
    """Return authorities, newest first: of one account, or all."""
    asked, approved = aliased(User), aliased(User)
    query = (
        select(AuthorityRow, Account.number, asked.full_name, approved.full_name)
        .join(Account, Account.id == AuthorityRow.account_id)
        .join(asked, asked.id == AuthorityRow.asked_by)
        .outerjoin(approved, approved.id == AuthorityRow.approved_by)
        .order_by(AuthorityRow.id.desc())
    )
    if account_id is not None:
        query = query.where(AuthorityRow.account_id == account_id)
    return tuple(
        AuthorityView(
            authority_id=row.id,
            account_id=row.account_id,
            account_number=number,
            action=Consequence(row.action),
            legal_basis=row.legal_basis,
            target=row.target,
            not_before=row.not_before,
            expires=row.expires,
            asked_by=asked_by,
            approved_by=approved_by or "",
            revoked=row.revoked_at is not None,
        )
        for row, number, asked_by, approved_by in session.execute(query)
    )


_IN_FORCE = Query(
    select(
        AuthorityRow.account_id, AuthorityRow.action, AuthorityRow.legal_basis, AuthorityRow.not_before,
        AuthorityRow.expires, User.full_name,
    )
    .join(User, User.id == AuthorityRow.approved_by)
    .where(
        AuthorityRow.account_id.in_(IDS),
        AuthorityRow.revoked_at.is_(None),
        AuthorityRow.not_before <= NOW,
        AuthorityRow.expires > NOW,
    )
)  # fmt: skip


def authorities_at(
    session: Session, account_ids: set[int], now: datetime
) -> dict[int, tuple[ConsequenceAuthority, ...]]:
    """Return by account the authorities that stand at an instant, as the gate and the linters take them."""
    found: dict[int, list[ConsequenceAuthority]] = {}
    for row in _IN_FORCE.rows(session, ids=list(account_ids), now=now):
        authority = ConsequenceAuthority(
            row.action, row.legal_basis, row.full_name, row.not_before, row.expires
        )
        found.setdefault(row.account_id, []).append(authority)
    return {account_id: tuple(given) for account_id, given in found.items()}
