"""The practice line: an AudioSocket server whose legs are an agent's voice and debtors that answer back.

A debtor's leg names the number dialled in its UUID: ``xxxxxxxx-0000-4000-8000-NNNNNNNNNNNN``; the last digit
chooses who answers. An agent's leg has a UUID that was registered before, and is silent until told to speak.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from dialer.practice.leg import Leg, Spoken, tone
from dialer.practice.persona import Act, Conversation, HangUp, Persona, Say, debtor_at
from dialer.practice.say_aloud import words_to_say
from dialer.practice.voices import VOICES, Speaker, Voice, VoiceUnavailable
from dialer.practice.wire import WireError, receive_uuid

MATCH_S = 0.8
"""An agent's line and what a debtor heard begin and end so close together where they are the same."""
CLEAR_S = 0.25
"""So much better than the next best must the best match be, both ends added up, to be believed."""
LEGS_KEPT = 500
"""Legs whose spoken lines can still be asked for; the oldest that ended are forgotten first."""
OPENING_S = 5.0
"""A connection that does not name its leg within this time is closed."""

_DEBTOR = re.compile(r"[0-9a-f]{8}-0000-4000-8000-([0-9]{12})")
_log = logging.getLogger(__name__)


class NoSuchLeg(LookupError):
    """No leg with this UUID or number is known, or it is not up. The message says which."""


def number_in(leg_id: uuid.UUID) -> str | None:
    """The number dialled, without leading zeros, or None where the UUID is not a debtor's."""
    match = _DEBTOR.fullmatch(str(leg_id))
    return (match[1].lstrip("0") or "0") if match else None


def require_loopback(host: str) -> None:
    """Raises ValueError unless `host` is a loopback address: there is no password on the practice line."""
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(
            f"{host} is not a loopback address: the practice line has no password and stays local"
        )


class PracticeServer:
    """All legs of the practice line."""

    def __init__(
        self, speaker: Speaker, personas: Mapping[str, Persona], *, record: Path | None = None
    ) -> None:
        """`personas` by ending (see `shipped_personas`); `record` keeps each leg as WAV files."""
        self.personas = personas
        self._speaker = speaker
        self._record = record
        self._agents: set[uuid.UUID] = set()
        self._legs: OrderedDict[uuid.UUID, Leg] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    # ---- life ----------------------------------------------------------------------------------------

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (a free one where `port` is 0). Raises OSError, ValueError."""
        require_loopback(host)
        self._server = await asyncio.start_server(self._connected, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up every leg and stop."""
        if self._server is not None:
            self._server.close()
        for leg in self._legs.values():
            leg.hang_up("the practice line stops")
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(leg.done.wait() for leg in self._legs.values()))
        if self._server is not None:
            await self._server.wait_closed()

    async def prepare_personas(self) -> None:
        """Make every line of every debtor ready, the first lines of each first, so that nobody waits."""
        by_persona = [(VOICES[p.voice], p.lines()) for p in dict.fromkeys(self.personas.values())]
        longest = max((len(lines) for _, lines in by_persona), default=0)
        for i in range(longest):
            for voice, lines in by_persona:
                if i < len(lines):
                    await self._speech(lines[i], voice)

    # ---- what the control channel asks ---------------------------------------------------------------

    def register_agent(self, leg_id: uuid.UUID) -> None:
        """Expect an agent's leg. Raises ValueError where the UUID has the form of a debtor's."""
        if number_in(leg_id) is not None:
            raise ValueError(f"{leg_id} has the form of a debtor's UUID: choose another")
        self._agents.add(leg_id)

    async def say(self, leg_id: uuid.UUID, text: str) -> tuple[str, float]:
        """Queue a line on an agent's leg; returns its words and length in seconds.

        Raises NoSuchLeg, CannotSay, VoiceUnavailable.
        """
        leg = self.leg_up(leg_id)
        if leg.number is not None:
            raise NoSuchLeg(f"{leg_id} is a debtor's leg: debtors choose their own words")
        words = words_to_say(text)
        pcm = await self._speech(text, VOICES["agent"])
        if leg.ended is not None:
            raise NoSuchLeg(f"leg {leg_id} ended before the line was ready: {leg.ended}")
        return words, leg.say(words, pcm)

    async def prepare(self, texts: list[str]) -> None:
        """Make an agent's lines ready before they are needed. Raises CannotSay, VoiceUnavailable."""
        for text in texts:
            await self._speech(text, VOICES["agent"])

    def spoken(self, leg_id: uuid.UUID) -> list[Spoken]:
        """What a leg has said so far. Raises NoSuchLeg."""
        return list(self.leg(leg_id).spoken)

    def leg_of_number(self, number: str) -> Leg:
        """The newest leg of a debtor. Raises NoSuchLeg."""
        wanted = re.sub(r"\D", "", number)[-12:].lstrip("0") or "0"
        for leg in reversed(self._legs.values()):
            if leg.number == wanted:
                return leg
        raise NoSuchLeg(f"no call to {wanted} has reached the practice line")

    def leg(self, leg_id: uuid.UUID) -> Leg:
        """A leg, up or ended. Raises NoSuchLeg."""
        try:
            return self._legs[leg_id]
        except KeyError:
            known = "is registered and has not connected" if leg_id in self._agents else "is not known"
            raise NoSuchLeg(f"leg {leg_id} {known}") from None

    def leg_up(self, leg_id: uuid.UUID) -> Leg:
        """A leg that is up. Raises NoSuchLeg."""
        leg = self.leg(leg_id)
        if leg.ended is not None:
            raise NoSuchLeg(f"leg {leg_id} has ended: {leg.ended}")
        return leg

    def legs(self) -> list[Leg]:
        """Every leg remembered, oldest first."""
        return list(self._legs.values())

    # ---- legs ----------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(OPENING_S):
                leg_id = await receive_uuid(reader)
            number = number_in(leg_id)
            if number is None and leg_id not in self._agents:
                raise WireError(f"leg {leg_id} is neither a debtor's nor a registered agent's")
            if leg_id in self._legs and self._legs[leg_id].ended is None:
                raise WireError(f"leg {leg_id} is up already")
        except (WireError, TimeoutError) as error:
            _log.warning("connection refused: %s", error or f"no UUID within {OPENING_S:.0f} s")
            writer.close()
            return
        leg = Leg(leg_id, reader, writer, number=number, record=self._record)
        self._remember(leg)
        _log.info("leg %s up%s", leg_id, f", number {number}" if number else "")
        try:
            if number is None:
                await leg.run()
            else:
                await self._run_debtor(leg, number)
        except asyncio.CancelledError:
            leg.hang_up("the practice line stops")
            raise
        finally:
            self._agents.discard(leg_id)
            _log.info("leg %s ended: %s", leg_id, leg.ended)

    def _remember(self, leg: Leg) -> None:
        self._legs.pop(leg.id, None)
        self._legs[leg.id] = leg
        for old in [old for old in self._legs.values() if old.ended is not None][
            : len(self._legs) - LEGS_KEPT
        ]:
            del self._legs[old.id]

    async def _run_debtor(self, leg: Leg, number: str) -> None:
        persona = debtor_at(self.personas, number)
        if persona is None:
            leg.hang_up(f"nobody answers to digit {number[-1]}")
            await leg.run()
        else:
            await leg.run(_Debtor(self, leg, persona).each_frame)

    def overheard(self, leg: Leg, began: float, ended: float) -> str | None:
        """The agent's words that `leg` heard between two of its own instants, or None where that is not sure.

        Asterisk does not say which agent talks to which debtor; the times do: an agent began and ended a line
        when this leg began and ceased to hear a voice, and no other agent did so nearly as well.
        """
        matches = []
        for agent in self._legs.values():
            if agent.number is not None:
                continue
            shift = leg.connected_at - agent.connected_at
            first, last = began + shift, ended + shift
            lines = [s for s in agent.spoken if s.start < last and s.start + (s.seconds or 60) > first]
            if not lines or not lines[-1].seconds:
                continue
            early = abs(lines[0].start - first)
            late = abs(lines[-1].start + lines[-1].seconds - last)
            if max(early, late) <= MATCH_S:
                matches.append((early + late, " ".join(line.text for line in lines)))
        matches.sort()
        if not matches or (len(matches) > 1 and matches[1][0] - matches[0][0] < CLEAR_S):
            return None
        return matches[0][1]

    def in_background(self, task: asyncio.Task[None]) -> None:
        """Keep a task alive until it is done, and end it with the server."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _speech(self, text: str, voice: Voice) -> bytes:
        return await asyncio.to_thread(self._speaker.speak, text, voice)

    async def speak_on(self, leg: Leg, text: str, voice: Voice) -> None:
        """Say a persona's line on its leg; the call ends where there is no voice to say it with."""
        try:
            leg.say(words_to_say(text), await self._speech(text, voice))
        except VoiceUnavailable as error:
            _log.error("leg %s: %s", leg.id, error)
            leg.hang_up(str(error))


class _Debtor:
    """Joins a conversation (what to do) to a leg (who does it)."""

    def __init__(self, server: PracticeServer, leg: Leg, persona: Persona) -> None:
        self._server = server
        self._voice = VOICES[persona.voice]
        self._talk = Conversation(persona, lambda began, ended: server.overheard(leg, began, ended))
        self._preparing: asyncio.Task[None] | None = None

    def each_frame(self, leg: Leg) -> None:
        preparing = self._preparing is not None and not self._preparing.done()
        act = self._talk.step(leg.now(), far_speaking=leg.far_speaking(), talking=leg.talking or preparing)
        if act is not None:
            self._perform(leg, act)

    def _perform(self, leg: Leg, act: Act) -> None:
        match act:
            case Say(text):
                self._preparing = asyncio.create_task(self._server.speak_on(leg, text, self._voice))
                self._server.in_background(self._preparing)
            case HangUp(reason):
                leg.hang_up(reason)
            case _:
                leg.say("", tone(act.hz, act.seconds))
