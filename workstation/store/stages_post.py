"""What the stages need of the post, and handing it the messages that a run decided on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, update

from workstation.desk.treatment import Channel
from workstation.store.book import SqlBook
from workstation.store.tables import OutboxRow
from workstation.store.tables.stages import StageAction


@dataclass(frozen=True, slots=True)
class Posted:
    """A message the post took: the id of its line in the account's history."""

    message_id: int


@dataclass(frozen=True, slots=True)
class NotPosted:
    """A message the post or the gate did not take, and why."""

    reason: str


class Post(Protocol):
    """What the stages need of the post."""

    def find(self, account_id: int, template: str, since: datetime) -> Posted | None:
        """Return a message of this template queued for the account since then, if there is one."""

    def queue(
        self,
        account_id: int,
        stage: int,
        template: str,
        invoice_ids: Sequence[int],
        now: datetime,
    ) -> Posted | NotPosted:
        """Queue a message to the account's first contact about invoices at a stage; the gate decides."""


def queue_messages(book: SqlBook, now: datetime, post: Post, counts: Counter[str]) -> None:
    """Hand every message decided on and not yet queued to the post, never the same one twice.

    A crash after the post took a message and before that was noted here is seen on the next run: the post
    is asked for it first.
    """
    with book.database.read() as session:
        waiting = session.execute(
            select(
                StageAction.id,
                StageAction.account_id,
                StageAction.stage,
                StageAction.template,
                StageAction.invoice_ids,
                StageAction.planned_at,
            )
            .where(StageAction.state == "planned", StageAction.channel != Channel.CALL.value)
            .order_by(StageAction.id)
        ).all()
    for row in waiting:
        found: Posted | NotPosted | None = post.find(row.account_id, row.template, row.planned_at)
        if found is None:
            found = post.queue(row.account_id, row.stage, row.template, row.invoice_ids, now)
        values: dict[str, Any]
        if isinstance(found, Posted):
            values = {"state": "queued", "message_id": found.message_id}
            counts["queued"] += 1
        else:
            values = {"state": "refused", "detail": found.reason}
            counts["refused"] += 1
        with book.database.write() as session:
            session.execute(update(StageAction).where(StageAction.id == row.id).values(**values))


def posted_since(book: SqlBook, account_id: int, template: str, since: datetime) -> Posted | None:
    """Return a message of this template that went into the outbox for the account since then."""
    with book.database.read() as session:
        found = session.scalars(
            select(OutboxRow.message_row_id)
            .where(
                OutboxRow.account_id == account_id,
                OutboxRow.template == template,
                OutboxRow.queued_at >= since,
            )
            .order_by(OutboxRow.id)
            .limit(1)
        ).first()
        return None if found is None else Posted(found)
