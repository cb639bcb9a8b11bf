"""Voices: kept on disk, made in a process that may die, different from one another."""

from __future__ import annotations

import sys
import threading
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from dialer.practice import voices
from dialer.practice.say_aloud import CannotSay
from dialer.practice.voices import RATE, VOICES, Speaker, VoiceUnavailable, seconds_of

pytestmark = pytest.mark.speech
LINE = "Good morning, I am calling about the invoice."


def pitch_of(pcm: bytes) -> float:
    """Median pitch in Hz, by autocorrelation of the loud frames."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    found = []
    for i in range(0, len(samples) - 640, 320):
        frame = samples[i : i + 640]
        if np.sqrt(np.mean(frame**2)) < 2000:
            continue
        correlation = np.correlate(frame, frame, "full")[639:]
        lags = slice(RATE // 250, RATE // 70)
        lag = int(np.argmax(correlation[lags])) + RATE // 250
        if correlation[lag] > 0.5 * correlation[0]:
            found.append(RATE / lag)
    return float(np.median(found))


def test_the_voices_are_different_people(speaker: Speaker) -> None:
    pitches = {name: pitch_of(speaker.speak(LINE, voice)) for name, voice in VOICES.items()}
    assert all(max(a, b) / min(a, b) > 1.05 for a, b in combinations(pitches.values(), 2)), pitches
    assert max(pitches.values()) / min(pitches.values()) > 1.3
    # The pace stays that of the model.
    lengths = [seconds_of(speaker.speak(LINE, voice)) for voice in VOICES.values()]
    assert max(lengths) / min(lengths) < 1.2


def test_a_line_is_made_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Speaker(tmp_path) as speaker:
        first = speaker.speak("Hello.", VOICES["deep"])
        assert 0.2 < seconds_of(first) < 2
        samples = np.abs(np.frombuffer(first, dtype="<i2"))
        assert samples.max() == pytest.approx(VOICES["deep"].gain * 32767, rel=0.01)
        # Its process dies; several threads want another line at once: one new process makes it.
        worker = speaker._worker
        assert worker is not None
        worker.kill()
        worker.wait()
        made: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: made.append(speaker.speak("Yes.", VOICES["deep"])))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(made)) == 1
    kept = sorted(path.suffix for path in tmp_path.iterdir())
    assert kept == [".log", ".s16", ".s16"]
    # A second run needs no voice at all.
    monkeypatch.setattr(voices, "voices_missing", lambda: "gone")
    assert Speaker(tmp_path).speak("Hello.", VOICES["deep"]) == first
    with pytest.raises(VoiceUnavailable, match="gone"):
        Speaker(tmp_path).speak("Something new.", VOICES["deep"])


def test_a_voice_process_that_cannot_start_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no model here' >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(VoiceUnavailable, match="no model here"):
        Speaker(tmp_path / "cache").speak("Hello.", VOICES["deep"])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Hi there\r\nAction: Originate", "Hi there Action Originate"),
        ("[[Hi]] <b>there</b>", "Hi b there b"),
        ("Hi there 😀", "Hi there"),
    ],
)
def test_hostile_text_sounds_like_its_plain_words(speaker: Speaker, text: str, plain: str) -> None:
    assert speaker.speak(text, VOICES["agent"]) == speaker.speak(plain, VOICES["agent"])


def test_endless_text_is_refused_at_once(speaker: Speaker) -> None:
    with pytest.raises(CannotSay):
        speaker.speak("and so on " * 1000, VOICES["agent"])
