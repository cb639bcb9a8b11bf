"""The connection to Asterisk's manager interface: signs in, finds out what goes on, and comes back by itself.

Everything runs on the event loop that called `Link.start`; each connection has one daemon thread that hands
over whole chunks of packets (`dialer.ami_wire`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import structlog

from dialer.ami_errors import (
    AmiError,
    AmiLoginRefused,
    AmiLost,
    AmiRefused,
    AmiTimeout,
    AmiUnreachable,
    AmiUnsafe,
)
from dialer.ami_wire import Connection, Packet, SafeAction
from dialer.asterisk.addresses import AmiAddress, HostPort

_log = structlog.get_logger(__name__)

# A list with nothing in it is answered as an error by the older actions.
_NOTHING_FOUND = re.compile(r"No \w+s? found|No such \w+s? found", re.IGNORECASE)
# seconds: back within one second of Asterisk's return
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.4
_BOOT_LIMIT = 60.0

_Watcher = TypeVar("_Watcher")
_Told = TypeVar("_Told")

Headers = Mapping[str, str | Sequence[str]]
"""Headers of an action; one with several values is sent several times."""
NONE: Mapping[str, str] = {}
"""No headers, or no variables."""


class AmiState(StrEnum):
    """How much of what Asterisk does reaches us."""

    DOWN = "down"
    """Not connected: calls go on, unseen."""
    RESYNCING = "resyncing"
    """Signed in, and finding out what goes on; actions are possible."""
    UP = "up"


class Link:
    """Keeps the connection, hands over what arrives, and brings answers to who asked: dialer.ami.Ami."""

    def __init__(self, address: AmiAddress, *, timeout: float = 5.0, ping_every: float = 10.0) -> None:
        self.address = address
        self.timeout = timeout
        self.ping_every = ping_every
        self.lag_ms = 0
        """How long the last packets waited for the event loop, in milliseconds."""
        self._state = AmiState.DOWN
        self._connection: Connection | None = None
        self._signed_in = False
        self._closed = False
        self._greeted = asyncio.Event()
        self._booted = asyncio.Event()
        self._gone = asyncio.Event()
        self._why_gone: Exception | None = None
        self._waiting: dict[str, asyncio.Future[Packet]] = {}
        self._lists: dict[str, _Collecting] = {}
        self._subscribers: list[Callable[[Sequence[Packet]], None]] = []
        self._state_watchers: list[Callable[[AmiState], None]] = []
        self._resync_watchers: list[Callable[[Sequence[Packet]], None]] = []
        self._keeper: asyncio.Task[None] | None = None

    @property
    def state(self) -> AmiState:
        """Where the connection stands."""
        return self._state

    # ---- life ---------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Connect, sign in and find out what goes on; from then on the connection is kept.

        Raises AmiUnreachable or AmiLoginRefused, with advice, when the first attempt fails.
        """
        if self._keeper is not None or self._closed:
            raise AmiUnsafe("this Ami has been started before")
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._keeper = asyncio.create_task(self._keep(first), name="ami-keeper")
        try:
            await first
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Sign off and end; pending actions get AmiLost. Takes two seconds at most; may be repeated."""
        self._closed = True
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        if not keeper.done():
            keeper.cancel()
            await asyncio.wait({keeper})
        if self._signed_in:
            with contextlib.suppress(AmiError):
                await self._ask("Logoff", timeout=0.5)
        connected = self._connection is not None
        self._drop("the connection was closed")
        if connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), 1.0)

    async def _keep(self, first: asyncio.Future[None]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._sign_in()
                await self._resync()
                pause = _FIRST_PAUSE
                if not first.done():
                    first.set_result(None)
                await self._watch()
            except AmiError as error:
                self._drop(str(error))
                if not first.done():
                    first.set_exception(error)
                    return
                _log.warning("ami.lost", address=self._where, error=str(error))
            except Exception as error:
                self._drop(f"unexpected: {error}")
                if not first.done():
                    first.set_exception(error)
                    return
                _log.exception("ami.lost", address=self._where)
            await asyncio.sleep(pause * random.uniform(0.8, 1.0))  # noqa: S311  spreads clients out
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _sign_in(self) -> None:
        self._greeted, self._booted, self._gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._why_gone = None
        self._connection = self._dial(asyncio.get_running_loop())
        await self._until(self._greeted, self.timeout, "it accepts connections but does not greet")
        try:
            await self._ask("Login", {"Username": self.address.username, "Secret": self.address.secret})
        except AmiRefused as error:
            raise AmiLoginRefused(
                f"Asterisk at {self._where} refused the login of {self.address.username!r} ({error}). "
                "Check the name, the secret and the permitted addresses in its manager.conf."
            ) from None
        # Asterisk lets clients in while modules are still loading.
        await self._until(
            self._booted,
            _BOOT_LIMIT,
            "it never said FullyBooted; the account needs the read class 'system' in manager.conf",
        )
        self._signed_in = True

    def _dial(self, loop: asyncio.AbstractEventLoop) -> Connection:
        """Open a connection whose thread talks to this loop; once another one is current it is not heard."""

        def tell(fn: Callable[..., None], *values: object) -> None:
            def if_current() -> None:
                if self._connection is connection:
                    fn(*values)

            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(if_current)

        gone = self._gone

        def ended(error: Exception | None) -> None:
            tell(self._ended, error)
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(gone.set)

        connection = Connection(
            self.address,
            self.timeout,
            greeted=lambda: tell(self._greeted.set),
            received=lambda packets, at: tell(self._receive, packets, at),
            ended=ended,
        )
        connection.connect()
        return connection

    async def _until(self, event: asyncio.Event, limit: float, otherwise: str) -> None:
        """Wait for an event of signing in; raise AmiUnreachable when the connection ends or time runs out."""
        wanted, gone = asyncio.create_task(event.wait()), asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait({wanted, gone}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wanted.cancel()
            gone.cancel()
        if event.is_set():
            return
        if isinstance(self._why_gone, AmiError):
            raise self._why_gone
        reason = str(self._why_gone or otherwise) if self._gone.is_set() else otherwise
        raise AmiUnreachable(
            f"cannot reach Asterisk's manager interface at {self._where}: {reason}. "
            "Is Asterisk running, and does its manager.conf enable and bind this address?"
        )

    async def _resync(self) -> None:
        self._enter(AmiState.RESYNCING)
        channels = await self._list("CoreShowChannels")
        for watcher in tuple(self._resync_watchers):
            _call(watcher, channels)
        self._enter(AmiState.UP)

    async def _watch(self) -> None:
        """Return never; raise AmiLost when the connection ends or a ping goes unanswered."""
        while True:
            try:
                await asyncio.wait_for(self._gone.wait(), self.ping_every)
            except TimeoutError:
                try:
                    await self._ask("Ping")
                except AmiTimeout:
                    raise AmiLost("Asterisk does not answer any more") from None
            else:
                raise AmiLost(f"the connection ended: {self._why_gone or 'Asterisk closed it'}")

    def _drop(self, why: str) -> None:
        """Let go of the connection; whoever waits for an answer learns that it will not come."""
        self._signed_in = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()
        self._answer_none(why)
        self._enter(AmiState.DOWN)

    def _answer_none(self, why: str) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(AmiLost(why))
        for collecting in self._lists.values():
            if not collecting.done.done():
                collecting.done.set_exception(AmiLost(why))

    def _enter(self, state: AmiState) -> None:
        if state is self._state:
            return
        self._state = state
        for watcher in tuple(self._state_watchers):
            _call(watcher, state)

    @property
    def _where(self) -> str:
        return str(HostPort(self.address.host, self.address.port))

    # ---- what arrives -------------------------------------------------------------------------------------

    def subscribe(self, fn: Callable[[Sequence[Packet]], None]) -> Callable[[], None]:
        """Have events handed over as they arrive, many at a time, in order; returns how to stop it.

        Entries of a list that was asked for are not news and are left out. `fn` runs on the event loop; what
        it raises is logged and harms nobody else.
        """
        return _add(self._subscribers, fn)

    def on_state(self, fn: Callable[[AmiState], None]) -> Callable[[], None]:
        """Have changes of `state` told; returns how to stop it."""
        return _add(self._state_watchers, fn)

    def on_resync(self, fn: Callable[[Sequence[Packet]], None]) -> Callable[[], None]:
        """Have the channels that are up (CoreShowChannels) told after every sign-in, before UP."""
        return _add(self._resync_watchers, fn)

    def _ended(self, error: Exception | None) -> None:
        self._why_gone = error
        self._answer_none(f"the connection ended: {error or 'Asterisk closed it'}")

    def _receive(self, packets: list[Packet], at: float) -> None:
        self.lag_ms = round((time.monotonic() - at) * 1000)
        news = []
        for packet in packets:
            if packet.kind == "response":
                waiting = self._waiting.get(packet.get("ActionID"))
                if waiting is not None and not waiting.done():
                    waiting.set_result(packet)
            elif self._lists and (collecting := self._lists.get(packet.get("ActionID"))) is not None:
                collecting.take(packet)
            else:
                if packet.name == "FullyBooted":
                    self._booted.set()
                news.append(packet)
        if news:
            for subscriber in tuple(self._subscribers):
                _call(subscriber, news)

    # ---- how it is asked ---------------------------------------------------------------------------------

    async def _list(
        self, name: str, headers: Headers = NONE, timeout: float | None = None
    ) -> tuple[Packet, ...]:
        connection = self._current()
        action = SafeAction(name, headers, NONE, action_id := connection.next_action_id())
        collecting = self._lists[action_id] = _Collecting()
        try:
            async with within(self._limit(timeout), name):
                try:
                    await self._exchange(connection, action, action_id)
                except AmiRefused as error:
                    if _NOTHING_FOUND.match(str(error)):
                        return ()
                    raise
                await collecting.done
        finally:
            del self._lists[action_id]
            collecting.done.cancel()
        return tuple(collecting.entries)

    async def _ask(
        self,
        name: str,
        headers: Headers = NONE,
        variables: Mapping[str, str] = NONE,
        timeout: float | None = None,
    ) -> Packet:
        connection = self._connection if name == "Login" else self._current()
        if connection is None:
            raise AmiLost("not connected to Asterisk")
        action = SafeAction(name, headers, variables, action_id := connection.next_action_id())
        async with within(self._limit(timeout), name):
            return await self._exchange(connection, action, action_id)

    async def _exchange(self, connection: Connection, action: SafeAction, action_id: str) -> Packet:
        answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._waiting[action_id] = answer
        try:
            connection.send(action)
            packet = await answer
        finally:
            del self._waiting[action_id]
        if packet.name.lower() == "error":
            raise AmiRefused(packet.get("Message") or "Asterisk gave no reason")
        return packet

    def _current(self) -> Connection:
        if self._connection is None or not self._signed_in:
            raise AmiLost("not connected to Asterisk")
        return self._connection

    def _limit(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout


class _Collecting:
    """The entries of one list, until Asterisk says it is complete."""

    def __init__(self) -> None:
        self.entries: list[Packet] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, packet: Packet) -> None:
        end = packet.get("EventList").lower()
        if not end:
            self.entries.append(packet)
        elif not self.done.done():
            if end == "complete":
                self.done.set_result(None)
            elif end == "cancelled":
                self.done.set_exception(AmiRefused("Asterisk cancelled the list"))


@contextlib.asynccontextmanager
async def within(limit: float, name: str) -> AsyncIterator[None]:
    """Wait for the answer to an action for so many seconds. Raises AmiTimeout."""
    try:
        async with asyncio.timeout(limit):
            yield
    except TimeoutError:
        raise AmiTimeout(f"Asterisk did not answer {name} within {limit:g} s") from None


def _add(items: list[_Watcher], one: _Watcher) -> Callable[[], None]:
    items.append(one)

    def stop() -> None:
        with contextlib.suppress(ValueError):
            items.remove(one)

    return stop


def _call(watcher: Callable[[_Told], None], told: _Told) -> None:
    try:
        watcher(told)
    except Exception:  # whatever a watcher does, the reading of Asterisk's events goes on
        _log.exception("ami.watcher-failed", watcher=getattr(watcher, "__qualname__", repr(watcher)))
