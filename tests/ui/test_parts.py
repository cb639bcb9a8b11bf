"""The screens' parts one by one: what is typed, how it is written, lists, keys, the call's view."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tests.ui.fake_call import CALL, in_a_talk
from tests.ui.fakes import NOW, FakeClient
from tests.ui.views import ZONE, usd
from workstation.desk.disposition import dispositions
from workstation.desk.money import Money
from workstation.floor import messages as m
from workstation.ui import entry, figures
from workstation.ui.actions import ACTIONS
from workstation.ui.callback_rows import overdue
from workstation.ui.callview import CallView
from workstation.ui.kit import PAGE, row, text_grid
from workstation.ui.ledger.cells import pack
from workstation.ui.ledger.owed import bar
from workstation.ui.registry import GROUPS, Registry, manual, show_key
from workstation.ui.status import Status, state_word
from workstation.ui.windowed_list import WindowedList
from workstation.ui.wrap import Stage, Wrap, day_text, method_named

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("5000", 500_000),
        ("5,000.00", 500_000),
        ("$ 5000.5", 500_050),
        ("5k", 500_000),
        ("all", 842_000),
        ("half", 421_000),
        ("12.34 usd", 1_234),
    ],
)
def test_amounts(text: str, minor: int) -> None:
    assert entry.amount(text, usd(842_000)) == usd(minor)


@pytest.mark.parametrize("text", ["", "-5", "0", "5,00", "1.234", "5 000 EUR", "½", "٣", "1e3"])
def test_amounts_that_are_none(text: str) -> None:
    with pytest.raises(entry.EntryError, match=r"^amount: "):
        entry.amount(text, usd(842_000))


def test_yen_has_no_cents() -> None:
    assert entry.amount("5000", Money(9_000, "JPY")) == Money(5_000, "JPY")
    with pytest.raises(entry.EntryError):
        entry.amount("50.5", Money(9_000, "JPY"))


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("today", TODAY),
        ("tom", date(2026, 11, 19)),
        ("fri", date(2026, 11, 20)),
        ("Friday", date(2026, 11, 20)),
        ("wed", date(2026, 11, 25)),
        ("next mon", date(2026, 11, 23)),
        ("27 nov", date(2026, 11, 27)),
        ("27nov", date(2026, 11, 27)),
        ("nov 27", date(2026, 11, 27)),
        ("fri 27 nov 2026", date(2026, 11, 27)),
        ("17 nov", date(2027, 11, 17)),
        ("+3", date(2026, 11, 21)),
        ("+2w", date(2026, 12, 2)),
        ("27", date(2026, 11, 27)),
        ("5", date(2026, 12, 5)),
        ("31", date(2026, 12, 31)),
        ("2026-12-01", date(2026, 12, 1)),
        ("29 feb", None),
        ("11/27", None),
        ("2026-11-17", None),
        ("whenever", None),
        ("", None),
        ("32 nov", None),
    ],
)
def test_days(text: str, on: date | None) -> None:
    if on is None:
        with pytest.raises(entry.EntryError, match=r"^day: "):
            entry.day(text, TODAY)
    else:
        assert entry.day(text, TODAY) == on


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:30", datetime(2026, 11, 18, 20, 30, tzinfo=UTC)),
        ("9:15", datetime(2026, 11, 19, 15, 15, tzinfo=UTC)),
        ("2.30pm", datetime(2026, 11, 18, 20, 30, tzinfo=UTC)),
        ("tue 9:15", datetime(2026, 11, 24, 15, 15, tzinfo=UTC)),
        ("tomorrow at 2 pm", datetime(2026, 11, 19, 20, 0, tzinfo=UTC)),
        ("27 nov 12am", datetime(2026, 11, 27, 6, 0, tzinfo=UTC)),
        ("+2h", NOW + timedelta(hours=2)),
        ("+30m", NOW + timedelta(minutes=30)),
        ("2026-11-20 10:00", datetime(2026, 11, 20, 16, 0, tzinfo=UTC)),
        ("today 9:00", None),
        ("25:00", None),
        ("13pm", None),
        ("14", None),
        ("soon", None),
        ("", None),
    ],
)
def test_times_to_call_back(text: str, at: datetime | None) -> None:
    if at is None:
        with pytest.raises(entry.EntryError, match=r"^callback: "):
            entry.when(text, NOW, ZONE)
    else:
        assert entry.when(text, NOW, ZONE) == at


@pytest.mark.parametrize(
    ("typed", "name"),
    [("card", "card"), ("tr", "bank transfer"), ("c", "card"), ("ch", "check"), ("link", "payment link")],
)
def test_methods_by_a_part_of_their_name(typed: str, name: str) -> None:
    assert method_named(typed) == name


def test_figures() -> None:
    assert figures.phone("+13125550142") == "+1 312 555 0142"
    assert figures.phone("+442079460000") == "+44 207 946 0000"
    assert figures.phone("nonsense") == "nonsense"
    assert figures.length(192) == "03:12"
    assert figures.length(3_792) == "1:03:12"
    assert figures.length(-4) == "00:00"
    assert figures.clock_face(NOW, ZONE, place=True) == "14:07 CST (Chicago)"
    assert figures.clock_face(NOW, "No/Such") == "20:07 UTC"
    assert figures.clock_face(NOW, "America/Sao_Paulo") == "17:07 UTC-03"
    assert figures.moment(NOW + timedelta(hours=1), ZONE, NOW) == "15:07"
    assert figures.moment(NOW + timedelta(days=6), ZONE, NOW) == "Tue 24 14:07"
    assert figures.moment(NOW + timedelta(days=90), ZONE, NOW) == "16 Feb 2027"
    assert figures.next_time(None, ZONE, NOW) == "not by waiting: ask a supervisor"
    assert [figures.likelihood(s) for s in (0.95, 0.82, 0.5, 0.2)] == [
        "almost certain",
        "likely",
        "maybe",
        "a guess",
    ]


def test_the_call_s_view_takes_each_event_once_and_in_order() -> None:
    client, call = FakeClient(), CallView(CALL)
    client.on_event(lambda e: call.apply(e))  # type: ignore[arg-type]  # only call events are sent
    in_a_talk(client)
    assert (call.state, call.up, call.talking) == ("talking", True, True)
    assert len(call.said()) == 6
    before = call.seq
    assert not call.apply(m.CallChanged(call_id=CALL, seq=before, state="ended", at=0.0))
    assert not call.apply(m.CallChanged(call_id="other", seq=before + 9, state="ended", at=0.0))
    client.heard("debtor", 2, 184.0, "yes got it i can pay four thousand on friday")
    assert [h.final for h in call.said()][-1], "a partial is replaced by its final words"
    assert len(call.said()) == 6
    client.promise(400_000)
    fact = call.promise()
    assert fact is not None
    assert fact.amount_minor == 400_000, "later words correct earlier ones"


@pytest.mark.parametrize(
    ("link", "asterisk", "call", "left", "word"),
    [
        ("up", "up", "", None, ("READY", "")),
        ("up", "up", "dialing", None, ("DIALING", "")),
        ("up", "up", "agent-ringing", None, ("DIALING", "")),
        ("up", "up", "ringing", None, ("RINGING", "")),
        ("up", "up", "ended", 21.0, ("WRAP", "00:21")),
        ("up", "up", "ended", -10.0, ("OVER", "00:10")),
        ("up", "up", "ended", None, ("READY", "")),
        ("up", "down", "talking", None, ("LINE DOWN", "")),
        ("up", "resyncing", "talking", None, ("RESYNC", "")),
        ("reconnecting", "up", "talking", None, ("LINE DOWN", "reconnecting")),
        ("down", "up", "", None, ("LINE DOWN", "")),
    ],
)
def test_the_state_word(
    link: str, asterisk: str, call: str, left: float | None, word: tuple[str, str]
) -> None:
    line = m.LineState(asterisk=asterisk, lag_ms=1, book="ok", recogniser="ok")
    view = CallView(CALL, state=call) if call else None
    assert state_word(Status("X", None, NOW, link, line, view, wrap_left=left)) == word


def test_wrap_up_asks_for_what_a_disposition_needs_and_never_skips_it() -> None:
    for one in dispositions().values():
        wrap = Wrap(dispositions())
        wrap.choose(one)
        wanted = {"promise": Stage.PROMISE, "callback": Stage.CALLBACK, "": Stage.NOTE}[one.needs]
        assert wrap.stage is wanted
        assert wrap.back()
        assert (wrap.stage, wrap.disposition) == (Stage.CHOOSE, None)


def test_the_keys_on_the_wrap_up_row_are_the_dispositions_own() -> None:
    wrap = Wrap(dispositions())
    keys = [d.key for d in wrap.for_people() if d.key]
    assert keys == sorted(set(keys))
    assert all(wrap.by_key(k) is not None for k in keys)
    assert wrap.by_key("0") is None


# -- the registry ----------------------------------------------------------------------------------------


def test_every_action_is_complete_and_every_key_has_an_alternate() -> None:
    ids = [a.id for a in ACTIONS]
    assert len(ids) == len(set(ids))
    for action in ACTIONS:
        assert action.label
        assert action.tooltip.endswith(".")
        assert action.group in GROUPS
        if not action.id.startswith(("digit.", "key.")):
            assert len(action.keys) >= 2, f"{action.id} has no key for terminals that eat {action.keys[0]}"


def test_no_key_means_two_things_on_one_screen() -> None:
    registry = Registry()
    for screen in {s for a in ACTIONS for s in a.screens}:
        keys = [key for action in registry.on(screen) for key in registry.keys(action.id)]
        assert len(keys) == len(set(keys)), screen


def test_every_action_of_a_screen_can_be_run_there() -> None:
    from workstation.ui.screens.cockpit import CockpitScreen
    from workstation.ui.screens.help import HelpScreen
    from workstation.ui.screens.pick import PickScreen
    from workstation.ui.screens.queue import QueueScreen
    from workstation.ui.screens.signin import SignInScreen

    for screen in (CockpitScreen, HelpScreen, PickScreen, QueueScreen, SignInScreen):
        for action in Registry().on(screen.NAME):
            assert hasattr(screen, f"action_{action.call.partition('(')[0]}"), (screen, action.id)


def test_the_manual_of_keys_is_the_registry_s() -> None:
    page = Path(__file__).parents[2] / "docs" / "keys.md"
    assert page.read_text("utf-8") == manual(), (
        "make it anew: python -m workstation.ui.registry > docs/keys.md"
    )


def test_keys_as_people_write_them() -> None:
    shown = [
        show_key(k)
        for k in ("f4", "alt+h", "enter", "escape", "slash", "ctrl+p", "pagedown", "number_sign", "1")
    ]
    assert shown == ["F4", "Alt+H", "Enter", "Esc", "/", "Ctrl+P", "PgDn", "#", "1"]


# -- the list --------------------------------------------------------------------------------------------


class _Long(App[None]):
    """A list of a million rows, whose pages come when they are asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.asked: list[int] = []
        self.list = WindowedList(
            lambda i, item, w, chosen: row(f"{'>' if chosen else ' '}{item}"), name="long"
        )

    def compose(self) -> ComposeResult:
        yield self.list

    def on_mount(self) -> None:
        self.list.reset(self.count, selectable=lambda i: i != 3)

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        self.asked.append(message.page)
        first = message.page * PAGE
        self.list.supply(message.page, [f"row {i}" for i in range(first, min(first + PAGE, self.count))])


async def _shows(pilot: Pilot[None], words: str) -> None:
    for _ in range(100):
        if words in text_grid(pilot.app.screen):
            return
        await pilot.pause(0.005)
    raise AssertionError(text_grid(pilot.app.screen))


async def test_a_million_rows_cost_the_rows_in_sight() -> None:
    app = _Long(1_000_000)
    async with app.run_test(size=(80, 24)) as pilot:
        await _shows(pilot, "row 23")
        assert app.asked == [0]
        app.list.move(999_999)
        await _shows(pilot, ">row 999999")
        assert len(app.asked) <= 3
        for place in range(0, 1_000_000, 50_000):
            app.list.move(place)
            await _shows(pilot, f">row {place}")
        assert len(app.list._pages) <= 12, "pages out of sight are let go"


async def test_the_cursor_passes_over_headings_and_stops_at_the_ends() -> None:
    app = _Long(6)
    async with app.run_test(size=(40, 10)) as pilot:
        app.list.move(2)
        app.list.move_by(1)
        assert app.list.cursor == 4
        app.list.move_by(-1)
        assert app.list.cursor == 2
        app.list.move_by(99)
        assert app.list.cursor == 5
        app.list.reset(0)
        app.list.move_by(1)
        await pilot.pause()
        assert app.list.item(0) is None


@pytest.mark.parametrize("days", [0, 1, 2, 13, 44, 200, 359, 360, 400, 800])
def test_a_day_offered_is_read_back_as_the_same_day(days: int) -> None:
    on = TODAY + timedelta(days=days)
    assert entry.day(day_text(on, TODAY), TODAY) == on


# -- the ledger's parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("", date(2026, 11, 18)),
        ("today", date(2026, 11, 18)),
        ("yesterday", date(2026, 11, 17)),
        ("-3", date(2026, 11, 15)),
        ("12 nov", date(2026, 11, 12)),
        ("24 dec", date(2025, 12, 24)),
        ("2026-10-01", date(2026, 10, 1)),
        ("18 nov", date(2026, 11, 18)),
    ],
)
def test_days_on_which_money_came(text: str, on: date) -> None:
    assert entry.past_day(text, TODAY) == on


@pytest.mark.parametrize("text", ["someday", "2027-01-01", "+3", "31 feb", "24 dec 2026"])
def test_money_cannot_have_come_on_such_a_day(text: str) -> None:
    with pytest.raises(entry.EntryError, match=r"^day: "):
        entry.past_day(text, TODAY)


def test_one_of_takes_a_beginning_before_a_part_and_names_them_all() -> None:
    options = ("credit", "proof", "withdrawn")
    assert entry.one_of("PR", options, "ends by", "how?") == "proof"
    assert entry.one_of("draw", options, "ends by", "how?") == "withdrawn"
    with pytest.raises(entry.EntryError, match=r"ends by: how\? credit, proof, withdrawn"):
        entry.one_of("", options, "ends by", "how?")


@pytest.mark.parametrize(
    ("part", "whole", "drawn"),
    [(0, 10, ""), (-5, 10, ""), (1, 10_000, "╸"), (5, 10, "━━"), (10, 10, "━━━━"), (20, 10, "━━━━")],
)
def test_a_bar_shows_anything_that_is_more_than_nothing(part: int, whole: int, drawn: str) -> None:
    assert bar(part, whole, 4) == drawn


@pytest.mark.parametrize(
    ("since", "words"),
    [
        (timedelta(minutes=5), "5 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=2, minutes=30), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=3), "3 d"),
    ],
)
def test_how_long_a_callback_is_overdue(since: timedelta, words: str) -> None:
    assert overdue(since) == words


def test_cells_are_packed_and_never_broken() -> None:
    rows = pack([("✓ sent 08 Sep", ""), ("✓ delivered 10 Sep", ""), ("✓ reminded 03 Oct", "")], 36)
    assert ["".join(span.text for span in line) for line in rows] == [
        "✓ sent 08 Sep  ✓ delivered 10 Sep",
        "✓ reminded 03 Oct",
    ]
    assert pack([], 20) == []
