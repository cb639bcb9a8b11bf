"""A mail or letter as it would be sent, as rows. Pure."""

from __future__ import annotations

from datetime import datetime

from compliance.contact import Medium, Refused
from workstation.desk.writing import LetterPreview
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, cut_row, row, spread
from workstation.ui.text import width_of, wrap

NAME = {Medium.EMAIL: "E-MAIL", Medium.LETTER: "LETTER"}


def letter_rows(preview: LetterPreview, width: int) -> list[Row]:
    """Head, what keeps it back, then the words line by line; tables keep their columns."""
    name = NAME.get(preview.choice.medium, "MESSAGE")
    rows: list[Row] = [
        spread(row((name, "head")), row((preview.choice.title, "dim")), width),
        *_field("to", preview.to, width),
        *_field("subject", preview.subject, width),
    ]
    for flaw in preview.flaws:
        rows += [
            row((f"✗ {text}" if i == 0 else f"  {text}", "stop"))
            for i, text in enumerate(wrap(flaw, width - 2))
        ]
    rows.append(row(("─" * width, "faint")))
    for line in preview.text.rstrip("\n").split("\n"):
        rows += _line(line, width)
    return rows


def refused(medium: Medium, verdict: Refused, zone: str, now: datetime) -> str:
    """Why the gate refused it, by which rule, and when it may go: one line."""
    first = verdict.reasons[0]
    more = f" (and {len(verdict.reasons) - 1} more)" if len(verdict.reasons) > 1 else ""
    name, when = NAME.get(medium, "MESSAGE"), figures.next_time(verdict.retry_at, zone, now)
    return f"{name} NOT PERMITTED: {first.message} · {first.citation}{more} · {when}"


def _field(label: str, text: str, width: int) -> list[Row]:
    lead = 9
    lines = wrap(text, max(8, width - lead)) or ["–"]
    return [
        row((label.ljust(lead) if i == 0 else " " * lead, "dim"), (line, "strong"))
        for i, line in enumerate(lines)
    ]


def _line(text: str, width: int) -> list[Row]:
    if not text.strip():
        return [BLANK]
    if width_of(text) <= width or text.startswith("  "):
        return [cut_row(row(text), width)]
    return [row(part) for part in wrap(text, width)]


__all__ = ["NAME", "letter_rows", "refused"]
