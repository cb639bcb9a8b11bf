"""From lines to two recordings: voices, the telephone's band and codec, and noise.

The debtor's leg is cut to the telephone band, coded and decoded with G.711 mu-law, at 8 kHz. The agent's is
the wideband one that the product asks for: 16 kHz. Noise is pink, at a set ratio to the speech of its leg; a
quiet room has an RMS of 30 (-60 dB), as the practice line's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from compliance.transcription.g711 import from_ulaw, to_ulaw
from dialer.practice.voices import RATE, Speaker, Voice

NARROW = 8000
ROOM_RMS = 30.0
FLITE_VOICES = ("awb", "rms", "slt")
_FLITE_PACKAGES = ("flite", "libflite1", "libasound2")

Samples = NDArray[np.float64]


class NoFlite(RuntimeError):
    """Flite is not installed and cannot be fetched."""


class Voices:
    """Says lines in any voice: joe by the product's own neural voice, the others by Debian's Flite."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._neural = Speaker(cache / "voices")
        self._flite: list[str] | None = None

    def close(self) -> None:
        """End the voice process."""
        self._neural.close()

    def say(self, text: str, voice: str, pitch: float, tempo: float, gain: float) -> Samples:
        """Return a line at 16 kHz, full scale 32768, its peak at `gain`."""
        if voice in FLITE_VOICES:
            samples = self._by_flite(text, voice, tempo)
        else:
            pcm = self._neural.speak(text, Voice(voice, pitch, tempo, 0.6))
            samples = np.frombuffer(pcm, "<i2").astype(np.float64)
        peak = float(np.max(np.abs(samples), initial=1.0))
        return samples * (gain * 32767 / peak)

    def _by_flite(self, text: str, voice: str, tempo: float) -> Samples:
        if self._flite is None:
            self._flite = _flite(self._cache)
        with tempfile.TemporaryDirectory() as work:
            out = Path(work) / "said.wav"
            stretch = ("--setf", f"duration_stretch={1 / tempo:.3f}")
            subprocess.run(
                [*self._flite, "-voice", voice, *stretch, "-t", text, "-o", str(out)],
                check=True,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "LD_LIBRARY_PATH": self._libraries},
            )
            with wave.open(str(out)) as f:
                rate, pcm = f.getframerate(), f.readframes(f.getnframes())
        samples = np.frombuffer(pcm, "<i2").astype(np.float64)
        return np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float64)

    @property
    def _libraries(self) -> str:
        return ":".join(str(p) for p in sorted((self._cache / "flite" / "usr/lib").glob("*-linux-gnu*")))


def _flite(cache: Path) -> list[str]:
    """Return Flite's command: the machine's, or Debian's package in the cache. Raises NoFlite."""
    if found := shutil.which("flite"):
        return [found]
    root = cache / "flite"
    program = root / "usr/bin/flite"
    if not program.exists():
        with tempfile.TemporaryDirectory() as work:
            fetched = subprocess.run(
                ["apt-get", "download", "-q", *_FLITE_PACKAGES], cwd=work, capture_output=True, text=True
            )
            debs = sorted(Path(work).glob("*.deb"))
            if len(debs) < len(_FLITE_PACKAGES):
                why = (fetched.stderr.strip().splitlines() or ["no packages came"])[-1]
                raise NoFlite(f"flite is not here and apt-get cannot fetch it ({why}): apt-get install flite")
            for deb in debs:
                subprocess.run(["dpkg-deb", "-x", str(deb), str(root)], check=True)
    return [str(program)]


def pink(samples: int, rms: float, seed: int) -> Samples:
    """Return noise whose power falls by 3 dB an octave from 50 Hz."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.standard_normal(samples))
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    shaped = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50.0)), samples)
    return np.asarray(shaped * (rms / max(float(np.sqrt(np.mean(shaped**2))), 1e-9)))


def noisy(leg: Samples, speech_rms: float, snr: float | None, seed: int) -> Samples:
    """Return a leg with noise at `snr` dB below its speech, or with a quiet room's (None)."""
    rms = ROOM_RMS if snr is None else speech_rms / 10 ** (snr / 20)
    return leg + pink(len(leg), rms, seed)


def wideband(leg: Samples) -> bytes:
    """Return a leg as 16-bit PCM at 16 kHz."""
    return np.clip(np.rint(leg), -32768, 32767).astype("<i2").tobytes()


def telephone(leg: Samples) -> bytes:
    """Return a leg as it comes over the telephone: 200 to 3400 Hz, 8 kHz, mu-law there and back."""
    taps = np.arange(257) - 128
    band = 2 * 3400 / RATE * np.sinc(2 * 3400 / RATE * taps) - 2 * 200 / RATE * np.sinc(2 * 200 / RATE * taps)
    passed = np.convolve(leg, band * np.hamming(257), "same")
    narrow = np.asarray(soxr.resample(passed, RATE, NARROW))
    return from_ulaw(to_ulaw(wideband(narrow)))


def write_wav(path: Path, pcm: bytes, rate: int) -> None:
    """Write mono 16-bit PCM."""
    with wave.open(str(path), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(rate)
        f.writeframes(pcm)
