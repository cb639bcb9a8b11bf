"""What the screens need of others, as Protocols: the switchboard's client and the scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from workstation.floor import messages


class SwitchboardClient(Protocol):
    """workstation.floor.client.Client as the screens use it; it lives in the app's event loop."""

    state: Literal["up", "down", "reconnecting"]

    async def connect(self) -> None:
        """Connect once, then stay connected. Raises SwitchboardLost."""

    async def close(self) -> None:
        """Leave; calls stay up."""

    async def ask(self, command: messages.Command) -> messages.Reply | messages.SignedIn:
        """Send one command and return its answer. Raises SwitchboardLost."""

    def on_event(self, fn: Callable[[messages.Event], None]) -> Callable[[], None]:
        """Have `fn` called on the loop with every event."""

    def on_state(self, fn: Callable[[str], None]) -> Callable[[], None]:
        """Have `fn` called on the loop when the connection's state changes."""


class Step(Protocol):
    """One line of the talk's script."""

    @property
    def id(self) -> str:
        """Name for rendering."""

    @property
    def title(self) -> str:
        """Two or three words, such as ``who is calling``."""

    @property
    def when(self) -> str:
        """When to say it, for the collector."""


class Excuse(Protocol):
    """A reason for not paying, with its answer."""

    @property
    def id(self) -> str:
        """Name for rendering."""

    @property
    def title(self) -> str:
        """Short name, such as ``never got the invoice``."""


class ExcuseText(Protocol):
    """An answer with the account's own facts in it."""

    @property
    def title(self) -> str:
        """The excuse's name."""

    @property
    def probe(self) -> str:
        """The question to ask first."""

    @property
    def reply(self) -> str:
        """What to say then."""


class Scripts(Protocol):
    """What to say (scripts.catalog.Catalog)."""

    def talk(self, profile: str, /) -> Sequence[Step]:
        """The steps of a call in order."""

    def excuses(self, profile: str, stage: int, /) -> Sequence[Excuse]:
        """The excuses that fit a profile and stage, the commonest first."""

    def search(self, text: str, profile: str, stage: int, /) -> Sequence[Excuse]:
        """The excuses that fit what was typed, best first."""

    def render_step(self, step_id: str, facts: Mapping[str, str], /) -> str:
        """A step's text with the account's facts."""

    def render_excuse(self, excuse_id: str, facts: Mapping[str, str], /) -> ExcuseText:
        """An excuse's probe and reply with the account's facts."""
