"""What must not be kept, or need not any longer, on SqlBook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from workstation.desk.redaction import Owed
from workstation.store import calls, leaks, redactions, retention
from workstation.store.book_leave import LeaveBook
from workstation.store.leaks import Leak
from workstation.store.retention import Recorded


class RedactionBook(LeaveBook):
    """A part of SqlBook. Every write is committed when the call returns."""

    def redactions_owed(self) -> tuple[Owed, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return redactions.owed(session)

    def redaction_paid(self, owing: Owed, files: Mapping[str, str], now: datetime) -> None:
        """See CallBook."""
        with self.database.write() as session:
            redactions.paid(session, owing, files, now)

    def redacted_calls(self, call_id: str | None = None) -> tuple[Owed, ...]:
        """Return what was cut out, call by call, or of one call."""
        with self.database.read() as session:
            return redactions.every(session, call_id)

    def leaks(self, call_id: str | None = None) -> tuple[Leak, ...]:
        """Look through every text of the book, or one call's, for what must not be kept."""
        with self.database.read() as session:
            return (*leaks.in_calls(session, call_id), *leaks.in_texts(session, call_id))

    def redact(self, call_id: str | None, now: datetime) -> tuple[int, tuple[Leak, ...]]:
        """Mask what leaks, in one call or everywhere; returns how many texts, and what cannot be masked.

        Raises NotFound.
        """
        masked = 0
        with self.database.read() as session:
            found = [leak.call_id for leak in leaks.in_calls(session, call_id)]
            if call_id is not None:
                calls.get_call(session, call_id)
        for leaking in dict.fromkeys(found):
            with self.database.write() as session:
                masked += redactions.rescan(session, calls.get_call(session, leaking, lock=True), now)
        with self.database.write() as session:
            others = list(leaks.in_texts(session, call_id))
            left = leaks.mask_texts(session, others)
        return masked + len(others) - len(left), tuple(left)

    def recordings_ended_before(self, before: datetime) -> tuple[Recorded, ...]:
        """Return ended calls whose recordings need not be kept any longer, oldest first."""
        with self.database.read() as session:
            return retention.ended_before(session, before)

    def recordings_deleted(self, call_id: str, why: str, now: datetime) -> None:
        """Note that a call's recordings are gone, in the audit log too. Raises NotFound."""
        with self.database.write() as session:
            retention.note_deleted(session, call_id, why, now)
