"""Getting used to a voice: a recogniser that has heard somebody before hears them better.

Vosk's models follow speaker and line as they listen (online i-vectors: Dehak et al. 2011; Peddinti et al.
2015), beginning with nobody in particular. What is said first is therefore heard worst, and on a collection
call that is who somebody is. A recording has its later words at hand: a few seconds of the leg's own speech
are given to the recogniser before the leg, and their words thrown away. docs/hearing-options.md has what it
gains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compliance.transcription.voiced import voiced_spans
from compliance.transcription.widen import MODEL_RATE

if TYPE_CHECKING:
    import vosk

USED_TO_SECONDS = 6.0
"""How much of a voice is enough: 4 s gained half as much, 12 s less again."""
_BEFORE, _AFTER = 0.15, 0.2
"""Seconds kept around a stretch of speech: soft beginnings and ends are not detected."""
PAUSE_SECONDS = 0.6
"""Silence that pushes the last words out of a recogniser: what it looks ahead, and a chunk."""
_PAUSE = bytes(int(PAUSE_SECONDS * MODEL_RATE) * 2)
_REST_SECONDS = 1.5
"""Silence between a voice to get used to and the leg: 0.6 s left a quarter of the gain behind."""
_STEP = MODEL_RATE // 5 * 2
"""A recogniser weighs pauses down as it goes, piece by piece: bytes of a piece."""


def own_voice(pcm: bytes, rate: int, seconds: float = USED_TO_SECONDS) -> bytes:
    """Return the first `seconds` of speech in mono 16-bit PCM, pauses cut out; all of it where less."""
    most = int(seconds * rate) * 2
    found, taken = bytearray(), 0
    for start, end in voiced_spans(pcm, rate):
        first = max(taken, int(max(0.0, start - _BEFORE) * rate) * 2)
        taken = max(first, int((end + _AFTER) * rate) * 2)
        found += pcm[first:taken]
        if len(found) >= most:
            break
    return bytes(found[:most])


def end_utterance(kaldi: vosk.KaldiRecognizer) -> str:
    """Return the utterance's result (JSON) and keep what is known of the voice, which FinalResult forgets.

    The recogniser's clock goes on by PAUSE_SECONDS.
    """
    kaldi.AcceptWaveform(_PAUSE)
    return str(kaldi.Result())


def get_used_to(kaldi: vosk.KaldiRecognizer, wide: bytes) -> float:
    """Let a recogniser hear a voice (16 kHz PCM); return the seconds by which its clock went on."""
    if not wide:
        return 0.0
    before = wide + bytes(int(_REST_SECONDS * MODEL_RATE) * 2)
    for at in range(0, len(before), _STEP):
        if kaldi.AcceptWaveform(before[at : at + _STEP]):
            kaldi.Result()
    kaldi.Result()
    return len(before) / 2 / MODEL_RATE
