"""What is owed: aging by bucket, credit, discounts, and every open invoice with what happened to it."""

from __future__ import annotations

from workstation.desk.account_ledger import ItemLines, LedgerView
from workstation.desk.aging import Bucket
from workstation.desk.customer import CreditUse
from workstation.desk.ledger import Line
from workstation.desk.money import Money
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Field, Row, Span, cut_row, field_grid, row, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit

_LABEL = 9
_SUM = 15
_SHARE = 6
_ROOMY = 60
"""Cells from which a row says more than what matters most."""
_BAR = 32
"""Cells of the longest bar."""


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page; the first ones stand in the same place for every account."""
    rows = aging_rows(account, ledger, width)
    rows += [BLANK, *_figures(account, ledger, width), BLANK]
    rows.append(heading("OPEN INVOICES", row((f"{len(ledger.items)}", "dim")), width))
    if not ledger.items:
        rows.append(row(("nothing is open", "dim")))
    for item in ledger.items:
        rows += _item(item, ledger, width)
    if ledger.customer.unapplied.lines and ledger.unapplied.minor:
        rows += [BLANK, heading("UNAPPLIED", row((ledger.unapplied.figures(), "strong")), width)]
        rows += [_moved(line, -1, account.currency, width) for line in ledger.customer.unapplied.lines]
    return rows


def bar(part: int, whole: int, cells: int) -> str:
    """A bar of at most `cells` cells, in halves; anything more than nothing shows at least one half."""
    if part <= 0 or whole <= 0 or cells <= 0:
        return ""
    full, half = divmod(max(1, min(part, whole) * cells * 2 // whole), 2)
    return "━" * full + "╸" * half


def aging_rows(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """One row a bucket: name, bar, sum, share of the balance."""
    aging = ledger.aging
    balance = Money(aging.balance_minor, account.currency)
    rows = [
        heading(
            "AGING",
            row(("by due date · balance ", "dim"), (str(balance), "strong")),
            width,
        )
    ]
    room = max(4, min(_BAR, width - _LABEL - _SUM - _SHARE - 2))
    owed = sum(minor for minor in aging.by_bucket.values() if minor > 0)
    largest = max(aging.by_bucket.values(), default=0)
    for bucket in Bucket:
        minor = aging.by_bucket[bucket]
        share = f"{(minor * 200 + owed) // (2 * owed)}%" if owed and minor > 0 else ""
        sum_ = Money(minor, account.currency).figures() if minor else "–"
        rows.append(
            row(
                (fit(bucket.label, _LABEL), "dim"),
                (fit(bar(minor, largest, room), room), "accent"),
                (fit(sum_, _SUM, right=True), "strong" if minor else "faint"),
                (fit(share, _SHARE, right=True), "dim"),
            )
        )
    return rows


def _figures(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    aging, currency = ledger.aging, account.currency
    late = f"oldest {aging.days_late} days late" if aging.days_late > 0 else "nothing late"
    past = row(
        (Money(aging.past_due_minor, currency).figures(), "strong"),
        (f"   {late}", "dim"),
    )
    collectible = row(
        Money(aging.collectible_minor, currency).figures(),
        ("   in dispute ", "dim"),
        (Money(aging.disputed_minor, currency).figures(), "stop") if aging.disputed_minor else ("–", "dim"),
    )
    unapplied = row(ledger.unapplied.figures()) if ledger.unapplied.minor else row(("–", "dim"))
    fields = [
        Field("past due", past),
        Field("to ask", collectible),
        Field("unapplied", unapplied),
        Field("credit", credit_row(ledger.customer.credit, width)),
        Field("terms", _terms(ledger)),
        Field("discount", _discount(ledger)),
    ]
    return field_grid(fields, width, 11)


def credit_row(credit: CreditUse, width: int) -> Row:
    """Limit, use and what is left, in words."""
    if credit.limit is None or credit.left is None:
        return row(credit.used.figures(), (" used · no limit set", "dim"))
    share = credit.used.minor * 100 // credit.limit.minor if credit.limit.minor else 100
    limit = figures.whole(credit.limit)
    used = f"{credit.used.figures()} of {limit}" if width >= _ROOMY else limit
    parts = [Span(used), Span(f" · {share}% used", "dim")]
    if credit.over:
        over = credit.used - credit.limit
        parts.append(Span(f" · ✗ over by {over.figures()}", "strong"))
    else:
        parts.append(Span(f" · {figures.whole(credit.left)} left", "dim"))
    return tuple(parts)


def _terms(ledger: LedgerView) -> Row:
    customer = ledger.customer
    if not customer.terms:
        return row(("–", "dim"))
    note = "" if customer.terms_understood else "   as written: nothing is worked out from them"
    return row(customer.terms, (note, "dim"))


def _discount(ledger: LedgerView) -> Row:
    if not ledger.customer.discounts:
        return row(("no window open", "dim"))
    first = ledger.customer.discounts[0]
    more = len(ledger.customer.discounts) - 1
    left = "today" if first.days_left == 0 else f"{first.days_left} d left"
    return row(
        (first.pay.figures(), "strong"),
        f" settles {first.number} by {figures.day(first.until)}",
        (f" · {left} · {first.amount.figures()} off" + (f" · +{more} more" if more else ""), "dim"),
    )


def _item(item: ItemLines, ledger: LedgerView, width: int) -> list[Row]:
    late = figures.days_late(item.days_late) if item.days_late else "today"
    left = row(
        (fit(item.number, 11), "strong"),
        (f" due {figures.day(item.due)}", ""),
        (f"  {late}", "dim"),
        ("  finance charge" if item.kind != "invoice" else "", "dim"),
    )
    of = f" of {figures.whole(item.amount)}" if width >= _ROOMY and item.open != item.amount else ""
    right = row((item.open.figures(), "strong"), (of, "dim"))
    rows = [spread(left, right, width)]
    quote = next((q for q in ledger.customer.discounts if q.number == item.number), None)
    if quote is not None:
        text = f"  {quote.pay.figures()} if it comes by {figures.day(quote.until)}"
        rows.append(cut_row(row((text, "accent")), width))
    if item.disputed.minor:
        rows.append(_line("✗ disputed", "", "", item.disputed, width, "stop"))
    rows += [_moved(line, 1, item.open.currency, width) for line in item.lines]
    return rows


def _moved(line: Line, sign: int, currency: str, width: int) -> Row:
    amount = Money(sign * line.amount_minor, currency)
    return _line(line.kind.value, line.text, figures.day(line.on), amount, width)


def _line(kind: str, text: str, on: str, amount: Money, width: int, style: str = "dim") -> Row:
    """A dated line under an item."""
    words = f"  {on + '  ' if on else ''}{kind}{'  ' + text if text and text != kind else ''}"
    return spread(row((words, style)), row((amount.figures(), style)), width)
