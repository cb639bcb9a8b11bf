"""The recordings of a call: their names, their timeline, and reading them when all is over or half is lost.

Asterisk writes three 16-bit mono WAV files a call: both sides mixed, and one a leg. Their second 0 is the
moment both sides are connected, and their time stands still while the debtor is on hold (MixMonitor's ``b``).
A killed Asterisk leaves files whose header says length 0; the audio is there, less the last second or two.
"""

from __future__ import annotations

import asyncio
import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_CALL_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_HEADER_WITHIN = 4096
"""Bytes in which a WAV file's data chunk must begin."""


class RecordingError(Exception):
    """A recording that is missing or is not the WAV file it should be; names the file and what to do."""


def valid_call_id(call_id: str) -> bool:
    """Whether a call id is safe as a channel id and a file name: 8 to 64 letters, digits and hyphens."""
    return _CALL_ID.fullmatch(call_id) is not None


def file_names(call_id: str) -> Mapping[str, str]:
    """Return the names of a call's files by ``mixed``, ``agent`` and ``debtor``; they come from the id alone.

    Raises RecordingError for an id that could be anything but a plain name.
    """
    if not valid_call_id(call_id):
        raise RecordingError(f"{call_id!r} is not a call id: 8 to 64 letters, digits and hyphens")
    return {
        "mixed": f"{call_id}.wav16",
        "agent": f"{call_id}-agent.wav16",
        "debtor": f"{call_id}-debtor.wav16",
    }


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a WAV file's audio lies and how it is laid out; `said` is the length its header claims."""

    rate: int
    start: int
    said: int
    real: int


def settle(path: Path) -> bool:
    """Repair the header of a file whose writer was killed; return whether it needed that.

    Never call it while Asterisk still writes the file. The header is rewritten by one write, so a crash here
    leaves either the old one or the new one. Raises RecordingError, OSError.
    """
    shape = _shape(path)
    if shape.said == shape.real:
        return False
    with path.open("r+b") as file:
        head = bytearray(file.read(shape.start))
        struct.pack_into("<I", head, 4, shape.start - 8 + shape.real)
        struct.pack_into("<I", head, shape.start - 4, shape.real)
        file.seek(0)
        file.write(head)
        file.flush()
        os.fsync(file.fileno())
    return True


def seconds(path: Path) -> float:
    """Return how long a recording is, by its size. Raises RecordingError, OSError."""
    shape = _shape(path)
    return shape.real / 2 / shape.rate


def read(path: Path, start: float = 0.0, end: float | None = None) -> tuple[bytes, int]:
    """Return 16-bit mono audio from `start` to `end` (seconds; None: to the end), and its rate in Hz.

    A stretch past the end comes back short. Raises RecordingError, OSError.
    """
    shape = _shape(path)
    whole = shape.real // 2
    first = min(max(0, round(start * shape.rate)), whole)
    last = whole if end is None else min(max(first, round(end * shape.rate)), whole)
    with path.open("rb") as file:
        file.seek(shape.start + first * 2)
        return file.read((last - first) * 2), shape.rate


async def wait_until_final(path: Path, *, quiet: float = 0.3, timeout: float = 5.0) -> None:
    """Return once the file has its length in its header, or has not grown for `quiet` seconds.

    Raises RecordingError where neither comes about within `timeout` seconds.
    """
    size, unchanged, waited = -1, 0.0, 0.0
    while waited < timeout:
        shape = await asyncio.to_thread(_shape_if_there, path)
        if shape is not None:
            if shape.real and shape.said == shape.real:
                return
            unchanged = unchanged + 0.05 if shape.real == size else 0.0
            size = shape.real
            if unchanged >= quiet:
                return
        await asyncio.sleep(0.05)
        waited += 0.05
    raise RecordingError(f"{path.name} is missing or still growing after {timeout:g} s")


def _shape_if_there(path: Path) -> _Shape | None:
    return _shape(path) if path.exists() and path.stat().st_size > 0 else None


def _shape(path: Path) -> _Shape:
    with path.open("rb") as file:
        head = file.read(_HEADER_WITHIN)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise RecordingError(f"{path.name} is not a WAV file: it cannot be repaired or read")
    at, rate = 12, 0
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and at + 24 <= len(head):
            coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, at + 8)
            if (coding, channels, bits) != (1, 1, 16):
                raise RecordingError(f"{path.name} is not 16-bit mono PCM")
        elif name == b"data":
            if rate == 0:
                break
            real = (path.stat().st_size - at - 8) & ~1
            return _Shape(rate, at + 8, length, real)
        at += 8 + length + (length & 1)
    raise RecordingError(f"{path.name} has no audio format or no audio: it cannot be repaired or read")


class Timeline:
    """Where a recording stands: second 0 when both sides are connected, standing still while on hold.

    Instants are those of a monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self._position = 0.0
        self._running_since: float | None = None

    @property
    def running(self) -> bool:
        """Whether the recording grows now."""
        return self._running_since is not None

    def run(self, now: float, position: float | None = None) -> None:
        """Start, or go on; from `position` where it is given."""
        if position is not None:
            self._position = max(0.0, position)
            self._running_since = now
        elif self._running_since is None:
            self._running_since = now

    def stop(self, now: float) -> None:
        """Stand still."""
        self._position, self._running_since = self.position(now), None

    def position(self, now: float) -> float:
        """Seconds recorded up to `now`."""
        since = self._running_since
        return self._position if since is None else self._position + max(0.0, now - since)
