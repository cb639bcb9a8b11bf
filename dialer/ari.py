"""A small client of Asterisk's REST interface (ARI), for audio taps and nothing else.

Events and requests travel over one WebSocket (Asterisk 22.5 and later answer REST requests sent as messages
on it). The routes this client can use are the members of :class:`_Route`: none of them can start a call,
dial, redirect or continue a channel in the dialplan.

Errors::

    AriError
     +- AriUnreachable   nothing answers at the address
     +- AriLogin         the user name or password is wrong
     +- AriRefused       Asterisk refused a request; ``status`` is the HTTP status
     +- AriTimeout       no answer in time
     +- AriLost          the connection broke before the answer came
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from dialer.asterisk.addresses import AriAddress

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")

_FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.5


class AriError(Exception):
    """Root of what can go wrong with ARI; ``str()`` is one line with what to do."""


class AriUnreachable(AriError):
    """Nothing answers at the address."""


class AriLogin(AriError):
    """The user name or the password is wrong."""


class AriRefused(AriError):
    """Asterisk refused a request."""

    def __init__(self, what: str, status: int, reason: str) -> None:
        super().__init__(f"Asterisk refused {what}: {status} {reason}")
        self.status = status


class AriTimeout(AriError):
    """No answer in time."""


class AriLost(AriError):
    """The connection broke before the answer came."""


class _Route(Enum):
    """Every request this client can make: method and path."""

    CHANNELS = ("GET", "channels")
    BRIDGES = ("GET", "bridges")
    SNOOP = ("POST", "channels/{id}/snoop")
    EXTERNAL_MEDIA = ("POST", "channels/externalMedia")
    HANG_UP = ("DELETE", "channels/{id}")
    VARIABLE = ("GET", "channels/{id}/variable")
    BRIDGE = ("POST", "bridges")
    JOIN = ("POST", "bridges/{id}/addChannel")
    UNBRIDGE = ("DELETE", "bridges/{id}")


class Ari:
    """One connection to ARI, kept up for as long as it is open."""

    def __init__(self, address: AriAddress, *, app: str = "dunline", timeout: float = 5.0) -> None:
        self._address = address
        self.app = app
        self._timeout = timeout
        self._numbers = itertools.count(1)
        self._socket: ClientConnection | None = None
        self._up = asyncio.Event()
        self._answers: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._starts: dict[str, asyncio.Future[None]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the connection is up now."""
        return self._up.is_set()

    async def start(self) -> None:
        """Connect, and stay connected until close(). The first try may raise AriUnreachable or AriLogin."""
        socket = await self._connect()
        self._task = asyncio.create_task(self._run(socket), name="ari")
        await self._up.wait()

    async def close(self) -> None:
        """Close the connection. What Asterisk was doing goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    # ---- what taps need ---------------------------------------------------------------------------------

    async def snoop(self, channel: str, snoop: str) -> None:
        """Listen to what a channel says, as a channel named `snoop`; returns when it may be bridged."""
        with self._awaiting_start(snoop) as started:
            await self._ask(_Route.SNOOP, channel, {"spy": "in", "app": self.app, "snoopId": snoop})
            await self._in_time(started, f"the start of {snoop}")

    async def stream(self, channel: str, host: str, uuid: str, audio_format: str) -> None:
        """Send what is bridged to `channel` over AudioSocket to `host` (address:port), quoting `uuid`.

        `audio_format` is ``slin`` (8 kHz) or ``slin16`` (16 kHz). Returns when the channel may be bridged.
        """
        wanted = {
            "app": self.app,
            "channelId": channel,
            "external_host": host,
            "format": audio_format,
            "encapsulation": "audiosocket",
            "transport": "tcp",
            "data": uuid,
        }
        with self._awaiting_start(channel) as started:
            await self._ask(_Route.EXTERNAL_MEDIA, "", wanted)
            await self._in_time(started, f"the start of {channel}")

    async def bridge(self, bridge: str, *channels: str) -> None:
        """Make a mixing bridge and put the channels into it. They must have started."""
        await self._ask(_Route.BRIDGE, "", {"type": "mixing", "bridgeId": bridge})
        await self._ask(_Route.JOIN, bridge, {"channel": ",".join(channels)})

    async def unbridge(self, bridge: str) -> None:
        """Delete a bridge; one that is gone already is no error.

        For a moment after its end Asterisk still holds a bridge's last snapshot, and then says 409 "Bridge
        not in Stasis application" of it, not 404. Every bridge deleted here was made here by `bridge`.
        """
        await self._ask_gone(_Route.UNBRIDGE, bridge, 404, 409)

    async def hang_up(self, channel: str) -> None:
        """Hang a channel up; one that is gone already is no error."""
        await self._ask_gone(_Route.HANG_UP, channel, 404)

    async def variable(self, channel: str, name: str) -> str:
        """Return a channel variable or function; AriRefused (404) where it is not set or the channel gone."""
        answer = await self._ask(_Route.VARIABLE, channel, {"variable": name})
        return str(answer.get("value", "")) if isinstance(answer, dict) else ""

    async def channels(self) -> tuple[str, ...]:
        """Return the ids of every channel."""
        return _ids(await self._ask(_Route.CHANNELS))

    async def bridges(self) -> tuple[str, ...]:
        """Return the ids of every bridge."""
        return _ids(await self._ask(_Route.BRIDGES))

    # ---- the wire ---------------------------------------------------------------------------------------

    async def _ask_gone(self, route: _Route, subject: str, *gone: int) -> None:
        """Ask for the end of what may have ended: a refusal with one of the statuses `gone` says it has."""
        try:
            await self._ask(route, subject)
        except AriRefused as refusal:
            if refusal.status not in gone:
                raise

    async def _ask(self, route: _Route, subject: str = "", query: Mapping[str, str] | None = None) -> Any:
        """Make one request and return its decoded body; raises AriError."""
        method, path = route.value
        uri = path.format(id=quote(subject, safe=""))
        number = f"{id(self):x}-{next(self._numbers)}"
        request = {
            "type": "RESTRequest",
            "request_id": number,
            "transaction_id": number,
            "method": method,
            "uri": f"{uri}?{urlencode(query)}" if query else uri,
        }
        socket = self._socket
        if socket is None or not self._up.is_set():
            raise AriLost(f"no connection to Asterisk's ARI for {method} {uri}")
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            await socket.send(json.dumps(request))
            response = await self._in_time(answer, f"{method} {uri}")
        except WebSocketException as error:
            raise AriLost(f"the connection to ARI broke during {method} {uri}: {error}") from None
        finally:
            self._answers.pop(number, None)
        status = int(response.get("status_code", 0))
        if not 200 <= status < 300:
            reason = str(response.get("message_body") or response.get("reason_phrase", ""))
            raise AriRefused(f"{method} {uri}", status, reason)
        body = response.get("message_body")
        return json.loads(body) if isinstance(body, str) and body else None

    async def _in_time(self, future: asyncio.Future[_T], what: str) -> _T:
        try:
            return await asyncio.wait_for(future, self._timeout)
        except TimeoutError:
            raise AriTimeout(f"Asterisk did not answer {what} within {self._timeout:g} s") from None

    @contextlib.contextmanager
    def _awaiting_start(self, channel: str) -> Iterator[asyncio.Future[None]]:
        """Expect StasisStart of a channel: one put into a bridge before it has started is refused (422)."""
        started = self._starts[channel] = asyncio.get_running_loop().create_future()
        try:
            yield started
        finally:
            self._starts.pop(channel, None)
            started.cancel()

    async def _connect(self) -> ClientConnection:
        where = f"{self._address.host}:{self._address.port}"
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        query = urlencode({"app": self.app, "subscribeAll": "false"})
        secret = f"{self._address.username}:{self._address.password}".encode()
        try:
            return await connect(
                f"ws://{host}:{self._address.port}/ari/events?{query}",
                additional_headers={"Authorization": f"Basic {base64.b64encode(secret).decode('ascii')}"},
                open_timeout=self._timeout,
                max_size=None,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise AriLogin(f"ARI at {where} refused the user {self._address.username!r}") from None
            raise AriUnreachable(
                f"ARI at {where} answered {status}: are http.conf and ari.conf enabled?"
            ) from None
        except (OSError, TimeoutError, WebSocketException) as error:
            raise AriUnreachable(f"nothing answers as ARI at {where}: {error}") from None

    async def _run(self, socket: ClientConnection) -> None:
        """Read until closed; connect again, quickly at first, whenever the connection is lost."""
        while True:
            self._socket = socket
            self._up.set()
            _log.info("ari.up", host=self._address.host, port=self._address.port)
            try:
                async for text in socket:
                    self._received(text)
            except WebSocketException as error:
                _log.warning("ari.broken", error=str(error))
            finally:
                self._lost()
                await socket.close()
            socket = await self._reconnect()

    async def _reconnect(self) -> ClientConnection:
        wait = _FIRST_WAIT
        while True:
            await asyncio.sleep(wait)
            try:
                return await self._connect()
            except AriError as error:
                _log.warning("ari.down", error=str(error))
                wait = min(wait * 2, _LONGEST_WAIT)

    def _lost(self) -> None:
        self._up.clear()
        self._socket = None
        lost = AriLost("the connection to Asterisk's ARI broke")
        pending: list[asyncio.Future[Any]] = [*self._answers.values(), *self._starts.values()]
        for waiting in pending:
            if not waiting.done():
                waiting.set_exception(lost)

    def _received(self, text: str | bytes) -> None:
        """Hand a message to whoever waits for it. What is not understood must not stop the reader."""
        try:
            message = json.loads(text)
            kind = message["type"]
            if kind == "RESTResponse":
                answer = self._answers.get(message["request_id"])
                if answer is not None and not answer.done():
                    answer.set_result(message)
            elif kind == "StasisStart":
                started = self._starts.get(message["channel"]["id"])
                if started is not None and not started.done():
                    started.set_result(None)
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("ari.not-understood", error=repr(error))


def _ids(answer: Any) -> tuple[str, ...]:
    return tuple(str(item["id"]) for item in answer) if isinstance(answer, list) else ()
