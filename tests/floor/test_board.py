"""The floor board on a real book: states by evidence, spans, deltas; no telephony is needed to say events."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, Shop, make_shop
from workstation.desk.floor import Standing
from workstation.floor import board as board_module
from workstation.floor import messages as m
from workstation.floor.board import GONE_S, FloorBoard
from workstation.floor.livecall import LiveCall
from workstation.floor.session import Session
from workstation.store.book import open_book
from workstation.store.tables import FloorSpan

CALL = "0f7c1f7e-1111"


@dataclass
class Bench:
    """A board whose clock the test moves."""

    shop: Shop
    now: datetime = WEDNESDAY
    told: list[m.FloorChanged] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = FloorBoard(
            book=self.shop.book,
            board="here",
            publish=self.told.append,
            lag_ms=lambda: 7,
            clock=lambda: self.now,
        )

    def standing(self, user_id: int, role: str = "collector", **more: Any) -> Standing:
        return Standing(user_id, role, True, 0, more.get("pause", ""), more.get("paused_by", ""))

    def arrive(self, user_id: int, name: str = "Dana", role: str = "collector", **more: Any) -> None:
        session = Session("s", user_id, name.lower(), name, role, "1001", 9e9)
        self.board.arrived(session, self.standing(user_id, role, **more))

    def after(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now

    def call(self, state: str, *, recording: str = "on", opened: bool = False) -> None:
        at = self.now.timestamp()
        changed = m.CallChanged(call_id=CALL, seq=1, state=state, at=at, recording=recording)
        if opened:
            facts = SimpleNamespace(
                call_id=CALL, account_id=self.shop.account, collector_id=self.shop.dana,
                collector_name="Dana", agent_leg="1001",
            )  # fmt: skip
            self.board.opened(cast(LiveCall, SimpleNamespace(facts=facts, state=changed)))
        else:
            self.board.take(changed)

    def row(self, user_id: int) -> m.FloorRow:
        return next(r for r in self.board.snapshot().rows if r.user_id == user_id)

    def state(self) -> tuple[str, float]:
        row = self.row(self.shop.dana)
        return row.state, self.now.timestamp() - row.since

    def spans(self, user_id: int) -> list[tuple[str, float | None]]:
        with self.shop.book.database.read() as session:
            return [
                (s.state, None if s.ended_at is None else (s.ended_at - s.began_at).total_seconds())
                for s in session.scalars(
                    select(FloorSpan).where(FloorSpan.user_id == user_id).order_by(FloorSpan.id)
                )
            ]


@pytest.fixture
def bench(sqlite_template: Path, tmp_path: Path, light_hashing: None) -> Iterator[Bench]:
    """On SQLite only: what the book does for the board is tested on both (tests/store/test_floor.py)."""
    shutil.copy(sqlite_template, tmp_path / "book.db")
    book = open_book(tmp_path / "book.db")
    yield Bench(make_shop(book))
    book.close()


@contextlib.asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[None]:
    task = asyncio.create_task(bench.board.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def soon(what: Any) -> None:
    async with asyncio.timeout(10):
        while not what():
            await asyncio.sleep(0.01)


async def test_a_day_in_states_is_kept_as_spans(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board_module, "LOOK_S", 0.02)
    dana = bench.shop.dana
    async with running(bench):
        bench.arrive(dana)
        assert bench.state() == ("available", 0)
        bench.after(10)
        bench.call("reserved", opened=True)
        assert bench.state() == ("dialling", 0)
        bench.after(2)
        bench.call("ringing")
        bench.after(3)
        bench.call("talking")
        bench.after(60)
        bench.call("talking", recording="paused")
        assert bench.state() == ("card pause", 0)
        bench.after(20)
        bench.call("talking")
        assert bench.state() == ("talking", 0)
        bench.after(5)
        bench.call("held")
        bench.after(4)
        bench.board.left(dana)
        assert bench.state() == ("on hold", 4), "a call goes on without a terminal"
        assert not bench.row(dana).connected
        bench.arrive(dana)
        bench.call("ended")
        bench.board.stands(bench.standing(dana, pause="lunch"))
        assert bench.state() == ("wrap-up", 0)
        assert bench.row(dana).pause == "lunch", "a pause asked for meanwhile is shown, and waits"
        assert bench.board.on_pause(dana)
        await soon(lambda: bench.row(dana).account == "A-1 Harlow Tool & Die LLC")
        bench.after(30)
        monkeypatch.setattr(bench.shop.book, "wrapped", frozenset)  # the disposition is saved
        await soon(lambda: bench.row(dana).state == "paused")
        bench.after(100)
        bench.board.stands(bench.standing(dana))
        assert bench.state() == ("available", 0)
        assert bench.board.on_pause(dana) == ""
        bench.after(1)
        bench.board.left(dana)
        assert bench.state() == ("away", 0)
        bench.after(GONE_S)
        await soon(lambda: not bench.board.snapshot().rows)
        # The spans are written behind the board's back: on a busy machine there may be none yet.
        await soon(lambda: any(bench.spans(dana)) and bench.spans(dana)[-1][1] is not None)
    kept = [s for s in bench.spans(dana) if s[1] != 0]
    assert kept == [
        ("available", 10), ("dialling", 2), ("ringing", 3), ("talking", 60), ("card pause", 20),
        ("talking", 5), ("on hold", 4), ("wrap-up", 30), ("paused", 100), ("available", 1), ("away", GONE_S),
    ]  # fmt: skip


async def test_changes_are_gathered_and_a_beat_comes_even_without(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board_module, "LOOK_S", 60)
    dana, sam = bench.shop.dana, bench.shop.sam
    async with running(bench):
        bench.arrive(dana)
        bench.arrive(sam, "Sam")
        bench.call("reserved", opened=True)
        for _ in range(50):
            bench.call("ringing")
            bench.call("talking")
        await soon(lambda: bench.told)
        assert [r.user_id for r in bench.told[0].rows] == [dana, sam]
        assert bench.told[0].rows[0].state == "talking"
        assert bench.told[0].lag_ms == 7
        await soon(lambda: len(bench.told) > 1)
        assert (bench.told[1].rows, bench.told[1].gone) == ((), ())
        bench.call("held")
        await soon(lambda: any(t.rows for t in bench.told[1:]))
        assert [r.user_id for r in bench.told[-1].rows] == [dana], "only who changed is sent"


def finding(severity: str, kind: str, verdict: str) -> m.FindingRaised:
    return m.FindingRaised(
        call_id=CALL, seq=2, rule_id="r", kind=kind, title=f"{kind} {severity}", severity=severity,
        citation="", leg="agent", verdict=verdict, start=1.0, end=2.0, confidence=0.9, text="words",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("severity", "kind", "verdict", "alarm"),
    [
        ("critical", "forbidden", "heard", True),
        ("high", "cue", "heard", True),
        ("medium", "forbidden", "heard", False),
        ("critical", "disclosure", "heard", False),
        ("high", "disclosure", "missing", True),
        ("high", "disclosure", "inconclusive", False),
    ],
)
async def test_a_call_that_needs_a_look_raises_an_alarm_until_it_is_over(
    bench: Bench, severity: str, kind: str, verdict: str, alarm: bool
) -> None:
    bench.arrive(bench.shop.dana)
    bench.call("talking", opened=True)
    bench.board.take(finding(severity, kind, verdict))
    row = bench.row(bench.shop.dana)
    assert (row.alarm, row.finding, row.severity) == (alarm, f"{kind} {severity}", severity)
    bench.call("ended")
    assert not bench.row(bench.shop.dana).alarm


async def test_a_missing_lamp_is_an_alarm_and_a_take_over_is_shown(bench: Bench) -> None:
    bench.arrive(bench.shop.dana)
    bench.call("talking", opened=True)
    lamp = m.LampOut(rule_id="who", title="who is calling", state="missing")
    bench.board.take(m.LampsChanged(call_id=CALL, seq=3, lamps=(lamp,)))
    bench.board.take(m.TakenOver(call_id=CALL, seq=4, by="Morgan Lee"))
    row = bench.row(bench.shop.dana)
    assert (row.alarm, row.lamps, row.taken_by) == (True, (lamp,), "Morgan Lee")


async def test_supervisors_are_not_shown_and_those_who_call_are_while_they_do(bench: Bench) -> None:
    bench.arrive(bench.shop.morgan, "Morgan", "supervisor")
    assert bench.board.snapshot().rows == ()
    bench.call("talking", opened=True)  # Dana has no terminal here: the call was taken over after a restart
    assert bench.row(bench.shop.dana).connected is False
    bench.call("ended")
    assert bench.row(bench.shop.dana).state == "away"


async def test_after_a_kill_spans_are_closed_and_everybody_begins_anew(bench: Bench) -> None:
    async with running(bench):
        bench.arrive(bench.shop.dana)
        await soon(lambda: bench.spans(bench.shop.dana))
    bench.shop.book.floor_alive("here", bench.after(30))
    other = Bench(bench.shop, bench.now)
    async with running(other):
        await soon(lambda: all(ended is not None for _, ended in other.spans(bench.shop.dana)))
    assert [s for s in other.spans(bench.shop.dana) if s[1] != 0] == [("available", 30)]


async def test_a_switchboard_that_ends_in_order_leaves_no_span_open(bench: Bench) -> None:
    bench.arrive(bench.shop.dana)
    await bench.board.close()
    assert all(ended is not None for _, ended in bench.spans(bench.shop.dana))
    assert bench.spans(bench.shop.dana)


async def test_who_signed_in_anew_stays_when_the_session_before_ends(bench: Bench) -> None:
    dana, board = bench.shop.dana, bench.board
    bench.arrive(dana)
    bench.arrive(dana)
    board.left(dana)
    board.signed_out(dana)
    assert [r.user_id for r in board.snapshot().rows] == [dana]
    board.left(dana)
    board.signed_out(dana)
    assert board.snapshot().rows == ()
