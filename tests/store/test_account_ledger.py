"""The account's ledger view and the callbacks, on both databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tests.fixtures.book import WEDNESDAY, Shop, put_account
from workstation.desk.account_ledger import Whose
from workstation.desk.aging import Bucket
from workstation.desk.book import NotFound
from workstation.desk.customer import Relation
from workstation.desk.dispute import Reason
from workstation.desk.money import Money
from workstation.desk.plan import PlanState, build
from workstation.desk.queue import CALLBACK_OPENS
from workstation.store.stages import run_stages
from workstation.store.stages_acts import confirm_delivery
from workstation.store.tables import Callback, Promise

TODAY = WEDNESDAY.date()


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_one_reading_says_all_that_is_owed_agreed_and_contested(shop: Shop) -> None:
    book, account = shop.book, shop.account
    book.record_payment(
        account, TODAY - timedelta(days=3), 42_000, WEDNESDAY, method="check", user_id=shop.dana
    )
    book.open_dispute(
        account, "IA-1", 100_000, Reason.PRICE, TODAY, shop.dana, WEDNESDAY, detail="two pallets"
    )
    plan = build(usd(700_000), TODAY, count=2)
    book.make_plan(account, "Jordan Reyes", "card", plan, TODAY, shop.dana, WEDNESDAY)
    book.offer_settlement(account, 690_000, TODAY + timedelta(days=5), TODAY, shop.dana, WEDNESDAY)
    other = put_account(book, "A-2", "Harlow Holdings")
    book.link_accounts(account, other, Relation.PARENT)
    with book.database.write() as session:
        session.add(
            Promise(
                account_id=account,
                who="Jordan Reyes",
                amount_minor=50_000,
                due=TODAY - timedelta(days=1),
                method="check",
                made_at=WEDNESDAY - timedelta(days=6),
            )
        )
    found = book.account_ledger(account, WEDNESDAY)
    assert found.today == TODAY
    assert found.aging.by_bucket[Bucket.DAYS_31_60] == 800_000
    assert found.aging.disputed_minor == 100_000
    (item,) = found.items
    assert (item.number, item.open, item.disputed) == ("IA-1", usd(800_000), usd(100_000))
    assert [(line.text, line.amount_minor) for line in item.lines] == [("check", -42_000)]
    (promise,) = found.promises
    assert promise.promise.state == "open", "Tuesday's promise has two business days of grace"
    assert promise.last_day == TODAY + timedelta(days=1)
    assert promise.received == usd(42_000)
    around = found.customer
    assert [d.detail for d in around.disputes] == ["two pallets"]
    assert [p.state for p in around.plans] == [PlanState.ON_TRACK]
    assert [o.amount for o in around.offers] == [usd(690_000)]
    assert [r.name for r in around.related] == ["Harlow Holdings"]
    assert [c.role for c in around.contacts] == ["accounts payable", "owner"]
    assert found.unapplied == usd(0)


def test_unapplied_money_is_said_as_what_we_hold(shop: Shop) -> None:
    shop.book.record_payment(shop.account, TODAY, 1_000_000, WEDNESDAY, user_id=shop.dana)
    found = shop.book.account_ledger(shop.account, WEDNESDAY)
    assert found.unapplied == usd(158_000)
    assert found.items == ()


def test_the_stage_says_what_is_done_and_what_is_missing(shop: Shop) -> None:
    book = shop.book
    assert book.account_ledger(shop.account, WEDNESDAY).stages == (), "nothing before the first run"
    run_stages(book, TODAY, WEDNESDAY)
    invoice_id = book.account(shop.account, WEDNESDAY).invoices[0].invoice_id
    (before,) = book.account_ledger(shop.account, WEDNESDAY).stages
    assert before.missing
    confirm_delivery(book, invoice_id, "Jordan Reyes", TODAY, shop.dana, WEDNESDAY)
    found = book.account_ledger(shop.account, WEDNESDAY)
    (line,) = found.stages
    assert ("delivered", TODAY) in line.done
    assert line.invoice == "IA-1"
    assert "confirmed as received by Jordan Reyes" in found.story[-1]
    assert found.treatment is not None
    assert found.treatment.last_run_on == TODAY


def test_an_account_that_is_not_there_is_said(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no account 999"):
        shop.book.account_ledger(999, WEDNESDAY)


# ---- callbacks ---------------------------------------------------------------------------------------


def ask(
    shop: Shop, account: int, due: datetime, user_id: int | None, by: str = "", *, done: bool = False
) -> None:
    with shop.book.database.write() as session:
        session.add(
            Callback(
                account_id=account,
                due_at=due,
                user_id=user_id,
                asked_by=by,
                created_at=WEDNESDAY,
                done_at=WEDNESDAY if done else None,
            )
        )


def test_callbacks_are_ones_own_and_the_pools_due_first(shop: Shop) -> None:
    soon, hour = timedelta(minutes=10), timedelta(hours=1)
    accounts = [put_account(shop.book, f"A-{n}", f"Firm {n}") for n in range(3, 8)]
    ask(shop, accounts[0], WEDNESDAY + hour, shop.dana, "M. Osei")
    ask(shop, accounts[1], WEDNESDAY - soon, None)
    ask(shop, accounts[2], WEDNESDAY - soon, shop.sam)
    ask(shop, accounts[3], WEDNESDAY - CALLBACK_OPENS - soon, shop.sam)
    ask(shop, accounts[4], WEDNESDAY - hour, shop.dana, done=True)
    book = shop.book

    def numbers(whose: Whose) -> list[str]:
        page = book.callbacks(shop.dana, WEDNESDAY, 0, 10, whose=whose)
        assert page.total == len(page.rows)
        return [row.account.number for row in page.rows]

    assert numbers(Whose.ALL) == ["A-6", "A-4", "A-3"], "another's is not ours before it opens to all"
    assert numbers(Whose.MINE) == ["A-3"]
    assert numbers(Whose.POOL) == ["A-6", "A-4"]
    first, second, third = book.callbacks(shop.dana, WEDNESDAY, 0, 10).rows
    assert (first.owner, first.mine) == ("Sam Tester", False)
    assert (second.owner, second.mine) == ("", False)
    assert (third.asked_by, third.mine) == ("M. Osei", True)
    assert book.callbacks(shop.dana, WEDNESDAY, 0, 10).overdue == 2
    assert book.callbacks(shop.sam, WEDNESDAY, 0, 10, whose=Whose.MINE).total == 2


def test_callbacks_come_in_windows_with_the_gates_word_beside_them(shop: Shop) -> None:
    accounts = [put_account(shop.book, f"A-{n}", f"Firm {n}") for n in range(10, 16)]
    for n, account in enumerate(accounts):
        ask(shop, account, WEDNESDAY + timedelta(minutes=n), None)
    page = shop.book.callbacks(shop.dana, WEDNESDAY, 4, 10)
    assert page.total == 6
    assert [row.account.name for row in page.rows] == ["Firm 14", "Firm 15"]
    assert all(row.account.callable for row in page.rows)
    night = shop.book.callbacks(shop.dana, WEDNESDAY + timedelta(hours=9), 0, 1)
    (row,) = night.rows
    assert not row.account.callable
    assert row.account.retry_at is not None, "the next eligible time stands beside it"


def test_a_payment_link_stands_in_the_history_once(shop: Shop) -> None:
    from workstation.store.post_links import PaymentLinks

    links = PaymentLinks(shop.book)
    invoice = shop.book.account(shop.account, WEDNESDAY).invoices[0]
    reserved = links.reserve(invoice.invoice_id, "bank", WEDNESDAY)
    history = shop.book.account(shop.account, WEDNESDAY).history
    assert not [line for line in history if line.kind == "link"], "not before the provider gave it"
    links.given(reserved.reference, "https://pay.example/x", "")
    history = shop.book.account(shop.account, WEDNESDAY).history
    assert [line.text for line in history if line.kind == "link"] == ["payment link for IA-1 8,420.00"]


def test_days_are_the_accounts_own(shop: Shop) -> None:
    late = datetime(2026, 11, 19, 3, tzinfo=WEDNESDAY.tzinfo)
    assert shop.book.account_ledger(shop.account, late).today == date(2026, 11, 18), "still Wednesday there"
