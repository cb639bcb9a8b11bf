"""Type-ahead: keys are handled one after another, each where the one before it led.

A terminal hands over a burst of keys faster than screens change. Here the next key is looked at only when the
one before it has been handled, so that ``F9 1 Enter`` typed blind does what it does typed slowly. While the
book is at work (an account is being taken, a note saved) the keyboard holds keys back and plays them when the
answer is on screen; what must never wait (hanging up, leaving) passes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

LONGEST_HOLD_S = 8.0
"""A hold that nobody releases ends by itself, and what was typed meanwhile is dropped."""
_STUCK_S = 0.4
_MOST = 200


class Settled(Message):
    """Bubbles up behind a key: when it reaches the app, the key has been handled."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Keyboard:
    """The queue of keys typed and not yet handled."""

    def __init__(
        self,
        handle: Callable[[events.Key], Awaitable[None]],
        target: Callable[[], MessagePump],
        passes: Callable[[str], bool],
    ) -> None:
        """`handle` takes one key, `target` is who will see it, `passes` says which keys are never held."""
        self._handle = handle
        self._target = target
        self._passes = passes
        self._waiting: deque[events.Key] = deque()
        self._number = 0
        self._busy_since: float | None = None
        self._holds = 0
        self._held_since = 0.0

    @property
    def held(self) -> bool:
        """Whether keys are being kept back."""
        return self._holds > 0

    @property
    def waiting(self) -> int:
        """Keys typed and not yet handled."""
        return len(self._waiting)

    @property
    def quiet(self) -> bool:
        """Whether every key typed so far has been handled."""
        return not self._waiting and self._busy_since is None and not self.held

    def hold(self) -> None:
        """Keep keys back until as many ``release`` follow."""
        self._holds += 1
        self._held_since = monotonic()

    async def release(self, *, drop: bool = False) -> None:
        """Play what was typed, in order; with `drop` forget it, where it could land in the wrong place."""
        self._holds = max(0, self._holds - 1)
        if drop:
            self._waiting.clear()
        await self._pump()

    async def press(self, event: events.Key) -> None:
        """Take a key from the terminal."""
        if self.held and self._passes(event.key):
            await self._handle(event)
            return
        if len(self._waiting) < _MOST:
            self._waiting.append(event)
        await self._pump()

    async def settled(self, message: Settled) -> None:
        """The key with this number has been handled: on to the next."""
        if message.number == self._number:
            self._busy_since = None
            await self._pump()

    async def watch(self) -> bool:
        """Free a keyboard that waits for something that went away; whether a hold ran out."""
        now = monotonic()
        if self._busy_since is not None and now - self._busy_since > _STUCK_S:
            self._busy_since = None
            await self._pump()
        if self.held and now - self._held_since > LONGEST_HOLD_S:
            self._holds = 0
            await self.release(drop=True)
            return True
        return False

    async def _pump(self) -> None:
        while self._waiting and self._busy_since is None and not self.held:
            event = self._waiting.popleft()
            target = self._target()
            self._number += 1
            self._busy_since = monotonic()
            await self._handle(event)
            if not target.post_message(Settled(self._number)):
                self._busy_since = None
