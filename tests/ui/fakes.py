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

from compliance.contact import Check, CheckVerdict, HoldKind
from tests.ui.fake_ledger import FakeLedger
from workstation.desk.book import CodeNeeded, InvalidEntry, LeaseHeld, NotAllowed, NotFound, SignInRefused
from workstation.desk.money import Money
from workstation.desk.views import (
    AccountView,
    DraftPromise,
    HistoryLine,
    HoldView,
    InvoiceView,
    NoteDraft,
    PhoneView,
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

ZONE = "America/Chicago"
DANA = SignedInUser(7, "dana", "Dana Whitfield", "collector", "1001")
MORGAN = SignedInUser(9, "morgan", "Morgan Lee", "supervisor", "1009")
CALL = "call-0001-aaaa"

HOSTILE = (
    "Smith [/b] & [VIP] [link=x]",
    "[@click=app.quit]Quit[/]",
    "\x1b[31mred\x1b]0;owned\x07",
    "Bob\u2028Uniqueid: spoofed\r\nAction: Originate",
    "\u202egnp.exe\u202c rtl \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "株式会社ハーロー工具 有限",
    "🦄🔥👩‍👩‍👧‍👦 Emoji & Söhne",
    "Z̸̢̛̗̞͓̈́͆a̷̧̛͙l̶̢̛g̸o",
    "x" * 500,
    "{{ 7*7 }} {% raw %} ${HOME} $(id)",
    "\x00\x07\x08nul\x7f",
    "",
)
"""Names as nobody should have them, and somebody does."""


def usd(minor: int) -> Money:
    return Money(minor, "USD")


_REFUSED = Check(
    "seven-days-after-talk",
    "2021-11-30",
    "12 CFR 1006.14(b)(2)(i)(B)",
    CheckVerdict.REFUSE,
    "talked 16 Nov: seven days are not over",
    {},
    datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
)


def phone(
    phone_id: int, party_id: int, name: str, number: str, *, ok: bool = True, kind: str = "office"
) -> PhoneView:
    return PhoneView(
        phone_id,
        party_id,
        number,
        kind,
        name,
        "accounts payable",
        ok,
        datetime(2026, 11, 18, 23, 0, tzinfo=UTC) if ok else None,
        (ZONE,),
        () if ok else (_REFUSED,),
        None if ok else _REFUSED.retry_at,
    )


def account(
    account_id: int = 1, *, name: str = "HARLOW TOOL & DIE LLC", ok: bool = True, phones: int = 1
) -> AccountView:
    who = "Jordan Reyes"
    numbers = tuple(
        phone(
            account_id * 10 + i,
            account_id * 100 + i,
            who if i == 0 else "Priya Nair",
            f"+131255501{41 + i}",
            ok=ok,
        )
        for i in range(phones)
    )
    return AccountView(
        account_id=account_id,
        number=f"A-{10481 + account_id}",
        name=name,
        profile="b2b-first-party",
        currency="USD",
        balance=usd(1_230_000),
        past_due=usd(842_000),
        disputed=usd(0),
        days_late=41,
        next_bucket_in=4,
        stage=4,
        stage_name="inquire",
        stage_since=date(2026, 11, 18),
        terms="net 30 · 2/10",
        credit_limit=usd(2_000_000),
        attempts_used=2,
        attempts_cap=3,
        last_talk=datetime(2026, 11, 12, 16, 0, tzinfo=UTC),
        promises_kept=3,
        promises_total=4,
        open_promise=None,
        callback_at=None,
        zone=ZONE,
        phones=numbers,
        invoices=(
            InvoiceView(
                1, "7731", date(2026, 9, 8), date(2026, 10, 8), usd(500_000), usd(500_000), usd(0), 41
            ),
            InvoiceView(
                2, "7802", date(2026, 10, 2), date(2026, 11, 1), usd(730_000), usd(342_000), usd(0), 17
            ),
        ),
        holds=(),
        history=(
            HistoryLine(datetime(2026, 11, 18, 15, 0, tzinfo=UTC), "mail", "reminder 2 opened"),
            HistoryLine(datetime(2026, 11, 12, 16, 0, tzinfo=UTC), "call", "AP clerk, asked to call back"),
            HistoryLine(datetime(2026, 11, 3, 15, 0, tzinfo=UTC), "mail", "reminder 1"),
            HistoryLine(datetime(2026, 10, 2, 15, 0, tzinfo=UTC), "mail", "invoice 7731 delivered"),
        ),
        reasons=("promise of 1,200.00 broken Tue", "best hour now"),
    )


def queue_row(account_id: int, name: str, *, ok: bool = True) -> QueueRow:
    return QueueRow(
        account_id=account_id,
        number=f"A-{10481 + account_id}",
        name=name,
        due=usd(842_000 // account_id),
        days_late=41 - account_id,
        callable=ok,
        call_until=datetime(2026, 11, 18, 23, 0, tzinfo=UTC) if ok else None,
        zone=ZONE,
        reasons=("promise of 1,200.00 broken Tue", "best hour now")
        if ok
        else ("talked 16 Nov: seven days not over", "12 CFR 1006.14(b)(2)(i)(B)"),
        retry_at=None if ok or account_id % 3 == 0 else datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
    )


class FakeDesk(FakeLedger):
    """A book in memory. ``slow`` makes every call wait for it, as a busy disk would."""

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


class FakeClient:
    """A switchboard in memory: it answers commands, and the test sends its events."""

    def __init__(self, *, state: Literal["up", "down", "reconnecting"] = "down") -> None:
        self.state: Literal["up", "down", "reconnecting"] = state
        self.asked: list[m.Command] = []
        self.refusal: m.Reply | None = None
        self.calls: tuple[str, ...] = ()
        self.connects = True
        self._listeners: list[Callable[[m.Event], None]] = []
        self._state_listeners: list[Callable[[str], None]] = []
        self.seq = 0
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

    def next(self) -> int:
        self.seq += 1
        return self.seq

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

    def state_of(
        self,
        state: str,
        *,
        recording: str = "on",
        muted: bool = False,
        at: float | None = None,
        outcome: str = "",
        detail: str = "",
    ) -> None:
        self.send(
            m.CallChanged(
                call_id=CALL,
                seq=self.next(),
                state=state,
                at=at if at is not None else NOW.timestamp(),
                recording=recording,
                muted=muted,
                outcome=outcome,
                detail=detail,
            )
        )

    def heard(
        self, leg: str, index: int, start: float, text: str, *, final: bool = True, unsure: Sequence[str] = ()
    ) -> None:
        words = tuple(
            m.WordOut(w, start + i * 0.3, start + i * 0.3 + 0.3, 0.4 if w in unsure else 0.95)
            for i, w in enumerate(text.split())
        )
        self.send(
            m.Heard(
                call_id=CALL,
                seq=self.next(),
                leg=leg,
                index=index,
                start=start,
                end=start + 0.3 * len(words),
                text=text,
                words=words if final else (),
                final=final,
            )
        )

    def redrawn(self, leg: str, index: int, start: float, text: str) -> None:
        """One utterance masked after it was shown."""
        words = (m.WordOut(text, start, start + 3, 0.9),)
        heard = m.Heard(
            call_id=CALL, seq=self.seq, leg=leg, index=index, start=start, end=start + 3, text=text,
            words=words, final=True,
        )  # fmt: skip
        self.send(
            m.Redrawn(call_id=CALL, seq=self.next(), heard=(heard,), findings=(), excuses=(), caught=())
        )

    def lamps(self, *lamps: tuple[str, str, float | None]) -> None:
        out = tuple(
            m.LampOut(title.replace(" ", "-"), title, state, second) for title, state, second in lamps
        )
        self.send(m.LampsChanged(call_id=CALL, seq=self.next(), lamps=out))

    def finding(
        self,
        title: str,
        *,
        leg: str = "agent",
        start: float = 132.0,
        text: str = "",
        advice: str = "",
        hold: str = "",
        kind: str = "",
    ) -> None:
        self.send(
            m.FindingRaised(
                call_id=CALL,
                seq=self.next(),
                rule_id=title.replace(" ", "-"),
                kind=kind or ("cue" if hold else "forbidden"),
                title=title,
                severity="critical",
                citation="15 USC 1692e(4)",
                leg=leg,
                verdict="heard",
                start=start,
                end=start + 1.5,
                confidence=0.8,
                text=text,
                advice=advice,
                hold=hold,
            )
        )

    def excuse(self, excuse_id: str, title: str, score: float, second: float = 151.0) -> None:
        self.send(
            m.ExcuseHeard(
                call_id=CALL,
                seq=self.next(),
                excuse_id=excuse_id,
                title=title,
                score=score,
                second=second,
                text="we never got the invoice",
            )
        )

    def promise(self, minor: int = 500_000, day: str = "2026-11-20", second: float = 184.0) -> None:
        self.send(
            m.FactCaught(
                call_id=CALL,
                seq=self.next(),
                kind="promise",
                leg="debtor",
                second=second,
                text="i can pay five thousand on friday",
                confidence=0.91,
                amount_minor=minor,
                day=day,
            )
        )


def in_a_talk(client: FakeClient) -> None:
    """Bring a call to the middle of a talk, as on the designer's sheet."""
    client.state_of("dialing", recording="off")
    client.state_of("ringing", recording="off")
    client.state_of("talking", at=NOW.timestamp() - 192)
    client.lamps(
        ("recording notice", "heard", 4.0), ("who is calling", "heard", 6.0), ("right party", "waiting", 30.0)
    )
    client.heard(
        "agent", 0, 2.0, "good afternoon this call is recorded this is dana whitfield with northwind supply"
    )
    client.heard("debtor", 0, 151.0, "we never got the invoice i don't think", unsure=("think",))
    client.heard("agent", 1, 158.0, "no problem i can send it right now while we talk which address is best")
    client.heard("debtor", 1, 167.0, "billing at harlow tool dot com")
    client.heard("agent", 2, 175.0, "sent do you see it")
    client.heard("debtor", 2, 184.0, "yes got it i can pay five thousand on friday", final=False)
    client.excuse("never-got-the-invoice", "never got the invoice", 0.82)
    client.promise()
    client.lamps(
        ("recording notice", "heard", 4.0), ("who is calling", "heard", 6.0), ("right party", "heard", 15.0)
    )
