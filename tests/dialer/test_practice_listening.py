"""Hearing who speaks: tones, noise and silence are not speech, and turns end when the voice does."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dialer.practice.leg import tone
from dialer.practice.listening import FarSide, Listener
from dialer.practice.voices import RATE, VOICES, Speaker, seconds_of

FRAME = 640


def spans(pcm: bytes, rate: int = RATE) -> list[tuple[float, float]]:
    """When the listener says that somebody speaks."""
    listener = Listener(rate)
    size = rate // 50 * 2
    found: list[tuple[float, float]] = []
    since: float | None = None
    for i in range(0, len(pcm), size):
        now = i / 2 / rate
        listener.feed(pcm[i : i + size], now)
        if listener.speaking(now) and since is None:
            since = now
        elif not listener.speaking(now) and since is not None:
            found.append((since, now))
            since = None
    return found if since is None else [*found, (since, len(pcm) / 2 / rate)]


def silence(seconds: float) -> bytes:
    return bytes(int(RATE * seconds) * 2)


def mixed(*hertz: float, seconds: float, level: float = 3000) -> bytes:
    t = np.arange(int(RATE * seconds)) / RATE
    wave = sum((np.sin(2 * np.pi * hz * t) for hz in hertz), np.zeros_like(t))
    pcm: bytes = (wave / len(hertz) * level).astype("<i2").tobytes()
    return pcm


def noise(seconds: float, level: float) -> bytes:
    pcm: bytes = np.random.default_rng(7).normal(0, level, int(RATE * seconds)).astype("<i2").tobytes()
    return pcm


@pytest.mark.parametrize(
    ("name", "pcm"),
    [
        ("digital silence", silence(3)),
        ("line noise", noise(3, 60)),
        ("American ringing", mixed(440, 480, seconds=2) + silence(1) + mixed(440, 480, seconds=2)),
        ("British ringing", mixed(400, 450, seconds=0.4) + silence(0.2) + mixed(400, 450, seconds=0.4)),
        ("busy signal", (mixed(480, 620, seconds=0.5) + silence(0.5)) * 3),
        ("an answering machine's beep", silence(1) + tone(1000, 0.5) + silence(1)),
        ("a click", silence(1) + noise(0.04, 6000) + silence(1)),
    ],
)
def test_what_is_not_speech(name: str, pcm: bytes) -> None:
    assert spans(pcm) == [], name


@pytest.mark.speech
@pytest.mark.parametrize("voice", sorted(VOICES))
def test_speech_is_heard_from_its_start_to_its_end(voice: str, speaker: Speaker) -> None:
    pcm = speaker.speak("Good morning, I am calling about the invoice.", VOICES[voice])
    heard = spans(silence(1) + pcm + silence(1))
    assert heard[0][0] == pytest.approx(1.0, abs=0.35)
    assert heard[-1][1] == pytest.approx(1.0 + seconds_of(pcm), abs=0.35)
    # Gaps between words are no gaps between turns.
    assert all(after[0] - before[1] < 0.5 for before, after in pairwise(heard))


@pytest.mark.speech
def test_telephone_audio_is_heard_too(speaker: Speaker) -> None:
    pcm = speaker.speak("Good morning, I am calling about the invoice.", VOICES["agent"])
    narrow = np.frombuffer(pcm, dtype="<i2")[::2].tobytes()
    heard = spans(bytes(16000) + narrow + bytes(16000), rate=8000)
    assert heard[0][0] == pytest.approx(1.0, abs=0.35)


def test_a_stream_that_stops_is_silent() -> None:
    listener = Listener(RATE)
    loud = noise(1, 4000)
    for i in range(0, len(loud), FRAME):
        listener.feed(loud[i : i + FRAME], i / 2 / RATE)
    listener._speaking = True  # whatever it made of the noise
    assert listener.speaking(1.0)
    assert not listener.speaking(1.5)


def test_frames_of_any_size_are_heard_alike() -> None:
    pcm = mixed(440, 480, seconds=1) + noise(1, 60)
    whole, pieces = Listener(RATE), Listener(RATE)
    whole.feed(pcm, 0.0)
    for i in range(0, len(pcm), 122):
        pieces.feed(pcm[i : i + 122], 0.0)
    assert whole.speaking(0.0) == pieces.speaking(0.0) is False


def far(*speech: tuple[float, float], until: float) -> FarSide:
    side = FarSide()
    for tick in range(int(until / 0.02) + 1):
        now = tick * 0.02
        side.hear(now, any(start <= now < end for start, end in speech))
    return side


def test_a_turn_is_voice_and_then_a_pause() -> None:
    assert not far((1, 2), until=1.5).turn_over(1.5, 0.8)
    assert not far((1, 2), until=2.4).turn_over(2.4, 0.8)
    side = far((1, 2), until=2.7)
    assert side.turn_over(2.7, 0.8)
    assert side.began == pytest.approx(1.0, abs=0.03)
    assert side.last_voice == pytest.approx(2.0, abs=0.03)
    side.answered()
    assert not side.turn_over(9.0, 0.8)


def test_a_cough_is_forgotten() -> None:
    assert far((1, 1.1), until=3).began is None
