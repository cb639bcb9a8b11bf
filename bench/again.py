"""Whether hearing a call again makes it better: words and findings, first heard against heard again.

``python -m bench.again`` decodes twenty calls (bench/talks.py) as they are heard live, by the thorough pass,
and with ``--whisper SETTING`` by the second engine, and judges each transcript. What a finding should be is
what the same rules say of the words that were truly said. A JSON line an engine: word error rate, CPU seconds
per second of audio by leg; findings that are right, missed, wrong (false alarms) and left inconclusive.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import platformdirs
from rapidfuzz.distance import Levenshtein

from bench.hearing import the_model
from bench.talks import COLLECTOR, COMPANY, PARTY, PROFILE, Talk, talks
from compliance.checks.finding import Finding, Heard
from compliance.checks.live import LiveChecks
from compliance.checks.rules import SpeechRules, load_speech_rules
from compliance.transcription.decoding import THOROUGH
from compliance.transcription.engine import Engine, SpeechEngine
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Utterance


def main() -> None:
    """Print a line for each way of hearing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--whisper", default="", help="a model directory, or package:NAME")
    options = parser.parse_args()
    cache = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    model = the_model(cache)
    calls = talks(cache, options.calls)
    engines: list[tuple[str, SpeechEngine]] = [("live", Engine(model)), ("thorough", Engine(model, THOROUGH))]
    if options.whisper:
        from compliance.transcription.whisper import WhisperEngine

        engines.insert(1, ("second engine", WhisperEngine(options.whisper)))
    for name, engine in engines:
        print(json.dumps({"bench": "again", "heard": name, **measure(engine, calls)}), flush=True)


def measure(engine: SpeechEngine, calls: Sequence[Talk]) -> dict[str, object]:
    """Hear and judge every call with one engine."""
    rules = load_speech_rules()
    wrong, said, cpu, seconds = Counter[Leg](), Counter[Leg](), Counter[Leg](), 0.0
    score = Counter[str]()
    for talk in calls:
        words: list[Utterance] = []
        seconds += talk.seconds
        for leg in Leg:
            before = time.process_time()
            heard = transcribe(engine, *talk.leg(leg), leg)
            cpu[leg] += time.process_time() - before  # type: ignore[assignment]  # a Counter adds floats too
            wrong[leg] += Levenshtein.distance(talk.said(leg), " ".join(u.text for u in heard).split())
            said[leg] += len(talk.said(leg))
            words += heard
        truth = judge(rules, [line.as_heard() for line in talk.lines])
        score += compare(judge(rules, words), truth)
    return {
        "engine": engine.name,
        "calls": len(calls),
        "audio_seconds_a_leg": round(seconds),
        **{f"{leg.value}_wer": round(wrong[leg] / said[leg], 3) for leg in Leg},
        **{f"{leg.value}_cpu": round(cpu[leg] / seconds, 3) for leg in Leg},
        "findings": {name: score[name] for name in ("right", "missed", "wrong", "inconclusive")},
    }


def judge(rules: SpeechRules, heard: Sequence[Utterance]) -> list[Finding]:
    """Hold a call's words against the rules."""
    checks = LiveChecks(rules, PROFILE, party_name=PARTY, collector_name=COLLECTOR, company=COMPANY)
    checks.talk_began(0.0)
    words = sorted(heard, key=lambda u: u.start)
    found = [f for u in words for f in checks.hear(u)]
    found += checks.tick(max((u.end for u in words), default=0.0))
    return [*found, *checks.finish()]


def compare(found: Sequence[Finding], truth: Sequence[Finding]) -> Counter[str]:
    """Count findings of a call that are right, missed, wrong and inconclusive; each rule once a verdict."""
    sure = {(f.rule_id, f.verdict) for f in found if f.verdict is not Heard.INCONCLUSIVE}
    doubt = {f.rule_id for f in found if f.verdict is Heard.INCONCLUSIVE} - {rule for rule, _ in sure}
    due = {(f.rule_id, f.verdict) for f in truth if f.verdict is not Heard.INCONCLUSIVE}
    return Counter(
        right=len(sure & due),
        missed=len({x for x in due - sure if x[0] not in doubt}),
        wrong=len(sure - due),
        inconclusive=len(doubt),
    )


if __name__ == "__main__":
    main()
