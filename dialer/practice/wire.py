"""AudioSocket as Asterisk speaks it: one byte of kind, two of length (big-endian), then the payload.

The practice line is a server: Asterisk connects, names the leg by its UUID and exchanges 20 ms frames.
"""

from __future__ import annotations

import asyncio
import struct
import uuid
from dataclasses import dataclass
from enum import IntEnum

FRAME_S = 0.02
"""Length of an audio frame, in seconds."""


class Kind(IntEnum):
    """Kinds of message."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO_8K = 0x10
    AUDIO_16K = 0x12
    ERROR = 0xFF


RATES = {Kind.AUDIO_8K: 8000, Kind.AUDIO_16K: 16000}
"""Samples per second of the audio kinds spoken here: Asterisk's slin and slin16."""
KIND_OF_RATE = {rate: kind for kind, rate in RATES.items()}


class WireError(ConnectionError):
    """The other end does not speak AudioSocket as expected. The message says what came instead."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `kind` is an int because others than those of `Kind` may come and are passed over."""

    kind: int
    payload: bytes


def pack(kind: Kind, payload: bytes = b"") -> bytes:
    """The bytes of one message. Raises struct.error where the payload is longer than 65,535 bytes."""
    return struct.pack(">BH", kind, len(payload)) + payload


async def receive(reader: asyncio.StreamReader) -> Message | None:
    """The next message, or None where the stream ended between messages or broke."""
    try:
        kind, length = struct.unpack(">BH", await reader.readexactly(3))
        return Message(kind, await reader.readexactly(length) if length else b"")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def receive_uuid(reader: asyncio.StreamReader) -> uuid.UUID:
    """The UUID a leg opens with. Raises WireError where anything else comes."""
    message = await receive(reader)
    if message is None:
        raise WireError("closed before it named its leg")
    if message.kind != Kind.UUID or len(message.payload) != 16:
        raise WireError(
            f"opened with kind {message.kind:#04x} of {len(message.payload)} bytes, not a UUID of 16"
        )
    return uuid.UUID(bytes=message.payload)
