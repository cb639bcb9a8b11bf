"""The rows of the outbox: decisions, states with their steps, and what is read of a message."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import ContactFacts, Permitted, Refused, Verdict
from workstation.desk.book import NotFound
from workstation.desk.post import PostState, PostView, check_move
from workstation.store import audit, people
from workstation.store.decisions import check_record
from workstation.store.queue_build import mark_stale
from workstation.store.tables import (
    Account,
    Attempt,
    Contact,
    Decision,
    Message,
    OutboxRow,
    OutboxStep,
    Party,
)


def check_addressee(session: Session, account_id: int, party_id: int) -> None:
    """Refuse a person who has nothing to do with the account. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None or session.get(Party, party_id) is None:
        raise NotFound(f"no account {account_id} or person {party_id} in the book")
    if account.party_id == party_id:
        return
    known = session.execute(
        select(Contact.id).where(Contact.account_id == account_id, Contact.party_id == party_id)
    ).first()
    if known is None:
        raise NotFound(f"person {party_id} is not a contact of account {account_id}")


def new_decision(
    verdict: Verdict, facts: ContactFacts, account_id: int, user_id: int, recipient: str
) -> Decision:
    """Return the row of a decision about a message, not yet added."""
    return Decision(
        id=secrets.token_hex(12),
        at=verdict.at,
        permitted=isinstance(verdict, Permitted),
        call_id="",
        account_id=account_id,
        party_id=facts.person_id,
        collector_id=user_id,
        medium=facts.medium.value,
        number="",
        profile=facts.profile,
        rulebook=verdict.rulebook,
        valid_until=verdict.until if isinstance(verdict, Permitted) else None,
        retry_at=verdict.retry_at if isinstance(verdict, Refused) else None,
        facts=_facts_record(facts, recipient),
        checks=[check_record(check) for check in verdict.checks],
    )


def _facts_record(facts: ContactFacts, recipient: str) -> dict[str, Any]:
    return {
        "debts": sorted(facts.debt_ids),
        "zones": list(facts.zones),
        "jurisdictions": list(facts.jurisdictions),
        "recipient": recipient,
        "attempts": len(facts.attempts),
        "conversations": len(facts.conversations),
        "holds": len(facts.holds),
    }


def log_decision(session: Session, user: people.Staff, decision: Decision, now: datetime) -> None:
    """Append the audit line: last of all, since from here to the commit every other writer waits."""
    detail = {
        "digest": audit.decision_digest(decision),
        "permitted": str(decision.permitted).lower(),
        "account": str(decision.account_id),
        "medium": decision.medium,
    }
    audit.append(session, user.username, "decision", decision.id, detail, now)


_COUNTS = frozenset({PostState.SENT, PostState.UNCERTAIN, PostState.BOUNCED})
"""States in which the attempt stands: the message did, or may have, left us."""


def move(session: Session, row: OutboxRow, after: PostState, detail: str, now: datetime) -> None:
    """Move a message to another state, with its line in the history and its attempt."""
    before = PostState(row.state)
    check_move(before, after)
    row.state = after.value
    row.reply = detail
    if after is PostState.SENT:
        row.sent_at = now
    line = session.get_one(Message, row.message_row_id)
    line.state = after.value
    if after in (PostState.SENT, PostState.UNCERTAIN):
        line.at = row.claimed_at or now
    if row.attempt_id is not None and after is not PostState.SENDING:
        attempt = session.get_one(Attempt, row.attempt_id)
        attempt.connected = after in _COUNTS
        attempt.settled = after is not PostState.UNCERTAIN
    session.add(OutboxStep(outbox_id=row.id, at=now, before=before.value, after=after.value, detail=detail))
    mark_stale(session, row.account_id)


def note_step(session: Session, row: OutboxRow, detail: str, now: datetime) -> None:
    """Add a step that changes no state."""
    session.add(OutboxStep(outbox_id=row.id, at=now, before=row.state, after=row.state, detail=detail))


def need(session: Session, outbox_id: int) -> OutboxRow:
    """Return a message. Raises NotFound."""
    row = session.get(OutboxRow, outbox_id)
    if row is None:
        raise NotFound(f"no message {outbox_id} in the outbox")
    return row


def by_message_id(session: Session, message_id: str) -> OutboxRow | None:
    """Return the message with that Message-ID, locked; None where it is not ours."""
    return session.scalars(
        select(OutboxRow).where(OutboxRow.message_id == message_id.strip().strip("<>")).with_for_update()
    ).first()


def view_of(row: OutboxRow) -> PostView:
    """Return a message for screens and commands."""
    return PostView(
        outbox_id=row.id,
        account_id=row.account_id,
        party_id=row.party_id,
        medium=row.medium,
        template=row.template,
        recipient=row.recipient,
        subject=row.subject,
        state=PostState(row.state),
        tries=row.tries,
        queued_at=row.queued_at,
        next_try_at=row.next_try_at if row.state == PostState.QUEUED.value else None,
        sent_at=row.sent_at,
        reply=row.reply,
        message_id=row.message_id,
    )
