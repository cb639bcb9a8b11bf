"""Small shapes that several pages share."""

from __future__ import annotations

from collections.abc import Sequence

from workstation.ui.kit import Row, Span
from workstation.ui.text import clean, width_of


def pack(cells: Sequence[tuple[str, str]], width: int) -> list[Row]:
    """Set ``(text, style)`` cells into rows, two spaces apart; a cell is never broken at its spaces."""
    rows: list[Row] = []
    spans: list[Span] = []
    used = 0
    for text, style in cells:
        size = width_of(clean(text))
        if spans and used + 2 + size > width:
            rows.append(tuple(spans))
            spans, used = [], 0
        if spans:
            spans.append(Span("  "))
            used += 2
        spans.append(Span(text, style))
        used += size
    return [*rows, tuple(spans)] if spans else rows
