"""The workstation's end of the switchboard: asks, listens, reconnects by itself and resumes where it was."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
import structlog
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import WebSocketException

from workstation.floor import messages as m

log = structlog.get_logger(__name__)

_RETRY_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
"""Waits between attempts to reconnect; the last repeats."""
_ANSWER_S = 10.0


class SwitchboardLost(Exception):
    """The switchboard cannot be reached, or went away before it answered. ``str()`` is one line."""


class Client:
    """One session with the switchboard, over its Unix socket or TLS.

    After a lost connection it reconnects by itself, resumes the session and watches its calls again, each
    of which begins with a snapshot. A command in flight when the connection broke is not sent again: it
    fails with SwitchboardLost, and the caller looks at the call's state before asking anew.
    """

    def __init__(
        self,
        socket: Path | None = None,
        *,
        address: tuple[str, int] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if (socket is None) == (address is None):
            raise ValueError("give the switchboard's socket or its address, one of them")
        self._socket = socket
        self._address = address
        self._tls = tls
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[m.Reply | m.SignedIn]] = {}
        self._listeners: list[Callable[[m.Event], None]] = []
        self._state_listeners: list[Callable[[str], None]] = []
        self._watched: set[str] = set()
        self._watches_floor = False
        self._token = ""
        self._wire: ClientConnection | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._encode = msgspec.json.Encoder()
        self._decode = msgspec.json.Decoder(m.AnyEvent)
        self.state: Literal["up", "down", "reconnecting"] = "down"

    async def connect(self) -> None:
        """Connect once; from then on the connection is kept. Raises SwitchboardLost if nobody answers."""
        self._wire = await self._dial()
        self._set_state("up")
        self._keeper = asyncio.create_task(self._keep(), name="switchboard-client")

    async def close(self) -> None:
        """Leave. Calls stay up."""
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._wire:
            await self._wire.close()
        self._fail_waiting("the workstation left the switchboard")
        self._set_state("down")

    def on_event(self, fn: Callable[[m.Event], None]) -> Callable[[], None]:
        """Have `fn` called on the event loop with everything but replies; returns the way to stop it."""
        self._listeners.append(fn)
        return lambda: self._listeners.remove(fn)

    def on_state(self, fn: Callable[[str], None]) -> Callable[[], None]:
        """Have `fn` called when the connection goes up, down or starts to reconnect."""
        self._state_listeners.append(fn)
        return lambda: self._state_listeners.remove(fn)

    async def ask(self, command: m.Command) -> m.Reply | m.SignedIn:
        """Send one command and return its answer. Raises SwitchboardLost."""
        if self._wire is None or self.state != "up":
            raise SwitchboardLost("the switchboard is not reachable: the line is down")
        answer = await self._exchange(self._wire, command)
        if isinstance(answer, m.SignedIn):
            self._token = answer.token
        elif answer.ok and isinstance(command, m.Watch):
            self._watched.add(command.call_id)
        elif isinstance(command, m.Unwatch):
            self._watched.discard(command.call_id)
        elif isinstance(command, m.WatchFloor | m.UnwatchFloor):
            self._watches_floor = answer.ok and isinstance(command, m.WatchFloor)
        return answer

    async def _exchange(self, wire: ClientConnection, command: m.Command) -> m.Reply | m.SignedIn:
        number = next(self._numbers)
        future: asyncio.Future[m.Reply | m.SignedIn] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await wire.send(self._encode.encode(m.Envelope(number, command)), text=True)  # type: ignore[arg-type]  # the union of Envelope
            return await asyncio.wait_for(future, _ANSWER_S)
        except TimeoutError:  # an OSError too, so it comes first
            raise SwitchboardLost(f"the switchboard did not answer within {_ANSWER_S:.0f} s") from None
        except (WebSocketException, OSError):
            raise SwitchboardLost("the switchboard went away before it answered") from None
        finally:
            self._waiting.pop(number, None)

    async def _dial(self) -> ClientConnection:
        try:
            if self._socket is not None:
                return await unix_connect(str(self._socket), uri="ws://switchboard/", max_size=2**24)
            assert self._address is not None
            host, port = self._address
            return await connect(f"wss://{host}:{port}/", ssl=self._tls, max_size=2**24)
        except (OSError, WebSocketException, TimeoutError) as wrong:
            raise SwitchboardLost(
                f"no switchboard answers ({wrong}); start it with: dunline switchboard"
            ) from None

    async def _keep(self) -> None:
        while True:
            assert self._wire is not None
            await self._read(self._wire)
            self._fail_waiting("the switchboard went away")
            self._set_state("reconnecting")
            for attempt in itertools.count():
                await asyncio.sleep(_RETRY_S[min(attempt, len(_RETRY_S) - 1)])
                with contextlib.suppress(SwitchboardLost):
                    self._wire = await self._dial()
                    break
            # Replies are read by _read, which is not running yet: resume from a task of its own.
            resume = asyncio.create_task(self._resume(self._wire))
            resume.add_done_callback(lambda t: t.cancelled() or t.exception())

    async def _resume(self, wire: ClientConnection) -> None:
        try:
            if self._token:
                answer = await self._exchange(wire, m.Resume(token=self._token))
                if isinstance(answer, m.Reply) and not answer.ok:
                    log.warning("session not resumed", error=answer.error)
                    self._token = ""
            for call_id in list(self._watched):
                answer = await self._exchange(wire, m.Watch(call_id=call_id))
                if isinstance(answer, m.Reply) and not answer.ok:
                    self._watched.discard(call_id)
            if self._watches_floor:
                await self._exchange(wire, m.WatchFloor())
            self._set_state("up")
        except SwitchboardLost:
            log.info("lost again while resuming")

    async def _read(self, wire: ClientConnection) -> None:
        try:
            async for data in wire:
                self._take(self._decode.decode(data))
        except (WebSocketException, OSError):
            pass
        except msgspec.DecodeError as wrong:
            # Another version on the other side: better no line than a wrong one.
            log.error("message not understood", error=str(wrong))
            await wire.close()

    def _take(self, event: m.Event) -> None:
        if isinstance(event, m.Reply | m.SignedIn):
            future = self._waiting.get(event.id)
            if future and not future.done():
                future.set_result(event)
            return
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("an event listener failed", kind=type(event).__name__)

    def _fail_waiting(self, why: str) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(SwitchboardLost(why))

    def _set_state(self, state: Literal["up", "down", "reconnecting"]) -> None:
        if state != self.state:
            self.state = state
            for listener in list(self._state_listeners):
                listener(state)
