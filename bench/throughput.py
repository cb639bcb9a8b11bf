"""How much hearing a core does: calls after the fact, legs live, and memory a leg, against a bare Vosk loop.

``python -m bench.throughput`` prints one JSON line. Calls decoded after the fact per core-hour, by the whole
pass (widening, getting used to the voice, decoding, judging) and by the shortest program that decodes the
same audio with the same choices, once with the voice before each leg as the pass has it and once without;
legs two cores hold at real time, from CPU seconds per second of audio, live, whole path against bare; the
share of the bare loop that is left (goal: at least 0.95 of it); memory a further live leg takes.
The two sides alternate and the lowest of each counts: the machine may be shared. ``--legs N`` also feeds
N legs at the speed of life for half a minute and prints how far the furthest fell behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import platformdirs
import vosk

from bench.again import judge
from bench.hearing import the_model
from bench.talks import Talk, talks
from compliance.checks.facts import FactFinder
from compliance.checks.live import LiveChecks
from compliance.checks.rules import load_speech_rules
from compliance.transcription.decoding import THOROUGH, as_decoded
from compliance.transcription.engine import Engine
from compliance.transcription.live import LiveTranscriber, transcribe
from compliance.transcription.voice import own_voice
from compliance.transcription.widen import MODEL_RATE, NARROW_RATE, widened
from compliance.transcription.words import Leg, Utterance

CORES = 2
MEMORY_LEGS = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--calls", type=int, default=2)
    parser.add_argument("--legs", type=int, default=0, help="feed so many legs at the speed of life")
    options = parser.parse_args()
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    model = the_model(cache)
    calls = talks(cache, options.calls)
    live, thorough = Engine(model), Engine(model, THOROUGH)
    with as_decoded(model, THOROUGH) as place:
        bare_thorough = vosk.Model(str(place))
    bare_live = vosk.Model(str(model))
    rules = load_speech_rules()
    ready = [wide(talk) for talk in calls]
    used = [[voice + pcm for voice, pcm in zip(voices(talk), wide(talk), strict=True)] for talk in calls]
    names = ("after", "bare after", "bare after, no voice", "live", "bare live")
    costs: dict[str, list[float]] = {name: [] for name in names}

    def after() -> None:
        for talk in calls:
            judge(rules, [u for leg in Leg for u in transcribe(thorough, *talk.leg(leg), leg)])

    for _ in range(options.rounds):
        costs["bare after"].append(cpu(lambda: bare(bare_thorough, used, partials=False)))
        costs["bare after, no voice"].append(cpu(lambda: bare(bare_thorough, ready, partials=False)))
        costs["after"].append(cpu(after))
        costs["bare live"].append(cpu(lambda: bare(bare_live, ready, partials=True)))
        costs["live"].append(cpu(lambda: asyncio.run(live_legs(live, calls))))
    least = {name: min(found) for name, found in costs.items()}
    seconds = sum(talk.seconds for talk in calls)
    result: dict[str, object] = {
        "bench": "throughput",
        "model": live.name,
        "seconds_a_call": round(seconds / len(calls), 1),
        "calls_after_the_fact_per_core_hour": round(3600 * len(calls) / least["after"]),
        "bare_calls_per_core_hour": round(3600 * len(calls) / least["bare after"]),
        "after_share_of_bare": round(least["bare after"] / least["after"], 3),
        "after_share_of_bare_without_voices": round(least["bare after, no voice"] / least["after"], 3),
        "legs_live_on_2_cores": round(CORES * 2 * seconds / least["live"], 1),
        "bare_legs_on_2_cores": round(CORES * 2 * seconds / least["bare live"], 1),
        "live_share_of_bare": round(least["bare live"] / least["live"], 3),
        "mib_a_leg": round(memory_a_leg(live, calls[0]), 2),
    }
    if options.legs:
        result["legs_fed"] = options.legs
        result["furthest_behind_seconds"] = round(asyncio.run(real_time(live, calls[0], options.legs)), 2)
    print(json.dumps(result))


def cpu(work: Callable[[], None]) -> float:
    """CPU seconds the process spends on `work`, all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def wide(talk: Talk) -> list[bytes]:
    """Both legs at the model's rate, for the bare loop: widening is work of ours, not of Vosk's."""
    return [widened(*talk.leg(leg)) for leg in Leg]


def voices(talk: Talk) -> list[bytes]:
    """What is heard before each leg, at the model's rate."""
    return [widened(own_voice(*talk.leg(leg)), talk.leg(leg)[1]) for leg in Leg]


def bare(model: vosk.Model, calls: list[list[bytes]], *, partials: bool) -> None:
    """Decode every leg as the shortest possible program would, one after the other."""
    step = MODEL_RATE // 5 * 2 if not partials else MODEL_RATE // 10 * 2
    for legs in calls:
        for pcm in legs:
            recogniser = vosk.KaldiRecognizer(model, MODEL_RATE)
            recogniser.SetWords(True)
            for at in range(0, len(pcm), step):
                if recogniser.AcceptWaveform(pcm[at : at + step]):
                    json.loads(recogniser.Result())
                elif partials:
                    json.loads(recogniser.PartialResult())
            json.loads(recogniser.FinalResult())


async def live_legs(engine: Engine, calls: list[Talk]) -> None:
    """Feed each call's legs in 20 ms frames as taps would, one worker, judged as it goes."""
    for number, talk in enumerate(calls):
        checks = LiveChecks(
            load_speech_rules(), "consumer-third-party", party_name="x", collector_name="x", company="x"
        )
        facts = FactFinder(_TODAY)

        def heard(
            _: str, utterance: Utterance, checks: LiveChecks = checks, facts: FactFinder = facts
        ) -> None:
            checks.hear(utterance)
            facts.hear(utterance)

        def gap(_: str, leg: Leg, start: float, end: float | None) -> None:
            raise AssertionError(f"the benchmark fell behind: {leg} {start} to {end}")

        live = LiveTranscriber(engine, heard, gap, workers=1, behind_limit=5.0)
        name = f"call-{number}"
        legs = {leg: talk.leg(leg) for leg in Leg}
        for leg, (_, rate) in legs.items():
            live.open(name, leg, rate)
        for n in range(int(talk.seconds * 50)):
            for leg, (pcm, rate) in legs.items():
                size = rate // 50 * 2
                live.feed(name, leg, n / 50, pcm[n * size : (n + 1) * size])
            await asyncio.sleep(0)
            while live.behind_seconds > 0.3:
                await asyncio.sleep(0.02)
        await live.close(name)
        await live.stop()


async def real_time(engine: Engine, talk: Talk, legs: int) -> float:
    """Feed `legs` agents' legs at the speed of life; return the furthest any fell behind (s)."""
    behind = 0.0
    live = LiveTranscriber(engine, lambda *_: None, lambda *_: None, workers=CORES, behind_limit=30.0)
    size = MODEL_RATE // 50 * 2
    for n in range(legs):
        live.open(f"call-{n}", Leg.AGENT, MODEL_RATE)
    began = time.monotonic()
    for n in range(min(1500, len(talk.agent) // size)):
        for k in range(legs):
            at = (n + 137 * k) % (len(talk.agent) // size)  # not all the same second at once
            live.feed(f"call-{k}", Leg.AGENT, n / 50, talk.agent[at * size : (at + 1) * size])
        behind = max(behind, live.behind_seconds)
        await asyncio.sleep(max(0.0, began + (n + 1) / 50 - time.monotonic()))
    await live.stop()
    return behind


def memory_a_leg(engine: Engine, talk: Talk) -> float:
    """MiB of resident memory a further leg takes once it has heard ten seconds."""
    pcm = talk.debtor[: 10 * NARROW_RATE * 2]
    first = engine.open_leg(Leg.DEBTOR, NARROW_RATE)  # what all legs share is there after one
    first.feed(pcm)
    before = resident()
    legs = [engine.open_leg(Leg.DEBTOR, NARROW_RATE) for _ in range(MEMORY_LEGS)]
    for leg in legs:
        leg.feed(pcm)
    return (resident() - before) / MEMORY_LEGS


def resident() -> float:
    """Resident memory of this process in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


_TODAY = date(2026, 11, 18)

if __name__ == "__main__":
    main()
