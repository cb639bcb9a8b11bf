"""The stage run on the book: batch by batch, each one transaction, so that a killed run goes on where it was.

An account that a day's run has looked at carries that day; the run never looks at it twice. Messages that are
decided on are queued afterwards, one by one, through a Post; calls become tasks that the queue shows.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import select

from workstation.desk.book import InvalidEntry
from workstation.desk.segment import SizeBounds
from workstation.desk.stages import Event
from workstation.desk.stages_evidence import take_message, take_talk
from workstation.desk.stages_plan import plan
from workstation.desk.treatment import Channel, Strategy, choose
from workstation.store import audit
from workstation.store.book import SqlBook
from workstation.store.stages_known import Known
from workstation.store.stages_load import load, next_ids
from workstation.store.stages_post import Post, queue_messages
from workstation.store.stages_write import Worked, write_batch
from workstation.store.strategies import strategies_at
from workstation.store.tables.stages import StageRun

BATCH = 1000
"""Accounts in one transaction: other writers wait for one batch at most."""

BOUNDS = SizeBounds()


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
            queue_messages(book, now, post, report.counts)
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
    scope = book.database.read() if dry_run else book.database.write()
    with _collector_resting(), scope as session:
        among = strategies_at(session, as_of) if among is None else among
        ids = next_ids(session, as_of, after, limit)
        if not ids:
            return None
        known = load(session, ids, as_of, book.home_zone, BOUNDS)
        worked = [_work(k, as_of, among) for k in known]
        if not dry_run:
            write_batch(session, worked, as_of, now)
    for item in worked:
        _report(report, item)
    report.accounts += len(worked)
    return ids[-1]


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Keep Python's cycle collector from looking through a batch again and again: a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _work(known: Known, as_of: date, among: Sequence[Strategy]) -> Worked:
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
    if events:
        case = replace(case, invoices=tuple(by_id.values()))
    made = plan(case, choose(case.segment, case.profile, among), as_of)
    return Worked(known, made, (*events, *made.events))


def _report(report: Report, item: Worked) -> None:
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


def last_finished(book: SqlBook) -> date | None:
    """Return the last day whose run was finished; None where none was."""
    with book.database.read() as session:
        return session.scalar(
            select(StageRun.on).where(StageRun.finished_at.is_not(None)).order_by(StageRun.on.desc()).limit(1)
        )
