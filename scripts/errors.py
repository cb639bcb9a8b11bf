"""What goes wrong with scripts.

ScriptError
 +- ScriptFileError   a file of this room is broken: names file, line or key, and what would be right
 +- RenderError       a text cannot be filled: names the text and the missing field
 +- UnknownScript     no step, excuse or profile of that name
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ScriptError(Exception):
    """Root of what the scripts refuse. ``str()`` is one line for the message line."""


class ScriptFileError(ScriptError):
    """A template, vocabulary, talk or excuse file is broken."""

    def __init__(self, file: str, where: str, problem: str) -> None:
        super().__init__(f"{file}: {where}: {problem}" if where else f"{file}: {problem}")
        self.file = file
        self.where = where


class RenderError(ScriptError):
    """A text cannot be filled from the facts given."""


class UnknownScript(ScriptError, LookupError):
    """Nothing has this name; the message names the nearest."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """Return the end of an error message: the nearest valid word, or all of them."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else "valid: " + ", ".join(names)
