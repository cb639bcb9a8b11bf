"""A second, narrower listening: what is spoken on a leg, heard again by a recogniser bound to given phrases.

Over the telephone about a third of the words are lost, and short ones first: "stop calling me" becomes "we've
got caught". A recogniser that may only choose between the phrases that matter, everyday talk, and something
else, finds most of them at a seventh of the cost. It also hears them where they were not said, so what it
finds is a proposal and never a fact (``Utterance.second``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import vosk
import webrtcvad

from compliance.transcription.voice import PAUSE_SECONDS, end_utterance, get_used_to
from compliance.transcription.widen import MODEL_RATE
from compliance.transcription.words import Word

_FRAME = MODEL_RATE * 30 // 1000 * 2
"""Bytes of 30 ms, the unit of the voice activity detector."""
_FRAME_SECONDS = 0.03
_ENDS_AFTER = 14
"""Quiet frames that end a stretch."""
_LONGEST = 400
"""Frames of the longest stretch; a longer one is cut."""
_LEAST = 5
"""Voiced frames under this are a click."""
_LEAD = 6
"""Frames kept from before the first voiced one: soft beginnings are not detected."""
_UNKNOWN = "[unk]"


def can_listen_twice(model: Path) -> bool:
    """Whether a model can be bound to phrases: it must carry its graph in two parts."""
    return (model / "graph" / "HCLr.fst").is_file()


def _in_vocabulary(model: vosk.Model, phrase: str) -> bool:
    """Whether the model knows every word: a phrase that lost one would be listened for as another."""
    return all(model.vosk_model_find_word(word) >= 0 for word in phrase.split())


class SecondListening:
    """Hears the voiced stretches of one leg's 16 kHz stream again, each when it is over."""

    def __init__(self, model: vosk.Model, phrases: Sequence[str], voice: bytes = b"") -> None:
        """`voice` is 16 kHz PCM of the leg's speaker, to get used to."""
        known = [phrase for phrase in phrases if _in_vocabulary(model, phrase)]
        self._kaldi = vosk.KaldiRecognizer(model, MODEL_RATE, json.dumps([*known, _UNKNOWN]))
        self._kaldi.SetWords(True)
        self._detector = webrtcvad.Vad(2)
        self._rest = b""
        self._frames: list[bytes] = []
        """The stretch so far, or the last few quiet frames."""
        self._first = 0
        """Number of the first kept frame since the stream began."""
        self._voiced = 0
        self._quiet = 0
        self._given = get_used_to(self._kaldi, voice)
        """Seconds given to the recogniser: its own clock."""

    def feed(self, wide: bytes) -> list[Word]:
        """Take 16 kHz PCM; return the words of stretches that ended, in seconds of the stream."""
        data = self._rest + wide
        whole = len(data) // _FRAME * _FRAME
        self._rest = data[whole:]
        return [w for at in range(0, whole, _FRAME) for w in self._frame(data[at : at + _FRAME])]

    def finish(self) -> list[Word]:
        """End the stretch that is open, if any."""
        return self._hear()

    def _frame(self, frame: bytes) -> list[Word]:
        self._frames.append(frame)
        if self._detector.is_speech(frame, MODEL_RATE):
            self._voiced += 1
            self._quiet = 0
        else:
            self._quiet += 1
        if not self._voiced:
            if len(self._frames) > _LEAD:
                self._drop(1)
            return []
        if self._quiet >= _ENDS_AFTER or len(self._frames) >= _LONGEST:
            return self._hear()
        return []

    def _hear(self) -> list[Word]:
        words: list[Word] = []
        if self._voiced >= _LEAST:
            shift = self._first * _FRAME_SECONDS - self._given
            stretch = b"".join(self._frames)
            self._kaldi.AcceptWaveform(stretch)
            result = json.loads(end_utterance(self._kaldi)).get("result", ())
            self._given += len(stretch) / 2 / MODEL_RATE + PAUSE_SECONDS
            words = [
                Word(w["word"], max(0.0, w["start"] + shift), w["end"] + shift, min(1.0, w["conf"]))
                for w in result
                if w["word"] != _UNKNOWN
            ]
        self._drop(len(self._frames))
        self._voiced = self._quiet = 0
        return words

    def _drop(self, count: int) -> None:
        del self._frames[:count]
        self._first += count
