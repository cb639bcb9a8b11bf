"""Live audio of a call, one stream a leg, at the leg's own width.

For each leg: an ARI snoop (what that leg says, nothing else) and an external-media channel that streams it
here over AudioSocket, joined in a bridge of their own. ChanSpy would be simpler and is narrowband inside,
which ruins recognition. What is made for a tap is named after its call, so that orphans of a crash can be
found and removed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from compliance.transcription.words import Leg
from dialer.ari import Ari, AriError
from dialer.audiosocket import AudioSocketServer, Listener
from dialer.recording import Timeline

_log = structlog.get_logger(__name__)

_SNOOP, _MEDIA, _BRIDGE = "dunline-snoop-", "dunline-media-", "dunline-tap-"
_DRIFT = 0.12
"""Seconds a leg's frames may stray from the recording's timeline before they are set right."""


@dataclass(frozen=True, slots=True)
class TapFrame:
    """A moment of one leg's audio."""

    call_id: str
    leg: Leg
    offset: float
    """Second of the recording at which the frame begins."""
    pcm: bytes
    """Signed 16-bit little-endian mono."""
    rate: int
    """Hz: 16000 on a wideband leg, else 8000."""


@dataclass(slots=True)
class _Tap:
    """One leg being listened to."""

    call_id: str
    leg: Leg
    timeline: Timeline
    uuid: UUID
    snoop: str
    media: str
    bridge: str
    next_offset: float | None = None
    heard_to: float = 0.0
    """Second of the recording up to which frames were handed on."""
    closing: bool = False
    arrived: bool = False
    """Whether any frame has come, handed on or not."""
    frames: int = 0


@dataclass(slots=True)
class TapFigures:
    """What the taps did, for the doctor and the tests."""

    frames: int = 0
    dropped: int = 0
    """Frames not handed on: card data, muted, or not being recorded."""
    lost: int = 0
    """Streams that broke while their call was up."""


class Taps:
    """Opens and closes taps and hands their frames on, on the event loop."""

    def __init__(
        self,
        ari: Ari,
        server: AudioSocketServer,
        on_audio: Callable[[TapFrame], None],
        on_lost: Callable[[str, Leg], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ari = ari
        self._server = server
        self._on_audio = on_audio
        self._on_lost = on_lost
        self._now = monotonic
        self._taps: dict[tuple[str, Leg], _Tap] = {}
        self._deaf: dict[tuple[str, Leg], set[str]] = {}
        self.figures = TapFigures()

    async def open(self, call_id: str, leg: Leg, channel: str, rate: int, timeline: Timeline) -> None:
        """Listen to `channel` (its unique id) as one leg of a call. Raises AriError, with all undone."""
        await self._close(self._taps.pop((call_id, leg), None))
        name = f"{leg}-{call_id}-{secrets.token_hex(3)}"
        tap = _Tap(call_id, leg, timeline, uuid4(), _SNOOP + name, _MEDIA + name, _BRIDGE + name)
        self._taps[call_id, leg] = tap
        wide = rate > 8000
        self._server.expect(
            tap.uuid,
            Listener(
                lambda pcm, got: self._frame(tap, pcm, got),
                lambda reason: self._ended(tap, reason),
                16000 if wide else 8000,
            ),
        )
        made = await asyncio.gather(
            self._ari.snoop(channel, tap.snoop),
            self._ari.stream(
                tap.media, str(self._server.address), str(tap.uuid), "slin16" if wide else "slin"
            ),
            return_exceptions=True,
        )
        try:
            for problem in made:
                if problem is not None:
                    raise problem
            await self._ari.bridge(tap.bridge, tap.snoop, tap.media)
        except BaseException as problem:
            if self._taps.get((call_id, leg)) is tap:
                del self._taps[call_id, leg]
            await self._close(tap)
            if isinstance(problem, AriError):
                raise AriError(f"no live audio of the {leg}: {problem}") from problem
            raise

    def deafen(self, call_id: str, leg: Leg, why: str) -> None:
        """Drop the leg's frames from now on, for one reason of possibly several."""
        self._deaf.setdefault((call_id, leg), set()).add(why)

    def undeafen(self, call_id: str, leg: Leg, why: str) -> None:
        """Take one reason to drop the leg's frames away."""
        self._deaf.get((call_id, leg), set()).discard(why)

    def tapped(self, call_id: str) -> frozenset[Leg]:
        """Return the legs of a call that are listened to."""
        return frozenset(leg for call, leg in self._taps if call == call_id)

    def silent(self, call_id: str, leg: Leg) -> bool:
        """Whether a leg is tapped and not one frame has come of it; Asterisk sends frames of silence too."""
        tap = self._taps.get((call_id, leg))
        return tap is not None and not tap.arrived

    async def close(self, call_id: str) -> None:
        """Stop listening to a call for good and remove what was made for it."""
        for leg in Leg:
            await self.close_stream(call_id, leg)
            self._deaf.pop((call_id, leg), None)

    async def close_stream(self, call_id: str, leg: Leg) -> None:
        """Stop listening to one leg for now; what must not be heard stays so."""
        await self._close(self._taps.pop((call_id, leg), None))

    async def close_all(self) -> None:
        """Stop listening to every call."""
        for call_id in {call for call, _ in self._taps}:
            await self.close(call_id)

    async def sweep(self, keep: Collection[str] = ()) -> int:
        """Remove taps that a crash left, but those of calls in `keep`; return how many parts went."""
        ours = {name for tap in self._taps.values() for name in (tap.snoop, tap.media, tap.bridge)}

        def orphan(name: str, *prefixes: str) -> bool:
            return name.startswith(prefixes) and name not in ours and not any(call in name for call in keep)

        bridges = [name for name in await self._ari.bridges() if orphan(name, _BRIDGE)]
        channels = [name for name in await self._ari.channels() if orphan(name, _SNOOP, _MEDIA)]
        for name in bridges:
            await self._ari.unbridge(name)
        for name in channels:
            await self._ari.hang_up(name)
        if bridges or channels:
            _log.info("taps.swept", bridges=len(bridges), channels=len(channels))
        return len(bridges) + len(channels)

    async def _close(self, tap: _Tap | None) -> None:
        if tap is None:
            return
        tap.closing = True
        undo = (
            (self._ari.hang_up, tap.snoop),
            (self._ari.hang_up, tap.media),
            (self._ari.unbridge, tap.bridge),
        )
        try:
            for remove, name in undo:
                with suppress(AriError):  # ARI is down: the sweep after its return removes it
                    await remove(name)
        finally:
            self._server.forget(tap.uuid)

    def _frame(self, tap: _Tap, pcm: bytes, rate: int) -> None:
        """Place a frame on the recording's timeline and hand it on, unless it must not be heard."""
        if not pcm:
            return
        tap.arrived = True
        if self._deaf.get((tap.call_id, tap.leg)) or tap.closing or not tap.timeline.running:
            tap.next_offset = None
            self.figures.dropped += 1
            return
        length = len(pcm) / 2 / rate
        here = max(0.0, tap.timeline.position(self._now()) - length)
        # Frames arrive in bursts; the samples' own count is the better clock until the two part company.
        if tap.next_offset is None:
            tap.next_offset = max(here, tap.heard_to)  # a burst right after a hold must not reach before it
        elif abs(here - tap.next_offset) > _DRIFT:
            tap.next_offset = here
        offset = tap.next_offset
        tap.next_offset = tap.heard_to = offset + length
        tap.frames += 1
        self.figures.frames += 1
        self._on_audio(TapFrame(tap.call_id, tap.leg, offset, pcm, rate))

    def _ended(self, tap: _Tap, reason: str) -> None:
        if tap.closing or self._taps.get((tap.call_id, tap.leg)) is not tap:
            return
        _log.warning("taps.lost", call_id=tap.call_id, leg=str(tap.leg), reason=reason, frames=tap.frames)
        self.figures.lost += 1
        self._on_lost(tap.call_id, tap.leg)
