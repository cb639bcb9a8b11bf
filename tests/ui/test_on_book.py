"""A whole call on the real book: queue, gate, attempt, words, wrap-up and what is left in the database."""

from __future__ import annotations

import asyncio

from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story
from tests.ui.fakes import FakeClient
from workstation.desk.book import Authorised, CallEnd, CallRequest, TransitionRecord
from workstation.desk.views import SignedInUser
from workstation.floor import messages as m
from workstation.ui.app import Workstation
from workstation.ui.wrap import Stage


class BookedClient(FakeClient):
    """A switchboard whose PlaceCall takes the decision and the attempt in the real book."""

    def __init__(self, demo: Demo, user_id: int) -> None:
        super().__init__()
        self.demo, self.user_id = demo, user_id
        self.call: Authorised | None = None

    async def ask(self, command: m.Command) -> m.Reply | m.SignedIn:
        if isinstance(command, m.PlaceCall):
            request = CallRequest(
                command.account_id, command.party_id, command.phone_id, self.user_id, "practice:x"
            )
            answer = await asyncio.to_thread(self.demo.book.authorise, request, self.demo.now)
            if not isinstance(answer, Authorised):
                said = tuple(m.RuleSaid(c.rule_id, c.citation, c.message) for c in answer.reasons)
                return m.Reply(id=2, ok=False, refused=said)
            self.call = answer
            return m.Reply(id=2, ok=True, call_id=answer.call_id)
        if isinstance(command, m.Watch | m.HangUp):
            return m.Reply(id=3, ok=True)
        return await super().ask(command)

    def moved(self, state: str, seq: int, outcome: str = "") -> None:
        assert self.call is not None
        now = self.demo.now.timestamp()
        self.send(
            m.CallChanged(
                call_id=self.call.call_id, seq=seq, state=state, at=now, recording="on", outcome=outcome
            )
        )

    def end(self) -> None:
        assert self.call is not None
        now, book = self.demo.now, self.demo.book
        book.record_transition(self.call.call_id, TransitionRecord(now, "dialing", "answered", "talking", {}))
        book.end_call(self.call.call_id, CallEnd(now, "answered", True, True, 62.0, {"cause": "16"}))
        self.moved("ended", 9, "answered")


async def test_a_call_on_the_demo_book(demo_book: Demo, scripts: Catalog) -> None:
    user = demo_book.book.sign_in("dana", demo_book.seeded.passwords["dana"], demo_book.now)
    practice = SignedInUser(user.user_id, user.username, user.full_name, user.role, "")
    client = BookedClient(demo_book, user.user_id)
    app = Workstation(demo_book.book, client, scripts, clock=lambda: demo_book.now, user=practice)
    async with app.run_test(size=(132, 43)) as pilot:
        s = Story(app, None, client, pilot)  # type: ignore[arg-type]  # the desk is the real book
        await s.until(lambda: "▸" in s.grid and app.queue.chosen() is not None)
        first = app.queue.chosen()
        assert first is not None
        assert "HARLOW" in first.name.upper()
        await s.keys("enter", "f4", "enter")
        assert client.call is not None, s.message
        client.moved("talking", 1)
        client.lamps()
        await s.idle()
        assert "● TALK" in s.grid
        assert "Dana" in s.grid
        await asyncio.to_thread(client.end)
        await s.until(lambda: app.cockpit.wrap.stage is Stage.CHOOSE)
        await s.keys("1", *"1200", "tab", "tab", "tab", "enter")
        assert s.stage() is Stage.PROMISE, "a promise without a day is not taken"
        app.cockpit.set_focus(app.cockpit.panel.inputs["day"])
        await s.keys("ctrl+u", *"fri", "enter")
        assert s.stage() is Stage.NOTE, s.message
        await s.keys("enter")
        assert s.stage() is Stage.SAVED, s.message
        assert "RPC_PROMISE" in s.message
    account = demo_book.book.account(first.account_id, demo_book.now)
    called = next(p for p in account.phones if p.number == client.call.number)
    assert not called.callable, "one attempt a day"
    assert account.open_promise is not None
    assert account.open_promise.amount.minor == 120_000
    assert demo_book.book.unwrapped_call(user.user_id) is None
