"""The portfolio as rows in fixed cells: its pictures, its figures by month, the accounts behind one. Pure."""

from __future__ import annotations

from fractions import Fraction

from workstation.desk.kpi import Figure, rounded
from workstation.desk.kpi_definitions import Unit
from workstation.desk.money import Money
from workstation.desk.portfolio import Behind, Cut, FigureRow, Portfolio
from workstation.desk.stage import stage_name
from workstation.ui import charts
from workstation.ui.kit import BLANK, Row, Span, cut_row, row, row_width, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit

_WIDE = 110
HEAD_ROWS = 9
_MONTH = 14
_SPARK = 8
_TREND = 8
_BY = {
    Cut.ALL: "all accounts",
    Cut.STAGE: "by stage",
    Cut.SEGMENT: "by segment",
    Cut.COLLECTOR: "by collector",
}


def waiting_rows(word: str, seconds: int) -> list[Row]:
    """While the book is read."""
    said = f" · {seconds} s" if seconds else ""
    return [row((" reading ", "dim"), (word or "the book", ""), (f" …{said}", "dim"))]


def head_rows(found: Portfolio, width: int) -> list[Row]:
    """Which group, then the aging and, where there is room, DSO by month."""
    at = next((n for n, g in enumerate(found.groups) if g.key == found.group), 0)
    group = found.groups[at] if found.groups else None
    left = row((f" {_BY[found.cut]}", "strong"))
    if group is not None:
        if found.cut is not Cut.ALL:
            left = (*left, *row((" ‹ ", "accent"), (group.key, "title"), (" › ", "accent")))
            left = (*left, *row((f"{at + 1} of {len(found.groups)}", "dim")))
        count = f" · {group.accounts:,} account{'s' if group.accounts != 1 else ''}"
        left = (*left, *row((count, "dim"), (" · ", "faint"), (str(group.open), "strong"), (" open", "dim")))
    right = row((f"as of {found.as_of.day} {found.as_of:%b %Y} ", "dim"))
    rows: list[Row] = [spread(left, right, width), BLANK]
    wide = width >= _WIDE
    pane = width * 55 // 100 if wide else width - 2
    aging = _aging(found, pane)
    trend = _trend(found, width - pane - 5) if wide else []
    for n in range(HEAD_ROWS - 2):
        first = aging[n] if n < len(aging) else BLANK
        line: Row = (Span(" "), *first)
        if wide:
            gap = max(0, pane + 3 - row_width(line))
            line = (*line, Span(" " * gap), *(trend[n] if n < len(trend) else BLANK))
        rows.append(line)
    return rows


def _aging(found: Portfolio, width: int) -> list[Row]:
    total = sum((f.value or Fraction(0) for f in found.aging), Fraction(0))
    longest = max((f.value or Fraction(0) for f in found.aging), default=Fraction(0))
    money = max((len(f.shown()) for f in found.aging), default=0)
    room = max(4, width - 8 - money - 2 - 6)
    rows: list[Row] = [heading("AGING", row(("days past due", "dim")), width)]
    for figure in found.aging:
        value = max(Fraction(0), figure.value or Fraction(0))
        share = value / total if total > 0 else Fraction(0)
        length = value / longest if longest > 0 else Fraction(0)
        late = figure.label not in ("current", "1-30")
        rows.append(
            row(
                (fit(figure.label, 7, right=True) + " ", "dim"),
                (fit(charts.bar(length, room), room), "accent" if not late else ""),
                (f" {figure.shown():>{money}}", "strong" if value else "faint"),
                (f" {rounded(share * 100, 0):>3} %", "dim"),
            )
        )
    return rows


def _trend(found: Portfolio, width: int) -> list[Row]:
    """DSO by month: what terms explain below, what is late payment above."""
    by_id = {r.kpi: r for r in found.rows}
    dso, best = by_id.get("dso"), by_id.get("dso-best")
    data = []
    for n, period in enumerate(found.periods):
        whole = None if dso is None else dso.months[n]
        lower = None if best is None else best.months[n]
        data.append(
            charts.Column(
                period.label[:3],
                None if lower is None else lower.value,
                None if whole is None else whole.value,
                "n/a" if whole is None or whole.value is None else f"{float(whole.value):.0f}",
            )
        )
    legend = row(("█", "accent"), (" terms ", "dim"), ("█", "dim"), (" late", "dim"))
    return [heading("DSO, DAYS", legend, width), *charts.columns(data, width, HEAD_ROWS - 3)]


# ---- the figures -----------------------------------------------------------------------------------------


def _cells(width: int) -> tuple[int, int]:
    """Cells for the title, and how many months fit."""
    title = 34 if width >= _WIDE else 27
    return title, max(1, min(6, (width - title - 4 - _SPARK - _TREND) // (_MONTH + 1)))


def title_row(found: Portfolio | None, width: int) -> Row:
    """The months over the columns; the list below is a cell narrower, for its scroll bar."""
    title, months = _cells(width - 1)
    labels = [p.label for p in found.periods[-months:]] if found is not None else []
    text = "".join(f" {fit(label, _MONTH, right=True)}" for label in labels)
    return cut_row(row((f"   {fit('figure', title)}{text}  6 months", "dim")), width)


def figure_row(item: FigureRow, width: int, chosen: bool) -> Row:
    """One figure: its months, the last one strong, its course, and whether that is better or worse."""
    title, months = _cells(width)
    spans: list[Span] = [
        Span(" ▸ " if chosen else "   ", "accent"),
        Span(fit(item.title, title), "strong" if chosen else ""),
    ]
    shown = item.months[-months:]
    for n, figure in enumerate(shown):
        last = n == len(shown) - 1
        text = "" if figure is None else _short(figure)
        style = "faint" if figure is None or figure.value is None else "strong" if last else "dim"
        spans.append(Span(" " + fit(text, _MONTH, right=True), style))
    course = charts.spark([None if f is None else f.value for f in item.months])
    word, style = _course(item)
    spans += row("  ", (fit(course, _SPARK - 2), "accent"), " ", (fit(word, _TREND - 1), style))
    return tuple(spans)


def _short(figure: Figure) -> str:
    """Money without its currency: the head line says which."""
    text = figure.shown()
    return (
        text.rpartition(" ")[0] if figure.definition.unit is Unit.MONEY and figure.value is not None else text
    )


def _course(item: FigureRow) -> tuple[str, str]:
    known = [f for f in item.months[-2:] if f is not None and f.value is not None]
    if len(known) < 2 or not known[-1].definition.better:
        return "", "dim"
    before, now = known[0].value or Fraction(0), known[1].value or Fraction(0)
    if before == now or known[0].shown() == known[1].shown():
        return "same", "dim"
    up = now > before
    return ("better", "accent") if up == (known[-1].definition.better == "higher") else ("worse", "strong")


def detail_rows(item: FigureRow | None, currency: str, width: int) -> list[Row]:
    """What the chosen figure means, and its parts; money is in the currency of the group."""
    if item is None or item.last is None:
        return [BLANK, BLANK]
    last = item.last
    definition = last.definition
    parts = "   ".join(f"{p.symbol} {_part(p.value, currency if p.money else '')}" for p in last.parts[:4])
    first = spread(
        row((f" {item.title}", "title"), (f"   {definition.formula}", "dim")),
        row((last.shown() if last.value is not None else last.why, "strong"), " "),
        width,
    )
    return [first, cut_row(row((f" {parts}   ", "accent"), (definition.text, "dim")), width)]


def _part(value: int | Fraction, currency: str) -> str:
    return Money(int(value), currency).figures() if currency else f"{int(value):,}"


# ---- the accounts behind a figure ------------------------------------------------------------------------


def behind_title(width: int) -> Row:
    """Names over the columns."""
    name = 34 if width >= _WIDE else 28
    text = f"   {fit('account', name)} {fit('adds', 18, right=True)} {fit('lines', 6, right=True)}  stage"
    return cut_row(row((text, "dim")), width)


def behind_row(item: Behind, width: int, chosen: bool, largest: Fraction) -> Row:
    """One account: what it adds, from how many lines, and a bar."""
    name = 34 if width >= _WIDE else 28
    spans = row(
        (" ▸ " if chosen else "   ", "accent"),
        (fit(item.name, name), "strong" if chosen else ""),
        " ",
        (fit(item.shown, 18, right=True), "strong" if chosen else ""),
        " ",
        (fit(f"{item.lines:,}", 6, right=True), "dim"),
        "  ",
        (fit(f"{item.stage} {stage_name(item.stage)}", 18), "dim"),
    )
    room = width - row_width(spans) - 3
    if room < 4 or largest <= 0:
        return spans
    return (*spans, Span(" "), Span(charts.bar(abs(item.value) / largest, room), "accent"))
