"""The final notice as screens and commands see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import NoticeCheck, Outcome
from workstation.desk.final_terms import Terms
from workstation.desk.money import Money
from workstation.desk.plan import Due
from workstation.desk.standing import AuthorityView, Consequence


@dataclass(frozen=True, slots=True)
class FinalRow:
    """An account at the final notice, as a line of the list."""

    account_id: int
    number: str
    name: str
    demand: Money
    days_late: int
    blocked: tuple[NoticeCheck, ...]
    """What of the account is missing; empty: ready."""
    deadline: DeadlineRow | None
    """The last chance that was given, while it matters."""
    in_session: str
    """Who holds a session on it now; empty if nobody does."""


@dataclass(frozen=True, slots=True)
class FinalOrder:
    """All accounts at the final notice in the order they are worked in, and how many are of which kind."""

    account_ids: tuple[int, ...]
    lapsed: int
    """The deadline passed: somebody decides what follows. These come first."""
    ready: int
    running: int
    """A deadline was given and has not passed."""
    blocked: int


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """A last chance that was given, and what became of it."""

    deadline_id: int
    account_id: int
    number: str
    name: str
    demand: Money
    day: date
    at: datetime
    zone: str
    acts_on: date
    action: str
    partner: str
    consequence: str
    state: DeadlineState
    state_at: datetime
    reason: str
    given_by: str
    decided_by: str
    decided_on: date | None

    @property
    def in_time(self) -> bool:
        """Whether what was announced was done by the day that was named."""
        done = self.decided_on
        return self.state is DeadlineState.DONE and done is not None and done <= self.acts_on


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """A step of the call with its merge fields filled."""

    id: str
    title: str
    when: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FinalView:
    """One session, or an account before one: everything its screen shows."""

    account_id: int
    number: str
    name: str
    contact: str
    profile: str
    currency: str
    session_id: int | None
    held_by: str
    checks: tuple[NoticeCheck, ...]
    """As they stood when the session began; before one, as they stand now."""
    ready: bool
    history: tuple[str, ...]
    """The way through the stages, dated, oldest first."""
    steps: tuple[ScriptStep, ...]
    demand: Money
    fees: Money
    least: Money
    """The smallest settlement inside the authority."""
    terms: Terms
    today: date
    """Where the creditor is."""
    zone: str
    days: tuple[date, ...]
    """The days that may be the deadline, earliest first."""
    deadline: date | None
    """The one chosen, or proposed: the first that may be."""
    deadline_text: str
    acts_on: date | None
    action: str
    partner: str
    authorised: str
    """Who approved the consequence and until when; empty without an authority."""
    consequence: str
    """The sentence as it is spoken; empty while it may not be said."""
    stopped: str
    """What ended the session; empty while nothing did."""
    outcome: str
    confirmed: bool
    """Whether the written confirmation is in the outbox."""
    calls: tuple[str, ...]
    """Ids of the calls made in the session."""
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ends, as the manager enters it."""

    outcome: Outcome
    read_back: bool = False
    """The debtor heard it read back and agreed that it was understood."""
    note: str = ""
    deadline: date | None = None
    """Of a last chance."""
    settle_minor: int | None = None
    pay_by: date | None = None
    """Of a settlement."""
    instalments: tuple[Due, ...] = ()
    who: str = ""
    """Who agreed to the plan."""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that ended."""

    session_id: int
    outcome: Outcome
    deadline_id: int | None
    settlement_id: int | None
    plan_id: int | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of the written confirmation, one line each medium."""

    queued: tuple[str, ...]
    refused: tuple[str, ...]


class FinalNotices(Protocol):
    """What the final-notice screens do with the book. Every write is committed when the call returns."""

    @property
    def terms(self) -> Terms:
        """How far the manager may go."""

    def order(self, user_id: int, now: datetime, /) -> FinalOrder:
        """Return which accounts are at the final notice: lapsed deadlines, then ready, running, blocked."""

    def accounts(
        self, user_id: int, now: datetime, /, account_ids: Sequence[int] | None = None
    ) -> tuple[FinalRow, ...]:
        """Return these accounts as rows, in this order; without ids all, in `order`. Raises NotFound."""

    def checks(self, account_id: int, user_id: int, now: datetime, /) -> tuple[NoticeCheck, ...]:
        """Return every condition as it stands. Raises NotFound."""

    def view(self, account_id: int, user_id: int, now: datetime, /, day: date | None = None) -> FinalView:
        """Return the session that runs, or what one would begin with; `day` is the deadline in mind."""

    def waive(self, account_id: int, check: str, reason: str, user_id: int, now: datetime, /) -> None:
        """Go on without a condition, in writing. Raises NotAllowed and InvalidEntry."""

    def reconcile(self, account_id: int, user_id: int, now: datetime, /) -> Money:
        """Say that the account's payments and credits were gone through. Raises InvalidEntry."""

    def ask_authority(
        self,
        account_id: int,
        action: Consequence,
        target: str,
        basis: str,
        until: date,
        user_id: int,
        now: datetime,
        /,
    ) -> int:
        """Ask for leave to name a consequence until the end of a day; returns its id."""

    def waiting_authorities(self, account_id: int, now: datetime, /) -> tuple[AuthorityView, ...]:
        """Return what was asked for on an account and waits for a second person."""

    def approve_authority(self, authority_id: int, user_id: int, now: datetime, /) -> None:
        """Approve what somebody else asked for. Raises NotFound and NotAllowed."""

    def begin(self, account_id: int, user_id: int, now: datetime, /) -> int:
        """Begin a session; returns its id. Raises NotAllowed, InvalidEntry (naming what is missing)."""

    def finish(self, session_id: int, ending: Ending, user_id: int, now: datetime, /) -> Ended:
        """End a session with its outcome. Raises NotAllowed, NotFound and InvalidEntry."""

    def confirm(self, session_id: int, user_id: int, now: datetime, /) -> Confirmed:
        """Queue the written confirmation, by mail and by letter, through the gate. Raises InvalidEntry."""

    def deadlines(self, now: datetime, /, states: Sequence[DeadlineState] = ()) -> tuple[DeadlineRow, ...]:
        """Return the deadlines given, the nearest first."""

    def follow_through(self, deadline_id: int, user_id: int, now: datetime, /) -> None:
        """Do what was announced: the account is placed, collection stops. Raises InvalidEntry."""

    def let_lapse(self, deadline_id: int, reason: str, user_id: int, now: datetime, /) -> None:
        """Write down why what was announced is not done. Raises InvalidEntry."""
