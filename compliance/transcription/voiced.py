"""When somebody speaks on a leg: voiced spans by the WebRTC detector, for talk time and for quality."""

from __future__ import annotations

import webrtcvad

_FRAME_SECONDS = 0.03
_JOIN_SECONDS = 0.3
"""Spans closer than this are one: a stop consonant is not a pause."""
_LEAST_SECONDS = 0.12
"""Shorter spans are clicks."""


def voiced_spans(
    pcm: bytes, rate: int, start: float = 0.0, *, strictness: int = 2
) -> list[tuple[float, float]]:
    """Return the spans of mono 16-bit PCM in which somebody speaks, in seconds from `start`.

    `rate` must be 8000, 16000, 32000 or 48000; `strictness` 0 (lets noise through) to 3 (loses soft speech).
    """
    spans = VoicedSpans(rate, start, strictness=strictness)
    spans.feed(pcm)
    return spans.finish()


class VoicedSpans:
    """Finds voiced spans in audio that is fed piece by piece; pieces may end anywhere."""

    def __init__(self, rate: int, start: float = 0.0, *, strictness: int = 2) -> None:
        """`rate` and `strictness` as for ``voiced_spans``; `start` is the second of the first sample."""
        self._detector = webrtcvad.Vad(strictness)
        self._rate = rate
        self._step = int(rate * _FRAME_SECONDS) * 2
        self._start = start
        self._frames = 0
        self._rest = b""
        self._spans: list[tuple[float, float]] = []

    def feed(self, pcm: bytes) -> None:
        """Take the next piece of mono 16-bit PCM."""
        pcm = self._rest + pcm
        whole = len(pcm) // self._step
        for n in range(whole):
            if self._detector.is_speech(pcm[n * self._step : (n + 1) * self._step], self._rate):
                at = self._start + (self._frames + n) * _FRAME_SECONDS
                if self._spans and at - self._spans[-1][1] < _JOIN_SECONDS:
                    self._spans[-1] = (self._spans[-1][0], at + _FRAME_SECONDS)
                else:
                    self._spans.append((at, at + _FRAME_SECONDS))
        self._frames += whole
        self._rest = pcm[whole * self._step :]

    def finish(self) -> list[tuple[float, float]]:
        """Return the spans; what is left under a frame is let go."""
        return [(a, b) for a, b in self._spans if b - a >= _LEAST_SECONDS]
