"""Muting what was cut out of a call in all its recordings, and checking that it is silent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from compliance.audio import mute
from dialer.recording import file_names, read, seconds, settle, wait_until_final
from workstation.desk.redaction import Owed


def mute_call(recordings: Path, owing: Owed) -> Mapping[str, str]:
    """Silence a call's stretches in each recording there is; returns each file's SHA-256 by name.

    Each file is replaced whole, and muting twice is muting once: after a crash half way it is done again.
    Blocks: call it from a thread of its own.
    Raises AudioError, RecordingError, OSError; what was muted stays muted.
    """
    digests: dict[str, str] = {}
    for name in file_names(owing.call_id).values():
        file = recordings / name
        if not file.exists():
            continue
        asyncio.run(wait_until_final(file))  # its writer may be a moment behind the hang-up
        settle(file)
        if any(not silent(file, start, end) for start, end in owing.spans):
            mute(file, owing.spans)
        digests[name] = digest(file)
    return digests


def loud(recordings: Path, owing: Owed) -> Iterator[tuple[str, float, float]]:
    """Yield the stretches that are not silent: file name, start and end second. Raises as `mute_call`."""
    for name in file_names(owing.call_id).values():
        file = recordings / name
        if file.exists():
            for start, end in owing.spans:
                if not silent(file, start, end):
                    yield name, start, end


def silent(file: Path, start: float, end: float) -> bool:
    """Whether a stretch of a recording is digital silence. Raises RecordingError, OSError."""
    pcm, _ = read(file, start, min(end, seconds(file)))
    return not any(pcm)


def digest(file: Path) -> str:
    """Return a file's SHA-256, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
