"""Treatments: per segment, which step when, by which channel, in which tone; read from strategies/*.toml.

A strategy is data with a ``why``: versioned, diffable, and refused at load where it could blast people.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from workstation.desk.segment import Behaviour, Relationship, Segment, Size
from workstation.desk.stage import STAGES
from workstation.desk.stages import Evidence, Timing, Waiver


class StrategyFileError(Exception):
    """A strategy cannot be used; the message names file, key and what would be right."""


class Channel(StrEnum):
    """How a step reaches people."""

    EMAIL = "email"
    LETTER = "letter"
    CALL = "call"


class Anchor(StrEnum):
    """What a step's days are counted from."""

    ISSUED = "issued"
    DUE = "due"
    STAGE = "stage"
    """The day the invoice entered its stage."""


class Tone(StrEnum):
    """How a step speaks; never harsh."""

    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a treatment."""

    id: str
    stage: int
    anchor: Anchor
    days: int
    """From the anchor; negative before it."""
    channels: tuple[Channel, ...]
    """The first that can be used is used."""
    tone: Tone
    templates: Mapping[Channel, str]
    """Template for each written channel."""
    form: bool = True
    """False for the invoice itself: it is a document and not a form letter."""
    repeat_after: int = 0
    """Days after which the step is due again; 0: once for each invoice."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What keeps automation from becoming a nuisance; all channels together."""

    days_between: int = 3
    contacts_per_week: int = 2
    forms_without_talk: int = 1
    """Form letters in a row without a talk between; at most 2."""


@dataclass(frozen=True, slots=True)
class Strategy:
    """A treatment with the segments it is for."""

    id: str
    title: str
    why: str
    priority: int
    profiles: tuple[str, ...]
    sizes: tuple[Size, ...]
    behaviours: tuple[Behaviour, ...]
    relationships: tuple[Relationship, ...]
    caps: Caps
    timing: Timing
    waivers: tuple[Waiver, ...]
    steps: tuple[Step, ...]

    def suits(self, segment: Segment, profile: str) -> bool:
        """Whether it is meant for the segment; an empty list means any."""
        return (
            (not self.profiles or profile in self.profiles)
            and (not self.sizes or segment.size in self.sizes)
            and (not self.behaviours or segment.behaviour in self.behaviours)
            and (not self.relationships or segment.relationship in self.relationships)
        )


class _Table:
    """A TOML table that is emptied key by key, so that what is left over is a mistake."""

    def __init__(self, data: Any, file: str, where: str) -> None:
        self.file, self.where = file, where
        if not isinstance(data, dict):
            raise StrategyFileError(f"{file}: {where or 'the file'} must be a table, not {data!r}")
        self.data: dict[str, Any] = dict(data)
        self.known: list[str] = []

    def name(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def error(self, key: str, text: str) -> StrategyFileError:
        return StrategyFileError(f"{self.file}: {self.name(key)}: {text}")

    def text(self, key: str) -> str:
        value = self.take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"must be a text that is not empty, not {value!r}")
        return value

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        value = self.take(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self.error(key, f"must be a whole number from {low} to {high}, not {value!r}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.take(key, default)
        if type(value) is not bool:
            raise self.error(key, f"must be true or false, not {value!r}")
        return value

    def choice(self, key: str, kind: type[StrEnum]) -> Any:
        return self._member(key, self.take(key), kind)

    def choices(self, key: str, kind: type[StrEnum]) -> tuple[Any, ...]:
        value = self.take(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"must be a list, not {value!r}")
        return tuple(self._member(key, item, kind) for item in value)

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.take(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.error(key, f"must be a list of texts, not {value!r}")
        return tuple(value)

    def tables(self, key: str) -> list[_Table]:
        value = self.take(key, [])
        if not isinstance(value, list):
            raise self.error(key, f"write it as [[{key}]]")
        return [_Table(item, self.file, f"{self.name(key)}[{n}]") for n, item in enumerate(value, start=1)]

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, {}), self.file, self.name(key))

    def take(self, key: str, default: Any = None) -> Any:
        self.known.append(key)
        if key not in self.data:
            if default is None:
                raise self.error(key, "is missing")
            return default
        return self.data.pop(key)

    def done(self) -> None:
        for key in self.data:
            near = get_close_matches(key, self.known, n=1)
            raise self.error(key, "unknown key" + (f"; did you mean {near[0]!r}?" if near else ""))

    def _member(self, key: str, value: Any, kind: type[StrEnum]) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise self.error(key, f"{value!r} is none of {', '.join(kind)}") from None


def read_strategy(text: str, file: str, profiles: Iterable[str] = ()) -> Strategy:
    """Read one file's text. Raises StrategyFileError naming file and key.

    `profiles` are those that exist; empty: not checked.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StrategyFileError(f"{file}: {error}") from None
    top = _Table(data, file, "")
    title, why, priority = top.text("title"), top.text("why"), top.whole("priority", 0, 1000, 0)
    known = list(profiles)
    suit = top.table("for")
    named = suit.texts("profiles")
    for profile in named:
        if known and profile not in known:
            raise suit.error("profiles", f"{profile!r} is none of {', '.join(known)}")
    strategy = Strategy(
        id=file.removesuffix(".toml"),
        title=title,
        why=why,
        priority=priority,
        profiles=named,
        sizes=suit.choices("size", Size),
        behaviours=suit.choices("behaviour", Behaviour),
        relationships=suit.choices("relationship", Relationship),
        caps=_caps(top.table("caps")),
        timing=_timing(top.table("timing")),
        waivers=tuple(_waiver(t) for t in top.tables("waive")),
        steps=_steps(top),
    )
    suit.done()
    top.done()
    return strategy


def _caps(table: _Table) -> Caps:
    caps = Caps(
        days_between=table.whole("days_between", 1, 60, 3),
        contacts_per_week=table.whole("contacts_per_week", 1, 7, 2),
        forms_without_talk=table.whole("forms_without_talk", 0, 2, 1),
    )
    table.done()
    return caps


def _timing(table: _Table) -> Timing:
    timing = Timing(
        inquire=table.whole("inquire", 1, 90, 1),
        press=table.whole("press", 1, 180, 15),
        final=table.whole("final", 1, 365, 45),
    )
    if not timing.inquire <= timing.press <= timing.final:
        raise table.error("press", "the days must not fall: inquire, press, final")
    table.done()
    return timing


def _waiver(table: _Table) -> Waiver:
    waiver = Waiver(
        evidence=table.choice("evidence", Evidence),
        after_days=table.whole("after_days", 0, 365),
        reason=table.text("reason").strip().rstrip("."),
        taken_over_only=table.flag("taken_over_only", default=False),
        needs_sent=table.flag("needs_sent", default=False),
    )
    table.done()
    return waiver


def _steps(top: _Table) -> tuple[Step, ...]:
    steps = tuple(_step(t) for t in top.tables("step"))
    if not steps:
        raise top.error("step", "a strategy needs at least one step")
    ids = [s.id for s in steps]
    for twice in {i for i in ids if ids.count(i) > 1}:
        raise top.error("step", f"id {twice!r} is given twice")
    return steps


def _step(table: _Table) -> Step:
    channels: tuple[Channel, ...] = table.choices("channels", Channel)
    if not channels:
        raise table.error("channels", f"name at least one of {', '.join(Channel)}")
    written = [c for c in channels if c is not Channel.CALL]
    given = table.table("templates") if written else None
    step = Step(
        id=table.text("id"),
        stage=table.whole("stage", min(STAGES), max(STAGES)),
        anchor=table.choice("from", Anchor),
        days=table.whole("days", -365, 365),
        channels=channels,
        tone=table.choice("tone", Tone),
        templates={} if given is None else {c: given.text(c.value) for c in written},
        form=table.flag("form", default=True),
        repeat_after=table.whole("repeat_after", 0, 365, 0),
    )
    if not step.form and step.stage != 1:
        raise table.error("form", "only the invoice itself (stage 1) is not a form letter")
    if given is not None:
        given.done()
    table.done()
    return step


@cache
def strategies() -> tuple[Strategy, ...]:
    """Return the packaged strategies, the most particular first. Raises StrategyFileError."""
    folder = files("workstation.desk").joinpath("strategies")
    found = [
        read_strategy(entry.read_text("utf-8"), entry.name)
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return in_order(found)


def in_order(found: Iterable[Strategy]) -> tuple[Strategy, ...]:
    """Sort strategies: the highest priority first, then by name."""
    return tuple(sorted(found, key=lambda s: (-s.priority, s.id)))


def choose(segment: Segment, profile: str, among: Iterable[Strategy]) -> Strategy:
    """Return the first strategy that suits. Raises StrategyFileError where none does."""
    for strategy in among:
        if strategy.suits(segment, profile):
            return strategy
    raise StrategyFileError(f"no strategy suits {segment.name} in profile {profile}: add one without [for]")
