"""How loud somebody speaks: the level of the louder half of what was said since it was last asked."""

from __future__ import annotations

import numpy as np

_WINDOW_SECONDS = 0.1
_SILENCE_DB = -90.0


class Loudness:
    """Takes one leg's PCM as it comes; gives one level an utterance."""

    def __init__(self, rate: int) -> None:
        """`rate` in Hz."""
        self._samples = int(rate * _WINDOW_SECONDS)
        self._levels: list[float] = []

    def feed(self, pcm: bytes) -> None:
        """Take mono 16-bit PCM."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
        for at in range(0, len(samples), self._samples):
            power = float(np.mean(np.square(samples[at : at + self._samples])))
            self._levels.append(10 * np.log10(power) if power > 0 else _SILENCE_DB)

    def take(self) -> float | None:
        """Return the median of the louder half of the windows since the last call, dBFS; None without any.

        Pauses fall into the quieter half, so it is the voice that is measured.
        """
        levels = sorted(self._levels)
        self._levels.clear()
        return float(np.median(levels[len(levels) // 2 :])) if levels else None
