"""What a recogniser heard of labelled calls, kept so that rules can be judged again without decoding.

A kept evaluation is a gzip file of JSON lines, one a call: its label as written, and for each leg the words
with their times and confidences (hundredths of a second, percent) and the spans in which somebody spoke.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from compliance.evaluation.labels import LabelError, LabelledCall, read_label
from compliance.transcription.words import Leg, Reading, Source, Utterance, Word

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class HeardLeg:
    """One leg as heard."""

    utterances: tuple[Utterance, ...]
    voiced: tuple[Span, ...]
    """When somebody spoke on it, by the voice activity detector."""
    seconds: float
    """How long the recording is."""
    decoding: float
    """CPU seconds that decoding took, whenever that was."""


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A labelled call and what was heard of it."""

    label: LabelledCall
    text: str
    """The label as written."""
    legs: Mapping[Leg, HeardLeg]
    engine: str


def leg_to_plain(leg: HeardLeg) -> dict[str, Any]:
    """Return a leg as JSON takes it."""
    return {
        "seconds": round(leg.seconds, 2),
        "decoding": round(leg.decoding, 2),
        "voiced": [[round(a, 2), round(b, 2)] for a, b in leg.voiced],
        "words": [" ".join(_pack(w) for w in u.words) for u in leg.utterances],
        "second": [" ".join(_pack(w) for w in u.second) for u in leg.utterances],
        "readings": [readings_to_plain(u.readings) for u in leg.utterances],
    }


def leg_from_plain(data: Mapping[str, Any], leg: Leg) -> HeardLeg:
    """Return a leg kept by leg_to_plain. Raises KeyError, ValueError for anything else."""
    utterances = []
    for line, again, others in zip(
        data["words"], data["second"], data.get("readings") or repeat(()), strict=False
    ):
        words, second = _unpack_all(line), _unpack_all(again)
        text = " ".join(w.text for w in words)
        first, last = words[0].start, words[-1].end
        readings = readings_from_plain(others)
        utterances.append(Utterance(leg, first, last, text, words, True, Source.RECORDING, second, readings))
    return HeardLeg(
        tuple(utterances), tuple((a, b) for a, b in data["voiced"]), data["seconds"], data["decoding"]
    )


def _pack(word: Word) -> str:
    return f"{word.text}:{round(word.start * 100)}:{round(word.end * 100)}:{round(word.confidence * 100)}"


def _unpack_all(line: str) -> tuple[Word, ...]:
    return tuple(_unpack(w) for w in line.split(" ")) if line else ()


def with_second(leg: HeardLeg, second: Sequence[Word]) -> HeardLeg:
    """Give each utterance what a second listening heard up to its end; what came after is the last's.

    This is what a recogniser does that listens twice at once: see ``Utterance.second``.
    """
    out, rest = [], list(second)
    for n, utterance in enumerate(leg.utterances):
        mine = [w for w in rest if w.start < utterance.end or n == len(leg.utterances) - 1]
        rest = rest[len(mine) :]
        out.append(replace(utterance, second=tuple(mine)))
    return replace(leg, utterances=tuple(out))


def readings_to_plain(readings: Iterable[Reading]) -> list[str]:
    """Return readings as kept: how far behind, in hundredths, then the words with their hundredths."""
    return [
        " ".join(
            [
                str(round(r.behind * 100)),
                *(f"{w.text}:{round(w.start * 100)}:{round(w.end * 100)}" for w in r.words),
            ]
        )
        for r in readings
    ]


def readings_from_plain(lines: Iterable[str]) -> tuple[Reading, ...]:
    """Return readings kept by readings_to_plain. Raises ValueError for anything else."""
    out = []
    for line in lines:
        behind, *packed = line.split(" ")
        words = []
        for one in packed:
            text, start, end = one.rsplit(":", 2)
            words.append(Word(text, int(start) / 100, int(end) / 100, 0.0))
        out.append(Reading(tuple(words), int(behind) / 100))
    return tuple(out)


def words_to_plain(words: Iterable[Word]) -> str:
    """Return words as kept in the cache."""
    return " ".join(_pack(w) for w in words)


def words_from_plain(line: str) -> tuple[Word, ...]:
    """Return words kept by words_to_plain. Raises ValueError for anything else."""
    return _unpack_all(line)


def _unpack(packed: str) -> Word:
    text, start, end, confidence = packed.rsplit(":", 3)
    return Word(text, int(start) / 100, int(end) / 100, int(confidence) / 100)


def write_kept(path: Path, calls: Iterable[HeardCall]) -> None:
    """Write a kept evaluation; the same calls give the same bytes."""
    lines = [
        json.dumps(
            {
                "call": c.label.id,
                "engine": c.engine,
                "label": c.text,
                **{leg.value: leg_to_plain(heard) for leg, heard in c.legs.items()},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for c in calls
    ]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))


def read_kept(path: Path) -> list[HeardCall]:
    """Read a kept evaluation. Raises LabelError."""
    try:
        lines: Sequence[str] = gzip.decompress(path.read_bytes()).decode().splitlines()
        out = []
        for n, line in enumerate(lines, 1):
            data = json.loads(line)
            label = read_label(data["label"], data["call"], f"{path}, line {n}")
            legs = {leg: leg_from_plain(data[leg.value], leg) for leg in Leg}
            out.append(HeardCall(label, data["label"], legs, data["engine"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise LabelError(f"{path}: is no kept evaluation: {wrong or type(wrong).__name__}") from None
    return out
