"""What supervisors do on the floor, on SqlBook."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from workstation.desk.floor import SpanChange, Standing, Today
from workstation.desk.roles import Right
from workstation.store import floor, floor_spans
from workstation.store.engine import Database


class FloorActs:
    """A part of SqlBook (workstation.desk.book_floor.FloorBook). Every write is committed when it returns."""

    database: Database
    home_zone: ZoneInfo

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

    # ---- who is in which state ----------------------------------------------------------------------

    def floor_changed(self, board: str, changes: Sequence[SpanChange]) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor_spans.change(session, board, changes)

    def floor_alive(self, board: str, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor_spans.keep_open(session, board, now)

    def floor_left(self, board: str) -> int:
        """See FloorBook."""
        with self.database.write() as session:
            return floor_spans.close_left(session, board)

    def standings(self, user_ids: Collection[int]) -> Mapping[int, Standing]:
        """See FloorBook."""
        with self.database.read() as session:
            return floor_spans.standings(session, user_ids)

    def wrapped(self, call_ids: Collection[str]) -> frozenset[str]:
        """See FloorBook."""
        with self.database.read() as session:
            return floor_spans.wrapped(session, call_ids)

    def floor_today(self, user_ids: Collection[int], now: datetime) -> Mapping[int, Today]:
        """See FloorBook."""
        day = now.astimezone(self.home_zone).date()
        since = datetime.combine(day, time(), self.home_zone).astimezone(UTC)
        with self.database.read() as session:
            return floor_spans.today(session, user_ids, since)

    def account_label(self, account_id: int) -> tuple[str, str]:
        """See FloorBook."""
        with self.database.read() as session:
            return floor_spans.account_label(session, account_id)

    # ---- pauses, and the end of sessions ------------------------------------------------------------

    def pause(self, user_id: int, code: str, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.pause(session, user_id, code, now)

    def unpause(self, user_id: int, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.unpause(session, user_id, now)

    def force_pause(self, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.force_pause(session, actor_id, user_id, reason, now)

    def lift_pause(self, actor_id: int, user_id: int, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.lift_pause(session, actor_id, user_id, now)

    def sign_out(self, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
        """See FloorBook."""
        with self.database.write() as session:
            floor.sign_out(session, actor_id, user_id, reason, now)
