"""Reading a labelled leg: WAV, mono, 16-bit PCM or G.711 mu-law, at 8 or 16 kHz."""

from __future__ import annotations

import struct
from pathlib import Path

from compliance.evaluation.labels import LabelError
from compliance.transcription.g711 import from_ulaw
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE

_PCM, _ULAW = 1, 7
_WANTED = "must be WAV, mono, 16-bit PCM or 8-bit mu-law, at 8000 or 16000 Hz"


def read_leg(path: Path) -> tuple[bytes, int]:
    """Return a leg's 16-bit PCM and its rate in Hz. Raises LabelError naming the file and what is wrong."""
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise LabelError(f"{path}: cannot be read: {wrong.strerror}") from None
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise LabelError(f"{path}: is no WAV file; {_WANTED}")
    at, shape = 12, None
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"fmt " and size >= 16:
            shape = struct.unpack_from("<HHIIHH", data, at + 8)
        elif name == b"data":
            if shape is None:
                break
            kind, channels, rate, _, _, bits = shape
            if channels != 1 or rate not in (NARROW_RATE, MODEL_RATE):
                raise LabelError(f"{path}: has {channels} channel(s) at {rate} Hz; {_WANTED}")
            sound = data[at + 8 : at + 8 + size]
            if (kind, bits) == (_PCM, 16):
                return sound[: len(sound) // 2 * 2], rate
            if (kind, bits) == (_ULAW, 8):
                return from_ulaw(sound), rate
            raise LabelError(f"{path}: is in format {kind} with {bits} bits; {_WANTED}")
        at += 8 + size + size % 2
    raise LabelError(f"{path}: holds no sound; {_WANTED}")
