"""Editing recordings: what is muted is silent, the rest untouched, and files are whole or as before."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from compliance.audio import AudioError, clip, duration, mix, mute


def write(path: Path, samples: NDArray[np.int16], rate: int = 16000) -> Path:
    with wave.open(str(path), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(rate)
        f.writeframes(samples.astype("<i2").tobytes())
    return path


def read(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path), "rb") as f:
        return np.frombuffer(f.readframes(f.getnframes()), "<i2").reshape(-1, f.getnchannels())


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """Three seconds in which no sample is 0."""
    return write(tmp_path / "ramp.wav", (np.arange(48000) % 2000 + 1).astype(np.int16))


def test_mute_is_silent_inside_and_untouched_outside(ramp: Path) -> None:
    before = read(ramp)
    ramp.chmod(0o600)
    assert mute(ramp, [(1.0, 1.5), (1.25, 2.0), (2.9, 9.0)]) == pytest.approx(1.1)
    after = read(ramp)
    silent = np.zeros(48000, dtype=bool)
    silent[16000:32000] = True
    silent[46400:] = True
    assert (after[silent] == 0).all()
    assert (after[~silent] == before[~silent]).all()
    assert duration(ramp) == 3.0
    assert ramp.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in ramp.parent.iterdir()] == ["ramp.wav"]


@pytest.mark.parametrize("span", [(-0.1, 1.0), (2.0, 1.0), (float("nan"), 1.0)])
def test_a_span_that_is_none_changes_nothing(ramp: Path, span: tuple[float, float]) -> None:
    before = ramp.read_bytes()
    with pytest.raises(AudioError, match="is not a span"):
        mute(ramp, [(0.0, 1.0), span])
    assert ramp.read_bytes() == before


def test_clip(ramp: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.wav"
    assert clip(ramp, 0.5, 1.25, out) == 0.75
    assert (read(out) == read(ramp)[8000:20000]).all()
    assert clip(ramp, 2.5, 9.0, out) == 0.5
    with pytest.raises(AudioError, match=r"3\.0 s long: nothing from 4\.0 to 5\.0"):
        clip(ramp, 4.0, 5.0, out)


def test_mix_adds_legs_of_different_rate_and_length(tmp_path: Path) -> None:
    agent = write(tmp_path / "a.wav", np.full(16000, 1000, np.int16))
    debtor = write(tmp_path / "d.wav", np.full(16000, 500, np.int16), 8000)
    out = tmp_path / "m.wav"
    assert mix(agent, debtor, out) == pytest.approx(2.0, abs=0.001)
    mixed = read(out)[:, 0]
    assert mixed[8000] == pytest.approx(1500, abs=2)
    assert mixed[24000] == pytest.approx(500, abs=2)
    assert mix(agent, debtor, out, stereo=True) == pytest.approx(2.0, abs=0.001)
    assert read(out)[8000].tolist() == pytest.approx([1000, 500], abs=2)


def test_a_mix_that_would_overflow_is_cut_and_does_not_wrap(tmp_path: Path) -> None:
    loud = write(tmp_path / "l.wav", np.full(1600, 30000, np.int16))
    mix(loud, loud, tmp_path / "m.wav")
    assert read(tmp_path / "m.wav").min() == 32767


def test_what_is_not_wav_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"ID3 something")
    with pytest.raises(AudioError, match=r"bad\.wav cannot be read as WAV"):
        duration(bad)
    with pytest.raises(AudioError, match=r"bad\.wav cannot be read as WAV"):
        mute(bad, [(0, 1)])
    with pytest.raises(AudioError, match=r"bad\.wav cannot be read as WAV"):
        mix(bad, bad, tmp_path / "o.wav")
    with pytest.raises(AudioError, match=r"gone\.wav"):
        duration(tmp_path / "gone.wav")
    assert bad.read_bytes() == b"ID3 something"
