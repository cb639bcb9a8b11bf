"""Speaks a script into a labelled call's folder: two recordings, and ``call.toml``, what is true of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np

from bench.labelled.script import Script
from bench.labelled.sound import NARROW, Samples, Voices, noisy, telephone, wideband, write_wav
from compliance.checks.rules import SpeechRules
from compliance.transcription.words import Leg
from dialer.practice.say_aloud import words_to_say
from dialer.practice.voices import RATE

DAY = date(2026, 11, 18)
"""The debtor's local date on every call, a Wednesday."""
LEAD_SECONDS = 0.4
TAIL_SECONDS = 1.2


def make_call(script: Script, rules: SpeechRules, voices: Voices, folder: Path) -> float:
    """Write the call's folder; returns its length in seconds."""
    spoken, seconds = _speak(script, voices)
    count = round(seconds * RATE)
    folder.mkdir(parents=True, exist_ok=True)
    for leg in Leg:
        line = np.zeros(count)
        voiced: list[Samples] = []
        for at, samples, number in spoken:
            if script.lines[number].leg is leg:
                first = round(at * RATE)
                line[first : first + len(samples)] += samples
                voiced.append(samples)
        together = np.concatenate(voiced) if voiced else np.zeros(1)
        cast = script.cast[leg]
        sound = noisy(line, float(np.sqrt(np.mean(together**2))), cast.snr, _seed(script, leg))
        if leg is Leg.AGENT:
            write_wav(folder / "agent.wav", wideband(sound), RATE)
        else:
            write_wav(folder / "debtor.wav", telephone(sound), NARROW)
    label = _label(script, rules, [(at, at + len(x) / RATE, n) for at, x, n in spoken])
    (folder / "call.toml").write_text(label, encoding="utf-8")
    return seconds


def _seed(script: Script, leg: Leg) -> int:
    return int.from_bytes(hashlib.sha256(f"{script.drawn_as} {script.id} {leg}".encode()).digest()[:6], "big")


def _speak(script: Script, voices: Voices) -> tuple[list[tuple[float, Samples, int]], float]:
    """Return each line's second, samples and number, and how long the call is."""
    spoken: list[tuple[float, Samples, int]] = []
    free = dict.fromkeys(Leg, LEAD_SECONDS)
    at = LEAD_SECONDS
    for number, line in enumerate(script.lines):
        if line.leg is None:
            at += line.gap
            continue
        cast = script.cast[line.leg]
        samples = voices.say(words_to_say(line.text), cast.voice, cast.pitch, cast.tempo, cast.gain)
        # Nobody talks over himself.
        start = max(LEAD_SECONDS, at + line.gap if spoken else LEAD_SECONDS, free[line.leg])
        spoken.append((start, samples, number))
        at = start + len(samples) / RATE
        free[line.leg] = at + 0.15
    return spoken, max(at, *free.values()) + TAIL_SECONDS


def _label(script: Script, rules: SpeechRules, times: list[tuple[float, float, int]]) -> str:
    """Return the text of ``call.toml``."""
    out = [f"set = {_toml(script.part)}"]
    named = ("profile", "company", "collector", "party")
    out += [f"{key} = {_toml(getattr(script, key))}" for key in named]
    out.append(f"date = {DAY.isoformat()}")
    extra = script.extra
    taken = ("purpose", "authorities", "silent", "excuse")
    out += [f"{key} = {_toml(extra[key])}" for key in taken if key in extra]
    for kind in ("promise", "callback"):
        if kind in extra:
            out += ["", "[[fact]]", f"kind = {_toml(kind)}"]
            out += [f"{key} = {_toml(value)}" for key, value in extra[kind].items()]
    heard: dict[str, float] = {}
    for start, end, number in times:
        for rule in script.lines[number].rules:
            heard.setdefault(rule, end)
            out += _expect(rule, start, end)
    for key, verdict in (("missing", ["missing"]), ("doubtful", ["missing", "inconclusive"])):
        for rule in extra.get(key, ()):
            due = _due(rule, rules, heard)
            out += _expect(rule, due, due, verdict)
    for start, end, number in times:
        line = script.lines[number]
        assert line.leg is not None
        out += ["", "[[said]]", f"leg = {_toml(line.leg.value)}"]
        out += [f"start = {start:.2f}", f"end = {end:.2f}", f"text = {_toml(words_to_say(line.text))}"]
    out += ["", "[notes]"]
    for leg, cast in script.cast.items():
        noise = "quiet room" if cast.snr is None else f"{cast.snr:g} dB"
        out.append(f"{leg.value}_voice = {_toml(f'{cast.voice} {cast.pitch:g}')}")
        out.append(f"{leg.value}_noise = {_toml(noise)}")
    return "\n".join(out) + "\n"


def _expect(rule: str, start: float, end: float, verdicts: list[str] | None = None) -> list[str]:
    lines = ["", "[[expect]]", f"rule = {_toml(rule)}"]
    if verdicts is not None:
        lines.append(f"verdict = {_toml(verdicts if len(verdicts) > 1 else verdicts[0])}")
    return [*lines, f"at = {start:.2f}", f"until = {end:.2f}"]


def _due(rule_id: str, rules: SpeechRules, heard: Mapping[str, float]) -> float:
    deadline = rules[rule_id].deadline
    assert deadline is not None, rule_id
    return deadline.seconds + (0.0 if deadline.after == "talk" else heard[deadline.after])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        raise TypeError(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, (date, time)):
        return value.isoformat()
    # A JSON string without control characters is a TOML basic string.
    return json.dumps(value, ensure_ascii=False)
