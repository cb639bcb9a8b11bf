"""Hearing a call again: both versions kept, findings judged anew, no hold dropped, no call half replaced."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind
from compliance.transcription.decoding import THOROUGH
from compliance.transcription.engine import Engine
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Source, Utterance
from dialer.recording import file_names
from tests.fixtures.book import WEDNESDAY, Shop
from tests.fixtures.speech import Speak
from tests.floor.hearing_rig import BETTER, MOMENTS, better, the_pass
from tests.store.test_calls import ANSWERED, STOP, place
from tests.store.test_talk_search import said
from workstation.desk.talk_search import TalkSearch
from workstation.floor.thorough import HearingError
from workstation.store.again import MOST_TRIES
from workstation.store.tables import HoldRow

ARREST = Finding(
    "forbidden.arrest", "1", FindingKind.FORBIDDEN, "threat of arrest", Severity.CRITICAL, "15 USC 1692e(4)",
    Leg.AGENT, Heard.HEARD, 12.0, 13.0, 0.8,
)  # fmt: skip
FIRST = (
    said("good morning this is dana what filled with bread for supply", 2.0, Leg.AGENT),
    said("yes this is jordan", 6.0),
    said("this could be arrested", 10.0, Leg.AGENT),
    said("please top calling me", 14.0),
)


def record(recordings: Path, call_id: str, leg: Leg, pcm: bytes, rate: int = 16000) -> None:
    recordings.mkdir(parents=True, exist_ok=True)
    with wave.open(str(recordings / file_names(call_id)[leg.value]), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)


def ended_call(shop: Shop, recordings: Path, words: Sequence[Utterance] = FIRST) -> str:
    """A recorded call of 30 s, heard live with errors, ended and judged."""
    call_id = place(shop).call_id
    shop.book.record_recording(call_id, file_names(call_id), WEDNESDAY)
    for utterance in words:
        shop.book.add_utterance(call_id, utterance, WEDNESDAY)
    for finding in (ARREST, STOP):
        shop.book.add_finding(call_id, finding, WEDNESDAY)
    shop.book.end_call(call_id, ANSWERED)
    shop.book.mark_judged(call_id)
    for leg in Leg:
        record(recordings, call_id, leg, bytes(30 * 32000))
    return call_id


def texts(words: Sequence[Utterance], leg: Leg | None = None) -> list[str]:
    return [u.text for u in words if leg in (None, u.leg)]


def rules(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(f.rule_id, f.verdict.value) for f in findings]


def holds(shop: Shop) -> list[tuple[str, bool]]:
    with shop.book.database.read() as session:
        return [(h.kind, h.lifted_at is None) for h in session.scalars(select(HoldRow))]


def test_better_words_stand_and_the_first_stay_readable(shop: Shop, tmp_path: Path) -> None:
    call_id = ended_call(shop, tmp_path)
    assert the_pass(shop.book, tmp_path).work() == 1
    now = shop.book.utterances(call_id)
    assert texts(now, Leg.AGENT) == list(BETTER[Leg.AGENT])
    assert texts(now, Leg.DEBTOR) == list(BETTER[Leg.DEBTOR])
    assert {u.source for u in now} == {Source.THOROUGH}
    assert texts(shop.book.first_heard(call_id)) == texts(FIRST)
    heard = shop.book.how_heard(call_id)
    assert heard is not None
    assert (heard[0], dict(heard[1])) == ("test ear", {"agent": "replaced", "debtor": "replaced"})
    assert the_pass(shop.book, tmp_path).work() == 0
    assert not shop.book.search_talk(TalkSearch("arrested"))
    assert shop.book.search_talk(TalkSearch("invoice"))


def test_findings_are_judged_anew_and_none_is_deleted(shop: Shop, tmp_path: Path) -> None:
    call_id = ended_call(shop, tmp_path)
    the_pass(shop.book, tmp_path).work()
    stand = shop.book.findings(call_id)
    assert ("forbidden.arrest", "heard") not in rules(stand)
    assert ("disclosure.recording", "heard") in rules(stand)
    assert rules(shop.book.superseded_findings(call_id)) == [("forbidden.arrest", "heard")]
    # "please top calling me" was the stop word live at 14 s; heard again at 14 s it is the same finding.
    assert rules(stand).count(("cue.stop-calling", "heard")) == 1


def test_a_hold_proposed_live_stands_though_its_words_do_not(shop: Shop, tmp_path: Path) -> None:
    call_id = ended_call(shop, tmp_path)
    assert holds(shop) == [(HoldKind.CEASE.value, True)]

    def silence(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
        return []

    the_pass(shop.book, tmp_path, silence).work()
    assert ("cue.stop-calling", "heard") in rules(shop.book.superseded_findings(call_id))
    assert holds(shop) == [(HoldKind.CEASE.value, True)]


def test_a_stop_word_heard_only_the_second_time_proposes_its_hold(shop: Shop, tmp_path: Path) -> None:
    call_id = place(shop).call_id
    shop.book.record_recording(call_id, file_names(call_id), WEDNESDAY)
    shop.book.end_call(call_id, ANSWERED)
    shop.book.mark_judged(call_id)
    for leg in Leg:
        record(tmp_path, call_id, leg, bytes(30 * 32000))
    assert holds(shop) == []
    the_pass(shop.book, tmp_path).work()
    assert holds(shop) == [(HoldKind.OPT_OUT.value, True)]


def test_what_the_recording_does_not_reach_stays_as_it_was_heard(shop: Shop, tmp_path: Path) -> None:
    """A killed Asterisk loses the last seconds: the words heard live are then all there is."""
    call_id = ended_call(shop, tmp_path, [*FIRST, said("i have an attorney now", 40.0)])
    the_pass(shop.book, tmp_path).work()
    assert texts(shop.book.utterances(call_id), Leg.DEBTOR) == [*BETTER[Leg.DEBTOR], "i have an attorney now"]


def test_what_was_cut_out_stays_marked_where_it_was_said(shop: Shop, tmp_path: Path) -> None:
    """Its audio is muted: the mask is all that tells of it, and words heard over it again are left out."""
    card = said("my card is four two four two four two four two four two four two four two four two", 8.0)
    call_id = ended_call(shop, tmp_path, [card])
    (masked,) = shop.book.utterances(call_id)
    assert "four two four two" not in masked.text
    the_pass(shop.book, tmp_path).work()
    words = texts(shop.book.utterances(call_id), Leg.DEBTOR)
    assert words[0] == BETTER[Leg.DEBTOR][0]
    assert words[1] == masked.text
    assert "please stop calling me" not in words  # said, by the better ear, in the same seconds


def test_a_leg_that_cannot_be_heard_keeps_its_words(shop: Shop, tmp_path: Path) -> None:
    call_id = ended_call(shop, tmp_path)
    (tmp_path / file_names(call_id)["agent"]).unlink()

    def failing(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
        raise HearingError("the engine is out of memory")

    the_pass(shop.book, tmp_path, failing).work()
    heard = shop.book.how_heard(call_id)
    assert heard is not None
    assert heard[1]["debtor"] == "the engine is out of memory"
    assert "agent" in heard[1]["agent"]  # the missing file's name
    assert texts(shop.book.utterances(call_id)) == texts(FIRST)
    assert shop.book.superseded_findings(call_id) == ()


def test_only_ended_judged_recorded_calls_are_heard_again(shop: Shop, tmp_path: Path) -> None:
    call_id = place(shop).call_id
    assert shop.book.calls_to_hear_again() == ()
    shop.book.end_call(call_id, ANSWERED)
    shop.book.mark_judged(call_id)
    assert shop.book.calls_to_hear_again() == ()
    shop.book.record_recording(call_id, file_names(call_id), WEDNESDAY)
    assert shop.book.calls_to_hear_again() == (call_id,)


def test_a_call_that_kills_its_hearer_is_given_up_but_one_that_was_stopped_is_not(
    shop: Shop, tmp_path: Path
) -> None:
    call_id = ended_call(shop, tmp_path)

    def stopped(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
        raise SystemExit(0)

    for _ in range(MOST_TRIES + 1):
        with pytest.raises(SystemExit):
            the_pass(shop.book, tmp_path, stopped).work()
    assert shop.book.calls_to_hear_again() == (call_id,)
    for _ in range(MOST_TRIES):
        shop.book.begin_hearing(call_id)  # and died
    assert shop.book.calls_to_hear_again() == ()
    assert texts(shop.book.utterances(call_id)) == texts(FIRST)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_no_call_is_half_replaced(
    shop: Shop, book_url: str, tmp_path: Path, moment: str
) -> None:
    recordings = tmp_path / "recordings"
    call_id = ended_call(shop, recordings)
    before = (shop.book.utterances(call_id), shop.book.findings(call_id))
    died = subprocess.run(
        [sys.executable, "-m", "tests.floor.hearing_rig", book_url, str(recordings), moment],
        capture_output=True, text=True,
    )  # fmt: skip
    assert died.returncode == -9, died.stderr
    if moment == "done":
        assert shop.book.calls_to_hear_again() == ()
    else:
        assert (shop.book.utterances(call_id), shop.book.findings(call_id)) == before
        assert shop.book.superseded_findings(call_id) == ()
        assert the_pass(shop.book, recordings).work() == 1
    assert texts(shop.book.utterances(call_id), Leg.DEBTOR) == list(BETTER[Leg.DEBTOR])
    assert texts(shop.book.first_heard(call_id)) == texts(FIRST)
    assert rules(shop.book.superseded_findings(call_id)) == [("forbidden.arrest", "heard")]
    assert rules(shop.book.findings(call_id)).count(("disclosure.recording", "heard")) == 1
    assert holds(shop) == [(HoldKind.CEASE.value, True)]


def test_two_hearers_of_one_call_put_it_into_the_book_once(shop: Shop, tmp_path: Path) -> None:
    call_id = ended_call(shop, tmp_path)

    def hear(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
        if shop.book.how_heard(call_id) is None:
            the_pass(shop.book, tmp_path).one(call_id)  # the other is quicker
        return better(pcm, rate, leg)

    the_pass(shop.book, tmp_path, hear).one(call_id)
    assert texts(shop.book.utterances(call_id), Leg.DEBTOR) == list(BETTER[Leg.DEBTOR])


@pytest.mark.speech
def test_the_real_engine_hears_a_recording_and_nothing_in_its_muted_stretch(
    shop: Shop, tmp_path: Path, speech_model: Path, speak: Speak
) -> None:
    """The recording is silent while it is paused for a card; so is the transcript, both times."""
    call_id = ended_call(shop, tmp_path, ())
    before, after = speak("My attorney is handling this."), speak("Please do not call me again.")
    pcm = bytes(16000) + before + bytes(6 * 32000) + after + bytes(32000)
    record(tmp_path, call_id, Leg.DEBTOR, pcm)
    engine = Engine(speech_model, THOROUGH)
    assert "beam 13" in engine.name

    def hear(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
        return transcribe(engine, pcm, rate, leg, source=Source.THOROUGH)

    the_pass(shop.book, tmp_path, hear).work()
    words = [w for u in shop.book.utterances(call_id) if u.leg is Leg.DEBTOR for w in u.words]
    assert "attorney" in {w.text for w in words}
    muted = (0.5 + len(before) / 32000 + 0.3, 0.5 + len(before) / 32000 + 5.7)
    assert not [w for w in words if muted[0] < w.start < muted[1]]
