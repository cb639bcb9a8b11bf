"""Labelled calls through the product's own path: its engine, its checks, its facts and excuses.

What was heard is kept in the cache by a hash of the audio, the engine and the code that hears, so that
judging again after a rule changed takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.checks.facts import FactFinder
from compliance.checks.finding import CaughtKind
from compliance.checks.listen_for import introductions
from compliance.checks.live import LiveChecks
from compliance.checks.other_readings import READ_OTHERWISE
from compliance.checks.rules import SpeechRules
from compliance.checks.whole import judge_whole
from compliance.evaluation.audio import read_leg
from compliance.evaluation.heard import (
    HeardCall,
    HeardLeg,
    leg_from_plain,
    leg_to_plain,
    readings_from_plain,
    readings_to_plain,
    with_second,
    words_from_plain,
    words_to_plain,
)
from compliance.evaluation.labels import LABEL_FILE, LabelledCall, read_folder
from compliance.evaluation.scoring import Judged
from compliance.transcription.words import Leg, Reading, Word
from workstation.desk.money import decimal_places

if TYPE_CHECKING:
    from compliance.transcription.engine import RecordingEngine
    from scripts.catalog import Catalog

Progress = Callable[[str, int, int], None]
_FORMAT = "1"
"""Part of every cache key: change it when what is kept changes."""
_HEARING = ("widen.py", "voice.py")
"""Code of compliance.transcription that words depend on: a change there makes what is kept worthless."""
_HEARING_AGAIN = (*_HEARING, "second.py")
_READING = (*_HEARING, "readings.py")


def listen(
    folder: Path, calls: Sequence[LabelledCall], engine: RecordingEngine, cache: Path, progress: Progress
) -> list[HeardCall]:
    """Decode both legs of every call, or take them from the cache. Raises LabelError, EngineError."""
    kept = cache / "heard"
    kept.mkdir(parents=True, exist_ok=True)
    done, lock = 0, threading.Lock()
    key = _key(engine.name, _HEARING)

    def hear(call: LabelledCall) -> HeardCall:
        nonlocal done
        legs = {
            leg: _leg(folder / call.id / call.audio[leg], leg, call.party, engine, kept, key) for leg in Leg
        }
        text = (folder / call.id / LABEL_FILE).read_text(encoding="utf-8")
        with lock:
            done += 1
            progress("hearing calls", done, len(calls))
        return HeardCall(call, text, legs, engine.name)

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as workers:
        return list(workers.map(hear, calls))


def _key(what: str, code: Sequence[str]) -> bytes:
    import compliance.transcription as hearing

    digest = hashlib.sha256(f"{_FORMAT}\0{what}\0".encode())
    for name in code:
        digest.update((Path(hearing.__path__[0]) / name).read_bytes())
    return digest.digest()


def _leg(path: Path, leg: Leg, party: str, engine: RecordingEngine, kept: Path, key: bytes) -> HeardLeg:
    from compliance.transcription.readings import with_readings

    pcm, rate = read_leg(path)
    heard = with_second(
        _first(pcm, rate, leg, engine, kept, key), _second(pcm, rate, leg, engine, kept, introductions(party))
    )
    if leg is not READ_OTHERWISE:
        return heard
    return replace(heard, utterances=with_readings(heard.utterances, _readings(pcm, rate, engine, kept)))


def _second(
    pcm: bytes, rate: int, leg: Leg, engine: RecordingEngine, kept: Path, also: Sequence[str]
) -> tuple[Word, ...]:
    """What a second listening heard, in the cache by what it listened for."""
    if not (phrases := engine.listen_for.get(leg)):
        return ()
    key = _key("\0".join((engine.name, leg, str(rate), *phrases, *also)), _HEARING_AGAIN)
    place = kept / f"{hashlib.sha256(key + pcm).hexdigest()[:40]}.second"
    try:
        return words_from_plain(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        pass  # not kept, or half of it: hear it
    return words_from_plain(_keep(place, words_to_plain(engine.listen_again(leg, pcm, rate, also))))


def _readings(pcm: bytes, rate: int, engine: RecordingEngine, kept: Path) -> list[tuple[Reading, ...]]:
    """How else a leg may be read, in the cache."""
    place = (
        kept / f"{hashlib.sha256(_key(f'{engine.name} {rate}', _READING) + pcm).hexdigest()[:40]}.readings"
    )
    try:
        return [readings_from_plain(lines) for lines in json.loads(place.read_text(encoding="utf-8"))]
    except (OSError, ValueError):
        pass  # not kept, or half of it: hear it
    heard = [readings_to_plain(readings) for readings in engine.readings(pcm, rate)]
    return [readings_from_plain(lines) for lines in json.loads(_keep(place, json.dumps(heard)))]


def _keep(place: Path, text: str) -> str:
    part = place.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
    part.write_text(text, encoding="utf-8")
    part.replace(place)
    return text


def _first(pcm: bytes, rate: int, leg: Leg, engine: RecordingEngine, kept: Path, key: bytes) -> HeardLeg:
    from compliance.transcription.live import transcribe
    from compliance.transcription.voiced import voiced_spans

    place = kept / f"{hashlib.sha256(key + f'{leg} {rate} '.encode() + pcm).hexdigest()[:40]}.json"
    try:
        return leg_from_plain(json.loads(place.read_text(encoding="utf-8")), leg)
    except (OSError, ValueError, KeyError):
        pass  # not kept, or half of it: hear it
    began = time.thread_time()
    utterances = transcribe(engine.once(), pcm, rate, leg)
    heard = HeardLeg(
        tuple(utterances), tuple(voiced_spans(pcm, rate)), len(pcm) / 2 / rate, time.thread_time() - began
    )
    plain = leg_to_plain(heard)
    _keep(place, json.dumps(plain))
    # As it will be read next time, rounded: the same figures whether kept or new.
    return leg_from_plain(plain, leg)


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Judges what was heard as a call would be, after the fact."""

    rules: SpeechRules
    catalog: Catalog

    def checks(self, label: LabelledCall) -> LiveChecks:
        """The speech checks of one call."""
        return LiveChecks(
            self.rules,
            label.profile,
            party_name=label.party,
            collector_name=label.collector,
            company=label.company,
            authorities=label.authorities,
            purpose=label.purpose,
        )

    def judge(self, heard: HeardCall) -> Judged:
        """Hold a call's words against the rules, and look for facts and excuses. Raises UnknownScript."""
        began = time.thread_time()
        label = heard.label
        utterances = sorted((u for leg in heard.legs.values() for u in leg.utterances), key=lambda u: u.end)
        checks = self.checks(label)
        for leg, part in heard.legs.items():
            checks.voiced(leg, part.voiced)
        findings = judge_whole(checks, utterances, talk=label.talk)
        finder = FactFinder(label.day, exponent=decimal_places(label.currency), party_name=label.party)
        caught = [
            fact
            for utterance in utterances
            for fact in finder.hear(utterance)
            # As on a live call: of the collector's amounts only a read-back, with its day, counts.
            if fact.leg is Leg.DEBTOR or fact.day or fact.kind is not CaughtKind.PROMISE
        ]
        offered: list[str] = []
        for utterance in utterances:
            if utterance.leg is Leg.DEBTOR:
                again = " ".join(word.text for word in utterance.second)
                matches = self.catalog.recognise(utterance.text, label.profile, label.stage, again)
                offered += [m.excuse.id for m in matches]
        return Judged(findings, caught, list(dict.fromkeys(offered)), time.thread_time() - began)

    def judge_all(self, calls: Iterable[HeardCall], progress: Progress) -> Iterator[tuple[HeardCall, Judged]]:
        """Judge every call."""
        every = list(calls)
        for n, heard in enumerate(every, 1):
            yield heard, self.judge(heard)
            progress("judging calls", n, len(every))


def read_calls(
    place: Path, engine: Callable[[], RecordingEngine], cache: Path, progress: Progress, part: str = "all"
) -> list[HeardCall]:
    """Read a folder of labelled calls and hear them, or read a kept evaluation, which needs no engine.

    `part` is ``development``, ``seen``, ``held`` or ``all``. Raises LabelError, EngineError.
    """
    from compliance.evaluation.heard import read_kept

    if place.is_file():
        return [c for c in read_kept(place) if part in ("all", c.label.part.value)]
    calls = [c for c in read_folder(place) if part in ("all", c.part.value)]
    return listen(place, calls, engine(), cache, progress)
