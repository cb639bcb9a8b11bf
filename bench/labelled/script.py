"""Reading the written calls in ``calls/*.toml`` and casting them: in which voice, how soon, how loud.

Everything left to chance comes from a seed and the call's name: a call sounds the same in every run, and does
not change when another one is added.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from compliance.transcription.words import Leg

CALLS = Path(__file__).with_name("calls")
PROFILES = {
    "third": "consumer-third-party",
    "b2b": "b2b-first-party",
    "consumer": "consumer-first-party",
}
"""The profile of a call by its opening."""
SPEAKERS: Mapping[Leg, Sequence[tuple[str, float, int]]] = {
    Leg.AGENT: (("joe", 1.0, 5), ("joe", 0.94, 3), ("joe", 1.06, 3), ("joe", 1.12, 2), ("rms", 1.0, 2)),
    Leg.DEBTOR: (
        *(("joe", 0.92, 3), ("joe", 1.0, 2), ("joe", 1.2, 3), ("joe", 1.35, 3)),
        *(("slt", 1.0, 2), ("rms", 1.0, 1), ("awb", 1.0, 1)),
    ),
}
"""Voice, pitch, and how often it is cast. joe is neural (Piper), the others are Flite's."""
TEMPOS = (0.94, 1.0, 1.0, 1.07)
NOISES: Mapping[Leg, Sequence[tuple[float | None, int]]] = {
    Leg.AGENT: ((None, 5), (30.0, 3), (20.0, 2)),
    Leg.DEBTOR: ((None, 4), (30.0, 3), (20.0, 3)),
}
"""Signal-to-noise ratios in dB; None is a quiet room."""
_LINE = re.compile(r"(?P<who>[ADP]): *(?P<text>.*?)(?: *=> *(?P<rules>[a-z.\-, ]+))?$")
_SUFFIX = re.compile(r",? (?:Inc\.?|LLC|Ltd\.?)$")


class ScriptError(Exception):
    """A written call is wrong; the message names file, call and line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said, or a pause."""

    leg: Leg | None
    """None is a pause."""
    text: str = ""
    rules: tuple[str, ...] = ()
    gap: float = 0.0
    """Seconds from the end of the line before; negative where the speakers overlap. A pause's length."""


@dataclass(frozen=True, slots=True)
class Cast:
    """How a leg sounds."""

    voice: str
    pitch: float
    tempo: float
    gain: float
    snr: float | None


@dataclass(frozen=True, slots=True)
class Script:
    """A call ready to be spoken."""

    file: str
    """The name of the file it is written in, such as ``seen-7``: two may name a call the same."""
    id: str
    part: str
    profile: str
    company: str
    collector: str
    party: str
    lines: tuple[Line, ...]
    cast: Mapping[Leg, Cast]
    drawn_as: str
    """The name its noises are drawn under: its part's, or that of the part it was once in."""
    extra: Mapping[str, Any]
    """What the label takes over as written: missing, doubtful, silent, promise, excuse …"""


def read_scripts(folder: Path = CALLS) -> list[Script]:
    """Read every written call. Raises ScriptError."""
    return [script for path in sorted(folder.glob("*.toml")) for script in _read(path)]


def with_noise(script: Script, snr: float | None) -> Script:
    """Return the call with both legs at one signal-to-noise ratio."""
    return replace(script, cast={leg: replace(cast, snr=snr) for leg, cast in script.cast.items()})


def _read(path: Path) -> list[Script]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    out, ids = [], set()
    for number, call in enumerate(data["call"]):
        if call["id"] in ids:
            raise ScriptError(f"{path.name}: two calls are named {call['id']!r}")
        ids.add(call["id"])
        out.append(_script(path, data, call, number))
    return out


def _script(path: Path, data: Mapping[str, Any], call: Mapping[str, Any], number: int) -> Script:
    chance = random.Random(f"{data['seed']} {call['id']}")
    company = _turn(data["companies"], number)
    collector = _turn(data["collectors"], number // len(data["companies"]))
    party = _turn(data["parties"], number)
    names = {
        "company": _SUFFIX.sub("", company),
        "collector": collector,
        "party": party,
        "first": party.split()[0],
    }
    opening = _turn(data["openings"][call["open"]], number) if call["open"] else ""
    where = f"{path.name}, call {call['id']}"
    written = (opening + "\n" + call["body"]).splitlines()
    lines = [_line(text.strip(), names, chance, where) for text in written if text.strip()]
    known = {"id", "open", "body", "profile"}
    return Script(
        file=path.stem,
        id=call["id"],
        part=data["set"],
        profile=call.get("profile") or PROFILES[call["open"]],
        company=company,
        collector=collector,
        party=party,
        lines=tuple(lines),
        cast={leg: _cast(leg, chance) for leg in Leg},
        drawn_as=data.get("drawn_as", data["set"]),
        extra={key: value for key, value in call.items() if key not in known},
    )


def _turn(values: Sequence[str], number: int) -> str:
    return values[number % len(values)]


def _line(text: str, names: Mapping[str, str], chance: random.Random, where: str) -> Line:
    found = _LINE.fullmatch(text)
    if found is None:
        raise ScriptError(
            f"{where}: cannot read {text!r}: write 'A: words => rule', 'D: words' or 'P: seconds'"
        )
    if found["who"] == "P":
        return Line(None, gap=float(found["text"]))
    leg = Leg.AGENT if found["who"] == "A" else Leg.DEBTOR
    words = found["text"].format_map(names)
    if chance.random() < (0.06 if leg is Leg.AGENT else 0.2):
        words = _hesitate(words, chance)
    rules = tuple(rule.strip() for rule in (found["rules"] or "").split(",") if rule.strip())
    return Line(leg, words, rules, _gap(chance))


def _hesitate(words: str, chance: random.Random) -> str:
    sound = chance.choice(("uh", "um"))
    if ", " in words and chance.random() < 0.5:
        return words.replace(", ", f", {sound}, ", 1)
    first = words if words.startswith(("I ", "I'")) else words[0].lower() + words[1:]
    return f"{sound.capitalize()}, {first}"


def _gap(chance: random.Random) -> float:
    kind = chance.random()
    if kind < 0.08:
        return round(chance.uniform(-0.45, -0.15), 2)
    if kind < 0.16:
        return round(chance.uniform(1.2, 2.0), 2)
    return round(chance.uniform(0.35, 0.9), 2)


def _cast(leg: Leg, chance: random.Random) -> Cast:
    voices = SPEAKERS[leg]
    voice, pitch, _ = chance.choices(voices, [weight for *_, weight in voices])[0]
    noises = NOISES[leg]
    snr, _ = chance.choices(noises, [weight for _, weight in noises])[0]
    gain = round(chance.uniform(0.3, 0.6), 2)
    return Cast(voice, pitch, chance.choice(TEMPOS), gain, snr)
