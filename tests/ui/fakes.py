"""Stand-ins in memory for the book and the switchboard: the same Protocols, no disk and no network.

They hold a small book with a story, and a switchboard whose calls the test moves on step by step.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Literal

from compliance.contact import HoldKind
from tests.ui.fake_call import CALL, FakeCall
from tests.ui.fake_ledger import FakeLedger
from tests.ui.views import account, queue_row, usd
from workstation.desk.book import CodeNeeded, InvalidEntry, LeaseHeld, NotAllowed, NotFound, SignInRefused
from workstation.desk.views import (
    AccountView,
    DraftPromise,
    HoldView,
    NoteDraft,
    QueueCounts,
    QueuePage,
    QueueRow,
    Saved,
    SignedInUser,
    WrapUp,
)
from workstation.floor import messages as m

NOW = datetime(2026, 11, 18, 20, 7, tzinfo=UTC)
"""A Wednesday, 14:07 in Chicago."""

DANA = SignedInUser(7, "dana", "Dana Whitfield", "collector", "1001")
MORGAN = SignedInUser(9, "morgan", "Morgan Lee", "supervisor", "1009")


class FakeDesk(FakeLedger):
    """A book in memory. While ``gate`` is cleared every call waits, as on a busy disk."""

    def __init__(self, accounts: Sequence[AccountView] = (), later: Sequence[AccountView] = ()) -> None:
        names = ("HARLOW TOOL & DIE LLC", "Meridian Packaging", "Osei & Daughters", "Alder Clinic")
        self.accounts = {
            a.account_id: a for a in accounts or [account(i + 1, name=n) for i, n in enumerate(names)]
        }
        self.later = {
            a.account_id: a
            for a in later
            or [account(6, name="R. Castellano", ok=False), account(7, name="Ferro Works", ok=False)]
        }
        self.worked: set[int] = set()
        self.wrapped: list[WrapUp] = []
        self.resolved: list[tuple[int, bool]] = []
        self.released: list[int] = []
        self.held_by_other: set[int] = set()
        self.unwrapped: tuple[str, int] | None = None
        self.threads: set[str] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.refuse_wrap = ""
        self.pages: list[tuple[int, int]] = []
        super().__init__()

    def _seen(self) -> None:
        self.threads.add(threading.current_thread().name)
        assert self.gate.wait(10)

    def sign_in(self, username: str, password: str, now: datetime, code: str = "") -> SignedInUser:
        self._seen()
        if username == "coded" and password == "correct horse":
            if not code:
                raise CodeNeeded("give the one-time code of your authenticator as well")
            if code != "123456":
                raise SignInRefused("wrong one-time code, or one that was used already")
            return replace(DANA, extension="", ticket="one-ticket")
        if (username, password) != ("dana", "correct horse"):
            raise SignInRefused("name or password is wrong")
        return replace(DANA, extension="")

    def redeem(self, ticket: str, now: datetime) -> SignedInUser:
        raise SignInRefused("this sign-in has been used or is too old: sign in again")

    def prove(self, user_id: int, password: str, now: datetime) -> None:
        if password != "right":
            raise SignInRefused("wrong password")

    def _open(self) -> list[AccountView]:
        return [a for i, a in self.accounts.items() if i not in self.worked]

    def queue_page(
        self, user_id: int, now: datetime, offset: int, limit: int, *, later: bool = False
    ) -> QueuePage:
        self._seen()
        self.pages.append((offset, limit))
        source = list(self.later.values()) if later else self._open()
        rows = [queue_row(a.account_id, a.name, ok=not later) for a in source[offset : offset + limit]]
        return QueuePage(offset, tuple(rows))

    def queue_counts(self, user_id: int, now: datetime) -> QueueCounts:
        self._seen()
        at = datetime(2026, 11, 18, 20, 30, tzinfo=UTC)
        return QueueCounts(len(self._open()), len(self.later), 41, 17, 6, (usd(1_825_000),), at)

    def search_accounts(self, text: str, now: datetime, limit: int) -> tuple[QueueRow, ...]:
        self._seen()
        found = [a for a in [*self.accounts.values(), *self.later.values()] if text.lower() in a.name.lower()]
        return tuple(queue_row(a.account_id, a.name, ok=a.account_id in self.accounts) for a in found[:limit])

    def take_account(self, user_id: int, now: datetime, account_id: int | None = None) -> int | None:
        self._seen()
        if account_id in self.held_by_other:
            raise LeaseHeld("Sam Okafor works this account now")
        if account_id is None:
            waiting = self._open()
            return waiting[0].account_id if waiting else None
        return account_id

    def keep_account(self, user_id: int, account_id: int, now: datetime) -> None:
        self._seen()

    def release_account(self, user_id: int, account_id: int) -> None:
        self._seen()
        self.released.append(account_id)

    def account(self, account_id: int, now: datetime) -> AccountView:
        self._seen()
        found = self.accounts.get(account_id) or self.later.get(account_id)
        if found is None:
            raise NotFound(f"no account has the id {account_id}")
        return found

    def script_facts(self, account_id: int, party_id: int, user_id: int, now: datetime) -> Mapping[str, str]:
        self._seen()
        return SCRIPT_FACTS

    def draft_note(self, call_id: str, now: datetime) -> NoteDraft:
        self._seen()
        promise = DraftPromise(usd(500_000), date(2026, 11, 20), "bank transfer", "Jordan Reyes", 184.0, 0.91)
        text = (
            "Spoke with Jordan Reyes (AP). Said invoice 7731 never arrived; resent 02:55 to "
            "billing@harlowtool.com, opened. Promised 5,000.00 USD Fri 20 Nov, rest after delivery check."
        )
        return NoteDraft(text, promise, None, ("RPC_PROMISE", "RPC_CALLBACK"))

    def wrap_up(self, wrap: WrapUp, now: datetime) -> Saved:
        self._seen()
        if self.refuse_wrap:
            raise InvalidEntry(self.refuse_wrap)
        self.wrapped.append(wrap)
        self.worked.add(min((i for i in self.accounts if i not in self.worked), default=0))
        sum_ = f", {wrap.promise.amount} due {wrap.promise.due:%a %d %b}" if wrap.promise else ""
        return Saved(len(self.wrapped), f"{wrap.disposition} saved{sum_}", now + timedelta(days=2))

    def place_hold(
        self,
        account_id: int,
        party_id: int,
        kind: HoldKind,
        user_id: int,
        now: datetime,
        *,
        number: str | None = None,
    ) -> int:
        held = self.account(account_id, now)
        hold = HoldView(77, kind.value, now, True, "heard 01:12")
        self.accounts[account_id] = replace(held, holds=(*held.holds, hold))
        return 77

    def resolve_hold(self, hold_id: int, user_id: int, now: datetime, *, confirm: bool, reason: str) -> None:
        self._seen()
        if not confirm and user_id == DANA.user_id:
            raise NotAllowed("lifting a hold takes a supervisor")
        assert reason
        self.resolved.append((hold_id, confirm))
        for key, one in self.accounts.items():
            kept = [
                replace(h, proposed=False) if h.hold_id == hold_id else h
                for h in one.holds
                if confirm or h.hold_id != hold_id
            ]
            self.accounts[key] = replace(one, holds=tuple(kept))

    def unwrapped_call(self, user_id: int) -> tuple[str, int] | None:
        self._seen()
        return self.unwrapped


def _examples() -> Mapping[str, str]:
    fields = tomllib.loads(files("scripts").joinpath("vocabulary.toml").read_text("utf-8"))
    return {name: str(field["example"]) for name, field in fields.items()}


SCRIPT_FACTS = _examples()


class FakeClient(FakeCall):
    """A switchboard in memory: it answers commands, and the test sends its events."""

    def __init__(self, *, state: Literal["up", "down", "reconnecting"] = "down") -> None:
        super().__init__(NOW)
        self.state: Literal["up", "down", "reconnecting"] = state
        self.asked: list[m.Command] = []
        self.refusal: m.Reply | None = None
        self.calls: tuple[str, ...] = ()
        self.connects = True
        self._listeners: list[Callable[[m.Event], None]] = []
        self._state_listeners: list[Callable[[str], None]] = []
        self.present: m.CallSnapshot | None = None
        """What watching shows, where it is not a call just begun."""
        self.over = False
        """Whether the switchboard has forgotten the call."""
        self.practice = False
        self.placed: m.PlaceCall | None = None
        self.floor = m.FloorSnapshot(at=NOW.timestamp(), lag_ms=12, rows=())
        """What watching the floor begins with."""

    async def connect(self) -> None:
        from workstation.floor.client import SwitchboardLost

        if not self.connects:
            raise SwitchboardLost("no switchboard answers; start it with: dunline switchboard")
        self.go("up")
        self.line()

    async def close(self) -> None:
        self.state = "down"

    def go(self, state: Literal["up", "down", "reconnecting"]) -> None:
        self.state = state
        for listener in list(self._state_listeners):
            listener(state)

    async def ask(self, command: m.Command) -> m.Reply | m.SignedIn:
        from workstation.floor.client import SwitchboardLost

        if self.state != "up":
            raise SwitchboardLost("the switchboard is not reachable: the line is down")
        self.asked.append(command)
        if isinstance(command, m.SignIn):
            return m.SignedIn(
                id=1,
                token="t",
                expires_at=0,
                user_id=7,
                full_name="Dana Whitfield",
                role="collector",
                extension=command.extension,
                calls=self.calls,
            )
        if isinstance(command, m.PlaceCall):
            if self.refusal is not None:
                return self.refusal
            self.placed = command
            return m.Reply(id=2, ok=True, call_id=CALL)
        if (isinstance(command, m.Watch) and command.call_id != CALL) or self.over:
            return m.Reply(id=3, ok=False, error="that call is over")
        if isinstance(command, m.Watch):
            self.send(self.present or self.snapshot(command.call_id))
        if isinstance(command, m.WatchFloor):
            self.send(self.floor)
        if isinstance(command, m.HangUp):
            self.state_of("ended", outcome="answered", detail="cause 16")
        return m.Reply(id=3, ok=True)

    def on_event(self, fn: Callable[[m.Event], None]) -> Callable[[], None]:
        self._listeners.append(fn)
        return lambda: self._listeners.remove(fn)

    def on_state(self, fn: Callable[[str], None]) -> Callable[[], None]:
        self._state_listeners.append(fn)
        return lambda: self._state_listeners.remove(fn)

    def send(self, event: m.Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    # -- what a test sends -------------------------------------------------------------------------------

    def line(self, *, lag: int = 40, asterisk: str = "up", book: str = "ok", recogniser: str = "ok") -> None:
        self.send(m.LineState(asterisk=asterisk, lag_ms=lag, book=book, recogniser=recogniser))

    def snapshot(self, call_id: str, state: str = "reserved", **more: object) -> m.CallSnapshot:
        placed = self.placed
        return m.CallSnapshot(
            call_id=call_id,
            seq=self.seq,
            account_id=placed.account_id if placed else 1,
            party_id=placed.party_id if placed else 100,
            number="+13125550141",
            collector_id=7,
            state=m.CallChanged(
                call_id=call_id,
                seq=self.seq,
                state=state,
                at=NOW.timestamp(),
                recording="off" if state == "reserved" else "on",
            ),
            practice=self.practice,
            talk_since=None if state == "reserved" else NOW.timestamp() - 192,
            **more,  # type: ignore[arg-type]  # lamps, heard and the like, as the test gives them
        )
