"""What agents do to a call that is up: hold, mute, digits, and the pause for card data."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from dialer.adoption import Adoption
from dialer.call import CallError, CallEvent, CallState, IllegalEvent
from dialer.followed import Followed, LegUp
from dialer.hearing import Hearing
from dialer.legs import checked_digits
from dialer.line import Line, LineRefused, NoSuchCall
from dialer.own_phone import TAKE_OVER_CONTEXT

_SETTLES_WITHIN = 3.0
"""Seconds a hold or resume may take to show in the bridges."""
_DIGIT_MS, _PAUSE_MS = 120, 80


class Steering:
    """Acts on one call at a time in one order: the commands of a call wait for each other."""

    def __init__(
        self,
        line: Line,
        hearing: Hearing,
        adoption: Adoption,
        calls: Mapping[str, Followed],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._line = line
        self._hearing = hearing
        self._adoption = adoption
        self._calls = calls
        self._clock = clock
        self._now = monotonic
        self._locks: dict[str, asyncio.Lock] = {}

    def find(self, call_id: str) -> Followed:
        """Return a call that is up. Raises NoSuchCall."""
        one = self._calls.get(call_id)
        if one is None:
            raise NoSuchCall("that call is over")
        return one

    def forget(self, call_id: str) -> None:
        """Take it that a call is over."""
        self._locks.pop(call_id, None)

    async def hold(self, call_id: str) -> None:
        """Let the debtor hear music, and the agent nothing."""
        async with self._still(call_id, CallState.TALKING, CallEvent.HELD) as one:
            await self._line.ask(
                "Redirect",
                {
                    "Channel": one.debtor.channel,
                    "Context": "dunline-hold",
                    "Exten": "s",
                    "Priority": "1",
                    "ExtraChannel": one.agent.channel,
                    "ExtraContext": "dunline-wait",
                    "ExtraExten": "s",
                    "ExtraPriority": "1",
                },
            )
            await _settled(one, lambda: not one.agent.bridge and not one.debtor.bridge)
            position = f"{one.timeline.position(self._now()):.3f}"
            one.call.apply(CallEvent.HELD, self._clock(), {"position": position})
            await self._adoption.remember(one, {"POSITION": position, "RESUMED": ""})

    async def resume(self, call_id: str) -> None:
        """Join agent and debtor again."""
        async with self._still(call_id, CallState.HELD, CallEvent.RESUMED) as one:
            agent = {"Channel": one.agent.channel}
            await self._line.ask(
                "Setvar", {**agent, "Variable": "DUNLINE_DEBTOR", "Value": one.debtor.channel}
            )
            resume = {"Context": "dunline-resume", "Exten": "s", "Priority": "1"}
            await self._line.ask("Redirect", {**agent, **resume})
            await _settled(one, lambda: one.connected)
            now = self._clock()
            one.call.apply(CallEvent.RESUMED, now, {"bridge": one.agent.bridge})
            await self._adoption.remember(one, {"RESUMED": f"{now.timestamp():.3f}"})

    async def mute(self, call_id: str, on: bool) -> None:
        """Mute or unmute the agent's microphone."""
        one = self.find(call_id)
        async with self._lock(call_id):
            if on:
                self._hearing.mute(call_id, True)
            state = "on" if on else "off"
            await self._line.ask(
                "MuteAudio", {"Channel": one.agent.channel, "Direction": "in", "State": state}
            )
            one.muted = on
            self._hearing.mute(call_id, on)
            await self._adoption.remember(one, {"MUTED": "1" if on else ""})

    async def send_digits(self, call_id: str, digits: str) -> None:
        """Send DTMF to the debtor's leg."""
        checked_digits(digits)
        async with self._still(call_id, CallState.TALKING, CallEvent.HELD) as one:
            for digit in digits:
                await self._line.ask(
                    "PlayDTMF", {"Channel": one.debtor.channel, "Digit": digit, "Duration": str(_DIGIT_MS)}
                )
                await asyncio.sleep((_DIGIT_MS + _PAUSE_MS) / 1000)

    async def pause_for_card(self, call_id: str) -> None:
        """Stop hearing, then mute the recording. Where that fails, nothing is heard even so."""
        one = self.find(call_id)
        async with self._lock(call_id):
            self._hearing.pause(call_id, True)
            try:
                await self._mute_recording(one, "1")
            except CallError as error:
                raise type(error)(f"THE RECORDING IS STILL ON, take no card number: {error}") from error
            one.card_pause = True
            await self._adoption.remember(one, {"CARD": "1"})

    async def resume_after_card(self, call_id: str) -> None:
        """Record and hear again."""
        one = self.find(call_id)
        async with self._lock(call_id):
            await self._mute_recording(one, "0")
            one.card_pause = False
            self._hearing.pause(call_id, False)
            await self._adoption.remember(one, {"CARD": ""})

    def changeable(self, call_id: str) -> Followed:
        """Return a call whose agent may change now. Raises LineRefused, NoSuchCall."""
        one = self.find(call_id)
        if one.card_pause:
            raise LineRefused("the recording is paused for card data: take over when it is on again")
        if one.call.state is not CallState.TALKING:
            raise LineRefused(f"a call that is {one.call.state} cannot be taken over: both must be talking")
        return one

    async def change_agent(self, call_id: str, uniqueid: str, channel: str) -> None:
        """Let another phone of this house, up already, take the agent's place beside the debtor.

        The debtor hears music meanwhile, for a fraction of a second. The recording goes on in the same files
        once the leg before has written its own to the end.
        """
        async with self._still(call_id, CallState.TALKING, CallEvent.HELD) as one:
            before = self.changeable(call_id).agent
            for name, value in (
                ("CALL", call_id),
                ("DECISION", one.decision_id),
                ("DEBTOR", one.debtor.channel),
            ):
                await self._line.ask(
                    "Setvar", {"Channel": channel, "Variable": f"DUNLINE_{name}", "Value": value}
                )
            # From here on the call hangs on the new leg: the old one may go without ending it.
            one.agent, one.muted = LegUp(uniqueid, channel), False
            await self._hearing.forget_agent(one)
            self._hearing.mute(call_id, False)
            hold = {"Context": "dunline-hold", "Exten": "s", "Priority": "1"}
            await self._line.ask("Redirect", {"Channel": one.debtor.channel, **hold})
            await self._line.hang_up_if_there(before.channel)
            await _settled(one, lambda: not one.debtor.bridge)
            position = one.timeline.position(self._now())
            await self._adoption.written(call_id)
            take = {"Context": TAKE_OVER_CONTEXT, "Exten": "s", "Priority": "1"}
            await self._line.ask("Redirect", {"Channel": one.agent.channel, **take})
            await _settled(one, lambda: one.connected)
            resumed = f"{self._clock().timestamp():.3f}"
            await self._adoption.remember(one, {"POSITION": f"{position:.3f}", "RESUMED": resumed})

    async def _mute_recording(self, one: Followed, state: str) -> None:
        what = {"Channel": one.agent.channel, "Direction": "both", "State": state}
        await self._line.ask("MixMonitorMute", what)

    def _lock(self, call_id: str) -> asyncio.Lock:
        return self._locks.setdefault(call_id, asyncio.Lock())

    @contextlib.asynccontextmanager
    async def _still(self, call_id: str, wanted: CallState, event: CallEvent) -> AsyncIterator[Followed]:
        """Hold the call still for a command that needs it in one state. Raises IllegalEvent, NoSuchCall."""
        one = self.find(call_id)
        async with self._lock(call_id):
            if one.call.state is not wanted:
                raise IllegalEvent(call_id, one.call.state, event)
            yield one


async def _settled(one: Followed, done: Callable[[], bool]) -> None:
    """Wait for the bridges to show what was ordered."""
    for _ in range(int(_SETTLES_WITHIN / 0.02)):
        if one.ended:
            raise NoSuchCall("the call ended meanwhile")
        if done():
            return
        await asyncio.sleep(0.02)
    raise LineRefused("Asterisk took the order, and the call did not follow it")
