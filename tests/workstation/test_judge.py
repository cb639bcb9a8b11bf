"""A whole call is judged once more at its end: what was never said is missing, unless it was not heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from compliance.checks.finding import Heard
from compliance.checks.rules import load_speech_rules
from compliance.transcription.words import Leg, Utterance, Word
from scripts.catalog import Catalog
from tests.desk.test_talk import buzz, record
from workstation.bootstrap import Judge
from workstation.desk.book import Gap, OpenCall

NOW = datetime(2026, 11, 18, 16, 7, tzinfo=UTC)
CALL = OpenCall(
    "call-0001", "decision-1", 1, 1, 1, "+13125550141", "1001", "b2b-first-party", "Jordan Reyes", "USD",
    "America/Chicago", "ended", NOW, NOW, NOW, "Dana Whitfield",
)  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(load_speech_rules(), Catalog.load(), "Bradford Supply", lambda: NOW)


def said(text: str, start: float, leg: Leg = Leg.AGENT) -> Utterance:
    words = tuple(Word(w, start + i * 0.3, start + i * 0.3 + 0.28, 0.96) for i, w in enumerate(text.split()))
    return Utterance(leg, start, words[-1].end, text, words, True)


TALK = (
    said("good morning this is dana whitfield of bradford supply how are you today", 1.0),
    said("we are calling about the weather and the traffic and other pleasant things", 8.0),
    said("fine thank you what is it", 14.0, Leg.DEBTOR),
    said("nothing much really we only wanted to say hello to everybody there", 20.0),
)


def verdicts(judge: Judge, heard: tuple[Utterance, ...], *gaps: Gap) -> list[Heard]:
    found = judge.whole(CALL, heard, gaps)
    return [f.verdict for f in found if f.rule_id == "disclosure.recording"]


def test_a_notice_that_nobody_gave_is_missing(judge: Judge) -> None:
    assert verdicts(judge, TALK) == [Heard.MISSING]


def test_one_that_was_given_is_heard(judge: Judge) -> None:
    notice = said("and this call is recorded", 6.0)
    assert verdicts(judge, (TALK[0], notice, *TALK[1:])) == [Heard.HEARD]


def test_what_was_not_heard_cannot_be_missing(judge: Judge) -> None:
    assert verdicts(judge, TALK, Gap(Leg.AGENT, 3.0, 12.0)) == [Heard.INCONCLUSIVE]


def test_a_call_that_ended_before_the_notice_was_due_lacks_nothing(judge: Judge) -> None:
    assert verdicts(judge, TALK[:1]) == []


def test_voices_that_left_no_words_make_an_absence_doubtful(judge: Judge, tmp_path: Path) -> None:
    few = (TALK[0], said("hello", 18.0), *TALK[2:])
    assert verdicts(judge, few) == [Heard.MISSING], "without recordings the words alone decide"
    record(tmp_path / "call-0001-agent.wav16", 30, [(1, buzz(16)), (20, buzz(6))])
    record(tmp_path / "call-0001-debtor.wav16", 30, [(14, buzz(2))])
    assert verdicts(replace(judge, recordings=tmp_path), few) == [Heard.INCONCLUSIVE]
    quiet = tmp_path / "quiet"
    quiet.mkdir()
    record(quiet / "call-0001-agent.wav16", 30, [(1, buzz(4.5)), (18, buzz(0.3)), (20, buzz(4))])
    assert verdicts(replace(judge, recordings=quiet), few) == [Heard.MISSING]
