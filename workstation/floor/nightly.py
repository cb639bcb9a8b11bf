"""The nightly stage run as a durable workflow: killed at any moment, it goes on at the batch it was in.

The only module that imports DBOS (1.2 s): nothing that people wait for imports this one. The workflow's state
lives in a SQLite file of its own beside the book, or in PostgreSQL by address. Each batch of accounts is one
transaction of the book that notes the day on the accounts it did; a batch that is run again after a crash
therefore does nothing twice, and a day that is finished is never run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatusString

from workstation.store.book import SqlBook
from workstation.store.stages import Report, begin_run, finish_run, run_batch
from workstation.store.stages_post import Post, queue_messages

_NAME = "dunline-nightly"

_VERSION = "1"
"""Of the workflow's shape, not of the program: a night begun before an update is finished after it."""

_MOST_TRIES = 50
"""Runs of one day that failed, each with the error kept; more than this needs a person."""


@dataclass(slots=True)
class _Room:
    """What the steps work with; they are module functions because the workflow finds them by name."""

    book: SqlBook
    post: Post | None
    progress: Callable[[int], None] | None


_room: _Room | None = None


def _here() -> _Room:
    if _room is None:
        raise RuntimeError("the nightly run has no book: start it with run_night")
    return _room


@DBOS.step(name="begin")
def _begin(as_of: str, now: str) -> bool:
    return begin_run(_here().book, date.fromisoformat(as_of), datetime.fromisoformat(now))


@DBOS.step(name="batch")
def _batch(as_of: str, now: str, after: int) -> dict[str, Any]:
    room = _here()
    report = Report(date.fromisoformat(as_of), dry_run=False)
    last = run_batch(room.book, report.as_of, datetime.fromisoformat(now), after, report)
    return {"last": last, "accounts": report.accounts, "counts": dict(report.counts)}


@DBOS.step(name="post")
def _post(as_of: str, now: str) -> dict[str, int]:
    room = _here()
    report = Report(date.fromisoformat(as_of), dry_run=False)
    if room.post is not None:
        queue_messages(room.book, datetime.fromisoformat(now), room.post, report.counts)
    return dict(report.counts)


@DBOS.step(name="finish")
def _finish(as_of: str, now: str, accounts: int, counts: dict[str, int]) -> None:
    report = Report(date.fromisoformat(as_of), dry_run=False, accounts=accounts, counts=Counter(counts))
    finish_run(_here().book, report.as_of, datetime.fromisoformat(now), report)


@DBOS.step(name="deadlines")
def _deadlines(now: str) -> dict[str, int]:
    """Judge the last chances that were given; the last step, so that a night begun before it had one fits."""
    from workstation.final_desk import FinalDesk

    return dict(FinalDesk(_here().book).tick(datetime.fromisoformat(now)))


@DBOS.workflow(name="stages")
def _night(as_of: str, now: str) -> dict[str, Any]:
    done_before = _begin(as_of, now)
    after, accounts, counts = 0, 0, Counter[str]()
    while (batch := _batch(as_of, now, after))["last"] is not None:
        after = batch["last"]
        accounts += batch["accounts"]
        counts.update(batch["counts"])
        progress = _here().progress
        if progress is not None:
            progress(accounts)
    counts.update(_post(as_of, now))
    _finish(as_of, now, accounts, dict(counts))
    counts.update(_deadlines(now))
    return {"accounts": accounts, "counts": dict(counts), "already_done": done_before}


def run_night(
    book: SqlBook,
    as_of: date,
    now: datetime,
    state: Path | str,
    *,
    post: Post | None = None,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Run the stages as of a day, durably; returns what the day's run did, also when it was done before.

    `state` is where the workflow keeps its place: a file, made where it is missing, or a PostgreSQL address.
    A run that was killed is taken up first, with the instant it was begun at. A run that ended with an error
    is tried afresh; what it had finished stays finished. Raises what the last step raised.
    """
    global _room
    address = f"sqlite:///{state}" if isinstance(state, Path) else state
    config: DBOSConfig = {
        "name": _NAME,
        "system_database_url": address,
        "application_version": _VERSION,
        "executor_id": "nightly",
        "log_level": "CRITICAL",
        "console_log_level": "CRITICAL",
    }
    _room = _Room(book, post, progress)
    DBOS(config=config)
    try:
        DBOS.launch()  # takes up what was killed
        identity, known = _identity(as_of)
        with SetWorkflowID(identity):
            handle = DBOS.start_workflow(_night, as_of.isoformat(), now.isoformat())
        result = handle.get_result()
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=0)
        _room = None
    return Report(
        as_of,
        dry_run=False,
        accounts=result["accounts"],
        counts=Counter(result["counts"]),
        already_done=known or result["already_done"],
    )


def _identity(as_of: date) -> tuple[str, bool]:
    """The day's workflow: the first that has not failed, and whether it had succeeded before."""
    for attempt in range(_MOST_TRIES):
        identity = f"stages-{as_of.isoformat()}" + (f"-{attempt + 1}" if attempt else "")
        status = DBOS.get_workflow_status(identity)
        if status is None:
            return identity, False
        if status.status not in (
            WorkflowStatusString.ERROR.value,
            WorkflowStatusString.MAX_RECOVERY_ATTEMPTS_EXCEEDED.value,
            WorkflowStatusString.CANCELLED.value,
        ):
            return identity, status.status == WorkflowStatusString.SUCCESS.value
    raise RuntimeError(
        f"the stages of {as_of} have failed {_MOST_TRIES} times: see the log, then mend the book"
    )
