"""Reading a TOML file of this room: typed keys, and errors that name file, key and the nearest valid one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from scripts.errors import ScriptFileError, nearest

T = TypeVar("T")

_KINDS: dict[type, str] = {str: "a text", int: "a whole number", list: "a list", dict: "a table"}


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file. Raises ScriptFileError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScriptFileError(path.name, "", f"cannot be read: {error}") from error


def need(data: Mapping[str, Any], key: str, kind: type[T], file: str, where: str = "") -> T:
    """Return a required key's value. Raises ScriptFileError when it is missing, empty or of another type."""
    name = f"{where}.{key}" if where else key
    if key not in data:
        raise ScriptFileError(file, name, f"missing: write {_KINDS[kind]}")
    value = data[key]
    if type(value) is not kind or not value:
        raise ScriptFileError(file, name, f"must be {_KINDS[kind]} that is not empty, not {value!r}")
    return value


def need_texts(data: Mapping[str, Any], key: str, file: str, where: str = "") -> tuple[str, ...]:
    """Return a required list of texts. Raises ScriptFileError."""
    items = need(data, key, list, file, where)
    for item in items:
        if not isinstance(item, str) or not item.strip():
            raise ScriptFileError(
                file, f"{where}.{key}" if where else key, f"must hold texts, and holds {item!r}"
            )
    return tuple(items)


def only(data: Mapping[str, Any], valid: frozenset[str], file: str, where: str = "") -> None:
    """Refuse unknown keys. Raises ScriptFileError naming the nearest valid one."""
    for key in data:
        if key not in valid:
            raise ScriptFileError(
                file, f"{where}.{key}" if where else key, f"unknown key; {nearest(key, valid)}"
            )
