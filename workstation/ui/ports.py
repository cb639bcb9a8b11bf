"""What the screens need of others, as Protocols: the switchboard's client, the scripts, the letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, Protocol

from compliance.contact import Medium, Refused
from workstation.desk.post import Queued
from workstation.desk.writing import LetterChoice, LetterPreview, LinkGiven
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

    def location(self) -> Sequence[Step]:
        """The steps of a location call."""

    def excuses(self, profile: str, stage: int, /) -> Sequence[Excuse]:
        """The excuses that fit a profile and stage, the commonest first."""

    def search(self, text: str, profile: str, stage: int, /) -> Sequence[Excuse]:
        """The excuses that fit what was typed, best first."""

    def render_step(self, step_id: str, facts: Mapping[str, str], /) -> str:
        """A step's text with the account's facts."""

    def render_excuse(self, excuse_id: str, facts: Mapping[str, str], /) -> ExcuseText:
        """An excuse's probe and reply with the account's facts."""

    def voicemail(self, profile: str, facts: Mapping[str, str], /) -> str:
        """The message to leave for a profile; of a consumer's nothing but limited content.

        Raises ScriptError.
        """


class Letters(Protocol):
    """Mails, letters and payment links (workstation.writing). Thread-safe; every method may take a while."""

    def choices(self, profile: str, stage: int, medium: Medium, /) -> Sequence[LetterChoice]:
        """What may be sent to such an account by such a medium, in the catalog's order."""

    def preview(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> LetterPreview:
        """How it would read; party 0 means the account's first contact. Raises BookError."""

    def queue(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> Queued | Refused:
        """Put it into the outbox, if the gate permits; the decision is recorded either way.

        Raises BookError.
        """

    def set_address(
        self, account_id: int, party_id: int, lines: Sequence[str], user_id: int, now: datetime, /
    ) -> None:
        """Keep a person's postal address. Raises BookError."""

    def set_email(self, account_id: int, party_id: int, address: str, user_id: int, now: datetime, /) -> str:
        """Keep a person's mail address; returns it as kept. Raises BookError."""

    def pay_link(self, account_id: int, invoice: str, user_id: int, now: datetime, /) -> LinkGiven:
        """Where what is open on an invoice can be paid. Raises BookError, also where no page is set up."""
