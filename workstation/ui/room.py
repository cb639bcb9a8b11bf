"""What every screen shares: who works here, the book, the line, and the ways from screen to screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from workstation.clock import Clock
from workstation.desk.book import BookError, Desk
from workstation.desk.final_views import FinalNotices, FinalView
from workstation.desk.portfolio import Behind, Portfolios
from workstation.desk.rule_table import RuleLine
from workstation.desk.strategy_edit import Strategies
from workstation.desk.views import QueueRow, SignedInUser
from workstation.floor import messages as m
from workstation.ui.audit.ports import Auditing
from workstation.ui.callview import CallView
from workstation.ui.keyboard import Keyboard
from workstation.ui.ports import Letters, Scripts
from workstation.ui.registry import Registry

T = TypeVar("T")

LOST = 0
"""Number of the reply made here when the switchboard could not be asked (real ones begin at 1)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of a pick list."""

    id: str
    label: str
    detail: str = ""
    """At the right edge: a likelihood, a key, a sum."""
    words: str = ""
    """More text that typing searches; not shown."""


@dataclass(frozen=True, slots=True)
class PickList:
    """What the pick screen shows, and what happens with the row chosen."""

    title: str
    choices: Sequence[Choice]
    chosen: Callable[[Choice], None]
    ask: Callable[[str, Callable[[Sequence[Choice]], None]], None] | None = None
    """Searches elsewhere (the book) as the text changes and brings rows; None searches the choices."""
    empty: str = "nothing fits"


@dataclass(frozen=True, slots=True)
class Question:
    """What the ask screen asks, and what happens with the answer."""

    title: str
    note: str
    """One line under it."""
    then: Callable[[str], None]
    secret: bool = False
    """A password: not shown, and asked again until it is right (Room.prove)."""


class Room(Protocol):
    """What screens may ask of the app."""

    desk: Desk
    line: m.LineState | None
    scripts: Scripts
    letters: Letters | None
    """None where nothing can be written from here."""
    auditing: Auditing | None
    """None where no call can be reviewed from here."""
    final: FinalNotices | None
    """None where no final notices are held from here."""
    portfolios: Portfolios | None
    """None where no portfolio can be read from here."""
    strategies: Strategies | None
    """None where no strategy can be changed from here."""
    now: Clock
    registry: Registry
    user: SignedInUser | None
    keyboard: Keyboard
    pause: str
    """The pause the user is on; empty: none."""
    paused_by: str
    """Who put them on it; empty: they did themselves."""
    wrap_seconds: int
    """Seconds of wrap-up before the timer says OVER."""
    pace_hints: bool
    """Whether the collector is told while talking too fast or too much."""

    @property
    def client_state(self) -> str:
        """The connection to the switchboard: up, down or reconnecting."""

    def book(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BookError], None] | None = None,
        *,
        hold: bool = False,
    ) -> None:
        """Run `work` in a thread and `then` here with its result; with `hold` keep keys back meanwhile.

        A BookError goes to `failed`, or to the message line.
        """

    def ask(
        self,
        command: m.Command,
        then: Callable[[m.Reply | m.SignedIn], None] | None = None,
        refused: Callable[[m.Reply], None] | None = None,
    ) -> None:
        """Send the switchboard a command; a failure goes to `refused`, or to the message line.

        A reply with the number LOST is ours: the switchboard could not be asked.
        """

    def tell(self, text: str, kind: str = "info") -> None:
        """Say something on the message line; `kind` is info, notice or refused."""

    def pick(self, spec: PickList) -> None:
        """Open the pick list."""

    def question(self, question: Question) -> None:
        """Ask for one line of text."""

    def prove(self, why: str, then: Callable[[], None]) -> None:
        """Have the user give their password again, then go on; for what raised ProofNeeded."""

    def help(self, screen: str) -> None:
        """Open help for a screen."""

    def palette(self, screen: str) -> None:
        """Open the list of commands."""

    def sign_in(self, username: str, password: str, extension: str, code: str = "") -> None:
        """Sign in to the book and to the switchboard, then show the queue."""

    def take_account(self, row: QueueRow | None) -> None:
        """Lease an account (None: the next one) and open it."""

    def show_queue(self) -> None:
        """Go back to the queue."""

    def go(self, screen: str) -> None:
        """Go to a place: a list or board by its screen's name (see places)."""

    def places(self) -> None:
        """Offer the places of the user's role."""

    @property
    def home_zone(self) -> str:
        """IANA name of the floor's zone."""

    def review(self, call_id: str, second: float | None = None) -> None:
        """Open a call for review, from a second on."""

    def rule_figures(self) -> None:
        """Show how each speech rule does."""

    def rule_findings(self, line: RuleLine) -> None:
        """List what a speech rule found."""

    def close_top(self) -> None:
        """Close what lies on top: the pick list, help, the callbacks."""

    def swap_theme(self) -> None:
        """Change between the quiet and the high-contrast colours."""

    def leave(self) -> None:
        """End the program."""

    def open_session(self, account_id: int, name: str) -> None:
        """Open the final-notice session of an account."""

    def call_final(self, view: FinalView) -> None:
        """Call the account of a session from the cockpit, with the session's script in front."""

    def show_behind(self, heading: str, found: Sequence[Behind]) -> None:
        """List the accounts behind a figure."""

    def open_account(self, account_id: int, name: str) -> None:
        """Lease an account and open it; leaving it leads back to where one was."""

    def show_cockpit(self) -> None:
        """Go to the cockpit of the session's call, or back from it to the session."""

    def final_changed(self) -> None:
        """Something that may stop the session was heard: read it anew."""

    def final_read(self, view: FinalView) -> None:
        """A session was read: the cockpit's script follows it."""

    def final_call(self) -> CallView | None:
        """The call of the session on screen, while it is up."""

    def leave_cockpit(self) -> None:
        """Leave the account: back to the session it was called from, or to the queue."""

    def watch_call(self, call_id: str) -> None:
        """Have the switchboard send this call's events."""


def user_line(user: SignedInUser | None) -> str:
    """``Dana Whitfield · ext 1001``."""
    if user is None:
        return ""
    phone = f"ext {user.extension}" if user.extension else "practice line"
    return f"{user.full_name} · {phone}"


__all__ = ["LOST", "Choice", "PickList", "Question", "Room", "user_line"]
