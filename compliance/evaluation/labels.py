"""Labelled calls: one folder a call, with two recordings and ``call.toml``, which says what is true of it.

docs/labelled-calls.md describes the format. Times are seconds from the moment both sides are connected,
money is in minor units of the call's currency.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from compliance.checks.finding import CaughtKind, Heard
from compliance.contact import CollectionPurpose
from compliance.transcription.words import Leg

LABEL_FILE = "call.toml"
SPAN_SECONDS = 5.0
"""How long an expected finding may take where the label names its first second only."""


class LabelError(Exception):
    """A labelled call cannot be read; the message names file and key and says what would be right."""


class Part(StrEnum):
    """Which part of the calls one belongs to."""

    DEVELOPMENT = "development"
    """May be looked at while rules are worked on."""
    SEEN = "seen"
    """Held once, and looked at since: as good as development."""
    HELD = "held"
    """Touched for the final figures only."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was truly said."""

    leg: Leg
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that must be made: any of `verdicts`, overlapping `start` to `end` (None: anywhere)."""

    rule: str
    verdicts: frozenset[Heard]
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that must be caught; what is None or empty was not said."""

    kind: CaughtKind
    amount_minor: int | None = None
    day: date | None = None
    method: str = ""
    time_of_day: time | None = None
    value: str = ""


@dataclass(frozen=True, slots=True)
class LabelledCall:
    """One call and what is true of it."""

    id: str
    part: Part
    profile: str
    company: str
    collector: str
    party: str
    day: date
    """The debtor's local date."""
    audio: Mapping[Leg, str]
    """File name of each leg's recording, inside the call's folder."""
    currency: str = "USD"
    purpose: CollectionPurpose = CollectionPurpose.COLLECT
    """What the call is for: a location call has rules of its own."""
    stage: int = 2
    authorities: frozenset[str] = frozenset()
    talk: float = 0.0
    """Second at which the debtor answered."""
    said: tuple[Said, ...] = ()
    expected: tuple[Expected, ...] = ()
    silent: frozenset[str] = frozenset()
    """Rules whose silence this call was made to test."""
    complete: bool = True
    """Whether every finding is labelled, so that any other is a false alarm."""
    facts: tuple[Fact, ...] = ()
    excuse: str | None = None
    """Id of the excuse given; ``none`` where none is; None where that is not labelled."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """How the call was made, for grouping figures: voices, noise."""


def read_folder(folder: Path) -> list[LabelledCall]:
    """Read every labelled call below a folder, in order of their names. Raises LabelError.

    The folder may itself be a call. An id is the call's path below `folder`.
    """
    if not folder.is_dir():
        raise LabelError(f"{folder}: is no folder of labelled calls")
    files = sorted(folder.rglob(LABEL_FILE))
    if not files:
        raise LabelError(f"{folder}: holds no {LABEL_FILE}; see docs/labelled-calls.md")
    return [
        read_label(f.read_text(encoding="utf-8"), f.parent.relative_to(folder).as_posix(), str(f))
        for f in files
    ]


def read_label(text: str, call_id: str, name: str) -> LabelledCall:
    """Read one ``call.toml``; `name` is its path, for errors. Raises LabelError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise LabelError(f"{name}: not TOML: {wrong}") from None
    return _Reader(name).call(data, call_id)


_Shape = Mapping[str, type | tuple[type, ...]]

_CALL: _Shape = {
    "set": str,
    "profile": str,
    "company": str,
    "collector": str,
    "party": str,
    "date": date,
    "currency": str,
    "purpose": str,
    "stage": int,
    "authorities": list,
    "talk": (int, float),
    "audio": dict,
    "said": list,
    "expect": list,
    "silent": list,
    "complete": bool,
    "fact": list,
    "excuse": str,
    "notes": dict,
}
_NEEDED = ("set", "profile", "company", "collector", "party", "date")
_SAID: _Shape = {"leg": str, "start": (int, float), "end": (int, float), "text": str}
_EXPECT: _Shape = {"rule": str, "verdict": (str, list), "at": (int, float), "until": (int, float)}
_FACT: _Shape = {"kind": str, "amount_minor": int, "day": date, "method": str, "time": time, "value": str}
_Choice = TypeVar("_Choice", bound=StrEnum)


class _Reader:
    """Reads one file's table; every complaint begins with the file's name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def call(self, data: Mapping[str, Any], call_id: str) -> LabelledCall:
        self._keys(data, _CALL, "", _NEEDED)
        audio = data.get("audio", {})
        self._keys(audio, {leg.value: str for leg in Leg}, "audio.")
        for leg, file in audio.items():
            if Path(file).name != file:
                raise self._error(f"audio.{leg}", f"must be a file's name without folders, not {file!r}")
        notes = data.get("notes", {})
        return LabelledCall(
            id=call_id,
            part=self._choice(data["set"], Part, "set"),
            profile=data["profile"],
            company=data["company"],
            collector=data["collector"],
            party=data["party"],
            day=data["date"],
            audio={leg: audio.get(leg.value, f"{leg.value}.wav") for leg in Leg},
            currency=data.get("currency", "USD"),
            purpose=self._choice(data.get("purpose", "collect"), CollectionPurpose, "purpose"),
            stage=data.get("stage", 2),
            authorities=self._texts(data, "authorities"),
            talk=float(data.get("talk", 0.0)),
            said=tuple(self._said(x, f"said[{n}].") for n, x in enumerate(data.get("said", ()))),
            expected=tuple(self._expected(x, f"expect[{n}].") for n, x in enumerate(data.get("expect", ()))),
            silent=self._texts(data, "silent"),
            complete=data.get("complete", True),
            facts=tuple(self._fact(x, f"fact[{n}].") for n, x in enumerate(data.get("fact", ()))),
            excuse=data.get("excuse"),
            notes={str(k): str(v) for k, v in notes.items()},
        )

    def _said(self, data: Any, where: str) -> Said:
        self._keys(data, _SAID, where, ("leg", "start", "end", "text"))
        if data["end"] < data["start"]:
            raise self._error(where + "end", f"lies before its start, {data['start']}")
        leg = self._choice(data["leg"], Leg, where + "leg")
        return Said(leg, float(data["start"]), float(data["end"]), data["text"])

    def _expected(self, data: Any, where: str) -> Expected:
        self._keys(data, _EXPECT, where, ("rule",))
        given = data.get("verdict", Heard.HEARD.value)
        verdicts = frozenset(
            self._choice(v, Heard, where + "verdict") for v in (given if isinstance(given, list) else [given])
        )
        start = data.get("at")
        end = data.get("until", None if start is None else start + SPAN_SECONDS)
        if (start is None) != (end is None) or (start is not None and end < start):
            raise self._error(where + "until", "needs an `at` that is not later")
        return Expected(data["rule"], verdicts, start, end)

    def _fact(self, data: Any, where: str) -> Fact:
        self._keys(data, _FACT, where, ("kind",))
        return Fact(
            kind=self._choice(data["kind"], CaughtKind, where + "kind"),
            amount_minor=data.get("amount_minor"),
            day=data.get("day"),
            method=data.get("method", ""),
            time_of_day=data.get("time"),
            value=data.get("value", ""),
        )

    def _texts(self, data: Mapping[str, Any], key: str) -> frozenset[str]:
        values = data.get(key, [])
        if not all(isinstance(v, str) for v in values):
            raise self._error(key, "must be a list of texts")
        return frozenset(values)

    def _choice(self, value: object, kind: type[_Choice], key: str) -> _Choice:
        try:
            return kind(str(value))
        except ValueError:
            known = [str(k) for k in kind]
            hint = _hint(str(value), known)
            raise self._error(key, f"must be one of {', '.join(known)}, not {value!r}{hint}") from None

    def _keys(
        self,
        data: Any,
        shape: Mapping[str, type | tuple[type, ...]],
        where: str,
        needed: Collection[str] = (),
    ) -> None:
        if not isinstance(data, Mapping):
            raise self._error(where.rstrip("."), "must be a table")
        for key, value in data.items():
            if key not in shape:
                raise self._error(where + key, f"is not known here{_hint(key, shape)}")
            if not isinstance(value, shape[key]) or (isinstance(value, bool) and shape[key] is not bool):
                raise self._error(where + key, f"must be {_kind(shape[key])}, not {value!r}")
        for key in needed:
            if key not in data:
                raise self._error(where + key, "is missing")

    def _error(self, key: str, what: str) -> LabelError:
        return LabelError(f"{self._name}: key {key!r}: {what}")


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _kind(kind: type | tuple[type, ...]) -> str:
    names = {
        str: "a text",
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a table",
        date: "a date such as 2026-11-18",
        time: "a time such as 14:00:00",
    }
    if isinstance(kind, tuple):
        return "a number" if kind == (int, float) else " or ".join(names[k] for k in kind)
    return names[kind]
