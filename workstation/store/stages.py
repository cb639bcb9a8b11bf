"""The stage run on the book: batch by batch, each one transaction, so that a killed run goes on where it was.

An account that a day's run has looked at carries that day; the run never looks at it twice. Messages that are
decided on are queued afterwards, one by one, through a Post; calls become tasks that the queue shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Protocol, cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workstation.desk import stages as machine
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.segment import SizeBounds
from workstation.desk.stage import FINAL, WRITTEN_OFF, stage_name
from workstation.desk.stages import Event, Evidence, InvoiceCase
from workstation.desk.stages_evidence import take_message, take_talk
from workstation.desk.stages_plan import Plan, plan
from workstation.desk.treatment import Channel, Strategy, choose, strategies
from workstation.store import audit, people
from workstation.store.book import SqlBook
from workstation.store.facts import batches
from workstation.store.queue_build import STALE, mark_stale
from workstation.store.stages_load import Known, load, next_ids
from workstation.store.tables import Account, Invoice, OutboxRow, QueueEntry, StageStep
from workstation.store.tables.stages import (
    AccountTreatment,
    InvoiceStage,
    StageAction,
    StageEvent,
    StageRun,
)

BATCH = 1000
"""Accounts in one transaction: other writers wait for one batch at most."""

BOUNDS = SizeBounds()


@dataclass(frozen=True, slots=True)
class Posted:
    """A message the post took: the id of its line in the account's history."""

    message_id: int


@dataclass(frozen=True, slots=True)
class NotPosted:
    """A message the post or the gate did not take, and why."""

    reason: str


class Post(Protocol):
    """What the stages need of the post."""

    def find(self, account_id: int, template: str, since: datetime) -> Posted | None:
        """Return a message of this template queued for the account since then, if there is one."""

    def queue(
        self, account_id: int, channel: str, template: str, invoice_ids: Sequence[int], now: datetime
    ) -> Posted | NotPosted:
        """Queue a message to the account's first contact; the gate decides."""


@dataclass(frozen=True, slots=True)
class Line:
    """What the run did, or would do, with one account, and why."""

    account_id: int
    number: str
    segment: str
    strategy: str
    stage: int
    channel: str
    """Of the contact decided on; empty where there is none."""
    step: str
    reasons: tuple[str, ...]
    events: tuple[str, ...]
    """What moved, in sentences."""


@dataclass(slots=True)
class Report:
    """A run's result. A dry run wrote nothing."""

    as_of: date
    dry_run: bool
    accounts: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Events and contacts by kind: ``entered``, ``parked``, ``call``, ``email``, ..."""
    lines: list[Line] = field(default_factory=list)
    """Accounts on which something moves or is decided on."""
    already_done: bool = False
    """True where this day's run had been finished before: nothing was left to do."""


def run_stages(
    book: SqlBook,
    as_of: date,
    now: datetime,
    *,
    dry_run: bool = False,
    post: Post | None = None,
    among: Sequence[Strategy] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Run every account's stages as of a day; the same day twice changes nothing the second time.

    `now` stamps what is written. Without a post, messages stay planned. Raises StrategyFileError.
    """
    report = Report(as_of, dry_run)
    report.already_done = not dry_run and begin_run(book, as_of, now)
    after = 0
    while (last := run_batch(book, as_of, now, after, report, dry_run=dry_run, among=among)) is not None:
        after = last
        if progress is not None:
            progress(report.accounts)
    if not dry_run:
        if post is not None:
            queue_messages(book, as_of, now, post, report)
        finish_run(book, as_of, now, report)
    return report


def begin_run(book: SqlBook, as_of: date, now: datetime) -> bool:
    """Note that a day's run begins; returns whether it was finished before.

    Raises InvalidEntry for a day before one that has been run: the book is not taken back in time.
    """
    with book.database.write() as session:
        later = session.scalars(select(StageRun.on).where(StageRun.on > as_of).limit(1)).first()
        if later is not None:
            raise InvalidEntry(f"the stages were run for {later} already: give that day or a later one")
        standing = session.get(StageRun, as_of)
        if standing is None:
            session.add(StageRun(on=as_of, started_at=now, finished_at=None, counts={}))
            return False
        return standing.finished_at is not None


def finish_run(book: SqlBook, as_of: date, now: datetime, report: Report) -> None:
    """Note that a day's run is finished, with its counts; once."""
    with book.database.write() as session:
        run = session.get_one(StageRun, as_of)
        if run.finished_at is not None:
            return
        run.finished_at = now
        run.counts = {k: str(v) for k, v in sorted(report.counts.items())} | {
            "accounts": str(report.accounts)
        }
        audit.append(session, "stage run", "stages run", as_of.isoformat(), run.counts, now)


def run_batch(
    book: SqlBook,
    as_of: date,
    now: datetime,
    after: int,
    report: Report,
    *,
    dry_run: bool = False,
    among: Sequence[Strategy] | None = None,
    limit: int = BATCH,
) -> int | None:
    """Work one batch of accounts after an id, in one transaction; returns the last id, None at the end."""
    among = strategies() if among is None else among
    scope = book.database.read() if dry_run else book.database.write()
    with scope as session:
        ids = next_ids(session, as_of, after, limit)
        if not ids:
            return None
        known = load(session, ids, as_of, book.home_zone, BOUNDS)
        worked = [_work(k, as_of, among) for k in known]
        if not dry_run:
            _write(session, worked, as_of, now)
    for item in worked:
        _report(report, item)
    report.accounts += len(worked)
    return ids[-1]


@dataclass(frozen=True, slots=True)
class _Worked:
    """One account's plan with all its events."""

    known: Known
    plan: Plan
    events: tuple[Event, ...]


def _work(known: Known, as_of: date, among: Sequence[Strategy]) -> _Worked:
    case = known.case
    events: list[Event] = []
    by_id = {i.invoice_id: i for i in case.invoices}
    for outcome in known.outcomes:
        for invoice_id in outcome.invoice_ids:
            if invoice_id in by_id and outcome.channel != Channel.CALL:
                by_id[invoice_id], told = take_message(
                    by_id[invoice_id], outcome.stage, outcome.channel, outcome.on, outcome.now, as_of
                )
                events += told
    for invoice_id, invoice in by_id.items():
        by_id[invoice_id], told = take_talk(invoice, case.talked_on)
        events += told
    case = replace(case, invoices=tuple(by_id.values()))
    made = plan(case, choose(case.segment, case.profile, among), as_of)
    return _Worked(known, made, (*events, *made.events))


def _report(report: Report, item: _Worked) -> None:
    made = item.plan
    report.counts.update(e.kind.value for e in item.events)
    if made.action is not None:
        report.counts[made.action.channel.value] += 1
    if made.action is None and not item.events:
        return
    report.lines.append(
        Line(
            made.account_id,
            made.number,
            item.known.case.segment.name,
            made.strategy,
            made.stage,
            "" if made.action is None else made.action.channel.value,
            "" if made.action is None else made.action.step,
            made.reasons,
            tuple(e.text for e in item.events),
        )
    )


# ---- writing ----------------------------------------------------------------------------------------


def _write(session: Session, worked: Sequence[_Worked], as_of: date, now: datetime) -> None:
    states: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    restaged: list[dict[str, Any]] = []
    settled: list[dict[str, Any]] = []
    treatments: list[dict[str, Any]] = []
    touched: list[int] = []
    for item in worked:
        made, known = item.plan, item.known
        moved = [c for c in made.invoices if c.stage and c != known.states.get(c.invoice_id)]
        states += [_state_values(made.account_id, c) for c in moved]
        events += [event_values(made.account_id, e, now) for e in item.events]
        if made.action is not None:
            actions.append(_action_values(made, as_of, now))
        if made.stage != known.stage:
            restaged.append({"id": made.account_id, "stage": made.stage, "stage_since": as_of})
            steps.append(
                {
                    "account_id": made.account_id,
                    "at": now,
                    "stage": made.stage,
                    "evidence": _account_evidence(item),
                }
            )
        if moved or made.action is not None or made.stage != known.stage:
            touched.append(made.account_id)
        treatments.append(
            {
                "account_id": made.account_id,
                "segment": known.case.segment.name,
                "strategy": made.strategy,
                "segment_reasons": list(known.case.segment.reasons),
                "reasons": list(made.reasons),
                "last_run_on": as_of,
            }
        )
        settled += [{"id": o.action_id, "state": o.now} for o in known.outcomes]
    _upsert(session, InvoiceStage, states, "invoice_id")
    _upsert(session, AccountTreatment, treatments, "account_id")
    for table, rows in ((StageEvent, events), (StageAction, actions), (StageStep, steps)):
        if rows:
            session.execute(insert(cast(Table, table.__table__)), rows)
    if restaged:
        session.execute(update(Account), restaged)
    if settled:
        session.execute(update(StageAction), settled)
    for batch in batches(sorted(touched)):
        session.execute(update(QueueEntry).where(QueueEntry.account_id.in_(batch)).values(stale_at=STALE))


def _state_values(account_id: int, case: InvoiceCase) -> dict[str, Any]:
    return {
        "invoice_id": case.invoice_id,
        "account_id": account_id,
        "stage": case.stage,
        "since": case.since,
        "parked": case.parked,
        "taken_over": case.taken_over,
        "facts": {e.value: on.isoformat() for e, on in case.facts.items()},
        "waived": sorted(e.value for e in case.waived),
    }


def event_values(account_id: int, event: Event, now: datetime) -> dict[str, Any]:
    """Return the columns of one event."""
    return {
        "account_id": account_id,
        "invoice_id": event.invoice_id,
        "on": event.on,
        "stage": event.stage,
        "kind": event.kind.value,
        "text": event.text,
        "who": event.who,
        "evidence": event.evidence,
        "recorded_at": now,
    }


def _action_values(made: Plan, as_of: date, now: datetime) -> dict[str, Any]:
    action = made.action
    assert action is not None
    return {
        "account_id": made.account_id,
        "on": as_of,
        "step": action.step,
        "stage": action.stage,
        "channel": action.channel.value,
        "template": action.template,
        "tone": action.tone.value,
        "form": action.form,
        "invoice_ids": list(action.invoice_ids),
        "reason": action.reason,
        "state": "planned",
        "detail": "",
        "message_id": None,
        "planned_at": now,
    }


def _account_evidence(item: _Worked) -> str:
    """The events that took the account to its new stage, as one text."""
    told = [e.text for e in item.events if e.stage == item.plan.stage or e.kind.value == "ended"]
    return " ".join(told[-2:])


def _upsert(session: Session, table: type[Any], rows: Sequence[dict[str, Any]], key: str) -> None:
    if not rows:
        return
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(table.__table__)
    changed = {name: statement.excluded[name] for name in rows[0] if name != key}
    session.execute(statement.on_conflict_do_update(index_elements=[key], set_=changed), rows)


# ---- messages ---------------------------------------------------------------------------------------


def queue_messages(book: SqlBook, as_of: date, now: datetime, post: Post, report: Report) -> None:
    """Hand every message decided on and not yet queued to the post, never the same one twice.

    A crash after the post took a message and before that was noted here is seen on the next run: the post
    is asked for it first.
    """
    with book.database.read() as session:
        waiting = session.execute(
            select(
                StageAction.id,
                StageAction.account_id,
                StageAction.channel,
                StageAction.template,
                StageAction.invoice_ids,
                StageAction.planned_at,
            )
            .where(StageAction.state == "planned", StageAction.channel != Channel.CALL.value)
            .order_by(StageAction.id)
        ).all()
    for row in waiting:
        found: Posted | NotPosted | None = post.find(row.account_id, row.template, row.planned_at)
        if found is None:
            found = post.queue(row.account_id, row.channel, row.template, row.invoice_ids, now)
        values: dict[str, Any]
        if isinstance(found, Posted):
            values = {"state": "queued", "message_id": found.message_id}
            report.counts["queued"] += 1
        else:
            values = {"state": "refused", "detail": found.reason}
            report.counts["refused"] += 1
        with book.database.write() as session:
            session.execute(update(StageAction).where(StageAction.id == row.id).values(**values))


def posted_since(book: SqlBook, account_id: int, template: str, since: datetime) -> Posted | None:
    """Return a message of this template that went into the outbox for the account since then."""
    with book.database.read() as session:
        found = session.scalars(
            select(OutboxRow.message_row_id)
            .where(
                OutboxRow.account_id == account_id,
                OutboxRow.template == template,
                OutboxRow.queued_at >= since,
            )
            .order_by(OutboxRow.id)
            .limit(1)
        ).first()
        return None if found is None else Posted(found)


# ---- what people do ---------------------------------------------------------------------------------


def _case_of(session: Session, invoice_id: int) -> tuple[int, InvoiceCase]:
    row = session.execute(
        select(Invoice, Account.currency)
        .join(Account, Account.id == Invoice.account_id)
        .where(Invoice.id == invoice_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"no invoice {invoice_id} in the book")
    invoice, currency = row
    state = session.get(InvoiceStage, invoice_id, with_for_update=True)
    case = InvoiceCase(
        invoice.id,
        invoice.number,
        invoice.issued,
        invoice.due,
        Money(invoice.amount_minor, currency),
        invoice.open_minor,
        invoice.disputed_minor,
    )
    if state is not None:
        case = replace(
            case,
            stage=state.stage,
            since=state.since,
            parked=state.parked,
            taken_over=state.taken_over,
            facts={Evidence(k): date.fromisoformat(v) for k, v in state.facts.items()},
            waived=frozenset(Evidence(e) for e in state.waived),
        )
    return invoice.account_id, case


def _keep(
    session: Session, account_id: int, case: InvoiceCase, event: Event, actor: str, now: datetime
) -> None:
    _upsert(session, InvoiceStage, [_state_values(account_id, case)], "invoice_id")
    session.execute(insert(StageEvent), [event_values(account_id, event, now)])
    mark_stale(session, account_id)
    audit.append(session, actor, f"stage: {event.kind}", f"invoice {case.number}", {"text": event.text}, now)


def confirm_delivery(
    book: SqlBook, invoice_id: int, confirmed_by: str, on: date, user_id: int, now: datetime, how: str = ""
) -> None:
    """Record who confirmed, and when, that an invoice arrived. Raises NotFound, NotAllowed, InvalidEntry."""
    if not confirmed_by.strip():
        raise InvalidEntry("say who confirmed that the invoice arrived")
    with book.database.write() as session:
        user = people.need(session, user_id, Right.WORK_ACCOUNTS)
        account_id, case = _case_of(session, invoice_id)
        _must_run(case)
        case, event = machine.prove(case, Evidence.DELIVERED, on, confirmed_by.strip(), how)
        if event is not None:
            _keep(session, account_id, case, event, user.username, now)


def waive_stage(book: SqlBook, invoice_id: int, reason: str, user_id: int, on: date, now: datetime) -> None:
    """Let an invoice leave its stage without evidence. Raises NotFound, NotAllowed, InvalidEntry."""
    with book.database.write() as session:
        user = people.need(session, user_id, Right.LIFT_HOLDS)
        account_id, case = _case_of(session, invoice_id)
        _must_run(case)
        try:
            case, event = machine.waive(case, reason, user.full_name, on)
        except ValueError as error:
            raise InvalidEntry(str(error)) from None
        _keep(session, account_id, case, event, user.username, now)


def end_stages(
    book: SqlBook, invoice_id: int, ending: int, reason: str, user_id: int, on: date, now: datetime
) -> None:
    """Mark an invoice as placed (7) or written off (9). Raises NotFound, NotAllowed, InvalidEntry."""
    right = Right.ADJUST_LEDGER if ending == WRITTEN_OFF else Right.FINAL_NOTICE
    with book.database.write() as session:
        user = people.need(session, user_id, right)
        account_id, case = _case_of(session, invoice_id)
        try:
            case, event = machine.end(case, ending, reason, user.full_name, on)
        except ValueError as error:
            raise InvalidEntry(str(error)) from None
        _keep(session, account_id, case, event, user.username, now)


def _must_run(case: InvoiceCase) -> None:
    if not 0 < case.stage <= FINAL:
        where = "has not entered the stages yet" if not case.stage else f"is {stage_name(case.stage)}"
        raise InvalidEntry(f"invoice {case.number} {where}")


# ---- what people read -------------------------------------------------------------------------------


def stage_history(book: SqlBook, account_id: int) -> tuple[str, ...]:
    """Return the account's whole way through the stages as dated sentences, fit to be read aloud."""
    with book.database.read() as session:
        rows = session.execute(
            select(StageEvent)
            .where(StageEvent.account_id == account_id)
            .order_by(StageEvent.on, StageEvent.id)
        ).scalars()
        return machine.read_aloud(
            Event(r.on, machine.EventKind(r.kind), r.invoice_id, r.stage, r.text, r.who, r.evidence)
            for r in rows
        )


def open_calls(book: SqlBook, limit: int = 200) -> tuple[tuple[int, str, date, str], ...]:
    """Return calls decided on and still to be made: (account id, step, since, reason), oldest first."""
    with book.database.read() as session:
        rows = session.execute(
            select(StageAction.account_id, StageAction.step, StageAction.on, StageAction.reason)
            .where(StageAction.state == "planned", StageAction.channel == Channel.CALL.value)
            .order_by(StageAction.on, StageAction.id)
            .limit(limit)
        )
        return tuple((r.account_id, r.step, r.on, r.reason) for r in rows)
