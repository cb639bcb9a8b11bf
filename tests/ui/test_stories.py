"""A collector's day in keys: whole calls, refusals, type-ahead, remapped keys."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL, in_a_talk
from tests.ui.fakes import NOW, FakeClient, FakeDesk
from tests.ui.views import account
from workstation.floor import messages as m
from workstation.ui.registry import KeymapError
from workstation.ui.wrap import Stage


async def test_a_whole_call_from_queue_to_the_next_account(opened: Opened) -> None:
    async with opened() as s:
        assert "HARLOW TOOL & DIE LLC" in s.line("▸")
        await s.keys("enter")
        assert "○ READY" in s.grid
        await s.keys("f4")
        placed = s.client.placed
        assert placed == m.PlaceCall(account_id=1, party_id=100, phone_id=10)
        assert m.Watch(call_id=CALL) in s.client.asked
        s.client.state_of("ringing")
        await s.idle()
        assert "RINGING" in s.grid
        in_a_talk(s.client)
        await s.idle()
        assert "● TALK 03:12" in s.grid
        assert "never got the invoice" in s.line("▸")
        assert "82% likely" in s.grid
        await s.keys("f5")
        assert s.stage() is Stage.CHOOSE
        assert "WRAP 00:45" in s.grid
        await s.keys("1", "enter")
        assert s.stage() is Stage.NOTE
        await s.keys("enter")
        (wrapped,) = s.desk.wrapped
        assert wrapped.disposition == "RPC_PROMISE"
        assert wrapped.promise is not None
        assert (wrapped.promise.amount.minor, wrapped.promise.due) == (500_000, date(2026, 11, 20))
        assert wrapped.promise.second == 184.0
        assert wrapped.note.startswith("Spoke with Jordan Reyes")
        assert "RPC_PROMISE saved, 5,000.00 USD" in s.message
        await s.keys("enter")
        assert "Meridian Packaging" in s.grid
        assert "○ READY" in s.grid


async def test_a_burst_typed_blind_does_what_it_does_typed_slowly(opened: Opened) -> None:
    """Keys run ahead of the book: take, dial, hang up, disposition, promise, save, next, dial again."""
    async with opened() as s:
        s.client.practice = False
        s.desk.gate.clear()
        burst = asyncio.create_task(s.keys("enter", "f4"))
        await asyncio.sleep(0.1)
        assert s.client.placed is None, "nothing is dialed before the account is on screen"
        s.desk.gate.set()
        await burst
        assert s.client.placed is not None
        in_a_talk(s.client)
        await s.idle()
        await s.keys("f5", "1", "enter", "enter", "enter", "f4")
        assert [w.disposition for w in s.desk.wrapped] == ["RPC_PROMISE"]
        assert s.client.placed.account_id == 2


async def test_letters_typed_ahead_land_in_the_screen_that_was_opened(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("slash", *"castell", "enter")
        assert "R. Castellano" in s.grid
        assert "SAY NEXT" in s.grid


async def test_an_edited_promise_and_an_edited_note_are_what_is_saved(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("f5", "1")
        amount = s.app.cockpit.panel.inputs["amount"]
        assert amount.value == "5,000.00"
        for field, text in (("amount", "4000"), ("day", "+9"), ("method", "card"), ("who", "J. Reyes")):
            await s.fill(field, *text)
        said = "4,000.00 USD  on Fri 27 Nov 2026, in 9 days  by card  from J. Reyes"
        await s.until(lambda: said in s.grid)
        await s.keys("enter")
        assert "Promise entered: 4,000.00 USD on Fri 27 Nov by card, J. Reyes." in s.app.cockpit.wrap.text()
        await s.keys("tab", *" Rang twice.", "ctrl+s")
        (wrapped,) = s.desk.wrapped
        assert wrapped.note.endswith("Rang twice.")
        assert wrapped.promise is not None
        assert (wrapped.promise.amount.minor, wrapped.promise.second) == (400_000, None)


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("amount", "lots", "amount: 'lots' is not an amount"),
        ("amount", "99999", "more than the balance"),
        ("day", "someday", "day: 'someday' is not a day"),
        ("day", "+60", "more than 14 days off"),
        ("method", "barter", "by: how will it be paid?"),
    ],
)
async def test_a_promise_that_cannot_be_kept_says_what_is_wrong(
    opened: Opened, field: str, text: str, says: str
) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("f5", "1")
        await s.fill(field, *text, "enter")
        assert says in s.message
        assert s.stage() is Stage.PROMISE
        assert not s.desk.wrapped


async def test_esc_leads_back_step_by_step_and_never_loses_a_call(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("escape", "escape")
        assert "A call is up" in s.message
        await s.keys("f5", "6")
        assert s.stage() is Stage.NOTE
        await s.keys("escape")
        assert s.stage() is Stage.CHOOSE
        await s.keys("escape")
        assert "not wrapped up" in s.message
        assert not s.desk.wrapped


async def test_saving_while_the_call_is_up_hangs_up_first(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("f9", "6", "enter")
        kinds = [type(c).__name__ for c in s.client.asked]
        assert kinds[-1] == "HangUp"
        assert [w.disposition for w in s.desk.wrapped] == ["RPC_REFUSED"]


async def test_what_the_book_refuses_is_said_and_nothing_advances(opened: Opened) -> None:
    async with opened() as s:
        s.desk.refuse_wrap = "promise: Fri 20 Nov is a holiday"
        await s.talk()
        await s.keys("f5", "1", "enter", "enter")
        assert s.message == "Not saved: promise: Fri 20 Nov is a holiday"
        assert s.stage() is Stage.NOTE


async def test_the_wrap_timer_runs_over_and_never_advances(opened: Opened) -> None:
    now = [NOW]
    async with opened(clock=lambda: now[0]) as s:
        await s.talk()
        await s.keys("f5")
        now[0] = NOW + timedelta(seconds=24)
        s.app.screen.tick()  # type: ignore[attr-defined]  # the cockpit's
        assert "WRAP 00:21" in s.grid
        now[0] = NOW + timedelta(seconds=55)
        s.app.screen.tick()  # type: ignore[attr-defined]  # the cockpit's
        assert "OVER 00:10" in s.grid
        assert s.stage() is Stage.CHOOSE
        assert not s.desk.wrapped


# -- refusals --------------------------------------------------------------------------------------------


async def test_a_number_the_gate_refuses_is_not_dialed_and_the_rule_is_named(opened: Opened) -> None:
    async with opened(desk=FakeDesk([account(1, ok=False)])) as s:
        await s.keys("enter", "f4")
        assert s.client.placed is None
        assert "CALL NOT PERMITTED: talked 16 Nov: seven days are not over" in s.message
        assert "12 CFR 1006.14(b)(2)(i)(B)" in s.message
        assert "next Tue 24 Nov 08:00 CST" in s.message


async def test_a_refusal_at_dial_time_speaks_on_the_message_line(opened: Opened) -> None:
    async with opened() as s:
        s.client.refusal = m.Reply(
            id=2, ok=False, refused=(m.RuleSaid("cease", "15 USC 1692c(c)", "asked to stop calling 9 Mar"),)
        )
        await s.keys("enter", "f4")
        assert "CALL NOT PERMITTED: asked to stop calling 9 Mar · 15 USC 1692c(c)" in s.message
        assert "ask a supervisor" in s.message
        assert s.app.cockpit.call is None
        assert "○ READY" in s.grid


async def test_several_numbers_are_asked_about(opened: Opened) -> None:
    async with opened(desk=FakeDesk([account(1, phones=2)])) as s:
        await s.keys("enter", "f4")
        assert s.client.placed is None
        await s.keys("down", "enter")
        assert s.client.placed == m.PlaceCall(account_id=1, party_id=101, phone_id=11)


async def test_an_account_another_collector_holds_stays_in_the_queue(opened: Opened) -> None:
    async with opened() as s:
        s.desk.held_by_other.add(1)
        await s.keys("enter", "f4")
        assert s.app.screen is s.app.queue
        assert s.message == "Sam Okafor works this account now"
        assert s.client.placed is None, "what was typed for the account must not land in the queue"


async def test_no_line_no_call(opened: Opened) -> None:
    client = FakeClient()
    client.connects = False
    async with opened(client=client) as s:
        assert "no switchboard answers" in s.message
        await s.keys("enter", "f4")
        assert "LINE DOWN: no call can be placed" in s.message
        assert "✗ LINE DOWN" in s.grid


# -- keys, threads, size ---------------------------------------------------------------------------------


async def test_remapped_keys_work_and_are_shown(opened: Opened) -> None:
    async with opened(keys={"call.dial": "f12x, ctrl+k", "wrap.save": "ctrl+s"}) as s:
        await s.keys("enter", "f4")
        assert s.client.placed is None
        await s.keys("ctrl+k")
        assert s.client.placed is not None


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"call.dail": "f12"}, "did you mean call.dial?"),
        ({"call.dial": "f5"}, "F5 is given to both"),
        ({"call.dial": " , "}, "has no key left"),
    ],
)
async def test_a_wrong_remap_is_named(opened: Opened, keys: dict[str, str], says: str) -> None:
    with pytest.raises(KeymapError, match="keys: ") as wrong:
        async with opened(keys=keys):
            pass
    assert says in str(wrong.value)


async def test_the_book_is_never_asked_from_the_screen_s_own_thread(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("f5", "1", "enter", "enter", "enter")
        assert "MainThread" not in s.desk.threads


async def test_a_book_in_trouble_says_so_and_the_screen_lives(opened: Opened) -> None:
    async with opened() as s:
        s.desk.account = lambda *_: 1 / 0  # type: ignore[assignment]  # as a broken disk would
        await s.keys("enter")
        assert "the book is in trouble: ZeroDivisionError" in s.message
        assert s.app.screen is s.app.queue


async def test_screens_are_used_again_and_hold_nothing_of_the_account_before(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("f5", "1", "enter", "enter", "enter")
        assert "Meridian" in s.grid
        for old in ("HARLOW", "billing at", "CAUGHT\nexcuse", "RPC_PROMISE"):
            assert old not in s.grid
        assert s.stage() is Stage.CLOSED


async def test_resizing_keeps_status_lamps_and_message_line(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        for width, height in ((80, 24), (100, 30), (132, 43), (80, 43), (132, 24), (80, 24)):
            await s.pilot.resize_terminal(width, height)
            await s.idle()
            grid = s.grid.splitlines()
            assert "● TALK" in grid[0]
            assert any("recording notice" in line for line in grid), (width, height)
            assert "F5 hang up" in grid[-1]


async def test_a_tick_redraws_one_line(opened: Opened) -> None:
    now = [NOW]
    async with opened(clock=lambda: now[0]) as s:
        await s.talk()
        dirty: list[str] = []
        for canvas in s.app.screen.query("Canvas"):
            canvas.refresh = lambda *r, _id=canvas.id, **_: dirty.append(_id or "?")  # type: ignore[method-assign,assignment]  # counting
        now[0] += timedelta(seconds=1)
        s.app.screen.tick()  # type: ignore[attr-defined]  # the cockpit's
        assert dirty == ["status"]


async def test_help_palette_and_theme(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("f1")
        assert "Take the account at the head of the queue." in s.grid
        await s.keys("escape", "ctrl+p", *"not callable", "enter")
        assert s.app.queue.list.cursor > 4
        before = s.app.theme
        await s.keys("ctrl+t")
        assert s.app.theme != before


async def test_a_message_of_another_call_changes_nothing(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.client.send(m.CallChanged(call_id="other", seq=999, state="ended", at=NOW.timestamp()))
        await s.idle()
        assert "● TALK" in s.grid


async def test_a_long_queue_brings_its_pages_as_they_come_in_sight(opened: Opened) -> None:
    desk = FakeDesk([account(i, name=f"Debtor {i:04}") for i in range(1, 1_001)])
    async with opened(desk=desk) as s:
        assert max(limit for _, limit in desk.pages) <= 100
        await s.keys("end")
        await s.until(lambda: "Ferro Works" in s.grid)
        await s.keys("f7", "pagedown", "pagedown", "home", "down")
        await s.until(lambda: "Debtor 0002" in s.line("▸"))
        assert sum(limit for _, limit in desk.pages) < 700, "a page at a time, never the whole queue"
