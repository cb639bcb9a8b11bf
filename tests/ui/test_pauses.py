"""The collector's end of the floor: pauses of one's own, and what a supervisor orders."""

from __future__ import annotations

from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL
from workstation.floor import messages as m


async def test_a_pause_is_taken_with_a_reason_and_given_back(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("p")
        assert "lunch" in s.line("unpaid")
        await s.keys(*"lunch", "enter")
        assert s.last() == m.Pause(reason="lunch")
        s.client.send(m.PauseChanged(reason="lunch"))
        await s.idle()
        assert "You are on pause (lunch)" in s.message
        assert "p end pause" in s.grid.splitlines()[-1]
        await s.keys("p")
        assert s.last() == m.Unpause()
        s.client.send(m.PauseChanged(reason=""))
        await s.idle()
        assert s.message == "You can take calls again."


async def test_who_is_paused_signed_out_or_taken_over_is_told_by_whom(opened: Opened) -> None:
    async with opened() as s:
        s.client.send(m.PauseChanged(reason="come and see me", by="morgan"))
        await s.idle()
        assert "morgan has paused you: come and see me" in s.message
        await s.talk()
        s.client.send(m.TakenOver(call_id=CALL, seq=s.client.next(), by="Morgan Lee"))
        await s.idle()
        assert "Morgan Lee has taken this call over" in s.message
        s.client.send(m.SignedOut(reason="Morgan Lee has signed you out: the shift is over"))
        await s.idle()
        assert s.app.screen is s.app.sign_in_screen
        assert "the shift is over" in s.message
        assert s.app.user is None
        await s.keys(*"dana", "enter", *"correct horse", "enter")
        assert "HARLOW" in s.grid
