"""Dispositions: what came of a call and what that does, read from dispositions.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

from compliance.contact import HoldKind, Message


class DispositionFileError(Exception):
    """dispositions.toml cannot be used; the message names code, key and the nearest valid one."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """One outcome of a call with its effects (columns as in the file)."""

    code: str
    label: str
    counts_to_cap: str
    """evidence, yes or no; see the file."""
    key: str = ""
    is_conversation: bool = False
    is_rpc: bool = False
    starts_hold: HoldKind | None = None
    suppress_number: bool = False
    requires_note: bool = False
    requires_audit: bool = False
    retry_after: int = 0
    """Days before the queue offers the account again."""
    needs: str = ""
    """promise, callback or empty."""
    message: Message = Message.NONE
    """What was left on an answering machine."""
    suggest_for: tuple[str, ...] = ()
    by_system: bool = False
    """Set by the system only; people cannot choose it."""


_COLUMNS = {f.name for f in fields(Disposition)} - {"code"}
_NEEDS = ("", "promise", "callback")
_COUNTS = ("evidence", "yes", "no")


def read_dispositions(text: str) -> dict[str, Disposition]:
    """Read the file's text; order is kept. Raises DispositionFileError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DispositionFileError(f"dispositions.toml: {error}") from None
    found: dict[str, Disposition] = {}
    for code, row in raw.items():
        found[code] = _read_row(code, row)
    keys = [d.key for d in found.values() if d.key]
    if twice := {k for k in keys if keys.count(k) > 1}:
        raise DispositionFileError(f"dispositions.toml: key {min(twice)!r} is given twice")
    return found


def _read_row(code: str, row: Mapping[str, Any]) -> Disposition:
    for column in row:
        if column not in _COLUMNS:
            near = get_close_matches(column, _COLUMNS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise DispositionFileError(f"dispositions.toml, {code}: no column {column!r}{hint}")
    for column in ("label", "counts_to_cap"):
        if column not in row:
            raise DispositionFileError(f"dispositions.toml, {code}: {column!r} is missing")
    values = dict(row)
    try:
        values["message"] = Message(values.get("message", Message.NONE))
    except ValueError:
        kinds = ", ".join(m.value for m in Message)
        raise DispositionFileError(
            f"dispositions.toml, {code}: no message {values['message']!r}; there are {kinds}"
        ) from None
    try:
        if "starts_hold" in values:
            values["starts_hold"] = HoldKind(values["starts_hold"])
    except ValueError:
        kinds = ", ".join(k.value for k in HoldKind)
        raise DispositionFileError(
            f"dispositions.toml, {code}: no hold {values['starts_hold']!r}; there are {kinds}"
        ) from None
    values["suggest_for"] = tuple(values.get("suggest_for", ()))
    if values.get("needs", "") not in _NEEDS:
        raise DispositionFileError(f"dispositions.toml, {code}: needs is promise or callback")
    if values["counts_to_cap"] not in _COUNTS:
        raise DispositionFileError(f"dispositions.toml, {code}: counts_to_cap is evidence, yes or no")
    return Disposition(code=code, **values)


@cache
def dispositions() -> Mapping[str, Disposition]:
    """Return the packaged dispositions by code, in screen order."""
    return read_dispositions(files("workstation.desk").joinpath("dispositions.toml").read_text("utf-8"))
