"""Disputes: opened on part of an invoice, and resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workstation.desk.customer import DisputeLine
from workstation.desk.dispute import HABITS, Cause, Reason, Resolution
from workstation.desk.money import Money
from workstation.desk.roles import Right, may
from workstation.desk.views import InvoiceView
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work, free_of, named
from workstation.ui.kit import Row, row

_REASONS = tuple(r.value for r in Reason)
_CAUSES = tuple(c.value for c in Cause)
_ENDINGS = tuple(r.value for r in Resolution if r is not Resolution.RESTATED)


@dataclass(frozen=True, slots=True)
class _Dispute:
    invoice: InvoiceView
    amount: Money
    reason: Reason
    cause: Cause
    detail: str


class DisputeForm(Form):
    """A dispute on one invoice, or part of it."""

    title = "DISPUTE"

    def __init__(self, at: Standing, reason: str = "", detail: str = "") -> None:
        """`reason` and `detail` as they were heard, if they were."""
        self._at = at
        free = [i for i in at.account.invoices if free_of(i).minor > 0]
        self.slots = (
            Slot("invoice", "invoice", free[0].number if free else "", at.invoice_picks()),
            Slot("amount", "amount", "all"),
            Slot("reason", "reason", reason, named(_REASONS)),
            Slot("cause", "cause", "", named(_CAUSES)),
            Slot("detail", "they say", detail, span=3),
        )
        super().__init__()

    @property
    def begin(self) -> str:
        """With one invoice to dispute the reason comes first, else the invoice."""
        return "invoice" if len(self._at.account.invoices) != 1 else "reason"

    def _read(self) -> _Dispute:
        values = self.values
        invoice = self._at.invoice(values["invoice"])
        free = free_of(invoice)
        if not free.minor:
            raise entry.EntryError(f"invoice: all of {invoice.number} is disputed already")
        amount = entry.amount(values["amount"], free, ask="how much is disputed?")
        if free < amount:
            raise entry.EntryError(f"amount: {free} of {invoice.number} is open and not disputed yet")
        reason = Reason(entry.one_of(values["reason"], _REASONS, "reason", "what is wrong?"))
        cause = HABITS[reason].cause
        if values["cause"].strip():
            cause = Cause(entry.one_of(values["cause"], _CAUSES, "cause", "whose fault?"))
        return _Dispute(invoice, amount, reason, cause, values["detail"].strip())

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What would be held, and by when we answer."""
        found = self._read()
        days = HABITS[found.reason].answer_days
        rows = [
            row(
                ("holds ", "dim"), (str(found.amount), "strong"), f" of {found.invoice.number}",
                ("  reason ", "dim"), found.reason.value, ("  cause ", "dim"), found.cause.value,
            ),
            row(
                ("answer ", "dim"), f"within {days} business {'day' if days == 1 else 'days'}",
                ("  owner ", "dim"), self._at.user.full_name,
                ("  nobody asks for the part held meanwhile", "dim"),
            ),
        ]  # fmt: skip
        return [*rows, row(("they say ", "dim"), found.detail)] if found.detail else rows

    def work(self) -> Work:
        """Open it."""
        found, at = self._read(), self._at

        def save(now: datetime) -> str:
            at.desk.open_dispute(
                at.account.account_id,
                found.invoice.number,
                found.amount.minor,
                found.reason,
                at.today,
                at.user.user_id,
                now,
                detail=found.detail,
                cause=found.cause,
            )
            return (
                f"Dispute opened: {found.amount} of {found.invoice.number} held, {found.reason.value}; "
                f"answer within {HABITS[found.reason].answer_days} business days."
            )

        return save


@dataclass(frozen=True, slots=True)
class _Ending:
    resolution: Resolution
    answer: str
    credit: Money | None
    cause: Cause | None


class ResolveForm(Form):
    """How one dispute ends."""

    def __init__(self, at: Standing, dispute: DisputeLine) -> None:
        self._at, self._dispute = at, dispute
        self.title = f"RESOLVE {dispute.invoice} · {dispute.held.figures()} · {dispute.reason}"
        self.slots = (
            Slot("how", "ends by", "", named(_ENDINGS)),
            Slot("answer", "answer", span=3),
            Slot("credit", "credit", "all"),
            Slot("cause", "cause", dispute.cause, named(_CAUSES)),
        )
        super().__init__()

    def _read(self) -> _Ending:
        values = self.values
        how = Resolution(entry.one_of(values["how"], _ENDINGS, "ends by", "how?"))
        answer = values["answer"].strip()
        if not answer:
            what = "what the credit is for" if how is Resolution.CREDIT else "what proves it, or who withdrew"
            raise entry.EntryError(f"answer: say {what}")
        credit = None
        if how is Resolution.CREDIT:
            if not may(self._at.user.role, Right.ADJUST_LEDGER):
                raise entry.EntryError(
                    "ends by: a credit takes a supervisor; you may end it by proof or as withdrawn"
                )
            credit = entry.amount(values["credit"], self._dispute.held, ask="how much is credited?")
            if self._dispute.held < credit:
                raise entry.EntryError(f"credit: at most the {self._dispute.held} that is held")
        cause = None
        if values["cause"].strip():
            cause = Cause(entry.one_of(values["cause"], _CAUSES, "cause", "whose fault was it?"))
        return _Ending(how, answer, credit, cause)

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What the ending does."""
        found, held = self._read(), self._dispute.held
        if found.credit is not None:
            done = row((str(found.credit), "strong"), f" is credited on {self._dispute.invoice}")
        else:
            done = row((str(held), "strong"), " may be asked for again, ended by ", found.resolution.value)
        since = figures.weekday(self._dispute.opened_on)
        return [
            done,
            row((f"open since {since} · answer ", "dim"), found.answer),
        ]

    def work(self) -> Work:
        """End it."""
        found, at, dispute = self._read(), self._at, self._dispute

        def save(now: datetime) -> str:
            at.desk.resolve_dispute(
                dispute.dispute_id,
                found.resolution,
                found.answer,
                at.today,
                at.user.user_id,
                now,
                credit_minor=found.credit.minor if found.credit is not None else None,
                cause=found.cause,
            )
            credited = f", {found.credit} credited" if found.credit is not None else ""
            return f"Dispute on {dispute.invoice} ended by {found.resolution.value}{credited}."

        return save
