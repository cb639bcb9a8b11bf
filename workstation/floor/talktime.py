"""Measures how a call was spoken, from the recordings of its legs, a stretch at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from compliance.transcription.voiced import VoicedSpans
from compliance.transcription.words import Leg, Utterance
from dialer.recording import file_names, read, seconds
from workstation.desk.talk import Span, TalkMetrics, measure_talk

CHUNK_SECONDS = 30.0
"""Read at once: about a megabyte of audio, however long the call was."""


def voiced(path: Path) -> list[Span]:
    """Return the voiced spans of one leg's recording. Raises RecordingError, OSError."""
    length = seconds(path)
    spans: VoicedSpans | None = None
    at = 0.0
    while at < length:
        pcm, rate = read(path, at, at + CHUNK_SECONDS)
        spans = spans or VoicedSpans(rate)
        spans.feed(pcm)
        at += CHUNK_SECONDS
    return spans.finish() if spans is not None else []


def measure_call(recordings: Path, call_id: str, heard: Iterable[Utterance]) -> TalkMetrics:
    """Measure a call from its two recordings and its words. Raises RecordingError, OSError."""
    names = file_names(call_id)
    words = dict.fromkeys(Leg, 0)
    for utterance in heard:
        words[utterance.leg] += len(utterance.words) if utterance.final else 0
    return measure_talk(
        voiced(recordings / names[Leg.AGENT.value]),
        voiced(recordings / names[Leg.DEBTOR.value]),
        agent_words=words[Leg.AGENT],
        debtor_words=words[Leg.DEBTOR],
    )
