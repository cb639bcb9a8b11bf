"""The AudioSocket server: frames, names, strangers, both kinds of IP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from dialer.audiosocket import (
    RATES,
    AudioSocketError,
    AudioSocketServer,
    Kind,
    Listener,
    pack,
    pack_audio,
    read_frame,
)


class Ear:
    """Keeps what a stream brought."""

    def __init__(self) -> None:
        self.frames: list[tuple[bytes, int]] = []
        self.ended = asyncio.Event()
        self.reason = ""

    def listener(self) -> Listener:
        return Listener(lambda pcm, rate: self.frames.append((pcm, rate)), self._end)

    def _end(self, reason: str) -> None:
        assert not self.ended.is_set()
        self.reason = reason
        self.ended.set()


@pytest.fixture
async def server() -> AsyncIterator[AudioSocketServer]:
    made = AudioSocketServer()
    await made.start()
    yield made
    await made.close()


async def dial(server: AudioSocketServer, uuid: UUID) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(pack(Kind.UUID, uuid.bytes))
    return reader, writer


@pytest.mark.parametrize("rate", sorted(RATES.values()))
async def test_every_rate_arrives_as_it_was_sent(server: AudioSocketServer, rate: int) -> None:
    ear, uuid = Ear(), uuid4()
    server.expect(uuid, ear.listener())
    _, writer = await dial(server, uuid)
    frame = pack_audio(b"\x01\x02" * (rate // 50), rate)
    for byte in (frame[:2], frame[2:9], frame[9:]):
        writer.write(byte)
        await writer.drain()
    writer.write(pack(Kind.DTMF, b"5") + pack(Kind.HANG_UP))
    await asyncio.wait_for(ear.ended.wait(), 2)
    assert ear.frames == [(b"\x01\x02" * (rate // 50), rate)]
    assert ear.reason == "hung up"
    writer.close()


async def test_a_far_end_that_waits_for_us_is_never_left_waiting(server: AudioSocketServer) -> None:
    """Asterisk may block in a read until something comes: silence comes, at the channel's own rate."""
    ear, uuid = Ear(), uuid4()
    plain = ear.listener()
    server.expect(uuid, Listener(plain.on_audio, plain.on_end, 16000))
    reader, writer = await dial(server, uuid)
    for _ in range(3):
        kind, silence = await asyncio.wait_for(read_frame(reader), 1)
        assert RATES[kind] == 16000
        assert silence == bytes(640)
    writer.close()
    await ear.ended.wait()
    assert ear.frames == []


async def test_a_stranger_is_closed_and_a_name_serves_once(server: AudioSocketServer) -> None:
    ear, uuid = Ear(), uuid4()
    server.expect(uuid, ear.listener())
    reader, stranger = await dial(server, uuid4())
    assert await asyncio.wait_for(reader.read(), 2) == b""
    _, first = await dial(server, uuid)
    await asyncio.sleep(0.05)
    reader, second = await dial(server, uuid)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    first.write(pack_audio(b"\0\0", 8000))
    first.close()
    await asyncio.wait_for(ear.ended.wait(), 2)
    assert len(ear.frames) == 1
    for writer in (stranger, second):
        writer.close()


async def test_what_does_not_begin_with_a_name_is_closed(server: AudioSocketServer) -> None:
    for start in (
        pack(Kind.UUID, b"short"),
        pack_audio(b"\0\0", 8000),
        b"GET / HTTP/1.1\r\n\r\n" + b"\0" * 0x4554,
    ):
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(start)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 2) == b""
        writer.close()


async def test_an_error_frame_and_a_forgotten_stream_end(server: AudioSocketServer) -> None:
    for end in ("error", "forget"):
        ear, uuid = Ear(), uuid4()
        server.expect(uuid, ear.listener())
        _, writer = await dial(server, uuid)
        writer.write(pack_audio(b"\0\0", 16000))
        await writer.drain()
        await asyncio.sleep(0.05)
        if end == "error":
            writer.write(pack(Kind.ERROR, b"\x01"))
        else:
            server.forget(uuid)
        await asyncio.wait_for(ear.ended.wait(), 2)
        assert len(ear.frames) == 1
        writer.close()
    with pytest.raises(AudioSocketError, match="no audio at 11025"):
        pack_audio(b"", 11025)


async def test_closing_the_server_ends_its_streams(server: AudioSocketServer) -> None:
    ear, uuid = Ear(), uuid4()
    server.expect(uuid, ear.listener())
    _, writer = await dial(server, uuid)
    await asyncio.sleep(0.05)
    await asyncio.wait_for(server.close(), 2)
    await asyncio.wait_for(ear.ended.wait(), 2)
    writer.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
async def test_ipv6() -> None:
    server = AudioSocketServer("::1")
    try:
        await server.start()
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    assert str(server.address).startswith("[::1]:")
    ear, uuid = Ear(), uuid4()
    server.expect(uuid, ear.listener())
    _, writer = await dial(server, uuid)
    writer.write(pack(Kind.HANG_UP))
    await asyncio.wait_for(ear.ended.wait(), 2)
    writer.close()
    await server.close()


async def test_a_frame_is_read_whole() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(pack(0x12, b"ab") + pack(Kind.HANG_UP))
    reader.feed_eof()
    assert await read_frame(reader) == (0x12, b"ab")
    assert await read_frame(reader) == (0, b"")
    with pytest.raises(asyncio.IncompleteReadError):
        await read_frame(reader)
