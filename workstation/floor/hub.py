"""The terminals that are connected to the switchboard, and what each of them watches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

from workstation.floor import messages as m
from workstation.floor.session import Session

log = structlog.get_logger(__name__)

_BACKLOG = 5000
"""Messages a terminal may fall behind; then it is dropped, reconnects, and gets a snapshot."""

Handler = Callable[["Terminal", int, m.Command], Awaitable[Sequence[m.Event]]]


class Terminal:
    """One connection of a workstation."""

    def __init__(self, wire: ServerConnection) -> None:
        self.session: Session | None = None
        self.watching: set[str] = set()
        self.watching_floor = False
        self._wire = wire
        self._out: asyncio.Queue[bytes] = asyncio.Queue(_BACKLOG)
        self._encode = msgspec.json.Encoder()

    def send(self, event: m.Event) -> None:
        """Queue an event; a terminal that cannot keep up is dropped."""
        self.send_raw(self._encode.encode(event))

    def send_raw(self, data: bytes) -> None:
        """Queue an event that is encoded already."""
        try:
            self._out.put_nowait(data)
        except asyncio.QueueFull:
            log.warning("a terminal fell behind and is dropped", user=self.session and self.session.username)
            self._wire.transport.abort()

    async def pump(self) -> None:
        """Send what is queued, until the connection ends."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self._wire.send(await self._out.get(), text=True)


class Hub:
    """Accepts terminals on a Unix socket (mode 0600) and, where asked, on TLS."""

    def __init__(self, handle: Handler, on_gone: Callable[[Terminal], None] = lambda _: None) -> None:
        self._handle = handle
        self._on_gone = on_gone
        self._terminals: set[Terminal] = set()
        self._servers: list[Server] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._encode = msgspec.json.Encoder()
        self._decode = msgspec.json.Decoder(m.Envelope)

    async def listen_unix(self, socket: Path) -> None:
        """Listen on a Unix socket; a stale one of a killed switchboard is replaced."""
        await asyncio.to_thread(_clear, socket)
        before = os.umask(0o177)
        try:
            self._servers.append(await unix_serve(self._connected, str(socket), max_size=2**20))
        finally:
            os.umask(before)

    async def listen_tls(self, host: str, port: int, tls: ssl.SSLContext) -> int:
        """Listen for workstations on other machines; returns the port."""
        server = await serve(self._connected, host, port, ssl=tls, max_size=2**20)
        self._servers.append(server)
        return int(next(iter(server.sockets)).getsockname()[1])

    async def close(self) -> None:
        """Stop listening and drop the terminals; they reconnect to whoever comes next."""
        for server in self._servers:
            server.close(close_connections=True)
        for task in list(self._serving):
            task.cancel()  # a command still being answered must not hold up the end
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()

    def publish(self, event: m.CallEvent | m.CallSnapshot) -> None:
        """Send a call's event to those who watch it."""
        data = self._encode.encode(event)
        for terminal in self._terminals:
            if event.call_id in terminal.watching:
                terminal.send_raw(data)

    def publish_floor(self, event: m.FloorChanged) -> None:
        """Send what changed on the floor to those who watch it."""
        watchers = [terminal for terminal in self._terminals if terminal.watching_floor]
        if watchers:
            data = self._encode.encode(event)
            for terminal in watchers:
                terminal.send_raw(data)

    def signed_in(self) -> tuple[Terminal, ...]:
        """The terminals with an open session."""
        return tuple(terminal for terminal in self._terminals if terminal.session is not None)

    def tell(self, user_id: int, event: m.Event) -> None:
        """Send an event to the terminals of one user."""
        data = self._encode.encode(event)
        for terminal in self._terminals:
            if terminal.session is not None and terminal.session.user_id == user_id:
                terminal.send_raw(data)

    def broadcast(self, event: m.Event) -> None:
        """Send an event to everybody who is signed in."""
        data = self._encode.encode(event)
        for terminal in self._terminals:
            if terminal.session is not None:
                terminal.send_raw(data)

    async def _connected(self, wire: ServerConnection) -> None:
        terminal = Terminal(wire)
        self._terminals.add(terminal)
        task = cast(asyncio.Task[None], asyncio.current_task())
        self._serving.add(task)
        pump = asyncio.create_task(terminal.pump(), name="terminal-pump")
        try:
            async for data in wire:
                try:
                    envelope = self._decode.decode(data)
                except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
                    log.warning("a terminal sent what is not understood", error=str(wrong))
                    await wire.close(1002, "not understood")
                    return
                for event in await self._answer(terminal, envelope):
                    terminal.send(event)
        except ConnectionClosed:
            pass
        finally:
            self._terminals.discard(terminal)
            self._serving.discard(task)
            pump.cancel()
            self._on_gone(terminal)

    async def _answer(self, terminal: Terminal, envelope: m.Envelope) -> Sequence[m.Event]:
        try:
            return await self._handle(terminal, envelope.id, envelope.command)
        except Exception:
            log.exception("a command failed", command=type(envelope.command).__name__)
            return (
                m.Reply(id=envelope.id, ok=False, error="the switchboard failed on this; it is in its log"),
            )


def _clear(socket: Path) -> None:
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
