"""What the switchboard does with the book for supervisors: acts are allowed by a right and recorded first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from workstation.desk.floor import SpanChange, Standing, Today
from workstation.desk.roles import Right


class FloorBook(Protocol):
    """A part of the book. Every method commits before it returns."""

    def supervise(
        self, user_id: int, right: Right, action: str, subject: str, detail: Mapping[str, str], now: datetime
    ) -> str:
        """Check the right and append the act to the audit log; returns the user's full name.

        Raises NotAllowed; then nothing may be done.
        """

    def taken_over(self, call_id: str, user_id: int, extension: str, now: datetime) -> None:
        """Note that this user's phone is a call's agent leg from now on. Raises NotFound."""

    def play_recording(
        self, user_id: int, call_id: str, leg: str, detail: Mapping[str, str], now: datetime
    ) -> str:
        """Return the file name of an ended call's recording; that it is opened is in the audit log then.

        Raises NotAllowed without the right to audit calls; NotFound where the call is not ended, has no such
        recording, or the recording still holds what must be muted.
        """

    def floor_changed(self, board: str, changes: Sequence[SpanChange]) -> None:
        """End the open span of each user and begin the next, in order. `board` names the switchboard."""

    def floor_alive(self, board: str, now: datetime) -> None:
        """Note that the open spans are still true."""

    def floor_left(self, board: str) -> int:
        """End what a killed switchboard left open, at the last moment known; returns how many."""

    def standings(self, user_ids: Collection[int]) -> Mapping[int, Standing]:
        """Return what the switchboard must know of users, by id; those unknown are left out."""

    def wrapped(self, call_ids: Collection[str]) -> frozenset[str]:
        """Return which of these calls have their disposition."""

    def floor_today(self, user_ids: Collection[int], now: datetime) -> Mapping[int, Today]:
        """Return the figures of the floor's day, by user."""

    def account_label(self, account_id: int) -> tuple[str, str]:
        """Return an account's number and name; empty where there is none."""

    def pause(self, user_id: int, code: str, now: datetime) -> None:
        """Put a user on pause at their own wish. Raises InvalidEntry, NotAllowed."""

    def unpause(self, user_id: int, now: datetime) -> None:
        """End a user's own pause. Raises NotAllowed where a supervisor put them on it."""

    def force_pause(self, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
        """Put a collector on pause, which a supervisor ends. Raises NotAllowed, NotFound, InvalidEntry."""

    def lift_pause(self, actor_id: int, user_id: int, now: datetime) -> None:
        """End a collector's pause, whoever began it. Raises NotAllowed, NotFound, InvalidEntry."""

    def sign_out(self, actor_id: int, user_id: int, reason: str, now: datetime) -> None:
        """End every session of a user; calls stay up. Raises NotAllowed, NotFound, InvalidEntry."""
