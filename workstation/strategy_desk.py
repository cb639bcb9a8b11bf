"""Strategies for screens and commands: read, tried out on the real book, saved as a dated version."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from workstation.desk.book import InvalidEntry
from workstation.desk.roles import Right
from workstation.desk.strategy_edit import Planned, Preview, StrategyText, compare, replaced
from workstation.desk.treatment import Strategy, StrategyFileError, read_strategy
from workstation.store import people, strategies
from workstation.store.stages import Report, last_finished, run_stages

if TYPE_CHECKING:
    from workstation.store.book import SqlBook


class StrategyDesk:
    """Implements Strategies on a book."""

    def __init__(self, book: SqlBook) -> None:
        self._book = book

    def texts(self, user_id: int, now: datetime, /) -> tuple[StrategyText, ...]:
        """See Strategies."""
        with self._book.database.read() as session:
            people.need(session, user_id, Right.EDIT_STRATEGIES)
            return strategies.texts_at(session, self._today(now))

    def tonight(self, now: datetime, /) -> date:
        """Return the day of the next run: today, or tomorrow where today's is done."""
        today = self._today(now)
        last = last_finished(self._book)
        return today if last is None or last < today else last + timedelta(days=1)

    def preview(
        self,
        strategy_id: str,
        text: str,
        now: datetime,
        /,
        as_of: date | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Preview:
        """See Strategies."""
        day = as_of or self.tonight(now)
        try:
            edited = read_strategy(text, f"{strategy_id}.toml")
            with self._book.database.read() as session:
                present = strategies.strategies_at(session, day)
            before = self._run(day, now, present, progress)
            after = self._run(day, now, replaced(present, edited), progress)
        except StrategyFileError as wrong:
            raise InvalidEntry(str(wrong)) from wrong
        return compare(day, strategy_id, before.accounts, _planned(before), _planned(after))

    def save(
        self, strategy_id: str, text: str, effective_on: date, reason: str, user_id: int, now: datetime, /
    ) -> int:
        """See Strategies."""
        with self._book.database.write() as session:
            return strategies.save(
                session, strategy_id, text, effective_on, reason, user_id, self._today(now), now
            )

    def _run(
        self, day: date, now: datetime, among: tuple[Strategy, ...], progress: Callable[[int], None] | None
    ) -> Report:
        return run_stages(self._book, day, now, dry_run=True, among=among, progress=progress)

    def _today(self, now: datetime) -> date:
        return now.astimezone(self._book.home_zone).date()


def _planned(report: Report) -> list[Planned]:
    return [
        Planned(
            line.account_id,
            line.number,
            line.segment,
            line.stage,
            line.strategy,
            line.channel,
            line.step,
            line.reasons[0] if line.reasons else "",
        )
        for line in report.lines
    ]
