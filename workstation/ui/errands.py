"""Errands: work sent to the book and the switchboard, and its answers brought back to the screens.

Book calls run in threads, switchboard calls in tasks; both come back as messages, so that only handlers of
messages and keys change what is on screen. Keys typed meanwhile wait where an errand asks for it.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
from textual import events, on
from textual.app import App
from textual.message import Message
from textual.worker import Worker, WorkerState

from workstation.desk.book import BookError
from workstation.floor import messages as m
from workstation.floor.client import SwitchboardLost
from workstation.ui.keyboard import Keyboard, Settled
from workstation.ui.ports import SwitchboardClient
from workstation.ui.registry import Registry
from workstation.ui.room import LOST

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Answered(Message, bubble=False):
    """A thread or task brings what the book or the switchboard said."""

    def __init__(
        self, then: Callable[[Any], None], value: Any, *, held: bool = False, failed: bool = False
    ) -> None:
        super().__init__()
        self.then = then
        self.value = value
        self.held = held
        self.failed = failed


class Errands(App[None], inherit_bindings=False):
    """An app whose screens ask the book and the switchboard, and whose keys wait for the answers.

    What is abstract in an app or a screen is so for mypy alone: Textual's metaclass is not ABCMeta.
    """

    def __init__(self, client: SwitchboardClient, registry: Registry) -> None:
        super().__init__()
        self.client = client
        self.registry = registry
        self._tasks: set[asyncio.Task[None]] = set()
        self.keyboard = Keyboard(self._handle_key, self._key_target, self._never_waits)

    @property
    def client_state(self) -> str:
        """The connection to the switchboard: up, down or reconnecting."""
        return self.client.state

    @property
    def at_rest(self) -> bool:
        """Whether the book and the switchboard have answered everything and every key is handled."""
        working = any(not worker.is_finished for worker in self.workers)
        return not working and not self._tasks and self.keyboard.quiet

    @abstractmethod
    def tell(self, text: str, kind: str = "info") -> None:
        """Say something on the message line of the working screen."""

    async def on_unmount(self) -> None:
        """Drop what is still under way and leave the switchboard; calls stay up."""
        for task in list(self._tasks):
            task.cancel()
        await self.client.close()

    # -- keys --------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Take keys one after another; everything else goes its way."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.keyboard.press(event)
        else:
            await super().on_event(event)

    async def _handle_key(self, event: events.Key) -> None:
        await super().on_event(event)

    def _key_target(self) -> Any:
        return self.focused or self.screen

    def _never_waits(self, key: str) -> bool:
        urgent = (*self.registry.keys("call.hang_up"), *self.registry.keys("quit"))
        return key in urgent

    async def on_settled(self, message: Settled) -> None:
        """A key has been handled."""
        await self.keyboard.settled(message)

    # -- book and line -----------------------------------------------------------------------------------

    def book(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BookError], None] | None = None,
        *,
        hold: bool = False,
    ) -> None:
        """Run `work` in a thread; see room.Room.book."""
        if hold:
            self.keyboard.hold()
        sorry = failed or (lambda wrong: self.tell(str(wrong), "refused"))

        def run() -> None:
            try:
                value = work()
            except BookError as wrong:
                self.post_message(Answered(sorry, wrong, held=hold, failed=True))
            except Exception as wrong:
                log.exception("the book failed")
                trouble = BookError(
                    f"the book is in trouble: {type(wrong).__name__}; try again, or see dunline doctor"
                )
                self.post_message(Answered(sorry, trouble, held=hold, failed=True))
            else:
                self.post_message(Answered(then, value, held=hold))

        self.run_worker(run, thread=True, exit_on_error=False, group="book")

    @on(Answered)
    async def _answered(self, message: Answered) -> None:
        message.then(message.value)
        if message.held:
            await self.keyboard.release(drop=message.failed)

    @on(Worker.StateChanged)
    def _worker_failed(self, message: Worker.StateChanged) -> None:
        if message.state is WorkerState.ERROR:
            log.error("a worker failed", error=str(message.worker.error))

    def ask(
        self,
        command: m.Command,
        then: Callable[[m.Reply | m.SignedIn], None] | None = None,
        refused: Callable[[m.Reply], None] | None = None,
    ) -> None:
        """Send the switchboard a command; see room.Room.ask."""
        sorry = refused or (lambda reply: self.tell(reply.error, "refused"))
        self._start(self._ask(command, then or (lambda _: None), sorry))

    async def _ask(
        self,
        command: m.Command,
        then: Callable[[m.Reply | m.SignedIn], None],
        refused: Callable[[m.Reply], None],
    ) -> None:
        try:
            answer = await self.client.ask(command)
        except SwitchboardLost as lost:
            answer = m.Reply(id=LOST, ok=False, error=str(lost))
        if isinstance(answer, m.Reply) and not answer.ok:
            self.post_message(Answered(refused, answer))
        else:
            self.post_message(Answered(then, answer))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
