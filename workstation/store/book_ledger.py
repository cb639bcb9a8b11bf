"""The ledger's side of SqlBook: payments, credits, disputes, charges, plans, settlements, the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select

from workstation.desk.account_ledger import CallbackPage, LedgerView, Whose
from workstation.desk.ledger import AccountLedger, CreditKind, Explained, ExplainedAging, Recorded
from workstation.desk.money import Money
from workstation.store import account_ledger, callbacks, ledger, queue_build, receipts
from workstation.store.book_arrangements import ArrangementBook
from workstation.store.receipts import PaymentEntry
from workstation.store.tables import Account


class LedgerBook(ArrangementBook):
    """A part of SqlBook. Every write is committed when the call returns; amounts are minor units."""

    # ---- money and credits --------------------------------------------------------------------------

    def add_payment(
        self, account_id: int, received_on: date, amount_minor: int, method: str = "", reference: str = ""
    ) -> int:
        """Record money received, oldest invoices first; returns the payment's id. Raises InvalidEntry."""
        entry = PaymentEntry(account_id, received_on, amount_minor, method, reference)
        with self.database.write() as session:
            return receipts.record_payment(session, entry, None).entry_id

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

        ``key`` is what the bank or provider calls it; the same key again records nothing. The rest is kept as
        unapplied. Raises InvalidEntry, NotFound and NotAllowed.
        """
        entry = PaymentEntry(
            account_id, received_on, amount_minor, method, reference, key, directed, take_discounts
        )
        with self.database.write() as session:
            return receipts.record_payment(session, entry, now, user_id)

    def reverse_payment(self, payment_id: int, on: date, reason: str, user_id: int, now: datetime) -> int:
        """Take back a payment that did not stand; returns the reversal's id. Raises InvalidEntry."""
        with self.database.write() as session:
            return receipts.reverse_payment(session, payment_id, on, reason, user_id, now)

    def apply_unapplied(self, account_id: int, on: date) -> tuple[tuple[str, Money], ...]:
        """Apply what is unapplied to what is open, oldest first; returns (invoice number, amount)."""
        with self.database.write() as session:
            return receipts.apply_unapplied(session, account_id, on)

    def record_credit(
        self,
        account_id: int,
        on: date,
        amount_minor: int,
        reason: str,
        user_id: int,
        now: datetime,
        *,
        reference: str = "",
        directed: Mapping[str, int] | None = None,
    ) -> Recorded:
        """Record a credit (supervisor and above). Raises InvalidEntry, NotFound and NotAllowed."""
        return self._credit(
            CreditKind.CREDIT, account_id, on, amount_minor, reason, user_id, now, reference, directed
        )

    def write_off(
        self,
        account_id: int,
        on: date,
        amount_minor: int,
        reason: str,
        user_id: int,
        now: datetime,
        *,
        directed: Mapping[str, int] | None = None,
    ) -> Recorded:
        """Write off open, undisputed amounts (supervisor and above). Raises InvalidEntry, NotAllowed."""
        return self._credit(
            CreditKind.WRITE_OFF, account_id, on, amount_minor, reason, user_id, now, "", directed
        )

    def _credit(
        self,
        kind: CreditKind,
        account_id: int,
        on: date,
        amount_minor: int,
        reason: str,
        user_id: int,
        now: datetime,
        reference: str,
        directed: Mapping[str, int] | None,
    ) -> Recorded:
        with self.database.write() as session:
            return receipts.record_credit(
                session,
                account_id,
                on,
                amount_minor,
                kind=kind,
                reason=reason,
                reference=reference,
                directed=directed,
                user_id=user_id,
                now=now,
            )

    # ---- what it comes to ---------------------------------------------------------------------------

    def account_ledger(self, account_id: int, now: datetime) -> LedgerView:
        """See LedgerDesk."""
        with self.database.read() as session:
            return account_ledger.view(session, self.gate, account_id, now)

    def callbacks(
        self, user_id: int, now: datetime, offset: int, limit: int, *, whose: Whose = Whose.ALL
    ) -> CallbackPage:
        """See LedgerDesk. Accounts in the window are worked out first, so that the gate's word is current."""
        with self.database.read() as session:
            ids = callbacks.accounts_of(session, user_id, now, offset, limit, whose)
            stale = queue_build.stale_of(session, ids, now)
        if stale:
            with self.database.write() as session:
                queue_build.rebuild(session, self.gate, stale, now)
        with self.database.read() as session:
            return callbacks.page(session, user_id, now, offset, limit, whose)

    def ledger(self, account_id: int) -> AccountLedger:
        """Return an account's whole ledger: balances and aging as of any day. Raises NotFound."""
        with self.database.read() as session:
            return ledger.load(session, account_id)

    def balance_as_of(self, account_id: int, day: date) -> Explained:
        """Return the open items' sum at the end of a day, with its lines. Raises NotFound."""
        return self.ledger(account_id).balance(day)

    def unapplied_as_of(self, account_id: int, day: date) -> Explained:
        """Return money and credits not applied by the end of a day (negative), with its lines."""
        return self.ledger(account_id).unapplied(day)

    def aging_as_of(self, account_id: int, day: date) -> ExplainedAging:
        """Return the aging at the end of a day, each bucket with its lines. Raises NotFound."""
        return self.ledger(account_id).aging(day)

    def tie_out(self) -> tuple[str, ...]:
        """Hold every kept figure against its lines; returns one sentence per difference."""
        with self.database.read() as session:
            return ledger.tie_out(session, list(session.scalars(select(Account.id).order_by(Account.id))))
