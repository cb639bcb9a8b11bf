"""What supervisors do on the floor, on SqlBook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from workstation.desk.roles import Right
from workstation.store import floor
from workstation.store.engine import Database


class FloorActs:
    """A part of SqlBook (workstation.desk.book_floor.FloorBook). Every write is committed when it returns."""

    database: Database

    def supervise(
        self, user_id: int, right: Right, action: str, subject: str, detail: Mapping[str, str], now: datetime
    ) -> str:
        """See FloorBook."""
        with self.database.write() as session:
            return floor.supervise(session, user_id, right, action, subject, detail, now)

    def taken_over(self, call_id: str, user_id: int, extension: str, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.taken_over(session, call_id, user_id, extension, now)

    def play_recording(
        self, user_id: int, call_id: str, leg: str, detail: Mapping[str, str], now: datetime
    ) -> str:
        """See FloorBook."""
        with self.database.write() as session:
            return floor.play_recording(session, user_id, call_id, leg, detail, now)
