"""Other readings of what was spoken: what the recogniser nearly wrote instead.

A recogniser's language model knows everyday English, in which "no choice but to see you" is likelier than
"no choice but to sue you". The likelier reading is the transcript; the other lies close behind it, and on a
collector's leg it is the one that matters. The pass after a call therefore asks for the best few readings of
each utterance, which the checks then look at with what they know of such calls (checks/other_readings.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import vosk

from compliance.transcription.decoding import Decoding, as_decoded
from compliance.transcription.voice import end_utterance, get_used_to, own_voice
from compliance.transcription.widen import MODEL_RATE, widened
from compliance.transcription.words import Reading, Utterance, Word

READINGS = 10
"""How many readings of an utterance are asked for, the transcript's own among them."""
FURTHEST = 6.0
"""Readings further behind the best than this (log likelihood) are not kept."""
_DECODING = Decoding(beam=10.0, max_active=3000, lattice_beam=FURTHEST)
"""The live search, but with a lattice wide enough to hold the readings."""
_STEP = MODEL_RATE // 5 * 2


class OtherReadings:
    """A model that gives several readings; loaded when made, beside the one that writes the transcript."""

    def __init__(self, model: Path) -> None:
        with as_decoded(model, _DECODING) as directory:
            self._model = vosk.Model(str(directory))

    def hear(self, pcm: bytes, rate: int) -> list[tuple[Reading, ...]]:
        """Return each utterance's readings, nearest first, of a leg's whole recording (16-bit mono PCM)."""
        wide, voice = widened(pcm, rate), widened(own_voice(pcm, rate), rate)
        kaldi = vosk.KaldiRecognizer(self._model, MODEL_RATE)
        kaldi.SetMaxAlternatives(READINGS)
        kaldi.SetWords(True)
        before = get_used_to(kaldi, voice)
        found = [
            _readings(kaldi.Result(), before)
            for at in range(0, len(wide), _STEP)
            if kaldi.AcceptWaveform(wide[at : at + _STEP])
        ]
        return [readings for readings in (*found, _readings(end_utterance(kaldi), before)) if readings]


def _readings(result: str, before: float) -> tuple[Reading, ...]:
    """Read a result of a recogniser whose clock stood at `before` seconds when the leg began."""
    given = [a for a in json.loads(result).get("alternatives", ()) if a.get("result")]
    best = max((a["confidence"] for a in given), default=0.0)
    return tuple(
        Reading(
            tuple(
                Word(w["word"], max(0.0, w["start"] - before), w["end"] - before, 0.0) for w in a["result"]
            ),
            behind,
        )
        for a in sorted(given, key=lambda a: -a["confidence"])
        if (behind := best - a["confidence"]) <= FURTHEST
    )


def with_readings(
    utterances: Sequence[Utterance], heard: Sequence[tuple[Reading, ...]]
) -> tuple[Utterance, ...]:
    """Give each utterance of a leg the readings of what was spoken while it lasted.

    The readings' own utterances may begin and end elsewhere: each goes to the one it overlaps most.
    """
    mine: list[list[Reading]] = [[] for _ in utterances]
    for readings in heard:
        start, end = readings[0].words[0].start, readings[0].words[-1].end
        common = [min(end, u.end) - max(start, u.start) for u in utterances]
        if common and max(common) > 0:
            mine[common.index(max(common))] += readings
    return tuple(
        replace(utterance, readings=tuple(sorted(readings, key=lambda r: r.behind)))
        for utterance, readings in zip(utterances, mine, strict=True)
    )
