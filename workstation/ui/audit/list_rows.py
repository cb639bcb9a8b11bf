"""The supervisor's list as rows in fixed cells. Pure."""

from __future__ import annotations

from datetime import datetime

from workstation.desk.audit import Why
from workstation.desk.audit_figures import Lift
from workstation.desk.review import Listed, ListRow, State
from workstation.ui import figures
from workstation.ui.kit import Row, Span, cut_row, row, spread
from workstation.ui.text import fit

_WIDE = 110
_STATE = {
    State.NEW: "–",
    State.OPEN: "in review",
    State.WAITING: "waits",
    State.FINISHED: "finished",
    State.COMMITTED: "✓ committed",
}


def _cells(width: int) -> tuple[int, int, int, int]:
    """Cells for when, collector, party and state."""
    return (13, 16, 22, 15) if width >= _WIDE else (9, 9, 12, 8)


def head_rows(found: Listed | None, period: str, *, done: bool, width: int) -> list[Row]:
    """How many calls there are, and how many of them stand here."""
    if found is None:
        return [row(("…", "faint"))]
    what = " reviewed" if done else " to review"
    left = row(
        (f" {found.total:,}", "strong"),
        (what, "dim"),
        (f" of {found.calls:,} call{'s' * (found.calls != 1)}", "dim"),
    )
    if width >= _WIDE:
        left = (*left, Span("   "), *lift_words(found.lift))
    return [spread(left, row((f"{period} ", "dim")), width)]


def lift_words(lift: Lift | None) -> Row:
    """How often the ranking led to a bad call, against listening at random."""
    if lift is None:
        return ()
    if lift.value is None:
        return row((f"lift over random not known yet: {lift.unknown}", "dim"))
    return row(
        (f"{lift.value:.1f} times", "strong"),
        (f" as many bad calls as at random ({lift.top.hits} of {lift.top.of}", "dim"),
        (f" against {lift.random.hits} of {lift.random.of})", "dim"),
    )


def title_row(width: int) -> Row:
    """Names over the columns."""
    when, who, party, state = _cells(width)
    names = (("call", when), ("collector", who), ("spoke with", party), ("length", 6), ("level", state))
    return cut_row(row(("   " + " ".join(fit(text, size) for text, size in names) + "  why", "dim")), width)


def audit_row(item: ListRow, width: int, chosen: bool, now: datetime, zone: str, me: str) -> Row:
    """One call: when, who with whom, how long, where its review stands, and why it is here."""
    when, who, party, state = _cells(width)
    mark = "▸" if chosen else " "
    six = "!" if item.stage >= 6 else " "
    why = " · ".join(item.place.reasons)
    found = Why.FOUND in item.place.why
    at = figures.moment(item.at, zone, now)
    who_has = "yours" if item.holder and item.holder == me else item.holder
    stands = f"{item.level} {who_has or _STATE[item.state]}"
    return cut_row(
        row(
            (f"{mark}{six} ", "accent"),
            (fit(at, when) + " ", "dim"),
            (fit(item.collector, who) + " ", ""),
            (fit(item.party, party) + " ", "strong" if chosen else ""),
            (fit(figures.length(item.seconds), 6) + " ", "dim"),
            (fit(stands, state) + "  ", "dim"),
            (why, "" if found else "dim"),
        ),
        width,
    )


def detail_rows(item: ListRow | None, width: int, me: str) -> list[Row]:
    """The chosen call in full: what speaks for looking at it."""
    if item is None:
        return []
    open_ones = f" · {item.open_doubts} open" if item.open_doubts else ""
    sampled = " · random sample" if item.place.sampled else ""
    first = row(
        (f" {item.party}", "strong"),
        (f" · {item.account} · {item.disposition or 'no outcome'} · stage {item.stage}", "dim"),
        (f" · expected harm {item.place.score:.1f}{open_ones}{sampled}", "dim"),
    )
    holder = f"{item.holder} has it open" if item.holder and item.holder != me else ""
    return [spread(first, row((holder + " ", "dim")), width), row((" " + " · ".join(item.place.reasons), ""))]
