"""Which legs are listened to, and which must not be: opens a call's taps, opens broken ones again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from compliance.transcription.words import Leg
from dialer.ari import AriError
from dialer.followed import Followed
from dialer.legs import rate_of
from dialer.line import Line, LineDown, LineRefused
from dialer.recording import Timeline
from dialer.taps import Taps

_log = structlog.get_logger(__name__)

_TRIES = 4
_SILENT_AFTER = 1.5
"""Seconds in which an open tap must send its first frame; one that does not is opened anew."""
_MUTED, _CARD = "muted", "card"

Spawn = Callable[[Coroutine[Any, Any, None]], None]
"""Start a task that belongs to the engine and ends with it."""


class Hearing:
    """Keeps both legs of every connected call tapped. A call without live audio is still a call."""

    def __init__(self, line: Line, taps: Taps, calls: Mapping[str, Followed], spawn: Spawn) -> None:
        self._line = line
        self._taps = taps
        self._calls = calls
        self._spawn = spawn
        self._opening: set[tuple[str, Leg]] = set()

    def begin(self, one: Followed) -> None:
        """See to it that both legs are tapped; harmless where they are."""
        for leg in Leg:
            if (one.call_id, leg) not in self._opening:
                self._opening.add((one.call_id, leg))
                self._spawn(self._open(one, leg))

    def lost(self, call_id: str, leg: Leg) -> None:
        """Take it that a stream broke; while its call is connected it is opened again."""
        if (one := self._calls.get(call_id)) is not None:
            self._spawn(self._again(one, leg))

    def mute(self, call_id: str, on: bool) -> None:
        """Stop hearing the agent, or hear again."""
        self._deafen(call_id, Leg.AGENT, _MUTED, on)

    def pause(self, call_id: str, on: bool) -> None:
        """Stop hearing either side, or hear again."""
        for leg in Leg:
            self._deafen(call_id, leg, _CARD, on)

    async def forget_agent(self, one: Followed) -> None:
        """Stop hearing the channel that was the agent's leg; who takes its place is heard once connected."""
        await self._taps.close_stream(one.call_id, Leg.AGENT)

    def restore(self, one: Followed) -> None:
        """Go on not hearing what the engine before us did not hear."""
        self.mute(one.call_id, one.muted)
        self.pause(one.call_id, one.card_pause)

    def _deafen(self, call_id: str, leg: Leg, why: str, on: bool) -> None:
        (self._taps.deafen if on else self._taps.undeafen)(call_id, leg, why)

    async def _open(self, one: Followed, leg: Leg) -> None:
        try:
            for attempt in range(_TRIES):
                if one.ended or not one.connected or leg in self._taps.tapped(one.call_id):
                    return
                try:
                    await self._tap(one, leg, one.timeline)
                except (AriError, LineDown, LineRefused) as error:
                    _log.warning("hearing.no-tap", call_id=one.call_id, leg=str(leg), error=str(error))
                    await asyncio.sleep(0.2 * 2**attempt)
                    continue
                await asyncio.sleep(_SILENT_AFTER)
                if self._taps.silent(one.call_id, leg):
                    _log.warning("hearing.silent-tap", call_id=one.call_id, leg=str(leg))
                    await self._taps.close_stream(one.call_id, leg)
        finally:
            self._opening.discard((one.call_id, leg))

    async def _tap(self, one: Followed, leg: Leg, timeline: Timeline) -> None:
        up = one.agent if leg is Leg.AGENT else one.debtor
        up.native_format = (await self._line.value(up.channel, "CHANNEL(audionativeformat)")).strip("()")
        await self._taps.open(one.call_id, leg, up.uniqueid, rate_of(up.native_format), timeline)
        if one.ended:
            await self._taps.close(one.call_id)

    async def _again(self, one: Followed, leg: Leg) -> None:
        await asyncio.sleep(0.2)  # at a hang-up the stream ends just before the event says so
        if not one.ended and one.connected:
            await self._taps.close_stream(one.call_id, leg)
            self.begin(one)
