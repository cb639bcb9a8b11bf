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
    detector = webrtcvad.Vad(strictness)
    step = int(rate * _FRAME_SECONDS) * 2
    spans: list[tuple[float, float]] = []
    for n in range(len(pcm) // step):
        if detector.is_speech(pcm[n * step : (n + 1) * step], rate):
            at = start + n * _FRAME_SECONDS
            if spans and at - spans[-1][1] < _JOIN_SECONDS:
                spans[-1] = (spans[-1][0], at + _FRAME_SECONDS)
            else:
                spans.append((at, at + _FRAME_SECONDS))
    return [(a, b) for a, b in spans if b - a >= _LEAST_SECONDS]
