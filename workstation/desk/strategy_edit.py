"""Changing a strategy and saying what that would change tonight. Pure: texts, reports and days are given."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from workstation.desk.treatment import Strategy, StrategyFileError, in_order, read_strategy

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "caps": ("days_between", "contacts_per_week", "forms_without_talk"),
    "timing": ("inquire", "press", "final"),
    "waive": ("after_days",),
    "step": ("days", "repeat_after"),
}
"""Whole numbers that can be changed in a form, by table; ``waive`` and ``step`` are lists of tables."""

_LISTS = frozenset({"waive", "step"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One number of a strategy."""

    section: str
    index: int
    """Which of several tables of the name, from 0; 0 for a single one."""
    key: str
    name: str
    """What it is of, such as the step's id."""
    value: int | None
    """None where the file does not say and the default holds."""

    @property
    def path(self) -> str:
        """As an error names it: ``caps.days_between``, ``step[2].days``."""
        place = f"[{self.index + 1}]" if self.section in _LISTS else ""
        return f"{self.section}{place}.{self.key}"


@dataclass(frozen=True, slots=True)
class StrategyText:
    """A strategy as it is written, and since when it holds."""

    id: str
    text: str
    effective_on: date | None
    """None: as packaged."""
    saved_by: str = ""
    reason: str = ""

    def read(self) -> Strategy:
        """Read it. Raises StrategyFileError."""
        return read_strategy(self.text, f"{self.id}.toml")


def settings(text: str) -> tuple[Setting, ...]:
    """Return the numbers of a strategy that can be changed, in the file's order. Raises StrategyFileError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StrategyFileError(f"the strategy: {error}") from None
    found = []
    for section, keys in _SECTIONS.items():
        tables = data.get(section, [] if section in _LISTS else {})
        for index, table in enumerate(tables if isinstance(tables, list) else [tables]):
            if isinstance(table, dict):
                name = str(table.get("id") or table.get("evidence") or section)
                found += [Setting(section, index, key, name, table.get(key)) for key in keys]
    return tuple(found)


def with_value(text: str, setting: Setting, value: int) -> str:
    """Return the text with one number changed; everything else, comments too, stays as it is."""
    lines = text.splitlines()
    header = f"[[{setting.section}]]" if setting.section in _LISTS else f"[{setting.section}]"
    heads = [n for n, line in enumerate(lines) if line.split("#")[0].strip() == header]
    if setting.index >= len(heads):
        if setting.section in _LISTS:
            raise StrategyFileError(f"the strategy: there is no {setting.path}")
        return text.rstrip("\n") + f"\n\n{header}\n{setting.key} = {value}\n"
    at = heads[setting.index]
    end = next((n for n in range(at + 1, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
    wanted = re.compile(rf"(\s*{re.escape(setting.key)}\s*=\s*)-?\d+(.*)")
    for n in range(at + 1, end):
        match = wanted.fullmatch(lines[n])
        if match:
            lines[n] = f"{match[1]}{value}{match[2]}"
            return "\n".join(lines) + "\n"
    lines.insert(at + 1, f"{setting.key} = {value}")
    return "\n".join(lines) + "\n"


def replaced(present: Iterable[Strategy], edited: Strategy) -> tuple[Strategy, ...]:
    """Return the strategies with one put in the place of its namesake, or added."""
    return in_order([*(s for s in present if s.id != edited.id), edited])


# ---- what would change -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """What one run would do with one account."""

    account_id: int
    number: str
    segment: str
    stage: int
    strategy: str
    channel: str
    """Empty where there is no contact."""
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Changed:
    """An account with which the edited strategy does something else."""

    account_id: int
    number: str
    segment: str
    stage: int
    before: str
    """``email remind``, or a dash."""
    after: str
    why: str
    """The edited run's own reason."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Contacts of a kind before and after."""

    key: str
    before: int
    after: int

    @property
    def more(self) -> int:
        """How many more; negative: fewer."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edited strategy would change in one night."""

    as_of: date
    strategy: str
    accounts: int
    """Accounts looked at."""
    by_channel: tuple[Tally, ...]
    by_stage: tuple[Tally, ...]
    by_segment: tuple[Tally, ...]
    changed: tuple[Changed, ...]


def compare(
    as_of: date, strategy: str, accounts: int, before: Iterable[Planned], after: Iterable[Planned]
) -> Preview:
    """Say what two runs of the same night do differently, account by account."""
    old = {p.account_id: p for p in before}
    new = {p.account_id: p for p in after}
    changed = []
    for account_id in sorted({*old, *new}):
        was, now = old.get(account_id), new.get(account_id)
        if _does(was) == _does(now) and (was.stage if was else 0) == (now.stage if now else 0):
            continue
        known = now or was
        assert known is not None
        changed.append(
            Changed(
                account_id,
                known.number,
                known.segment,
                known.stage,
                _does(was),
                _does(now),
                now.reason if now is not None else "nothing moves and nothing is due",
            )
        )
    contacts_old = [p for p in old.values() if p.channel]
    contacts_new = [p for p in new.values() if p.channel]
    return Preview(
        as_of,
        strategy,
        accounts,
        _tallies(contacts_old, contacts_new, lambda p: p.channel),
        _tallies(contacts_old, contacts_new, lambda p: f"stage {p.stage}"),
        _tallies(contacts_old, contacts_new, lambda p: p.segment),
        tuple(changed),
    )


def _does(planned: Planned | None) -> str:
    return f"{planned.channel} {planned.step}" if planned is not None and planned.channel else "–"


def _tallies(
    before: Iterable[Planned], after: Iterable[Planned], key: Callable[[Planned], str]
) -> tuple[Tally, ...]:
    old, new = Counter(map(key, before)), Counter(map(key, after))
    return tuple(Tally(k, old[k], new[k]) for k in sorted({*old, *new}))


class Strategies(Protocol):
    """What the strategy screen reads and saves. Thread-safe; a preview takes as long as two runs."""

    def texts(self, user_id: int, now: datetime, /) -> tuple[StrategyText, ...]:
        """Return the strategies in force as they are written. Raises NotAllowed."""

    def tonight(self, now: datetime, /) -> date:
        """Return the day of the next run."""

    def preview(
        self,
        strategy_id: str,
        text: str,
        now: datetime,
        /,
        as_of: date | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Preview:
        """Run the planner with the edited strategy and without; writes nothing. Raises InvalidEntry."""

    def save(
        self, strategy_id: str, text: str, effective_on: date, reason: str, user_id: int, now: datetime, /
    ) -> int:
        """Keep a new version from a day on. Raises NotAllowed and InvalidEntry."""
