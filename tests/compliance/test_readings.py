"""Other readings of the same sound: what they may bring up, what they may not, and that Vosk gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compliance.checks.finding import Heard
from compliance.evaluation.heard import readings_from_plain, readings_to_plain
from compliance.transcription.engine import Engine
from compliance.transcription.live import transcribe
from compliance.transcription.readings import FURTHEST, with_readings
from compliance.transcription.words import Leg, Reading, Utterance, Word
from tests.compliance.talking import checks, said, words
from tests.fixtures.speech import Speak

SUE = "the sheriff is on his way to you"
SEE = "the chef is on his way to you"


def read(text: str, *others: tuple[str, float], leg: Leg = Leg.AGENT) -> Utterance:
    readings = [Reading(words(text), 0.0), *(Reading(words(other), behind) for other, behind in others)]
    return replace(said(leg, text), readings=tuple(readings))


def test_a_reading_close_behind_is_a_finding_that_says_so() -> None:
    (finding,) = checks().hear(read(SEE, (SUE, 3.0)))
    assert (finding.rule_id, finding.verdict) == ("forbidden.arrest", Heard.HEARD)
    assert "another reading" in finding.reason
    assert "sheriff" in [w.text for w in finding.words]


def test_a_reading_far_behind_is_doubtful() -> None:
    (finding,) = checks().hear(read(SEE, (SUE, 5.5)))
    assert finding.verdict is Heard.INCONCLUSIVE


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("we will not sue you", "we will now sue you"),
        ("did they say they would sue you", "today they would sue you"),
    ],
)
def test_what_the_first_reading_denies_or_quotes_no_other_brings_up(first: str, other: str) -> None:
    assert not checks().hear(read(first, (other, 0.5)))


def test_a_notice_denied_is_not_given_by_another_reading() -> None:
    call = checks("b2b-first-party")
    call.hear(read("we are not recording this call", ("we are now recording this call", 0.5)))
    assert not call.verified("disclosure.recording")
    call.hear(read("our clothes are recorded", ("our calls are recorded", 0.7)))
    assert call.verified("disclosure.recording")


def test_the_debtors_readings_bring_up_no_threat() -> None:
    assert not checks().hear(read(SEE, (SUE, 1.0), leg=Leg.DEBTOR))


def test_what_the_first_reading_says_is_told_once_and_by_it() -> None:
    (finding,) = checks().hear(read(SUE, ("now the sheriff is on his way to you", 1.0)))
    assert "another reading" not in finding.reason


def test_readings_go_to_the_utterance_they_were_spoken_in() -> None:
    one, two = said(Leg.AGENT, "good morning", 0.0), said(Leg.AGENT, "please pay", 5.0)
    other = Reading((Word("please", 5.1, 5.3, 0), Word("play", 5.4, 5.6, 0)), 1.0)
    nowhere = Reading((Word("hm", 9.0, 9.1, 0),), 0.0)
    first, second = with_readings([one, two], [(other,), (nowhere,)])
    assert first.readings == ()
    assert second.readings == (other,)
    assert with_readings([], [(other,)]) == ()


def test_readings_are_kept_as_they_were() -> None:
    reading = Reading((Word("lien", 1.25, 1.5, 0.0), Word("on:it", 1.5, 1.75, 0.0)), 2.5)
    assert readings_from_plain(readings_to_plain([reading])) == (reading,)


@pytest.mark.speech
def test_vosk_gives_readings_of_what_it_hears(speech_engine: Engine, speak: Speak) -> None:
    pcm = speak("We will have no choice but to sue you for the full amount.")
    utterances = transcribe(speech_engine, pcm, 16000, Leg.AGENT)
    (utterance,) = with_readings(utterances, speech_engine.readings(pcm, 16000))
    behind = [r.behind for r in utterance.readings]
    assert behind == sorted(behind)
    assert behind[0] == 0
    assert behind[-1] <= FURTHEST
    assert len({tuple(w.text for w in r.words) for r in utterance.readings}) > 1
    for reading in utterance.readings:
        assert 0 <= reading.words[0].start < reading.words[-1].end <= len(pcm) / 32000
