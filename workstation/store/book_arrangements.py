"""What is agreed and contested, on SqlBook: disputes, finance charges, plans, settlements, the customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from workstation.desk.charges import Basis
from workstation.desk.customer import AuthorRole, Customer, Relation
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.money import Money
from workstation.desk.plan import Due
from workstation.store import arrangements, charging, customer, disputes
from workstation.store.charging import Charged
from workstation.store.engine import Database
from workstation.store.gate import Gate


class ArrangementBook:
    """A part of SqlBook. Every write is committed when the call returns; ``on`` is the ledger's day."""

    database: Database
    gate: Gate

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
        with self.database.write() as session:
            return disputes.open_dispute(
                session,
                self.gate,
                account_id,
                invoice_number,
                amount_minor,
                reason,
                on,
                user_id,
                now,
                detail=detail,
                cause=cause,
                owner_id=owner_id,
            )

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
        with self.database.write() as session:
            return disputes.resolve_dispute(
                session,
                dispute_id,
                resolution,
                answer,
                on,
                user_id,
                now,
                credit_minor=credit_minor,
                cause=cause,
            )

    def record_charge_basis(self, account_id: int, basis: Basis, user_id: int, now: datetime) -> int:
        """Record the contractual ground for finance charges (supervisor and above); returns its id."""
        with self.database.write() as session:
            return charging.record_basis(session, account_id, basis, user_id, now)

    def assess_finance_charges(
        self, as_of: date, now: datetime, account_id: int | None = None
    ) -> tuple[Charged, ...]:
        """Charge what has accrued through a day, on one account or on all; the same day again adds nothing.

        Each account is a transaction of its own: what was charged before an interruption stands.
        """
        if account_id is None:
            with self.database.read() as session:
                account_ids = charging.accounts_with_basis(session, as_of)
        else:
            account_ids = [account_id]
        charged: list[Charged] = []
        for each in account_ids:
            with self.database.write() as session:
                charged += charging.assess(session, each, as_of, now)
        return tuple(charged)

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
        with self.database.write() as session:
            return arrangements.make_plan(
                session, self.gate, account_id, who, method, instalments, on, user_id, now, call_id
            )

    def end_plan(self, plan_id: int, reason: str, on: date, user_id: int, now: datetime) -> None:
        """End a plan before it is fulfilled. Raises InvalidEntry."""
        with self.database.write() as session:
            arrangements.end_plan(session, plan_id, reason, on, user_id, now)

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
        with self.database.write() as session:
            return arrangements.offer_settlement(
                session, account_id, amount_minor, expires_on, on, user_id, now, approved_by
            )

    def close_settlement(self, offer_id: int, on: date, user_id: int, now: datetime) -> Money:
        """Write off the rest of a settlement paid in time; returns how much. Raises InvalidEntry."""
        with self.database.write() as session:
            return arrangements.close_settlement(session, offer_id, on, user_id, now)

    def customer(self, account_id: int, today: date) -> Customer:
        """Return the customer in the round as of a day. Raises NotFound."""
        with self.database.read() as session:
            return customer.view(session, self.gate, account_id, today)

    def add_note(self, account_id: int, text: str, role: AuthorRole, user_id: int, now: datetime) -> int:
        """Add a note written for collections, sales or finance; returns its id. Raises InvalidEntry."""
        with self.database.write() as session:
            return customer.add_note(session, account_id, text, role, user_id, now)

    def link_accounts(self, account_id: int, other_id: int, relation: Relation) -> None:
        """Say what the other account is to this one; both sides then show it. Raises InvalidEntry."""
        with self.database.write() as session:
            customer.link(session, account_id, other_id, relation)
