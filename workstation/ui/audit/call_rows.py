"""One call under review as rows: both sides' words, findings beside them, waveform. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from compliance.checks.finding import Finding, FindingKind, Heard
from compliance.transcription.words import Leg, Utterance
from workstation.desk.audit import Doubt
from workstation.desk.audit_figures import Judged
from workstation.desk.review import Sheet, State, Verdict, undecided
from workstation.ui import figures
from workstation.ui.kit import Row, Span, cut_row, row, spread
from workstation.ui.panes import heading
from workstation.ui.talk import Token, flow
from workstation.ui.text import clean, fit, wrap

UNSURE, FAINT = 0.7, 0.45
"""Under these a word is marked as unsure, and as hardly heard."""
_AROUND = 5
"""Words shown before and after those a finding rests on."""
_NAME = 8
_LEAD = 6 + _NAME + 1
_BARS = " ▁▂▃▄▅▆▇█"
_SIGN = {Judged.CONFIRMED: ("✓", "accent"), Judged.REJECTED: ("–", "dim"), Judged.ADDED: ("+", "accent")}


@dataclass(frozen=True, slots=True)
class Mark:
    """One row of the findings: a doubt, or a fault that a reviewer added."""

    title: str
    second: float | None
    said: str
    """How sure it is, or why it cannot be said."""
    words: str
    doubt: Doubt | None
    verdict: Verdict | None
    leg: Leg | None = None


def marks_of(sheet: Sheet) -> tuple[Mark, ...]:
    """Return what there is to jump to: faults first, each kind by its second; then a debtor's cues."""
    findings = {f"finding:{n}": f for n, f in sheet.findings}
    mismatches = {f"mismatch:{m.kind.name}": m for m in sheet.mismatches}
    stands = sheet.stands()
    out = []
    for doubt in sheet.doubts:
        found, mismatch = findings.get(doubt.target), mismatches.get(doubt.target)
        words = _quote(sheet, found) if found else mismatch.words if mismatch else ""
        said = f"{doubt.confidence:.2f}"
        if doubt.verdict is Heard.MISSING:
            said = "missing"
        elif doubt.verdict is Heard.INCONCLUSIVE:
            said, words = "unclear", found.reason if found else ""
        leg = found.leg if found else Leg.DEBTOR
        out.append(Mark(doubt.title, doubt.second, said, words, doubt, stands.get(doubt.target), leg))
    out.sort(key=lambda m: (m.doubt is not None and not m.doubt.bad, m.second or 0.0))
    added = [
        Mark(v.rule_id, v.second, "added", v.words, None, v, Leg(v.leg) if v.leg else None)
        for v in sheet.added()
    ]
    return (*out, *added)


def _quote(sheet: Sheet, found: Finding) -> str:
    """What a finding rests on, with some of the words around it."""
    if not found.words:
        return ""
    lines = [
        u for u in sheet.utterances if u.leg is found.leg and u.start < found.end and u.end > found.start
    ]
    around = [w for u in lines for w in u.words]
    hit = [n for n, w in enumerate(around) if w.start < found.end and w.end > found.start]
    if not hit:
        return " ".join(w.text for w in found.words)
    first, last = max(0, hit[0] - _AROUND), min(len(around), hit[-1] + _AROUND + 1)
    return " ".join(w.text for w in around[first:last])


# ---- head ----------------------------------------------------------------------------------------------


def head_rows(sheet: Sheet | None, width: int) -> list[Row]:
    """Who spoke with whom, when, how long; the score, what is open, and at which level the review is."""
    if sheet is None:
        return [row((" …", "faint"))]
    left = row(
        (f" {sheet.collector} → {sheet.party}", "strong"),
        (f" · {sheet.account}", "dim"),
        (f" · {figures.day(figures.local(sheet.at, sheet.zone).date())}", "dim"),
        (f" {figures.local(sheet.at, sheet.zone):%H:%M}", "dim"),
        (f" · {figures.length(sheet.seconds)}", "dim"),
        (f" · stage {sheet.stage}", "strong" if sheet.stage >= 6 else "dim"),
        (f" · {sheet.disposition or 'no outcome'}", "dim"),
    )
    card = sheet.card
    score = "no score" if card is None else f"score {card.get('score', '–')} {card.get('card', '')}".rstrip()
    open_ones = len(undecided(sheet.doubts, sheet.stands()))
    stands = sheet.standing
    state = {
        State.COMMITTED: "✓ committed",
        State.FINISHED: "finished",
        State.WAITING: f"waits for level {stands.level}",
    }.get(stands.state, f"level {stands.level} of 3")
    right = row(
        (score, "strong" if card else "dim"),
        (" · ", "faint"),
        (f"{open_ones} open", "strong" if open_ones else "dim"),
        (" · ", "faint"),
        (state + " ", "accent" if stands.state is State.COMMITTED else "dim"),
    )
    return [spread(left, right, width)]


# ---- the words -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation laid out for a width."""

    rows: tuple[Row, ...]
    firsts: tuple[int, ...]
    """The row on which each utterance begins."""


def lay_out(sheet: Sheet, width: int, chosen: int) -> Talk:
    """Set both sides' words into rows; the utterance `chosen` has the cursor beside it."""
    rows: list[Row] = []
    firsts: list[int] = []
    for index, said in enumerate(sheet.utterances):
        firsts.append(len(rows))
        mine = said.leg is Leg.AGENT
        name = "Agent" if mine else (clean(sheet.party).split() or ["They"])[0]
        lead = row(
            ("▸" if index == chosen else " ", "accent"),
            (f"{figures.length(said.start)} ", "dim"),
            (fit(name, _NAME) + " ", "dim" if mine else "accent"),
        )
        pad = row(" " * (_LEAD + 1))
        lines = flow(tokens_of(sheet, said), max(8, width - _LEAD - 1)) or [()]
        rows += [(*(lead if n == 0 else pad), *line) for n, line in enumerate(lines)]
    return Talk(tuple(rows), tuple(firsts))


def tokens_of(sheet: Sheet, said: Utterance) -> list[Token]:
    """The words of an utterance: what a finding rests on between brackets, unsure ones with a sign before.

    A disclosure that was made needs no review: its words are like all others.
    """
    spans = [
        (f.start, f.end, "stop" if f.kind is FindingKind.FORBIDDEN else "strong")
        for _, f in sheet.findings
        if f.leg is said.leg and f.verdict is Heard.HEARD and f.words and f.kind is not FindingKind.DISCLOSURE
    ]
    marks = [
        next((style for start, end, style in spans if start < w.end and end > w.start), "")
        for w in said.words
    ]
    tokens: list[Token] = []
    for n, (word, mark) in enumerate(zip(said.words, marks, strict=True)):
        text = clean(word.text)
        sign = "?" if word.confidence < FAINT else "~" if word.confidence < UNSURE else ""
        if mark:
            opens = "" if n and marks[n - 1] else "‹"
            closes = "" if n + 1 < len(marks) and marks[n + 1] else "›"
            tokens.append((f"{opens}{sign}{text}{closes}", mark))
        elif text.startswith("[") and text.endswith("]"):
            tokens.append((f"✂{text}", "strong"))
        else:
            tokens.append((f"{sign}{text}", {"?": "faint", "~": "dim"}.get(sign, "")))
    return tokens or [(word, "") for word in clean(said.text).split()]


def talk_rows(sheet: Sheet | None, chosen: int, width: int, height: int) -> list[Row]:
    """The part of the conversation around the chosen utterance, under a heading."""
    note = row(("~ unsure  ? hardly heard  ‹ › finding  ✂ cut out ", "dim")) if width >= 72 else ()
    head = heading("CONVERSATION", note, width)
    if sheet is None:
        return [head]
    if not sheet.utterances:
        return [head, row(("  nothing was heard", "dim"))]
    talk = lay_out(sheet, width, chosen)
    space = max(1, height - 1)
    at = talk.firsts[min(chosen, len(talk.firsts) - 1)]
    top = max(0, min(at - space // 3, len(talk.rows) - space))
    return [head, *talk.rows[top : top + space]]


def utterance_at(sheet: Sheet, second: float) -> int:
    """Index of the words spoken at a second, or of the last before it."""
    starts = [u.start for u in sheet.utterances]
    return max(0, bisect_right(starts, second + 0.01) - 1)


# ---- the findings --------------------------------------------------------------------------------------


def finding_rows(
    sheet: Sheet | None, marks: Sequence[Mark], chosen: int, width: int, height: int
) -> list[Row]:
    """Each finding on a row, the chosen one with its words and what was said of it."""
    if sheet is None:
        return [heading("FINDINGS")]
    count = row((f"{chosen + 1} / {len(marks)} ", "dim")) if marks else ()
    rows = [heading("FINDINGS", count, width)]
    if not marks:
        return [*rows, row((" ✓ nothing to confirm on this call", "dim"))]
    details = _details(marks[chosen], width)
    space = max(1, height - 1 - len(details))
    top = max(0, min(chosen - space + 1, len(marks) - space))
    for index, mark in enumerate(marks[top : top + space], top):
        rows.append(_mark_row(index, mark, width, index == chosen))
        if index == chosen:
            rows += details
    return rows[:height]


def _mark_row(index: int, mark: Mark, width: int, chosen: bool) -> Row:
    if mark.verdict is not None:
        sign, style = _SIGN[mark.verdict.judged]
    elif mark.doubt is not None and mark.doubt.verdict is Heard.INCONCLUSIVE:
        sign, style = "?", "strong"
    elif mark.doubt is not None and not mark.doubt.bad:
        sign, style = "·", "accent"
    else:
        sign, style = "✗", "stop"
    at = "  –  " if mark.second is None else figures.length(mark.second)
    faded = "dim" if mark.verdict is not None and mark.verdict.judged is Judged.REJECTED else ""
    return spread(
        row(
            ("▸" if chosen else " ", "accent"),
            (f"{index + 1} ", "dim"),
            (f"{sign} ", style),
            (mark.title, "strong" if chosen else faded),
        ),
        row((f" {at} ", "dim"), (f"{fit(mark.said, 7, right=True)} ", "dim")),
        width,
    )


def _details(mark: Mark, width: int) -> list[Row]:
    lines = []
    if mark.words:
        quote = f"“{mark.words}”" if mark.said != "unclear" else mark.words
        lines += [row(("     " + line, "")) for line in wrap(quote, max(8, width - 6))[:2]]
    if mark.verdict is not None:
        said = f"{mark.verdict.judged.value} by {mark.verdict.username}"
        lines.append(row((f"     {said}", "accent"), (f"  {mark.verdict.reason}", "dim")))
    elif mark.doubt is not None and mark.doubt.bad:
        lines.append(row(("     c", "key"), (" confirm   ", "dim"), ("f", "key"), (" false alarm", "dim")))
    return [cut_row(line, width) for line in lines]


# ---- the waveform --------------------------------------------------------------------------------------

WAVE_LEAD = 8
"""Cells before the strip: whose side it is."""
_TALL = 5
"""Rows from which on each side has two."""


def wave_rows(
    sheet: Sheet | None,
    peaks: Mapping[Leg, Sequence[float]],
    marks: Sequence[Mark],
    length: float,
    at: float,
    width: int,
    height: int = 3,
) -> list[Row]:
    """Both sides' loudness in blocks, what was cut out, findings under it, and where the cursor is."""
    columns = max(1, width - WAVE_LEAD - 1)
    if sheet is None:
        return []
    if not peaks or not length:
        return [row((" no recording of this call is here", "dim"))]
    here = column(at, length, columns)
    tall = 2 if height >= _TALL else 1
    rows = [line for leg in Leg for line in _strip(leg, peaks, sheet, length, columns, here, tall)]
    under = [Span(" ")] * columns
    for mark in marks:
        if mark.second is not None:
            bad = mark.doubt is None or mark.doubt.bad
            under[column(mark.second, length, columns)] = Span("▲", "stop" if bad else "accent")
    label = figures.length(at)
    if under[here].text == " ":
        under[here] = Span("┃", "accent")
    first = here + 1 if here + 1 + len(label) <= columns else here - len(label)
    if all(under[n].text == " " for n in range(first, first + len(label))):
        under[first : first + len(label)] = [Span(c, "dim") for c in label]
    return [*rows, (Span(" " * WAVE_LEAD), *under)]


def _strip(
    leg: Leg,
    peaks: Mapping[Leg, Sequence[float]],
    sheet: Sheet,
    length: float,
    columns: int,
    here: int,
    tall: int,
) -> list[Row]:
    """One side's strip, `tall` rows high, the lowest last."""
    name = fit(" agent" if leg is Leg.AGENT else " debtor", WAVE_LEAD)
    values = peaks.get(leg)
    if not values:
        return [
            *[row("")] * (tall - 1),
            row((name, "dim"), ("this side was not recorded", "faint")),
        ]
    loudest = max(values) or 1.0
    cut = {
        n
        for c in sheet.cuts
        for n in range(column(c.start, length, columns), column(c.end, length, columns) + 1)
    }
    rows = []
    for level in reversed(range(tall)):
        spans = [Span(name if level == 0 else " " * WAVE_LEAD, "dim" if leg is Leg.AGENT else "accent")]
        for n in range(columns):
            first = min(n * len(values) // columns, len(values) - 1)
            value = max(values[first : max(first + 1, (n + 1) * len(values) // columns)])
            # The square root: a quiet voice is a voice, and stands above the line's noise.
            eighths = round(8 * tall * sqrt(value / loudest)) - 8 * level
            bar = _BARS[max(0, min(8, eighths))]
            text, style = ("░", "strong") if n in cut else (bar, "dim" if leg is Leg.AGENT else "accent")
            spans.append(Span(text, "notice" if n == here else style))
        rows.append(tuple(spans))
    return rows


def column(second: float, length: float, columns: int) -> int:
    """Return the column of the strip in which a second lies."""
    return max(0, min(columns - 1, int(second / length * columns))) if length else 0
