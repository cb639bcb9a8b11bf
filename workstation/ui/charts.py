"""Charts in fixed cells: bars, a spark of months, columns of two parts. Exact to an eighth of a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from workstation.ui.kit import Row, Span, row
from workstation.ui.text import fit

_ACROSS = " ▏▎▍▌▋▊▉█"
_UP = " ▁▂▃▄▅▆▇█"


def bar(share: Fraction, width: int) -> str:
    """A bar of a share (0 to 1) of the width."""
    eighths = int(max(Fraction(0), min(share, Fraction(1))) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_ACROSS[rest] if rest else "")


def spark(values: Sequence[Fraction | None]) -> str:
    """One cell a value, by its height between nothing and the largest; a dot where there is none."""
    known = [v for v in values if v is not None]
    top = max(known, default=Fraction(0))
    if top <= 0:
        return "".join("·" if v is None else "▁" for v in values)
    return "".join("·" if v is None else _UP[max(1, round(max(v, Fraction(0)) / top * 8))] for v in values)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a lower part in the accent, the rest above it dim."""

    label: str
    lower: Fraction | None
    whole: Fraction | None
    shown: str


def columns(data: Sequence[Column], width: int, height: int, *, top: Fraction | None = None) -> list[Row]:
    """Columns side by side with their values on top and their labels below; `height` rows in all.

    The highest column reaches the top; with `top` a column of that value does.
    """
    if not data or height < 4:
        return []
    each = max(6, width // len(data))
    if top is None:
        top = max((c.whole for c in data if c.whole is not None), default=Fraction(0))
    cells = height - 2
    rows: list[Row] = [tuple(Span(fit(f" {one.shown}", each), "dim") for one in data)]
    for level in range(cells - 1, -1, -1):
        spans: list[Span] = []
        for one in data:
            spans += _cell(one, top, level, cells, each)
        rows.append(tuple(spans))
    rows.append(row(*((fit(f" {one.label}", each), "dim") for one in data)))
    return rows


def span(low: float, at: float, high: float, width: int) -> Row:
    """A value between the ends of its interval, all of 0 to 1, on a line `width` cells wide."""
    first, mark, last = (min(width - 1, max(0, int(v * width))) for v in (low, at, high))
    return row(
        ("╌" * first, "faint"),
        ("━" * (mark - first), "dim"),
        ("●", "accent"),
        ("━" * (last - mark), "dim"),
        ("╌" * (width - 1 - last), "faint"),
    )


def _cell(one: Column, top: Fraction, level: int, cells: int, each: int) -> list[Span]:
    wide = max(2, each - 3)
    pad = Span(" " * (each - wide - 1))
    if one.whole is None or top <= 0:
        return [Span(" "), Span(fit("·" if level == 0 else "", wide), "faint"), pad]
    whole = int(one.whole / top * cells * 8)
    lower = int((one.lower or Fraction(0)) / top * cells * 8)
    here = max(0, min(8, whole - level * 8))
    style = "accent" if level * 8 < lower else "dim"
    return [Span(" "), Span(_UP[here] * wide if here else " " * wide, style), pad]
