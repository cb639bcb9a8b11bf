"""Letters, mails and payment links from the account, in keys."""

from __future__ import annotations

from datetime import date

from compliance.contact import Check, CheckVerdict, Refused
from tests.ui.conftest import Opened
from tests.ui.fake_letters import FakeLetters
from tests.ui.fakes import NOW, FakeDesk
from tests.ui.views import account
from workstation.desk.book import InvalidEntry


async def test_an_email_in_three_keys(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "e", "enter")
        assert "Dear Jordan Reyes," in s.grid
        assert "7802     1 Nov 2026" in s.grid, "tables keep their columns"
        assert not s.letters.queued, "looking queues nothing"
        await s.keys("enter")
        assert s.letters.queued == [("inquiry", 1, 100, None)]
        assert "queued for jordan@harlow.example" in s.message
        assert "CONVERSATION" in s.grid


async def test_an_email_in_a_call_goes_to_who_is_on_the_line(opened: Opened) -> None:
    async with opened(desk=FakeDesk([account(1, phones=2)])) as s:
        await s.keys("enter", "f4", "down", "enter")
        s.client.state_of("talking")
        await s.idle()
        await s.keys("e", *"confirm", "enter", "enter")
        assert s.letters.queued == [("promise", 1, 101, None)]


async def test_an_email_may_go_to_another_contact(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "e", "enter", "f2", *"priya", "enter")
        assert s.letters.previewed == [("inquiry", 100), ("inquiry", 101)]
        await s.keys("enter")
        assert s.letters.queued == [("inquiry", 1, 101, None)]
        await s.keys("e", "enter", "enter")
        assert s.letters.queued[-1] == ("inquiry", 1, 100, None), "the next one goes where it usually does"


async def test_a_refusal_of_the_gate_names_its_rule_and_the_letter_stays(opened: Opened) -> None:
    letters = FakeLetters()
    check = Check(
        "cease", "2021-11-30", "15 USC 1692c(c)", CheckVerdict.REFUSE, "asked to stop on 9 Mar", {}, None
    )
    letters.refusal = Refused(NOW, (check,), (check,), None, "x")
    async with opened(letters=letters) as s:
        await s.keys("enter", "e", "enter", "enter")
        assert s.message.startswith("E-MAIL NOT PERMITTED: asked to stop on 9 Mar · 15 USC 1692c(c)")
        assert "ask a supervisor" in s.message
        assert "Dear Jordan Reyes," in s.grid
        await s.keys("escape")
        assert "CONVERSATION" in s.grid


async def test_a_letter_without_an_address_asks_for_it_and_then_goes(opened: Opened) -> None:
    letters = FakeLetters()
    letters.flaws = ("no postal address is known: enter one",)
    async with opened(letters=letters) as s:
        await s.keys("enter", "l", "enter", "enter")
        assert "no postal address" in s.message
        assert not letters.queued
        await s.keys("tab", *"12 Mill Lane", "tab", "tab", *"Peoria IL 61602", "enter")
        assert letters.addresses == [(100, ("12 Mill Lane", "Peoria IL 61602"))]
        assert "Dear Jordan Reyes," in s.grid
        await s.keys("enter")
        assert letters.queued == [("statement", 1, 100, None)]


async def test_a_final_demand_asks_for_its_day_first(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "l", *"demand", "enter", "ctrl+u", *"today", "enter")
        assert "must be after today" in s.message
        await s.keys("ctrl+u", *"27 nov", "enter", "enter")
        assert s.letters.queued == [("final-demand", 1, 100, date(2026, 11, 27))]


async def test_what_a_letter_must_name_and_cannot_is_said(opened: Opened) -> None:
    letters = FakeLetters()
    letters.wrong = InvalidEntry("Confirmation of a promise needs open_promise_date, which is empty here")
    async with opened(letters=letters) as s:
        await s.keys("enter", "e", "down", "enter")
        assert "needs open_promise_date" in s.message
        assert "CONVERSATION" in s.grid


async def test_a_payment_link_is_read_out(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "y", "down", "enter")
        assert "https://pay.bank.example/DL-7KQ2?invoice=7802" in s.message
    letters = FakeLetters()
    letters.wrong = InvalidEntry("no payment page is set up: name its file as pay_page under [post]")
    async with opened(letters=letters) as s:
        await s.keys("enter", "y", "enter")
        assert "no payment page is set up" in s.message


async def test_without_letters_the_keys_say_so(opened: Opened) -> None:
    async with opened() as s:
        s.app.letters = None
        await s.keys("enter", "e")
        assert s.message == "No letters are set up here."
