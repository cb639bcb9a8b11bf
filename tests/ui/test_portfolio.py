"""The portfolio on screen: its pictures, cuts and the way down to an account."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from fractions import Fraction

import pytest

from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story, at_place
from workstation.store.portfolio import PortfolioDesk
from workstation.ui import charts
from workstation.ui.kit import row_width


def looking(
    demo: Demo, scripts: Catalog, size: tuple[int, int] = (132, 43), username: str = "morgan"
) -> AbstractAsyncContextManager[Story]:
    desk = PortfolioDesk(demo.book)
    return at_place(demo.book, scripts, "portfolio", username, size, clock=lambda: demo.now, portfolios=desk)


@pytest.mark.parametrize("size", [(132, 43), (80, 24)])
async def test_the_screens(
    demo_book: Demo, scripts: Catalog, snapshot: Callable[[str, str], None], size: tuple[int, int]
) -> None:
    name = f"{size[0]}x{size[1]}"
    async with looking(demo_book, scripts, size) as s:
        snapshot(f"portfolio-{name}", s.grid)
        await s.keys("b", "right", "down", "down", "down", "enter")
        snapshot(f"portfolio-accounts-{name}", s.grid)


async def test_from_a_figure_to_an_account_and_back(demo_book: Demo, scripts: Catalog) -> None:
    async with looking(demo_book, scripts) as s:
        assert "all accounts" in s.grid
        await s.keys("right")
        assert "b cuts them" in s.message
        await s.keys("b")
        assert "by stage ‹ 3 remind › 1 of 3" in s.grid
        await s.keys("left")
        assert "3 of 3" in s.grid, "it goes round"
        await s.keys("b")
        assert "by segment" in s.grid
        await s.keys("b")
        assert "by collector ‹ nobody yet ›" in s.grid
        await s.keys("b")
        assert "all accounts" in s.grid
        await s.keys("u")
        assert "one currency" in s.message
        await s.keys("enter")
        assert "Receivables · AR_e" in s.grid
        first = s.app.behind.found[0]
        await s.keys("enter")
        assert first.name in s.grid
        assert "CONVERSATION" in s.grid
        await s.keys("escape")
        assert "Receivables · AR_e" in s.grid, "leaving the account leads back to the list"
        await s.keys("escape", "end", "enter")
        assert "No account is behind" in s.message
        await s.keys("escape")
        assert s.app.screen is s.app.floor, "where a supervisor begins"


async def test_a_role_without_the_right_is_refused(demo_book: Demo, scripts: Catalog) -> None:
    async with looking(demo_book, scripts, username="dana") as s:
        assert "may not see the portfolio" in s.message


@pytest.mark.parametrize(
    ("share", "text"),
    [(Fraction(0), ""), (Fraction(1, 2), "██"), (Fraction(1), "████"), (Fraction(1, 32), "▏")],
)
def test_a_bar_is_exact_to_an_eighth(share: Fraction, text: str) -> None:
    assert charts.bar(share, 4) == text


def test_a_spark_shows_what_is_missing() -> None:
    assert charts.spark([None, Fraction(0), Fraction(4), Fraction(8)]) == "·▁▄█"
    assert charts.spark([None, Fraction(0)]) == "·▁"
    assert charts.spark([Fraction(-5), Fraction(1, 100)]) == "▁█"
    assert charts.spark([]) == ""


def test_columns_fill_their_cells() -> None:
    data = [
        charts.Column("Jan", Fraction(10), Fraction(20), "20"),
        charts.Column("Feb", None, None, "n/a"),
    ]
    rows = charts.columns(data, 20, 6)
    assert len(rows) == 6
    assert {row_width(line) for line in rows} == {20}
    assert charts.columns([], 20, 6) == []
