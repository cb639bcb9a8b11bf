"""The key-figure report: months side by side, as text with bars for a terminal, HTML, CSV or JSON.

HTML and CSV are safe for text from outside: everything is escaped, and no cell is a formula.
"""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from workstation.desk import kpi_floor, kpi_receivables
from workstation.desk.kpi import Figure, Row, rounded
from workstation.desk.kpi_definitions import DEFINITIONS, Unit
from workstation.desk.kpi_receivables import Period, months_until
from workstation.desk.money import Money
from workstation.store import figures
from workstation.store.book import SqlBook

Form = Literal["text", "html", "csv", "json"]
FLOOR = "floor"
BAR = 28
"""Columns of the longest bar on the terminal."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Section:
    """Figures of one currency, or of the floor: one row a figure, one column a period."""

    name: str
    periods: tuple[Period, ...]
    rows: tuple[tuple[Figure | None, ...], ...]
    """None where the figure does not occur in that period."""

    def titled(self) -> Sequence[tuple[Figure, tuple[Figure | None, ...]]]:
        """Each row with one of its figures, for the title."""
        return [(next(f for f in reversed(row) if f is not None), row) for row in self.rows]


def kpi_sections(book: SqlBook, as_of: date, months: int = 3) -> tuple[Section, ...]:
    """Work out every figure for the months up to a day, by currency and for the floor.

    Raises ValueError for fewer than one month.
    """
    if months < 1:
        raise ValueError("the report needs at least one month")
    periods = months_until(as_of, months)
    found = [
        _section(lines.currency, periods, [kpi_receivables.figures(lines, p) for p in periods])
        for lines in figures.load_receivables(book, as_of)
    ]
    floor = figures.load_floor(book, periods[0].first, as_of)
    found.append(_section(FLOOR, periods, [kpi_floor.figures(floor, p) for p in periods]))
    return tuple(found)


def _section(name: str, periods: tuple[Period, ...], columns: Sequence[Sequence[Figure]]) -> Section:
    order = {kpi: position for position, kpi in enumerate(DEFINITIONS)}
    keys: dict[tuple[str, str], int] = {}
    for column in columns:
        for figure in column:
            keys.setdefault((figure.kpi, figure.label), len(keys))
    by_key = [{(f.kpi, f.label): f for f in column} for column in columns]
    wanted = sorted(keys, key=lambda key: (order[key[0]], keys[key]))
    return Section(name, periods, tuple(tuple(c.get(key) for c in by_key) for key in wanted))


def render_kpis(book: SqlBook, as_of: date, months: int = 3, form: Form = "text") -> str:
    """Return the report as text, HTML, CSV or JSON. Raises ValueError for another form."""
    render = {"text": as_text, "html": as_html, "csv": as_csv, "json": as_json}.get(form)
    if render is None:
        raise ValueError(f"no report form {form!r}: there are text, html, csv, json")
    return render(kpi_sections(book, as_of, months), as_of)


def explain(sections: Sequence[Section], kpi: str, limit: int = 20) -> str:
    """Say what a figure means, its value in the last period, and the rows behind it.

    Raises KeyError for a figure that does not exist.
    """
    definition = DEFINITIONS[kpi]
    lines = [f"{definition.title} ({kpi})", f"  {definition.formula}", f"  {definition.text}"]
    for section in sections:
        for figure, row in section.titled():
            last = row[-1]
            if figure.kpi != kpi or last is None:
                continue
            why = f"  ({last.why})" if last.why else ""
            lines += ["", f"{section.name}: {last.title} = {last.shown()}{why}"]
            for part in last.parts:
                rows = part.rows()
                currency = (last.currency or section.name) if part.money else ""
                lines.append(f"  {part.symbol} = {_number(part.value, currency)}" + _count(rows))
                lines += [
                    f"    {r.kind} {r.reference}  {r.on or ''}  {_number(r.value, currency)}"
                    for r in rows[:limit]
                ]
                if len(rows) > limit:
                    lines.append(f"    and {len(rows) - limit} more")
    return "\n".join(lines) + "\n"


def _count(rows: Sequence[Row]) -> str:
    return f"  from {len(rows)} line{'s' if len(rows) != 1 else ''}" if rows else ""


def _number(value: int | Fraction, currency: str = "") -> str:
    exact = Fraction(value)
    if currency:
        return str(Money(int(exact), currency))
    return str(exact.numerator) if exact.denominator == 1 else str(rounded(exact, 3))


# ---- terminal ---------------------------------------------------------------------------------------


def as_text(sections: Sequence[Section], as_of: date) -> str:
    """A page for the terminal: figures by month, with bars for aging and DSO."""
    lines = [f"Key figures as of {as_of:%d %b %Y}"]
    for section in sections:
        lines += ["", section.name.upper() if section.name != FLOOR else "Floor"]
        cells = [[f.title, *("" if x is None else x.shown() for x in row)] for f, row in section.titled()]
        heads = ["", *(p.label for p in section.periods)]
        widths = [max(len(r[c]) for r in [heads, *cells]) for c in range(len(heads))]
        for row in [heads, *cells]:
            rest = "  ".join(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
            lines.append(f"  {row[0].ljust(widths[0])}  {rest}".rstrip())
        for title, points in _charts(section):
            lines += _bars(title, points)
    return "\n".join(lines) + "\n"


Point = tuple[str, Fraction, str]
"""Label, length, and the value as people read it."""


def _charts(section: Section) -> list[tuple[str, list[Point]]]:
    """What is drawn of a section: the aging at the end, DSO and collection effectiveness by period."""
    aging = [row[-1] for f, row in section.titled() if f.kpi == "aging"]
    found = [("Aging", [(f.label, f.value or Fraction(0), f.shown()) for f in aging if f is not None])]
    for kpi in ("dso", "cei"):
        for figure, row in section.titled():
            if figure.kpi == kpi:
                points = [
                    (p.label, f.value, f.shown())
                    for p, f in zip(section.periods, row, strict=True)
                    if f is not None and f.value is not None
                ]
                found.append((figure.title, points))
    return [(title, points) for title, points in found if any(length > 0 for _, length, _ in points)]


def _bars(title: str, points: Sequence[Point]) -> list[str]:
    longest = max(length for _, length, _ in points)
    wide = max(len(label) for label, _, _ in points)
    return ["", f"  {title}"] + [
        f"  {label.rjust(wide)} {bar(length / longest):<{BAR}} {shown}" for label, length, shown in points
    ]


def bar(share: Fraction, width: int = BAR) -> str:
    """A bar of a share (0 to 1) of the width, exact to an eighth of a cell; nothing for less than 0."""
    eighths = int(max(Fraction(0), min(share, Fraction(1))) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


# ---- files ------------------------------------------------------------------------------------------


def as_html(sections: Sequence[Section], as_of: date) -> str:
    """One page that needs nothing else: no scripts, no fonts, no addresses."""
    body = [f"<h1>Key figures as of {as_of:%d %b %Y}</h1>"]
    for section in sections:
        heads = "".join(f"<th>{html.escape(p.label)}</th>" for p in section.periods)
        name = "Floor" if section.name == FLOOR else section.name
        body.append(f"<h2>{html.escape(name)}</h2><div class=section><table><tr><th></th>{heads}</tr>")
        for figure, row in section.titled():
            about = html.escape(f"{figure.definition.formula}. {figure.definition.text}", quote=True)
            cells = "".join(
                "<td></td>"
                if f is None
                else f'<td title="{html.escape(f.why, quote=True)}"{_absent(f)}>{html.escape(f.shown())}</td>'
                for f in row
            )
            body.append(f'<tr><th title="{about}">{html.escape(figure.title)}</th>{cells}</tr>')
        body.append("</table><div>")
        body += [_svg(title, points) for title, points in _charts(section)]
        body.append("</div></div>")
    terms = "".join(
        f"<dt>{html.escape(d.title)}</dt><dd><code>{html.escape(d.formula)}</code> {html.escape(d.text)}</dd>"
        for d in DEFINITIONS.values()
    )
    body.append(f"<h2>Definitions</h2><dl>{terms}</dl>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Key figures</title><style>'
        "body{font:14px/1.4 system-ui,sans-serif;margin:2rem;max-width:75rem;color:#222}"
        ".section{display:flex;gap:3rem;flex-wrap:wrap;align-items:flex-start}h2{margin-top:2.5rem}"
        "table{border-collapse:collapse}td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd}"
        "td{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.none{color:#999}"
        "tr>th:first-child{text-align:left;font-weight:400;padding-left:0}h3{margin:0 0 .3rem;font-size:1em}"
        "figure{margin:0 0 1.5rem}"
        "dt{font-weight:600}dd{margin:0 0 .5rem 1rem}</style><body>" + "\n".join(body) + "</body></html>\n"
    )


def _absent(figure: Figure) -> str:
    return ' class="none"' if figure.value is None else ""


def _svg(title: str, points: Sequence[Point]) -> str:
    longest = max(length for _, length, _ in points)
    rows = []
    for n, (label, length, shown) in enumerate(points):
        width = int(max(Fraction(0), length) / longest * 240)
        y = n * 22
        rows.append(
            f'<text x="62" y="{y + 14}" text-anchor="end">{html.escape(label)}</text>'
            f'<rect x="70" y="{y + 3}" width="{width}" height="14" fill="#4a7ba6"/>'
            f'<text x="{76 + width}" y="{y + 14}">{html.escape(shown)}</text>'
        )
    name = html.escape(title, quote=True)
    drawn = f'<svg width="430" height="{len(points) * 22}" role="img" aria-label="{name}" font-size="12">'
    return f"<figure><h3>{name}</h3>{drawn}{''.join(rows)}</svg></figure>"


def as_csv(sections: Sequence[Section], as_of: date) -> str:
    """One line a figure and period, with its definition."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["as of", "section", "figure", "label", "from", "to", "value", "unit", "why", "formula"])
    for record in _records(sections):
        cells = [
            record[k] for k in ("section", "kpi", "label", "from", "to", "value", "unit", "why", "formula")
        ]
        writer.writerow([_safe(str(c)) for c in (as_of.isoformat(), *cells)])
    return out.getvalue()


def _safe(cell: str) -> str:
    """No spreadsheet takes it for a formula; a negative number stays a number."""
    risky = cell[:1] in ("=", "+", "@", "\t", "\r") or (
        cell.startswith("-") and not cell[1:].replace(".", "", 1).isdigit()
    )
    return "'" + cell if risky else cell


def as_json(sections: Sequence[Section], as_of: date) -> str:
    """Every figure as a record; values are decimal texts, so that nothing is rounded by the reader."""
    return json.dumps({"as_of": as_of.isoformat(), "figures": _records(sections)}, indent=1) + "\n"


def _records(sections: Sequence[Section]) -> list[dict[str, Any]]:
    found = []
    for section in sections:
        for _, row in section.titled():
            for period, figure in zip(section.periods, row, strict=True):
                if figure is None:
                    continue
                found.append(
                    {
                        "section": section.name,
                        "kpi": figure.kpi,
                        "label": figure.label,
                        "from": period.first.isoformat(),
                        "to": period.last.isoformat(),
                        "value": "" if figure.value is None else _plain(figure),
                        "at_least": figure.at_least,
                        "unit": figure.currency or figure.definition.unit.value,
                        "why": figure.why,
                        "formula": figure.definition.formula,
                    }
                )
    return found


def _plain(figure: Figure) -> str:
    """The value without thousands marks; money in its currency's units."""
    assert figure.value is not None
    if figure.definition.unit is Unit.MONEY:
        return figure.shown().rsplit(" ", 1)[0].replace(",", "")
    return str(rounded(figure.value, 0 if figure.definition.unit is Unit.COUNT else 4))
