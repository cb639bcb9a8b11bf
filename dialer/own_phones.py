"""The phones of this house that are rung for their own users: to listen in, to take over, to hear a clip.

One errand a phone at a time. An errand's life is told as :class:`PhoneStatus`, on the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import structlog

from dialer.ami import Ami, AmiError, AmiRefused
from dialer.call import CallError
from dialer.followed import Followed, Packet
from dialer.legs import BadLeg
from dialer.line import Line, LineDown, LineRefused, NoSuchCall
from dialer.own_phone import CONTEXT, RINGS_FOR, SPYING, Job, OwnPhoneOrder, new_channel_id
from dialer.steering import Steering

_log = structlog.get_logger(__name__)


class PhoneState(StrEnum):
    """Where an errand stands."""

    RINGING = "ringing"
    UP = "up"
    TAKEN = "taken"
    """It is the agent's leg of the call now: from here on its life is the call's."""
    OVER = "over"
    FAILED = "failed"
    """The phone did not answer, or what it was rung for could not be done."""


@dataclass(frozen=True, slots=True)
class PhoneStatus:
    """What an own phone does now."""

    extension: str
    call_id: str
    job: Job
    state: PhoneState
    detail: str = ""
    """What went wrong, in one line."""
    owner: object = None
    """What was given with the order."""


@dataclass(slots=True)
class _Errand:
    extension: str
    call_id: str
    job: Job
    uniqueid: str
    owner: object
    channel: str = ""
    up: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """The dialplan says that what was ordered last has begun: Asterisk takes the next order only then."""
    taken: bool = False
    """The phone is the agent's leg of the call now: what happens to it is the call's business."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class OwnPhones:
    """Rings phones of this house; no number outside can be reached from here (dialer.own_phone)."""

    def __init__(
        self,
        ami: Ami,
        line: Line,
        steering: Steering,
        calls: Mapping[str, Followed],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        on_phone: Callable[[PhoneStatus], None],
    ) -> None:
        self._ami = ami
        self._line = line
        self._steering = steering
        self._calls = calls
        self._spawn = spawn
        self._on_phone = on_phone
        self._errands: dict[str, _Errand] = {}

    async def monitor(self, extension: str, call_id: str, mode: Job, owner: object = None) -> None:
        """Let a phone listen to a call, or change how it does. Raises CallError."""
        if mode not in SPYING:
            raise BadLeg(f"{mode} is not a way to listen: listen, whisper or barge")
        one = self._steering.find(call_id)
        if not one.agent.there:
            raise LineRefused("there is nothing to listen to yet: the collector's phone is not up")
        errand = self._errands.get(extension)
        if errand is not None and errand.call_id == call_id and errand.job in SPYING:
            if not errand.up:
                raise LineRefused("your phone rings already: answer it first")
            await self._send(errand, mode, {"DUNLINE_SPY": one.agent_id})
            self._tell(errand, PhoneState.UP)
            return
        await self._ring(extension, call_id, mode, owner, spy=one.agent_id)

    async def take_over(self, extension: str, call_id: str, owner: object = None) -> None:
        """Put a phone in the agent's place; what came of it is told as PhoneStatus. Raises CallError."""
        self._steering.changeable(call_id)
        errand = self._errands.get(extension)
        if errand is not None and errand.call_id == call_id and errand.job in SPYING and errand.up:
            await self._send(errand, Job.READY, {})
        else:
            await self._ring(extension, call_id, Job.READY, owner)

    async def play(self, extension: str, call_id: str, clip: str, owner: object = None) -> None:
        """Let a phone hear a clip. Raises CallError."""
        await self._ring(extension, call_id, Job.PLAY, owner, clip=clip)

    async def stop(self, extension: str, *jobs: Job) -> None:
        """Hang an own phone up, if it is rung or used for one of these. Raises LineDown."""
        errand = self._errands.get(extension)
        if errand is None or errand.job not in jobs or errand.taken:
            raise NoSuchCall("your phone is not in use for this")
        if not errand.channel:
            raise LineRefused("your phone is only just being rung: try again")
        await self._line.hang_up_if_there(errand.channel)

    async def sweep(self) -> int:
        """Hang up phones a crash left listening; returns how many. Raises AmiError."""
        rows = await self._ami.list("CoreShowChannels")
        left = [row.get("Channel") for row in rows if row.get("Context") == CONTEXT]
        for channel in left:
            await self._line.hang_up_if_there(channel)
        return len(left)

    def see(self, packet: Packet) -> None:
        """Look at one event of the manager interface."""
        errand = self._by_id(packet.get("Uniqueid"))
        if errand is None:
            return
        if packet.name in ("Newchannel", "Newstate", "Rename"):
            errand.channel = packet.get("Newname") or packet.get("Channel")
            if packet.get("ChannelStateDesc") == "Up" and not errand.up:
                errand.up = True
                self._tell(errand, PhoneState.UP)
        elif packet.name == "UserEvent" and packet.get("Phase") == errand.job.value:
            errand.begun.set()
            if errand.job is Job.READY and not errand.taken:
                errand.taken = True
                self._spawn(self._change_over(errand))
        elif packet.name == "Hangup":
            if errand.up:
                self._finish(errand, PhoneState.OVER)
            else:
                self._finish(errand, PhoneState.FAILED, "your phone did not answer")
        elif packet.name == "OriginateResponse" and packet.get("Response") == "Failure":
            self._finish(errand, PhoneState.FAILED, "your phone cannot be reached: is it registered?")

    # ---- inside -----------------------------------------------------------------------------------------

    async def _ring(
        self, extension: str, call_id: str, job: Job, owner: object, *, spy: str = "", clip: str = ""
    ) -> None:
        order = OwnPhoneOrder(extension, job, new_channel_id(call_id), spy, clip)
        if not self._line.has_phone(extension):
            raise BadLeg(f"there is no phone with extension {extension} here")
        if any(one.agent.channel.startswith(f"PJSIP/{extension}-") for one in self._calls.values()):
            raise LineRefused("your phone is in a call: hang up first")
        if (before := self._errands.get(extension)) is not None:
            if not before.channel:
                raise LineRefused("your phone is only just being rung: try again")
            await self._line.hang_up_if_there(before.channel)
            await _within_a_moment(before.over)
        errand = self._errands[extension] = _Errand(extension, call_id, job, order.channel_id, owner)
        try:
            await self._ami.ring_own_phone(order)
        except AmiError as error:
            self._errands.pop(extension, None)
            if isinstance(error, AmiRefused):
                raise LineRefused(f"your phone could not be rung: {error}") from error
            raise LineDown(f"your phone could not be rung: {error}") from error
        # What became of it may be told before Asterisk has acknowledged the order.
        if not errand.up and not errand.over.is_set():
            self._tell(errand, PhoneState.RINGING)
            self._spawn(self._give_up(errand))

    async def _give_up(self, errand: _Errand) -> None:
        """Forget a phone of which nothing was heard: Asterisk does not always name what it could not make."""
        await asyncio.sleep(RINGS_FOR + 5)
        if not errand.up:
            self._finish(errand, PhoneState.FAILED, "your phone did not answer")

    async def _send(self, errand: _Errand, job: Job, variables: Mapping[str, str]) -> None:
        """Have a phone that is up do something else."""
        await _within_a_moment(errand.begun)
        for name, value in variables.items():
            await self._line.ask("Setvar", {"Channel": errand.channel, "Variable": name, "Value": value})
        before, errand.job = errand.job, job
        errand.begun.clear()
        there = {"Channel": errand.channel, "Context": CONTEXT, "Exten": job.value, "Priority": "1"}
        try:
            await self._line.ask("Redirect", there)
        except CallError:
            errand.job = before
            raise

    async def _change_over(self, errand: _Errand) -> None:
        try:
            await self._steering.change_agent(errand.call_id, errand.uniqueid, errand.channel)
        except CallError as error:
            one = self._calls.get(errand.call_id)
            errand.taken = one is not None and one.agent_id == errand.uniqueid
            self._finish(errand, PhoneState.FAILED, str(error))
            await self._line.hang_up_if_there(errand.channel)
        else:
            self._finish(errand, PhoneState.TAKEN)

    def _by_id(self, uniqueid: str) -> _Errand | None:
        return next((e for e in self._errands.values() if e.uniqueid == uniqueid), None)

    def _finish(self, errand: _Errand, state: PhoneState, detail: str = "") -> None:
        """Tell how an errand ended, once."""
        if errand.over.is_set():
            return
        errand.over.set()
        if self._errands.get(errand.extension) is errand:
            del self._errands[errand.extension]
        self._tell(errand, state, detail)

    def _tell(self, errand: _Errand, state: PhoneState, detail: str = "") -> None:
        status = PhoneStatus(errand.extension, errand.call_id, errand.job, state, detail, errand.owner)
        _log.info("own-phone", extension=errand.extension, job=errand.job.value, state=state.value)
        self._on_phone(status)


async def _within_a_moment(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(3):
            await event.wait()
    except TimeoutError:
        raise LineRefused("your phone is still busy with the order before: try again") from None
