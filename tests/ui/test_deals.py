"""What is done on the account in keys: payments, disputes, plans, settlements."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.ui.conftest import Opened, Story
from tests.ui.fake_call import CALL
from tests.ui.fakes import MORGAN, FakeDesk
from tests.ui.ledger_views import dispute, ledger
from tests.ui.views import account
from workstation.desk.book import BookUnavailable, InvalidEntry
from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.views import SignedInUser
from workstation.ui.wrap import Stage


def deed(s: Story) -> tuple[str, dict[str, object]]:
    (found,) = s.desk.done
    return found


# -- payments --------------------------------------------------------------------------------------------


async def test_a_payment_is_entered_and_stands_in_history_and_message(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "p", *"1,000", "enter")
        name, given = deed(s)
        assert name == "payment"
        assert (given["minor"], given["method"], given["directed"]) == (100_000, "bank transfer", None)
        assert (given["on"], given["user_id"]) == (date(2026, 11, 18), 7)
        assert s.message == "Payment of 1,000.00 USD recorded: 7731 1,000.00."
        assert "1,000.00 USD received by bank" in s.grid, "the history has it"
        assert s.app.cockpit.form is None


async def test_a_payment_for_one_invoice_by_check_of_yesterday(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "p", *"1000", "tab", "ctrl+u", *"che", "tab", *"#1182", "tab", *"7802")
        await s.keys("tab", "ctrl+u", *"yesterday")
        assert "as directed  7802 1,000.00" in s.grid
        await s.keys("enter")
        _, given = deed(s)
        assert given["directed"] == {"7802": 100_000}
        assert (given["method"], given["reference"]) == ("check", "#1182")
        assert given["on"] == date(2026, 11, 17)
        assert given["discounts"] is False


async def test_money_that_settles_an_invoice_in_its_window_takes_the_discount(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "p", *"3274", "tab", "tab", "tab", *"7802")
        assert "early-payment discount 146.00 is given with it" in s.grid
        await s.keys("enter")
        _, given = deed(s)
        assert given["discounts"] is True
        assert given["directed"] == {"7802": 327_400}


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("enter",), "amount: how much came in?"),
        ((*"lots", "enter"), "amount: 'lots' is not an amount"),
        ((*"5", "tab", "ctrl+u", *"barter", "enter"), "by: how was it paid?"),
        ((*"5", "tab", "tab", "tab", *"9999", "enter"), "invoice: which one? 7731, 7802"),
        ((*"5", "shift+tab", "ctrl+u", *"+3", "enter"), "day: '+3' is not a day"),
        ((*"5", "shift+tab", "ctrl+u", *"2027-01-01", "enter"), "is still to come"),
    ],
)
async def test_a_payment_that_cannot_be_read_says_which_field(
    opened: Opened, keys: tuple[str, ...], says: str
) -> None:
    async with opened() as s:
        await s.keys("enter", "p", *keys)
        assert says in s.message
        assert s.app.cockpit.form is not None, "what was typed is kept"
        assert not s.desk.done


async def test_what_the_book_refuses_keeps_the_form_and_speaks_on_the_message_line(opened: Opened) -> None:
    async with opened() as s:
        s.desk.refuse_deed = InvalidEntry("invoice 7731: nothing of it is open")
        await s.keys("enter", "p", *"5", "enter")
        assert s.message == "Not saved: invoice 7731: nothing of it is open"
        assert s.app.cockpit.form is not None
        s.desk.refuse_deed = BookUnavailable("the book is locked; try again")
        await s.keys("enter")
        assert "the book is locked" in s.message
        s.desk.refuse_deed = None
        await s.keys("enter")
        assert [name for name, _ in s.desk.done] == ["payment"]


async def test_a_payment_typed_ahead_of_the_book_is_entered_once(opened: Opened) -> None:
    """Push first, load second: the account, the form, its fields and Enter, all before the book answers."""
    async with opened() as s:
        s.desk.gate.clear()
        burst = asyncio.create_task(s.keys("enter", "p", *"250", "enter", "enter"))
        await asyncio.sleep(0.1)
        assert not s.desk.done
        s.desk.gate.set()
        await burst
        _, given = deed(s)
        assert given["minor"] == 25_000


async def test_esc_leaves_a_form_and_saves_nothing(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "v", "p", *"250", "escape")
        assert s.app.cockpit.form is None
        assert "AGING" in s.grid, "the ledger is where it was"
        assert not s.desk.done
        await s.keys("p")
        assert s.app.cockpit.form_panel.inputs[0].value == "", "the next form is a new one"


async def test_f2_picks_for_the_field_in_use(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "p", *"5", "tab", "f2", *"card", "enter")
        assert s.app.cockpit.form_panel.inputs[1].value == "card"
        await s.keys("tab", "f2", "down", "enter")
        assert s.app.cockpit.form_panel.inputs[3].value == "7802"
        await s.keys("shift+tab", "shift+tab", "f2")
        assert "nothing to pick from" in s.message


async def test_a_form_stays_when_the_call_ends_under_it(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("p", *"25")
        s.client.state_of("ended", outcome="answered", detail="cause 16")
        await s.idle()
        await s.keys("0", "enter")
        _, given = deed(s)
        assert given["minor"] == 25_000
        assert s.stage() is Stage.CHOOSE, "wrap-up was waiting beneath"
        assert "1 promise" in s.grid


# -- disputes --------------------------------------------------------------------------------------------


async def test_a_dispute_on_part_of_an_invoice(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "d", "ctrl+u", *"7802", "tab", "ctrl+u", *"231", "tab", *"qual")
        await s.keys("tab", *"ours", "tab", *"one crate was wet")
        assert "within 5 business days" in s.grid
        await s.keys("enter")
        name, given = deed(s)
        assert name == "dispute"
        assert (given["invoice"], given["minor"]) == ("7802", 23_100)
        assert (given["reason"], given["cause"]) == (Reason.QUALITY, Cause.OURS)
        assert given["detail"] == "one crate was wet"
        assert "Dispute opened: 231.00 USD of 7802 held" in s.message
        assert "disputes 7802, quality" in s.grid


async def test_more_than_is_open_cannot_be_disputed(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "d", "tab", "ctrl+u", *"9000", "tab", *"price", "enter")
        assert "amount: 5,000.00 USD of 7731 is open and not disputed yet" in s.message
        assert not s.desk.done


async def test_a_dispute_ends_by_proof_with_an_answer(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "r", *"proof", "enter")
        assert "answer: say what proves it" in s.message
        await s.keys("tab", *"signed delivery note", "enter")
        _, given = deed(s)
        assert (given["dispute_id"], given["resolution"]) == (1, Resolution.PROOF)
        assert given["minor"] is None


async def test_a_credit_takes_a_supervisor(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "r", *"credit", "tab", *"wrong price", "enter")
        assert "a credit takes a supervisor" in s.message
        assert not s.desk.done
    async with opened(user=MORGAN) as s:
        s.app.show_queue()  # a supervisor begins on the floor
        await s.idle()
        await s.keys("enter", "r", *"credit", "tab", *"wrong price", "tab", "ctrl+u", *"1000", "enter")
        _, given = deed(s)
        assert (given["resolution"], given["minor"]) == (Resolution.CREDIT, 100_000)
        assert "1,000.00 USD credited" in s.message


async def test_several_disputes_are_asked_about_and_none_says_so(opened: Opened) -> None:
    desk = FakeDesk()
    found = ledger(desk.accounts[1])
    two = replace(found.customer, disputes=(dispute(4), dispute(5, invoice="7731")))
    desk.ledgers[1] = replace(found, customer=two)
    none = replace(found.customer, disputes=())
    desk.ledgers[2] = replace(ledger(desk.accounts[2]), customer=none)
    async with opened(desk=desk) as s:
        await s.keys("enter", "r", "down", "enter", *"withdrawn", "tab", *"by M. Osei", "enter")
        _, given = deed(s)
        assert (given["dispute_id"], given["resolution"]) == (5, Resolution.WITHDRAWN)
        await s.keys("escape", "down", "enter", "r")
        assert s.message == "No dispute is open on this account."


# -- plans and settlements -------------------------------------------------------------------------------


async def test_a_plan_from_a_number_of_payments_shows_every_date_first(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "i", *"3", "tab", "tab", "ctrl+u", *"1 dec")
        for text in ("1 Dec 26", "1 Jan 27", "1 Feb 27", "2,806.66", "the last 2,806.68"):
            assert text in s.grid
        await s.keys("enter")
        _, given = deed(s)
        dues = given["instalments"]
        assert isinstance(dues, tuple)
        assert [d.on for d in dues] == [date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]
        assert sum(d.amount.minor for d in dues) == 842_000
        assert given["who"] == "Jordan Reyes"
        assert "Plan saved: 3 payments" in s.message


async def test_a_plan_from_what_is_affordable_in_a_call(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("i", "tab", *"2000", "tab", "tab", "ctrl+u", *"two", "enter")
        _, given = deed(s)
        dues = given["instalments"]
        assert isinstance(dues, tuple)
        assert [d.amount.minor for d in dues] == [200_000, 200_000, 200_000, 200_000, 42_000]
        assert dues[1].on - dues[0].on == timedelta(days=14)
        assert given["call_id"] == CALL


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("enter",), "payments: write how many, or in the next field"),
        ((*"3", "tab", *"500", "enter"), "payments: write how many, or in the next field"),
        ((*"99", "enter"), "payments: '99' is not a number from 1 to 60"),
        (("tab", *"1", "enter"), "at least"),
    ],
)
async def test_a_plan_that_cannot_be_built_says_what_to_change(
    opened: Opened, keys: tuple[str, ...], says: str
) -> None:
    async with opened() as s:
        await s.keys("enter", "i", *keys)
        assert says in s.message
        assert not s.desk.done


async def test_a_settlement_stays_within_the_users_authority(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "s", *"80%")
        assert "your authority: from 95%" in s.grid
        await s.keys("enter")
        assert "a higher authority must approve" in s.message
        await s.keys("ctrl+u", *"96%", "enter")
        _, given = deed(s)
        assert (given["minor"], given["until"]) == (808_320, date(2026, 11, 25))
    async with opened(user=MORGAN) as s:
        s.app.show_queue()  # a supervisor begins on the floor
        await s.idle()
        await s.keys("enter", "s", *"80%", "enter")
        _, given = deed(s)
        assert given["minor"] == 673_600


def test_a_manager_who_may_not_settle_is_told() -> None:
    from workstation.ui import entry
    from workstation.ui.forms.base import Standing
    from workstation.ui.forms.settlement import SettlementForm

    auditor = SignedInUser(3, "kim", "Kim Imai", "compliance", "")
    form = SettlementForm(Standing(FakeDesk(), account(1), auditor, date(2026, 11, 18), "Jordan Reyes"))
    form.values["amount"], form.values["until"] = "8000", "fri"
    with pytest.raises(entry.EntryError, match="may not settle"):
        form.work()
