"""A supervisor's morning: a threat on the floor, seen as it is said, and worked up to an evidence pack.

Two collectors are in calls at once, on a real Asterisk with the real recogniser; one of them threatens.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from scripts.catalog import Catalog
from tests.floor.rig import Floor
from tests.floor.story_rig import LONG_S, Caller, practice_of, until
from workstation import bootstrap
from workstation.cli import app
from workstation.desk.audit import Sampling
from workstation.desk.audit_figures import Judged
from workstation.desk.book import NotAllowed
from workstation.desk.review import State
from workstation.desk.scorecard import fill, scorecard
from workstation.desk.views import WrapUp
from workstation.floor import messages as m
from workstation.floor.client import Client
from workstation.store.tables import FloorSpan

pytestmark = [pytest.mark.asterisk, pytest.mark.speech]

THREAT = "If you do not pay this bill, you will be arrested."
RULE = "forbidden.arrest"


@pytest.fixture(autouse=True)
async def _leave(floor: Floor) -> AsyncIterator[None]:
    """Close whatever a failed test left open."""
    yield
    while floor.clients:
        await floor.clients.pop().close()


class FloorView:
    """What a supervisor sees of the floor: the newest row of each, and every row there was."""

    def __init__(self, client: Client) -> None:
        self.seen: list[m.FloorRow] = []
        self._changed = asyncio.Event()
        client.on_event(self._take)

    def _take(self, event: m.Event) -> None:
        if isinstance(event, m.FloorSnapshot | m.FloorChanged):
            self.seen.extend(event.rows)
            self._changed.set()

    def of(self, user_id: int) -> list[m.FloorRow]:
        return [row for row in self.seen if row.user_id == user_id]

    async def shows(self, user_id: int, state: str, *, alarm: bool = False) -> m.FloorRow:
        """Wait until somebody stands so; the newest row counts."""
        async with asyncio.timeout(LONG_S):
            while True:
                rows = self.of(user_id)
                if rows and rows[-1].state == state and rows[-1].alarm >= alarm:
                    return rows[-1]
                self._changed.clear()
                await self._changed.wait()


def opening(floor: Floor, ids: tuple[int, int, int], user_id: int) -> str:
    """How the script has somebody begin: the first step for this account."""
    catalog = Catalog.load()
    fields = floor.book.script_facts(ids[0], ids[1], user_id, floor.clock())
    profile = floor.book.account(ids[0], floor.clock()).profile
    return catalog.render_step(catalog.talk(profile)[0].id, fields)


def spans(floor: Floor, user_id: int) -> list[str]:
    """The states somebody was in, in order, as the book keeps them."""
    with floor.book.database.read() as session:
        return list(
            session.scalars(
                select(FloorSpan.state).where(FloorSpan.user_id == user_id).order_by(FloorSpan.id)
            )
        )


def wrap_up(caller: Caller) -> None:
    """Save the call as it is suggested, with its drafted note."""
    floor = caller.floor
    draft = floor.book.draft_note(caller.call_id, floor.clock())
    code = draft.suggested[0]
    floor.book.wrap_up(
        WrapUp(caller.call_id, caller.user_id, code, draft.text, draft.promise, draft.callback_at),
        floor.clock(),
    )


async def threaten(dana: Caller, harlow: tuple[int, int, int], view: FloorView, begins: str) -> None:
    """Dana's call: she begins as she should, then threatens; the supervisor sees it while she talks."""
    await dana.place(harlow)
    await dana.watcher.state("talking", LONG_S)
    await view.shows(dana.user_id, "talking")
    await dana.listen()
    await dana.say(begins)
    await dana.listen()
    await dana.say(THREAT)
    raised = await dana.watcher.until(
        lambda e: isinstance(e, m.FindingRaised) and e.rule_id == RULE and e.verdict == "heard", LONG_S
    )
    assert isinstance(raised, m.FindingRaised)
    assert (raised.leg, raised.severity) == ("agent", "critical")
    assert "arrested" in raised.text
    row = await view.shows(dana.user_id, "talking", alarm=True)
    assert (row.call_id, row.finding, row.account) == (
        dana.call_id,
        raised.title,
        "A-10482 HARLOW TOOL & DIE LLC",
    )
    assert (await dana.hang_up()).outcome == "answered"
    assert not (await view.shows(dana.user_id, "wrap-up")).alarm


async def be_fair(sam: Caller, ids: tuple[int, int, int], begins: str) -> None:
    """Sam's call at the same time: he begins as he should, listens, and says goodbye."""
    await sam.place(ids)
    await sam.watcher.state("talking", LONG_S)
    await sam.listen()
    await sam.say(begins)
    await sam.listen()
    await sam.say("I understand. Thank you, goodbye.")
    await sam.hang_up()


async def test_a_threat_is_seen_as_it_is_said_and_ends_in_an_evidence_pack(
    floor: Floor, tmp_path: Path
) -> None:
    book = floor.book  # a floor of its own: the story names the first account of a new book
    await floor.start_switchboard()
    book.sampling = Sampling(percent=100)  # every call is on the list, so that the order means something
    dana_client, dana_in = await floor.sign_in("dana")
    sam_client, sam_in = await floor.sign_in("sam", "")
    morgan, morgan_in = await floor.sign_in("morgan")
    view = FloorView(morgan)
    watching = await morgan.ask(m.WatchFloor())
    assert isinstance(watching, m.Reply)
    assert watching.ok, watching.error
    await view.shows(dana_in.user_id, "available")

    harlow = floor.first_account("dana")
    assert book.account(harlow[0], floor.clock()).name == "HARLOW TOOL & DIE LLC"
    other = floor.phone_ending("9")
    assert book.take_account(sam_in.user_id, floor.clock(), other[0]) == other[0]
    async with await practice_of(floor) as practice:
        dana = Caller(floor, dana_client, practice, dana_in.user_id)
        sam = Caller(floor, sam_client, practice, sam_in.user_id)
        await asyncio.gather(
            threaten(dana, harlow, view, opening(floor, harlow, dana.user_id)),
            be_fair(sam, other, opening(floor, other, sam.user_id)),
        )
        await asyncio.gather(dana.judged(), sam.judged())
        await dana.heard_again()
    await asyncio.to_thread(wrap_up, dana)
    await asyncio.to_thread(wrap_up, sam)
    await view.shows(dana.user_id, "available")
    states = await until(
        lambda: s if (s := spans(floor, dana.user_id))[-1] == "available" else None, "her spans are kept"
    )
    assert [s for s in states if s in ("dialling", "talking", "wrap-up")] == [
        "dialling",
        "talking",
        "wrap-up",
    ]

    await asyncio.to_thread(review, floor, dana, sam, morgan_in.user_id)
    await asyncio.to_thread(keep, floor, dana.call_id, morgan_in.user_id, tmp_path)


def review(floor: Floor, dana: Caller, sam: Caller, morgan: int) -> None:
    """The list, the review, the coaching and its answer."""
    book, now, call_id = floor.book, floor.clock(), dana.call_id
    mine = (call_id, sam.call_id)  # other stories of this floor's day are on the list too
    rows = [r for r in book.audit_list(morgan, now).rows if r.place.call_id in mine]
    assert [r.place.call_id for r in rows] == [call_id, sam.call_id]
    worst = rows[0]
    assert worst.place.reasons[0].startswith("Threat of arrest"), worst.place.reasons
    assert (worst.collector, worst.account, worst.state) == ("Dana Mitchell", "A-10482", State.NEW)
    assert worst.place.score > 2 * rows[1].place.score, (worst.place, rows[1].place)

    with pytest.raises(NotAllowed):
        book.take_review(call_id, dana.user_id, now)
    book.take_review(call_id, morgan, now)
    sheet = book.audit_sheet(call_id, morgan, now)
    (threat,) = [d for d in sheet.doubts if d.rule_id == RULE and d.doubtful]
    for doubt in sheet.doubts:
        if doubt.bad:
            book.judge_finding(
                call_id, morgan, doubt.target,
                Judged.CONFIRMED if doubt is threat else Judged.REJECTED,
                "" if doubt is threat else "listened to it: she is not at fault here", now,
            )  # fmt: skip
    given = dict.fromkeys(("courtesy", "reason"), "3") | {"agreement": "no"}
    scored = fill(scorecard("standard"), book.audit_sheet(call_id, morgan, now), given)
    assert scored.score == 0, "a threat is fatal"
    assert "no-forbidden-words" in scored.fatal
    book.score_call(call_id, morgan, scored.detail(), now)
    assert book.coaching_unread(dana.user_id) == 0
    note = book.coach(call_id, morgan, "Nobody is arrested for a bill.", now, second=threat.second)
    bootstrap.audit_room(floor.settings, book).commit_review(call_id, morgan, now)
    assert call_id not in [r.place.call_id for r in book.audit_list(morgan, now).rows]

    assert book.coaching_unread(dana.user_id) == 1
    (written,) = book.coaching_of(dana.user_id)
    assert (written.id, written.author, written.call_id) == (note, "Morgan Ellery", call_id)
    book.see_coaching(written.thread, dana.user_id, now)
    book.answer_coaching(note, dana.user_id, "Understood. It will not happen again.", now)
    assert (book.coaching_unread(dana.user_id), book.coaching_unread(morgan)) == (0, 1)


def keep(floor: Floor, call_id: str, morgan: int, tmp_path: Path) -> None:
    """The log and the review are sound, and the pack proves itself to a Python that has nothing of ours."""
    verified = CliRunner().invoke(app, ["audit", "verify", "--home", str(floor.settings.home)])
    assert verified.exit_code == 0, verified.output
    pack = bootstrap.audit_room(floor.settings, floor.book).pack(
        call_id, morgan, floor.clock(), tmp_path / "pack.zip"
    )
    with zipfile.ZipFile(pack) as zipped:
        zipped.extractall(tmp_path / "pack")
    assert "arrested" in (tmp_path / "pack" / "transcript.txt").read_text()

    def prove() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-I", "-S", "pack/verify.py"],
            cwd=tmp_path, env={}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    proved = prove()
    assert (proved.returncode, proved.stdout.split()[0]) == (0, "Verified:"), proved.stdout + proved.stderr
    recording = tmp_path / "pack" / "audio" / "agent.wav"
    recording.write_bytes(recording.read_bytes()[:-2] + b"\x01\x02")
    assert prove().stdout.startswith("WRONG    audio/agent.wav")
