"""What a manager enters in a final-notice session: each ending with its read-back, waivers, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from workstation.desk.final_deadline import Bounds, deadline_flaws
from workstation.desk.final_notice import (
    NAMEABLE,
    NEEDS_PARTNER,
    NoticeCheck,
    Outcome,
)
from workstation.desk.final_terms import plan_flaws, settlement_flaws
from workstation.desk.final_views import DeadlineRow, Ending, FinalNotices, FinalView
from workstation.desk.plan import MOST_INSTALMENTS, Due, PlanError, build
from workstation.desk.promise import METHODS
from workstation.desk.standing import Consequence
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Work, named
from workstation.ui.kit import Row, row
from workstation.ui.room import Choice
from workstation.ui.text import wrap

_YES = frozenset({"y", "yes"})


class _Ends(Form):
    """Ends a session; saved only when it was read back and the debtor said yes."""

    def __init__(self, view: FinalView, notices: FinalNotices, user_id: int) -> None:
        self._view, self._notices, self._user_id = view, notices, user_id
        super().__init__()

    def ending(self) -> Ending:
        """What would be saved. Raises entry.EntryError."""
        raise NotImplementedError

    def read_back(self) -> str:
        """What is read back to the debtor. Raises entry.EntryError."""
        raise NotImplementedError

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """The words to read back."""
        self.ending()
        said = self.values["yes"].strip().lower() in _YES
        ask = "they said yes: Enter saves" if said else "read this aloud; write y when they say yes"
        lines = [row(t) for t in wrap(f"“{self.read_back()}”", width)]
        return [*lines, row((ask, "accent" if said else "strong"))]

    def work(self) -> Work:
        """End the session."""
        ending = self.ending()
        if self.values["yes"].strip().lower() not in _YES:
            raise entry.EntryError("yes: read it back, and write y when they say yes")
        session_id = self._view.session_id
        if session_id is None:
            raise entry.EntryError("no session runs: begin one first")

        def save(now: datetime) -> str:
            done = self._notices.finish(session_id, ending, self._user_id, now)
            return f"{done.outcome.value.capitalize()}: written down. c queues the confirmation."

        return save


class LastChanceForm(_Ends):
    """One deadline, among the days that may be chosen."""

    def __init__(self, view: FinalView, notices: FinalNotices, user_id: int) -> None:
        start = "" if view.deadline is None else _typed(view.deadline)
        picks = tuple(
            Choice(d.isoformat(), f"{d:%a} {d.day} {d:%b %Y}", f"{(d - view.today).days} days")
            for d in view.days
        )
        self.title = f"LAST CHANCE · {view.demand}"
        self.slots = (Slot("day", "until", start, picks), Slot("yes", "yes?"))
        super().__init__(view, notices, user_id)

    @property
    def begin(self) -> str:
        """The read-back: the day was chosen before."""
        return "yes"

    def _day(self) -> date:
        day = entry.day(self.values["day"], self._view.today)
        if day not in self._view.days:
            plain = Bounds(
                self._view.today, figures.zone(self._view.zone) or ZoneInfo("UTC"), lambda _day: False
            )
            flaws = deadline_flaws(day, plain)
            raise entry.EntryError(
                f"until: {flaws[0] if flaws else f'{figures.weekday(day)} cannot be chosen'}"
            )
        return day

    def ending(self) -> Ending:
        """A last chance."""
        return Ending(Outcome.LAST_CHANCE, read_back=True, deadline=self._day())

    def read_back(self) -> str:
        """The amount and the one date."""
        day = self._day()
        return (
            f"{self._view.demand} by five o'clock in the afternoon on {day:%A}, {day:%B} {day.day}, "
            "or a plan agreed with me before then. Is that how you understood it?"
        )


class SettleForm(_Ends):
    """Less than is asked for, inside the session's authority."""

    def __init__(self, view: FinalView, notices: FinalNotices, user_id: int) -> None:
        self.title = f"SETTLEMENT · {view.demand} asked for, from {view.least.figures()}"
        last = view.today + timedelta(days=view.terms.settlement_days)
        self.slots = (
            Slot("amount", "takes"),
            Slot("until", "paid by", _typed(last)),
            Slot("yes", "yes?"),
        )
        super().__init__(view, notices, user_id)

    def ending(self) -> Ending:
        """A settlement."""
        view = self._view
        amount = entry.amount(self.values["amount"], view.demand, ask="how much settles it?")
        by = entry.day(self.values["until"], view.today)
        if flaws := settlement_flaws(amount, view.demand, view.fees, by, view.today, view.terms):
            raise entry.EntryError(f"takes: {flaws[0]}")
        return Ending(Outcome.SETTLEMENT, read_back=True, settle_minor=amount.minor, pay_by=by)

    def read_back(self) -> str:
        """Amount and day."""
        view = self._view
        amount = entry.amount(self.values["amount"], view.demand)
        by = entry.day(self.values["until"], view.today)
        return f"You pay {amount} by {by:%A}, {by:%B} {by.day}, and the rest is left out. Is that right?"


class FinalPlanForm(_Ends):
    """A plan over all that is asked for, with a first payment."""

    def __init__(self, view: FinalView, notices: FinalNotices, user_id: int) -> None:
        first = view.today + timedelta(days=view.terms.first_payment_days)
        self.title = f"PLAN · {view.demand}, up to {view.terms.longest_months} months"
        self.slots = (
            Slot("times", "payments"),
            Slot("first", "first on", _typed(first)),
            Slot("method", "by", METHODS[0], named(METHODS)),
            Slot("who", "agreed by", view.contact),
            Slot("yes", "yes?"),
        )
        super().__init__(view, notices, user_id)

    def _parts(self) -> tuple[Due, ...]:
        view, times = self._view, self.values["times"].strip()
        if not (times.isascii() and times.isdigit() and 0 < int(times) <= MOST_INSTALMENTS):
            raise entry.EntryError(f"payments: how many? 1 to {view.terms.longest_months + 1}")
        try:
            parts = build(view.demand, entry.day(self.values["first"], view.today), count=int(times))
        except PlanError as wrong:
            raise entry.EntryError(f"payments: {wrong}") from None
        if flaws := plan_flaws(parts, view.demand, view.today, view.terms):
            raise entry.EntryError(f"payments: {flaws[0]}")
        return parts

    def ending(self) -> Ending:
        """A plan."""
        method = entry.one_of(self.values["method"], METHODS, "by", "how will it be paid?")
        who = self.values["who"].strip()
        if not who:
            raise entry.EntryError("agreed by: who?")
        return Ending(Outcome.PLAN, read_back=True, instalments=self._parts(), who=who, method=method)

    def read_back(self) -> str:
        """Every payment with its day."""
        parts = self._parts()
        listed = ", ".join(f"{p.amount.figures()} on {p.on:%B} {p.on.day}" for p in parts)
        return f"You pay {listed}. Is that right?"


class WaiveForm(Form):
    """A condition somebody goes without."""

    def __init__(self, account_id: int, check: NoticeCheck, notices: FinalNotices, user_id: int) -> None:
        self._account_id, self._check, self._notices, self._user_id = account_id, check, notices, user_id
        self.title = f"WAIVE · {check.title}"
        self.slots = (Slot("reason", "because", span=3),)
        super().__init__()

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What is missing, and that the reason is kept."""
        return [
            row((f"missing: {self._check.found}", "dim")),
            row(("kept with your name in the audit log", "dim")),
        ]

    def work(self) -> Work:
        """Waive it."""
        reason = self.values["reason"].strip()
        if not reason:
            raise entry.EntryError("because: say why the call is right without it")

        def save(now: datetime) -> str:
            self._notices.waive(self._account_id, self._check.id.value, reason, self._user_id, now)
            return "Waived, and written down."

        return save


class LapseForm(Form):
    """Why what was announced is not done."""

    def __init__(self, deadline: DeadlineRow, notices: FinalNotices, user_id: int) -> None:
        self._deadline, self._notices, self._user_id = deadline, notices, user_id
        self.title = f"WHY NOTHING FOLLOWS · {deadline.name}"
        self.slots = (Slot("reason", "because", span=3),)
        super().__init__()

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What it means to leave it."""
        return [
            row((f"said: {self._deadline.consequence}", "dim")),
            row(("an unfulfilled statement is evidence that it was not intended", "strong")),
        ]

    def work(self) -> Work:
        """Write it down."""
        reason = self.values["reason"].strip()
        if not reason:
            raise entry.EntryError("because: say why nothing follows")

        def save(now: datetime) -> str:
            self._notices.let_lapse(self._deadline.deadline_id, reason, self._user_id, now)
            return "Written down why nothing follows."

        return save


class AuthorityForm(Form):
    """Leave to name a consequence, asked for; somebody else approves it."""

    def __init__(self, view: FinalView, notices: FinalNotices, user_id: int) -> None:
        self._view, self._notices, self._user_id = view, notices, user_id
        self.title = f"ASK FOR AUTHORITY · {view.name}"
        until = view.today + timedelta(days=60)
        actions = tuple(c.value for c in NAMEABLE)
        self.slots = (
            Slot("action", "to name", Consequence.PLACEMENT.value, named(actions)),
            Slot("with", "with"),
            Slot("until", "until", _typed(until)),
            Slot("basis", "basis", span=3),
        )
        super().__init__()

    def _read(self) -> tuple[Consequence, str, str, date]:
        names = tuple(c.value for c in NAMEABLE)
        action = Consequence(entry.one_of(self.values["action"], names, "to name", "which?"))
        target, basis = self.values["with"].strip(), self.values["basis"].strip()
        if action in NEEDS_PARTNER and not target:
            raise entry.EntryError(f"with: who carries out the {action.value}?")
        until = entry.day(self.values["until"], self._view.today)
        if not basis:
            raise entry.EntryError("basis: which clause or statute allows it?")
        return action, target, basis, until

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What is asked for."""
        action, target, _, until = self._read()
        who = f" with {target}" if target else ""
        return [
            row((action.value, "strong"), f"{who}, until {figures.weekday(until)} {until.year}"),
            row(("a second person must approve before it may be named", "dim")),
        ]

    def work(self) -> Work:
        """Ask."""
        action, target, basis, until = self._read()

        def save(now: datetime) -> str:
            self._notices.ask_authority(
                self._view.account_id, action, target, basis, until, self._user_id, now
            )
            return "Asked for: a second person must approve it."

        return save


def _typed(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}".lower()
