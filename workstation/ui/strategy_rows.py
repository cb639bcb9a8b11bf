"""Strategies as rows in fixed cells: which there are, their numbers, and what an edit would change. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from workstation.desk.strategy_edit import Changed, Preview, Setting, StrategyText, Tally
from workstation.ui import charts
from workstation.ui.kit import BLANK, Row, Span, cut_row, row, row_width, spread
from workstation.ui.text import fit

_WIDE = 110

_MEANS = {
    "caps.days_between": "days between two contacts, all channels",
    "caps.contacts_per_week": "contacts a week at most",
    "caps.forms_without_talk": "form letters in a row without a talk",
    "timing.inquire": "days past due before asking why",
    "timing.press": "days past due before pressing",
    "timing.final": "days past due before the final notice",
    "waive.after_days": "days in the stage before it goes on without",
    "step.days": "days from its anchor",
    "step.repeat_after": "days after which it is due again",
}


def strategy_row(item: StrategyText, width: int, chosen: bool, edited: bool) -> Row:
    """One strategy: its name, for whom, since when."""
    read = item.read()
    suit = [*read.profiles, *read.sizes, *read.behaviours, *read.relationships]
    since = f"since {item.effective_on} by {item.saved_by}" if item.effective_on else "packaged"
    return row(
        (" ▸ " if chosen else "   ", "accent"),
        (fit(item.id, 12), "strong" if chosen else ""),
        (fit(f"{read.priority}", 5, right=True), "dim"),
        "  ",
        (fit(read.title, 24), ""),
        " ",
        (fit(", ".join(map(str, suit)) or "everybody", 24), "dim"),
        " ",
        ("● edited " if edited else "", "accent"),
        (since, "dim"),
    )


def setting_row(item: Setting, was: int | None, width: int, chosen: bool) -> Row:
    """One number: what it is of, what it means, its value, and what it was."""
    changed = was != item.value
    value = "–" if item.value is None else str(item.value)
    before = f"was {'–' if was is None else was}" if changed else ""
    return row(
        (" ▸ " if chosen else "   ", "accent"),
        (fit(item.name, 18), "strong" if chosen else ""),
        " ",
        (fit(value, 5, right=True), "strong" if changed or chosen else ""),
        "  ",
        (fit(before, 9), "accent"),
        " ",
        (_MEANS.get(f"{item.section}.{item.key}", item.key), "dim"),
    )


def preview_head(found: Preview, width: int) -> list[Row]:
    """Contacts before and after, by channel and by stage, side by side."""
    first = spread(
        row(
            (f" {found.strategy}", "strong"),
            (f" on {found.as_of:%a} {found.as_of.day} {found.as_of:%b}", ""),
            (f" · {found.accounts:,} accounts looked at", "dim"),
        ),
        row((f"{len(found.changed):,} treated differently ", "strong" if found.changed else "dim")),
        width,
    )
    tables = [("contacts", found.by_channel, 12), ("by stage", found.by_stage, 12)]
    if width >= _WIDE:
        tables.append(("by segment", found.by_segment, 26))
    each = [width * share // 100 for share in ((28, 28, 44) if width >= _WIDE else (50, 50))]
    parts = [
        _table(title, tallies, key, room - 2)
        for (title, tallies, key), room in zip(tables, each, strict=True)
    ]
    rows: list[Row] = [first]
    for n in range(max(map(len, parts))):
        line: Row = ()
        for part, room in zip(parts, each, strict=True):
            cells = part[n] if n < len(part) else BLANK
            line = (*line, *cells, Span(" " * max(0, room - row_width(cells))))
        rows.append(line)
    return rows[:8]


def _table(title: str, tallies: Sequence[Tally], key: int, width: int) -> list[Row]:
    """Contacts now and edited, what is more or less, and a bar where there is room."""
    top = max((max(t.before, t.after) for t in tallies), default=0)
    shown = sorted(tallies, key=lambda t: -max(t.before, t.after))[:6]
    if title != "by segment":
        shown = list(tallies[:6])
    rows: list[Row] = [row((f" {fit(title, key)}{'now':>7}{'edited':>8}", "head"))]
    room = max(0, width - key - 24)
    for one in shown:
        more = f"{one.more:+}" if one.more else "="
        share = Fraction(one.after, top) if top else Fraction(0)
        rows.append(
            row(
                (f" {fit(one.key, key)}", ""),
                (f"{one.before:>7,}{one.after:>8,}", "strong" if one.more else "dim"),
                (f"{more:>6}", "accent" if one.more else "faint"),
                ("  " + fit(charts.bar(share, room), room) if room > 4 else "", "accent"),
            )
        )
    return rows


def changed_row(item: Changed, width: int, chosen: bool) -> Row:
    """One account: what would be done now, what with the edit, and why."""
    cells = 24 if width >= 110 else 17
    return cut_row(
        row(
            (" ▸ " if chosen else "   ", "accent"),
            (fit(item.number, 10), "strong" if chosen else ""),
            (fit(f"{item.stage}", 3), "dim"),
            (fit(item.before, cells), "dim"),
            (" → ", "accent"),
            (fit(item.after, cells), ""),
            (" " + item.why, "dim"),
        ),
        width,
    )
