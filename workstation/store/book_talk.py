"""What is made of a talk beside its words, on SqlBook: mismatches, how it was spoken, what was owed."""

from __future__ import annotations

from datetime import datetime

import structlog

from compliance.checks.finding import Caught
from workstation.desk.aging import age
from workstation.desk.mismatch import MismatchLine
from workstation.desk.talk import TalkMetrics
from workstation.store import hearing, talks
from workstation.store.book_redaction import RedactionBook
from workstation.store.signals import load_accounts, local_day


class TalkBook(RedactionBook):
    """A part of SqlBook. Every write is committed when the call returns."""

    def owed_minor(self, account_id: int, now: datetime) -> int | None:
        """Return what may be asked for now on an account, in minor units; None where there is no account."""
        with self.database.read() as session:
            data = load_accounts(session, [account_id], now).get(account_id)
        return None if data is None else age(data.items, local_day(now, data.zone)).collectible_minor

    def look_again(self, call_id: str) -> None:
        """Hold a call's disposition against its talk. Never raises: what it finds is for later."""
        try:
            with self.database.write() as session:
                talks.look_again(session, call_id)
        except Exception as wrong:
            structlog.get_logger(__name__).warning(
                "a disposition could not be held against its talk", call_id=call_id, error=str(wrong)
            )

    def mismatches(self, limit: int = 1000) -> tuple[MismatchLine, ...]:
        """Return the dispositions that their talks do not bear out, newest first."""
        with self.database.read() as session:
            return talks.mismatches(session, limit)

    def keep_metrics(self, call_id: str, metrics: TalkMetrics) -> None:
        """Keep how a call was spoken. Raises NotFound."""
        with self.database.write() as session:
            talks.keep_metrics(session, call_id, metrics)

    def metrics(self, call_id: str) -> TalkMetrics | None:
        """Return how a call was spoken; None where it was not measured."""
        with self.database.read() as session:
            return talks.metrics(session, call_id)

    def caught(self, call_id: str) -> tuple[Caught, ...]:
        """Return the facts caught from a call, in order of time."""
        with self.database.read() as session:
            return hearing.caught(session, call_id)
