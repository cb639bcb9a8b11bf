"""The engine: places calls, follows them by what telephony says, and does to them what agents ask.

The only way to a call is :meth:`Engine.place`, which needs a permit of the gate; the only way out to Asterisk
from there is ``Ami.originate``, which checks the permit again. An originate is never sent twice: when it is
not known whether Asterisk took it, the engine looks for the call instead. Every error is a
``dialer.call.CallError`` (dialer.line draws the hierarchy) whose text is one line for the agent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from compliance.permit import Permit, PermitError
from compliance.transcription.words import Leg
from dialer.adoption import Adoption
from dialer.ami import Ami, AmiError, AmiLost, AmiState, AmiTimeout, Packet
from dialer.ari import Ari, AriError
from dialer.asterisk.addresses import AriAddress, HostPort
from dialer.audiosocket import AudioSocketServer
from dialer.call import Call, CallEvent, CallState, Transition
from dialer.followed import CallStatus, Followed, Need
from dialer.guard import Guard
from dialer.hearing import Hearing
from dialer.legs import (
    AgentLeg,
    Phone,
    Practice,
    Trunk,
    UnknownLeg,
    agent_channel,
    checked_call_id,
    checked_caller_id,
    checked_decision,
    checked_number,
)
from dialer.line import Line, LineDown, LineRefused, NoSuchCall, NotPermitted
from dialer.own_phone import call_of
from dialer.own_phones import OwnPhones, PhoneStatus
from dialer.resync import Adopted, KnownCall
from dialer.steering import Steering
from dialer.taps import TapFrame, Taps

__all__ = [
    "Adopted",
    "AgentLeg",
    "CallStatus",
    "Engine",
    "KnownCall",
    "LineDown",
    "LineRefused",
    "NoSuchCall",
    "NotPermitted",
    "Phone",
    "Practice",
    "UnknownLeg",
]

_log = structlog.get_logger(__name__)

_AGENT_RINGS_FOR = 30
"""Seconds the agent's own phone rings."""
_SEEN_WITHIN = 5.0
"""Seconds after an originate within which the agent's channel must have been seen."""


class Engine:
    """Places and follows calls, on one event loop.

    The callbacks are called on the loop and must not block. `ami` must have been started, and is not closed
    here. `tap_host` is an address of this machine that Asterisk reaches. `decision_ok(decision, call,
    number)` asks the book about legs that were not placed here.
    """

    def __init__(
        self,
        ami: Ami,
        ari: AriAddress,
        *,
        recordings: Path,
        practice: HostPort | None,
        trunk: Trunk,
        clock: Callable[[], datetime],
        on_transition: Callable[[Transition], None],
        on_audio: Callable[[TapFrame], None],
        on_unknown_leg: Callable[[UnknownLeg], None],
        decision_ok: Callable[[str, str, str], Awaitable[bool]],
        on_phone: Callable[[PhoneStatus], None] = lambda _status: None,
        tap_host: str = "127.0.0.1",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if trunk == "practice" and practice is None:
            raise LineRefused("calls are to go to the practice line, and no practice line is set up")
        self._ami = ami
        self._ari = Ari(ari)
        self._practice = practice
        self._trunk: Trunk = trunk
        self._clock = clock
        self._now = monotonic
        self._on_transition = on_transition
        self._server = AudioSocketServer(tap_host)
        self._guard = Guard(ami, self._placed_here, decision_ok, on_unknown_leg, self._spawn)
        self._calls: dict[str, Followed] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._undo: list[Callable[[], None]] = []
        self._adoption = Adoption(ami, self._calls, recordings, self._guard, clock, monotonic)
        self._phone_line = Line(ami)
        self._taps = Taps(self._ari, self._server, on_audio, self._tap_lost, monotonic)
        self._hearing = Hearing(self._phone_line, self._taps, self._calls, self._spawn)
        self._steering = Steering(
            self._phone_line, self._hearing, self._adoption, self._calls, clock, monotonic
        )
        self.own_phones = OwnPhones(ami, self._phone_line, self._steering, self._calls, self._spawn, on_phone)
        """Phones rung for their own users: to listen, to take over, to hear a recording."""

    # ---- life -------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to listen to Asterisk, and remove what a crash left. Raises LineDown."""
        try:
            await self._server.start()
            await self._ari.start()
            self._undo = [self._ami.subscribe(self._events), self._ami.on_state(self._line)]
            await self._phone_line.read_phones()
            await self._taps.sweep()
            await self.own_phones.sweep()
        except (AmiError, AriError, OSError) as error:
            await self.close()
            raise LineDown(f"the line cannot be opened: {error}") from error

    async def close(self) -> None:
        """Stop following. Calls stay up in Asterisk; adopt() takes them up again."""
        for undo in self._undo:
            undo()
        self._undo = []
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._ari.connected:
            await self._taps.close_all()
        await self._ari.close()
        await self._server.close()

    async def adopt(self, known: Sequence[KnownCall]) -> Adopted:
        """Take up the calls the book believes open, after a restart.

        Calls still up are followed again; those gone are ended with the best evidence there is; outward legs
        that belong to none of them are hung up and reported. Raises LineDown.
        """
        for call in known:
            checked_call_id(call.call_id)
        try:
            adopted = await self._adoption.adopt(known, self._stepped)
        except AmiError as error:
            raise LineDown(f"what is up cannot be told: {error}") from error
        for call_id in adopted.followed:
            if (one := self._calls.get(call_id)) is not None:
                self._hearing.restore(one)
                self._after(one, self._adoption.needs(call_id))
        return adopted

    @property
    def line(self) -> AmiState:
        """How the connection to Asterisk is."""
        return self._ami.state

    @property
    def lag_ms(self) -> int:
        """Age of the newest telephony event or answered ping, in milliseconds."""
        return self._ami.lag_ms

    @property
    def ready(self) -> bool:
        """Whether a call can be placed now."""
        return self._ami.state is AmiState.UP

    def has_phone(self, extension: str) -> bool:
        """Whether an extension is one of the agents' phones of this Asterisk, registered or not."""
        return self._phone_line.has_phone(extension)

    def snapshot(self, call_id: str) -> CallStatus | None:
        """Return how a call stands; None for one that is not up here."""
        one = self._calls.get(call_id)
        if one is None:
            return None
        return CallStatus(
            call_id=call_id,
            number=one.number,
            state=one.call.state,
            since=one.call.since or self._clock(),
            talk_started=one.call.talk_started,
            recording_started=one.recording_started,
            recording_paused=one.card_pause,
            muted=one.muted,
            position=one.timeline.position(self._now()),
            agent_channel=one.agent.channel,
            debtor_channel=one.debtor.channel,
            formats={Leg.AGENT: one.agent.native_format, Leg.DEBTOR: one.debtor.native_format},
            tapped=self._taps.tapped(call_id),
        )

    # ---- placing ----------------------------------------------------------------------------------------

    async def place(
        self,
        permit: Permit,
        call_id: str,
        number: str,
        agent: AgentLeg,
        *,
        caller_id: str,
        ring_seconds: int = 30,
    ) -> None:
        """Ring the agent's leg, then dial the debtor.

        Returns once Asterisk has taken it; transitions tell the rest. `caller_id` is the number shown to the
        debtor, or nothing. Raises NotPermitted, BadLeg, LineDown and LineRefused; a call that had begun has
        ended then. Where Asterisk's answer is lost, nothing is raised and nothing is sent again: the call is
        followed, and ended if it never shows.
        """
        channel = agent_channel(agent, self._practice)
        checked_call_id(call_id)
        checked_number(number)
        checked_caller_id(caller_id)
        if not isinstance(permit, Permit):
            raise NotPermitted(f"a {type(permit).__name__} is not a permit of the gate")
        try:
            permit.check(number, self._clock())
        except PermitError as error:
            raise NotPermitted(str(error)) from error
        checked_decision(permit.decision_id)
        if not self.ready:
            raise LineDown("the line is down: Asterisk does not answer")
        if call_id in self._calls:
            raise NotPermitted(f"the call {call_id} has been placed already")
        one = Followed(Call(call_id, self._stepped), number, permit.decision_id)
        self._calls[call_id] = one
        one.call.apply(
            CallEvent.ORIGINATE, self._clock(), {"channel": channel, "decision": permit.decision_id}
        )
        try:
            await self._ami.originate(
                permit,
                number,
                self._clock(),
                self._originate_headers(channel, call_id, number),
                self._originate_variables(permit, call_id, caller_id, ring_seconds),
            )
        except (AmiTimeout, AmiLost) as error:
            _log.warning("engine.originate-unanswered", call_id=call_id, error=str(error))
        except (AmiError, PermitError) as error:
            one.agent_unreachable(self._clock(), {"error": str(error)})
            if isinstance(error, PermitError):
                raise NotPermitted(str(error)) from error
            raise LineRefused(f"the call could not be placed: {error}") from error
        self._spawn(self._expect_agent(one))

    def _originate_headers(self, channel: str, call_id: str, number: str) -> Mapping[str, str]:
        return {
            "Channel": channel,
            "Context": "dunline-call",
            "Exten": number,
            "Priority": "1",
            "CallerID": f"<{number}>",
            "Timeout": str(_AGENT_RINGS_FOR * 1000),
            "ChannelId": call_id,
        }

    def _originate_variables(
        self, permit: Permit, call_id: str, caller_id: str, ring_seconds: int
    ) -> Mapping[str, str]:
        # Two underscores: the variable passes on to every leg that is made for this call.
        return {
            "__DUNLINE_CALL": call_id,
            "__DUNLINE_DECISION": permit.decision_id,
            "__DUNLINE_VIA": self._trunk,
            "__DUNLINE_PRACTICE": str(self._practice or ""),
            "DUNLINE_RING": str(max(1, min(int(ring_seconds), 120))),
            "DUNLINE_CALLER": caller_id,
        }

    async def _expect_agent(self, one: Followed) -> None:
        """End a call whose agent channel never showed, once Asterisk can say so."""
        await asyncio.sleep(_SEEN_WITHIN)
        while not one.ended and not one.agent.channel:
            if self.ready and not await self._adoption.is_up(one.call_id):
                one.agent_unreachable(self._clock(), {"error": "Asterisk never made the agent's leg"})
            await asyncio.sleep(1)

    # ---- what agents ask --------------------------------------------------------------------------------

    async def hang_up(self, call_id: str) -> None:
        """End the call on both legs. Raises NoSuchCall, LineDown, LineRefused."""
        one = self._steering.find(call_id)
        one.call.note({"hangup_asked": "yes", "hung_up_first": "agent"})
        for _ in range(int(_SEEN_WITHIN / 0.05)):
            if one.agent.channel or one.ended:
                break
            await asyncio.sleep(0.05)
        for leg in (one.agent, one.debtor):
            if leg.there and not one.ended:
                await self._phone_line.hang_up_if_there(leg.channel)
                return

    async def hold(self, call_id: str) -> None:
        """Let the debtor hear music, and the agent nothing. Raises CallError."""
        await self._steering.hold(call_id)

    async def resume(self, call_id: str) -> None:
        """Join agent and debtor again. Raises CallError."""
        await self._steering.resume(call_id)

    async def mute(self, call_id: str, on: bool) -> None:
        """Mute or unmute the agent's microphone; muted talk is not fed on. Raises CallError."""
        await self._steering.mute(call_id, on)

    async def send_digits(self, call_id: str, digits: str) -> None:
        """Send DTMF to the debtor's leg. Raises CallError, which BadLeg is too."""
        await self._steering.send_digits(call_id, digits)

    async def pause_for_card(self, call_id: str) -> None:
        """Stop feeding the recogniser, then mute the recording, so that card data enters neither.

        Raises LineDown or LineRefused where the recording could NOT be paused; nothing is fed on even so.
        """
        await self._steering.pause_for_card(call_id)

    async def resume_after_card(self, call_id: str) -> None:
        """Record and feed on again. Raises CallError."""
        await self._steering.resume_after_card(call_id)

    # ---- what telephony says ----------------------------------------------------------------------------

    def _events(self, batch: Sequence[Packet]) -> None:
        for packet in batch:
            self._guard.see(packet)
            self.own_phones.see(packet)
            seen: list[Followed] = []
            for key in ("Uniqueid", "DestUniqueid"):
                if (
                    one := self._owner(packet.get(key), packet.get("Linkedid"))
                ) is not None and one not in seen:
                    seen.append(one)
            for one in seen:
                self._after(one, one.take(packet, self._clock(), self._now()))
            if packet.name == "OriginateResponse" and packet.get("Response") == "Failure":
                self._originate_failed(packet)

    def _owner(self, uniqueid: str, linkedid: str) -> Followed | None:
        """Find a channel's call: the agent's leg by its id, the debtor's by what it is linked to."""
        if (one := self._calls.get(uniqueid)) is not None:
            return one
        if (one := self._calls.get(call_of(uniqueid))) is not None and one.agent.uniqueid == uniqueid:
            return one  # the phone of whoever took the call over
        one = self._calls.get(linkedid)
        return one if one is not None and uniqueid and one.debtor.uniqueid == uniqueid else None

    def _originate_failed(self, packet: Packet) -> None:
        """Take it that the agent's leg could not be made; Asterisk may not even name the channel then."""
        for one in tuple(self._calls.values()):
            unseen = one.call.state is CallState.AGENT_RINGING and not one.agent.channel
            if packet.get("Uniqueid") == one.call_id or (unseen and packet.get("Exten") == one.number):
                if not one.agent.there:
                    one.agent_unreachable(self._clock(), {"originate_reason": packet.get("Reason")})
                return

    def _after(self, one: Followed, needs: frozenset[Need]) -> None:
        if Need.TAPS in needs:
            self._hearing.begin(one)
        if Need.HANG_UP_AGENT in needs and one.agent.there:
            self._spawn(self._phone_line.hang_up_if_there(one.agent.channel))
        if Need.HANG_UP_DEBTOR in needs and one.debtor.there:
            self._spawn(self._phone_line.hang_up_if_there(one.debtor.channel))

    def _stepped(self, step: Transition) -> None:
        try:
            self._on_transition(step)
        finally:
            if step.after is CallState.ENDED:
                self._calls.pop(step.call_id, None)
                self._steering.forget(step.call_id)
                self._spawn(self._taps.close(step.call_id))

    def _line(self, state: AmiState) -> None:
        _log.info("engine.line", state=state.value)
        if state is AmiState.UP:
            self._spawn(self._resync())

    async def _resync(self) -> None:
        """Set right what was missed while Asterisk, or the way to it, was away."""
        try:
            await self._phone_line.read_phones()
            changed = await self._adoption.resync()
            for call_id, needs in changed.items():
                if (one := self._calls.get(call_id)) is not None:
                    self._after(one, needs)
            if self._ari.connected:
                await self._taps.sweep()
        except (AmiError, AriError) as error:
            _log.warning("engine.resync-failed", error=str(error))

    def _tap_lost(self, call_id: str, leg: Leg) -> None:
        self._hearing.lost(call_id, leg)

    # ---- small things -----------------------------------------------------------------------------------

    def _placed_here(self, decision: str, call_id: str, number: str) -> bool:
        one = self._calls.get(call_id)
        return one is not None and (one.decision_id, one.number) == (decision, number)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("engine.task-failed", error=repr(error))
