"""A stand-in for the ledger's side of the book: what was done is kept to look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from tests.ui.ledger_views import ledger
from tests.ui.views import usd
from workstation.desk.account_ledger import CallbackPage, CallbackRow, LedgerView, Whose
from workstation.desk.book import BookError, CallRequest
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.ledger import Recorded
from workstation.desk.plan import Due
from workstation.desk.standing import Heard, Standing
from workstation.desk.views import AccountView, HistoryLine


class FakeLedger(ABC):
    """The ledger's methods: each keeps what it was given, writes a line of history, and can be refused."""

    accounts: dict[int, AccountView]

    def __init__(self) -> None:
        self.done: list[tuple[str, dict[str, object]]] = []
        """What was entered, in order."""
        self.refuse_deed: BookError | None = None
        self.ledgers: dict[int, LedgerView] = {}
        """Ledgers that differ from the usual one."""
        self.callback_rows: list[CallbackRow] = []
        self.whose: list[Whose] = []

    @abstractmethod
    def _seen(self) -> None:
        """The book was asked, from some thread."""

    @abstractmethod
    def account(self, account_id: int, now: datetime) -> AccountView:
        """The account as it is."""

    def account_ledger(self, account_id: int, now: datetime) -> LedgerView:
        self._seen()
        return self.ledgers.get(account_id) or ledger(self.account(account_id, now))

    def _deed(self, name: str, account_id: int, kind: str, text: str, now: datetime, **given: object) -> int:
        self._seen()
        if self.refuse_deed is not None:
            raise self.refuse_deed
        self.done.append((name, {"account_id": account_id, **given}))
        if account_id in self.accounts:
            one = self.accounts[account_id]
            line = HistoryLine(now, kind, text)
            self.accounts[account_id] = replace(one, history=(line, *one.history))
        return len(self.done)

    def ask_override(self, request: CallRequest, reason: str, now: datetime) -> int:
        return self._deed(
            "override", request.account_id, "override", f"asked for: {reason}", now, reason=reason
        )

    def approve_override(self, override_id: int, user_id: int, now: datetime) -> bool:
        self.done.append(("approved", {"override_id": override_id, "user_id": user_id}))
        return True

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
        return self._deed(
            "standing", account_id, "consent", "recorded", now, party_id=party_id, fact=fact, heard=heard
        )

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
        text = f"{usd(amount_minor)} received by {method}"
        entry_id = self._deed(
            "payment",
            account_id,
            "payment",
            text,
            now,
            on=received_on,
            minor=amount_minor,
            method=method,
            reference=reference,
            directed=directed,
            discounts=take_discounts,
            user_id=user_id,
        )
        parts = tuple((number, usd(minor)) for number, minor in (directed or {"7731": amount_minor}).items())
        rest = amount_minor - sum(part.minor for _, part in parts)
        return Recorded(entry_id, parts, usd(rest))

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
        return self._deed(
            "dispute",
            account_id,
            "dispute",
            f"disputes {invoice_number}, {reason.value}: {detail}",
            now,
            invoice=invoice_number,
            minor=amount_minor,
            reason=reason,
            cause=cause,
            detail=detail,
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
        self._deed(
            "resolve",
            1,
            "dispute",
            f"dispute ended by {resolution.value}: {answer}",
            now,
            dispute_id=dispute_id,
            resolution=resolution,
            answer=answer,
            minor=credit_minor,
        )
        return 1 if credit_minor else None

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
        text = f"{who} agreed to pay in {len(instalments)} instalments"
        return self._deed(
            "plan",
            account_id,
            "promise",
            text,
            now,
            who=who,
            method=method,
            instalments=tuple(instalments),
            call_id=call_id,
        )

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
        text = f"settlement of {usd(amount_minor)} offered"
        return self._deed(
            "settlement", account_id, "promise", text, now, minor=amount_minor, until=expires_on
        )

    def callbacks(
        self, user_id: int, now: datetime, offset: int, limit: int, *, whose: Whose = Whose.ALL
    ) -> CallbackPage:
        self._seen()
        self.whose.append(whose)
        rows = [
            r
            for r in sorted(self.callback_rows, key=lambda r: r.due_at)
            if whose is Whose.ALL or r.mine == (whose is Whose.MINE)
        ]
        overdue = sum(r.due_at < now for r in rows)
        return CallbackPage(len(rows), overdue, tuple(rows[offset : offset + limit]))
