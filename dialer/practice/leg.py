"""One leg of a practice call: its frames in and out, what it has said and when, what it hears.

The far end of a leg is Asterisk. Frames leave every 20 ms by a monotonic clock, silence where there is
nothing to say, in the rate in which frames arrive (16 kHz until the first one tells otherwise).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
import wave
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from dialer.practice.listening import FRAME_S, FarSide, Listener
from dialer.practice.voices import RATE, seconds_of
from dialer.practice.wire import KIND_OF_RATE, RATES, Kind, pack, receive

LATE_S = 0.2
"""A sender that falls further behind than this (a machine that slept) starts its clock anew: a burst of old
frames would only add delay to the call."""
GAP_S = 0.25
"""Silence between two lines of one speaker."""
ROOM_RMS = 30.0
"""Every leg carries the noise of a quiet room, as real lines do: 16-bit scale, about -60 dB. A recogniser
that hears digital silence between lines makes more errors within them (docs/practice.md)."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Spoken:
    """A line as it was truly said: times in seconds since the leg connected."""

    start: float
    text: str
    """The words, numbers spelt out."""
    seconds: float
    """How long it sounded: shorter than the whole line if the leg ended before."""
    whole: bool = False
    """Whether it was said to its end."""


@dataclass(slots=True)
class _Line:
    text: str
    pcm: bytes
    played: int = 0
    started: bool = False
    spoken: Spoken | None = None
    """None before it starts, and for a sound without words."""


class Leg:
    """One AudioSocket connection, after its UUID was read."""

    def __init__(
        self,
        leg_id: uuid.UUID,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        number: str | None = None,
        record: Path | None = None,
    ) -> None:
        """`number` is the number dialled, where this is a debtor. `record` is a folder for two WAV files."""
        self.id = leg_id
        self.number = number
        self.spoken: list[Spoken] = []
        self.far = FarSide()
        self.digits = ""
        self.connected_at = time.monotonic()
        self.ended: str | None = None
        """Why the leg ended; None while it is up."""
        self.done = asyncio.Event()
        self.frames_late = 0
        """How often the sender started its clock anew."""
        self._reader = reader
        self._writer = writer
        self._rate = RATE
        self._listener = Listener(RATE)
        self._lines: deque[_Line] = deque()
        self._gap = 0
        self._room = _Room()
        self._record = record
        self._recordings: dict[str, wave.Wave_write] = {}

    # ---- what others ask -----------------------------------------------------------------------------

    def now(self) -> float:
        """Seconds since the leg connected."""
        return time.monotonic() - self.connected_at

    @property
    def talking(self) -> bool:
        """Whether this leg is saying something, or about to."""
        return bool(self._lines)

    def far_speaking(self) -> bool:
        """Whether the other side speaks now."""
        return self._listener.speaking(self.now())

    def say(self, text: str, pcm: bytes) -> float:
        """Queue 16 kHz samples as the line `text`, unless the leg ended; returns their length in seconds."""
        if self.ended is None:
            self._lines.append(_Line(text, pcm))
        return seconds_of(pcm)

    def hang_up(self, reason: str) -> None:
        """End the leg; Asterisk is told with a hangup message."""
        if self.ended is None:
            self.ended = reason
            with contextlib.suppress(ConnectionError):
                self._writer.write(pack(Kind.HANGUP))

    async def run(self, each_frame: Callable[[Leg], None] = lambda leg: None) -> None:
        """Exchange frames until either side ends the leg. `each_frame` is called every 20 ms."""
        receiver = asyncio.create_task(self._receive())
        try:
            await self._send(each_frame)
        finally:
            receiver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiver
            self.hang_up("closed")
            self._finish_line()
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
            for file in self._recordings.values():
                file.close()
            self.done.set()

    # ---- frames in -----------------------------------------------------------------------------------

    async def _receive(self) -> None:
        while self.ended is None:
            message = await receive(self._reader)
            if message is None:
                self.ended = self.ended or "the connection was lost"
            elif message.kind in RATES:
                self._hear(RATES[Kind(message.kind)], message.payload)
            elif message.kind == Kind.DTMF:
                self.digits += message.payload.decode("ascii", "replace")[:1]
            elif message.kind == Kind.HANGUP:
                self.ended = "the far end hung up"
            elif message.kind == Kind.ERROR:
                self.ended = f"the far end reported error {message.payload[:16].hex()}"
            else:
                _log.warning("leg %s: passed over a message of kind %#04x", self.id, message.kind)

    def _hear(self, rate: int, pcm: bytes) -> None:
        if rate != self._rate:
            _log.info("leg %s: %d samples a second", self.id, rate)
            self._rate, self._listener = rate, Listener(rate)
        self._listener.feed(pcm, self.now())
        self._keep("heard", rate, pcm)

    # ---- frames out ----------------------------------------------------------------------------------

    async def _send(self, each_frame: Callable[[Leg], None]) -> None:
        first = time.monotonic()
        sent = 0
        while self.ended is None:
            behind = time.monotonic() - (first + sent * FRAME_S)
            if behind < 0:
                await asyncio.sleep(-behind)
            elif behind > LATE_S:
                first, sent = time.monotonic(), 0
                self.frames_late += 1
            self.far.hear(self.now(), self.far_speaking())
            each_frame(self)
            if self.ended is not None:
                return
            frame = self._room.over(self._next_frame())
            self._keep("said", self._rate, frame)
            try:
                self._writer.write(pack(KIND_OF_RATE[self._rate], frame))
                await self._writer.drain()
            except ConnectionError:
                self.ended = self.ended or "the connection was lost"
            sent += 1

    def _next_frame(self) -> bytes:
        size = int(self._rate * FRAME_S) * 2
        if self._gap > 0 and not (self._lines and not self._lines[0].text):
            self._gap -= 1  # between two lines, not before a beep
            return bytes(size)
        if not self._lines:
            return bytes(size)
        line = self._lines[0]
        if not line.started:
            line.started = True
            line.pcm = _at_rate(line.pcm, self._rate)
            if line.text:
                line.spoken = Spoken(round(self.now(), 3), line.text, 0.0)
                self.spoken.append(line.spoken)
            # What was said before this line began is dealt with; what is said from now on wants an answer.
            self.far.answered()
        frame = line.pcm[line.played : line.played + size]
        line.played += size
        if line.played >= len(line.pcm):
            self._finish_line()
            self._gap = int(GAP_S / FRAME_S)
        return frame.ljust(size, b"\0")

    def _finish_line(self) -> None:
        if self._lines and (line := self._lines[0]).started:
            if line.spoken is not None:
                line.spoken.whole = line.played >= len(line.pcm)
                line.spoken.seconds = round(min(line.played, len(line.pcm)) / 2 / self._rate, 3)
            self._lines.popleft()

    def _keep(self, what: str, rate: int, pcm: bytes) -> None:
        if self._record is None:
            return
        name = f"{self.id}-{what}-{rate}"
        if name not in self._recordings:
            self._record.mkdir(parents=True, exist_ok=True)
            file = wave.open(str(self._record / f"{name}.wav"), "wb")  # noqa: SIM115  # closed when the leg ends
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            self._recordings[name] = file
        self._recordings[name].writeframes(pcm)


class _Room:
    """Steady faint noise, the same in every run, laid over what is sent."""

    _noise = np.random.default_rng(2).normal(0.0, ROOM_RMS, 3 * RATE).round().astype(np.int32)

    def __init__(self) -> None:
        self._at = 0

    def over(self, frame: bytes) -> bytes:
        samples = np.frombuffer(frame, dtype="<i2")
        if self._at + len(samples) > len(self._noise):
            self._at = 0
        noise = self._noise[self._at : self._at + len(samples)]
        self._at += len(samples)
        mixed: bytes = np.clip(samples + noise, -32768, 32767).astype("<i2").tobytes()
        return mixed


def tone(hz: float, seconds: float) -> bytes:
    """A sine at 16 kHz, with soft edges."""
    t = np.arange(int(RATE * seconds)) / RATE
    edge = np.minimum(1.0, np.minimum(t, seconds - t) / 0.01)
    pcm: bytes = (np.sin(2 * np.pi * hz * t) * edge * 0.4 * 32767).astype("<i2").tobytes()
    return pcm


def _at_rate(pcm: bytes, rate: int) -> bytes:
    if rate == RATE:
        return pcm
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
    narrow = np.clip(soxr.resample(samples, RATE, rate, quality="HQ"), -32768, 32767)
    narrow_pcm: bytes = narrow.astype("<i2").tobytes()
    return narrow_pcm
