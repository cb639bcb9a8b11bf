"""AudioSocket as the practice line speaks it: framing, pacing, who is let in."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from dialer.practice.persona import Persona, Turn
from dialer.practice.server import NoSuchLeg, PracticeServer, number_in, require_loopback
from dialer.practice.voices import Speaker
from dialer.practice.wire import Kind, WireError, pack, receive, receive_uuid

MUTE = Persona("mute", "Listens", "4", "M", "deep", (Turn(ends=True),))
GONE = Persona("gone", "Hangs up", "7", "G", "deep", (Turn(after="answer", delay_s=0.1, ends=True),))


class Phone:
    """What Asterisk is to the practice line: a connection that names its leg."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def frames(self, count: int) -> list[tuple[float, int, bytes]]:
        found = []
        for _ in range(count):
            message = await receive(self.reader)
            assert message is not None
            found.append((time.monotonic(), message.kind, message.payload))
        return found

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


class Line:
    """A practice server in this process, and phones connected to it."""

    def __init__(self, server: PracticeServer, port: int) -> None:
        self.server = server
        self.port = port
        self.phones: list[Phone] = []

    async def dial(self, opening: bytes) -> Phone:
        phone = Phone(*await asyncio.open_connection("127.0.0.1", self.port))
        self.phones.append(phone)
        phone.writer.write(opening)
        return phone

    async def agent(self) -> tuple[uuid.UUID, Phone]:
        leg = uuid.uuid4()
        self.server.register_agent(leg)
        return leg, await self.dial(pack(Kind.UUID, leg.bytes))


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    server = PracticeServer(Speaker(tmp_path), {"4": MUTE, "7": GONE}, record=tmp_path / "record")
    made = Line(server, await server.start("127.0.0.1", 0))
    yield made
    for phone in made.phones:
        await phone.close()
    await server.close()


def debtor(number: str) -> bytes:
    return pack(Kind.UUID, uuid.UUID(f"12345678-0000-4000-8000-{number:0>12}").bytes)


async def test_frames_come_every_20_ms_without_drift(line: Line) -> None:
    _, phone = await line.agent()
    frames = await phone.frames(151)
    assert {(kind, len(payload)) for _, kind, payload in frames} == {(Kind.AUDIO_16K, 640)}
    took = frames[-1][0] - frames[0][0]
    # The schedule is absolute: a late frame does not delay those after it.
    assert took == pytest.approx(3.0, abs=0.06)
    gaps = sorted(b[0] - a[0] for a, b in pairwise(frames))
    assert gaps[len(gaps) // 2] == pytest.approx(0.02, abs=0.004)


async def test_a_narrow_leg_is_answered_in_kind(line: Line) -> None:
    _, phone = await line.agent()
    phone.writer.write(pack(Kind.AUDIO_8K, bytes(320)))
    frames = await phone.frames(10)
    assert (frames[-1][1], len(frames[-1][2])) == (Kind.AUDIO_8K, 320)


async def test_a_debtor_hangs_up_with_a_hangup_message(line: Line) -> None:
    phone = await line.dial(debtor("13125550157"))
    kinds = []
    while (message := await receive(phone.reader)) is not None:
        kinds.append(message.kind)
    assert kinds[-1] == Kind.HANGUP
    leg = line.server.leg_of_number("+13125550157")
    await leg.done.wait()
    assert leg.ended == "said everything"
    assert leg.spoken == []


async def test_the_far_end_may_hang_up_or_vanish(line: Line) -> None:
    first, second = await line.dial(debtor("1234")), await line.dial(debtor("1244"))
    await first.frames(2)
    await second.frames(2)
    first.writer.write(pack(Kind.DTMF, b"5") + pack(Kind.HANGUP))
    await second.close()
    legs = [line.server.leg_of_number(number) for number in ("1234", "1244")]
    for leg in legs:
        async with asyncio.timeout(2):
            await leg.done.wait()
    assert legs[0].ended == "the far end hung up"
    assert legs[0].digits == "5"
    assert legs[1].ended == "the connection was lost"


async def test_unknown_kinds_are_passed_over(line: Line) -> None:
    leg_id, phone = await line.agent()
    phone.writer.write(b"\x77\x00\x03abc" + pack(Kind.DTMF, b"9"))
    await phone.frames(5)
    assert line.server.leg(leg_id).digits == "9"
    assert line.server.leg(leg_id).ended is None


@pytest.mark.parametrize(
    "opening",
    [
        pack(Kind.UUID, uuid.UUID(int=77).bytes),
        pack(Kind.AUDIO_16K, bytes(640)),
        pack(Kind.UUID, b"short"),
        b"GET / HTTP/1.1\r\n\r\n" + bytes(30_000),
        debtor("1"),
    ],
    ids=["unregistered", "audio first", "short uuid", "http", "nobody answers to 1"],
)
async def test_strangers_get_no_audio(line: Line, opening: bytes) -> None:
    phone = await line.dial(opening)
    async with asyncio.timeout(2):
        message = await receive(phone.reader)
        assert message is None or message.kind == Kind.HANGUP


async def test_a_leg_cannot_be_taken_over(line: Line) -> None:
    leg_id, phone = await line.agent()
    await phone.frames(2)
    line.server.register_agent(leg_id)
    thief = await line.dial(pack(Kind.UUID, leg_id.bytes))
    async with asyncio.timeout(2):
        assert await receive(thief.reader) is None
    await phone.frames(2)
    assert line.server.leg(leg_id).ended is None


async def test_both_directions_are_recorded_by_uuid(line: Line, tmp_path: Path) -> None:
    leg_id, phone = await line.agent()
    phone.writer.write(pack(Kind.AUDIO_16K, b"\x01\x02" * 320))
    await phone.frames(3)
    line.server.leg(leg_id).hang_up("test")
    await line.server.leg(leg_id).done.wait()
    names = {path.name for path in (tmp_path / "record").iterdir()}
    assert names == {f"{leg_id}-heard-16000.wav", f"{leg_id}-said-16000.wav"}


async def test_legs_that_are_not_there_are_named(line: Line) -> None:
    leg = uuid.uuid4()
    with pytest.raises(NoSuchLeg, match="is not known"):
        line.server.leg(leg)
    line.server.register_agent(leg)
    with pytest.raises(NoSuchLeg, match="is registered and has not connected"):
        line.server.leg(leg)
    with pytest.raises(NoSuchLeg, match="no call to 99 has reached"):
        line.server.leg_of_number("99")


async def test_a_stream_cut_within_a_message_is_its_end() -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(b"\x12\x02\x80half")
    reader.feed_eof()
    assert await receive(reader) is None
    empty = asyncio.StreamReader()
    empty.feed_eof()
    with pytest.raises(WireError, match="closed before it named its leg"):
        await receive_uuid(empty)


def test_the_number_is_read_from_the_uuid() -> None:
    assert number_in(uuid.UUID("87654321-0000-4000-8000-013125550151")) == "13125550151"
    assert number_in(uuid.UUID("87654321-0000-4000-8000-000000000000")) == "0"
    assert number_in(uuid.UUID("87654321-0000-4000-8000-01312555015a")) is None
    assert number_in(uuid.UUID("87654321-0000-4000-9000-013125550151")) is None


def test_an_agent_cannot_pose_as_a_debtor(tmp_path: Path) -> None:
    server = PracticeServer(Speaker(tmp_path), {})
    with pytest.raises(ValueError, match="form of a debtor's UUID"):
        server.register_agent(uuid.UUID("12345678-0000-4000-8000-000000000001"))


@pytest.mark.parametrize("host", ["8.8.8.8", "192.168.1.5", "::"])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(ValueError, match="not a loopback address"):
        require_loopback(host)
