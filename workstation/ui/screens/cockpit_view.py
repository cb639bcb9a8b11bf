"""The cockpit's state and how it is painted; what keys do is in cockpit_call and cockpit_wrap."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from compliance.contact import CollectionPurpose
from workstation.desk.disposition import dispositions
from workstation.desk.final_views import FinalView
from workstation.desk.views import AccountView, PhoneView
from workstation.floor import messages as m
from workstation.ui import figures, pace, panes, talk
from workstation.ui.callview import CallView
from workstation.ui.kit import Canvas, Row, Span, cut_row, row, row_width
from workstation.ui.room import Room
from workstation.ui.say import SayNext
from workstation.ui.screens.base import KeyHint, WorkScreen
from workstation.ui.status import Status
from workstation.ui.widgets import WrapPanel
from workstation.ui.wrap import Stage, Wrap

ALERT_S = 15.0
"""How long a warning stands in the bar if nobody takes it away; it stays among the lamps."""


@dataclass(slots=True)
class Bar:
    """A warning over the conversation."""

    finding: m.FindingRaised
    since: float
    """Of time.monotonic."""
    hold_id: int | None = None
    """The hold to decide on; None for a forbidden phrase, or while the book is asked."""

    @property
    def asks(self) -> bool:
        """Whether it stays until a person decides."""
        return bool(self.finding.hold)


class CockpitView(WorkScreen):
    """One account: facts, history, script, live call, wrap-up in place."""

    NAME: ClassVar[str] = "cockpit"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.account: AccountView | None = None
        self.heading = ""
        """The account's name, known before the account is."""
        self.phone: PhoneView | None = None
        self.call: CallView | None = None
        self.talk = talk.Conversation()
        self.say = SayNext(room.scripts)
        self.wrap = Wrap(dispositions())
        self.bars: list[Bar] = []
        self.final: FinalView | None = None
        """The final-notice session that the account was opened from; None: none."""
        self.keypad: str | None = None
        """Digits sent since the keypad was opened; None while it is closed."""
        self._bar = Canvas(self._paint_bar, name="bar")
        self._panes = {
            "facts": Canvas(self._paint_facts, name="facts"),
            "invoices": Canvas(self._paint_invoices, name="invoices"),
            "history": Canvas(self._paint_history, name="history"),
            "brief": Canvas(self._paint_brief, name="brief"),
            "conversation": Canvas(self._paint_conversation, name="conversation"),
            "heard": Canvas(self._paint_heard, name="heard"),
            "ledger": Canvas(self._paint_ledger, name="ledger"),
            "say": Canvas(self._paint_say, name="say"),
            "caught": Canvas(self._paint_caught, name="caught"),
            "lamps": Canvas(self._paint_lamps, name="lamps"),
        }
        self.panel = WrapPanel(self._paint_wrap, self._typed)

    def compose(self) -> ComposeResult:
        """Lay out the screen: what a width does not show is hidden by the style sheet."""
        show = self._panes
        yield self.status_line
        yield self._bar
        yield show["brief"]
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield show["facts"]
                yield show["invoices"]
                yield show["history"]
            with Vertical(id="middle"):
                yield show["conversation"]
                yield show["ledger"]
                yield show["heard"]
            with Vertical(id="right"):
                yield show["say"]
                yield show["caught"]
        yield show["lamps"]
        yield from self.panels()
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule", name="foot-rule")
        yield self.message_line
        yield self.keys_line

    def panels(self) -> Iterable[Widget]:
        """What opens under the conversation."""
        return [self.panel]

    def on_mount(self) -> None:
        """Begin without wrap-up."""
        self.panel.show(Stage.CLOSED)

    def clear(self, title: str) -> None:
        """Make ready for another account before anything is known of it."""
        self.final = None
        self.account, self.phone, self.call, self.heading, self.keypad = None, None, None, title, None
        self.talk.clear()
        self.wrap.reset()
        self.bars.clear()
        self.say.steps, self.say.answers = (), ()
        self.say.fill({})
        self.say.restart()
        self._message = ("", "info")
        self.set_focus(None)
        self.show_wrap()
        self.repaint_all()

    def fill(self, account: AccountView, facts: Mapping[str, str]) -> None:
        """Show an account; the script begins."""
        self.refill(account)
        self.say.load(account.profile, account.stage, location=self.location)
        self.say.fill(facts)
        self.repaint_all()

    def refill(self, account: AccountView) -> None:
        """Show an account as the book has it now; script and talk stay where they are."""
        self.account, self.heading = account, account.name
        chosen = self.phone.phone_id if self.phone else None
        self.phone = next((p for p in account.phones if p.phone_id == chosen), None) or best_phone(account)
        for bar in self.bars:
            if bar.asks:
                bar.hold_id = next(
                    (h.hold_id for h in account.holds if h.proposed and h.kind == bar.finding.hold), None
                )
        self.repaint("facts", "invoices", "history", "brief")
        self._bar.repaint()

    @property
    def location(self) -> bool:
        """Whether the call, made or to be made, is to somebody who may hear nothing of the debt."""
        call, account = self.call, self.account
        on_line = None
        if call is not None and call.up and account is not None:
            on_line = next((p for p in account.phones if p.number == call.number), None)
        phone = on_line or self.phone
        return phone is not None and phone.purpose is CollectionPurpose.LOCATION

    # -- painting ----------------------------------------------------------------------------------------

    def repaint(self, *names: str) -> None:
        """Repaint some panes."""
        for name in names:
            self._panes[name].repaint()

    def repaint_all(self) -> None:
        """Repaint everything."""
        self.repaint(*self._panes)
        for line in (self.status_line, self._bar, self.message_line, self.keys_line, self.panel.rows):
            line.repaint()

    def show_wrap(self) -> None:
        """Lay out wrap-up for its stage, with the right field in use."""
        stage = self.wrap.stage
        self.panel.show(stage)
        self.set_class(stage is not Stage.CLOSED, "-wrapping")
        if stage in (Stage.PROMISE, Stage.CALLBACK):
            self.panel.fill(self.wrap.form)
            self.set_focus(self.panel.first(stage, self.wrap.form))
        elif stage is not Stage.EDIT:
            self.set_focus(None)
        self.status_line.repaint()
        self.keys_changed()

    def status(self) -> Status:
        """The line as it is."""
        now = self.room.now()
        account = self.account
        return Status(
            "DUNLINE",
            self.room.user,
            now,
            self.room.client_state,
            self.room.line,
            self.call,
            account.zone if account else "",
            account.profile.replace("-", " ") if account else "",
            self.wrap.left(now, self.room.wrap_seconds),
        )

    def _paint_bar(self, width: int, height: int) -> list[Row]:
        if not self.bars:
            return [row(("─" * width, "faint"))]
        bar = self.bars[-1]
        found = bar.finding
        at, words = figures.length(found.start), f"“{found.text}”" if found.text else ""
        more = f"  +{len(self.bars) - 1}" if len(self.bars) > 1 else ""
        if bar.asks:
            key = self.room.registry.key
            spans = row(
                (f" ! HOLD PROPOSED: {found.hold} ", "notice"),
                (f"  {key('hold.confirm')} ", "notice key"),
                ("confirm", "notice"),
                (f"   {key('hold.dismiss')} ", "notice key"),
                ("not a hold", "notice"),
                (f"   heard {at} {words}{more} ", "notice"),
            )
        else:
            spans = row((f" ✗ {found.title.upper()} {at} {words}  {found.advice}{more} ", "alarm"))
        style = "notice" if bar.asks else "alarm"
        return [_filled(spans, width, style)]

    def _paint_facts(self, width: int, height: int) -> list[Row]:
        if self.account is None:
            return [row((self.heading, "title")), row(("opening …", "faint"))]
        if self.location:
            return panes.location_facts(self.account, self.phone, self.room.now(), width)
        return panes.facts(self.account, self.phone, self.room.now(), width)

    def _paint_brief(self, width: int, height: int) -> list[Row]:
        if self.account is None:
            return [row((self.heading, "title")), row(("opening …", "faint"))]
        if self.location:
            rows = panes.location_facts(self.account, self.phone, self.room.now(), width)
            return rows[: panes.NARROW_FACT_ROWS]
        return panes.narrow_facts(self.account, self.phone, self.room.now(), width, self._loggable())

    def _paint_invoices(self, width: int, height: int) -> list[Row]:
        if self.location:
            return [panes.heading("OPEN INVOICES"), panes.NOT_SHOWN]
        return (
            panes.invoices(self.account, width, height) if self.account else [panes.heading("OPEN INVOICES")]
        )

    def _paint_history(self, width: int, height: int) -> list[Row]:
        if self.location:
            return [panes.heading("HISTORY"), panes.NOT_SHOWN]
        return panes.history(self.account, width, height) if self.account else [panes.heading("HISTORY")]

    def _paint_conversation(self, width: int, height: int) -> list[Row]:
        if self.call is None:
            key = self.room.registry.key("call.dial")
            hint = row((f"{key}", "key"), (" calls ", "dim"), (self._callee(), "dim")) if self.account else ()
            return [panes.heading("CONVERSATION"), cut_row(hint, width)]
        return self.talk.rows(self.call, self.party_name(), width, height)

    def _paint_heard(self, width: int, height: int) -> list[Row]:
        return talk.heard_rows(self.call, width, height, self._elapsed(), self._hint())

    def _paint_lamps(self, width: int, height: int) -> list[Row]:
        return [talk.lamp_line(self.call, width, self._elapsed(), self._hint())]

    def _hint(self) -> str:
        elapsed = self._elapsed()
        if not self.room.pace_hints or self.call is None or not self.call.talking or elapsed is None:
            return ""
        return pace.hint(self.call.said(), elapsed)

    def _elapsed(self) -> float | None:
        """Seconds of talk so far; None while nobody talks or the talk is on hold."""
        call = self.call
        if call is None or call.state != "talking" or call.talk_since is None:
            return None
        return (self.room.now() - call.talk_since).total_seconds()

    def _paint_say(self, width: int, height: int) -> list[Row]:
        return self.say.rows(width, height, self.room.registry.key("say.search"))

    def _paint_caught(self, width: int, height: int) -> list[Row]:
        best = self.call.best_excuse() if self.call else None
        title = self.say.title(best.excuse_id) if best else ""
        return talk.caught_rows(
            self.call, title, self.account.currency if self.account else "USD", width, height
        )

    @abstractmethod
    def _paint_ledger(self, width: int, height: int) -> list[Row]:
        """The page of the ledger that is open, or the letter that is looked at."""

    @abstractmethod
    def _paint_wrap(self, width: int, height: int) -> list[Row]:
        """Wrap-up in its stage."""

    @abstractmethod
    def _typed(self) -> None:
        """Something was typed into a field of wrap-up."""

    # -- words -------------------------------------------------------------------------------------------

    def party_name(self) -> str:
        """Who is on the other end."""
        if self.account is None:
            return ""
        party = self.call.party_id if self.call else 0
        known = next((p for p in self.account.phones if p.party_id == party), self.phone)
        return known.party_name if known else self.account.name

    def _callee(self) -> str:
        return (
            f"{self.party_name()} on {figures.phone(self.phone.number)}"
            if self.phone
            else "nobody: no number"
        )

    def unsaved(self) -> bool:
        """Whether a call ended and was not wrapped up."""
        return self.call is not None and not self.call.up and self.wrap.stage is not Stage.SAVED

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter in this state."""
        stage, call = self.wrap.stage, self.call
        if self.keypad is not None:
            return [KeyHint("call.keypad", f"sends 0-9 * #: {self.keypad or '–'}"), KeyHint("back", "done")]
        if stage in (Stage.PROMISE, Stage.CALLBACK):
            return [
                KeyHint("say.go", "accepts"),
                KeyHint("wrap.edit", "next field"),
                KeyHint("say.pick", "pick"),
                KeyHint("back", "back"),
                KeyHint("help"),
            ]
        if stage is Stage.EDIT:
            return [KeyHint("wrap.edit", "done"), KeyHint("wrap.save", "save"), KeyHint("back", "as it was")]
        if stage is Stage.NOTE:
            return [
                KeyHint("say.go", "saves"),
                KeyHint("wrap.edit", "edits note"),
                *([KeyHint("wrap.accept")] if self.wrap.front() else []),
                KeyHint("wrap.promise"),
                KeyHint("back", "back"),
                *self._in_call(),
                KeyHint("help"),
            ]
        if stage is Stage.CHOOSE:
            best = self.wrap.suggested()
            first = [KeyHint("say.go", f"takes {best.label}")] if best else []
            return [
                *first,
                *([KeyHint("wrap.accept")] if self.wrap.front() else []),
                KeyHint("say.pick", "all"),
                KeyHint("wrap.promise"),
                KeyHint("back", "back"),
                *self._in_call(),
                KeyHint("help"),
            ]
        if stage is Stage.SAVED:
            return [
                KeyHint("say.go", "next account"),
                KeyHint("back", "queue"),
                KeyHint("call.dial", "call again"),
                KeyHint("help"),
            ]
        if call is not None and call.up:
            rest = ("account.ledger", "call.voicemail", "say.pick", "say.search", "help")
            return [*self._in_call(), *(KeyHint(i) for i in rest)]
        if self.unsaved():
            return [KeyHint("wrap.open"), KeyHint("wrap.promise"), KeyHint("help")]
        may = bool(self.account and any(p.callable for p in self.account.phones))
        return [
            KeyHint("call.dial", off=not may),
            KeyHint("account.ledger"),
            KeyHint("account.payment"),
            KeyHint("account.email"),
            KeyHint("back", "queue"),
            *(KeyHint(i) for i in ("say.next", "say.pick", "say.search", "palette", "help")),
        ]

    def _in_call(self) -> list[KeyHint]:
        call = self.call
        if call is None or not call.up:
            return []
        if not call.talking:
            return [KeyHint("call.hang_up")]
        return [
            KeyHint("say.go") if self.wrap.stage is Stage.CLOSED else KeyHint("call.hang_up"),
            *(
                [KeyHint("call.hang_up"), KeyHint("wrap.promise"), KeyHint("wrap.open")]
                if self.wrap.stage is Stage.CLOSED
                else []
            ),
            KeyHint("call.hold", "resume" if call.state == "held" else ""),
            KeyHint("call.card", "record again" if call.recording == "paused" else ""),
            KeyHint("call.mute", "unmute" if call.muted else ""),
            KeyHint("call.keypad"),
        ]

    def right_hint(self) -> Row:
        """What could be logged now."""
        caught = self._loggable()
        if not caught or self.size.width < 110:
            return ()
        return row(("F6 logs ", "dim"), (caught.split("  ")[0], "accent"), " ")

    def _loggable(self) -> str:
        fact = self.call.promise() if self.call else None
        if fact is None or fact.amount_minor is None or self.wrap.open or self.account is None:
            return ""
        return talk.caught_words(fact, self.account.currency)

    def tick(self) -> None:
        """A second has passed; a warning that stood long enough goes."""
        super().tick()
        due = self.call is not None and talk.next_due(self.call, self._elapsed()) is not None
        if due or self.room.pace_hints:
            self.repaint("heard", "lamps")
        if self.bars and not self.bars[-1].asks and monotonic() - self.bars[-1].since > ALERT_S:
            self.bars.pop()
            self._bar.repaint()


def best_phone(account: AccountView) -> PhoneView | None:
    """The number to call first: the first that may be called, else the first."""
    return next((p for p in account.phones if p.callable), account.phones[0] if account.phones else None)


def _filled(line: Row, width: int, style: str) -> Row:
    kept = cut_row(line, width)
    return (*kept, Span(" " * (width - row_width(kept)), style))
