"""What a small book with a story shows of an account's ledger, and of who waits for a call."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.ui.views import usd
from workstation.desk.account_ledger import (
    CallbackRow,
    ItemLines,
    LedgerView,
    PromiseLine,
    StageLine,
    Treatment,
)
from workstation.desk.aging import OpenItem, age
from workstation.desk.customer import (
    ContactLine,
    CreditUse,
    Customer,
    DisputeLine,
    NoteLine,
    OfferLine,
    OfferState,
    PlanLine,
    Related,
    Relation,
)
from workstation.desk.ledger import Explained, Line, LineKind
from workstation.desk.plan import Due, PlanState
from workstation.desk.terms import Quote
from workstation.desk.views import AccountView, InvoiceView, PromiseView, QueueRow

TODAY = date(2026, 11, 18)


def promise(promise_id: int, minor: int, due: date, state: str, came: int = 0) -> PromiseLine:
    view = PromiseView(promise_id, usd(minor), due, "bank transfer", "Jordan Reyes", state)
    return PromiseLine(view, due - timedelta(days=9), due + timedelta(days=2), usd(came))


def plan(state: PlanState = PlanState.BREACHED) -> PlanLine:
    dues = tuple(Due(date(2026, month, 15), usd(100_000)) for month in (9, 10, 11, 12))
    return PlanLine(
        plan_id=1,
        who="Jordan Reyes",
        method="bank transfer",
        total=usd(400_000),
        made_on=date(2026, 9, 1),
        instalments=dues,
        state=state,
        paid=usd(150_000),
        missing=usd(150_000),
        next_due=Due(date(2026, 10, 15), usd(50_000)),
        breached_on=date(2026, 10, 20) if state is PlanState.BREACHED else None,
    )


def dispute(
    dispute_id: int = 1, *, resolved: date | None = None, overdue: bool = False, invoice: str = "7802"
) -> DisputeLine:
    return DisputeLine(
        dispute_id=dispute_id,
        invoice=invoice,
        held=usd(231_000),
        reason="price",
        cause="unknown",
        detail="two pallets were priced as three",
        opened_on=date(2026, 11, 12),
        owner="Dana Whitfield",
        answer_due=date(2026, 11, 16) if overdue else date(2026, 11, 20),
        overdue=overdue,
        resolved_on=resolved,
        resolution="proof" if resolved else "",
        answer="the signed delivery note shows three" if resolved else "",
    )


def _paid(one: InvoiceView) -> tuple[Line, ...]:
    if one.open == one.amount:
        return ()
    off = one.open.minor - one.amount.minor
    return (Line(date(2026, 11, 3), LineKind.PAYMENT, "bank transfer T-4471", off),)


def ledger(account: AccountView) -> LedgerView:
    """A ledger in which everything occurs once."""
    held = {"7802": 231_000}
    items = tuple(
        ItemLines(
            i.number,
            "invoice",
            i.issued,
            i.due,
            i.days_late,
            i.amount,
            i.open,
            usd(held.get(i.number, 0)),
            _paid(i),
        )
        for i in account.invoices
    )
    return LedgerView(
        account_id=account.account_id,
        today=TODAY,
        aging=age([OpenItem(i.due, i.open.minor, held.get(i.number, 0)) for i in account.invoices], TODAY),
        items=items,
        unapplied=usd(25_000),
        promises=(
            promise(3, 120_000, date(2026, 11, 17), "open"),
            promise(2, 200_000, date(2026, 10, 20), "partial", 80_000),
            promise(1, 50_000, date(2026, 9, 22), "kept", 50_000),
        ),
        stages=(
            StageLine(
                "7731",
                4,
                "inquire",
                date(2026, 11, 12),
                "",
                (
                    ("sent", date(2026, 9, 8)),
                    ("delivered", date(2026, 9, 10)),
                    ("reminded", date(2026, 10, 3)),
                ),
                (),
                "talked",
            ),
            StageLine(
                "7802",
                3,
                "remind",
                date(2026, 10, 12),
                "2,310.00 USD is disputed",
                (("sent", date(2026, 10, 2)),),
                ("delivered",),
                "",
            ),
        ),
        story=(
            "On 8 September 2026: Invoice 7731 of 5,000.00 USD, due 8 October 2026, entered stage 1, notify.",
            "The same day: Invoice 7731 was sent.",
            "On 10 September 2026: Invoice 7731 was confirmed as received by M. Osei, on the telephone.",
        ),
        treatment=Treatment(
            "small late established", "late", ("a call: nobody has talked since the due date",), TODAY
        ),
        customer=Customer(
            account_id=account.account_id,
            terms="2/10 net 30",
            terms_understood=True,
            credit=CreditUse(usd(2_000_000), account.balance, usd(770_000), over=False),
            unapplied=Explained(
                usd(-25_000), TODAY, (Line(date(2026, 11, 10), LineKind.PAYMENT, "check 1182", -25_000),)
            ),
            contacts=(
                ContactLine(
                    account.account_id * 100,
                    "Jordan Reyes",
                    "accounts payable",
                    "jordan@harlow.example",
                    ("+13125550141",),
                ),
                ContactLine(account.account_id * 100 + 1, "Priya Nair", "controller", "", ()),
            ),
            notes=(
                NoteLine(
                    datetime(2026, 11, 5, 16, tzinfo=UTC),
                    "sales",
                    "Lee Park",
                    "They open a second plant in January; be firm and kind.",
                ),
            ),
            related=(Related(9, "A-10490", "Harlow Holdings", Relation.PARENT, usd(0)),),
            disputes=(dispute(), dispute(2, resolved=date(2026, 10, 5), invoice="7600")),
            plans=(plan(),),
            offers=(
                OfferLine(
                    1,
                    usd(842_000),
                    usd(800_000),
                    date(2026, 11, 16),
                    date(2026, 11, 23),
                    "Dana Whitfield",
                    "Morgan Lee",
                    OfferState.OPEN,
                ),
            ),
            discounts=(Quote("7802", usd(14_600), usd(327_400), date(2026, 11, 21), 3),),
        ),
    )


def callback(
    callback_id: int,
    due_at: datetime,
    row: QueueRow,
    *,
    asked_by: str = "",
    owner: str = "",
    mine: bool = False,
) -> CallbackRow:
    return CallbackRow(callback_id, due_at, asked_by, owner, mine, row)
