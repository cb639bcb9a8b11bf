"""The callbacks as rows in fixed cells. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from workstation.desk.account_ledger import CallbackPage, CallbackRow, Whose
from workstation.ui import figures
from workstation.ui.kit import Row, cut_row, row, spread
from workstation.ui.panes import later_word
from workstation.ui.text import fit

_WIDE = 110
_GATE = 15
_SHOWN = {Whose.ALL: "yours and the pool's", Whose.MINE: "yours only", Whose.POOL: "the pool's only"}


def _cells(width: int) -> tuple[int, int, int, int]:
    """Cells for due, overdue, whose and name."""
    return (14, 14, 18, 30) if width >= _WIDE else (13, 8, 5, 20)


def head_rows(found: CallbackPage | None, whose: Whose, width: int) -> list[Row]:
    """How many there are, how many are overdue, and which are shown."""
    if found is None:
        return [row(("…", "faint"))]
    parts = row((f" {found.total:,}", "strong"), (" callbacks" if found.total != 1 else " callback", "dim"))
    if found.overdue:
        parts = (*parts, *row((" · ", "faint"), (f"! {found.overdue:,} overdue", "strong")))
    shown = {Whose.ALL: "yours and the pool's", Whose.MINE: "yours only", Whose.POOL: "the pool's only"}[
        whose
    ]
    return [spread(parts, row((f"{shown} ", "dim")), width)]


def title_row(width: int) -> Row:
    """Names over the columns."""
    due, late, whose, name = _cells(width)
    names = (
        ("due", due),
        ("late", late),
        ("whose", whose),
        ("account", name),
        ("callable", _GATE),
        ("asked by", 8),
    )
    return cut_row(row(("   " + " ".join(fit(text, size) for text, size in names), "dim")), width)


def overdue(since: timedelta) -> str:
    """How long past the agreed time: ``5 min``, ``2 h``, ``3 d``."""
    minutes = int(since.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 60 * 48 else f"{minutes // 1440} d"


def callback_row(item: CallbackRow, width: int, chosen: bool, now: datetime) -> Row:
    """One callback: when it is due, whether it is overdue, whose it is, and what the gate says now."""
    due, past_cells, whose, name = _cells(width)
    account = item.account
    past = item.due_at < now
    late = overdue(now - item.due_at) if past else ""
    said = f"! {late} late" if late and width >= _WIDE else f"! {late}" if late else ""
    owner = "yours" if item.mine else "pool" if not item.owner or width < _WIDE else f"pool ({item.owner})"
    if account.callable:
        until = figures.moment(account.call_until, account.zone, now) if account.call_until else ""
        gate = row((fit(f"☎ until {until}" if until else "☎ now", _GATE), ""))
    else:
        gate = row((fit(f"✗ {later_word(account.retry_at, account.zone, now)}", _GATE), "dim"))
    asked = item.asked_by or "–"
    if account.leased_by:
        asked = f"with {account.leased_by} · {asked}"
    return row(
        (" ▸ " if chosen else "   ", "accent"),
        (fit(figures.moment(item.due_at, account.zone, now), due), "strong" if past or chosen else ""),
        " ",
        (fit(said, past_cells), "strong"),
        " ",
        (fit(owner, whose), "" if item.mine else "dim"),
        " ",
        (fit(account.name, name), "strong" if chosen else ""),
        " ",
        *gate,
        " ",
        (asked, "dim"),
    )


def detail_rows(item: CallbackRow | None, now: datetime, width: int) -> list[Row]:
    """The chosen callback in full, under the list."""
    if item is None:
        return [(), ()]
    account = item.account
    there = figures.local(item.due_at, account.zone)
    when = f"{figures.weekday(there)} {figures.clock_face(item.due_at, account.zone, place=True)}"
    gate = (
        f"callable until {figures.clock_face(account.call_until, account.zone)}"
        if account.callable and account.call_until
        else "callable now"
        if account.callable
        else figures.next_time(account.retry_at, account.zone, now)
    )
    why = " · ".join(account.reasons) or "–"
    number = f"   #{account.number.lstrip('#')}"
    return [
        spread(
            row(
                (f" {account.name}", "title"),
                (number, "dim"),
                f"   {account.due}",
            ),
            row(f"{when} "),
            width,
        ),
        spread(row((f" {why}", "accent" if account.callable else "strong")), row((f"{gate} ", "")), width),
    ]
