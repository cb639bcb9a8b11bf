"""Reviewing calls on screen, with the real book and recordings beside it."""

from __future__ import annotations

import wave
from array import array
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import pi, sin
from pathlib import Path

import pytest

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.transcription.words import Leg, Utterance, Word
from dialer.recording import file_names
from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story, at_place
from tests.ui.fakes import FakeClient
from workstation.auditing import AuditRoom
from workstation.desk.audit import Sampling
from workstation.desk.book import Authorised, CallEnd, CallRequest
from workstation.desk.review import State
from workstation.desk.views import WrapUp
from workstation.floor import messages as m
from workstation.store.book import SqlBook

Snapshot = Callable[[str, str], None]

TALK: tuple[tuple[float, Leg, str, Sequence[float]], ...] = (
    (1.0, Leg.AGENT, "hello this is dana whitfield with bradford supply on a recorded line", ()),
    (6.0, Leg.DEBTOR, "yes this is jordan", ()),
    (9.0, Leg.AGENT, "it is about invoice seven seven three one it is forty one days late", ()),
    (16.0, Leg.DEBTOR, "we never got it i do not think", (0.9, 0.9, 0.9, 0.5, 0.3, 0.9, 0.9, 0.9)),
    (21.0, Leg.AGENT, "then you will be arrested for this", (0.9, 0.9, 0.9, 0.9, 0.61, 0.9, 0.9)),
    (25.0, Leg.DEBTOR, "you cannot say that [/b] to me", ()),
    (29.0, Leg.AGENT, "i am sorry i will send the invoice again today", ()),
    (34.0, Leg.DEBTOR, "i can pay five thousand on friday", ()),
)
ARREST = Finding(
    "forbidden.arrest", "2021-11-30", FindingKind.FORBIDDEN, "Threat of arrest or jail", Severity.CRITICAL,
    "15 USC 1692e(4)", Leg.AGENT, Heard.HEARD, 22.2, 22.48, 0.61, (Word("arrested", 22.2, 22.48, 0.61),),
)  # fmt: skip
MIRANDA = Finding(
    "disclosure.mini-miranda", "2021-11-30", FindingKind.DISCLOSURE, "Mini-Miranda", Severity.HIGH,
    "12 CFR 1006.18(e)", Leg.AGENT, Heard.INCONCLUSIVE, 30.0, 30.0, 0.0, reason="31% of words under 0.5",
)  # fmt: skip


def spoken(start: float, leg: Leg, text: str, sure: Sequence[float]) -> Utterance:
    words = tuple(
        Word(w, round(start + n * 0.3, 2), round(start + n * 0.3 + 0.28, 2), sure[n] if sure else 0.92)
        for n, w in enumerate(text.split())
    )
    return Utterance(leg, start, words[-1].end, text, words, True)


def record(recordings: Path, call_id: str) -> None:
    """Leave three recordings: a tone where somebody speaks, 40 s at 8 kHz."""
    recordings.mkdir(parents=True, exist_ok=True)
    for kind, name in file_names(call_id).items():
        samples = array("h", bytes(2 * 8000 * 40))
        for start, leg, text, _ in TALK:
            if kind in ("mixed", leg.value):
                first, last = int(start * 8000), int((start + 0.3 * len(text.split())) * 8000)
                for n in range(first, last):
                    samples[n] = int(9_000 * sin(2 * pi * 220 * n / 8000) * (1 + n % 4000 / 8000))
        with wave.open(str(recordings / name), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(8000)
            f.writeframes(samples.tobytes())


@dataclass
class Hall:
    """The demo book with a call worth a review."""

    demo: Demo
    room: AuditRoom
    call_id: str
    ahead: timedelta = timedelta(0)
    """How far the clock has gone on."""


def call_to_review(book: SqlBook, now: datetime) -> str:
    """Put a call with a threat and a doubtful disclosure into a demonstration's book."""
    dana = book.find_user("dana").user_id
    account = book.find_account("A-10482")
    phone = next(p for p in book.account(account, now).phones if p.callable)
    granted = book.authorise(CallRequest(account, phone.party_id, phone.phone_id, dana, "practice"), now)
    assert isinstance(granted, Authorised)
    call_id = granted.call_id
    for start, leg, text, sure in TALK:
        book.add_utterance(call_id, spoken(start, leg, text, sure), now)
    for finding in (ARREST, MIRANDA):
        book.add_finding(call_id, finding, now)
    book.end_call(call_id, CallEnd(now, "answered", True, True, 38.0, {"cause": "16"}))
    book.wrap_up(WrapUp(call_id, dana, "RPC_REFUSED", "Never got the invoice."), now)
    book.mark_judged(call_id)
    return call_id


@pytest.fixture
def hall(demo_book: Demo, tmp_path: Path) -> Hall:
    book = demo_book.book
    call_id = call_to_review(book, demo_book.now)
    # The id is drawn anew for each call, and stands on no screen; the random share must not move with it.
    book.sampling = Sampling(0)
    record(tmp_path / "recordings", call_id)
    return Hall(demo_book, AuditRoom(book, tmp_path / "recordings", tmp_path / "clips"), call_id)


Open = Callable[..., AbstractAsyncContextManager[Story]]


@pytest.fixture
def reviewing(hall: Hall, scripts: Catalog) -> Open:
    def open_it(
        username: str = "morgan", width: int = 132, height: int = 43
    ) -> AbstractAsyncContextManager[Story]:
        return at_place(
            hall.demo.book,
            scripts,
            "audit",
            username,
            (width, height),
            clock=lambda: hall.demo.now + hall.ahead,
            client=FakeClient(),
            auditing=hall.room,
        )

    return open_it


async def test_the_list_and_a_call(reviewing: Open, snapshot: Snapshot) -> None:
    for width, height in ((132, 43), (80, 24)):
        async with reviewing(width=width, height=height) as s:
            snapshot(f"audit-{width}x{height}", s.grid)
            await s.keys("enter")
            snapshot(f"audit-call-{width}x{height}", s.grid)
            await s.keys("n", "f")
            snapshot(f"audit-false-alarm-{width}x{height}", s.grid)


async def test_a_review_from_key_to_commit(reviewing: Open, hall: Hall) -> None:
    book, now = hall.demo.book, hall.demo.now
    morgan = book.find_user("morgan").user_id
    async with reviewing() as s:
        # Typed in one burst: open, confirm, false alarm with its reason.
        await s.keys("enter", "c", "f", *"it was said", "enter")
        stands = book.audit_sheet(hall.call_id, morgan, now).stands()
        assert {t: (v.judged.value, v.reason) for t, v in stands.items()} == {
            "finding:1": ("confirmed", ""),
            "finding:2": ("rejected", "it was said"),
        }
        assert "False alarm: Mini-Miranda." in s.grid
        await s.keys("+")
        assert "MISSED BY THE MACHINE" in s.grid
        await s.keys(*"insult", "enter")
        added = book.audit_sheet(hall.call_id, morgan, now).added()
        assert [(a.rule_id, a.words) for a in added] == [
            ("forbidden.insult", "i am sorry i will send the invoice again today")
        ]
        assert "+ forbidden.insult" in s.grid
        await s.keys("k", *"Never say that.", "enter")
        assert "Sent to Dana Mitchell." in s.grid
        await s.keys("enter")
        assert "Enter again commits" in s.grid
        assert book.audit_sheet(hall.call_id, morgan, now).standing.state is State.OPEN
        await s.keys("n", "enter")
        assert "Enter again commits" in s.grid, "another key in between takes it back"
        await s.keys("enter")
        assert "✓ committed" in s.grid
        assert book.verify_reviews(hall.room.files_of) == ()
        await s.keys("l")
        assert "committed: nothing is added" in s.grid
        await s.keys("escape")
        assert "No call waits for a review" in s.grid
        await s.keys("f7")
        assert "✓ committed" in s.grid


async def test_an_open_finding_keeps_the_review_open_and_says_so(reviewing: Open) -> None:
    async with reviewing() as s:
        await s.keys("enter", "enter", "enter")
        assert "2 open: confirm or reject" in s.grid
        await s.keys("f", "enter")
        assert "because: why is it none?" in s.message


async def test_one_reviewer_at_a_time(reviewing: Open, hall: Hall) -> None:
    book = hall.demo.book
    book.take_review(hall.call_id, book.find_user("kei").user_id, hall.demo.now)
    async with reviewing() as s:
        assert "Imai" in s.line("▸")
        await s.keys("enter")
        assert "Read only: " in s.grid
        assert "has this call open" in s.grid
        await s.keys("c")
        assert "has this call open" in s.grid
        await s.keys("escape")
    book.release_review(hall.call_id, book.find_user("kei").user_id)
    async with reviewing() as s:
        await s.keys("enter", "escape")
    book.take_review(hall.call_id, book.find_user("kei").user_id, hall.demo.now)  # leaving let go of it


async def test_a_scorecard_is_filled_in_beside_what_answers_itself(
    reviewing: Open, hall: Hall, snapshot: Snapshot
) -> None:
    for width, height in ((80, 24), (132, 43)):
        async with reviewing(width=width, height=height) as s:
            await s.keys("enter", "s", "3", "tab", "4", "tab", *"yes")
            snapshot(f"audit-scorecard-{width}x{height}", s.grid)
            if width == 132:
                await s.keys("tab", *"perhaps", "enter")
                assert "give yes, no or n/a" in s.message
                await s.keys("ctrl+u", *"no", "enter")
                assert "Scorecard kept: 75." in s.message
                assert "score 75" in s.grid
    morgan = hall.demo.book.find_user("morgan").user_id
    sheet = hall.demo.book.audit_sheet(hall.call_id, morgan, hall.demo.now)
    assert sheet.card is not None
    assert sheet.card["answers"]["agreement"] == "yes"
    assert sheet.card["answers"]["no-forbidden-words"] == "n/a"
    assert sheet.card["score"] == 75  # (15 x 3/4 + 15 + 15 + 0) / 55; what nobody can say drops out


TONE = """
id = "tone"
title = "Tone [/b] only"

[[questions]]
id = "courtesy"
short = "courtesy"
text = "Was courteous throughout"
weight = 10
scale = 4
"""


async def test_the_reviewer_picks_one_of_several_scorecards(
    reviewing: Open, hall: Hall, tmp_path: Path, snapshot: Snapshot
) -> None:
    own = tmp_path / "scorecards"
    own.mkdir()
    (own / "tone.toml").write_text(TONE, "utf-8")
    hall.room.cards = own
    for width, height in ((80, 24), (132, 43)):
        async with reviewing(width=width, height=height) as s:
            await s.keys("enter", "s")
            snapshot(f"audit-scorecards-{width}x{height}", s.grid)
            await s.keys("escape")
    async with reviewing() as s:
        # Typed in one burst: the second card, its answer, kept.
        await s.keys("enter", "s", "down", "enter", "3", "enter")
        assert "Scorecard kept: 75." in s.message
        assert "score 75 tone" in s.grid
        await s.keys("s")
        assert "tone · score 75" in s.line("Tone [/b] only"), "the card the review holds leads"
        await s.keys("down", "enter", "4", "enter")
        assert "standard" in s.line("score")
        await s.keys("s", "down", "enter")
        assert "SCORECARD  Tone [/b] only" in s.grid
        assert "score 75 of 100" in s.grid, "what was answered on this card before is there again"
        await s.keys("escape")
        (own / "tone.toml").write_text(TONE.replace("weight = 10", "weight = -1"), "utf-8")
        await s.keys("s")
        assert "tone.toml: questions[1].weight" in s.message
    morgan = hall.demo.book.find_user("morgan").user_id
    sheet = hall.demo.book.audit_sheet(hall.call_id, morgan, hall.demo.now)
    assert [(step.detail["card"], step.detail["title"]) for step in sheet.steps if "card" in step.detail] == [
        ("tone", "Tone [/b] only"),
        ("standard", "Every call"),
    ]


async def test_moving_and_the_waveform(reviewing: Open) -> None:
    async with reviewing() as s:
        await s.keys("enter", "home")
        assert "▸00:01" in s.grid
        await s.keys("end", "up")
        assert "▸00:29" in s.grid
        await s.keys("N")
        assert "2 / 2" in s.grid
        await s.keys("w")
        assert "debtor  " not in s.grid
        await s.keys("w")
        assert "debtor  " in s.grid


async def test_evidence_and_clips_say_where_they_lie(
    reviewing: Open, hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    async with reviewing() as s:
        await s.keys("enter", "e")
        assert (hall.room.clips / f"{hall.call_id}.zip").exists()
        assert "Evidence: " in s.grid
        s.client.connects = False
        s.client.go("down")
        await s.keys("p")
        assert "not reachable: the line is down; no player here: " in s.message
        (clip,) = hall.room.clips.glob("*.wav")
        with wave.open(str(clip)) as f:
            assert f.getnframes() / f.getframerate() == pytest.approx(14.0)


async def test_what_was_said_is_played_on_one_s_own_phone(reviewing: Open, hall: Hall) -> None:
    async with reviewing() as s:
        await s.until(lambda: s.client.state == "up")
        await s.keys("enter", "p")
        assert s.last() == m.PlayOnPhone(call_id=hall.call_id, leg="mixed", start_s=20.2, seconds=14.0)
        assert "Your phone rings: from 00:20 on." in s.message
        s.client.send(m.PhoneChanged(job="play", state="up", call_id=hall.call_id))
        await s.idle()
        assert "p stop" in s.grid
        hall.ahead = timedelta(seconds=9)
        s.app.audit_call.tick()
        await s.idle()
        assert "▸00:29" in s.grid, "the cursor follows what is heard"
        assert "┃" in s.grid or "▲00:29" in s.grid
        await s.keys("p")
        assert s.last() == m.StopPlaying()
        s.client.send(m.PhoneChanged(job="play", state="over", call_id=hall.call_id))
        await s.idle()
        assert "p play" in s.grid


async def test_a_collector_reads_coaching_and_answers(
    reviewing: Open, hall: Hall, snapshot: Snapshot
) -> None:
    book, now = hall.demo.book, hall.demo.now
    morgan, dana = book.find_user("morgan").user_id, book.find_user("dana").user_id
    book.coach(
        hall.call_id, morgan, "Nobody is arrested for a bill. [/b] Call it back at once.", now, second=22.2
    )
    async with reviewing("dana") as s:
        s.app.show_queue()
        await s.until(lambda: "! 1 coaching" in s.grid)
        s.app.go("coaching")
        await s.idle()
        await s.keys("enter")
        snapshot("coaching-132x43", s.grid)
        assert book.coaching_unread(dana) == 0
        await s.keys(*"I did.", "enter")
        assert "Sent to Morgan Ellery." in s.grid
        assert "↳ I did." in s.grid
        assert "nothing unread" in s.grid
        await s.keys("escape")
        await s.until(lambda: "coaching" not in s.line("callable"))
    assert book.coaching_unread(morgan) == 1


async def test_what_was_said_is_found_and_opened_there(
    reviewing: Open, hall: Hall, snapshot: Snapshot
) -> None:
    async with reviewing() as s:
        s.app.go("search")
        await s.idle()
        await s.keys(*"friday thousand", "enter")
        assert "1 found" in s.grid
        snapshot("search-132x43", s.grid)
        await s.keys("enter")
        assert "▸00:34" in s.grid, "the call opens where it was said"
        await s.keys("escape", "ctrl+u", *"yodel", "enter")
        assert "Nobody said that." in s.grid
        await s.keys("ctrl+u", *'") OR ', "enter")
        assert "0 found" in s.grid


async def test_a_collector_has_no_audit(reviewing: Open) -> None:
    async with reviewing("dana") as s:
        assert "may not audit calls" in s.grid
        s.app.show_queue()
        await s.idle()
        await s.keys("f10")
        assert "calls to review" not in s.grid
