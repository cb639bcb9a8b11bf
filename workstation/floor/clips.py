"""Stretches of recordings cut out for a phone to play: private files that are gone once it has."""

from __future__ import annotations

import contextlib
import math
import secrets
import wave
from pathlib import Path

from dialer import recording
from dialer.recording import RecordingError

LONGEST_S = 300.0
LEGS = ("agent", "debtor", "mixed")


class ClipError(Exception):
    """A stretch that cannot be cut; ``str()`` is one line for the screen."""


def checked_stretch(start: float, seconds: float) -> None:
    """Raise ClipError for a stretch that cannot be meant."""
    if not (math.isfinite(start) and math.isfinite(seconds)) or start < 0 or not 0 < seconds <= LONGEST_S:
        raise ClipError(f"a stretch begins at 0 or later and lasts up to {LONGEST_S:.0f} s")


class Clips:
    """Cuts clips into a folder that Asterisk reads; only its owner enters it."""

    def __init__(self, recordings: Path, folder: Path) -> None:
        self._recordings = recordings
        self._folder = folder

    def clear(self) -> None:
        """Make the folder, and remove what a crash left in it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        for left in self._folder.glob("*.wav*"):
            left.unlink(missing_ok=True)

    def cut(self, name: str, start: float, seconds: float) -> str:
        """Cut a stretch out of the recording called `name`; return the clip's name without its ending.

        `start` and `seconds` are on the call's timeline. Raises ClipError.
        """
        checked_stretch(start, seconds)
        if Path(name).name != name:
            raise ClipError(f"{name!r} is not the name of a recording")
        try:
            pcm, rate = recording.read(self._recordings / name, start, start + seconds)
        except FileNotFoundError:
            raise ClipError("that recording is not kept any longer, or lies on another machine") from None
        except (RecordingError, OSError) as wrong:
            raise ClipError(f"that recording cannot be read: {wrong}") from wrong
        if not pcm:
            raise ClipError(f"the recording ends before second {start:.0f}")
        clip = secrets.token_hex(12)
        path = self._path(clip)
        path.touch(mode=0o600)
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(pcm)
        return clip

    def remove(self, clip: str) -> None:
        """Remove a clip."""
        with contextlib.suppress(OSError):
            self._path(clip).unlink(missing_ok=True)

    def _path(self, clip: str) -> Path:
        # Asterisk's name for a WAV file of 16 kHz, which is what MixMonitor was asked for.
        return self._folder / f"{clip}.wav16"
