"""Talks to a running practice line, from the switchboard, the demo and the tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from dialer.practice.process import PracticeProcess, start_process

__all__ = [
    "LegGone",
    "PersonaInfo",
    "PracticeError",
    "PracticeLine",
    "PracticeLost",
    "PracticeProcess",
    "Spoken",
    "TurnOutcome",
    "start_process",
]


class PracticeError(RuntimeError):
    """The practice line refused a request. The message says why."""


class LegGone(PracticeError):
    """The leg has ended, or never came up."""


class PracticeLost(ConnectionError):
    """The practice line is gone, or never was there."""


class TurnOutcome(StrEnum):
    """How waiting for the other side ended."""

    TURN = "turn"
    """It has spoken and paused: speak now."""
    TIMEOUT = "timeout"
    ENDED = "ended"
    """The leg is gone."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line on a leg."""

    text: str
    """The words, numbers spelt out: what a recogniser should hear."""
    seconds: float
    """Its length; of a line cut off, how long it sounded; 0 while it is being said."""
    start: float | None = None
    """Seconds since the leg connected; None for a line that is only queued."""
    whole: bool = False
    """Whether it was said to its end; compare only such lines with what was heard."""


@dataclass(frozen=True, slots=True)
class PersonaInfo:
    """A debtor one can practise with: dial a number that ends in `digit`."""

    digit: str
    id: str
    title: str
    name: str


class PracticeLine:
    """A connection to the control channel. Its methods may run side by side.

    Every method raises PracticeError where the practice line refuses, PracticeLost where it is gone.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use `connect`."""
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._last_id = 0
        self._reading = asyncio.create_task(self._read(reader))

    @classmethod
    async def connect(cls, host: str, port: int) -> Self:
        """Connect to the control port. Raises PracticeLost."""
        try:
            return cls(*await asyncio.open_connection(host, port, limit=4 * 1024 * 1024))
        except OSError as error:
            raise PracticeLost(f"no practice line at {host}:{port}: {error}") from error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop the connection; legs stay up."""
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def register_agent(self, leg_id: uuid.UUID | str) -> None:
        """Let the next connection with this UUID in as an agent's leg."""
        await self._ask("agent", uuid=str(leg_id))

    async def say(self, leg_id: uuid.UUID | str, text: str) -> Spoken:
        """Queue a line on an agent's leg; returns as soon as it is queued."""
        answer = await self._ask("say", uuid=str(leg_id), text=text)
        return Spoken(answer["words"], answer["seconds"])

    async def prepare(self, texts: Iterable[str]) -> None:
        """Make an agent's lines ready, so that `say` starts at once."""
        await self._ask("prepare", texts=list(texts))

    async def wait_turn(
        self, leg_id: uuid.UUID | str, timeout: float = 20.0, pause: float = 0.8
    ) -> TurnOutcome:
        """Wait until the other side has spoken, since this leg's last line began, and paused (seconds)."""
        answer = await self._ask("wait_turn", uuid=str(leg_id), timeout=timeout, pause=pause)
        return TurnOutcome(answer["outcome"])

    async def wait_said(self, leg_id: uuid.UUID | str, timeout: float = 60.0) -> bool:
        """Wait until everything queued on a leg has been said; False where that did not happen."""
        return bool((await self._ask("wait_said", uuid=str(leg_id), timeout=timeout))["outcome"] == "said")

    async def spoken(
        self, leg_id: uuid.UUID | str | None = None, *, number: str | None = None
    ) -> list[Spoken]:
        """What a leg has truly said, by UUID, or the newest call to a debtor's number."""
        where = {"uuid": str(leg_id)} if leg_id is not None else {"number": number}
        lines = (await self._ask("spoken", **where))["spoken"]
        return [Spoken(line["text"], line["seconds"], line["start"], line["whole"]) for line in lines]

    async def hang_up(self, leg_id: uuid.UUID | str) -> None:
        """End a leg."""
        await self._ask("hangup", uuid=str(leg_id))

    async def legs(self) -> list[dict[str, Any]]:
        """Every leg remembered, oldest first: uuid, number, up_s, ended, lines, digits, late."""
        legs: list[dict[str, Any]] = (await self._ask("legs"))["legs"]
        return legs

    async def personas(self) -> list[PersonaInfo]:
        """Who can be practised with."""
        return [PersonaInfo(**persona) for persona in (await self._ask("personas"))["personas"]]

    async def ping(self) -> int:
        """The practice line's process id."""
        return int((await self._ask("ping"))["pid"])

    async def _ask(self, op: str, **arguments: object) -> dict[str, Any]:
        if self._reading.done():
            raise PracticeLost("the practice line is gone")
        self._last_id += 1
        number = self._last_id
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            self._writer.write(json.dumps({"op": op, "id": number, **arguments}).encode() + b"\n")
            await self._writer.drain()
            answer = await answered
        except PracticeLost:
            raise
        except ConnectionError as error:
            raise PracticeLost(f"the practice line is gone: {error}") from error
        finally:
            self._waiting.pop(number, None)
        if not answer["ok"]:
            raise (LegGone if answer.get("code") == "no-leg" else PracticeError)(answer["error"])
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        lost = "the practice line closed the connection"
        try:
            while line := await reader.readline():
                answer = json.loads(line)
                waiting = self._waiting.get(answer.get("id"))
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
                elif answer.get("id") is None:
                    lost = f"the practice line refused: {answer.get('error')}"
        except (ConnectionError, ValueError) as error:
            lost = f"the practice line is gone: {error}"
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(PracticeLost(lost))
