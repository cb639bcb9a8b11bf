"""A talk on the practice line as a story needs it: a caller says what is to be said; all is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from dialer.practice.client import PracticeLine, TurnOutcome
from dialer.practice.say_aloud import in_breaths
from tests.floor.rig import Floor, Watcher
from workstation.floor import messages as m
from workstation.floor.client import Client

Found = TypeVar("Found")

LONG_S = 120.0
"""The longest anything may take: a machine that is busy with other work is slow, not broken."""
TURN_S = 30.0
"""The longest turn of a debtor, its silence included."""


async def until(look: Callable[[], Found | None], what: str, seconds: float = LONG_S) -> Found:
    """Look, off the event loop, until something is there; what the book says is told by no event."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                if found := await asyncio.to_thread(look):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {seconds:.0f} s") from None


async def practice_of(floor: Floor) -> PracticeLine:
    """The control channel of the floor's practice line."""
    process = floor.plant.practice
    assert process is not None
    return await PracticeLine.connect(process.host, process.control_port)


class Caller:
    """Somebody at a workstation who calls on the practice line and speaks through it."""

    def __init__(self, floor: Floor, client: Client, practice: PracticeLine, user_id: int) -> None:
        self.floor, self.client, self.user_id = floor, client, user_id
        self._practice = practice
        self.call_id = ""
        self.leg = ""
        self._lines = 0
        self.watcher: Watcher

    async def place(self, ids: tuple[int, int, int]) -> None:
        """Call an account's person at a phone, through the gate, and watch the call."""
        placed = await self.client.ask(m.PlaceCall(account_id=ids[0], party_id=ids[1], phone_id=ids[2]))
        assert isinstance(placed, m.Reply)
        assert placed.ok, (placed.error, placed.refused)
        self.call_id = placed.call_id
        self.watcher = Watcher(self.client, self.call_id)
        watching = await self.client.ask(m.Watch(call_id=self.call_id))
        assert isinstance(watching, m.Reply)
        assert watching.ok, watching.error
        self.leg = self.floor.book.call(self.call_id).agent_leg.partition(":")[2]

    async def rehearse(self, lines: Sequence[str]) -> None:
        """Have lines made ready, so that each is said at once."""
        await self._practice.prepare(lines)

    async def listen(self) -> None:
        """Wait until the debtor has spoken and paused."""
        heard = await self._practice.wait_turn(self.leg, TURN_S)
        assert heard is TurnOutcome.TURN, f"the debtor's turn: {heard}"

    async def say(self, *lines: str) -> None:
        """Speak, line after line without a pause, and wait until it is said."""
        for line in lines:
            answer = await self.client.ask(m.Say(call_id=self.call_id, text=line))
            assert isinstance(answer, m.Reply)
            assert answer.ok, answer.error
        # The switchboard answers before the voice has the words: without them nothing is left to be said.
        self._lines += sum(len(in_breaths(line)) for line in lines)
        async with asyncio.timeout(LONG_S):
            while len(await self._practice.spoken(self.leg)) < self._lines:
                await asyncio.sleep(0.05)
        await self._practice.wait_said(self.leg)

    async def hang_up(self) -> m.CallChanged:
        """End the call; returns how telephony says that it ended."""
        await self.client.ask(m.HangUp(call_id=self.call_id))
        return await self.watcher.state("ended", LONG_S)

    async def judged(self) -> None:
        """Wait until the call's last words are in and it is judged."""
        book, call_id = self.floor.book, self.call_id
        await until(
            lambda: call_id not in book.calls_to_judge() and call_id not in {g[0] for g in book.gaps()},
            "the call is judged",
        )

    async def heard_again(self) -> None:
        """Wait until the call was heard the second time: from then on nobody changes words or findings."""
        await until(lambda: self.floor.book.how_heard(self.call_id), "the call is heard again")
