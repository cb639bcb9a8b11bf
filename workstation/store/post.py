"""The outbox: a decision before every message, one sender at a time, and never the same message twice.

Every method commits before it returns. A message is claimed with a token in the same transaction that asks
the gate again and reserves the attempt; only the holder of the token may say what came of it. A claim whose
holder is gone makes the message *uncertain*: whether the server took it can be told by its Message-ID alone,
and it is not sent again unless a person says so.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import ContactFacts, Medium, Permitted, Refused, Verdict
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.post import (
    Claimed,
    Delivery,
    Draft,
    LetterFacts,
    PostState,
    PostView,
    Queued,
    next_try,
)
from workstation.desk.roles import Right
from workstation.store import addresses, audit, people, post_facts
from workstation.store.book import SqlBook
from workstation.store.facts import written_facts
from workstation.store.post_rows import (
    by_message_id,
    check_addressee,
    log_decision,
    move,
    need,
    new_decision,
    note_step,
    view_of,
)
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
    User,
)

CLAIM_LASTS = timedelta(minutes=10)
"""Longer than any hand-over may take: a claim older than this has lost its holder."""


class Outbox:
    """The outbox of one book. Thread-safe, and several senders may work on it at once."""

    def __init__(self, book: SqlBook) -> None:
        self._database = book.database
        self._gate = book.gate
        self._callback_number = book.callback_number

    # ---- writing ------------------------------------------------------------------------------------

    def facts(
        self,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        invoice_ids: Sequence[int] = (),
        *,
        overdue_only: bool = False,
    ) -> LetterFacts:
        """Return what a message to this person about this account is written from. Raises NotFound.

        With `invoice_ids` only these of its open invoices are named, with `overdue_only` those that are
        overdue and not disputed in whole.
        """
        with self._database.read() as session:
            return post_facts.letter_facts(
                session,
                self._gate,
                account_id,
                party_id,
                user_id,
                now,
                self._callback_number,
                invoice_ids,
                overdue_only=overdue_only,
            )

    def addressee(self, account_id: int) -> int:
        """Return the person letters about an account go to: its first contact, else the debtor.

        Raises NotFound.
        """
        with self._database.read() as session:
            account = session.get(Account, account_id)
            if account is None:
                raise NotFound(f"no account {account_id} in the book")
            first = session.scalars(
                select(Contact.party_id)
                .where(Contact.account_id == account_id)
                .order_by(Contact.rank, Contact.id)
            ).first()
            return account.party_id if first is None else first

    def set_address(self, party_id: int, lines: Sequence[str], user_id: int, now: datetime) -> None:
        """Keep the lines of a party's postal address. Raises InvalidEntry, NotFound and NotAllowed."""
        with self._database.write() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
            addresses.keep_postal(session, party_id, lines, user, now)

    def set_email(self, party_id: int, address: str, user_id: int, now: datetime) -> str:
        """Keep a person's mail address; returns it as kept. Raises InvalidEntry, NotFound and NotAllowed."""
        with self._database.write() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
            return addresses.keep_email(session, party_id, address, user, now)

    def refusal(
        self, account_id: int, party_id: int, user_id: int, medium: Medium, now: datetime
    ) -> Refused | None:
        """Ask the gate before anything is written; a refusal is recorded and returned."""
        with self._database.write() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
            check_addressee(session, account_id, party_id)
            verdict, facts = self._judge(session, account_id, party_id, medium, now)
            if isinstance(verdict, Permitted):
                return None  # queueing decides, and records, for itself
            decision = new_decision(verdict, facts, account_id, user.id, "")
            session.add(decision)
            mark_stale(session, account_id)
            session.flush()
            log_decision(session, user, decision, now)
            return verdict

    def queue(self, draft: Draft, now: datetime) -> Queued | Refused:
        """Ask the gate and, if it is open, put the message into the outbox and the account's history.

        The decision is recorded either way. Raises NotFound, NotAllowed and InvalidEntry.
        """
        with self._database.write() as session:
            user = people.need(session, draft.user_id, Right.WORK_ACCOUNTS)
            check_addressee(session, draft.account_id, draft.party_id)
            verdict, decision = self._decide(
                session, draft.account_id, draft.party_id, user, draft.medium, draft.recipient, now
            )
            if isinstance(verdict, Refused):
                log_decision(session, user, decision, now)
                return verdict
            session.flush()
            line = Message(
                account_id=draft.account_id,
                party_id=draft.party_id,
                at=now,
                medium=draft.medium.value,
                subject=draft.subject,
                state=PostState.QUEUED.value,
            )
            session.add(line)
            session.flush()
            message_id = f"{secrets.token_hex(12)}.dunline@{draft.domain}"
            row = OutboxRow(
                account_id=draft.account_id,
                party_id=draft.party_id,
                user_id=draft.user_id,
                message_row_id=line.id,
                decision_id=decision.id,
                medium=draft.medium.value,
                template=draft.template,
                template_digest=draft.template_digest,
                recipient=draft.recipient,
                sender=draft.sender,
                sender_name=draft.sender_name,
                subject=draft.subject,
                body=draft.body,
                html=draft.html,
                pdf=draft.pdf,
                message_id=message_id,
                state=PostState.QUEUED.value,
                queued_at=now,
                next_try_at=now,
            )
            session.add(row)
            session.flush()
            session.add(
                OutboxStep(outbox_id=row.id, at=now, before="", after=row.state, detail=user.username)
            )
            log_decision(session, user, decision, now)
            return Queued(row.id, message_id, decision.id, draft.medium, draft.recipient, draft.subject)

    # ---- sending ------------------------------------------------------------------------------------

    def due(self, now: datetime, limit: int) -> tuple[int, ...]:
        """Return mails to be handed over now, the longest waiting first."""
        with self._database.read() as session:
            return tuple(
                session.scalars(
                    select(OutboxRow.id)
                    .where(
                        OutboxRow.state == PostState.QUEUED.value,
                        OutboxRow.medium == Medium.EMAIL.value,
                        OutboxRow.next_try_at <= now,
                    )
                    .order_by(OutboxRow.next_try_at, OutboxRow.id)
                    .limit(limit)
                )
            )

    def claim(self, outbox_id: int, now: datetime) -> Claimed | Refused | None:
        """Take a queued message for this sender alone; None where another has it or it is not due.

        The gate is asked again: a hold placed since stops the message for good, hours and caps put it off.
        """
        with self._database.write() as session:
            row = session.get(OutboxRow, outbox_id, with_for_update=True)
            if row is None or row.state != PostState.QUEUED.value:
                return None
            if row.next_try_at is not None and row.next_try_at > now:
                return None
            user = session.get_one(User, row.user_id)
            verdict, decision = self._decide(
                session, row.account_id, row.party_id, user, Medium(row.medium), row.recipient, now
            )
            session.flush()
            row.decision_id = decision.id
            if isinstance(verdict, Refused):
                reason = verdict.reasons[0].message
                row.next_try_at = verdict.retry_at
                after = PostState.REFUSED if verdict.retry_at is None else PostState.QUEUED
                move(session, row, after, reason, now)
                log_decision(session, user, decision, now)
                return verdict
            attempt = Attempt(
                account_id=row.account_id,
                party_id=row.party_id,
                at=now,
                medium=row.medium,
                debt_ids=list(decision.facts["debts"]),
            )
            session.add(attempt)
            session.flush()
            row.attempt_id = attempt.id
            row.claim_token = secrets.token_hex(16)
            row.claimed_at = now
            row.tries += 1
            move(session, row, PostState.SENDING, f"try {row.tries}", now)
            log_decision(session, user, decision, now)
            return Claimed(
                outbox_id=row.id,
                token=row.claim_token,
                message_id=row.message_id,
                sender=row.sender,
                sender_name=row.sender_name,
                recipient=row.recipient,
                subject=row.subject,
                body=row.body,
                html=row.html,
                pdf=row.pdf,
                tries=row.tries,
                queued_at=row.queued_at,
            )

    def settle(self, claimed: Claimed, delivery: Delivery, now: datetime) -> PostState:
        """Record what came of handing over; returns the state the message is in now.

        Where the claim is no longer this sender's (it took too long), the row's own state stands, except that
        a message found uncertain and now known to be accepted becomes sent.
        """
        with self._database.write() as session:
            row = session.get_one(OutboxRow, claimed.outbox_id, with_for_update=True)
            if row.claim_token != claimed.token:
                return PostState(row.state)
            state = PostState(row.state)
            if state is PostState.UNCERTAIN and delivery.state is not PostState.SENT:
                return state
            if state not in (PostState.SENDING, PostState.UNCERTAIN):
                return state
            after = delivery.state
            if after is PostState.QUEUED:
                row.next_try_at = next_try(row.tries, now)
                if row.next_try_at is None:
                    after = PostState.FAILED
            move(session, row, after, delivery.reply, now)
            return after

    def settle_lost(self, now: datetime) -> tuple[int, ...]:
        """Make messages uncertain whose sender is gone; returns them. Run before every round of sending."""
        with self._database.write() as session:
            rows = session.scalars(
                select(OutboxRow)
                .where(OutboxRow.state == PostState.SENDING.value, OutboxRow.claimed_at <= now - CLAIM_LASTS)
                .order_by(OutboxRow.id)
                .with_for_update()
            ).all()
            for row in rows:
                move(session, row, PostState.UNCERTAIN, "the sender ended before the answer was kept", now)
            return tuple(row.id for row in rows)

    # ---- what comes back ----------------------------------------------------------------------------

    def bounced(self, message_id: str, reason: str, now: datetime) -> int | None:
        """Record that a message came back; returns it, or None where no message of ours is meant.

        Reported twice, it is recorded once.
        """
        with self._database.write() as session:
            row = by_message_id(session, message_id)
            if row is None:
                return None
            if PostState(row.state) in (PostState.SENT, PostState.SENDING, PostState.UNCERTAIN):
                move(session, row, PostState.BOUNCED, reason, now)
            return row.id

    def delivered(self, message_id: str, detail: str, now: datetime) -> int | None:
        """Record a report of delivery: it settles an uncertain message, and is evidence for a sent one."""
        with self._database.write() as session:
            row = by_message_id(session, message_id)
            if row is None:
                return None
            if PostState(row.state) is PostState.UNCERTAIN:
                move(session, row, PostState.SENT, detail, now)
            if row.state == PostState.SENT.value:
                note_step(session, row, f"delivered: {detail}", now)
                session.get_one(Message, row.message_row_id).state = "delivered"
            return row.id

    def find(self, message_id: str) -> int | None:
        """Return the message with that Message-ID; None where it is not ours."""
        with self._database.read() as session:
            return session.scalars(
                select(OutboxRow.id).where(OutboxRow.message_id == message_id.strip().strip("<>"))
            ).first()

    def resolve(self, outbox_id: int, user_id: int, now: datetime, *, accepted: bool, reason: str) -> None:
        """Say of an uncertain message whether the server took it, from the server's log by Message-ID.

        Not accepted puts it back into the queue. Raises NotFound, NotAllowed and InvalidEntry.
        """
        if not reason.strip():
            raise InvalidEntry("say where you looked the Message-ID up")
        with self._database.write() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
            row = need(session, outbox_id)
            if PostState(row.state) is not PostState.UNCERTAIN:
                raise InvalidEntry(f"message {outbox_id} is {row.state}, not uncertain")
            if not accepted:
                row.next_try_at = now
            after = PostState.SENT if accepted else PostState.QUEUED
            move(session, row, after, f"{user.username}: {reason.strip()}", now)
            audit.append(session, user.username, "post resolved", str(row.id), {"state": after.value}, now)

    def posted(self, claimed: Claimed, user_id: int, now: datetime) -> None:
        """Record that a claimed letter was put in the post by this user."""
        with self._database.read() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
        self.settle(claimed, Delivery(PostState.SENT, f"put in the post by {user.full_name}"), now)

    # ---- looking ------------------------------------------------------------------------------------

    def view(self, outbox_id: int) -> PostView:
        """Return one message. Raises NotFound."""
        with self._database.read() as session:
            return view_of(need(session, outbox_id))

    def list(
        self, *, state: PostState | None = None, account_id: int | None = None, limit: int = 200
    ) -> tuple[PostView, ...]:
        """Return messages, newest first."""
        query = select(OutboxRow).order_by(OutboxRow.id.desc()).limit(limit)
        if state is not None:
            query = query.where(OutboxRow.state == state.value)
        if account_id is not None:
            query = query.where(OutboxRow.account_id == account_id)
        with self._database.read() as session:
            return tuple(view_of(row) for row in session.scalars(query))

    def pdf(self, outbox_id: int) -> bytes | None:
        """Return the letter of a message, as it was written. Raises NotFound."""
        with self._database.read() as session:
            return need(session, outbox_id).pdf

    def steps(self, outbox_id: int) -> tuple[tuple[datetime, str, str, str], ...]:
        """Return a message's steps in order: (instant, state before, state after, detail)."""
        with self._database.read() as session:
            return tuple(
                (step.at, step.before, step.after, step.detail)
                for step in session.scalars(
                    select(OutboxStep).where(OutboxStep.outbox_id == outbox_id).order_by(OutboxStep.id)
                )
            )

    # ---- the gate -----------------------------------------------------------------------------------

    def _decide(
        self,
        session: Session,
        account_id: int,
        party_id: int,
        user: people.Staff,
        medium: Medium,
        recipient: str,
        now: datetime,
    ) -> tuple[Verdict, Decision]:
        """Ask the gate and add the decision; the caller logs it last of all."""
        verdict, facts = self._judge(session, account_id, party_id, medium, now)
        decision = new_decision(verdict, facts, account_id, user.id, recipient)
        session.add(decision)
        mark_stale(session, account_id)
        return verdict, decision

    def _judge(
        self, session: Session, account_id: int, party_id: int, medium: Medium, now: datetime
    ) -> tuple[Verdict, ContactFacts]:
        """Ask the gate under the person's lock, so that whoever asks next sees what comes of it."""
        session.get(Party, party_id, with_for_update=True)
        facts = written_facts(session, self._gate, account_id, party_id, medium, now)
        if facts is None:
            raise NotFound(f"no account {account_id} or person {party_id} in the book")
        return self._gate.decide(facts, now), facts
