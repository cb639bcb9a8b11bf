"""What stands about people, and leave given, on SqlBook; and what the gate says about an intended contact."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from compliance.contact import ContactFacts, Medium, Refused
from workstation.desk.book import CallRequest, InvalidEntry, NotFound
from workstation.desk.roles import Right
from workstation.desk.standing import (
    AuthorityView,
    Consequence,
    Heard,
    OverrideView,
    Standing,
    StandingView,
)
from workstation.store import audit, leave, people, standing
from workstation.store.book_ledger import LedgerBook
from workstation.store.facts import Target, call_facts, written_facts
from workstation.store.gate import rulebook
from workstation.store.queue_build import mark_stale
from workstation.store.tables import ChargeBasis, Debt

if TYPE_CHECKING:
    from compliance.linters.finding import Context

_DEBT_COLUMNS = frozenset(
    {
        "original_minor",
        "entered_on",
        "natural_person",
        "medical",
        "loan_account",
        "default_at_acquisition",
        "charged_off_on",
        "time_barred_from",
    }
)


class LeaveBook(LedgerBook):
    """A part of SqlBook. Every write is committed when the call returns."""

    # ---- what the gate looks at ---------------------------------------------------------------------

    def contact_facts(
        self, account_id: int, party_id: int, now: datetime, *, phone_id: int | None = None, medium: Medium
    ) -> ContactFacts:
        """Return the facts of an intended contact: a call to a phone, else a message. Raises NotFound."""
        with self.database.read() as session:
            if medium is Medium.CALL and phone_id is not None:
                target = Target(account_id, party_id, phone_id)
                found = call_facts(session, [target], now).get(target)
            else:
                found = written_facts(session, self.gate, account_id, party_id, medium, now)
        if found is None:
            raise NotFound(f"no account {account_id}, person {party_id} or phone {phone_id} in the book")
        return found

    def lint_context(self, account_id: int, party_id: int, now: datetime, medium: Medium) -> Context:
        """Return what a text to a person is held against (compliance.linters). Raises NotFound."""
        from compliance.linters.finding import Context

        facts = self.contact_facts(account_id, party_id, now, medium=medium)
        with self.database.read() as session:
            agreed = session.scalars(
                select(ChargeBasis.id).where(ChargeBasis.account_id == account_id).limit(1)
            ).first()
        written = any(attempt.medium is not Medium.CALL for attempt in facts.attempts)
        first = not (written or facts.conversations or facts.notices)
        return Context(facts, rulebook(), now, first=first, charges_agreed=agreed is not None)

    # ---- what stands --------------------------------------------------------------------------------

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
        with self.database.write() as session:
            return standing.record(
                session, account_id, party_id, fact, user_id, now, source=source, heard=heard
            )

    def end_standing(self, standing_id: int, user_id: int, now: datetime, reason: str) -> None:
        """Withdraw a consent, take back a time, clear a flag. Raises NotFound, NotAllowed, InvalidEntry."""
        with self.database.write() as session:
            standing.end(session, standing_id, user_id, now, reason)

    def standing(self, account_id: int) -> tuple[StandingView, ...]:
        """Return what stands or stood about an account's people, newest first. Raises NotFound."""
        with self.database.read() as session:
            return standing.of_account(session, account_id)

    def set_debt_facts(
        self, account_id: int, user_id: int, now: datetime, **facts: int | date | bool | str | None
    ) -> None:
        """Say what the rules ask about an account's debts; names are the columns of Debt.

        Raises NotFound, NotAllowed and InvalidEntry.
        """
        wrong = sorted(set(facts) - _DEBT_COLUMNS)
        if wrong or not facts:
            raise InvalidEntry(f"debt: {wrong[0] if wrong else 'nothing'} is none of {sorted(_DEBT_COLUMNS)}")
        with self.database.write() as session:
            user = people.need(session, user_id, Right.LIFT_HOLDS)
            values: dict[str, Any] = dict(facts)
            done = session.execute(update(Debt).where(Debt.account_id == account_id).values(**values))
            if done.rowcount == 0:  # type: ignore[attr-defined]  # an UPDATE's result has it
                raise NotFound(f"no account {account_id} in the book")
            mark_stale(session, account_id)
            detail = {name: str(value) for name, value in facts.items()}
            audit.append(session, user.username, "debt facts set", str(account_id), detail, now)

    # ---- overrides ----------------------------------------------------------------------------------

    def ask_override(self, request: CallRequest, reason: str, now: datetime) -> int:
        """Ask for leave to make one call that rules at level supervisor refuse; returns its id.

        Raises NotFound, NotAllowed, and InvalidEntry where the call is permitted or may not be overridden.
        """
        with self.database.write() as session:
            target = Target(request.account_id, request.party_id, request.phone_id)
            facts = call_facts(session, [target], now).get(target)
            if facts is None or facts.number is None:
                raise NotFound(f"person {request.party_id} has no phone {request.phone_id} in the book")
            verdict = self.gate.decide(facts, now)
            if not isinstance(verdict, Refused):
                raise InvalidEntry("this call is permitted: no override is needed")
            return leave.ask_override(
                session,
                request.account_id,
                request.party_id,
                facts.number,
                verdict,
                reason,
                request.collector_id,
                now,
            )

    def approve_override(self, override_id: int, user_id: int, now: datetime) -> bool:
        """Approve; returns whether it may be used now. Raises NotFound and NotAllowed."""
        with self.database.write() as session:
            return leave.approve_override(session, override_id, user_id, now)

    def decline_override(self, override_id: int, user_id: int, now: datetime, reason: str) -> None:
        """Decline for good. Raises NotFound, NotAllowed and InvalidEntry."""
        with self.database.write() as session:
            leave.decline_override(session, override_id, user_id, now, reason)

    def overrides(self, now: datetime, account_id: int | None = None) -> tuple[OverrideView, ...]:
        """Return the overrides that wait for approval or for their contact, oldest first."""
        with self.database.read() as session:
            return leave.overrides(session, now, account_id)

    # ---- consequence authorities --------------------------------------------------------------------

    def ask_authority(
        self,
        account_id: int,
        action: Consequence,
        legal_basis: str,
        expires: datetime,
        user_id: int,
        now: datetime,
        *,
        target: str = "",
        not_before: datetime | None = None,
    ) -> int:
        """Ask for leave to name a consequence; returns its id. Raises NotFound, NotAllowed, InvalidEntry."""
        with self.database.write() as session:
            return leave.ask_authority(
                session,
                account_id,
                action,
                legal_basis,
                expires,
                user_id,
                now,
                target=target,
                not_before=not_before,
            )

    def approve_authority(self, authority_id: int, user_id: int, now: datetime) -> None:
        """Approve what somebody else asked for. Raises NotFound and NotAllowed."""
        with self.database.write() as session:
            leave.approve_authority(session, authority_id, user_id, now)

    def revoke_authority(self, authority_id: int, user_id: int, now: datetime, reason: str) -> None:
        """Take an authority back, or decline it. Raises NotFound, NotAllowed and InvalidEntry."""
        with self.database.write() as session:
            leave.revoke_authority(session, authority_id, user_id, now, reason)

    def authorities(self, account_id: int | None = None) -> tuple[AuthorityView, ...]:
        """Return authorities of an account, or all, newest first."""
        with self.database.read() as session:
            return leave.authorities(session, account_id)
