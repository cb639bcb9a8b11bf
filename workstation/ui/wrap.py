"""Wrap-up as a small state machine: what came of the call, what goes with it, the note. Pure.

Nothing here advances by itself: every step is a key, and the timer only says how long it takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from workstation.desk.disposition import Disposition
from workstation.desk.money import Money
from workstation.desk.promise import METHODS, flaws
from workstation.desk.views import DraftFact, DraftPromise, NoteDraft, WrapUp
from workstation.floor import messages as m
from workstation.ui import entry, figures
from workstation.ui.kit import Row, Span, cut_row, row
from workstation.ui.text import clean, fit, wrap

_WITHIN_A_YEAR = 360
"""Days: a day this near is written without its year."""


class Stage(StrEnum):
    """Where wrap-up stands."""

    CLOSED = "closed"
    CHOOSE = "choose"
    PROMISE = "promise"
    CALLBACK = "callback"
    NOTE = "note"
    EDIT = "edit"
    SAVING = "saving"
    SAVED = "saved"


@dataclass(slots=True)
class Form:
    """What stands in the entry fields, as typed."""

    amount: str = ""
    day: str = ""
    method: str = ""
    who: str = ""
    when: str = ""


class Wrap:
    """One call's wrap-up."""

    def __init__(self, choices: Mapping[str, Disposition]) -> None:
        self._choices = choices
        self.reset()

    def reset(self) -> None:
        """Nothing decided yet."""
        self.stage = Stage.CLOSED
        self.started: datetime | None = None
        """When the call ended; the timer runs from there."""
        self.disposition: Disposition | None = None
        self.promise: DraftPromise | None = None
        self.callback_at: datetime | None = None
        self.draft: NoteDraft | None = None
        self.note: str | None = None
        """The note as edited; None while it is as drafted."""
        self.form = Form()
        self.error = ""
        self.summary = ""
        self.accepted: list[DraftFact] = []
        """What was heard and taken over with one key."""
        self.reminder = ""
        """How a promise that was saved may be reminded of."""
        """What was saved."""
        self._before_form = Stage.CHOOSE

    @property
    def open(self) -> bool:
        """Whether wrap-up is on screen."""
        return self.stage is not Stage.CLOSED

    def left(self, now: datetime, allowed: int) -> float | None:
        """Seconds of wrap-up left (negative once over); None before the call's end and after saving."""
        if self.started is None or self.stage is Stage.SAVED:
            return None
        return allowed - (now - self.started).total_seconds()

    def for_people(self) -> list[Disposition]:
        """The dispositions people may choose, in the order of the file."""
        return [d for d in self._choices.values() if not d.by_system]

    def by_key(self, key: str) -> Disposition | None:
        """The disposition on a digit."""
        return next((d for d in self.for_people() if d.key == key), None)

    def suggested(self) -> Disposition | None:
        """The disposition that fits best, by what telephony and transcript say."""
        codes = self.draft.suggested if self.draft else ()
        return next(
            (self._choices[c] for c in codes if c in self._choices and not self._choices[c].by_system), None
        )

    # -- steps -------------------------------------------------------------------------------------------

    def choose(self, disposition: Disposition) -> None:
        """Take a disposition; what it needs is asked for next."""
        self.disposition = disposition
        self.error = ""
        if disposition.needs == "promise" and self.promise is None:
            self.stage, self._before_form = Stage.PROMISE, Stage.CHOOSE
        elif disposition.needs == "callback" and self.callback_at is None:
            self.stage, self._before_form = Stage.CALLBACK, Stage.CHOOSE
        else:
            self.stage = Stage.NOTE

    def open_promise(self) -> None:
        """Enter a promise now, before or after the disposition."""
        self._before_form = self.stage
        self.stage, self.error = Stage.PROMISE, ""

    def prefill(self, caught: m.FactCaught | None, owed: Money, who: str, today: date) -> None:
        """Put into the fields what was caught from the talk (or entered before)."""
        known = self.promise or (self.draft.promise if self.draft else None)
        if known is not None:
            self.form.amount, self.form.day = known.amount.figures(), day_text(known.due, today)
            self.form.method, self.form.who = known.method, known.who or who
        elif caught is not None:
            amount = Money(caught.amount_minor, owed.currency) if caught.amount_minor is not None else None
            self.form.amount = amount.figures() if amount else ""
            self.form.method, self.form.who = caught.method, who
            self.form.day = day_text(date.fromisoformat(caught.day), today) if caught.day else ""
        else:
            self.form.amount, self.form.day, self.form.method, self.form.who = "", "", "", who
        self.form.method = self.form.method or METHODS[0]

    def read_promise(
        self, owed: Money, balance: Money, today: date, caught: m.FactCaught | None
    ) -> DraftPromise:
        """Read the promise as it stands in the fields. Raises entry.EntryError."""
        amount, due = entry.amount(self.form.amount, owed), entry.day(self.form.day, today)
        heard = caught is not None and caught.amount_minor == amount.minor and caught.day == due.isoformat()
        promise = DraftPromise(
            amount=amount,
            due=due,
            method=method_named(self.form.method),
            who=self.form.who.strip(),
            second=caught.second if caught is not None and heard else None,
            confidence=caught.confidence if caught is not None and heard else None,
        )
        if wrong := flaws(promise, balance=balance, today=today):
            raise entry.EntryError(f"promise: {wrong[0]}")
        return promise

    def accept_promise(self, promise: DraftPromise, *, by_itself: Disposition | None) -> None:
        """Keep the promise; where no disposition was chosen yet it is a promise, once the call is over."""
        self.promise, self.error = promise, ""
        if self.disposition is None and self._before_form is Stage.CLOSED:
            self.stage = Stage.CLOSED
            return
        self.disposition = self.disposition or by_itself
        self.stage = Stage.NOTE

    def front(self) -> DraftFact | None:
        """What was heard and is offered next; None where all of it was accepted."""
        facts = self.draft.facts if self.draft else ()
        return next((fact for fact in facts if fact not in self.accepted), None)

    def accept_callback(self, at: datetime) -> None:
        """Keep the time to call back."""
        self.callback_at, self.error = at, ""
        self.stage = Stage.NOTE

    def back(self) -> bool:
        """One step back; False where wrap-up was at its beginning."""
        self.error = ""
        if self.stage is Stage.EDIT:
            self.stage = Stage.NOTE
        elif self.stage in (Stage.PROMISE, Stage.CALLBACK):
            self.stage = self._before_form
            if self.stage is Stage.CHOOSE:
                self.disposition = None
        elif self.stage is Stage.NOTE:
            self.stage, self.disposition = Stage.CHOOSE, None
        else:
            return False
        return True

    def text(self) -> str:
        """The note as it would be saved: the draft, with what was entered by hand added to it."""
        if self.note is not None:
            return self.note
        parts = [self.draft.text] if self.draft and self.draft.text else []
        drafted = self.draft.promise if self.draft else None
        if self.promise is not None and (
            drafted is None or (drafted.amount, drafted.due) != (self.promise.amount, self.promise.due)
        ):
            promise = self.promise
            on = figures.weekday(promise.due)
            parts.append(f"Promise entered: {promise.amount} on {on} by {promise.method}, {promise.who}.")
        return " ".join(parts)

    def record(self, call_id: str, user_id: int, now: datetime) -> WrapUp:
        """What is saved."""
        assert self.disposition is not None
        needs = self.disposition.needs
        return WrapUp(
            call_id=call_id,
            user_id=user_id,
            disposition=self.disposition.code,
            note=self.text(),
            promise=self.promise if needs == "promise" or self.promise is not None else None,
            callback_at=self.callback_at if needs == "callback" or self._heard("callback") else None,
            consents=tuple(fact for fact in self.accepted if fact.kind == "consent"),
            email=next((fact for fact in reversed(self.accepted) if fact.kind == "email"), None),
            wrap_seconds=max(0.0, (now - self.started).total_seconds()) if self.started else 0.0,
        )

    def _heard(self, kind: str) -> bool:
        return any(fact.kind == kind for fact in self.accepted)

    # -- as rows -----------------------------------------------------------------------------------------

    def choice_rows(self, width: int) -> list[Row]:
        """The one-key dispositions, in one row or two."""
        best = self.suggested()
        spans: list[Span] = []
        rows: list[Row] = []
        used = 0
        entries = [(d.key, d.label, d is best) for d in self.for_people() if d.key] + [("0", "more…", False)]
        for key, label, fits in entries:
            size = len(key) + 1 + len(label) + 3
            if used + size > width and spans:
                rows.append(tuple(spans))
                spans, used = [], 0
            action = f"digit('{key}')"
            spans += [
                Span(f"{key} ", "key", action),
                Span(label, "strong" if fits else "", action),
                Span("   " if not fits else "◂  "),
            ]
            used += size
        return [*rows, tuple(spans)]

    def summary_row(self, width: int, now: datetime, zone_name: str) -> Row:
        """What is about to be saved, in one line."""
        if self.disposition is None:
            return ()
        parts: list[Span] = [Span(self.disposition.label.capitalize(), "strong")]
        if self.promise is not None:
            p = self.promise
            parts += row(
                "  ",
                (p.amount.figures(), "strong"),
                f" on {figures.weekday(p.due)} by {p.method} from {p.who}",
            )
            if p.second is not None:
                sure = f", heard {p.confidence:.2f}" if p.confidence is not None else ""
                parts += row((f"  ({figures.length(p.second)}{sure})", "dim"))
        if self.callback_at is not None and self.disposition.needs == "callback":
            parts += row(f"  call back {figures.moment(self.callback_at, zone_name, now)}")
        if self.disposition.starts_hold:
            parts += row(("  starts a hold: ", "dim"), (self.disposition.starts_hold.value, "stop"))
        if self.disposition.suppress_number:
            parts += row(("  number not offered again", "dim"))
        return cut_row(tuple(parts), width)

    def fact_rows(self, width: int, key: str) -> list[Row]:
        """What was heard, in one row: what was accepted, and what the key takes next, with its second."""
        facts = self.draft.facts if self.draft else ()
        if not facts:
            return []
        spans = [Span(f"✓ {fact.kind}  ", "accent") for fact in facts if fact in self.accepted]
        front = self.front()
        if front is not None:
            left = len(facts) - len(spans) - 1
            spans += row(
                (f"{key} ", "key"),
                (f"{front.kind} ", "dim"),
                (clean(front.text), "strong"),
                (f"  {figures.length(front.second)}, heard {front.confidence:.2f}", "dim"),
                (f"  +{left}" if left else "", "dim"),
            )
        return [cut_row(tuple(spans), width)]

    def note_rows(self, width: int, height: int) -> list[Row]:
        """The note as it would be saved."""
        lead = 6
        if self.draft is None:
            return [row((fit("Note", lead), "dim"), ("drafting …", "faint"))]
        lines = wrap(self.text(), max(10, width - lead)) or [""]
        if len(lines) > height:
            lines = [*lines[: height - 1], lines[height - 1][: max(1, width - lead - 2)] + " …"]
        return [row((fit("Note" if i == 0 else "", lead), "dim"), line) for i, line in enumerate(lines)]


def promise_row(promise: DraftPromise, today: date, width: int) -> Row:
    """A promise as it would be kept, in words."""
    days = (promise.due - today).days
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
    heard = f"  (heard {figures.length(promise.second)})" if promise.second is not None else ""
    return cut_row(
        row(
            (str(promise.amount), "strong"),
            f"  on {figures.weekday(promise.due)} {promise.due.year}",
            (f", {when}", "dim"),
            f"  by {promise.method}  from {promise.who}",
            (heard, "dim"),
        ),
        width,
    )


def day_text(on: date, today: date) -> str:
    """A day as a collector would type it; entry.day reads it back to the same day."""
    near = 0 <= (on - today).days < _WITHIN_A_YEAR
    return f"{on:%a} {on.day} {on:%b}{'' if near else f' {on.year}'}".lower()


def method_named(text: str) -> str:
    """The method meant by a beginning or a part of its name. Raises entry.EntryError."""
    return entry.one_of(text, METHODS, "by", "how will it be paid?")


def callback_text(fact: m.FactCaught | None, draft: NoteDraft | None, zone_name: str) -> str:
    """A time to call back for the field, from what was caught."""
    if draft is not None and draft.callback_at is not None:
        there = figures.local(draft.callback_at, zone_name)
        return f"{there:%Y-%m-%d %H:%M}"
    return f"{fact.day} " if fact is not None and fact.day else ""
