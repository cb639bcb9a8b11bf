"""What the switchboard does with the book for supervisors: acts are allowed by a right and recorded first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

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
