"""A scripted manager interface on loopback, for the faults a real Asterisk will not show on demand."""

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType

from dialer.ami import Ami, AmiAddress, Packet

Reply = Callable[[dict[str, str]], bytes | None]
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
LONG = 30.0
"""Seconds between pings where none is wanted."""


def success(headers: dict[str, str], *lines: str) -> bytes:
    return _packet("Response: Success", f"ActionID: {headers['ActionID']}", *lines)


def error(headers: dict[str, str], message: str) -> bytes:
    return _packet("Response: Error", f"ActionID: {headers['ActionID']}", f"Message: {message}")


def event(name: str, *lines: str) -> bytes:
    return _packet(f"Event: {name}", *lines)


def _packet(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _login(headers: dict[str, str]) -> bytes:
    return success(headers) + BOOTED


def no_channels(headers: dict[str, str]) -> bytes:
    return success(headers, "EventList: start") + event(
        "CoreShowChannelsComplete", f"ActionID: {headers['ActionID']}", "EventList: Complete", "ListItems: 0"
    )


class StandIn:
    """Answers every action with Success unless `replies` says otherwise; keeps what it was sent."""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.host, self.tls = host, tls
        self.banner = BANNER
        self.replies: dict[str, Reply] = {"Login": _login, "CoreShowChannels": no_channels}
        self.actions: list[dict[str, str]] = []
        self.raw = b""
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> "StandIn":
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.vanish()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def vanish(self) -> None:
        """Stop listening and cut every connection, as a dying Asterisk does."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    def say(self, data: bytes) -> None:
        for writer in self._writers:
            writer.write(data)

    def sent(self, name: str) -> list[dict[str, str]]:
        return [headers for headers in self.actions if headers["Action"] == name]

    def address(self, tls: ssl.SSLContext | None = None) -> AmiAddress:
        return AmiAddress(self.host, self.port, "tester", "secret", tls)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            writer.write(self.banner)
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                self.raw += raw
                lines = raw.decode().split("\r\n")
                headers = dict(reversed([line.split(": ", 1) for line in lines if ": " in line]))
                self.actions.append(headers)
                reply = self.replies.get(headers["Action"], success)(headers)
                if reply is not None:
                    writer.write(reply)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def until(condition: Callable[[], object], limit: float = 5.0) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.002)


def collect(ami: Ami) -> list[Packet]:
    seen: list[Packet] = []
    ami.subscribe(seen.extend)
    return seen
