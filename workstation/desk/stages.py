"""The stage machine of an invoice: what it needs to move on, what parks it, what ends it.

An invoice leaves a stage only on evidence of what the stage is for, or on a waiver with a written reason.
A dispute, a promise or a hold parks it where it is; payment ends it. Every move is an event that says in a
sentence what happened; the events of an account in order are its history, fit to be read aloud.

Pure: the day is given, nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from workstation.desk.money import Money
from workstation.desk.stage import ENDINGS, FINAL, PAID, stage_name


class Evidence(StrEnum):
    """What an invoice must have to leave a stage."""

    SENT = "sent"
    """The invoice went out and did not come back."""
    DELIVERED = "delivered"
    """Somebody confirmed that it arrived: who, and when."""
    REMINDED = "reminded"
    """A reminder went out and did not come back."""
    TALKED = "talked"
    """A conversation was held since the stage began."""
    PRESSED = "pressed"
    """A firmer letter went out, or a conversation was held, since the stage began."""


NEEDED: dict[int, Evidence] = {
    1: Evidence.SENT,
    2: Evidence.DELIVERED,
    3: Evidence.REMINDED,
    4: Evidence.TALKED,
    5: Evidence.PRESSED,
}
"""What each stage is for; the last one is left only by an ending."""

_WITHIN_STAGE = frozenset({Evidence.TALKED, Evidence.PRESSED})
"""Evidence that counts only when it is not older than the stage."""

_SAID: dict[Evidence, str] = {
    Evidence.SENT: "was sent",
    Evidence.DELIVERED: "was confirmed as received",
    Evidence.REMINDED: "was the subject of a reminder",
    Evidence.TALKED: "was talked about",
    Evidence.PRESSED: "was pressed for",
}


class EventKind(StrEnum):
    """What an event tells."""

    ENTERED = "entered"
    EVIDENCE = "evidence"
    WAIVED = "waived"
    PARKED = "parked"
    RESUMED = "resumed"
    ACTION = "action"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One dated line of an invoice's history."""

    on: date
    kind: EventKind
    invoice_id: int
    stage: int
    text: str
    """One sentence that names the invoice."""
    who: str = ""
    evidence: str = ""
    """A value of Evidence where the event is about one."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A strategy's standing permission to go without a piece of evidence, with its written reason."""

    evidence: Evidence
    after_days: int
    reason: str
    taken_over_only: bool = False
    """Only for invoices that were past due when they came into the book."""
    needs_sent: bool = False
    """Only where the invoice is known to have been sent without coming back."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Days past the due date from which a stage may begin."""

    inquire: int = 1
    press: int = 15
    final: int = 45


@dataclass(frozen=True, slots=True)
class InvoiceCase:
    """An invoice as the machine sees it. ``stage`` 0: it has not entered yet."""

    invoice_id: int
    number: str
    issued: date
    due: date
    amount: Money
    open_minor: int
    disputed_minor: int = 0
    stage: int = 0
    since: date | None = None
    parked: str = ""
    """Why it rests; empty while it moves."""
    taken_over: bool = False
    facts: Mapping[Evidence, date] = field(default_factory=dict)
    """The newest day of each evidence."""
    waived: frozenset[Evidence] = frozenset()
    written_off: bool = False

    @property
    def ended(self) -> bool:
        """Whether it is placed, paid or written off."""
        return self.stage in ENDINGS

    def has(self, evidence: Evidence) -> bool:
        """Whether the evidence is there, or waived, for the stage it is in."""
        return _has(evidence, self.facts, self.waived, self.since)


@dataclass(frozen=True, slots=True)
class EntryCheck:
    """One condition of the final notice, with what was found."""

    name: str
    met: bool
    detail: str


@lru_cache(maxsize=4096)
def long_day(day: date) -> str:
    """A date as it is spoken: ``3 March 2026``."""
    return f"{day.day} {day:%B %Y}"


def advance(
    case: InvoiceCase,
    *,
    as_of: date,
    parked_by: str,
    timing: Timing,
    waivers: Sequence[Waiver] = (),
    enter_at: int = 1,
    enter_reason: str = "",
    final_checks: tuple[EntryCheck, ...] = (),
) -> tuple[InvoiceCase, list[Event]]:
    """Move an invoice as far as its evidence reaches; return it with the events, oldest first.

    `parked_by` says what rests the whole account: a promise, a hold. `enter_at` above 1 needs a reason.
    The final notice is entered only when every one of `final_checks` is met. Running it twice on one day
    changes nothing the second time.
    """
    if case.ended:
        return case, []
    events: list[Event] = []
    stage, since, taken_over = case.stage, case.since, case.taken_over
    waived, parked_before = case.waived, case.parked
    name = f"Invoice {case.number}"

    def tell(kind: EventKind, text: str, evidence: str = "") -> None:
        events.append(Event(as_of, kind, case.invoice_id, stage, text, evidence=evidence))

    def waive_now(waiver: Waiver) -> None:
        nonlocal waived
        waived |= {waiver.evidence}
        text = f"{name} goes on without evidence that it {_SAID[waiver.evidence]}: {waiver.reason}."
        tell(EventKind.WAIVED, text, waiver.evidence.value)

    if case.open_minor <= 0:
        stage = 9 if case.written_off else PAID
        tell(EventKind.ENDED, f"{name} is {stage_name(stage)}.")
        return replace(case, stage=stage, since=as_of, parked=""), events
    if stage == 0:
        if enter_at > 1 and not enter_reason:
            raise ValueError("an invoice enters above stage 1 only with a written reason")
        stage, since, taken_over = enter_at, as_of, case.due < as_of
        why = f", because {enter_reason}" if enter_at > 1 else ""
        tell(
            EventKind.ENTERED,
            f"{name} of {case.amount}, due {long_day(case.due)}, "
            f"entered stage {enter_at}, {stage_name(enter_at)}{why}.",
        )
        for skipped in range(1, enter_at):  # what the skipped stages were for is written down, piece by piece
            needed = NEEDED[skipped]
            waiver = next((w for w in waivers if w.evidence is needed and w.taken_over_only), None)
            if waiver is not None and not _has(needed, case.facts, waived, since):
                waive_now(waiver)
    parked = f"{Money(case.disputed_minor, case.amount.currency)} is disputed" if case.disputed_minor else ""
    parked = parked or parked_by
    if parked != parked_before:
        if parked:
            tell(EventKind.PARKED, f"{name} rests: {parked}.")
        else:
            tell(EventKind.RESUMED, f"{name} moves again: {parked_before} no longer stands.")
    assert since is not None  # every invoice that has entered has the day it did
    while not parked and stage < FINAL and _time_has_come(stage, case.due, timing, as_of):
        needed = NEEDED[stage]
        if not _has(needed, case.facts, waived, since):
            sent = Evidence.SENT in case.facts
            waiver = _waiver(needed, (as_of - since).days, waivers, taken_over=taken_over, sent=sent)
            if waiver is None:
                break
            waive_now(waiver)
        if stage + 1 == FINAL and not all(check.met for check in final_checks):
            break
        stage, since = stage + 1, as_of
        tell(EventKind.ENTERED, f"{name} entered stage {stage}, {stage_name(stage)}.")
    if not events:
        return case, events
    moved = replace(case, stage=stage, since=since, parked=parked, taken_over=taken_over, waived=waived)
    return moved, events


def _has(
    evidence: Evidence, facts: Mapping[Evidence, date], waived: frozenset[Evidence], since: date | None
) -> bool:
    on = facts.get(evidence)
    if on is not None and (evidence not in _WITHIN_STAGE or (since is not None and on >= since)):
        return True
    return evidence in waived


def _time_has_come(stage: int, due: date, timing: Timing, as_of: date) -> bool:
    first = {3: timing.inquire, 4: timing.press, 5: timing.final}.get(stage)
    return first is None or (as_of - due).days >= first


def _waiver(
    needed: Evidence, days_in_stage: int, waivers: Iterable[Waiver], *, taken_over: bool, sent: bool
) -> Waiver | None:
    for waiver in waivers:
        if (
            waiver.evidence is needed
            and days_in_stage >= waiver.after_days
            and (taken_over or not waiver.taken_over_only)
            and (sent or not waiver.needs_sent)
        ):
            return waiver
    return None


def waive(case: InvoiceCase, reason: str, who: str, as_of: date) -> tuple[InvoiceCase, Event]:
    """Let an invoice leave its stage without the evidence, for a reason that a person wrote.

    Raises ValueError without a reason, and at a stage that has nothing to waive.
    """
    if not reason.strip():
        raise ValueError("a stage is skipped only with a written reason")
    if case.stage not in NEEDED:
        raise ValueError(f"invoice {case.number} is at {stage_name(case.stage)}: nothing to waive there")
    needed = NEEDED[case.stage]
    text = (
        f"{who} let invoice {case.number} go on without evidence that it {_SAID[needed]}: "
        f"{reason.strip().rstrip('.')}."
    )
    event = Event(as_of, EventKind.WAIVED, case.invoice_id, case.stage, text, who, needed.value)
    return replace(case, waived=case.waived | {needed}), event


def end(case: InvoiceCase, ending: int, reason: str, who: str, as_of: date) -> tuple[InvoiceCase, Event]:
    """End an invoice's way by a person's decision: placed or written off. Raises ValueError.

    Placing needs the final notice: nothing goes to an agency before the last chance was given.
    """
    if ending not in ENDINGS or ending == PAID:
        raise ValueError(
            "an invoice is ended by hand only as placed or written off; payment ends it by itself"
        )
    if not reason.strip():
        raise ValueError(f"say why invoice {case.number} is {stage_name(ending)}")
    if case.ended:
        raise ValueError(f"invoice {case.number} is {stage_name(case.stage)} already")
    if stage_name(ending) == "placed" and case.stage != FINAL:
        raise ValueError(f"invoice {case.number} is at {stage_name(case.stage)}: give the final notice first")
    text = f"{who} marked invoice {case.number} as {stage_name(ending)}: {reason.strip().rstrip('.')}."
    ended = replace(case, stage=ending, since=as_of, parked="")
    return ended, Event(as_of, EventKind.ENDED, case.invoice_id, ending, text, who)


def prove(
    case: InvoiceCase, evidence: Evidence, on: date, who: str, how: str = ""
) -> tuple[InvoiceCase, Event | None]:
    """Add evidence; None where as new a piece of the same kind is there already."""
    standing = case.facts.get(evidence)
    if standing is not None and standing >= on:
        return case, None
    by = f" by {who}" if who else ""
    text = f"Invoice {case.number} {_SAID[evidence]}{by}{', ' + how if how else ''}."
    event = Event(on, EventKind.EVIDENCE, case.invoice_id, case.stage, text, who, evidence.value)
    return replace(case, facts={**case.facts, evidence: on}), event


def withdraw(
    case: InvoiceCase, evidence: Evidence, sent_on: date, how: str, as_of: date
) -> tuple[InvoiceCase, Event]:
    """Take evidence back: what was sent that day has come back. An older piece is not restored."""
    facts = {e: on for e, on in case.facts.items() if e is not evidence or on > sent_on}
    text = f"{how} of {long_day(sent_on)} about invoice {case.number} came back."
    event = Event(as_of, EventKind.EVIDENCE, case.invoice_id, case.stage, text, "", evidence.value)
    return replace(case, facts=facts), event


def account_stage(cases: Iterable[InvoiceCase]) -> int:
    """Roll invoices up: the furthest stage of those still on their way; the ending all share when none is."""
    stages = [c.stage for c in cases if c.stage]
    running = [s for s in stages if s not in ENDINGS]
    return max(running) if running else (min(stages) if stages else 1)


def read_aloud(events: Iterable[Event]) -> tuple[str, ...]:
    """Return the history as dated sentences, oldest first, a date said once."""
    lines = []
    last: date | None = None
    for event in sorted(events, key=lambda e: e.on):
        opening = f"On {long_day(event.on)}: " if event.on != last else "The same day: "
        last = event.on
        lines.append(opening + event.text)
    return tuple(lines)
