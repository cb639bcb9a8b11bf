"""The ledger in the book: money in, credits, disputes, imports; every figure ties out to its lines."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, Shop, put_account
from workstation.desk.aging import Bucket
from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.entry import InvoiceEntry, LineItem
from workstation.desk.ledger import LineKind
from workstation.store.tables import InvoiceLine

TODAY = WEDNESDAY.date()
JULY = date(2026, 7, 1)


def invoice(
    number: str, due: date, amount: int, left: int | None = None, disputed: int = 0, terms: str = ""
) -> InvoiceEntry:
    issued = due - timedelta(days=30)
    return InvoiceEntry(
        "A-1", number, issued, due, amount, amount if left is None else left, disputed, terms=terms
    )


def opened(shop: Shop) -> dict[str, int]:
    return {i.number: i.open.minor for i in shop.book.account(shop.account, WEDNESDAY).invoices}


def test_money_goes_to_the_oldest_first_and_the_rest_is_kept(shop: Shop) -> None:
    shop.book.put_invoices([invoice("7", TODAY - timedelta(days=60), 100_000)], WEDNESDAY)
    done = shop.book.record_payment(
        shop.account, TODAY, 150_000, WEDNESDAY, method="check", user_id=shop.dana
    )
    assert [(n, m.minor) for n, m in done.parts] == [("7", 100_000), ("IA-1", 50_000)]
    assert opened(shop) == {"IA-1": 792_000}
    done = shop.book.record_payment(shop.account, TODAY, 800_000, WEDNESDAY)
    assert done.unapplied.minor == 8_000
    assert shop.book.unapplied_as_of(shop.account, TODAY).amount.minor == -8_000
    assert shop.book.balance_as_of(shop.account, TODAY).amount.minor == 0
    assert shop.book.account(shop.account, WEDNESDAY).unapplied == done.unapplied
    assert shop.book.tie_out() == ()


def test_unapplied_money_is_applied_when_there_is_something_to_pay(shop: Shop) -> None:
    shop.book.record_payment(shop.account, TODAY, 842_000 + 30_000, WEDNESDAY)
    later = TODAY + timedelta(days=5)
    shop.book.put_invoices([invoice("8", TODAY + timedelta(days=33), 50_000)], WEDNESDAY)
    applied = shop.book.apply_unapplied(shop.account, later)
    assert [(n, m.minor) for n, m in applied] == [("8", 30_000)]
    assert shop.book.unapplied_as_of(shop.account, TODAY).amount.minor == -30_000
    assert shop.book.unapplied_as_of(shop.account, later).amount.minor == 0
    assert shop.book.apply_unapplied(shop.account, later) == ()
    assert shop.book.tie_out() == ()


def test_money_goes_where_the_payer_directs_it(shop: Shop) -> None:
    shop.book.put_invoices([invoice("7", TODAY - timedelta(days=60), 100_000)], WEDNESDAY)
    done = shop.book.record_payment(shop.account, TODAY, 60_000, WEDNESDAY, directed={"IA-1": 50_000})
    assert done.unapplied.minor == 10_000
    assert opened(shop) == {"7": 100_000, "IA-1": 792_000}
    for directed, says in (
        ({"nowhere": 1}, "no open invoice 'nowhere'"),
        ({"7": 100_001}, "invoice 7: 100000 can be paid"),
        ({"7": 60_000, "IA-1": 60_000}, "come to 120000"),
        ({"7": 0}, "more than nothing"),
    ):
        with pytest.raises(InvalidEntry, match=says):
            shop.book.record_payment(shop.account, TODAY, 110_000, WEDNESDAY, directed=directed)
    assert shop.book.tie_out() == ()


def test_the_same_bank_reference_is_the_same_money(shop: Shop) -> None:
    first = shop.book.record_payment(shop.account, TODAY, 10_000, WEDNESDAY, key="camt:1")
    again = shop.book.record_payment(shop.account, TODAY, 10_000, WEDNESDAY, key="camt:1")
    assert (again.entry_id, again.parts, again.repeated) == (first.entry_id, first.parts, True)
    assert opened(shop) == {"IA-1": 832_000}
    with pytest.raises(InvalidEntry, match=r"'camt:1' is in the book already, with 100.00 USD"):
        shop.book.record_payment(shop.account, TODAY, 10_001, WEDNESDAY, key="camt:1")


def test_a_returned_payment_opens_what_it_paid(shop: Shop) -> None:
    paid = shop.book.record_payment(shop.account, TODAY, 900_000, WEDNESDAY, method="check")
    back = TODAY + timedelta(days=4)
    with pytest.raises(NotAllowed):
        shop.book.reverse_payment(paid.entry_id, back, "no funds", shop.dana, WEDNESDAY)
    shop.book.reverse_payment(paid.entry_id, back, "no funds", shop.morgan, WEDNESDAY)
    for day, balance, unapplied in ((TODAY, 0, -58_000), (back, 842_000, 0)):
        assert shop.book.balance_as_of(shop.account, day).amount.minor == balance
        assert shop.book.unapplied_as_of(shop.account, day).amount.minor == unapplied
    kinds = [line.kind for line in shop.book.balance_as_of(shop.account, back).lines]
    assert kinds == [LineKind.INVOICE, LineKind.PAYMENT, LineKind.REVERSAL]
    with pytest.raises(InvalidEntry, match="reversed already"):
        shop.book.reverse_payment(paid.entry_id, back, "again", shop.morgan, WEDNESDAY)
    assert shop.book.apply_unapplied(shop.account, back) == ()
    texts = [line.text for line in shop.book.account(shop.account, WEDNESDAY).history]
    assert texts[:2] == ["9,000.00 USD by check came back: no funds", "9,000.00 USD received by check"]
    assert shop.book.tie_out() == ()


def test_credits_and_write_offs_are_the_supervisors(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        shop.book.record_credit(shop.account, TODAY, 100, "goodwill", shop.dana, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="reason"):
        shop.book.record_credit(shop.account, TODAY, 100, " ", shop.morgan, WEDNESDAY)
    shop.book.record_credit(shop.account, TODAY, 42_000, "short delivery", shop.morgan, WEDNESDAY)
    with pytest.raises(InvalidEntry, match=r"only 8,000.00 USD is open"):
        shop.book.write_off(shop.account, TODAY, 800_001, "small", shop.morgan, WEDNESDAY)
    shop.book.write_off(shop.account, TODAY, 800_000, "insolvent", shop.morgan, WEDNESDAY)
    explained = shop.book.balance_as_of(shop.account, TODAY)
    assert explained.amount.minor == 0
    assert [line.kind for line in explained.lines] == [LineKind.INVOICE, LineKind.CREDIT, LineKind.WRITE_OFF]
    assert shop.book.tie_out() == ()
    assert shop.book.verify_audit().sound


def test_a_disputed_part_takes_no_money_until_it_is_resolved(shop: Shop) -> None:
    dispute = shop.book.open_dispute(
        shop.account, "IA-1", 200_000, Reason.PRICE, TODAY, shop.dana, WEDNESDAY, detail="line 3"
    )
    with pytest.raises(InvalidEntry, match=r"6,420.00 USD is open and not disputed"):
        shop.book.open_dispute(shop.account, "IA-1", 642_001, Reason.PRICE, TODAY, shop.dana, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="200000 more is disputed"):
        shop.book.record_payment(shop.account, TODAY, 842_000, WEDNESDAY, directed={"IA-1": 842_000})
    done = shop.book.record_payment(shop.account, TODAY, 842_000, WEDNESDAY)
    assert done.unapplied.minor == 200_000
    view = shop.book.account(shop.account, WEDNESDAY)
    assert (view.balance.minor, view.disputed.minor) == (200_000, 200_000)
    [line] = shop.book.customer(shop.account, TODAY).disputes
    assert (line.owner, line.cause, line.answer_due) == ("Dana Tester", "unknown", date(2026, 11, 23))
    assert shop.book.customer(shop.account, date(2026, 11, 24)).disputes[0].overdue
    with pytest.raises(NotAllowed):
        shop.book.resolve_dispute(dispute, Resolution.CREDIT, "x", TODAY, shop.dana, WEDNESDAY)
    later = TODAY + timedelta(days=2)
    shop.book.resolve_dispute(
        dispute, Resolution.CREDIT, "billed twice", later, shop.morgan, WEDNESDAY, cause=Cause.OURS
    )
    assert shop.book.balance_as_of(shop.account, later).amount.minor == 0
    ledger = shop.book.ledger(shop.account)
    assert ledger.aging(TODAY).figures.disputed_minor == 200_000
    assert ledger.aging(later).figures.disputed_minor == 0
    texts = [line.text for line in shop.book.account(shop.account, WEDNESDAY).history]
    assert "disputes 2,000.00 USD of invoice IA-1, price: line 3" in texts
    assert "dispute on 2,000.00 USD of invoice IA-1 ended by credit: billed twice" in texts
    with pytest.raises(InvalidEntry, match="ended on"):
        shop.book.resolve_dispute(dispute, Resolution.PROOF, "x", later, shop.morgan, WEDNESDAY)
    assert shop.book.tie_out() == ()


def test_a_dispute_answered_with_proof_is_owed_again(shop: Shop) -> None:
    dispute = shop.book.open_dispute(
        shop.account, "IA-1", None, Reason.DELIVERY, TODAY, shop.dana, WEDNESDAY, owner_id=shop.sam
    )
    assert shop.book.account(shop.account, WEDNESDAY).disputed.minor == 842_000
    with pytest.raises(InvalidEntry, match="what proves it"):
        shop.book.resolve_dispute(dispute, Resolution.PROOF, "", TODAY, shop.sam, WEDNESDAY)
    assert (
        shop.book.resolve_dispute(dispute, Resolution.PROOF, "signed slip", TODAY, shop.sam, WEDNESDAY)
        is None
    )
    assert shop.book.account(shop.account, WEDNESDAY).disputed.minor == 0
    with pytest.raises(NotFound):
        shop.book.resolve_dispute(999, Resolution.PROOF, "x", TODAY, shop.sam, WEDNESDAY)
    assert shop.book.tie_out() == ()


def test_a_file_says_what_was_settled_before(shop: Shop) -> None:
    entry = invoice("9", TODAY - timedelta(days=10), 50_000, 20_000, disputed=5_000)
    shop.book.put_invoices([entry], WEDNESDAY)
    aging = shop.book.aging_as_of(shop.account, TODAY)
    assert aging.figures.disputed_minor == 5_000
    assert aging.buckets[Bucket.DAYS_1_30].amount.minor == 20_000
    kinds = [line.kind for line in aging.buckets[Bucket.DAYS_1_30].lines]
    assert kinds == [LineKind.INVOICE, LineKind.ADJUSTMENT]
    assert shop.book.tie_out() == ()


def test_an_old_file_does_not_undo_a_payment_and_a_new_one_explains_itself(shop: Shop) -> None:
    entry = invoice("9", TODAY - timedelta(days=90), 50_000)
    shop.book.put_invoices([entry], WEDNESDAY)
    shop.book.record_payment(shop.account, TODAY, 20_000, WEDNESDAY)
    assert shop.book.put_invoices([entry], WEDNESDAY).unchanged == 1
    assert opened(shop)["9"] == 30_000
    stated = invoice("9", TODAY - timedelta(days=90), 50_000, 10_000, disputed=4_000)
    assert shop.book.put_invoices([stated], WEDNESDAY).changed == 1
    assert shop.book.put_invoices([stated], WEDNESDAY).unchanged == 1
    assert opened(shop)["9"] == 10_000
    corrected = invoice("9", TODAY - timedelta(days=90), 45_000, 5_000)
    assert shop.book.put_invoices([corrected], WEDNESDAY).changed == 1
    assert opened(shop)["9"] == 5_000
    assert [d.resolution for d in shop.book.customer(shop.account, TODAY).disputes] == ["restated"]
    assert shop.book.tie_out() == ()


def test_line_items_are_kept_in_order_and_replaced_whole(shop: Shop) -> None:
    base = invoice("9", TODAY, 30_000)

    def put(*lines: tuple[str, str, int]) -> int:
        entry = InvoiceEntry(
            base.account_number, base.number, base.issued, base.due, base.amount_minor, base.open_minor,
            lines=tuple(LineItem(*line) for line in lines),
        )  # fmt: skip
        return shop.book.put_invoices([entry], WEDNESDAY).changed

    put(("bolts", "200", 10_000), ("nuts", "1.5", 20_000))
    assert put(("bolts", "200", 10_000), ("nuts", "1.5", 20_000)) == 0
    assert put(("nuts", "3", 30_000)) == 1
    with shop.book.database.read() as session:
        rows = session.scalars(select(InvoiceLine).order_by(InvoiceLine.position)).all()
    assert [(r.description, r.quantity, r.amount_minor) for r in rows] == [("nuts", "3", 30_000)]


def test_an_early_payment_earns_its_discount(shop: Shop) -> None:
    issued = TODAY - timedelta(days=5)
    entry = InvoiceEntry(
        "A-1", "D", issued, issued + timedelta(days=30), 100_000, 100_000, terms="2/10 net 30"
    )
    shop.book.put_invoices([entry], WEDNESDAY)
    [offer] = shop.book.customer(shop.account, TODAY).discounts
    assert (offer.number, offer.pay.minor, offer.until, offer.days_left) == (
        "D", 98_000, issued + timedelta(days=10), 5,
    )  # fmt: skip
    done = shop.book.record_payment(
        shop.account, TODAY, 98_000, WEDNESDAY, directed={"D": 98_000}, take_discounts=True
    )
    assert [(n, m.minor) for n, m in done.discounts] == [("D", 2_000)]
    assert "D" not in opened(shop)
    assert shop.book.tie_out() == ()


def test_no_discount_after_the_window_or_for_a_part(shop: Shop) -> None:
    issued = TODAY - timedelta(days=10)
    entry = InvoiceEntry(
        "A-1", "D", issued, issued + timedelta(days=30), 100_000, 100_000, terms="2/10 net 30"
    )
    shop.book.put_invoices([entry], WEDNESDAY)
    late = shop.book.record_payment(
        shop.account,
        TODAY + timedelta(days=1),
        98_000,
        WEDNESDAY,
        directed={"D": 98_000},
        take_discounts=True,
    )
    assert late.discounts == ()
    assert opened(shop)["D"] == 2_000
    assert shop.book.customer(shop.account, TODAY).discounts == ()


def test_what_cannot_be_recorded_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidEntry, match="more than nothing"):
        shop.book.add_payment(shop.account, TODAY, 0)
    with pytest.raises(NotFound):
        shop.book.add_payment(999, TODAY, 1)
    with pytest.raises(NotFound):
        shop.book.balance_as_of(999, TODAY)


def test_the_screen_and_the_ledger_say_the_same(shop: Shop) -> None:
    shop.book.put_invoices([invoice("7", JULY, 77_777, 70_000, disputed=500)], WEDNESDAY)
    shop.book.add_payment(shop.account, TODAY, 12_345)
    view, aging = shop.book.account(shop.account, WEDNESDAY), shop.book.aging_as_of(shop.account, TODAY)
    assert view.balance.minor == aging.figures.balance_minor == 842_000 + 70_000 - 12_345
    assert view.past_due.minor == aging.figures.past_due_minor
    assert view.disputed.minor == aging.figures.disputed_minor == 500


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
def test_whatever_happens_every_figure_ties_out(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    book, number = shop.book, f"A-{chance.randrange(10**9)}"
    account = put_account(book, number, "Random Co", amount=chance.randrange(1, 10**6))
    disputes: list[int] = []
    payments: list[int] = []
    received = 0
    for step in range(8):
        day = JULY + timedelta(days=chance.randrange(120))
        minor = chance.randrange(1, 400_000)
        try:
            match chance.randrange(6):
                case 0:
                    due = day + timedelta(days=30)
                    left = chance.randrange(0, minor + 1)
                    book.put_invoices(
                        [InvoiceEntry(number, f"{number}/{step}", day, due, minor, left, left // 3)],
                        WEDNESDAY,
                    )
                case 1 | 2:
                    payments.append(book.record_payment(account, day, minor, WEDNESDAY).entry_id)
                    received += minor
                case 3:
                    book.record_credit(account, day, minor, "x", shop.morgan, WEDNESDAY)
                    received += minor
                case 4:
                    some = chance.choice(book.account(account, WEDNESDAY).invoices or (None,))
                    if some is not None:
                        disputes.append(
                            book.open_dispute(
                                account, some.number, min(minor, some.open.minor), Reason.PRICE, day,
                                shop.dana, WEDNESDAY,
                            )
                        )  # fmt: skip
                case 5 if disputes:
                    how = chance.choice((Resolution.PROOF, Resolution.CREDIT))
                    book.resolve_dispute(disputes.pop(), how, "x", TODAY, shop.morgan, WEDNESDAY)
                case _:
                    pass
        except InvalidEntry:
            continue
    assert book.tie_out() == ()
    ledger = book.ledger(account)
    applied = sum(-line.amount_minor for line in ledger.lines if line.kind in (LineKind.PAYMENT,))
    kept = -sum(f.amount_minor for f in ledger.funds)
    credited = sum(-line.amount_minor for line in ledger.lines if line.kind is LineKind.CREDIT)
    resolved = sum(-f.amount_minor for f in ledger.funds if f.kind is LineKind.CREDIT)
    paid_in = sum(-f.amount_minor for f in ledger.funds if f.kind is LineKind.PAYMENT)
    assert applied + credited + kept == resolved + paid_in
    assert paid_in + resolved >= received
