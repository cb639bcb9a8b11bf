"""Money received, entered by hand: how much, how, by which reference, for which invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workstation.desk.allocation import Payable, allocate
from workstation.desk.ledger import Recorded
from workstation.desk.money import Money
from workstation.desk.promise import METHODS
from workstation.desk.terms import Quote
from workstation.desk.views import InvoiceView
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work, free_of, named
from workstation.ui.kit import Row, row


@dataclass(frozen=True, slots=True)
class _Payment:
    amount: Money
    method: str
    reference: str
    on: date
    invoice: InvoiceView | None
    """None: the oldest first."""
    discount: Quote | None
    """The early-payment discount it takes, where it is exactly what settles the invoice in time."""


class PaymentForm(Form):
    """A payment, for one invoice or the oldest first."""

    title = "PAYMENT RECEIVED"

    def __init__(self, at: Standing, discounts: Sequence[Quote] = ()) -> None:
        self._at = at
        self._discounts = {quote.number: quote for quote in discounts}
        self.slots = (
            Slot("amount", "amount"),
            Slot("method", "by", METHODS[0], named(METHODS)),
            Slot("reference", "reference"),
            Slot("invoice", "invoice", "", at.invoice_picks()),
            Slot("day", "received", "today"),
        )
        super().__init__()

    @property
    def begin(self) -> str:
        """The amount comes first; the other slots are filled or may stay empty."""
        return "amount"

    def _read(self) -> _Payment:
        values, at = self.values, self._at
        invoice = at.invoice(values["invoice"]) if values["invoice"].strip() else None
        owed = at.free if invoice is None else free_of(invoice)
        amount = entry.amount(values["amount"], owed, ask="how much came in?")
        quote = self._discounts.get(invoice.number) if invoice is not None else None
        return _Payment(
            amount=amount,
            method=entry.one_of(values["method"], METHODS, "by", "how was it paid?"),
            reference=values["reference"].strip(),
            on=entry.past_day(values["day"], at.today),
            invoice=invoice,
            discount=quote if quote is not None and quote.pay == amount else None,
        )

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """Where the money would go."""
        paid = self._read()
        when = "today" if paid.on == self._at.today else figures.weekday(paid.on)
        reference = f", {paid.reference}" if paid.reference else ""
        rows = [
            row((str(paid.amount), "strong"), f"  by {paid.method}{reference}", (f"  received {when}", "dim"))
        ]
        parts, rest = self._parts(paid)
        goes = [f"{number} {part.figures()}" for number, part in parts]
        if rest.minor:
            goes.append(f"{rest.figures()} stays unapplied")
        how = "as directed" if paid.invoice is not None else "oldest first"
        rows.append(row((f"{how}  ", "dim"), "  ·  ".join(goes)))
        if paid.discount is not None:
            off = paid.discount.amount.figures()
            rows.append(row(("settles it: ", "dim"), f"early-payment discount {off} is given with it"))
        return rows

    def _parts(self, paid: _Payment) -> tuple[list[tuple[str, Money]], Money]:
        if paid.invoice is not None:
            part = min(paid.amount.minor, free_of(paid.invoice).minor)
            named_part = [(paid.invoice.number, Money(part, paid.amount.currency))] if part else []
            return named_part, Money(paid.amount.minor - part, paid.amount.currency)
        items = [
            Payable(i.invoice_id, i.number, i.due, i.open.minor, max(0, i.disputed.minor))
            for i in self._at.account.invoices
        ]
        numbers = {i.item_id: i.number for i in items}
        found = allocate(paid.amount.minor, items)
        currency = paid.amount.currency
        return [(numbers[i], Money(part, currency)) for i, part in found.parts], Money(
            found.rest_minor, currency
        )

    def work(self) -> Work:
        """Record it."""
        paid, at = self._read(), self._at
        directed = None
        if paid.invoice is not None:
            directed = {number: part.minor for number, part in self._parts(paid)[0]}

        def save(now: datetime) -> str:
            recorded = at.desk.record_payment(
                at.account.account_id,
                paid.on,
                paid.amount.minor,
                now,
                method=paid.method,
                reference=paid.reference,
                directed=directed,
                take_discounts=paid.discount is not None,
                user_id=at.user.user_id,
            )
            return said(paid.amount, recorded)

        return save


def said(amount: Money, recorded: Recorded) -> str:
    """What became of the money, in one sentence."""
    parts = [f"{number} {part.figures()}" for number, part in recorded.parts[:4]]
    if len(recorded.parts) > 4:
        parts.append(f"and {len(recorded.parts) - 4} more")
    parts += [f"discount on {number} {off.figures()}" for number, off in recorded.discounts]
    if recorded.unapplied.minor:
        parts.append(f"{recorded.unapplied.figures()} unapplied")
    return f"Payment of {amount} recorded: {', '.join(parts)}."
