"""Who is speaking, and whose turn it is: frames of sound in, no sound out.

`Listener` judges 20 ms frames (voice or not) and holds its judgement against clicks and breaths; tones, such
as the ringing one hears while a call is set up, and digital silence are never voice. `FarSide` turns that
into turns: somebody spoke, and has been quiet for so long.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import webrtcvad

FRAME_S = 0.02
"""Length of the frames judged, in seconds."""
STARTS_AFTER = 6
"""Voiced frames among the last `WINDOW` that start speech."""
WINDOW = 8
ENDS_AFTER = 10
"""Frames in a row, all but one of them quiet, that end speech."""
HANGOVER_S = ENDS_AFTER * FRAME_S
"""By so much `Listener.speaking` outlasts the voice itself."""
STALE_S = 0.2
"""A stream that sends nothing for so long is silent: Asterisk sends no frames for a leg nobody talks to."""
FLOOR_RMS = 90.0
"""Quieter frames are not voice (16-bit scale; speech on a call has 1000 and more)."""
TONE_SHARE = 0.97
"""A frame with so much of its energy in two narrow peaks is a tone, unless the peaks move as in speech."""
TONE_FRAMES = 5
"""Frames in a row with the same peaks that make a tone."""


class Listener:
    """Says whether the far side speaks, frame by frame."""

    def __init__(self, rate: int) -> None:
        """Listen to 16-bit mono samples at `rate` (8000 or 16000 per second)."""
        self._rate = rate
        self._frame_bytes = int(rate * FRAME_S) * 2
        self._vad = webrtcvad.Vad(2)
        self._rest = b""
        self._recent: deque[bool] = deque(maxlen=max(WINDOW, ENDS_AFTER))
        self._speaking = False
        self._fed_at = float("-inf")
        self._window = np.hanning(self._frame_bytes // 2)
        self._peaks = (-9, -9)
        self._steady = 0

    def feed(self, pcm: bytes, now: float) -> None:
        """Take samples that arrived at `now` (seconds on any clock that only goes forward)."""
        self._fed_at = now
        self._rest += pcm
        while len(self._rest) >= self._frame_bytes:
            frame, self._rest = self._rest[: self._frame_bytes], self._rest[self._frame_bytes :]
            self._recent.append(self._voiced(frame))
            if self._speaking:
                last = list(self._recent)[-ENDS_AFTER:]
                self._speaking = len(last) < ENDS_AFTER or sum(last) > 1
            else:
                self._speaking = sum(list(self._recent)[-WINDOW:]) >= STARTS_AFTER

    def speaking(self, now: float) -> bool:
        """Whether somebody speaks at `now`."""
        return self._speaking and now - self._fed_at <= STALE_S

    def _voiced(self, frame: bytes) -> bool:
        samples = np.frombuffer(frame, dtype="<i2").astype(np.float64)
        if np.sqrt(np.mean(samples**2)) < FLOOR_RMS:
            self._steady = 0
            return False
        return not self._tone(samples) and bool(self._vad.is_speech(frame, self._rate))

    def _tone(self, samples: np.ndarray) -> bool:
        power = np.abs(np.fft.rfft(samples * self._window)) ** 2
        peak = int(np.argmax(power))
        # Two peaks of three bins each: one tone, or the two a ringing or dialled signal is made of.
        around = power[max(0, peak - 1) : peak + 2].sum()
        power[max(0, peak - 1) : peak + 2] = 0
        second = int(np.argmax(power))
        around += power[max(0, second - 1) : second + 2].sum()
        total = around + power.sum() - power[max(0, second - 1) : second + 2].sum()
        narrow = around >= TONE_SHARE * total
        # Of two tones now one, now the other is the stronger: either may be the peak of the frame before.
        same = any(abs(peak - before) <= 1 for before in self._peaks)
        self._steady = self._steady + 1 if narrow and same else int(narrow)
        self._peaks = (peak, second)
        return self._steady >= TONE_FRAMES


@dataclass(slots=True)
class FarSide:
    """What has been heard of the other side since it was last answered."""

    least_voice_s: float = 0.25
    """Less voice than this is a cough, not a turn."""
    began: float | None = None
    last_voice: float | None = None
    voiced_s: float = 0.0
    _looked: float = 0.0

    def hear(self, now: float, speaking: bool) -> None:
        """Note whether the far side speaks at `now`; call it about every 20 ms."""
        passed, self._looked = min(now - self._looked, 0.1), now
        if speaking:
            if self.began is None:
                self.began = now
            self.voiced_s += passed
            self.last_voice = now
        elif (
            self.last_voice is not None and now - self.last_voice > 0.5 and self.voiced_s < self.least_voice_s
        ):
            self.answered()

    def turn_over(self, now: float, pause_s: float) -> bool:
        """Whether the far side has spoken and then been quiet for `pause_s` seconds."""
        return (
            self.last_voice is not None
            and self.voiced_s >= self.least_voice_s
            and now - self.last_voice + HANGOVER_S >= pause_s
        )

    def answered(self) -> None:
        """Begin a new turn: what was heard so far is dealt with."""
        self.began = None
        self.last_voice = None
        self.voiced_s = 0.0
