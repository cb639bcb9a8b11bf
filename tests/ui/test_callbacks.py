"""The callbacks: who waits for a call, due first."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.ui.conftest import Opened
from tests.ui.fakes import NOW, FakeDesk
from tests.ui.ledger_views import callback
from tests.ui.views import queue_row
from workstation.desk.account_ledger import Whose


def waiting() -> FakeDesk:
    desk = FakeDesk()
    desk.callback_rows = [
        callback(1, NOW + timedelta(minutes=20), queue_row(3, "Osei & Daughters"), asked_by="the controller"),
        callback(2, NOW - timedelta(minutes=50), queue_row(2, "Meridian Packaging"), mine=True),
        callback(3, datetime(2026, 11, 24, 20, tzinfo=UTC), queue_row(7, "Ferro Works", ok=False), mine=True),
    ]
    return desk


async def test_callbacks_are_one_key_away_due_first_and_enter_opens_the_account(opened: Opened) -> None:
    async with opened(desk=waiting()) as s:
        await s.keys("c")
        assert "3 callbacks · ! 1 overdue" in s.grid
        assert "! 50 min late" in s.line("Meridian Packaging")
        assert "✗ Tue 24 08:00" in s.line("Ferro Works")
        assert "▸" in s.line("Meridian Packaging")
        await s.keys("enter")
        assert "Meridian Packaging" in s.grid
        assert "SAY NEXT" in s.grid
        await s.keys("escape")
        assert "callable" in s.grid
        assert s.desk.released == [2]


async def test_callbacks_of_ones_own_and_of_the_pool(opened: Opened) -> None:
    async with opened(desk=waiting()) as s:
        await s.keys("c", "tab")
        assert s.desk.whose[-1] is Whose.MINE
        assert "Osei" not in s.grid
        await s.keys("tab")
        assert "1 callback" in s.grid
        assert "Osei" in s.grid
        await s.keys("escape")
        assert s.app.screen is s.app.queue


async def test_enter_typed_ahead_of_the_list_takes_its_first_row(opened: Opened) -> None:
    async with opened(desk=waiting()) as s:
        s.desk.gate.clear()
        burst = asyncio.create_task(s.keys("c", "enter", "f4"))
        await asyncio.sleep(0.1)
        s.desk.gate.set()
        await burst
        assert s.client.placed is not None
        assert s.client.placed.account_id == 2


async def test_nobody_waits_for_a_call(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("c", "enter")
        assert "Nobody waits for a call." in s.grid
