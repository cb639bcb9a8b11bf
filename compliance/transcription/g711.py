"""G.711 mu-law, by the tables of ITU-T G.711 (segments of doubling step, bias 33 at 14 bits)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BIAS = 132
_CLIP = 32635


def _decoded() -> NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = ((((code & 0x0F) << 3) + _BIAS) << ((code >> 4) & 7)) - _BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


_DECODED = _decoded()


def to_ulaw(pcm: bytes) -> bytes:
    """Return mono 16-bit little-endian PCM as mu-law, one byte a sample."""
    x = np.frombuffer(pcm, "<i2").astype(np.int32)
    size = np.minimum(np.abs(x), _CLIP) + _BIAS
    segment = np.floor(np.log2(size)).astype(np.int32) - 7
    code = np.where(x < 0, 0x80, 0) | (segment << 4) | ((size >> (segment + 3)) & 0x0F)
    coded: bytes = (~code & 0xFF).astype(np.uint8).tobytes()
    return coded


def from_ulaw(coded: bytes) -> bytes:
    """Return mu-law as mono 16-bit little-endian PCM."""
    pcm: bytes = _DECODED[np.frombuffer(coded, np.uint8)].astype("<i2").tobytes()
    return pcm
