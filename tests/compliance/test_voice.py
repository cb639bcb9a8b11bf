"""A recogniser that is used to a voice: what it is given of one, and that it hears better for it."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from compliance.evaluation.wer import word_errors
from compliance.transcription.engine import Engine
from compliance.transcription.voice import USED_TO_SECONDS, own_voice
from compliance.transcription.voiced import voiced_spans
from compliance.transcription.words import Leg
from tests.compliance.test_transcription import NOTICE, RATE, STOP, finals, hear, seconds, silence
from tests.fixtures.speech import Speak

pytestmark = pytest.mark.speech
SAID_OVER_THE_TELEPHONE = (
    "Yes, this is she.",
    "I already sent that check back in September.",
    "You have got the wrong house, nobody by that name lives here.",
    "My lawyer told me not to talk about it.",
    "We filed for bankruptcy in the spring.",
    "Take me off your list and stop calling.",
)


def test_a_voice_is_the_first_seconds_of_speech_without_the_pauses(speak: Speak) -> None:
    said = speak(NOTICE)
    pcm = silence(3) + said + silence(5) + said + silence(2)
    voice = own_voice(pcm, RATE)
    assert seconds(said) < seconds(voice) < min(USED_TO_SECONDS, 2 * seconds(said)) + 0.7
    assert sum(b - a for a, b in voiced_spans(voice, RATE)) > 0.8 * seconds(voice)
    assert seconds(own_voice(said * 5, RATE)) == USED_TO_SECONDS
    assert own_voice(silence(4), RATE) == own_voice(b"", RATE) == b""


def test_words_keep_their_times_where_the_voice_was_heard_before(speech_engine: Engine, speak: Speak) -> None:
    pcm = silence(1.0) + speak(STOP) + silence(1.0)
    plain = speech_engine.open_leg(Leg.DEBTOR, RATE)
    used = speech_engine.open_leg(Leg.DEBTOR, RATE, voice=own_voice(pcm, RATE))
    (one,), (other,) = (finals(hear(ear, pcm, 30.0) + ear.finish()) for ear in (plain, used))
    assert [w.text for w in one.words] == [w.text for w in other.words]
    assert [w.start for w in other.words] == pytest.approx([w.start for w in one.words], abs=0.1)


def test_who_is_used_to_a_voice_on_a_noisy_telephone_hears_it_better(
    speech_engine: Engine, speak: Speak
) -> None:
    chance = np.random.default_rng(7)

    def telephone(text: str) -> bytes:
        narrow = soxr.resample(np.frombuffer(speak(text), "<i2").astype(float), RATE, 8000)
        noise = chance.standard_normal(len(narrow)) * np.sqrt(np.mean(narrow**2)) / 4
        return bytes((narrow + noise).astype("<i2").tobytes())

    line = silence(0.7, 8000).join(telephone(text) for text in SAID_OVER_THE_TELEPHONE)
    errors = []
    for voice in (b"", own_voice(line, 8000)):
        ear = speech_engine.open_leg(Leg.DEBTOR, 8000, voice=voice)
        heard = finals(hear(ear, line, 0.0, 8000) + ear.finish())
        errors.append(word_errors(" ".join(SAID_OVER_THE_TELEPHONE), " ".join(u.text for u in heard)))
    new, used = (e.lost + e.added + e.changed for e in errors)
    assert used < new


def test_finish_does_not_forget_the_voice(speech_engine: Engine, speak: Speak) -> None:
    """A pause in a call (a hold) ends an utterance; the same person speaks on."""
    pcm = silence(0.5) + speak(STOP) + silence(0.5)
    ear = speech_engine.open_leg(Leg.DEBTOR, RATE)
    times = [
        w.start
        for start in (0.0, 50.0, 50.0 + seconds(pcm))
        for u in finals(hear(ear, pcm, start) + ear.finish())
        for w in u.words
        if w.text == "please"
    ]
    assert times == pytest.approx([times[0], 50 + times[0], 50 + seconds(pcm) + times[0]], abs=0.15)
