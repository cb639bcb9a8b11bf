"""The control channel and its client, without a voice: what is refused, and how."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialer.practice import voices
from dialer.practice.client import LegGone, PracticeError, PracticeLine, PracticeLost, TurnOutcome
from dialer.practice.control import LINE_LIMIT, ControlServer
from dialer.practice.leg import tone
from dialer.practice.persona import shipped_personas
from dialer.practice.server import PracticeServer
from dialer.practice.voices import Speaker
from dialer.practice.wire import Kind, pack, receive


@dataclass
class Setup:
    server: PracticeServer
    control: ControlServer
    port: int
    control_port: int


@pytest.fixture
async def setup(tmp_path: Path) -> AsyncIterator[Setup]:
    server = PracticeServer(Speaker(tmp_path), shipped_personas())
    control = ControlServer(server)
    made = Setup(server, control, await server.start("127.0.0.1", 0), await control.start("127.0.0.1", 0))
    yield made
    await control.close()
    await server.close()


@pytest.fixture
async def line(setup: Setup) -> AsyncIterator[PracticeLine]:
    async with await PracticeLine.connect("127.0.0.1", setup.control_port) as connected:
        yield connected


async def agent_leg(setup: Setup, line: PracticeLine) -> tuple[uuid.UUID, asyncio.StreamWriter]:
    leg = uuid.uuid4()
    await line.register_agent(leg)
    reader, writer = await asyncio.open_connection("127.0.0.1", setup.port)
    writer.write(pack(Kind.UUID, leg.bytes))
    assert await receive(reader) is not None
    return leg, writer


@pytest.mark.parametrize(
    ("request_line", "complaint"),
    [
        (b"hello", "not understood"),
        (b"[1, 2]", "not understood: Expected `object`, got `array`"),
        (b"{}", "not understood: Object missing required field `op`"),
        (b'{"op": "originate"}', "not understood: Invalid value 'originate'"),
        (b'{"op": "say", "uuid": "42", "text": "x"}', "Invalid UUID - at `$.uuid`"),
        (b'{"op": "say", "text": "x"}', "missing required field `uuid`"),
        (b'{"op": "agent", "uuid": "00000000-0000-4000-8000-000000000001"}', "form of a debtor's UUID"),
        (b'{"op": "ping", "evil": 1}', "unknown field `evil`"),
        (b'{"op": "spoken"}', "give uuid or number"),
        (b'{"op": "spoken", "number": "77"}', "no call to 77 has reached the practice line"),
        (b'{"op": "say", "uuid": "6d1c2a3e-7a57-4b0e-9df8-5d3a3f1c0001", "text": "hi"}', "is not known"),
        (b"\xff\xfe\n", "not understood"),
    ],
)
async def test_a_wrong_request_gets_an_error_that_says_what(
    setup: Setup, request_line: bytes, complaint: str
) -> None:
    answer = await setup.control.handle(request_line)
    assert answer["ok"] is False
    assert complaint in answer["error"]


async def test_an_error_echoes_the_id_where_there_is_one(setup: Setup) -> None:
    assert (await setup.control.handle(b'{"op": "dance", "id": 7}'))["id"] == 7
    assert (await setup.control.handle(b'{"op": "dance", "id": [7]}'))["id"] is None


async def test_one_bad_line_does_not_end_the_connection_and_an_endless_one_does(setup: Setup) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", setup.control_port)
    writer.write(b'nonsense\n{"op":"ping","id":1}\n')
    answers = [json.loads(await reader.readline()) for _ in range(2)]
    assert {answer["ok"] for answer in answers} == {True, False}
    writer.write(b"x" * (LINE_LIMIT + 10) + b"\n")
    answer = json.loads(await reader.readline())
    assert f"at most {LINE_LIMIT} bytes" in answer["error"]
    assert await reader.read() == b""
    writer.close()


async def test_the_debtors_are_listed(line: PracticeLine) -> None:
    assert {info.digit: info.id for info in await line.personas()} == {
        "0": "wrong-number",
        "1": "promise",
        "5": "dispute",
        "37": "refuses",
        "6": "machine",
        "7": "hangs-up",
        "8": "stop-calling",
        "9": "lost-job",
    }


async def test_what_cannot_be_said_is_refused_with_a_reason(setup: Setup, line: PracticeLine) -> None:
    leg, writer = await agent_leg(setup, line)
    with pytest.raises(PracticeError, match="split it up"):
        await line.say(leg, "word " * 500)
    with pytest.raises(PracticeError, match="can be spoken"):
        await line.say(leg, "😀")
    writer.close()


async def test_without_voices_the_line_says_how_to_get_them(
    setup: Setup, line: PracticeLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "voices_missing", lambda: "piper-tts not installed: pip install it")
    leg, writer = await agent_leg(setup, line)
    with pytest.raises(PracticeError, match="piper-tts not installed: pip install it"):
        await line.say(leg, "Hello.")
    writer.close()


async def test_waiting_for_a_turn_times_out_on_silence_and_ends_with_the_leg(
    setup: Setup, line: PracticeLine
) -> None:
    leg, writer = await agent_leg(setup, line)
    assert await line.wait_turn(leg, timeout=0.2) == TurnOutcome.TIMEOUT
    waiting = asyncio.create_task(line.wait_turn(leg, timeout=20))
    await asyncio.sleep(0.05)
    # Other requests are answered meanwhile.
    async with asyncio.timeout(1):
        await line.ping()
    await line.hang_up(leg)
    assert await waiting == TurnOutcome.ENDED
    with pytest.raises(LegGone, match="has ended: hung up by the control channel"):
        await line.say(leg, "Hello?")
    assert (await line.legs())[-1]["ended"] == "hung up by the control channel"
    writer.close()


async def test_ringing_is_not_taken_for_a_debtor(setup: Setup, line: PracticeLine) -> None:
    leg, writer = await agent_leg(setup, line)
    ringing = tone(440, 0.6)
    for i in range(0, len(ringing), 640):
        writer.write(pack(Kind.AUDIO_16K, ringing[i : i + 640]))
        await asyncio.sleep(0.01)
    assert await line.wait_turn(leg, timeout=0.5, pause=0.3) == TurnOutcome.TIMEOUT
    writer.close()


async def test_a_debtors_leg_cannot_be_told_what_to_say(setup: Setup, line: PracticeLine) -> None:
    leg = uuid.UUID("12345678-0000-4000-8000-000000000006")
    _, writer = await asyncio.open_connection("127.0.0.1", setup.port)
    writer.write(pack(Kind.UUID, leg.bytes))
    async with asyncio.timeout(2):
        while not await line.legs():
            await asyncio.sleep(0.01)
    with pytest.raises(PracticeError, match="debtors choose their own words"):
        await line.say(leg, "I will pay you a million.")
    writer.close()


async def test_a_line_that_closes_fails_those_who_wait(setup: Setup) -> None:
    line = await PracticeLine.connect("127.0.0.1", setup.control_port)
    leg = uuid.uuid4()
    await line.register_agent(leg)
    await setup.control.close()
    with pytest.raises(PracticeLost):
        await line.ping()
    await line.close()


async def test_nobody_there_is_said_plainly(unused_tcp_port: int) -> None:
    with pytest.raises(PracticeLost, match=f"no practice line at 127.0.0.1:{unused_tcp_port}"):
        await PracticeLine.connect("127.0.0.1", unused_tcp_port)
