"""The final notice as rows in fixed cells: the list, and the three panes of a session. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import CheckState, NoticeCheck, Outcome
from workstation.desk.final_terms import Terms
from workstation.desk.final_views import FinalOrder, FinalRow, FinalView, ScriptStep
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, Span, cut_row, row, row_width, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit, wrap

_WIDE = 110

OUTCOMES: Sequence[tuple[str, Outcome, str]] = (
    ("1", Outcome.PAID, "paid"),
    ("2", Outcome.SETTLEMENT, "settlement"),
    ("3", Outcome.PLAN, "plan"),
    ("4", Outcome.LAST_CHANCE, "last chance"),
    ("5", Outcome.STOPPED, "stopped"),
    ("6", Outcome.NOT_REACHED, "not reached"),
)
"""One key each."""

_SIGNS = {
    CheckState.MET: ("✓", "accent"),
    CheckState.WAIVED: ("~", "strong"),
    CheckState.MISSING: ("✗", "stop"),
}


# ---- the list --------------------------------------------------------------------------------------------


def _cells(width: int) -> tuple[int, int, int]:
    """Cells for name, sum and lateness."""
    return (30, 15, 8) if width >= _WIDE else (22, 11, 5)


def _group(one: FinalRow) -> str:
    if one.deadline is not None:
        return "lapsed" if one.deadline.state is DeadlineState.DUE else "running"
    return "blocked" if one.blocked else "ready"


def head_rows(
    order: FinalOrder | None, seen: Sequence[FinalRow], terms: Terms | None, width: int
) -> list[Row]:
    """How many are ready, blocked (why, where all rows are seen), running, lapsed; what may be offered."""
    if order is None:
        return [row(("…", "faint"))]
    parts: list[Span] = [*row((f" {order.ready:,}", "strong"), (" ready", "dim"))]
    if order.lapsed:
        parts += row((" · ", "faint"), (f"! {order.lapsed:,} lapsed", "strong"))
    if order.running:
        parts += row((" · ", "faint"), f"{order.running:,}", (" running", "dim"))
    if order.blocked:
        why = sorted({c.id.value for one in seen if _group(one) == "blocked" for c in one.blocked})
        because = f" ({', '.join(why)})" if why and len(seen) == len(order.account_ids) else ""
        parts += row((" · ", "faint"), f"{order.blocked:,}", (f" blocked{because}", "dim"))
    right = row((authority_words(terms), "dim"), " ") if terms is not None and width >= _WIDE else ()
    return [spread(tuple(parts), right, width)]


def authority_words(terms: Terms) -> str:
    """What the manager may offer, in a few words."""
    fees = " · fees waivable" if terms.fees_waivable else ""
    return f"authority: settle from {terms.least_share}% · {terms.longest_months} months{fees}"


def title_row(width: int) -> Row:
    """Names over the columns."""
    name, amount, late = _cells(width)
    text = (
        f"   {fit('account', name)} {fit('asked for', amount, right=True)} {fit('late', late, right=True)}  "
    )
    return cut_row(row((text + "where it stands", "dim")), width)


def final_row(item: FinalRow, width: int, chosen: bool, now: datetime) -> Row:
    """One account: who, how much, how late, and where it stands in a sign and words."""
    name, amount, late = _cells(width)
    sign, words, style = _state(item, now)
    strong = "strong" if chosen else "" if _group(item) in ("ready", "lapsed") else "dim"
    return row(
        (" ▸ " if chosen else "   ", "accent"),
        (fit(item.name, name), strong),
        " ",
        (fit(item.demand.figures(), amount, right=True), strong),
        " ",
        (fit(figures.days_late(item.days_late), late, right=True), "dim"),
        "  ",
        (f"{sign} ", style),
        (words, "" if style != "faint" else "dim"),
    )


def _state(item: FinalRow, now: datetime) -> tuple[str, str, str]:
    if item.in_session:
        return "●", f"in session with {item.in_session}", "accent"
    deadline = item.deadline
    if deadline is not None and deadline.state is DeadlineState.DUE:
        return "!", f"lapsed {figures.weekday(deadline.day)}: follow through, or say why not", "stop"
    if deadline is not None:
        return "◌", f"last chance until {figures.weekday(deadline.day)} 17:00", "accent"
    if item.blocked:
        return "✗", "; ".join(c.found for c in item.blocked), "faint"
    return "✓", "ready", "accent"


def detail_rows(item: FinalRow | None, width: int) -> list[Row]:
    """The chosen account in full, and what to do about it."""
    if item is None:
        return [BLANK, BLANK]
    first = spread(
        row((f" {item.name}", "title"), (f"   #{item.number.lstrip('#')}", "dim"), f"   {item.demand}"),
        row((f"{figures.days_late(item.days_late)} late ", "dim")),
        width,
    )
    if item.deadline is not None:
        words = f"{item.deadline.partner or item.deadline.action} · {item.deadline.consequence}"
    elif item.blocked:
        words = " · ".join(f"{c.title}: {c.todo}" for c in item.blocked)
    else:
        words = "every check is in order"
    return [first, cut_row(row((f" {words}", "dim" if item.blocked else "accent")), width)]


# ---- the session -----------------------------------------------------------------------------------------


def top_rows(view: FinalView | None, width: int) -> list[Row]:
    """Whose account it is, what is asked for, and where the session stands."""
    if view is None:
        return [row(("opening …", "faint"))]
    left = row(
        (f" {view.name}", "title"),
        (f"  #{view.number.lstrip('#')}", "dim"),
        ("   ", ""),
        (str(view.demand), "strong"),
        (f" · {view.contact}", "dim"),
    )
    return [spread(left, _where(view), width)]


def _where(view: FinalView) -> Row:
    if view.outcome:
        said = " · confirmed in writing" if view.confirmed else ""
        return row((f" {view.outcome}{said} ", "notice"))
    if view.stopped:
        return row((f" ✗ STOPPED: {view.stopped} ", "alarm"))
    if view.session_id is not None:
        return row(("● in session ", "accent strong"))
    return row(("✓ ready to begin " if view.ready else "not ready ", "accent" if view.ready else "dim"))


def history_rows(view: FinalView | None, width: int, height: int) -> list[Row]:
    """The steps taken, dated, ready to be read aloud; the newest stay where not all fit."""
    rows: list[Row] = [heading("STEPS TAKEN", row(("read aloud", "dim")), width)]
    if view is None:
        return rows
    lines: list[Row] = []
    for sentence in view.history:
        day, _, told = sentence.partition(": ")
        lead = _short(day)
        for index, text in enumerate(wrap(told or day, max(8, width - 8))):
            lines.append(row((fit(lead if index == 0 else "", 8), "dim"), text))
    room = height - 1
    if len(lines) > room > 0:
        lines = [row((f"… {len(lines) - room + 1} earlier lines", "faint")), *lines[-(room - 1) :]]
    if not lines:
        lines = [row(("no step is recorded", "dim"))]
    return [*rows, *lines]


def _short(day: str) -> str:
    """``09 Sep`` of ``On 9 September 2026``; empty where the day was said already."""
    words = day.split()
    if len(words) != 4 or not words[1].isdigit():
        return ""
    return f"{int(words[1]):02d} {words[2][:3]}"


def ordered(checks: Sequence[NoticeCheck]) -> list[NoticeCheck]:
    """What is missing first, then what was waived, then what is in order."""
    order = {CheckState.MISSING: 0, CheckState.WAIVED: 1, CheckState.MET: 2}
    return sorted(checks, key=lambda c: order[c.state])


def check_rows(view: FinalView, cursor: int, width: int, height: int) -> list[Row]:
    """The conditions: sign, title, what was found; of the chosen one what to do."""
    checks = ordered(view.checks)
    met = sum(c.state is not CheckState.MISSING for c in checks)
    rows: list[Row] = [heading("BEFORE THE CALL", row((f"{met} of {len(checks)} in order", "dim")), width)]
    wide = width >= 64
    title = 34 if wide else width - 4
    lines: list[tuple[int, Row]] = []
    for index, check in enumerate(checks):
        sign, style = _SIGNS[check.state]
        chosen = index == cursor
        parts = row(
            ("▸" if chosen else " ", "accent"),
            (f"{sign} ", style),
            (fit(check.title, title), "strong" if chosen or check.state is CheckState.MISSING else ""),
            (f" {check.found}" if wide else "", "dim"),
        )
        lines.append((index, cut_row(parts, width)))
        if chosen:
            told = [] if wide and row_width(parts) <= width else wrap(check.found, max(8, width - 5))
            lines += [(index, row("    ", (t, "dim"))) for t in told]
        if chosen and check.todo:
            more = " · w waives it in writing" if check.waivable else " · nobody may waive it"
            lines += [(index, row("    ", (t, "accent"))) for t in wrap(check.todo + more, max(8, width - 5))]
    room = max(1, height - 1)
    at = next((n for n, (index, _) in enumerate(lines) if index == cursor), 0)
    first = max(0, min(at - room // 2, len(lines) - room))
    return [*rows, *(line for _, line in lines[first : first + room])]


def script_rows(view: FinalView, cursor: int, said: frozenset[str], width: int, height: int) -> list[Row]:
    """The step in front in full, with its facts filled; then what comes."""
    steps = view.steps
    step = steps[min(cursor, len(steps) - 1)]
    place = f"{min(cursor, len(steps) - 1) + 1} of {len(steps)}"
    tick = "✓" if step.id in said else "▸"
    rows: list[Row] = [
        heading("SCRIPT", row((place, "dim")), width),
        cut_row(row((f"{tick} ", "accent"), (step.title, "strong")), width),
    ]
    if height > 12:
        rows += [row("  ", (t, "dim")) for t in wrap(step.when, max(8, width - 2))]
    rows.append(BLANK)
    if not step.lines:
        rows += [row("  ", (t, "dim")) for t in wrap(_silent(view, step), max(8, width - 2))]
    for line in step.lines:
        rows += [row("  " + t) for t in wrap(line, max(8, width - 2))]
        rows.append(BLANK)
    left = height - len(rows)
    if left >= 2:
        for index, one in enumerate(steps[cursor + 1 : cursor + left]):
            mark = "✓ " if one.id in said else "  "
            lead = "then " if index == 0 else "     "
            rows.append(cut_row(row((lead, "dim"), (mark, "accent"), (one.title, "dim")), width))
    return rows[:height]


def _silent(view: FinalView, step: ScriptStep) -> str:
    if view.stopped:
        return f"nothing is said here: {view.stopped}"
    if step.id == "consequence":
        return "nothing is said here: no consequence is authorised"
    return "nothing is said here: no deadline can be chosen"


def authority_rows(view: FinalView | None, width: int, height: int) -> list[Row]:
    """What may be offered, the deadline, the consequence with who authorised it, and the outcomes."""
    if view is None:
        return [heading("AUTHORITY")]
    terms = view.terms
    fees = f"fees of {view.fees.figures()} may be left out" if view.fees.minor else ""
    rows: list[Row] = [
        heading("AUTHORITY"),
        row(
            ("settle ", "dim"), "from ", (view.least.figures(), "strong"), (f" ({terms.least_share}%)", "dim")
        ),
        row(
            ("plan   ", "dim"),
            f"{terms.longest_months} months",
            (f", first in {terms.first_payment_days} days", "dim"),
        ),
    ]
    if fees:
        rows.append(row(("fees   ", "dim"), fees))
    block = _deadline_rows(view, width)
    consequence = _consequence_rows(view, width)
    endings = _ending_rows(view, width)
    spare = height - len(rows) - len(block) - len(consequence) - len(endings)
    gap = [BLANK] if spare >= 3 else []
    return [*rows, *gap, *block, *gap, *consequence, *gap, *endings][:height]


def _deadline_rows(view: FinalView, width: int) -> list[Row]:
    if view.stopped:
        return [heading("DEADLINE"), row(("none: the session is stopped", "dim"))]
    if view.deadline is None:
        return [heading("DEADLINE"), row(("no day can be chosen: see the checks", "dim"))]
    fixed = bool(view.outcome)
    hint = row(("given" if fixed else "← → choose", "dim"))
    days = (view.deadline - view.today).days
    return [
        heading("DEADLINE", hint, width),
        row((f"{_long(view.deadline)} 17:00", "strong")),
        cut_row(
            row((f"{days} days · business day · {view.zone.rpartition('/')[2].replace('_', ' ')}", "dim")),
            width,
        ),
    ]


def _consequence_rows(view: FinalView, width: int) -> list[Row]:
    rows: list[Row] = [heading("CONSEQUENCE")]
    if view.stopped:
        return [*rows, row(("✗ ", "stop"), ("none may be named any more", "strong"))]
    if not view.consequence or view.acts_on is None:
        return [*rows, row(("none may be named: no authority", "dim"))]
    what = f"{view.action} with {view.partner}" if view.partner else view.action
    rows += [row((t, "strong")) for t in wrap(what, width)]
    rows.append(row(("on ", "dim"), _long(view.acts_on)))
    rows += [row((t, "dim")) for t in wrap(view.authorised, width)]
    return rows


def _ending_rows(view: FinalView, width: int) -> list[Row]:
    if view.outcome:
        done = "in the outbox" if view.confirmed else "c queues the written confirmation"
        nothing = view.outcome in (Outcome.PAID.value, Outcome.STOPPED.value, Outcome.NOT_REACHED.value)
        return [heading("ENDED"), row((view.outcome, "strong")), row(("" if nothing else done, "accent"))]
    if view.session_id is None:
        return []
    cells = [(key, word) for key, outcome, word in OUTCOMES if _open(view, outcome)]
    each = max(14, width // 2)
    rows: list[Row] = [heading("ENDS AS")]
    for first in range(0, len(cells), 2):
        spans: list[Span] = []
        for key, word in cells[first : first + 2]:
            spans += [Span(f"{key} ", "key", f"outcome('{key}')"), Span(fit(word, each - 2))]
        rows.append(cut_row(tuple(spans), width))
    return rows


def _open(view: FinalView, outcome: Outcome) -> bool:
    if view.stopped:
        return outcome in (Outcome.STOPPED, Outcome.NOT_REACHED)
    return outcome is not Outcome.STOPPED


def _long(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"
