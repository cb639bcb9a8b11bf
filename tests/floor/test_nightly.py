"""The nightly run: durable across kill -9, idempotent, and the same result as an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from tests.fixtures.book import WEDNESDAY, Demo
from tests.fixtures.final import Final
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import Outcome
from workstation.desk.final_views import Ending
from workstation.store.book import SqlBook, open_book
from workstation.store.stages import run_stages
from workstation.store.tables import StageAction, StageEvent, StageRun

NIGHT = datetime(2026, 11, 19, 4, tzinfo=UTC)
DAY = NIGHT.date()

# Small batches and a pause after each, so that the kill lands between two of them.
CHILD = """
import sys, time
from datetime import datetime
from pathlib import Path
from workstation.floor import nightly
from workstation.store import stages
from workstation.store.book import open_book

stages.run_batch.__kwdefaults__["limit"] = 5
book, state, now = open_book(Path(sys.argv[1])), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
pause = float(sys.argv[4])

def progress(accounts):
    print(accounts, flush=True)
    time.sleep(pause)

report = nightly.run_night(book, now.date(), now, state, progress=progress)
print("done", report.accounts, sum(report.counts.values()), report.already_done, flush=True)
"""


def start(path: Path, state: Path, now: datetime, pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(state), now.isoformat(), str(pause)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tally(book: SqlBook) -> tuple[list[tuple[object, ...]], int]:
    with book.database.read() as session:
        events = [
            tuple(row)
            for row in session.execute(
                select(
                    StageEvent.account_id, StageEvent.invoice_id, StageEvent.kind, StageEvent.text
                ).order_by(StageEvent.account_id, StageEvent.id)
            )
        ]
        return events, session.scalar(select(func.count()).select_from(StageAction)) or 0


def test_a_killed_night_goes_on_where_it_was_and_does_nothing_twice(
    demo_book: Demo, tmp_path: Path, demo_template: tuple[Path, object]
) -> None:
    state = tmp_path / "nightly.db"
    demo_book.book.close()
    child = start(demo_book.path, state, NIGHT, pause=5)
    assert child.stdout is not None
    assert [child.stdout.readline().strip() for _ in range(1)] == ["5"]
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    begun = time.monotonic()
    out, err = start(demo_book.path, state, NIGHT, pause=0).communicate(timeout=60)
    assert "done 60" in out, err
    assert time.monotonic() - begun < 60

    undisturbed_path = tmp_path / "other.db"
    undisturbed_path.write_bytes(demo_template[0].read_bytes())
    undisturbed, resumed = open_book(undisturbed_path), open_book(demo_book.path)
    run_stages(undisturbed, DAY, NIGHT)
    assert tally(resumed) == tally(undisturbed)
    before = tally(resumed)

    out, err = start(demo_book.path, state, NIGHT + timedelta(hours=1), pause=0).communicate(timeout=60)
    assert out.strip().endswith("True"), err
    assert tally(resumed) == before
    with resumed.database.read() as session:
        run = session.get_one(StageRun, DAY)
        assert run.finished_at is not None
        assert run.counts["accounts"] == "60"
    undisturbed.close()
    resumed.close()


def test_the_night_lets_deadlines_lapse(final: Final, tmp_path: Path) -> None:
    """The clock of last chances is the night's last step; the same night again does nothing."""
    from workstation.floor.nightly import run_night

    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    ending = Ending(Outcome.LAST_CHANCE, read_back=True, deadline=date(2026, 12, 4))
    final.desk.finish(session, ending, final.kei, WEDNESDAY)
    night = datetime(2026, 12, 5, 5, tzinfo=UTC)
    for _ in range(2):
        report = run_night(final.book, night.date(), night, tmp_path / "nightly.db")
        assert report.counts["placement due"] == 1
    (row,) = final.desk.deadlines(night, (DeadlineState.DUE,))
    assert row.state_at == night
