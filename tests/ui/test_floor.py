"""The floor board: one change draws one row, old news says so in words, and keys order what they say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec import structs

from tests.ui.conftest import Opened, Story
from tests.ui.fake_call import CALL
from tests.ui.fakes import MORGAN, NOW, FakeClient
from tests.ui.hostile import HOSTILE
from workstation.desk.views import SignedInUser
from workstation.floor import messages as m
from workstation.ui.floor import rows as floor_rows
from workstation.ui.floor.view import FloorView, Order, Show

Check = Callable[[str, str], None]
AT = NOW.timestamp()


def lamps(*states: str) -> tuple[m.LampOut, ...]:
    titles = ("who is calling", "recorded", "collector", "may dispute")
    return tuple(m.LampOut(rule_id=t, title=t, state=s) for t, s in zip(titles, states, strict=False))


def person(user_id: int, name: str, state: str, seconds: float, **more: object) -> m.FloorRow:
    return m.FloorRow(
        user_id=user_id, name=name, role="collector", extension="", state=state, since=AT - seconds, **more,  # type: ignore[arg-type]  # fields of FloorRow
    )  # fmt: skip


DANA = person(
    7, "Dana Whitfield", "talking", 192, call_id=CALL, account_id=1, account="A-10482 HARLOW TOOL & DIE LLC",
    lamps=lamps("heard", "heard", "due-soon", "waiting"), calls=41, right_party=17, promises=6,
)  # fmt: skip
SAM = person(
    8, "Sam Okafor", "talking", 48, call_id="call-0002-bbbb", account_id=2,
    account="A-10483 Meridian Packaging",
    lamps=lamps("heard", "missing"), finding="threat of arrest", severity="critical", alarm=True,
    calls=38, right_party=11, promises=2,
)  # fmt: skip
FLOOR = (
    DANA,
    SAM,
    person(10, "Priya Nair", "available", 12, calls=52, right_party=20, promises=9),
    person(11, "Lee Park", "paused", 1_500, pause="lunch", calls=30, right_party=9, promises=3),
    person(12, "Ines Costa", "paused", 95, pause="come and see me", paused_by="morgan", calls=12),
    person(13, "Tomás Ruiz", "wrap-up", 61, call_id="call-0003-cccc", account="A-10490 Kestrel Foods"),
    person(14, "Ana Berg", "away", 130, connected=False),
    person(15, "Joel Katz", "on hold", 22, call_id="call-0004-dddd", account="A-10511 Brightwater Marine",
           lamps=lamps("heard", "heard", "heard"), pause="training", calls=29, right_party=8, promises=1),
)  # fmt: skip


def on_floor(rows: tuple[m.FloorRow, ...] = FLOOR) -> FakeClient:
    client = FakeClient()
    client.floor = m.FloorSnapshot(at=AT, lag_ms=12, rows=rows)
    return client


def asked(s: Story, kind: type[m.Command]) -> list[m.Command]:
    return [c for c in s.client.asked if isinstance(c, kind)]


def talk(s: Story) -> None:
    s.client.heard("agent", 0, 2.0, "good morning this is dana whitfield")
    s.client.heard("debtor", 0, 6.0, "yes this is jordan speaking")
    s.client.heard("agent", 1, 9.0, "you owe eight four twenty", final=False)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (132, 43)])
async def test_the_floor(opened: Opened, snapshot: Check, width: int, height: int) -> None:
    async with opened(width, height, user=MORGAN, client=on_floor()) as s:
        assert s.app.screen is s.app.floor, "a supervisor begins on the floor"
        await s.keys("down")
        assert s.app.floor.chosen() is not None
        talk(s)
        s.app.floor.tick()  # the head may have been drawn before the line's state was known
        await s.idle()
        snapshot(f"floor-{width}x{height}", s.grid)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (132, 43)])
async def test_old_news_says_so_in_words(opened: Opened, snapshot: Check, width: int, height: int) -> None:
    now = [NOW]
    async with opened(width, height, user=MORGAN, client=on_floor(), clock=lambda: now[0]) as s:
        assert "alarm" in s.grid
        now[0] = NOW + timedelta(seconds=3)
        s.app.floor.tick()
        assert "NOT CURRENT" not in s.grid
        now[0] = NOW + timedelta(seconds=7)
        s.app.floor.tick()
        assert "NOT CURRENT: no news from the switchboard for 00:07" in s.grid
        snapshot(f"floor-stale-{width}x{height}", s.grid)
        s.client.send(m.FloorChanged(at=AT + 7, lag_ms=3))
        await s.idle()
        assert "NOT CURRENT" not in s.grid


async def test_one_collector_who_changed_is_one_row_drawn(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = tuple(person(100 + n, f"Collector {n:03}", "talking", n) for n in range(200))
    async with opened(132, 43, user=MORGAN, client=on_floor(crowd)) as s:
        assert "200 on the floor" in s.grid
        drawn: list[int] = []
        draw = floor_rows.floor_row

        def count(one: m.FloorRow, *rest: object) -> object:
            drawn.append(one.user_id)
            return draw(one, *rest)  # type: ignore[arg-type]  # what it was called with

        monkeypatch.setattr(floor_rows, "floor_row", count)
        changed = structs.replace(crowd[5], state="on hold", since=AT)
        s.client.send(m.FloorChanged(at=AT, lag_ms=9, rows=(changed,)))
        await s.idle()
        s.app.screen._compositor.render_strips()
        once = list(drawn)
        assert set(once) == {105}, "nobody else's row was drawn"
        drawn.clear()
        out_of_sight = structs.replace(crowd[150], state="on hold", since=AT)
        s.client.send(m.FloorChanged(at=AT, lag_ms=9, rows=(out_of_sight,)))
        await s.idle()
        assert drawn == []
        assert "on hold" in s.line("Collector 005")
        s.client.send(m.FloorChanged(at=AT, lag_ms=9))
        await s.idle()
        assert drawn == [], "a beat draws no row"


async def test_the_chosen_collector_stays_chosen_and_their_call_is_watched(opened: Opened) -> None:
    async with opened(user=MORGAN, client=on_floor()) as s:
        assert s.app.floor.chosen() == SAM, "alarms come first"
        assert [c.call_id for c in asked(s, m.Watch)] == [SAM.call_id]  # type: ignore[attr-defined]  # a Watch
        await s.keys("down")
        chosen = s.app.floor.chosen()
        assert chosen == DANA
        assert s.last() == m.Watch(call_id=CALL)
        assert m.Unwatch(call_id=SAM.call_id) in s.client.asked
        talk(s)
        await s.idle()
        assert "yes this is jordan speaking" in s.grid
        assert "Dana" in s.line("good morning this is dana")
        # Another alarm goes to the top; the cursor goes with its collector.
        s.client.send(m.FloorChanged(at=AT, lag_ms=1, rows=(structs.replace(FLOOR[7], alarm=True),)))
        await s.idle()
        assert s.app.floor.chosen() == DANA
        s.client.send(m.FloorChanged(at=AT, lag_ms=1, gone=(DANA.user_id,)))
        await s.idle()
        assert "Dana" not in s.grid
        assert m.Unwatch(call_id=CALL) in s.client.asked


async def test_keys_order_what_they_say(opened: Opened) -> None:
    async with opened(user=MORGAN, client=on_floor()) as s:
        for key, mode in (("l", "listen"), ("w", "whisper"), ("b", "barge")):
            await s.keys(key)
            assert s.last() == m.Monitor(call_id=SAM.call_id, mode=mode)
        s.client.send(m.PhoneChanged(job="barge", state="up", call_id=SAM.call_id))
        await s.idle()
        assert "BOTH SIDES hear you; what you say is not in the recording" in s.grid
        await s.keys("s")
        assert s.last() == m.StopMonitor()
        await s.keys("t", "down", "enter")
        assert asked(s, m.TakeOver) == [], "leaving it takes nothing over"
        await s.keys("t", "enter")
        assert asked(s, m.TakeOver) == [m.TakeOver(call_id=SAM.call_id)]
        s.client.send(
            m.PhoneChanged(job="ready", state="failed", call_id="x", detail="your phone did not answer")
        )
        await s.idle()
        assert s.message == "your phone did not answer"
        await s.keys("p", *"come here", "enter")
        assert asked(s, m.ForcePause) == [m.ForcePause(user_id=8, reason="come here")]
        await s.keys("x", *"go home", "enter")
        assert asked(s, m.ForceSignOut) == [m.ForceSignOut(user_id=8, reason="go home")]
        await s.keys("f", "f", "f")
        assert "on pause or away" in s.message.casefold()
        assert "Priya" not in s.grid
        await s.keys("p")
        chosen = s.app.floor.chosen()
        assert chosen is not None
        assert s.last() == m.LiftPause(user_id=chosen.user_id)
        await s.keys("home", "l")
        assert "in no call now" in s.message or isinstance(s.last(), m.Monitor)


async def test_a_call_that_was_taken_over_lets_the_phone_go_when_it_ends(opened: Opened) -> None:
    async with opened(user=MORGAN, client=on_floor((DANA,))) as s:
        s.client.send(m.PhoneChanged(job="ready", state="taken", call_id=CALL))
        await s.idle()
        assert "you have Dana's call" in s.grid
        s.client.state_of("ended", outcome="answered")
        await s.idle()
        assert "you have Dana's call" not in s.grid


async def test_a_floor_without_a_switchboard_says_so_until_there_is_one(opened: Opened) -> None:
    client = on_floor()
    client.connects = False
    who = m.SignIn(username="dana", password="correct horse")
    async with opened(user=None, client=client, credentials=who) as s:
        s.app.go("floor")
        await s.idle()
        assert "waiting for the switchboard" in s.grid
        client.connects = True
        for _ in range(3):
            s.app.retry()
        await s.until(lambda: "8 on the floor" in s.grid)


async def test_the_calls_audit_is_one_key_away(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(user=MORGAN, client=on_floor()) as s:
        opened_calls: list[str] = []
        monkeypatch.setattr(s.app, "review", opened_calls.append)
        await s.keys("enter")
        assert opened_calls == [SAM.call_id]
        await s.keys("end", "up", "up", "a")
        assert "no call to look into" in s.message


async def test_compliance_listens_and_steers_nothing(opened: Opened) -> None:
    who = SignedInUser(9, "casey", "Casey Compliance", "compliance", "1009")
    async with opened(user=who, client=on_floor()) as s:
        s.app.go("floor")
        await s.idle()
        last = s.grid.splitlines()[-1]
        assert "listen" in last
        assert "take over" not in last
        assert "sign out" not in last


async def test_hostile_names_and_reasons_are_text(opened: Opened) -> None:
    rows = tuple(
        person(n, text, "paused", 5, pause=text, paused_by=text, account=text, finding=text, alarm=True)
        for n, text in enumerate(HOSTILE)
    )
    for width, height in ((80, 24), (132, 43)):
        async with opened(width, height, user=MORGAN, client=on_floor(rows)) as s:
            for _ in rows:
                await s.keys("down")
            grid = s.grid
            assert "\x1b" not in grid
            assert "\u202e" not in grid
            assert s.app.screen is s.app.floor


# ---- the view alone ---------------------------------------------------------------------------------


def test_order_and_choice() -> None:
    view = FloorView()
    view.apply(m.FloorSnapshot(at=AT, lag_ms=0, rows=FLOOR), NOW)

    def names() -> list[str]:
        return [r.name.split()[0] for r in view.rows]

    assert names() == ["Sam", "Dana", "Joel", "Ana", "Ines", "Lee", "Priya", "Tomás"]
    view.sort(order=Order.STATE)
    assert names() == ["Sam", "Dana", "Joel", "Tomás", "Priya", "Lee", "Ines", "Ana"]
    view.sort(order=Order.TIME)
    assert names() == ["Sam", "Lee", "Dana", "Ana", "Ines", "Tomás", "Joel", "Priya"]
    view.sort(show=Show.CALLS)
    assert names() == ["Sam", "Dana", "Joel"]
    view.sort(show=Show.ALARMS)
    assert names() == ["Sam"]
    assert view.place_of(7) is None
    assert view.row(7) == DANA
    assert view.counts()["talking"] == 2


def test_a_change_says_which_places_must_be_drawn() -> None:
    view = FloorView()
    now: datetime = NOW
    assert view.apply(m.FloorSnapshot(at=AT, lag_ms=0, rows=FLOOR), now) is None
    same = m.FloorChanged(at=AT, lag_ms=0, rows=(SAM,))
    assert view.apply(same, now) == []
    more = structs.replace(SAM, calls=39)
    assert view.apply(m.FloorChanged(at=AT, lag_ms=0, rows=(more,)), now) == [0]
    calm = structs.replace(SAM, alarm=False)
    assert view.apply(m.FloorChanged(at=AT, lag_ms=0, rows=(calm,)), now) is None
    assert view.apply(m.FloorChanged(at=AT, lag_ms=0, gone=(999,)), now) == []


def test_time_in_state_is_by_the_switchboards_clock() -> None:
    view = FloorView()
    view.apply(m.FloorSnapshot(at=AT + 100, lag_ms=0, rows=(person(1, "A", "talking", -90),)), NOW)
    assert view.seconds(view.rows[0], NOW) == pytest.approx(10)
    assert view.seconds(view.rows[0], NOW + timedelta(seconds=5)) == pytest.approx(15)
