"""A whole floor for tests: a home with a demo book, real Asterisk, practice line, switchboard process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dialer.practice.persona import debtor_at, shipped_personas
from workstation import bootstrap
from workstation.clock import OFFSET_VARIABLE, Clock, shifted_clock, system_clock
from workstation.config import Settings, load
from workstation.demo import START, ZONE, first_day
from workstation.exchange.demo_book import DemoBook, seed_demo_book
from workstation.floor import messages as m
from workstation.floor.client import Client, SwitchboardLost
from workstation.plant import Plant
from workstation.store.book import SqlBook


class Floor:
    """Starts and stops the parts; the book's clock is a business morning."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = load(home)
        day = first_day(system_clock().date())
        offset = datetime.combine(day, START, ZONE).astimezone(UTC) - system_clock()
        self.clock: Clock = shifted_clock(offset)
        self._env = {**os.environ, OFFSET_VARIABLE: str(offset.total_seconds())}
        self.book: SqlBook = bootstrap.open_book(self.settings)
        # Enough that tests sharing a floor find a callable number of each ending, in whatever order.
        self.demo: DemoBook = seed_demo_book(self.book, self.clock(), accounts=60)
        self._process: subprocess.Popen[bytes] | None = None
        self.clients: list[Client] = []
        self.plant: Plant

    def start_plant(self) -> None:
        self.plant = Plant.start(self.settings, lambda *_: None)

    async def start_switchboard(self) -> None:
        log = self.settings.home / "switchboard.txt"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "workstation.cli", "switchboard", "--home", str(self.settings.home)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                env=self._env,
            )
        for _ in range(300):
            client = Client(self.settings.switchboard_socket)
            with contextlib.suppress(SwitchboardLost):
                await client.connect()
                await client.close()
                return
            assert self._process.poll() is None, log.read_text()
            await asyncio.sleep(0.1)
        raise AssertionError(f"no switchboard: {log.read_text()}")

    def kill_switchboard(self) -> None:
        """As a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    async def sign_in(self, username: str = "dana", extension: str = "") -> tuple[Client, m.SignedIn]:
        client = Client(self.settings.switchboard_socket)
        await client.connect()
        self.clients.append(client)
        password = self.demo.passwords[username]
        answer = await client.ask(m.SignIn(username=username, password=password, extension=extension))
        assert isinstance(answer, m.SignedIn), answer
        return client, answer

    def first_account(self, username: str = "dana") -> tuple[int, int, int]:
        """Account, person and phone of the queue's first account."""
        account_id = self.book.take_account(self.demo.user_ids[username], self.clock())
        assert account_id is not None
        view = self.book.account(account_id, self.clock())
        phone = next(p for p in view.phones if p.callable)
        return account_id, phone.party_id, phone.phone_id

    def phone_ending(self, digit: str) -> tuple[int, int, int]:
        """Account, person and phone of a callable number whose practice debtor has the key `digit`."""
        now, personas = self.clock(), shipped_personas()
        for row in self.book.queue_page(0, now, 0, 100).rows:
            for phone in self.book.account(row.account_id, now).phones:
                whose = debtor_at(personas, phone.number)
                if phone.callable and phone.number.endswith(digit) and whose is personas.get(digit):
                    return row.account_id, phone.party_id, phone.phone_id
        raise AssertionError(f"no callable demo number ends in {digit}")

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        Plant.stop(self.settings)
        self.book.close()


class Watcher:
    """What one terminal sees of one call."""

    def __init__(self, client: Client, call_id: str) -> None:
        self.call_id = call_id
        self.events: list[m.Event] = []
        self._changed = asyncio.Event()
        client.on_event(self._take)

    def _take(self, event: m.Event) -> None:
        if getattr(event, "call_id", self.call_id) == self.call_id:
            self.events.append(event)
            self._changed.set()

    def states(self) -> list[str]:
        return [e.state for e in self.events if isinstance(e, m.CallChanged)]

    async def until(self, seen: Callable[[m.Event], bool], seconds: float) -> m.Event:
        at = 0
        async with asyncio.timeout(seconds):
            while True:
                while at < len(self.events):
                    if seen(self.events[at]):
                        return self.events[at]
                    at += 1
                self._changed.clear()
                await self._changed.wait()

    async def state(self, state: str, seconds: float = 30.0) -> m.CallChanged:
        def seen(event: m.Event) -> bool:
            return (isinstance(event, m.CallChanged) and event.state == state) or (
                isinstance(event, m.CallSnapshot) and event.state.state == state
            )

        event = await self.until(seen, seconds)
        return event.state if isinstance(event, m.CallSnapshot) else event  # type: ignore[return-value]  # seen() says so
