"""The portfolio's figures: those of the report, cut into groups that add up, with the accounts behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from tests.fixtures.book import Demo
from tests.fixtures.final import Final
from tests.store.final_rig import CLOSE, MONDAY, given, prove
from workstation import reports
from workstation.desk.book import NotAllowed
from workstation.desk.portfolio import MONTHS, SHOWN, Cut, Lines, behind, portfolio
from workstation.store.portfolio import PortfolioDesk


@pytest.fixture
def lines(demo_book: Demo) -> Lines:
    return PortfolioDesk(demo_book.book).lines(demo_book.seeded.user_ids["morgan"], demo_book.now)


def test_all_accounts_together_are_the_report(demo_book: Demo, lines: Lines) -> None:
    found = portfolio(lines)
    section = next(
        s for s in reports.kpi_sections(demo_book.book, found.as_of, MONTHS) if s.name == found.currency
    )
    reported = {(row[-1].kpi, row[-1].label): row for _, row in section.titled() if row[-1] is not None}
    compared = 0
    for one in found.rows:
        if one.last is None or one.kpi == "follow-through":
            continue
        expected = reported[one.last.kpi, one.last.label]
        assert [None if f is None else f.value for f in one.months] == [
            None if f is None else f.value for f in expected
        ], one.title
        compared += 1
    assert compared > 20
    assert {r.kpi for r in found.rows} == {*SHOWN, "aging"}


@pytest.mark.parametrize("cut", [Cut.STAGE, Cut.SEGMENT, Cut.COLLECTOR])
def test_groups_add_up_to_the_whole(lines: Lines, cut: Cut) -> None:
    whole = portfolio(lines)
    groups = portfolio(lines, cut=cut).groups
    assert sum(g.accounts for g in groups) == sum(g.accounts for g in whole.groups)
    assert sum(g.open.minor for g in groups) == whole.groups[0].open.minor
    for kpi in ("receivables", "collected", "promises-due"):
        parts = [portfolio(lines, cut=cut, group=g.key) for g in groups]
        total = sum(
            (r.last.value or Fraction(0) for p in parts for r in p.rows if r.kpi == kpi and r.last),
            Fraction(0),
        )
        (expected,) = (r.last for r in whole.rows if r.kpi == kpi)
        assert expected is not None
        assert total == expected.value


def test_the_accounts_behind_a_figure_add_up_to_its_part(lines: Lines) -> None:
    found = portfolio(lines, cut=Cut.STAGE)
    looked = 0
    for one in found.rows:
        figure = one.last
        if figure is None or not figure.parts:
            continue
        accounts = behind(lines, figure, found.currency)
        assert sum((b.value for b in accounts), Fraction(0)) == figure.parts[0].value, one.title
        assert all(lines.accounts[b.account_id].key(Cut.STAGE) == found.group for b in accounts)
        looked += bool(accounts)
    assert looked > 3


def test_a_group_that_has_gone_and_an_empty_book() -> None:
    empty = Lines(date(2026, 11, 18), (), (), {})
    found = portfolio(empty, "USD", Cut.SEGMENT, "gone")
    assert (found.currency, found.groups, found.group) == ("", (), "")
    assert all(r.last is None or not r.last.value for r in found.rows)


def test_only_supervisors_and_managers_see_it(demo_book: Demo) -> None:
    with pytest.raises(NotAllowed, match="portfolio"):
        PortfolioDesk(demo_book.book).lines(demo_book.seeded.user_ids["dana"], demo_book.now)


@pytest.mark.parametrize(("late", "share"), [(0, 100), (1, 0)])
def test_follow_through_is_what_was_done_by_the_day_named(final: Final, late: int, share: int) -> None:
    deadline = given(final)
    final.desk.tick(CLOSE)
    prove(final, MONDAY + timedelta(days=late))
    final.desk.follow_through(deadline, final.kei, MONDAY + timedelta(days=late))
    now = datetime(2026, 12, 20, 18, tzinfo=UTC)
    lines = PortfolioDesk(final.book).lines(final.kei, now)
    found = next(r.last for r in portfolio(lines).rows if r.kpi == "follow-through")
    assert found is not None
    assert found.value == share
    (section,) = (s for s in reports.kpi_sections(final.book, now.date(), 1) if s.name == reports.FLOOR)
    (reported,) = (row[-1] for f, row in section.titled() if f.kpi == "follow-through")
    assert reported is not None
    assert reported.value == share
