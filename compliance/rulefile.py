"""Reading rule files: TOML tables taken apart key by key, with errors a person can act on.

A :class:`Table` hands out typed values and remembers which keys were asked for; :meth:`Table.done` refuses
the keys that nobody asked for and names the nearest valid one. Every error says which file, which key, and
what to do.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class RuleFileError(Exception):
    """A rule, profile or case file is broken. ``str()`` names the file, the key and what would be right."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")
        self.file = file
        self.key = key


def nearest(word: str, valid: list[str]) -> str:
    """Return the end of an error message: the nearest valid word, or the list of them."""
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "valid: " + ", ".join(sorted(valid)) if valid else "nothing is valid here"


_KINDS: dict[type, str] = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
    date: "a date such as 2026-11-18",
    datetime: "a time with its zone, such as 2026-11-18T08:00:00-06:00",
}


class Table:
    """One TOML table of a file, read key by key."""

    def __init__(self, data: Mapping[str, Any], file: str, path: str = "") -> None:
        self._data = data
        self._asked: set[str] = set()
        self.file = file
        self.path = path

    def key(self, name: str) -> str:
        """Return the dotted name of a key of this table, as errors print it."""
        return f"{self.path}.{name}" if self.path else name

    def error(self, name: str, problem: str) -> RuleFileError:
        """Build the error about one key; the caller raises it."""
        return RuleFileError(self.file, self.key(name), problem)

    def take(self, name: str, kind: type[T]) -> T:
        """Return a required value. Raises RuleFileError when it is missing or of another type."""
        self._asked.add(name)
        if name not in self._data:
            raise self.error(name, f"missing: write {_KINDS[kind]}")
        value = self._data[name]
        # bool is an int and datetime is a date in Python; in a rule file they are mistakes for each other.
        if not isinstance(value, kind) or type(value) is not kind:
            raise self.error(name, f"must be {_KINDS[kind]}, not {value!r}")
        return value

    def get(self, name: str, kind: type[T], default: T) -> T:
        """Return an optional value, or the default."""
        self._asked.add(name)
        return self.take(name, kind) if name in self._data else default

    def has(self, name: str) -> bool:
        """Whether the key is there; asking makes it a valid one."""
        self._asked.add(name)
        return name in self._data

    def names(self) -> tuple[str, ...]:
        """Return every key of the table, in file order, and count them all as asked for."""
        self._asked.update(self._data)
        return tuple(self._data)

    def raw(self, name: str) -> Any:
        """Return a value of whatever type, or None."""
        self._asked.add(name)
        return self._data.get(name)

    def table(self, name: str) -> Table:
        """Return a required sub-table."""
        return Table(self.take(name, dict), self.file, self.key(name))

    def tables(self, name: str) -> tuple[Table, ...]:
        """Return an array of tables, which may be absent."""
        items = self.get(name, list, [])
        for i, item in enumerate(items):
            if not isinstance(item, dict):
                raise self.error(f"{name}[{i}]", f"must be a table, not {item!r}")
        return tuple(Table(item, self.file, f"{self.key(name)}[{i}]") for i, item in enumerate(items))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return an optional list of texts."""
        items = self.get(name, list, [])
        for item in items:
            if not isinstance(item, str):
                raise self.error(name, f"must be a list of texts, and holds {item!r}")
        return tuple(items)

    def choice(self, name: str, valid: list[str], default: str | None = None) -> str:
        """Return a text that must be one of `valid`."""
        value = self.take(name, str) if default is None else self.get(name, str, default)
        if value not in valid:
            raise self.error(name, f"{value!r} is not known; {nearest(value, valid)}")
        return value

    def choices(self, name: str, valid: list[str]) -> tuple[str, ...]:
        """Return an optional list of texts, each one of `valid`."""
        items = self.texts(name)
        for item in items:
            if item not in valid:
                raise self.error(name, f"{item!r} is not known; {nearest(item, valid)}")
        return items

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number between `low` and `high`, both included."""
        value = self.take(name, int) if default is None else self.get(name, int, default)
        if not low <= value <= high:
            raise self.error(name, f"must be from {low} to {high}, not {value}")
        return value

    def done(self) -> None:
        """Refuse keys nobody asked for. Raises RuleFileError naming the nearest valid key."""
        for name in self._data:
            if name not in self._asked:
                unused = [key for key in self._asked if key not in self._data]
                raise self.error(name, f"unknown key; {nearest(name, unused or list(self._asked))}")


def read_table(path: Path, root: Path) -> Table:
    """Read a TOML file; errors name it relative to `root`. Raises RuleFileError."""
    name = path.relative_to(root).as_posix()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RuleFileError(name, "", f"cannot be read: {error}") from error
    return Table(data, name)
