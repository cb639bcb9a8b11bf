"""The question box: a reason in one line, or the password again before what others must not do."""

from __future__ import annotations

from tests.ui.conftest import Opened
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
