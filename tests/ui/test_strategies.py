"""Strategies on screen: a number changed, what it would change tonight, saved as a version."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story, at_place
from workstation.strategy_desk import StrategyDesk


def editing(
    demo: Demo, scripts: Catalog, size: tuple[int, int] = (132, 43), username: str = "kei"
) -> AbstractAsyncContextManager[Story]:
    desk = StrategyDesk(demo.book)
    return at_place(demo.book, scripts, "strategies", username, size, clock=lambda: demo.now, strategies=desk)


@pytest.mark.parametrize("size", [(132, 43), (80, 24)])
async def test_from_a_number_to_a_version(
    demo_book: Demo, scripts: Catalog, snapshot: Callable[[str, str], None], size: tuple[int, int]
) -> None:
    name = f"{size[0]}x{size[1]}"
    async with editing(demo_book, scripts, size) as s:
        snapshot(f"strategies-{name}", s.grid)
        await s.keys("end", "enter", "s")
        assert "Nothing was changed" in s.message
        await s.keys(*["down"] * 15, "enter", "ctrl+u", *"sixty", "enter")
        assert "not a whole number" in s.message
        await s.keys("ctrl+u", *"999", "enter")
        assert "standard.toml: step[4].days: must be a whole number from -365 to 365" in s.message
        await s.keys("ctrl+u", *"60", "enter")
        assert "was 2" in s.grid
        await s.keys("p")
        await s.until(lambda: s.app.strategy_list.preview is not None)
        assert "treated differently" in s.grid
        snapshot(f"strategies-preview-{name}", s.grid)
        await s.keys("escape", "s", "enter")
        assert "say why" in s.message
        await s.keys(*"fewer calls", "enter")
        assert "standard saved" in s.message
        await s.keys("escape")
        assert "since 2026-11-18 by Kei Imai" in s.grid or size[0] < 100
        await s.keys("end", "enter", "p")
        await s.until(lambda: s.app.strategy_list.preview is not None)
        assert "Nothing would be done differently" in s.grid


async def test_a_supervisor_may_not(demo_book: Demo, scripts: Catalog) -> None:
    async with editing(demo_book, scripts, username="morgan") as s:
        assert "may not change strategies" in s.message
