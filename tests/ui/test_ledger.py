"""The ledger on the account, page by page, beside the call."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.conftest import Opened
from tests.ui.fakes import FakeDesk
from tests.ui.ledger_views import dispute, ledger
from workstation.ui.wrap import Stage


async def test_one_key_shows_the_ledger_and_esc_the_conversation_again(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "v")
        assert "▸OWED" in s.grid
        assert "AGING" in s.grid
        assert "CONVERSATION" not in s.grid
        await s.keys("right")
        assert "✗ breached" in s.grid
        await s.keys("left", "left")
        assert "▸GATE" in s.grid
        await s.keys("left")
        assert "▸HISTORY" in s.grid
        await s.keys("escape")
        assert "CONVERSATION" in s.grid
        assert "▸HISTORY" not in s.grid
        await s.keys("v")
        assert "▸HISTORY" in s.grid, "the page stays open while the account does"
        await s.keys("escape", "escape", "down", "enter", "v")
        assert "▸OWED" in s.grid, "another account begins at the first page"


async def test_the_ledger_during_a_call_leaves_script_and_line_alone(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("v")
        assert "AGING" in s.grid
        assert "SAY NEXT" in s.grid
        assert "● TALK" in s.grid
        await s.keys("2")
        assert "AGING" in s.grid
        assert "already paid" in s.line("▸ "), "digits still choose answers"
        await s.keys("enter")
        assert s.app.cockpit.say.excuse, "Enter still says the line"
        await s.keys("f5")
        assert s.stage() is Stage.CHOOSE


async def test_up_and_down_scroll_the_ledger_where_the_script_is_out_of_sight(opened: Opened) -> None:
    async with opened(80, 24) as s:
        await s.keys("enter", "v")
        assert "more · PgDn" in s.grid
        await s.keys("down")
        assert s.app.cockpit.pages.top == 1
        assert s.app.cockpit.say.cursor == 0
        await s.keys("pagedown", "end")
        assert "↑" in s.grid
        assert "more · PgDn" not in s.grid
        await s.keys("pageup", "pageup", "pageup")
        assert s.app.cockpit.pages.top == 0


async def test_every_promise_dispute_and_stage_says_where_it_stands_in_words(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "v", "right")
        for word in (
            "in grace",
            "grace until Thu 19 Nov",
            "in part",
            "kept",
            "breached 20 Oct",
            "1,500.00 missing",
        ):
            assert word in s.grid
        await s.keys("right")
        for word in ("2,310.00 held", "answer by Fri 20 Nov (in 2 d)", "owner Dana Whitfield", "by proof"):
            assert word in s.grid
        await s.keys("right")
        for word in ("✓ delivered 10 Sep", "missing: a conversation", "rests: 2,310.00 USD is disputed"):
            assert word in s.grid
        assert "confirmed as received by M. Osei" in s.grid


async def test_an_overdue_answer_to_a_dispute_says_so(opened: Opened) -> None:
    desk = FakeDesk()
    found = ledger(desk.accounts[1])
    late = replace(found.customer, disputes=(dispute(overdue=True),))
    desk.ledgers[1] = replace(found, customer=late)
    async with opened(desk=desk) as s:
        await s.keys("enter", "v", "right", "right")
        assert "✗ answer by Mon 16 Nov: 2 d overdue" in s.grid
