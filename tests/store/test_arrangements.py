"""Finance charges, plans, settlements and the customer in the round, on a real book."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fixtures.book import WEDNESDAY, Shop, put_account
from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.charges import Basis
from workstation.desk.customer import AuthorRole, OfferState, Relation
from workstation.desk.dispute import Reason, Resolution
from workstation.desk.money import Money
from workstation.desk.plan import PlanState, build
from workstation.store.book import SqlBook

TODAY = WEDNESDAY.date()
DUE = TODAY - timedelta(days=41)
"""Of the shop's one invoice, IA-1 of 8,420.00."""

BASIS = Basis("terms of sale 2025, clause 7", 1_825, TODAY - timedelta(days=365))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# ---- finance charges --------------------------------------------------------------------------------


def test_no_basis_no_charge(shop: Shop) -> None:
    assert shop.book.assess_finance_charges(TODAY, WEDNESDAY) == ()
    assert shop.book.assess_finance_charges(TODAY, WEDNESDAY, shop.account) == ()


def test_a_charge_is_an_item_of_its_own_and_is_made_once(shop: Shop) -> None:
    shop.book.record_charge_basis(shop.account, BASIS, shop.morgan, WEDNESDAY)
    [charge] = shop.book.assess_finance_charges(TODAY, WEDNESDAY)
    assert charge.amount.minor == 842_000 * 41 * 1_825 // 3_650_000
    assert (charge.on_invoice, charge.number) == ("IA-1", "FC-IA-1-1")
    assert shop.book.assess_finance_charges(TODAY, WEDNESDAY) == ()
    balance = shop.book.balance_as_of(shop.account, TODAY)
    assert balance.amount.minor == 842_000 + charge.amount.minor
    assert [line.text for line in balance.lines] == ["IA-1", "FC-IA-1-1"]
    [more] = shop.book.assess_finance_charges(TODAY + timedelta(days=10), WEDNESDAY)
    assert more.amount.minor == 842_000 * 51 * 1_825 // 3_650_000 - charge.amount.minor
    assert shop.book.tie_out() == ()


def test_a_charge_survives_the_payment_of_the_principal(shop: Shop) -> None:
    shop.book.record_charge_basis(shop.account, BASIS, shop.morgan, WEDNESDAY)
    shop.book.add_payment(shop.account, TODAY, 842_000)
    [charge] = shop.book.assess_finance_charges(TODAY + timedelta(days=30), WEDNESDAY)
    assert charge.amount.minor == 842_000 * 40 * 1_825 // 3_650_000
    assert shop.book.account(shop.account, WEDNESDAY).balance == charge.amount


def test_what_is_disputed_bears_no_charge_while_it_is(shop: Shop) -> None:
    shop.book.record_charge_basis(shop.account, BASIS, shop.morgan, WEDNESDAY)
    opened = DUE + timedelta(days=11)
    dispute = shop.book.open_dispute(shop.account, "IA-1", None, Reason.PRICE, opened, shop.dana, WEDNESDAY)
    shop.book.resolve_dispute(
        dispute, Resolution.PROOF, "order", opened + timedelta(days=20), shop.dana, WEDNESDAY
    )
    [charge] = shop.book.assess_finance_charges(TODAY, WEDNESDAY)
    assert charge.amount.minor == 842_000 * 21 * 1_825 // 3_650_000
    assert [span.days for span in charge.accrued.spans] == [10, 11]


def test_a_basis_names_its_contract_and_does_not_overlap(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        shop.book.record_charge_basis(shop.account, BASIS, shop.dana, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="document and clause"):
        shop.book.record_charge_basis(shop.account, replace(BASIS, contract=" "), shop.morgan, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="more than nothing"):
        shop.book.record_charge_basis(shop.account, replace(BASIS, rate_bp=0), shop.morgan, WEDNESDAY)
    shop.book.record_charge_basis(shop.account, BASIS, shop.morgan, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="covers some of these days"):
        shop.book.record_charge_basis(shop.account, BASIS, shop.morgan, WEDNESDAY)


# ---- plans ------------------------------------------------------------------------------------------


def plan_state(book: SqlBook, account: int, days: int) -> PlanState:
    return book.customer(account, TODAY + timedelta(days=days)).plans[0].state


def test_a_plan_is_held_against_the_money(shop: Shop) -> None:
    dues = build(usd(842_000), TODAY + timedelta(days=2), count=3, first_payment=usd(200_000))
    shop.book.make_plan(shop.account, "Jordan Reyes", "check", dues, TODAY, shop.dana, WEDNESDAY)
    assert plan_state(shop.book, shop.account, 0) is PlanState.ON_TRACK
    assert plan_state(shop.book, shop.account, 3) is PlanState.IN_GRACE
    assert plan_state(shop.book, shop.account, 7) is PlanState.BREACHED
    shop.book.add_payment(shop.account, TODAY + timedelta(days=1), 200_000)
    [line] = shop.book.customer(shop.account, TODAY + timedelta(days=7)).plans
    assert (line.state, line.paid.minor) == (PlanState.ON_TRACK, 200_000)
    assert line.next_due == dues[1]


def test_a_new_plan_takes_the_place_of_the_old(shop: Shop) -> None:
    dues = build(usd(100_000), TODAY, count=2)
    first = shop.book.make_plan(shop.account, "Jordan", "check", dues, TODAY, shop.dana, WEDNESDAY)
    second = shop.book.make_plan(shop.account, "Jordan", "check", dues, TODAY, shop.dana, WEDNESDAY)
    states = {p.plan_id: p.state for p in shop.book.customer(shop.account, TODAY).plans}
    assert states == {first: PlanState.ENDED, second: PlanState.ON_TRACK}
    shop.book.end_plan(second, "paid by the parent", TODAY, shop.dana, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="paid by the parent"):
        shop.book.end_plan(second, "again", TODAY, shop.dana, WEDNESDAY)


def test_a_plan_pays_no_more_than_is_owed_and_undisputed(shop: Shop) -> None:
    shop.book.open_dispute(shop.account, "IA-1", 42_000, Reason.PRICE, TODAY, shop.dana, WEDNESDAY)
    for dues, who, says in (
        (build(usd(800_001), TODAY, count=2), "J", r"8,000.00 USD is open and undisputed"),
        (build(usd(800), TODAY - timedelta(days=1), count=2), "J", "none of them past"),
        (build(Money(800, "EUR"), TODAY, count=2), "J", "in USD"),
        (build(usd(800), TODAY, count=2), " ", "who agreed"),
        ((), "J", "at least one"),
    ):
        with pytest.raises(InvalidEntry, match=says):
            shop.book.make_plan(shop.account, who, "check", dues, TODAY, shop.dana, WEDNESDAY)


# ---- settlements ------------------------------------------------------------------------------------


def test_a_settlement_paid_in_time_forgives_the_rest(shop: Shop) -> None:
    until = TODAY + timedelta(days=7)
    with pytest.raises(InvalidEntry, match="higher authority"):
        shop.book.offer_settlement(shop.account, 600_000, until, TODAY, shop.dana, WEDNESDAY)
    offer = shop.book.offer_settlement(
        shop.account, 600_000, until, TODAY, shop.dana, WEDNESDAY, approved_by=shop.morgan
    )
    [line] = shop.book.customer(shop.account, TODAY).offers
    assert (line.state, line.offered_by, line.approved_by) == (
        OfferState.OPEN, "Dana Tester", "Morgan Tester",
    )  # fmt: skip
    shop.book.add_payment(shop.account, TODAY, 599_999)
    with pytest.raises(InvalidEntry, match=r"0.01 USD of the settlement did not come in"):
        shop.book.close_settlement(offer, until, shop.dana, WEDNESDAY)
    shop.book.add_payment(shop.account, until, 1)
    assert shop.book.close_settlement(offer, until, shop.dana, WEDNESDAY).minor == 242_000
    assert shop.book.account(shop.account, WEDNESDAY).balance.minor == 0
    assert shop.book.customer(shop.account, until).offers[0].state is OfferState.SETTLED
    with pytest.raises(InvalidEntry, match="closed already"):
        shop.book.close_settlement(offer, until, shop.dana, WEDNESDAY)
    assert shop.book.tie_out() == ()
    assert shop.book.verify_audit().sound


def test_an_offer_expires_and_money_after_it_settles_nothing(shop: Shop) -> None:
    until = TODAY + timedelta(days=3)
    offer = shop.book.offer_settlement(shop.account, 800_000, until, TODAY, shop.dana, WEDNESDAY)
    late = until + timedelta(days=1)
    shop.book.add_payment(shop.account, late, 800_000)
    assert shop.book.customer(shop.account, late).offers[0].state is OfferState.EXPIRED
    with pytest.raises(InvalidEntry, match="did not come in"):
        shop.book.close_settlement(offer, late, shop.dana, WEDNESDAY)


def test_a_settlement_does_not_forgive_what_was_invoiced_after_it(shop: Shop) -> None:
    until = TODAY + timedelta(days=5)
    offer = shop.book.offer_settlement(shop.account, 800_000, until, TODAY, shop.dana, WEDNESDAY)
    again = shop.book.offer_settlement(shop.account, 810_000, until, TODAY, shop.dana, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="closed already"):
        shop.book.close_settlement(offer, TODAY, shop.dana, WEDNESDAY)
    shop.book.add_payment(shop.account, TODAY, 810_000)
    shop.book.close_settlement(again, TODAY, shop.dana, WEDNESDAY)
    assert shop.book.tie_out() == ()


# ---- the customer -----------------------------------------------------------------------------------


def test_the_customer_in_the_round(shop: Shop) -> None:
    other = put_account(shop.book, "A-2", "Harlow Holdings Inc", amount=5_000)
    shop.book.link_accounts(shop.account, other, Relation.PARENT)
    shop.book.link_accounts(shop.account, other, Relation.PARENT)
    shop.book.add_note(shop.account, "renewal in May, go gently", AuthorRole.SALES, shop.sam, WEDNESDAY)
    found = shop.book.customer(shop.account, TODAY)
    assert [(r.number, r.relation, r.balance.minor) for r in found.related] == [
        ("A-2", Relation.PARENT, 5_000)
    ]
    assert [r.relation for r in shop.book.customer(other, TODAY).related] == [Relation.CHILD]
    assert [(n.role, n.author, n.text) for n in found.notes] == [
        ("sales", "Sam Tester", "renewal in May, go gently")
    ]
    assert [(c.name, c.role) for c in found.contacts] == [
        ("Jordan Reyes", "accounts payable"), ("Ines Harlow", "owner"),
    ]  # fmt: skip
    assert (found.terms, found.terms_understood, found.credit.limit) == ("net 30", True, None)
    with pytest.raises(InvalidEntry, match="itself"):
        shop.book.link_accounts(other, other, Relation.SISTER)
    with pytest.raises(NotFound):
        shop.book.customer(999, TODAY)
