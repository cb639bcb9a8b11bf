"""What the recogniser hears, by how hard it searches and by how 8 kHz is brought to its rate.

``python -m bench.hearing`` decodes ten calls (bench/talks.py) with each choice of beam, max-active and
lattice-beam and prints word errors and CPU per second of audio, on the agent's 16 kHz and the debtor's 8 kHz
leg. ``--widening`` does the same for ways to widen 8 kHz, ``--voice`` for how much of its own speech a leg's
recogniser is used to. ``--human DIR --human-text FILE`` adds recordings
of people: 8 kHz WAV files named as in the lines ``name: what is said`` of the text (Asterisk's prompts do).
One JSON line a row: choices can be compared, and any row printed again. Takes 10 to 20 minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import platformdirs
import soxr
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from bench.talks import Talk, mu_law, talks, to_pcm
from compliance.transcription.decoding import Decoding
from compliance.transcription.engine import Engine
from compliance.transcription.field_talk import taught_model
from compliance.transcription.model import fetch_model, find_model
from compliance.transcription.voice import own_voice
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE, Widener
from compliance.transcription.words import Leg, Source

CHOICES: tuple[Decoding | None, ...] = (
    None,
    Decoding(10, 3000, 6),
    Decoding(12, 5000, 4),
    Decoding(13, 7000, 2),
    Decoding(13, 7000, 6),
    Decoding(15, 10000, 8),
)
VOICES = (0.0, 2.0, 4.0, 6.0, 8.0, 12.0)
"""Seconds of its own speech that a leg's recogniser is given beforehand."""
PROMPTS = 30
"""Recordings of people that are heard: the first so many of four words or more."""

Widen = Callable[[bytes], bytes]


def main() -> None:
    """Print a JSON line for each choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10)
    parser.add_argument("--widening", action="store_true", help="compare ways to widen instead")
    parser.add_argument("--voice", action="store_true", help="compare how much of a voice is got used to")
    parser.add_argument("--human", type=Path, help="directory of 8 kHz WAV files of people")
    parser.add_argument("--human-text", type=Path, help="what they say, 'name: words' a line")
    options = parser.parse_args()
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    model = the_model(cache)
    calls = talks(cache, options.calls)
    people = prompts(options.human, options.human_text) if options.human else []
    if options.widening:
        engine = Engine(model)
        for name, widen in WAYS.items():
            print(json.dumps({"widening": name, **narrow(engine, calls, people, widen)}), flush=True)
        return
    if options.voice:
        engine = Engine(taught_model(model, cache))
        for seconds in VOICES:
            used = {"voice_seconds": seconds, **wide(engine, calls, seconds)}
            print(json.dumps({**used, **narrow(engine, calls, people, voice=seconds)}), flush=True)
        return
    for choice in CHOICES:
        engine = Engine(model, choice)
        row = {"decoding": str(choice or "the model's own"), **wide(engine, calls)}
        print(json.dumps({**row, **narrow(engine, calls, people)}), flush=True)


def the_model(cache: Path) -> Path:
    """The configured model, else the small one, fetched where it is not there."""
    configured = os.environ.get("DUNLINE_VOSK_MODEL")
    return find_model(Path(configured) if configured else None, cache) or fetch_model(
        cache, lambda label, done, total: None
    )


def wide(engine: Engine, calls: Sequence[Talk], voice: float = 0.0) -> dict[str, float]:
    """Word error rate and CPU on the agents' legs."""
    heard = [(talk.said(Leg.AGENT), talk.spoken(Leg.AGENT)) for talk in calls]
    errors, cpu = rates(engine, heard, MODEL_RATE, voice)
    return {"agent_16k_wer": errors, "agent_cpu": cpu}


def narrow(
    engine: Engine,
    calls: Sequence[Talk],
    people: Sequence[tuple[list[str], bytes]],
    widen: Widen | None = None,
    voice: float = 0.0,
) -> dict[str, float]:
    """Word error rate and CPU on the debtors' legs, and on people's recordings where there are any."""
    rate = NARROW_RATE if widen is None else MODEL_RATE
    change = widen or (lambda pcm: pcm)
    heard = [(talk.said(Leg.DEBTOR), change(talk.spoken(Leg.DEBTOR))) for talk in calls]
    errors, cpu = rates(engine, heard, rate, voice)
    found = {"debtor_8k_wer": errors, "debtor_cpu": cpu}
    if people:
        found["people_8k_wer"] = rates(engine, [(said, change(pcm)) for said, pcm in people], rate, voice)[0]
    return found


def rates(
    engine: Engine, items: Sequence[tuple[list[str], bytes]], rate: int, voice: float
) -> tuple[float, float]:
    """Errors per word said, and CPU seconds per second of audio; used to `voice` seconds of each leg."""
    wrong = words = 0
    seconds = sum(len(pcm) for _, pcm in items) / 2 / rate
    before = time.process_time()
    for said, pcm in items:
        own = own_voice(pcm, rate, voice)
        ear = engine.open_leg(Leg.DEBTOR, rate, source=Source.RECORDING, partials=False, voice=own)
        step = rate // 5 * 2
        finals = [u for at in range(0, len(pcm), step) for u in ear.feed(pcm[at : at + step])] + ear.finish()
        heard = " ".join(u.text for u in finals).split()
        wrong += Levenshtein.distance(said, heard)
        words += len(said)
    return round(wrong / words, 3), round((time.process_time() - before) / seconds, 3)


def prompts(folder: Path, text: Path) -> list[tuple[list[str], bytes]]:
    """Read recordings of people, through mu-law, with half a second of silence around each."""
    found = []
    for line in text.read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(":")
        said = re.findall(r"[a-z']+", words.lower())
        file = folder / f"{name.strip()}.wav"
        if len(said) < 4 or re.search(r"[\d\[(<]", words) or not file.is_file():
            continue
        with wave.open(str(file)) as audio:
            samples = np.frombuffer(audio.readframes(audio.getnframes()), "<i2") / 32768
        found.append((said, to_pcm(np.pad(mu_law(samples), NARROW_RATE // 2))))
        if len(found) == PROMPTS:
            break
    return found


def _with(way: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Widen:
    return lambda pcm: to_pcm(way(np.frombuffer(pcm, "<i2") / 32768))


def _flat_noise(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resample and lay faint noise of one level over everything, as dither would."""
    return np.asarray(
        soxr.resample(x, NARROW_RATE, MODEL_RATE)
        + np.random.default_rng(1).normal(0, 0.002, round(len(x) * MODEL_RATE / NARROW_RATE))
    )


def _folded(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Resample and mirror the upper half of the band, 12 dB down, into the empty one."""
    up = np.zeros(2 * len(x))
    up[0::2] = 2 * x
    low = soxr.resample(x, NARROW_RATE, MODEL_RATE)[: len(up)]
    low = np.pad(low, (0, len(up) - len(low)))
    return np.asarray(low + 0.25 * (up - low))


WAYS: dict[str, Widen] = {
    "resampled": _with(lambda x: np.asarray(soxr.resample(x, NARROW_RATE, MODEL_RATE))),
    "repeated": _with(lambda x: np.repeat(x, 2)),
    "joined by lines": _with(
        lambda x: np.asarray(np.interp(np.arange(2 * len(x)) / 2, np.arange(len(x)), x))
    ),
    "mirrored 12 dB down": _with(_folded),
    "resampled with flat noise": _with(_flat_noise),
    "shaped noise (Widener)": lambda pcm: Widener().feed(pcm),
}


if __name__ == "__main__":
    main()
