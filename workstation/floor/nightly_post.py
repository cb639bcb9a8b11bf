"""The post as the nightly run uses it: catalog letters into the outbox, each through the gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from compliance.contact import Refused
from workstation.desk.book import BookError, BookUnavailable
from workstation.exchange.post.mail import DEFAULTS, queue_message
from workstation.exchange.post.settings import PostSettings
from workstation.store.book import SqlBook
from workstation.store.post import Outbox
from workstation.store.stages_post import NotPosted, Posted, posted_since


class OutboxPost:
    """Implements the stages' Post on the book's outbox, in the name of one user."""

    def __init__(self, book: SqlBook, user_id: int, settings: PostSettings = DEFAULTS) -> None:
        self._book, self._user_id, self._settings = book, user_id, settings
        self._outbox = Outbox(book)

    def find(self, account_id: int, template: str, since: datetime) -> Posted | None:
        """See Post."""
        return posted_since(self._book, account_id, template, since)

    def queue(
        self, account_id: int, stage: int, template: str, invoice_ids: Sequence[int], now: datetime
    ) -> Posted | NotPosted:
        """See Post. What the catalog or the gate refuses is an answer; a book that is away is an error."""
        try:
            party_id = self._outbox.addressee(account_id)
            found = queue_message(
                self._book,
                account_id,
                party_id,
                template,
                self._user_id,
                now,
                settings=self._settings,
                stage=stage,
                invoice_ids=invoice_ids,
            )
        except BookUnavailable:
            raise
        except BookError as error:
            return NotPosted(str(error))
        if isinstance(found, Refused):
            return NotPosted(f"{found.reasons[0].message} · {found.reasons[0].citation}")
        posted = posted_since(self._book, account_id, template, now)
        assert posted is not None, "the outbox took it in a transaction that is committed"
        return posted
