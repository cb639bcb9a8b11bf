"""The question box: a reason in one line, or the password again before what others must not do."""

from __future__ import annotations

from tests.ui.conftest import Opened
from workstation.floor import messages as m
from workstation.ui.room import Question


async def test_a_fresh_proof_is_asked_for_until_it_is_right(opened: Opened) -> None:
    async with opened() as s:
        done: list[str] = []
        s.app.prove("approving a final notice", lambda: done.append("went on"))
        await s.idle()
        assert "Dana Whitfield: your password again" in s.grid
        assert "approving a final notice" in s.grid
        await s.keys("enter")
        assert "nothing was entered" in s.grid
        await s.keys(*"wrong", "enter")
        assert "wrong password" in s.grid
        assert done == []
        await s.keys(*"right")
        assert "•" * len("right") in s.grid
        await s.keys("enter")
        assert done == ["went on"]
        assert s.app.screen is s.app.queue


async def test_leaving_the_question_does_nothing(opened: Opened) -> None:
    async with opened() as s:
        done: list[str] = []
        s.app.prove("why", lambda: done.append("went on"))
        await s.keys(*"right", "escape")
        assert done == []
        assert s.app.screen is s.app.queue
        s.app.question(Question("Reason", "in the audit log", done.append))
        await s.idle()
        assert "right" not in s.app.asker._input.value
        await s.keys(*"late lunch", "enter")
        assert done == ["late lunch"]
        assert s.app.screen is s.app.queue


async def test_a_one_time_code_is_asked_for_where_there_is_one(opened: Opened) -> None:
    async with opened(user=None) as s:
        assert "code" not in s.grid
        await s.keys(*"coded", "enter", *"correct horse", "enter")
        assert "one-time code" in s.message
        assert "code" in s.line("six digits")
        await s.keys("enter")
        assert s.message == "code: please fill in"
        await s.keys(*"123456", "enter")
        assert "HARLOW" in s.grid
        asked = [c for c in s.client.asked if isinstance(c, m.SignIn)]
        assert [(c.username, c.password, c.code, c.ticket) for c in asked] == [("dana", "", "", "one-ticket")]


async def test_a_wrong_code_begins_anew(opened: Opened) -> None:
    async with opened(user=None) as s:
        await s.keys(*"coded", "enter", *"correct horse", "enter")
        await s.keys(*"000000", "enter")
        assert "wrong one-time code" in s.message
        assert "six digits" not in s.grid
        assert s.client.asked == []
