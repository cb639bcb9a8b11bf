"""Asterisk's AudioSocket: a TCP stream of audio frames, opened by Asterisk, that begins by naming itself.

A frame is a type byte, the payload's length (two bytes, big-endian) and the payload; audio is signed 16-bit
little-endian mono. This module is the server's side: streams are expected by UUID, and any other is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

import structlog

from dialer.asterisk.addresses import HostPort

_log = structlog.get_logger(__name__)


class Kind(IntEnum):
    """Frame types that are not audio."""

    HANG_UP = 0x00
    UUID = 0x01
    DTMF = 0x03
    ERROR = 0xFF


RATES = {
    0x10: 8000,
    0x11: 12000,
    0x12: 16000,
    0x13: 24000,
    0x14: 32000,
    0x15: 44100,
    0x16: 48000,
    0x17: 96000,
    0x18: 192000,
}
"""Audio frame types and their sample rates in Hz."""

_KIND_OF_RATE = {rate: kind for kind, rate in RATES.items()}
_NAME_WITHIN = 5.0
"""Seconds a new connection has to name itself."""
_NUDGE_EVERY = 0.1
"""Seconds between nudges. Asterisk reads an AudioSocket channel while it holds the channel's lock; a read at
the wrong moment blocks until the far end sends something. No audio moves then, and everything that asks about
the channel (a hang-up, a list of all channels) waits too. So a far end that only listens must say something
now and then."""


class AudioSocketError(Exception):
    """The far end sent something that is not AudioSocket."""


def pack(kind: int, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return struct.pack(">BH", kind, len(payload)) + payload


def pack_audio(pcm: bytes, rate: int) -> bytes:
    """Return one audio frame of `rate` Hz; raises AudioSocketError for a rate AudioSocket does not have."""
    kind = _KIND_OF_RATE.get(rate)
    if kind is None:
        raise AudioSocketError(f"AudioSocket has no audio at {rate} Hz; it has {sorted(_KIND_OF_RATE)}")
    return pack(kind, pcm)


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the next frame's type and payload; raises IncompleteReadError at the end of the stream."""
    kind, length = struct.unpack(">BH", await reader.readexactly(3))
    return kind, await reader.readexactly(length) if length else b""


@dataclass(frozen=True, slots=True)
class Listener:
    """What to do with a stream: `on_audio(pcm, rate)` for each frame, `on_end(reason)` once."""

    on_audio: Callable[[bytes, int], None]
    on_end: Callable[[str], None]
    rate: int = 8000
    """Hz at which silence is sent back: the rate of the channel's own format."""


class AudioSocketServer:
    """Takes the streams it expects, on one address: the loopback interface unless told otherwise."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._expected: dict[UUID, Listener] = {}
        self._open: dict[UUID, asyncio.StreamWriter] = {}

    @property
    def address(self) -> HostPort:
        """Where Asterisk reaches this server."""
        if self._server is None:
            raise AudioSocketError("the AudioSocket server has not been started")
        return HostPort(self._host, self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError where the address is taken."""
        self._server = await asyncio.start_server(self._connected, self._host, self._port)

    async def close(self) -> None:
        """Stop listening and close every stream."""
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._open.values()):
            writer.close()
        self._expected.clear()
        await self._server.wait_closed()

    def expect(self, uuid: UUID, listener: Listener) -> None:
        """Take the stream that names itself `uuid`, once."""
        self._expected[uuid] = listener

    def forget(self, uuid: UUID) -> None:
        """Expect a stream no more, and close it if it is open."""
        self._expected.pop(uuid, None)
        if (writer := self._open.pop(uuid, None)) is not None:
            writer.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uuid: UUID | None = None
        listener: Listener | None = None
        reason = "closed"
        try:
            uuid = await self._named(reader)
            listener = self._expected.pop(uuid, None)
            if listener is None:
                _log.warning(
                    "audiosocket.unknown", uuid=str(uuid), peer=str(writer.get_extra_info("peername"))
                )
                return
            self._open[uuid] = writer
            nudging = asyncio.create_task(_nudge(writer, listener.rate))
            try:
                reason = await _pump(reader, listener)
            finally:
                nudging.cancel()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            # Asterisk resets the stream where our silence was still on its way to it.
            reason = "the far end closed"
        except (AudioSocketError, TimeoutError, ConnectionError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("audiosocket.broken", uuid=str(uuid), error=reason)
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            if uuid is not None and self._open.get(uuid) is writer:
                del self._open[uuid]
            if listener is not None:
                listener.on_end(reason)

    async def _named(self, reader: asyncio.StreamReader) -> UUID:
        kind, payload = await asyncio.wait_for(read_frame(reader), _NAME_WITHIN)
        if kind != Kind.UUID or len(payload) != 16:
            raise AudioSocketError(f"the stream began with a frame of type 0x{kind:02x}, not with its UUID")
        return UUID(bytes=payload)


async def _nudge(writer: asyncio.StreamWriter, rate: int) -> None:
    """Send 20 ms of silence now and then, for as long as the stream is open."""
    silence = pack_audio(bytes(rate // 50 * 2), rate)
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(silence)
            await asyncio.sleep(_NUDGE_EVERY)


async def _pump(reader: asyncio.StreamReader, listener: Listener) -> str:
    """Hand on audio until the stream ends; return why it ended."""
    while True:
        kind, payload = await read_frame(reader)
        if (rate := RATES.get(kind)) is not None:
            listener.on_audio(payload, rate)
        elif kind == Kind.HANG_UP:
            return "hung up"
        elif kind == Kind.ERROR:
            return f"error {payload.hex()}"
