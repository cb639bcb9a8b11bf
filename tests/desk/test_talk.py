"""How a call was spoken: figures from known spans, and from synthesised and spoken audio."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from compliance.transcription.voiced import VoicedSpans, voiced_spans
from compliance.transcription.words import Leg, Utterance, Word
from dialer.recording import RecordingError
from tests.fixtures.speech import Speak
from workstation.desk.talk import measure_talk
from workstation.floor.talktime import measure_call

RATE = 16_000
CALL = "call-0001"
TOLERANCE_S = 0.35
"""Of each start and end: the detector holds on after a voice, and joins pauses under 0.3 s."""


def test_figures_of_known_spans() -> None:
    agent = [(0.0, 4.0), (10.0, 14.0), (20.0, 22.0)]
    debtor = [(3.9, 6.0), (12.0, 16.0)]
    found = measure_talk(agent, debtor, agent_words=25, debtor_words=10)
    assert (found.seconds, found.agent_seconds) == (22.0, 10.0)
    assert found.debtor_seconds == pytest.approx(6.1)
    assert found.overlap_seconds == pytest.approx(2.1)
    assert (found.dead_air_seconds, found.longest_dead_air, found.longest_dead_air_at) == (8.0, 4.0, 16.0)
    assert (found.agent_interruptions, found.debtor_interruptions) == (0, 1)
    assert found.agent_pace == pytest.approx(150)
    assert found.agent_share == pytest.approx(10 / 16.1)


def test_a_call_without_voices_has_no_figures() -> None:
    found = measure_talk([], [])
    assert (found.seconds, found.agent_share, found.agent_pace, found.longest_dead_air) == (0, 0, 0, 0)


def buzz(seconds: float) -> NDArray[np.float64]:
    """A voice-like sound: a pitch of 120 Hz with formants, its loudness moving as syllables do."""
    t = np.arange(int(seconds * RATE)) / RATE
    pitch = sum(np.sin(2 * np.pi * 120 * k * t) / (1 + abs(k * 120 - 600) / 200) for k in range(1, 25))
    loud: NDArray[np.float64] = 6000 * pitch / np.abs(pitch).max() * (0.7 + 0.3 * np.sin(2 * np.pi * 4 * t))
    return loud


def record(path: Path, length: float, spans: list[tuple[float, NDArray[np.float64]]]) -> None:
    audio = np.random.default_rng(7).normal(0, 3, int(length * RATE))
    for start, sound in spans:
        at = int(start * RATE)
        audio[at : at + len(sound)] += sound
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(audio, -32768, 32767).astype("<i2").tobytes())


def said(leg: Leg, count: int) -> Utterance:
    words = tuple(Word("word", n * 0.1, n * 0.1 + 0.1, 0.9) for n in range(count))
    return Utterance(leg, 0.0, 1.0, " ".join(w.text for w in words), words, True)


def test_a_synthesised_call_is_measured_within_tolerance(tmp_path: Path) -> None:
    """Known intervals, over a chunk's edge at 30 s: each side's speech, the overlap, the dead air."""
    record(tmp_path / f"{CALL}-agent.wav16", 50, [(1, buzz(4)), (12, buzz(6)), (28, buzz(4))])
    record(tmp_path / f"{CALL}-debtor.wav16", 50, [(6, buzz(4)), (15, buzz(5)), (40, buzz(3))])
    found = measure_call(tmp_path, CALL, [said(Leg.AGENT, 30), said(Leg.DEBTOR, 20)])
    assert found.agent_seconds == pytest.approx(14, abs=3 * TOLERANCE_S)
    assert found.debtor_seconds == pytest.approx(12, abs=3 * TOLERANCE_S)
    assert found.overlap_seconds == pytest.approx(3, abs=2 * TOLERANCE_S)
    assert found.dead_air_seconds == pytest.approx(8 + 8, abs=4 * TOLERANCE_S)
    assert found.longest_dead_air == pytest.approx(8, abs=2 * TOLERANCE_S)
    assert (found.agent_interruptions, found.debtor_interruptions) == (0, 1)
    assert found.agent_pace == pytest.approx(60 * 30 / 14, rel=0.1)


def test_a_spoken_call_is_measured(tmp_path: Path, speak: Speak) -> None:
    voice = np.frombuffer(speak("What would help you to get this paid by the end of the month?"), "<i2")
    seconds = len(voice) / RATE
    record(tmp_path / f"{CALL}-agent.wav16", 20, [(1, voice.astype(float))])
    record(tmp_path / f"{CALL}-debtor.wav16", 20, [(10, voice.astype(float))])
    found = measure_call(tmp_path, CALL, [])
    assert found.agent_seconds == pytest.approx(seconds, abs=2 * TOLERANCE_S)
    assert found.debtor_seconds == pytest.approx(seconds, abs=2 * TOLERANCE_S)
    assert found.overlap_seconds == 0
    assert found.longest_dead_air == pytest.approx(10 - 1 - seconds, abs=2 * TOLERANCE_S)


def test_a_missing_recording_says_so(tmp_path: Path) -> None:
    with pytest.raises((RecordingError, OSError)):
        measure_call(tmp_path, CALL, [])


def test_pieces_give_what_the_whole_gives() -> None:
    pcm = np.concatenate([np.zeros(RATE), buzz(2), np.zeros(RATE), buzz(1)]).astype("<i2").tobytes()
    spans = VoicedSpans(RATE)
    for at in range(0, len(pcm), 7_002):
        spans.feed(pcm[at : at + 7_002])
    assert spans.finish() == voiced_spans(pcm, RATE)
