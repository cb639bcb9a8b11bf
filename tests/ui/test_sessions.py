"""Signing in, coming back to a call that is up, and lines that are lost."""

from __future__ import annotations

from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL
from tests.ui.fakes import FakeClient, FakeDesk
from workstation.floor import messages as m
from workstation.ui.wrap import Stage


async def test_sign_in_and_a_wrong_password(opened: Opened) -> None:
    async with opened(user=None) as s:
        await s.keys(*"dana", "enter", *"wrong", "enter")
        assert s.message == "name or password is wrong"
        await s.keys(*"correct horse", "enter")
        assert s.app.screen is s.app.queue
        assert "HARLOW" in s.grid
        signed = [c for c in s.client.asked if isinstance(c, m.SignIn)]
        assert [c.username for c in signed] == ["dana"]


async def test_signing_in_by_credentials_goes_straight_to_the_queue(opened: Opened) -> None:
    who = m.SignIn(username="dana", password="correct horse")
    async with opened(user=None, credentials=who) as s:
        assert s.app.screen is s.app.queue
        assert "practice line" in s.grid


async def test_a_call_that_is_up_is_re_entered_after_signing_in(opened: Opened) -> None:
    client = FakeClient()
    client.calls = (CALL,)
    client.present = client.snapshot(CALL, "talking")
    async with opened(
        user=None, client=client, credentials=m.SignIn(username="dana", password="correct horse")
    ) as s:
        await s.until(lambda: "● TALK" in s.grid)
        assert "HARLOW TOOL & DIE LLC" in s.grid


async def test_a_lost_switchboard_is_said_and_the_snapshot_rebuilds_the_call(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.client.go("reconnecting")
        await s.idle()
        assert "✗ LINE DOWN reconnecting  was TALK 03:12" in s.grid
        s.client.seq += 40
        heard = m.Heard(
            call_id=CALL,
            seq=40,
            leg="debtor",
            index=9,
            start=200.0,
            end=202.0,
            text="still here",
            words=(),
            final=True,
        )
        s.client.present = s.client.snapshot(CALL, "talking", heard=(heard,))
        s.client.go("up")
        s.client.send(s.client.snapshot(CALL, "talking", heard=(heard,)))
        await s.idle()
        assert "● TALK" in s.grid
        assert "still here" in s.grid
        assert "billing at harlow" not in s.grid, "the snapshot replaces what was known"
        assert s.message == "The line is back."


async def test_a_call_that_ended_while_the_line_was_down_goes_to_wrap_up(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.client.go("reconnecting")
        s.client.over = True
        s.client.go("up")
        await s.idle()
        assert s.stage() is Stage.CHOOSE
        assert "TALK" not in s.grid.splitlines()[0]
        assert "that call is over" in s.message


async def test_a_call_left_without_wrap_up_is_offered_at_the_start(opened: Opened) -> None:
    desk = FakeDesk()
    desk.unwrapped = ("call-old", 3)
    async with opened(desk=desk) as s:
        await s.until(lambda: s.stage() is Stage.CHOOSE)
        assert "Osei & Daughters" in s.grid
        assert "has not been wrapped up" in s.message
