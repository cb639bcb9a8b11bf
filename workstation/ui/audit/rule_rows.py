"""How the speech rules do, as rows in fixed cells: the table, two charts of one rule, its findings. Pure."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from workstation.desk.audit_figures import Judged, Share
from workstation.desk.rule_table import Order, RuleFinding, RuleFindings, RuleLine, RuleTable
from workstation.ui import charts, figures
from workstation.ui.audit.list_rows import lift_words
from workstation.ui.kit import BLANK, Row, Span, cut_row, row, row_width, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit

_WIDE = 119
"""Cells of a list from which the course, the counts and the charts' words have room."""
_WORDS = 38
"""Cells of the pane that says the chosen rule's figures in words."""
_TOO_OFTEN_WRONG = 0.5
"""A rule is marked where even the upper end of its precision's interval is under this."""


def percent(share: Share) -> str:
    """``83 %``; a dash of none."""
    return "–" if share.value is None else f"{share.value * 100:.0f} %"


def rate(value: Fraction | None) -> str:
    """Findings per 100 calls: one place, none from 100 on; a dash of nothing."""
    return "–" if not value else f"{float(value):.1f}" if value < 100 else f"{float(value):.0f}"


def _cells(width: int) -> tuple[int, int]:
    """Cells for the rule's title and for the line of its interval; a wider list has a longer line."""
    if width < _WIDE:
        return 30, max(4, width - 66)
    plot = min(30, width - 106)
    return 32 + width - 106 - plot, plot


def head_rows(found: RuleTable | None, order: Order, width: int) -> list[Row]:
    """How many rules there are figures of, over how many calls, and how much of it was judged."""
    if found is None:
        return [row(("…", "faint"))]
    left = row(
        (f" {len(found.lines)}", "strong"),
        (f" rule{'s' * (len(found.lines) != 1)} · ", "dim"),
        (f"{found.calls:,}", "strong"),
        (f" call{'s' * (found.calls != 1)} · ", "dim"),
        (f"{found.judged:,}", "strong"),
        (" judged", "dim"),
    )
    if width >= _WIDE:
        left = (*left, Span("   "), *lift_words(found.lift))
    return [spread(left, row((f"{order.value} ", "dim")), width)]


def title_row(width: int) -> Row:
    """Names over the columns; the list below is a cell narrower, for its scroll bar."""
    title, plot = _cells(width - 1)
    if width > _WIDE:
        text = (
            f"   {fit('rule', title)} {'per 100':>8}  {fit('12 months', 12)}  {'judged':>7} {'false':>6} "
            f"{'missed':>6}  {'right':>6}  {_scale(plot)}  {'recall':>13}"
        )
    else:
        text = f"   {fit('rule', title)} {'per 100':>7} {'judged':>6} {'right':>6}  {_scale(plot)}  recall"
    return cut_row(row((text, "dim")), width)


def _scale(width: int) -> str:
    """What the ends of the intervals' line stand for."""
    return "0" + fit("100 %", width - 1, right=True)


def rule_row(line: RuleLine, width: int, chosen: bool) -> Row:
    """One rule: how often it speaks, its course, what was judged, how sure its precision is, its recall."""
    precision, recall = line.figures.precision, line.figures.recall
    doubtful = bool(precision.of) and precision.interval[1] < _TOO_OFTEN_WRONG
    said = "stop" if doubtful else "strong" if precision.of else "faint"
    lead = row(("▸" if chosen else " ", "accent"), ("! " if doubtful else "  ", "stop"))
    size, plot = _cells(width)
    title = row((fit(line.name.title, size), "strong" if chosen else ""))
    if width >= _WIDE:
        return (
            *lead,
            *title,
            *row(
                (f" {rate(line.per_100):>8}  ", "" if line.per_100 else "faint"),
                (charts.spark([m.per_100 for m in line.months]) + "  ", "dim"),
                *(_count(n) for n in (line.judged, line.false_alarms, line.missed)),
                (f"  {percent(precision):>6}  ", said),
            ),
            *_interval(precision, plot),
            *row((f"  {_of(recall):>7}", "dim"), (f" {percent(recall):>5}", "" if recall.of else "faint")),
        )
    return (
        *lead,
        *title,
        *row(
            (f" {rate(line.per_100):>7}", "" if line.per_100 else "faint"),
            _count(line.judged),
            (f" {percent(precision):>6}  ", said),
        ),
        *_interval(precision, plot),
        *row((f"  {percent(recall):>6}", "" if recall.of else "faint")),
    )


def _count(number: int) -> tuple[str, str]:
    return (f" {number:>6,}", "") if number else (f" {'·':>6}", "faint")


def _of(share: Share) -> str:
    return f"{share.hits} of {share.of}" if share.of else ""


def _interval(share: Share, width: int) -> Row:
    if share.value is None:
        return row(("╌" * width, "faint"))
    low, high = share.interval
    return charts.span(low, share.value, high, width)


# ---- one rule ------------------------------------------------------------------------------------------


def detail_rows(line: RuleLine | None, width: int, height: int) -> list[Row]:
    """The chosen rule: how often it spoke by month, how often it was right, and what that rests on."""
    if line is None:
        return []
    name = line.name
    about = " · ".join(part for part in (line.rule_id, name.severity, name.citation) if part)
    wide = width >= _WIDE
    first = spread(
        row((f" {name.title}", "title"), (f"   {about}", "dim")), () if wide else _judged_words(line), width
    )
    pane = (width - 2 - (_WORDS if wide else 0)) // 2 - 2
    panes = [_often(line, pane, height - 2 - wide), _right(line, pane, height - 2 - wide)]
    if wide:
        panes.append(_words(line, width - 2 * (pane + 3) - 2))
    beside = (_beside([p[n] if n < len(p) else BLANK for p in panes], pane) for n in range(height - 1 - wide))
    return [cut_row(first, width), *([BLANK] if wide else []), *beside]


def _beside(cells: list[Row], pane: int) -> Row:
    line: Row = row(" ")
    for n, cell in enumerate(cells):
        gap = 1 + n * (pane + 3) - row_width(line)
        line = (*line, Span(" " * max(0, gap)), *cell)
    return line


def _judged_words(line: RuleLine) -> Row:
    return row((f"{_of(line.figures.precision)} right " if line.judged else "not judged yet ", "dim"))


def _often(line: RuleLine, width: int, height: int) -> list[Row]:
    """Findings per 100 calls, by month."""
    shown = line.months[-max(1, width // 6) :]
    data = [charts.Column(f"{m.month:%b}", m.per_100, m.per_100, rate(m.per_100)) for m in shown]
    return [heading("FOUND PER 100 CALLS", (), width), *charts.columns(data, width, height)]


def _right(line: RuleLine, width: int, height: int) -> list[Row]:
    """How many of the findings judged in a month were right; what is certain of it in the accent."""
    shown = line.months[-max(1, width // 6) :]
    data = []
    for month in shown:
        share = month.precision
        known = Fraction(share.hits, share.of) if share.of else None
        low = Fraction(share.interval[0]).limit_denominator(1000) if share.of else None
        data.append(charts.Column(f"{month.month:%b}", low, known, _short(share)))
    legend = row(("█", "accent"), (" at least ", "dim"), ("█", "dim"), (" as judged", "dim"))
    return [
        heading("RIGHT, %", legend, width),
        *charts.columns(data, width, height, top=Fraction(1)),
    ]


def _short(share: Share) -> str:
    return "–" if share.value is None else f"{share.value * 100:.0f}"


def _words(line: RuleLine, width: int) -> list[Row]:
    """The figures said in words: a share is worth what it was counted on."""
    found, precision, recall = line.figures, line.figures.precision, line.figures.recall
    low, high = precision.interval
    rows: list[Row] = [heading("WHAT IT RESTS ON", (), width)]
    on = f", on {found.calls:,} of {line.judged_calls:,} calls"
    rows.append(row((f"{found.findings:,}", "strong"), (f" found{on}", "dim")))
    if precision.of:
        rows.append(
            row(
                (f"{precision.hits}", "strong"),
                (" confirmed, ", "dim"),
                (f"{line.false_alarms}", "strong"),
                (f" false alarm{'s' * (line.false_alarms != 1)}", "dim"),
            )
        )
        rows.append(row((f"right {low * 100:.0f} to {high * 100:.0f} times in 100", "dim")))
    else:
        rows.append(row(("no finding was judged yet", "dim")))
    rows.append(row((f"{line.missed}", "strong"), (" missed that reviewers added", "dim")))
    sample = f"{recall.hits} of {recall.of} found" if recall.of else "nothing judged"
    rows.append(row((f"random sample: {sample}", "dim")))
    return [cut_row(one, width) for one in rows]


# ---- its findings --------------------------------------------------------------------------------------

_SIGN = {
    Judged.CONFIRMED: ("✓", "accent", "confirmed"),
    Judged.REJECTED: ("–", "dim", "false alarm"),
    Judged.ADDED: ("+", "accent", "missed"),
}


def findings_head(line: RuleLine | None, found: RuleFindings | None, width: int) -> list[Row]:
    """Which rule, and how many there are."""
    if line is None:
        return []
    count = "" if found is None else f"{found.total:,} finding{'s' * (found.total != 1)} "
    return [
        spread(
            row((f" {line.name.title}", "strong"), (f"  {line.rule_id}", "dim")), row((count, "dim")), width
        )
    ]


def _call_cells(width: int) -> tuple[int, int, int]:
    """Cells for when, collector and party."""
    return (13, 16, 22) if width >= _WIDE else (9, 9, 12)


def findings_title(width: int) -> Row:
    """Names over the columns."""
    when, who, party = _call_cells(width)
    names = (("call", when), ("collector", who), ("spoke with", party), ("at", 7), ("sure", 8))
    text = " ".join(fit(name, size) for name, size in names)
    return cut_row(row((f"     {text} words", "dim")), width)


def finding_row(item: RuleFinding, width: int, chosen: bool, now: datetime, zone: str) -> Row:
    """One finding: what became of it, on which call, at which second, the words."""
    when, who, party = _call_cells(width)
    sign, style, _ = _SIGN[item.judged] if item.judged is not None else ("·", "faint", "")
    sure = item.verdict if item.verdict != "heard" else f"{item.confidence:.2f}"
    at = "" if item.second is None else figures.length(item.second)
    return cut_row(
        row(
            ("▸ " if chosen else "  ", "accent"),
            (f"{sign}  ", style),
            (fit(figures.moment(item.at, zone, now), when) + " ", "dim"),
            (fit(item.collector, who) + " ", ""),
            (fit(item.party, party) + " ", "strong" if chosen else ""),
            (fit(at, 7) + " ", "dim"),
            (fit({"inconclusive": "unclear", "": "added"}.get(sure, sure), 8) + " ", "dim"),
            (item.words, "dim" if item.judged is Judged.REJECTED else ""),
        ),
        width,
    )


def finding_detail(item: RuleFinding | None, width: int) -> list[Row]:
    """The chosen one in full, with who judged it and why."""
    if item is None:
        return []
    said = row(("not judged yet ", "dim"))
    if item.judged is not None:
        _, style, word = _SIGN[item.judged]
        said = row((f"{word} by {item.judged_by} ", style))
    head = row((f" {item.party}", "strong"), (f" · {item.account} · {item.collector}", "dim"))
    words = row((f" “{item.words}”" if item.words else "", ""), (f"  {item.reason}", "dim"))
    return [spread(head, said, width), cut_row(words, width)]
