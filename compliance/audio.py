"""Editing recordings, WAV in and out: mute a stretch, cut a clip, mix two legs. Only here is pydub imported.

Every function that writes does so beside the file and renames, so a reader sees the old or the new one,
whole. Seconds are from the start of the file.
"""

from __future__ import annotations

import os
import tempfile
import warnings
import wave
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

with warnings.catch_warnings():
    # pydub looks for ffmpeg, which WAV does not need, and uses the audioop that Python 3.13 moved to a
    # package.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

Span = tuple[float, float]
"""Start and end in seconds."""


class AudioError(Exception):
    """A recording cannot be read, or a span lies outside it."""


def duration(path: Path) -> float:
    """Return the length of a WAV file in seconds, from its header. Raises AudioError."""
    try:
        with wave.open(str(path), "rb") as f:
            return f.getnframes() / f.getframerate()
    except (OSError, EOFError, wave.Error) as e:
        raise AudioError(f"{path} cannot be read as WAV: {e}") from e


def mute(path: Path, spans: Iterable[Span]) -> float:
    """Write digital silence over `spans` of a file, keeping its length; returns the seconds silenced.

    Spans may overlap and may run past the end. Raises AudioError for a span that ends before it starts, and
    where the file cannot be read; then the file is as it was.
    """
    audio = _read(path)
    frames = int(audio.frame_count())
    width = audio.sample_width * audio.channels
    data = bytearray(audio.raw_data)
    silenced = bytearray(frames)
    for start, end in spans:
        _check(start, end)
        first = min(frames, int(start * audio.frame_rate))
        last = min(frames, -int(-end * audio.frame_rate // 1))
        data[first * width : last * width] = bytes((last - first) * width)
        silenced[first:last] = b"\1" * (last - first)
    _write(_same_format(audio, bytes(data)), path)
    return sum(silenced) / audio.frame_rate


def clip(path: Path, start: float, end: float, to: Path) -> float:
    """Write the stretch from `start` to `end` to a file of its own; returns its length in seconds.

    An end past the file's is cut to it. Raises AudioError where nothing would be left.
    """
    audio = _read(path)
    _check(start, end)
    part = audio.get_sample_slice(int(start * audio.frame_rate), int(end * audio.frame_rate))
    if not part.frame_count():
        raise AudioError(
            f"{path} is {audio.duration_seconds:.1f} s long: nothing from {start:.1f} to {end:.1f} s"
        )
    _write(part, to)
    return part.duration_seconds


def mix(agent: Path, debtor: Path, to: Path, *, stereo: bool = False) -> float:
    """Lay two legs over each other, at the higher of their rates; returns the length in seconds.

    Mono by default; `stereo` puts the agent on the left and the debtor on the right. Raises AudioError.
    """
    legs = [_read(agent), _read(debtor)]
    rate = max(leg.frame_rate for leg in legs)
    legs = [leg.set_channels(1).set_sample_width(2).set_frame_rate(rate) for leg in legs]
    frames = max(len(leg.raw_data) for leg in legs)
    legs = [_same_format(leg, leg.raw_data.ljust(frames, b"\0")) for leg in legs]
    mixed = AudioSegment.from_mono_audiosegments(*legs) if stereo else legs[0].overlay(legs[1])
    _write(mixed, to)
    return mixed.duration_seconds


def peaks(path: Path, columns: int) -> tuple[float, ...]:
    """Return the loudest sample of each of `columns` equal stretches, 0 to 1 of full. Raises AudioError."""
    if columns < 1:
        raise AudioError(f"{columns} columns are none")
    audio = _read(path)
    frames, full = int(audio.frame_count()), audio.max_possible_amplitude
    edges = [n * frames // columns for n in range(columns + 1)]
    return tuple(audio.get_sample_slice(a, b).max / full if b > a else 0.0 for a, b in pairwise(edges))


def _check(start: float, end: float) -> None:
    if not 0 <= start <= end:
        raise AudioError(
            f"{start:.3f} to {end:.3f} s is not a span: it must start at 0 or later and end after that"
        )


def _read(path: Path) -> AudioSegment:
    duration(path)  # pydub would call for ffmpeg on what is not WAV
    try:
        with path.open("rb") as f:  # given a path, pydub leaves the file open
            return AudioSegment.from_wav(f)
    except Exception as e:  # pydub raises several unrelated classes
        raise AudioError(f"{path} cannot be read as WAV: {e}") from e


def _same_format(like: AudioSegment, data: bytes) -> AudioSegment:
    return AudioSegment(
        data, sample_width=like.sample_width, frame_rate=like.frame_rate, channels=like.channels
    )


def _write(audio: AudioSegment, path: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".audio-", suffix=".wav", dir=path.parent)
    temporary = Path(name)
    try:
        os.close(handle)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        with wave.open(name, "wb") as f:
            f.setnchannels(audio.channels)
            f.setsampwidth(audio.sample_width)
            f.setframerate(audio.frame_rate)
            f.writeframes(audio.raw_data)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """See to it that a file, or the names in a directory, survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
