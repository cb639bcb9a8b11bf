"""Stand-ins for the ledger's side of the book and for the letters: what was done is kept to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from compliance.contact import Medium, Refused
from workstation.desk.account_ledger import (
    CallbackPage,
    CallbackRow,
    ItemLines,
    LedgerView,
    PromiseLine,
    StageLine,
    Treatment,
    Whose,
)
from workstation.desk.aging import OpenItem, age
from workstation.desk.book import BookError, CallRequest
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
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.ledger import Explained, Line, LineKind, Recorded
from workstation.desk.money import Money
from workstation.desk.plan import Due, PlanState
from workstation.desk.post import Queued
from workstation.desk.standing import Heard, Standing
from workstation.desk.terms import Quote
from workstation.desk.views import AccountView, HistoryLine, InvoiceView, PromiseView, QueueRow
from workstation.desk.writing import LetterChoice, LetterPreview, LinkGiven

TODAY = date(2026, 11, 18)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


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


class FakeLedger:
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

    def _seen(self) -> None:
        raise NotImplementedError

    def account(self, account_id: int, now: datetime) -> AccountView:
        raise NotImplementedError

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


INQUIRY = LetterChoice(
    "inquiry", "Inquiry about a late invoice", Medium.EMAIL, "days after the due date", False
)
PROMISED = LetterChoice("promise", "Confirmation of a promise", Medium.EMAIL, "right after the call", False)
STATEMENT = LetterChoice("statement", "Statement of open invoices", Medium.LETTER, "when asked", False)
DEMAND = LetterChoice("final-demand", "Final demand", Medium.LETTER, "after the session", True)

TEXT = """\
Dear Jordan Reyes,

Invoice 7731 of 5,000.00 USD was due on October 8, 2026, and is open. If anything keeps you from paying
it, please tell me; I will see to it the same day.

  Invoice  Due         Late     Open
  7731     8 Oct 2026  41 days  5,000.00 USD
  7802     1 Nov 2026  17 days  3,420.00 USD

Kind regards,
Dana Whitfield
"""


class FakeLetters:
    """A catalog of four, and an outbox in memory."""

    def __init__(self) -> None:
        self.queued: list[tuple[str, int, int, date | None]] = []
        self.addresses: list[tuple[int, tuple[str, ...]]] = []
        self.flaws: tuple[str, ...] = ()
        self.refusal: Refused | None = None
        self.wrong: BookError | None = None
        self.previewed: list[tuple[str, int]] = []
        self.text = TEXT
        self.to = "Jordan Reyes <jordan@harlow.example>"

    def choices(self, profile: str, stage: int, medium: Medium, /) -> Sequence[LetterChoice]:
        return [x for x in (INQUIRY, PROMISED, STATEMENT, DEMAND) if x.medium is medium]

    def preview(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> LetterPreview:
        if self.wrong is not None:
            raise self.wrong
        self.previewed.append((letter.id, party_id))
        flaws = () if self.addresses else self.flaws
        return LetterPreview(letter, self.to, "Invoice 7731: is anything missing?", self.text, flaws)

    def queue(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> Queued | Refused:
        if self.wrong is not None:
            raise self.wrong
        if self.refusal is not None:
            return self.refusal
        self.queued.append((letter.id, account_id, party_id, reply_by))
        return Queued(1, "x@dunline", "d", letter.medium, "jordan@harlow.example", "Invoice 7731")

    def set_address(
        self, account_id: int, party_id: int, lines: Sequence[str], user_id: int, now: datetime, /
    ) -> None:
        self.addresses.append((party_id, tuple(lines)))

    def set_email(self, account_id: int, party_id: int, address: str, user_id: int, now: datetime, /) -> str:
        self.addresses.append((party_id, (address,)))
        return address

    def pay_link(self, account_id: int, invoice: str, user_id: int, now: datetime, /) -> LinkGiven:
        if self.wrong is not None:
            raise self.wrong
        return LinkGiven(invoice, usd(500_000), f"https://pay.bank.example/DL-7KQ2?invoice={invoice}", "bank")
