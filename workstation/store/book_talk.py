"""What is known of a talk beside its words, on SqlBook: what is owed while it goes on."""

from __future__ import annotations

from datetime import datetime

from workstation.desk.aging import age
from workstation.store.book_redaction import RedactionBook
from workstation.store.signals import load_accounts, local_day


class TalkBook(RedactionBook):
    """A part of SqlBook. Every write is committed when the call returns."""

    def owed_minor(self, account_id: int, now: datetime) -> int | None:
        """Return what may be asked for now on an account, in minor units; None where there is no account."""
        with self.database.read() as session:
            data = load_accounts(session, [account_id], now).get(account_id)
        return None if data is None else age(data.items, local_day(now, data.zone)).collectible_minor
