"""What the audit screens and commands do beyond the book: recordings, clips, packs, a local player."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.transcription.words import Leg
from dialer.recording import file_names, seconds
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.scorecard import Scorecard, scorecards
from workstation.exchange import pack
from workstation.floor.muting import digest
from workstation.store.book import SqlBook

PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-v", "quiet", "-nodisp", "-autoexit"),
)
"""Programs that play a WAV file, as PipeWire, PulseAudio, ALSA, macOS and ffmpeg have them."""
CLIP_S = 12.0
"""How much is played from a finding on."""
BEFORE_S = 2.0
"""And how much before its words."""


@dataclass(slots=True)
class AuditRoom:
    """One home's recordings beside its book. Blocks: call it off the event loop."""

    book: SqlBook
    recordings: Path
    clips: Path
    """Where clips and packs go that nobody named a file for."""
    cards: Path | None = None
    """The floor's own scorecards."""
    _playing: subprocess.Popen[bytes] | None = None
    """What this machine plays: one stretch at a time."""

    def files_of(self, call_id: str) -> Mapping[str, str]:
        """Return the SHA-256 of each recording of a call that is there, by file name."""
        paths = [self.recordings / name for name in file_names(call_id).values()]
        return {path.name: digest(path) for path in paths if path.is_file()}

    def commit_review(self, call_id: str, user_id: int, now: datetime) -> None:
        """Commit a review, bound to the recordings and speech rules as they are. Raises as reviews.commit."""
        from compliance.checks.rules import load_speech_rules

        files = self.files_of(call_id)
        self.book.commit_review(call_id, user_id, files, load_speech_rules().digest, now)

    def scorecards(self) -> Mapping[str, Scorecard]:
        """Return the cards a review can be scored with, by id. Raises ScorecardError."""
        return scorecards(self.cards)

    def waveform(self, call_id: str, columns: int) -> Mapping[Leg, tuple[float, ...]]:
        """Return each leg's peaks, 0 to 1, over equal stretches; a leg without a recording is left out."""
        from compliance.audio import AudioError, peaks

        found = {}
        for leg in Leg:
            path = self.recordings / file_names(call_id)[leg.value]
            try:
                found[leg] = peaks(path, columns)
            except (AudioError, OSError):
                continue
        return found

    def length(self, call_id: str) -> float:
        """Return how long a call's recording is, in seconds; 0 where there is none."""
        from dialer.recording import RecordingError

        longest = 0.0
        for name in file_names(call_id).values():
            try:
                longest = max(longest, seconds(self.recordings / name))
            except (RecordingError, OSError):
                continue
        return longest

    def clip(self, call_id: str, leg: str, start: float, end: float, to: Path | None = None) -> Path:
        """Write a stretch of a recording as a WAV file; `leg` is agent, debtor or mixed. Raises NotFound.

        Without a name it goes beside the others, under one made of the call's id and the seconds.
        """
        from compliance.audio import AudioError, clip

        names = file_names(call_id)
        if leg not in names:
            raise InvalidEntry(f"no leg {leg!r}: agent, debtor or mixed")
        source = self.recordings / names[leg]
        if not source.is_file():
            raise NotFound(
                f"call {call_id} has no recording of this side: it was not recorded, or is deleted"
            )
        if to is None:
            self.clips.mkdir(parents=True, exist_ok=True, mode=0o700)
            to = self.clips / f"{call_id}-{leg}-{int(start * 10):06}.wav"
        try:
            clip(source, max(0.0, start), end, to)
        except AudioError as wrong:
            raise InvalidEntry(str(wrong)) from None
        return to

    def play_here(self, call_id: str, leg: str, start: float) -> str:
        """Play from `start` on by a program of this machine; says what happens, or where the clip lies."""
        path = self.clip(call_id, leg, start, start + BEFORE_S + CLIP_S)
        if self._playing is not None:
            self._playing.terminate()
            self._playing = None
        for player, *options in PLAYERS:
            if found := shutil.which(player):
                self._playing = subprocess.Popen(
                    [found, *options, str(path)],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
                threading.Thread(target=self._playing.wait, daemon=True).start()  # so that it leaves no trace
                return f"playing here ({player})"
        return f"no player here: {path.name} lies in {path.parent}"

    def pack(self, call_id: str, user_id: int, now: datetime, to: Path | None = None) -> Path:
        """Write a call's evidence pack. Raises NotFound, NotAllowed, PackError."""
        texts = self.book.evidence(call_id, user_id, now)
        if to is None:
            self.clips.mkdir(parents=True, exist_ok=True, mode=0o700)
            to = self.clips / f"{call_id}.zip"
        pack.write(to, call_id, texts, self.recordings)
        return to
