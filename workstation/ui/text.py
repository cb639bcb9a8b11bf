"""Text from outside made safe for a grid of cells, and fitted to it. Pure: no Textual here.

Names, notes and recognised words may hold anything: markup, escape sequences, characters that turn the line
round or have no width. ``clean`` leaves what a reader should see and nothing that a terminal would obey.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len

LONGEST = 2_000
"""Characters of one outside text that the screen looks at; the rest is cut with an ellipsis."""

_MARKS_IN_A_ROW = 2
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn"})
_ELLIPSIS = "…"


@lru_cache(maxsize=8_192)
def clean(text: str) -> str:
    """Return `text` on one line, without control, format and unassigned characters.

    Line breaks and tabs become spaces; direction overrides, zero-width characters and variation selectors
    go; of stacked combining marks two stay.
    """
    if text.isascii() and text.isprintable() and len(text) <= LONGEST:
        return text
    cut = len(text) > LONGEST
    kept: list[str] = []
    marks = 0
    for char in text[:LONGEST]:
        kind = unicodedata.category(char)
        if kind in ("Cc", "Zl", "Zp"):
            kept.append(" " if char in "\t\n\r\v\f\x85\u2028\u2029" else "")
            marks = 0
        elif kind in _DROPPED or "\ufe00" <= char <= "\ufe0f":
            continue
        elif kind in ("Mn", "Me"):
            marks += 1
            if marks <= _MARKS_IN_A_ROW:
                kept.append(char)
        else:
            kept.append(" " if kind == "Zs" else char)
            marks = 0
    return "".join(kept) + (_ELLIPSIS if cut else "")


def width_of(text: str) -> int:
    """Cells that `text` takes on the screen."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """Return the longest head of `text` within `width` cells, ending in an ellipsis where it was cut."""
    if width_of(text) <= width:
        return text
    if width <= 0:
        return ""
    if text.isascii():
        return text[: width - 1] + _ELLIPSIS
    used = 0
    head: list[str] = []
    for char in text:
        size = width_of(char)
        if used + size > width - 1:
            break
        head.append(char)
        used += size
    return "".join(head) + _ELLIPSIS


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells: cut, or filled with spaces (in front with ``right``)."""
    shown = cut(clean(text), width)
    gap = " " * max(0, width - width_of(shown))
    return gap + shown if right else shown + gap


def wrap(text: str, width: int) -> list[str]:
    """Break `text` at spaces into lines of at most `width` cells; longer words are broken too."""
    lines: list[str] = []
    line = ""
    for word in _pieces(clean(text), max(1, width)):
        longer = f"{line} {word}" if line else word
        if width_of(longer) <= width:
            line = longer
        else:
            if line:
                lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def _pieces(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        piece = ""
        used = 0
        for char in word:
            size = width_of(char)
            if used + size > width:
                yield piece
                piece, used = "", 0
            piece += char
            used += size
        if piece:
            yield piece
