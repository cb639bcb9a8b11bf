"""Whole conversations between an agent's voice and practice debtors, heard by the recogniser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import uuid
from itertools import pairwise
from pathlib import Path

import pytest
import vosk

from dialer.practice.client import LegGone, PracticeLine, Spoken, TurnOutcome
from dialer.practice.process import PracticeProcess
from dialer.practice.wire import Kind, pack, receive

pytestmark = pytest.mark.speech

SCRIPT = [
    "Good morning, this is Sam Carter. Am I speaking with Jordan?",
    "I am calling about the invoice for 8,420.00 USD due on 28 Oct. Is anything holding it up?",
    "I am sorry about that. I will send it now. When can you pay, and how much?",
    "So that is 5,000.00 USD on Friday. Is that right?",
    "Thank you for your time. Goodbye.",
]


class Switch:
    """Joins two legs, as Asterisk would, and keeps what each side said."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []
        self.audio: dict[str, bytearray] = {"agent": bytearray(), "debtor": bytearray()}

    def close(self) -> None:
        for writer in self._writers:
            writer.close()

    async def join(self, agent: uuid.UUID, debtor: uuid.UUID) -> None:
        ends = {}
        for name, leg in (("agent", agent), ("debtor", debtor)):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(pack(Kind.UUID, leg.bytes))
            self._writers.append(writer)
            ends[name] = (reader, writer)

        async def carry(name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while (message := await receive(reader)) is not None and message.kind != Kind.HANGUP:
                self.audio[name] += message.payload
                writer.write(pack(Kind.AUDIO_16K, message.payload))
            with contextlib.suppress(ConnectionError):
                writer.write(pack(Kind.HANGUP))
            writer.close()

        await asyncio.gather(
            carry("agent", ends["agent"][0], ends["debtor"][1]),
            carry("debtor", ends["debtor"][0], ends["agent"][1]),
        )


def debtor_leg(number: str) -> uuid.UUID:
    return uuid.UUID(f"{uuid.uuid4().int % 10**8:08d}-0000-4000-8000-{number:0>12}")


async def talk(
    practice_line: PracticeProcess, number: str, script: list[str]
) -> tuple[Switch, list[Spoken], list[Spoken], list[TurnOutcome]]:
    """One call: the agent says the next line at each of its turns, and hangs up after the last answer."""
    agent = uuid.uuid4()
    outcomes = []
    async with await PracticeLine.connect(practice_line.host, practice_line.control_port) as line:
        await line.register_agent(agent)
        await line.prepare(script)
        switch = Switch(practice_line.port)
        call = asyncio.create_task(switch.join(agent, debtor_leg(number)))
        async with asyncio.timeout(2):
            while not any(leg["uuid"] == str(agent) for leg in await line.legs()):
                await asyncio.sleep(0.01)
        with contextlib.suppress(LegGone):
            for text in [*script, ""]:
                outcomes.append(await line.wait_turn(agent, timeout=20))
                if outcomes[-1] != TurnOutcome.TURN or not text:
                    break
                await line.say(agent, text)
            await line.hang_up(agent)
        try:
            async with asyncio.timeout(20):
                await call
        finally:
            switch.close()
        return switch, await line.spoken(agent), await line.spoken(number=number), outcomes


def heard(model: vosk.Model, pcm: bytes) -> list[str]:
    recogniser = vosk.KaldiRecognizer(model, 16000)
    results = [
        recogniser.Result() for i in range(0, len(pcm), 8000) if recogniser.AcceptWaveform(pcm[i : i + 8000])
    ]
    texts = [json.loads(result)["text"] for result in [*results, recogniser.FinalResult()]]
    return words(" ".join(texts).replace("i'm", "i am"))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def error_rate(truth: list[str], found: list[str]) -> float:
    row = list(range(len(found) + 1))
    for i, word in enumerate(truth, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(found, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (word != other))
    return row[-1] / len(truth)


Call = tuple[Switch, list[Spoken], list[Spoken], list[TurnOutcome]]
PROMISE = "13125550151"
CALLS = {
    PROMISE: SCRIPT,
    "15559": ["Good morning, this is Sam Carter. Am I speaking with Taylor?", SCRIPT[1]],
    "15555": ["Good morning. This call is recorded.", SCRIPT[1]],
    "15558": ["Good morning, this is Sam Carter from Northgate Supply.", "I am sorry. I will do that."],
    "15550": ["Good morning, this is Sam Carter from Northgate Supply.", "I am sorry to disturb you."],
    "15556": ["This is Sam Carter. Please call me back."],
    "15557": ["Hello?"],
}


@pytest.fixture(scope="module")
def calls(practice_line: PracticeProcess) -> dict[str, Call]:
    """All of CALLS, held at the same time: a conversation takes as long as it takes."""

    async def hold() -> list[Call]:
        return await asyncio.gather(*(talk(practice_line, number, s) for number, s in CALLS.items()))

    return dict(zip(CALLS, asyncio.run(hold()), strict=True))


def test_a_promise_is_made_in_a_whole_conversation(calls: dict[str, Call], speech_model: Path) -> None:
    switch, agent, debtor, outcomes = calls[PROMISE]
    assert outcomes[: len(SCRIPT)] == [TurnOutcome.TURN] * len(SCRIPT)
    assert [line.text for line in debtor] == [
        "Good morning, accounts payable. This is Jordan.",
        "Yes, this is Jordan. How can I help you?",
        "We have never received the invoice.",
        "Okay. I can pay five thousand dollars on Friday.",
        "Yes, that is right.",
        "Thank you for your help. Have a nice day.",
    ]
    assert [line.whole for line in agent + debtor] == [True] * 11
    # They take turns: nobody begins before the other has ended.
    spans = sorted((line.start or 0.0, (line.start or 0.0) + line.seconds) for line in agent + debtor)
    assert all(after[0] >= before[1] for before, after in pairwise(spans)), spans
    # What is said to have been spoken is where it is said to have been.
    first = debtor[0]
    start = int((first.start or 0.0) * 32000) // 2 * 2
    quiet = max(map(abs, memoryview(bytes(switch.audio["debtor"][: start - 3200])).cast("h")), default=0)
    loud = max(map(abs, memoryview(bytes(switch.audio["debtor"][start : start + 64000])).cast("h")))
    assert quiet < 200  # a quiet room, not digital silence
    assert quiet > 0
    assert loud > 10_000
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(speech_model))
    for name, lines, limit in (("agent", agent, 0.12), ("debtor", debtor, 0.12)):
        truth = words(" ".join(line.text for line in lines))
        found = heard(model, bytes(switch.audio[name]))
        rate = error_rate(truth, found)
        print(f"{name}: WER {rate:.1%} of {len(truth)} words")  # noqa: T201  # shown by pytest -rP
        assert rate <= limit, f"{name}: said {truth}, heard {found}"


def test_calls_side_by_side_stay_apart(calls: dict[str, Call]) -> None:
    said = {number: [line.text for line in debtor] for number, (_, _, debtor, _) in calls.items()}
    assert said["15559"][:3] == [
        "Hello, this is Taylor speaking.",
        "Yes, speaking.",
        "I lost my job last month, and I cannot pay right now.",
    ]
    # Which reply comes first, and whether both do, depends on whether the times told the agents' lines apart.
    assert said["15555"][0] == "Hello, this is Morgan speaking."
    dispute = said["15555"].index("I dispute this invoice. The goods were damaged when they arrived.")
    assert dispute in (2, 3)
    assert {*said["15555"][1:dispute]} <= {"All right, go ahead.", "Yes, speaking. What is this about?"}
    assert said["15558"][1] == "Stop calling me. Never call this number again."
    assert said["15550"][1] == "You've got the wrong number. There is nobody here by that name."
    assert len(said["15556"]) == 1
    assert said["15557"] == []
    # The collector's message begins after the machine's greeting and beep.
    _, message, greeting, _ = calls["15556"]
    assert (message[0].start or 0) > (greeting[0].start or 0) + greeting[0].seconds + 0.5
