"""The work queue as rows in fixed cells. Pure."""

from __future__ import annotations

from datetime import datetime

from workstation.desk.views import QueueCounts, QueueRow
from workstation.ui import figures
from workstation.ui.kit import Row, cut_row, row, spread
from workstation.ui.panes import later_word
from workstation.ui.text import fit


def columns(width: int) -> tuple[int, int, int]:
    """Cells for number, name and sum."""
    if width >= 110:
        return 5, 28, 15
    return 3, 20, 10


def head_rows(
    counts: QueueCounts | None, now: datetime, zone_name: str, width: int, coaching: int = 0
) -> list[Row]:
    """The day in figures, and how many messages about one's calls are unread."""
    if counts is None:
        return [row(("…", "faint"))]
    sums = "  ".join(str(sum_) if width >= 110 else figures.whole(sum_) for sum_ in counts.promised_today)
    left = row(
        (f" {counts.callable:,}", "strong"),
        (" callable", "dim"),
        (" · ", "faint"),
        f"{counts.later:,}",
        (" later", "dim"),
        *([(" · ", "faint"), (f"! {coaching} coaching", "strong")] if coaching else []),
    )
    wide = width >= 110
    today = row(("today ", "dim"), f"{counts.calls_today}", (" calls · ", "dim"), f"{counts.rpc_today}")
    promised = row(
        (" right party · " if wide else " right · ", "dim"),
        f"{counts.promises_today}",
        (" promises " if wide else " promised ", "dim"),
        (sums, "strong"),
    )
    callback = (
        row(
            (" · ", "faint"),
            ("callback ", "dim"),
            (figures.moment(counts.next_callback, zone_name, now), "accent"),
        )
        if counts.next_callback
        else ()
    )
    return [spread(left, (*today, *promised, *callback, *row(" ")), width)]


def title_row(width: int) -> Row:
    """Names over the columns."""
    number, name, amount = columns(width)
    return cut_row(
        row(
            (
                f" {'':2}{'':{number}} {fit('account', name)} {fit('due', amount, right=True)}"
                f" {fit('late', _late_width(width), right=True)}  {fit('callable', _gate_width(width))} why",
                "dim",
            )
        ),
        width,
    )


def _gate_width(width: int) -> int:
    return 17 if width >= 110 else 14


def _late_width(width: int) -> int:
    return 8 if width >= 110 else 5


def queue_row(index: int, item: QueueRow, width: int, chosen: bool, now: datetime) -> Row:
    """One account: place, name, sum, lateness, until when it may be called (or when again), and why."""
    number, name, amount = columns(width)
    gate = _gate_width(width)
    mark = "▸" if chosen else " "
    if item.callable:
        until = f"until {figures.moment(item.call_until, item.zone, now)}" if item.call_until else "now"
        gate_word = ("☎ " + until, "")
    else:
        gate_word = (
            "✗ "
            + (later_word(item.retry_at, item.zone, now) if width >= 110 or item.retry_at else "supervisor"),
            "dim",
        )
    why = " · ".join(item.reasons)
    if item.leased_by:
        why = f"with {item.leased_by} · {why}"
    strong = "strong" if chosen else "" if item.callable else "dim"
    place = f"{index + 1}" if item.callable else ""
    return row(
        (f" {mark} ", "accent"),
        (fit(place, number, right=True), "dim"),
        " ",
        (fit(item.name, name), strong),
        " ",
        (fit(item.due.figures(), amount, right=True), strong),
        " ",
        (fit(figures.days_late(item.days_late), _late_width(width), right=True), "dim"),
        "  ",
        (fit(gate_word[0], gate), gate_word[1]),
        " ",
        (why, "dim" if item.leased_by or not item.callable else ""),
    )


def section_row(title: str, width: int) -> Row:
    """The heading between callable and not callable."""
    return row((" ── ", "faint"), (title, "dim"), (" " + "─" * max(0, width - len(title) - 5), "faint"))


def detail_rows(item: QueueRow | None, now: datetime, width: int) -> list[Row]:
    """The chosen account in full, under the list."""
    if item is None:
        return [(), ()]
    when = (
        f"callable until {figures.clock_face(item.call_until, item.zone)}"
        if item.callable and item.call_until
        else "callable now"
        if item.callable
        else figures.next_time(item.retry_at, item.zone, now)
    )
    there = figures.clock_face(now, item.zone, place=True) if item.zone else "zone unknown"
    return [
        spread(
            row((f" {item.name}", "title"), (f"   #{item.number.lstrip('#')}", "dim"), f"   {item.due}"),
            row(f"{when} · there {there} "),
            width,
        ),
        cut_row(
            row((" " + (" · ".join(item.reasons) or "–"), "accent" if item.callable else "strong")), width
        ),
    ]
