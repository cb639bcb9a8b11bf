"""A workstation on stand-ins, driven by keys, and its screens as text."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from scripts.catalog import Catalog
from tests.ui.fake_call import in_a_talk
from tests.ui.fake_letters import FakeLetters
from tests.ui.fakes import DANA, NOW, FakeClient, FakeDesk
from workstation.clock import Clock
from workstation.desk.views import SignedInUser
from workstation.floor import messages as m
from workstation.store.book import SqlBook
from workstation.ui.app import Workstation
from workstation.ui.kit import is_idle, text_grid
from workstation.ui.wrap import Stage

SNAPSHOTS = Path(__file__).with_name("snapshots")


@pytest.fixture(scope="session")
def scripts() -> Catalog:
    return Catalog.load()


class Story:
    """One workstation under test."""

    def __init__(
        self,
        app: Workstation,
        desk: FakeDesk,
        client: FakeClient,
        pilot: Pilot[None],
        letters: FakeLetters | None = None,
    ) -> None:
        self.app, self.desk, self.client, self.pilot = app, desk, client, pilot
        self.letters = letters or FakeLetters()

    async def idle(self) -> None:
        """Wait until the book has answered, every key is handled and every message is processed."""
        calm = 0
        for _ in range(2_000):
            calm = calm + 1 if self.app.at_rest and is_idle(self.app) else 0
            if calm >= 4:
                return
            await asyncio.sleep(0.002)
        raise AssertionError("the workstation does not come to rest")

    async def keys(self, *keys: str) -> None:
        """Type as fast as a terminal sends a burst, then wait."""
        from textual import events
        from textual.keys import _character_to_key

        for key in keys:
            name = _character_to_key(key) if len(key) == 1 else key
            self.app.post_message(events.Key(name, key if len(key) == 1 else None))
        await self.idle()

    async def type(self, text: str) -> None:
        await self.keys(*text)

    async def fill(self, field: str, *keys: str) -> None:
        """Go to a field of the panel beside the call and type in place of what stands there."""
        self.app.cockpit.set_focus(self.app.cockpit.panel.inputs[field])
        await self.idle()  # the focus comes by message
        await self.keys("ctrl+u", *keys)

    async def talk(self) -> None:
        """Open the first account, call, and be in the middle of a talk."""
        await self.keys("enter", "f4")
        in_a_talk(self.client)
        await self.idle()

    @property
    def grid(self) -> str:
        return text_grid(self.app.screen)

    @property
    def message(self) -> str:
        return self.app.screen.message  # type: ignore[no-any-return,attr-defined]  # every working screen has one

    def stage(self) -> Stage:
        return self.app.cockpit.wrap.stage

    def last(self) -> m.Command:
        """The last thing asked of the switchboard."""
        return self.client.asked[-1]

    def line(self, word: str) -> str:
        """The first line with the word in it."""
        return next((line for line in self.grid.splitlines() if word in line), "")

    async def until(self, true: Callable[[], bool], within: float = 5.0) -> None:
        end = time.monotonic() + within
        while not true():
            assert time.monotonic() < end, self.grid
            await asyncio.sleep(0.005)
        await self.idle()


@asynccontextmanager
async def at_place(
    book: SqlBook,
    scripts: Catalog,
    place: str,
    username: str,
    size: tuple[int, int] = (132, 43),
    *,
    clock: Clock,
    client: FakeClient | None = None,
    **desks: Any,
) -> AsyncIterator[Story]:
    """A workstation on a real book, gone to a place; `desks` as the app takes them."""
    user = book.find_user(username)
    signed_in = SignedInUser(user.user_id, user.username, user.full_name, user.role, "")
    client = client or FakeClient(state="up")
    app = Workstation(book, client, scripts, clock=clock, user=signed_in, **desks)
    async with app.run_test(size=size) as pilot:
        story = Story(app, None, client, pilot)  # type: ignore[arg-type]  # the desk is the real book
        await story.idle()
        app.go(place)
        await story.idle()
        yield story


Opened = Callable[..., AbstractAsyncContextManager[Story]]


@pytest.fixture
def opened(scripts: Catalog) -> Opened:
    @asynccontextmanager
    async def open_it(
        width: int = 132,
        height: int = 43,
        *,
        desk: FakeDesk | None = None,
        client: FakeClient | None = None,
        user: SignedInUser | None = DANA,
        **more: Any,
    ) -> AsyncIterator[Story]:
        desk, client = desk or FakeDesk(), client or FakeClient()
        letters = more.pop("letters", None) or FakeLetters()
        clock = more.pop("clock", lambda: NOW)
        app = Workstation(desk, client, scripts, letters=letters, clock=clock, user=user, **more)
        async with app.run_test(size=(width, height)) as pilot:
            story = Story(app, desk, client, pilot, letters)
            await story.idle()
            yield story

    return open_it


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Compare a screen with its file; DUNLINE_UPDATE_SNAPSHOTS=1 writes the file instead."""

    def check(name: str, grid: str) -> None:
        file = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("DUNLINE_UPDATE_SNAPSHOTS") == "1":
            file.write_text(grid, "utf-8")
            return
        assert file.exists(), f"no {file.name}: run with DUNLINE_UPDATE_SNAPSHOTS=1 and look at it"
        assert grid == file.read_text("utf-8"), f"{file.name} differs; DUNLINE_UPDATE_SNAPSHOTS=1 writes it"

    return check
