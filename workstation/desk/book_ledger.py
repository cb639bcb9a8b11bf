"""The ledger's side of the book as the account screen needs it: a Protocol that workstation.store implements.

Every method that writes commits before it returns. Amounts are minor units of the account's currency; ``on``
is the ledger's day, where the account is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from workstation.desk.account_ledger import CallbackPage, LedgerView, Whose
from workstation.desk.book_leave import LeaveDesk
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.ledger import Recorded
from workstation.desk.plan import Due


class LedgerDesk(LeaveDesk, Protocol):
    """What the account screen reads of the ledger, and does to it."""

    def account_ledger(self, account_id: int, now: datetime) -> LedgerView:
        """Return everything that is owed, agreed, contested and done. Raises NotFound."""

    def record_payment(
        self,
        account_id: int,
        received_on: date,
        amount_minor: int,
        now: datetime,
        *,
        method: str = "",
        reference: str = "",
        directed: Mapping[str, int] | None = None,
        key: str | None = None,
        take_discounts: bool = False,
        user_id: int | None = None,
    ) -> Recorded:
        """Record money received: as directed (invoice number to minor units), else oldest invoices first.

        The rest is kept as unapplied. Raises InvalidEntry, NotFound and NotAllowed.
        """

    def open_dispute(
        self,
        account_id: int,
        invoice_number: str,
        amount_minor: int | None,
        reason: Reason,
        on: date,
        user_id: int,
        now: datetime,
        *,
        detail: str = "",
        cause: Cause | None = None,
        owner_id: int | None = None,
    ) -> int:
        """Hold part of an invoice, or all that is open; returns the dispute's id. Raises InvalidEntry."""

    def resolve_dispute(
        self,
        dispute_id: int,
        resolution: Resolution,
        answer: str,
        on: date,
        user_id: int,
        now: datetime,
        *,
        credit_minor: int | None = None,
        cause: Cause | None = None,
    ) -> int | None:
        """End a dispute by credit (returns its id), by proof, or as withdrawn. Raises InvalidEntry."""

    def make_plan(
        self,
        account_id: int,
        who: str,
        method: str,
        instalments: Sequence[Due],
        on: date,
        user_id: int,
        now: datetime,
        *,
        call_id: str = "",
    ) -> int:
        """Save a plan built with ``desk.plan.build``; returns its id. Raises InvalidEntry."""

    def offer_settlement(
        self,
        account_id: int,
        amount_minor: int,
        expires_on: date,
        on: date,
        user_id: int,
        now: datetime,
        *,
        approved_by: int | None = None,
    ) -> int:
        """Offer to take less, within the authority of the approver (else of the user); returns its id."""

    def callbacks(
        self, user_id: int, now: datetime, offset: int, limit: int, *, whose: Whose = Whose.ALL
    ) -> CallbackPage:
        """Return calls that were asked for and not made: the user's own and the pool's, due first.

        Another collector's callback comes into the pool once it opens to all (desk.queue.CALLBACK_OPENS).
        """
