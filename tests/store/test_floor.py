"""Spans of the floor, pauses and sign-outs, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, Shop
from workstation.desk.book import CallRequest, InvalidEntry, NotAllowed, NotFound
from workstation.desk.floor import SpanChange
from workstation.desk.roles import Right
from workstation.store import floor_spans
from workstation.store.figures import load_floor
from workstation.store.tables import AuditEntry, FloorSpan

NOW = WEDNESDAY


def at(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


def spans(shop: Shop) -> list[tuple[int, str, float, float | None, bool]]:
    with shop.book.database.read() as session:
        return [
            (
                s.user_id,
                s.state,
                (s.began_at - NOW).total_seconds(),
                None if s.ended_at is None else (s.ended_at - NOW).total_seconds(),
                s.cut,
            )
            for s in session.scalars(select(FloorSpan).order_by(FloorSpan.id))
        ]


def change(shop: Shop, seconds: float, state: str, *, reason: str = "", board: str = "one") -> None:
    shop.book.floor_changed(board, [SpanChange(shop.dana, state, reason, "", at(seconds))])


def test_each_change_ends_one_span_and_begins_the_next(shop: Shop) -> None:
    shop.book.floor_changed(
        "one",
        [
            SpanChange(shop.dana, "available", "", "", at(0)),
            SpanChange(shop.sam, "away", "", "", at(1)),
            SpanChange(shop.dana, "talking", "", "c1", at(5)),
        ],
    )
    change(shop, 4, "wrap-up")  # a clock set back makes no negative time
    change(shop, 9, "")
    assert spans(shop) == [
        (shop.dana, "available", 0, 5, False),
        (shop.sam, "away", 1, None, False),
        (shop.dana, "talking", 5, 5, False),
        (shop.dana, "wrap-up", 4, 9, False),
    ]


def test_a_killed_switchboard_leaves_no_span_open_and_touches_no_other_boards(shop: Shop) -> None:
    change(shop, 0, "talking")
    change(shop, 0, "available", board="two")
    shop.book.floor_alive("one", at(40))
    assert shop.book.floor_left("one") == 1
    assert shop.book.floor_left("one") == 0
    change(shop, 90, "available")
    assert spans(shop) == [
        (shop.dana, "talking", 0, 40, True),
        (shop.dana, "available", 0, None, False),
        (shop.dana, "available", 90, None, False),
    ]


def test_the_key_figures_get_the_times(shop: Shop) -> None:
    day = NOW.astimezone(shop.book.home_zone).date()
    assert load_floor(shop.book, day, day).spans == ()
    change(shop, 0, "available")
    change(shop, 60, "paused", reason="lunch")
    change(shop, 100, "available")
    shop.book.floor_alive("one", at(130))
    found = load_floor(shop.book, day, day).spans
    assert [(s.state, s.reason, s.ms) for s in found] == [
        ("available", "", 60_000),
        ("paused", "lunch", 40_000),
        ("available", "", 30_000),  # open: as far as it was seen
    ]
    assert load_floor(shop.book, day + timedelta(days=1), day + timedelta(days=1)).spans == ()


def test_a_collector_pauses_and_comes_back(shop: Shop) -> None:
    book = shop.book
    with pytest.raises(InvalidEntry, match="no reason for a pause"):
        book.pause(shop.dana, "'; DROP TABLE users; --", NOW)
    book.pause(shop.dana, "lunch", NOW)
    standing = book.standings([shop.dana, 10**9])
    assert set(standing) == {shop.dana}
    assert (standing[shop.dana].pause, standing[shop.dana].paused_by) == ("lunch", "")
    book.unpause(shop.dana, NOW)
    assert book.standings([shop.dana])[shop.dana].pause == ""


def test_what_a_supervisor_orders_only_a_supervisor_undoes_and_it_is_on_record(shop: Shop) -> None:
    book = shop.book
    for act, *order in (
        (book.force_pause, shop.sam, shop.dana, "no", NOW),
        (book.lift_pause, shop.sam, shop.dana, NOW),
        (book.sign_out, shop.sam, shop.dana, "no", NOW),
        (book.force_pause, shop.morgan, shop.morgan, "a supervisor", NOW),
    ):
        with pytest.raises(NotAllowed):
            cast(Callable[..., None], act)(*order)
    with pytest.raises(InvalidEntry, match="say why"):
        book.force_pause(shop.morgan, shop.dana, "  \n ", NOW)
    with pytest.raises(NotFound):
        book.force_pause(shop.morgan, 10**9, "nobody", NOW)
    with pytest.raises(InvalidEntry, match="not on pause"):
        book.lift_pause(shop.morgan, shop.dana, NOW)

    book.force_pause(shop.morgan, shop.dana, "come and\r\nsee [b]me[/b] " + "x" * 500, NOW)
    standing = book.standings([shop.dana])[shop.dana]
    assert standing.paused_by == "morgan"
    assert standing.pause.startswith("come and see [b]me[/b] xxx")
    assert len(standing.pause) == 120
    with pytest.raises(NotAllowed, match="morgan has paused you"):
        book.unpause(shop.dana, NOW)
    with pytest.raises(NotAllowed, match="morgan has paused you"):
        book.pause(shop.dana, "lunch", NOW)
    book.lift_pause(shop.morgan, shop.dana, NOW)
    before = book.standings([shop.dana])[shop.dana].era
    book.sign_out(shop.morgan, shop.dana, "shift is over", NOW)
    assert book.standings([shop.dana])[shop.dana].era == before + 1
    with book.database.read() as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.subject == "dana")).all()
    assert [(e.actor, e.action) for e in said][-3:] == [
        ("morgan", "paused"),
        ("morgan", "pause lifted"),
        ("morgan", "signed out"),
    ]
    assert book.verify_audit().sound


def test_an_act_without_the_right_is_neither_done_nor_recorded(shop: Shop) -> None:
    before = shop.book.verify_audit().lines
    with pytest.raises(NotAllowed, match="may not whisper"):
        shop.book.supervise(shop.sam, Right.STEER_FLOOR, "monitored: barge", "c1", {}, NOW)
    assert shop.book.verify_audit().lines == before
    assert shop.book.supervise(shop.morgan, Right.STEER_FLOOR, "x", "c1", {}, NOW) == "Morgan Tester"
    assert shop.book.verify_audit().lines == before + 1


def test_the_days_figures_and_what_is_wrapped_up(shop: Shop) -> None:
    book = shop.book
    assert book.floor_today([shop.dana, shop.sam], NOW) == {}
    call = book.authorise(CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "1001"), NOW)
    call_id: str = call.call_id  # type: ignore[union-attr]  # it is permitted
    assert book.floor_today([shop.dana, shop.sam], NOW)[shop.dana].calls == 1
    assert book.floor_today([shop.dana], NOW + timedelta(days=1)) == {}
    assert book.wrapped([call_id, "nothing"]) == frozenset()
    assert book.account_label(shop.account) == ("A-1", "Harlow Tool & Die LLC")
    assert book.account_label(10**9) == ("", "")
    with book.database.read() as session:
        assert floor_spans.wrapped(session, []) == frozenset()
