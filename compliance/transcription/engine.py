"""The recogniser: PCM of one leg in, words with times and confidences out. The only module that imports vosk.

The rest of the product knows the two Protocols here, so another engine drops in behind them. One Model serves
the whole process; each leg has a recogniser of its own. A recogniser belongs to one thread at a time;
different legs may run in different threads, since Vosk lets go of the interpreter while it works.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import vosk

from compliance.transcription.decoding import Decoding, as_decoded
from compliance.transcription.model import is_model
from compliance.transcription.readings import OtherReadings
from compliance.transcription.second import SecondListening, can_listen_twice
from compliance.transcription.voice import PAUSE_SECONDS, end_utterance, get_used_to, own_voice
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE, Widener, widened
from compliance.transcription.words import Leg, Reading, Source, Utterance, Word

BYTES_PER_SAMPLE = 2
JITTER_SECONDS = 0.3
"""Frames whose offset is off by less than this are taken as following on."""
BRIDGE_SECONDS = 2.0
"""A gap up to this long is heard as silence; a longer one ends the utterance and starts a new time base."""


class EngineError(Exception):
    """The engine cannot start, or failed on audio."""


class Recogniser(Protocol):
    """Hears one leg. Not for use by two threads at once."""

    def feed(self, pcm: bytes, offset: float | None = None) -> list[Utterance]:
        """Take mono 16-bit little-endian PCM; return what it led to: finals, and the partial if it changed.

        `offset` is the second of the first sample on the leg's timeline; None means it follows on.
        Raises EngineError if the engine fails.
        """

    def finish(self) -> list[Utterance]:
        """End the utterance and return its final words; the recogniser may then be fed again."""


class SpeechEngine(Protocol):
    """Makes recognisers."""

    @property
    def name(self) -> str:
        """The engine and its model, kept with the transcript."""

    def open_leg(
        self,
        leg: Leg,
        rate: int,
        *,
        source: Source = Source.LIVE,
        partials: bool = True,
        also: Sequence[str] = (),
        voice: bytes = b"",
    ) -> Recogniser:
        """Return a recogniser for audio at `rate` Hz. Raises EngineError for a rate it cannot take.

        `also` is what a second listening to the leg, if there is one, listens for besides on this call;
        `voice` is speech of the same person on the same line, for an engine that gets used to one (voice.py).
        """


class RecordingEngine(SpeechEngine, Protocol):
    """Hears recordings, for which there is time: what it can do besides is asked for separately."""

    def once(self) -> SpeechEngine:
        """Return the same engine without second listenings; the model is shared."""

    @property
    def listen_for(self) -> Mapping[Leg, Sequence[str]]:
        """What legs are heard a second time for; empty where the engine cannot be bound to phrases."""

    def listen_again(self, leg: Leg, pcm: bytes, rate: int, also: Sequence[str] = ()) -> list[Word]:
        """Return what a second listening alone makes of a recording of a leg, in seconds from its start."""

    def readings(self, pcm: bytes, rate: int) -> list[tuple[Reading, ...]]:
        """Return how else a recording may be read, utterance by utterance; empty where it cannot say."""


class Engine:
    """Vosk with one model, loaded when made (0.3 s for a small one)."""

    def __init__(
        self,
        model: Path,
        decoding: Decoding | None = None,
        *,
        listen_for: Mapping[Leg, Sequence[str]] | None = None,
    ) -> None:
        """Load the model. Raises EngineError.

        `decoding` is how hard to search; None: as the model's own settings say. `listen_for`: phrases a leg
        is heard a second time for, where the model can be bound to them.
        """
        if not is_model(model):
            raise EngineError(
                f"{model} holds no Vosk model: run `dunline doctor --fix`, or set DUNLINE_VOSK_MODEL"
            )
        vosk.SetLogLevel(-1)
        with _stderr_kept() as said, as_decoded(model, decoding) as directory:
            try:
                self._model = vosk.Model(str(directory))
            except Exception as e:  # vosk raises the bare class
                raise EngineError(f"Vosk cannot load {model}: {said() or e}") from None
        self._name = f"vosk {model.name}" if decoding is None else f"vosk {model.name} ({decoding})"
        self._listen_for = dict(listen_for or {}) if can_listen_twice(model) else {}
        self._place = model
        self._readings: OtherReadings | None = None
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The engine and its model, kept with the transcript."""
        return self._name

    def open_leg(
        self,
        leg: Leg,
        rate: int,
        *,
        source: Source = Source.LIVE,
        partials: bool = True,
        also: Sequence[str] = (),
        voice: bytes = b"",
    ) -> VoskRecogniser:
        """Return a recogniser for audio at 16 kHz, or at 8 kHz, which is widened. Raises EngineError."""
        if rate not in (NARROW_RATE, MODEL_RATE):
            raise EngineError(f"audio at {rate} Hz cannot be heard: give {NARROW_RATE} or {MODEL_RATE}")
        wide = widened(voice, rate)
        return VoskRecogniser(self._model, leg, rate, source, partials, self.second(leg, also, wide), wide)

    def once(self) -> Engine:
        """Return the same engine without second listenings; the model is shared."""
        plain = copy.copy(self)
        plain._listen_for = {}
        return plain

    @property
    def listen_for(self) -> Mapping[Leg, Sequence[str]]:
        """What legs are heard a second time for; empty where the model cannot be bound to phrases."""
        return self._listen_for

    def listen_again(self, leg: Leg, pcm: bytes, rate: int, also: Sequence[str] = ()) -> list[Word]:
        """Return what a second listening alone makes of a recording of a leg, in seconds from its start."""
        listening = self.second(leg, also, widened(own_voice(pcm, rate), rate))
        if listening is None:
            return []
        return listening.feed(widened(pcm, rate)) + listening.finish()

    def readings(self, pcm: bytes, rate: int) -> list[tuple[Reading, ...]]:
        """Return how else a recording may be read; the model for it is loaded at the first question."""
        with self._loading:
            if self._readings is None:
                self._readings = OtherReadings(self._place)
        return self._readings.hear(pcm, rate)

    def second(self, leg: Leg, also: Sequence[str] = (), voice: bytes = b"") -> SecondListening | None:
        """Return a second listening to a leg, where one was asked for and the model can do it.

        `voice` is 16 kHz PCM of the leg's speaker, to get used to.
        """
        phrases = self._listen_for.get(leg)
        return SecondListening(self._model, [*phrases, *also], voice) if phrases else None


class VoskRecogniser:
    """One leg's KaldiRecognizer and its place on the leg's timeline."""

    def __init__(
        self,
        model: vosk.Model,
        leg: Leg,
        rate: int,
        source: Source,
        partials: bool,
        second: SecondListening | None = None,
        voice: bytes = b"",
    ) -> None:
        """`voice` is 16 kHz PCM of the leg's speaker, to get used to."""
        self._second = second
        self._heard_twice: list[Word] = []
        self._leg = leg
        self._rate = rate
        self._source = source
        self._wants_partials = partials
        self._kaldi = vosk.KaldiRecognizer(model, MODEL_RATE)
        self._kaldi.SetWords(True)
        self._widener = Widener() if rate == NARROW_RATE else None
        self._fed = get_used_to(self._kaldi, voice)
        """Seconds given to the engine so far, its own clock."""
        self._base = -self._fed
        """Leg second at which the engine's own clock stood at 0."""
        self._partial = ""
        self._partial_since = 0.0

    def feed(self, pcm: bytes, offset: float | None = None) -> list[Utterance]:
        """See Recogniser.feed."""
        heard: list[Utterance] = []
        if offset is not None:
            heard = self._move_to(offset)
        return heard + self._accept(pcm)

    def finish(self) -> list[Utterance]:
        """See Recogniser.finish."""
        if self._second is not None:
            self._keep(self._second.finish())
        heard = self._final(end_utterance(self._kaldi))
        self._fed += PAUSE_SECONDS
        self._base -= PAUSE_SECONDS
        return heard

    def _move_to(self, offset: float) -> list[Utterance]:
        """Set the clock to `offset`: nothing for jitter, silence for a short gap, else a new base."""
        gap = offset - (self._base + self._fed)
        if abs(gap) < JITTER_SECONDS:
            return []
        if 0 < gap <= BRIDGE_SECONDS and self._fed:
            return self._accept(bytes(round(gap * self._rate) * BYTES_PER_SAMPLE))
        heard = self.finish() if self._fed else []
        self._base = offset - self._fed
        return heard

    def _accept(self, pcm: bytes) -> list[Utterance]:
        seconds = len(pcm) / BYTES_PER_SAMPLE / self._rate
        return self._accept_wide(self._widener.feed(pcm) if self._widener is not None else pcm, seconds)

    def _accept_wide(self, wide: bytes, seconds: float) -> list[Utterance]:
        self._fed += seconds
        try:
            ended = self._kaldi.AcceptWaveform(wide) if wide else 0
        except Exception as e:  # vosk raises the bare class
            raise EngineError(
                f"Vosk failed on the {self._leg} leg at {self._base + self._fed:.1f} s: {e}"
            ) from e
        if self._second is not None:
            self._keep(self._second.feed(wide))
        if ended:
            return self._final(self._kaldi.Result())
        return self._changed_partial() if self._wants_partials else []

    def _final(self, result: str) -> list[Utterance]:
        self._partial = ""
        words = tuple(
            # A word at the very beginning may reach a frame into the silence that was heard before the leg.
            Word(w["word"], max(0.0, self._base + w["start"]), self._base + w["end"], min(1.0, w["conf"]))
            for w in json.loads(result).get("result", ())
        )
        if not words:
            return []
        text = " ".join(w.text for w in words)
        second, self._heard_twice = tuple(self._heard_twice), []
        return [Utterance(self._leg, words[0].start, words[-1].end, text, words, True, self._source, second)]

    def _keep(self, again: list[Word]) -> None:
        """Keep what the second listening heard for the next final words, which say where it belongs."""
        self._heard_twice += [
            Word(w.text, self._base + w.start, self._base + w.end, w.confidence) for w in again
        ]

    def _changed_partial(self) -> list[Utterance]:
        text: str = json.loads(self._kaldi.PartialResult())["partial"]
        if not text or text == self._partial:
            return []
        now = self._base + self._fed
        if not self._partial:
            self._partial_since = now
        self._partial = text
        return [Utterance(self._leg, self._partial_since, now, text, (), False, self._source)]


_stderr_lock = threading.Lock()


@contextmanager
def _stderr_kept() -> Iterator[_Said]:
    """Send the process's stderr to a file for a moment: libvosk writes there whatever its log level.

    Only for loading a model, which happens once; what was written becomes part of the error.
    """
    with _stderr_lock, tempfile.TemporaryFile() as kept:
        sys.stderr.flush()
        saved = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield _Said(kept.fileno())
        finally:
            os.dup2(saved, 2)
            os.close(saved)


class _Said:
    """Reads back what went to the kept stderr: its last line, which names the cause."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __call__(self) -> str:
        lines = os.pread(self._fd, 1 << 16, 0).decode(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else ""
