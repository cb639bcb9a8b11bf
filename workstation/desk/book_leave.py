"""Leave as the account screen asks for it and records it: a Protocol that workstation.store implements."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from workstation.desk.book import CallRequest
    from workstation.desk.standing import Heard, Standing


class LeaveDesk(Protocol):
    """Overrides, and what people agreed to. Every write is committed when the call returns."""

    def ask_override(self, request: CallRequest, reason: str, now: datetime) -> int:
        """Ask for leave to make one call that rules at level supervisor refuse; returns its id.

        Raises NotFound, NotAllowed, and InvalidEntry where the call is permitted or may not be overridden.
        """

    def approve_override(self, override_id: int, user_id: int, now: datetime) -> bool:
        """Approve; returns whether it may be used now. Raises NotFound and NotAllowed."""

    def record_standing(
        self,
        account_id: int,
        party_id: int,
        fact: Standing,
        user_id: int,
        now: datetime,
        *,
        source: str,
        heard: Heard | None = None,
    ) -> int:
        """Record a consent, an inconvenient time or place, a notice or a flag; returns its id.

        Raises NotFound, NotAllowed and InvalidEntry.
        """
