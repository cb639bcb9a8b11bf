"""One account's stage run: which invoices move, what is done next, by which channel, and why (or why not).

At most one contact comes out of a run for an account, and it covers every invoice the step fits.
Over-automation is held back here: days between contacts and contacts a week over all channels, and no form
letter after another without a talk between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from workstation.desk.money import Money
from workstation.desk.segment import Segment
from workstation.desk.stage import FINAL, stage_name
from workstation.desk.stages import (
    EntryCheck,
    Event,
    EventKind,
    Evidence,
    InvoiceCase,
    account_stage,
    advance,
    long_day,
)
from workstation.desk.treatment import Anchor, Channel, Step, Strategy, Tone

WEEK = timedelta(days=7)

ATTEMPTS_FOR_FINAL = 3
"""Counted attempts that stand in for a conversation at the final notice, on two numbers or more."""


@dataclass(frozen=True, slots=True)
class AccountCase:
    """An account as the run sees it; everything as of the run's day."""

    account_id: int
    number: str
    name: str
    profile: str
    currency: str
    segment: Segment
    invoices: tuple[InvoiceCase, ...]
    done: Mapping[tuple[int, str], date] = field(default_factory=dict)
    """When a step was last taken for an invoice, by (invoice, step)."""
    parked_by: str = ""
    """The promise, plan or hold that rests the whole account; empty if none."""
    contacts: tuple[date, ...] = ()
    """Days of our contacts of any channel in the last weeks."""
    talked_on: date | None = None
    forms_since_talk: int = 0
    open_call: str = ""
    """The step whose call is still to be made; empty if none."""
    attempts: int = 0
    attempted_numbers: int = 0
    has_email: bool = False
    has_address: bool = True
    has_phone: bool = False
    first_run: bool = True
    stage_before: int = 1
    """The account's stage as it came into the book."""
    stage_evidence: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """One contact to make."""

    step: str
    stage: int
    channel: Channel
    template: str
    """Empty for a call."""
    tone: Tone
    form: bool
    invoice_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does to one account, and why."""

    account_id: int
    number: str
    stage: int
    """Of the account, rolled up from its invoices."""
    strategy: str
    invoices: tuple[InvoiceCase, ...]
    """As they are afterwards."""
    events: tuple[Event, ...]
    action: Action | None
    reasons: tuple[str, ...]
    """Why this, or why nothing; best first."""
    checks: tuple[EntryCheck, ...] = ()
    """Conditions of the final notice, where an invoice stands before it."""


def plan(account: AccountCase, strategy: Strategy, as_of: date) -> Plan:
    """Work out one account's run."""
    events: list[Event] = []
    cases: list[InvoiceCase] = []
    checks: tuple[EntryCheck, ...] = ()
    reasons: list[str] = []
    for case in account.invoices:
        if case.ended:
            cases.append(case)
            continue
        enter_at, why = _entry(account, case, as_of)
        conditions = final_checks(account, case) if case.stage == FINAL - 1 else ()
        moved, told = advance(
            case,
            as_of=as_of,
            parked_by=account.parked_by,
            timing=strategy.timing,
            waivers=strategy.waivers,
            enter_at=enter_at,
            enter_reason=why,
            final_checks=conditions,
        )
        checks = checks or tuple(c for c in conditions if not c.met)
        cases.append(moved)
        events += told
    stage = account_stage(cases)
    action = None
    if account.parked_by:
        reasons.append(f"rests: {account.parked_by}")
    else:
        action, reasons = _next_action(account, cases, strategy, as_of)
    if checks:
        missing = "; ".join(c.detail for c in checks)
        reasons.append(f"not yet a final notice: {missing}")
    if action is not None:
        events += [_told(action, case, as_of) for case in cases if case.invoice_id in action.invoice_ids]
    return Plan(
        account.account_id,
        account.number,
        stage,
        strategy.id,
        tuple(cases),
        tuple(events),
        action,
        tuple(reasons),
        checks,
    )


def final_checks(account: AccountCase, case: InvoiceCase) -> tuple[EntryCheck, ...]:
    """Return the conditions of the final notice for one invoice, each with what was found."""
    delivered = case.has(Evidence.DELIVERED)
    tried = account.attempts >= ATTEMPTS_FOR_FINAL and account.attempted_numbers >= 2
    reached = account.talked_on is not None or tried
    steps = all(case.has(e) for e in (Evidence.SENT, Evidence.REMINDED))
    return (
        EntryCheck(
            "earlier stages done", steps, "sent and reminded" if steps else "sending or reminder missing"
        ),
        EntryCheck(
            "delivery proven", delivered, "arrival confirmed" if delivered else "arrival was never confirmed"
        ),
        EntryCheck(
            "nothing disputed",
            case.disputed_minor == 0,
            "no dispute" if not case.disputed_minor else "part of it is disputed",
        ),
        EntryCheck(
            "nothing holds it",
            not account.parked_by,
            account.parked_by or "no promise, plan or hold",
        ),
        EntryCheck(
            "a conversation was held, or enough attempts made",
            reached,
            "talked on " + long_day(account.talked_on)
            if account.talked_on
            else f"{account.attempts} attempts on {account.attempted_numbers} numbers and no talk",
        ),
    )


def _entry(account: AccountCase, case: InvoiceCase, as_of: date) -> tuple[int, str]:
    """Where an invoice enters: what was past due when its account was taken over goes on where that stood."""
    if case.stage or not account.first_run or case.due >= as_of or not 1 < account.stage_before <= FINAL:
        return 1, ""
    name = stage_name(account.stage_before)
    told = f" ({account.stage_evidence.strip().rstrip('.')})" if account.stage_evidence.strip() else ""
    return account.stage_before, f"its account was taken over at {name}{told}"


def _next_action(
    account: AccountCase, cases: list[InvoiceCase], strategy: Strategy, as_of: date
) -> tuple[Action | None, list[str]]:
    due = [(case, step) for case in cases if (step := _due_step(account, case, strategy, as_of)) is not None]
    moving = [c for c in cases if c.stage and not c.ended]
    if not due:
        resting = sorted({c.parked for c in moving if c.parked})
        if not moving:
            return None, ["nothing is open"]
        if resting and all(c.parked for c in moving):
            return None, [f"rests: {resting[0]}"]
        upcoming = [d for c in moving if not c.parked and (d := _next_day(account, c, strategy, as_of))]
        wait = f"next step on {long_day(min(upcoming))}" if upcoming else "every step of the stage is done"
        return None, [wait]
    blocked: list[str] = []
    held = _held_back(account, strategy, as_of)
    for lead, step in _speakers(account, due):
        covered = [case for case, s in due if s.id == step.id]
        total = Money(sum(c.open_minor for c in covered), account.currency)
        oldest = min(covered, key=lambda c: (c.due, c.invoice_id))
        what = (
            f"stage {lead.stage} {stage_name(lead.stage)}: {step.id}, {total} on {len(covered)} "
            f"invoice{'s' if len(covered) > 1 else ''}, {_lateness(oldest, as_of)}"
        )
        if held:
            return None, [held, what]
        channel, why = _channel(account, step, strategy)
        if channel is None:
            blocked += [why, what]
            continue
        if channel is Channel.CALL and account.open_call:
            blocked += [f"the call for {account.open_call} is still to be made", what]
            continue
        action = Action(
            step=step.id,
            stage=lead.stage,
            channel=channel,
            template=step.templates.get(channel, ""),
            tone=step.tone,
            form=step.form and channel is not Channel.CALL,
            invoice_ids=tuple(sorted(c.invoice_id for c in covered)),
            reason=what + (f"; {why}" if why else ""),
        )
        return action, [action.reason, *account.segment.reasons[:2]]
    return None, blocked


def _speakers(
    account: AccountCase, due: Sequence[tuple[InvoiceCase, Step]]
) -> list[tuple[InvoiceCase, Step]]:
    """Which steps may speak today, in order: the furthest stage, for its largest invoice.

    An invoice that is still to be sent goes before it where it has waited longer, and instead of it where it
    cannot speak: nobody pays what they have not got, however late the rest of the account is.
    """

    def weight(pair: tuple[InvoiceCase, Step]) -> tuple[int, int, int]:
        return pair[0].stage, pair[0].open_minor, -pair[0].invoice_id

    lead = max(due, key=weight)
    documents = [pair for pair in due if not pair[1].form]
    if lead in documents or not documents:
        return [lead]
    unsent = max(documents, key=weight)
    waited = min(day for case, step in documents if (day := _step_day(account, case, step)) is not None)
    other = _step_day(account, *lead)
    return [unsent, lead] if other is None or waited < other else [lead, unsent]


def _due_step(account: AccountCase, case: InvoiceCase, strategy: Strategy, as_of: date) -> Step | None:
    if case.parked or case.ended or not case.stage:
        return None
    for step in strategy.steps:
        if step.stage == case.stage and (day := _step_day(account, case, step)) is not None and day <= as_of:
            return step
    return None


def _step_day(account: AccountCase, case: InvoiceCase, step: Step) -> date | None:
    """From which day a step may be taken; None when it is done and does not come again."""
    done = account.done.get((case.invoice_id, step.id))
    if done is not None:
        return done + timedelta(days=step.repeat_after) if step.repeat_after else None
    if step.anchor is Anchor.STAGE:
        start = case.since or case.issued
    else:
        start = case.due if step.anchor is Anchor.DUE else case.issued
    return start + timedelta(days=step.days)


def _next_day(account: AccountCase, case: InvoiceCase, strategy: Strategy, as_of: date) -> date | None:
    found = [_step_day(account, case, s) for s in strategy.steps if s.stage == case.stage]
    ahead = [d for d in found if d is not None and d > as_of]
    return min(ahead) if ahead else None


def _held_back(account: AccountCase, strategy: Strategy, as_of: date) -> str:
    """Why no contact is made today, whatever the channel; empty if one may be."""
    if not account.contacts:
        return ""
    last = max(account.contacts)
    free = last + timedelta(days=strategy.caps.days_between)
    if as_of < free:
        return f"last contact was on {long_day(last)}: nothing before {long_day(free)}"
    week = sorted(d for d in account.contacts if as_of - WEEK < d <= as_of)
    cap = strategy.caps.contacts_per_week
    if len(week) >= cap:
        free = week[-cap] + WEEK
        return f"{len(week)} of {cap} contacts this week: nothing before {long_day(free)}"
    return ""


def _channel(account: AccountCase, step: Step, strategy: Strategy) -> tuple[Channel | None, str]:
    """The first channel that can be used, and what stood in the way of an earlier one."""
    usable = {
        Channel.EMAIL: account.has_email,
        Channel.LETTER: account.has_address,
        Channel.CALL: account.has_phone,
    }
    missing = {
        Channel.EMAIL: "no e-mail address",
        Channel.LETTER: "no postal address",
        Channel.CALL: "no phone number",
    }
    why: list[str] = []
    limit = strategy.caps.forms_without_talk
    for channel in step.channels:
        if channel is not Channel.CALL and step.form and account.forms_since_talk >= limit:
            forms = account.forms_since_talk
            text = f"{forms} form letter{'s' if forms != 1 else ''} since the last talk: a person calls first"
            return (
                (Channel.CALL, text) if account.has_phone else (None, f"{text}, and there is no phone number")
            )
        if usable[channel]:
            return channel, "; ".join(why)
        why.append(missing[channel])
    return None, "; ".join(why)


def _lateness(case: InvoiceCase, as_of: date) -> str:
    late = (as_of - case.due).days
    if late == 0:
        return f"{case.number} due today"
    return f"{case.number} {abs(late)} day{'s' if abs(late) != 1 else ''} {'late' if late > 0 else 'to go'}"


def _told(action: Action, case: InvoiceCase, as_of: date) -> Event:
    how = {Channel.EMAIL: "An e-mail", Channel.LETTER: "A letter", Channel.CALL: "A call"}[action.channel]
    text = f"{how} about invoice {case.number} was decided on, {action.tone} in tone ({action.step})."
    return Event(as_of, EventKind.ACTION, case.invoice_id, case.stage, text)
