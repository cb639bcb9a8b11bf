"""The practice line's control channel: JSON lines over a loopback connection.

A request is one object with ``op`` and, if the caller wants it echoed, ``id``; the answer is one object with
``ok`` and either the result or ``error``, one line a person can act on. Requests of one connection run side
by side, so a slow one (waiting for a turn) does not hold up the rest: match answers by ``id``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import uuid
from typing import Any

import msgspec

from dialer.practice.leg import Leg
from dialer.practice.say_aloud import CannotSay
from dialer.practice.server import NoSuchLeg, PracticeServer, require_loopback
from dialer.practice.voices import VoiceUnavailable

LINE_LIMIT = 64 * 1024
"""Longest request, in bytes; a longer one is answered with an error and the connection closed."""
TURN_PAUSE_S = 0.8
"""How long the other side must be quiet for its turn to be over, unless the request says otherwise."""
LONGEST_WAIT_S = 600.0


class Request(msgspec.Struct, frozen=True, tag_field="op", kw_only=True, forbid_unknown_fields=True):
    """Anything the control channel is asked."""

    id: int | str | None = None


class Agent(Request, frozen=True, tag="agent", kw_only=True):
    """Expect this UUID as an agent's leg."""

    uuid: uuid.UUID


class Say(Request, frozen=True, tag="say", kw_only=True):
    """Speak on an agent's leg; answered when queued, with ``words`` and ``seconds``."""

    uuid: uuid.UUID
    text: str


class Prepare(Request, frozen=True, tag="prepare", kw_only=True):
    """Make an agent's lines ready, so that a later Say starts at once."""

    texts: list[str]


class Spoken(Request, frozen=True, tag="spoken", kw_only=True):
    """What a leg has truly said, by its UUID or a debtor's number (the newest call to it)."""

    uuid: uuid.UUID | None = None
    number: str | None = None


class Hear(Request, frozen=True, tag="hear", kw_only=True):
    """Whether the other side of a leg speaks now, and for how long it has been quiet."""

    uuid: uuid.UUID


class WaitTurn(Request, frozen=True, tag="wait_turn", kw_only=True):
    """Answered when the other side has spoken (since this leg's last line began) and paused.

    ``outcome`` is turn, timeout, or ended (the leg is gone).
    """

    uuid: uuid.UUID
    timeout: float = 20.0
    pause: float = TURN_PAUSE_S


class WaitSaid(Request, frozen=True, tag="wait_said", kw_only=True):
    """Answered when everything queued on a leg has been said. ``outcome``: said, timeout or ended."""

    uuid: uuid.UUID
    timeout: float = 60.0


class HangUp(Request, frozen=True, tag="hangup", kw_only=True):
    """End a leg."""

    uuid: uuid.UUID


class Legs(Request, frozen=True, tag="legs", kw_only=True):
    """Every leg remembered, oldest first."""


class Personas(Request, frozen=True, tag="personas", kw_only=True):
    """Who answers to which last digit."""


class Ping(Request, frozen=True, tag="ping", kw_only=True):
    """Answered with the process id."""


AnyRequest = Agent | Say | Prepare | Spoken | Hear | WaitTurn | WaitSaid | HangUp | Legs | Personas | Ping
_DECODER = msgspec.json.Decoder(AnyRequest)


class ControlServer:
    """Answers control requests about one practice server."""

    def __init__(self, line: PracticeServer) -> None:
        self._line = line
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (a free one where `port` is 0). Raises OSError, ValueError."""
        require_loopback(host)
        self._server = await asyncio.start_server(self._connected, host, port, limit=LINE_LIMIT)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop, dropping requests under way."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        running: set[asyncio.Task[None]] = set()
        try:
            while line := await _next_line(reader, writer):
                request = asyncio.create_task(self._answer(line, writer))
                running.add(request)
                request.add_done_callback(running.discard)
        except asyncio.CancelledError:
            pass  # the server closes: end quietly instead of leaving a cancelled callback in the log
        finally:
            for request in running:
                request.cancel()
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await asyncio.gather(*running, return_exceptions=True)
                await writer.wait_closed()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        await _send(writer, await self.handle(line))

    async def handle(self, line: bytes) -> dict[str, Any]:
        """The answer to one request. Never raises for what the request says."""
        try:
            request = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return {"id": _id_in(line), "ok": False, "error": f"not understood: {error}"}
        try:
            result = await self._perform(request)
        except NoSuchLeg as error:
            return {"id": request.id, "ok": False, "error": str(error), "code": "no-leg"}
        except (CannotSay, VoiceUnavailable, ValueError) as error:
            return {"id": request.id, "ok": False, "error": str(error)}
        return {"id": request.id, "ok": True, **result}

    async def _perform(self, request: AnyRequest) -> dict[str, Any]:
        line = self._line
        match request:
            case Agent():
                line.register_agent(request.uuid)
            case Say():
                words, seconds = await line.say(request.uuid, request.text)
                return {"words": words, "seconds": round(seconds, 3)}
            case Prepare():
                await line.prepare(request.texts)
            case Spoken():
                return {"spoken": _spoken(self._asked(request))}
            case Hear():
                return _hearing(line.leg_up(request.uuid))
            case WaitTurn():
                return await _wait_turn(line.leg(request.uuid), request)
            case WaitSaid():
                return await _wait_said(line.leg(request.uuid), request)
            case HangUp():
                line.leg_up(request.uuid).hang_up("hung up by the control channel")
            case Legs():
                return {"legs": [_described(leg) for leg in line.legs()]}
            case Personas():
                return {"personas": [_persona(digit, p) for digit, p in sorted(line.personas.items())]}
            case Ping():
                return {"pid": os.getpid()}
        return {}

    def _asked(self, request: Spoken) -> Leg:
        if request.uuid is not None:
            return self._line.leg(request.uuid)
        if request.number is not None:
            return self._line.leg_of_number(request.number)
        raise ValueError("spoken: give uuid or number")


async def _next_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    try:
        return await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        await _send(writer, {"id": None, "ok": False, "error": f"a request has at most {LINE_LIMIT} bytes"})
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    return b""


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    with contextlib.suppress(ConnectionError):
        writer.write(msgspec.json.encode(answer) + b"\n")
        await writer.drain()


def _id_in(line: bytes) -> int | str | None:
    """The id of a request that is otherwise wrong, so that its sender can tell which one it was."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    number = found.get("id") if isinstance(found, dict) else None
    return number if isinstance(number, int | str) else None


async def _wait_turn(leg: Leg, request: WaitTurn) -> dict[str, Any]:
    def over() -> bool:
        return not leg.talking and leg.far.turn_over(leg.now(), request.pause)

    outcome = await _wait(leg, over, request.timeout)
    if outcome != "done":
        return {"outcome": outcome}
    began, ended = leg.far.began, leg.far.last_voice
    leg.far.answered()
    return {"outcome": "turn", "began": round(began or 0.0, 3), "ended": round(ended or 0.0, 3)}


async def _wait_said(leg: Leg, request: WaitSaid) -> dict[str, Any]:
    outcome = await _wait(leg, lambda: not leg.talking, request.timeout)
    return {"outcome": "said" if outcome == "done" else outcome}


async def _wait(leg: Leg, done: Any, timeout: float) -> str:
    """Look every 20 ms, as often as anything on a leg can change."""
    until = leg.now() + min(max(timeout, 0.0), LONGEST_WAIT_S)
    while not done():
        if leg.ended is not None:
            return "ended"
        if leg.now() >= until:
            return "timeout"
        await asyncio.sleep(0.02)
    return "done"


def _hearing(leg: Leg) -> dict[str, Any]:
    last = leg.far.last_voice
    return {
        "speaking": leg.far_speaking(),
        "spoke": leg.far.began is not None,
        "silent_s": None if last is None else round(leg.now() - last, 3),
        "talking": leg.talking,
    }


def _spoken(leg: Leg) -> list[dict[str, Any]]:
    return [
        {"start": said.start, "text": said.text, "seconds": said.seconds, "whole": said.whole}
        for said in leg.spoken
    ]


def _described(leg: Leg) -> dict[str, Any]:
    return {
        "uuid": str(leg.id),
        "number": leg.number,
        "up_s": round(leg.now(), 3) if leg.ended is None else None,
        "ended": leg.ended,
        "lines": len(leg.spoken),
        "digits": leg.digits,
        "late": leg.frames_late,
    }


def _persona(digit: str, persona: Any) -> dict[str, Any]:
    return {"digit": digit, "id": persona.id, "title": persona.title, "name": persona.name}
