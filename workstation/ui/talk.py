"""The conversation's side of the cockpit as rows: words, lamps, warnings, what was caught. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from workstation.desk.money import Money
from workstation.floor import messages as m
from workstation.ui import figures
from workstation.ui.callview import UNSURE_BELOW, CallView
from workstation.ui.kit import Row, Span, cut_row, row, row_width, spread
from workstation.ui.panes import heading
from workstation.ui.text import clean, cut, fit, width_of, wrap

_NAME = 8
_LEAD = 6 + _NAME + 1

Token = tuple[str, str]
"""A word and its style."""

_LAMP = {
    "heard": ("✓", "accent", ""),
    "waiting": ("○", "dim", "dim"),
    "due-soon": ("!", "strong", "strong"),
    "missing": ("✗", "stop", "stop"),
    "inconclusive": ("?", "strong", ""),
}


def flow(tokens: Sequence[Token], width: int) -> list[Row]:
    """Set styled words into lines of at most `width` cells."""
    lines: list[list[Span]] = [[]]
    used = 0
    for text, style in tokens:
        for piece in wrap(text, width) or [""]:
            size = width_of(piece)
            if used and used + 1 + size > width:
                lines.append([])
                used = 0
            lead = " " if used else ""
            lines[-1].append(Span(lead + piece, style))
            used += len(lead) + size
    return [tuple(line) for line in lines if line]


def tokens_of(heard: m.Heard, flagged: Sequence[m.FindingRaised] = ()) -> list[Token]:
    """The words of an utterance: partial ones dim, unsure ones behind a tilde, forbidden ones in brackets."""
    if not heard.final:
        return [*((word, "dim") for word in heard.text.split()), ("░░░", "faint")]
    if not heard.words:
        return [(word, "") for word in heard.text.split()]
    tokens: list[Token] = []
    for word in heard.words:
        if any(f.start < word.end and f.end > word.start for f in flagged):
            tokens.append((f"‹{clean(word.text)}›", "stop"))
        elif word.confidence < UNSURE_BELOW:
            tokens.append((f"~{clean(word.text)}", "dim"))
        else:
            tokens.append((word.text, ""))
    return tokens


class Conversation:
    """Lays out the talk; what was laid out once is kept as long as it does not change."""

    def __init__(self) -> None:
        self._laid: dict[tuple[str, int], tuple[object, list[Row]]] = {}
        self.back = 0
        """Lines scrolled back from the newest; 0 follows the talk."""

    def clear(self) -> None:
        """Forget the talk of the call before."""
        self._laid.clear()
        self.back = 0

    def rows(
        self, call: CallView | None, party: str, width: int, height: int, *, me: str = "You"
    ) -> list[Row]:
        """The last rows that fit, under a heading; `me` is what the collector's side is called."""
        lines: list[Row] = []
        if call is not None:
            for heard in call.said():
                lines += self._utterance(call, heard, party, width, me)
        room = height - 1
        self.back = max(0, min(self.back, len(lines) - room))
        end = len(lines) - self.back
        shown = lines[max(0, end - room) : end]
        note = f"▼ {self.back} newer · End" if self.back else "~ unsure" if lines else ""
        if call is None or not lines:
            hint = "" if call is None else "nothing said yet" if call.up else "nothing was heard"
            shown = [row((hint, "dim"))]
        return [heading("CONVERSATION", row((note, "dim")), width), *shown]

    def _utterance(self, call: CallView, heard: m.Heard, party: str, width: int, me: str) -> list[Row]:
        flagged = call.flagged(heard)
        key = (heard.leg, heard.index)
        state = (heard.seq, heard.final, heard.text, len(flagged), party, width)
        known = self._laid.get(key)
        if known is not None and known[0] == state:
            return known[1]
        mine = heard.leg == "agent"
        name = clean(me) if mine else (clean(party).split() or ["They"])[0]
        lead = row(
            (f"{figures.length(heard.start)} ", "dim"), (fit(name, _NAME) + " ", "dim" if mine else "accent")
        )
        pad = row(" " * _LEAD)
        words = flow(tokens_of(heard, flagged), max(8, width - _LEAD))
        lines: list[Row] = [(*(lead if i == 0 else pad), *words_) for i, words_ in enumerate(words)]
        self._laid[key] = (state, lines)
        return lines


SOON_S = 10.0
"""A disclosure that falls due within this many seconds is counted down in words."""


def due_in(one: m.LampOut, elapsed: float | None) -> int | None:
    """Whole seconds until an unheard disclosure is late; None where that is far off or not known."""
    if elapsed is None or one.second is None or one.state not in ("waiting", "due-soon"):
        return None
    left = one.second - elapsed
    return math.ceil(left) if 0 <= left <= SOON_S else None


def next_due(call: CallView, elapsed: float | None) -> tuple[int, str] | None:
    """The disclosure that is late first: the seconds left, and its title."""
    due = [(left, one.title) for one in call.lamps if (left := due_in(one, elapsed)) is not None]
    return min(due, default=None)


def lamp(one: m.LampOut, width: int, elapsed: float | None = None) -> Row:
    """A disclosure's lamp: sign, title, and the second it was heard or falls due, the last ten counted."""
    left = due_in(one, elapsed)
    if left is not None:
        return spread(
            row(("! ", "strong"), (one.title, "strong")), row((f"due in {left} s", "strong")), width
        )
    sign, sign_style, style = _LAMP.get(one.state, ("?", "strong", ""))
    when = figures.length(one.second) if one.second is not None else ""
    word = {
        "heard": when,
        "waiting": f"due {when}" if when else "",
        "due-soon": f"due {when}",
        "missing": "missing",
    }
    said = word.get(one.state, "unclear")
    return spread(row((f"{sign} ", sign_style), (one.title, style)), row((said, "dim")), width)


def forbidden(call: CallView) -> Row:
    """Whether a forbidden phrase was heard: sign and words."""
    said = [f for f in call.findings if f.kind == "forbidden"]
    if not said:
        return row(("– ", "dim"), ("no forbidden words", "dim"))
    last = said[-1]
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    return row(("✗ ", "stop"), (f"{last.title}{more}", "stop"), (f" {figures.length(last.start)}", "stop"))


def heard_rows(
    call: CallView | None, width: int, height: int, elapsed: float | None = None, hint: str = ""
) -> list[Row]:
    """The lamps, one a row, and the forbidden words; a hint at the heading's right."""
    rows: list[Row] = [heading("HEARD", row((hint, "notice")), width) if hint else heading("HEARD")]
    if call is not None:
        rows += [lamp(one, width, elapsed) for one in call.lamps[: height - 2]]
        said = forbidden(call)
        rows.append(spread(said[:2], row(*said[2:]), width))
    return [cut_row(line, width) for line in rows]


def lamp_line(call: CallView | None, width: int, elapsed: float | None = None, hint: str = "") -> Row:
    """All lamps on one row, for the narrow screen; a warning comes first, what is due next, then a hint."""
    if call is None:
        return row(("○ no call", "dim"))
    parts: list[Row] = []
    bad = forbidden(call)
    if bad[0].text.startswith("✗"):
        parts.append(bad)
    due = next_due(call, elapsed)
    if due is not None:
        parts.append(row((f"! due in {due[0]} s: {due[1]}", "strong")))
    if hint:
        parts.append(row(("~ ", "notice"), (hint, "notice")))
    for one in call.lamps:
        if (due is not None and one.title == due[1]) or (hint and one.state == "heard"):
            continue
        sign, sign_style, style = _LAMP.get(one.state, ("?", "strong", ""))
        parts.append(row((f"{sign} ", sign_style), (one.title, style)))
    if not bad[0].text.startswith("✗") and not hint:
        parts.append(bad)
    each = max(6, (width - 2 * (len(parts) - 1)) // max(1, len(parts)))
    whole = sum(row_width(part) for part in parts) + 2 * (len(parts) - 1) <= width
    spans: list[Span] = []
    for index, part in enumerate(parts):
        spans += [Span("  ")] if index else []
        spans += part if whole else cut_row(part, each)
    return tuple(spans)


def caught_rows(
    call: CallView | None, excuse_title: str, currency: str, width: int, height: int
) -> list[Row]:
    """Facts heard, offered for the note; nobody has booked them yet."""
    rows: list[Row] = [heading("CAUGHT")]
    if call is None:
        return rows
    best = call.best_excuse()
    entries: list[tuple[str, str, float]] = []
    if best is not None:
        entries.append(("excuse", excuse_title or best.title, best.second))
    entries += [(_kind(fact), caught_words(fact, currency), fact.second) for fact in call.caught]
    latest = {kind: (kind, words, second) for kind, words, second in entries}
    for kind, words, second in list(latest.values())[: max(0, height - 1)]:
        at = figures.length(second)
        rows.append(spread(row((fit(kind, 8), "dim"), words), row((at, "dim")), width))
    return rows


def _kind(fact: m.FactCaught) -> str:
    return {"email": "e-mail"}.get(fact.kind, fact.kind)


def caught_words(fact: m.FactCaught, currency: str) -> str:
    """A caught fact in words: ``5,000.00  Fri 27 Nov``."""
    from datetime import date

    parts = []
    if fact.amount_minor is not None:
        parts.append(Money(fact.amount_minor, currency).figures())
    if fact.day:
        try:
            parts.append(figures.weekday(date.fromisoformat(fact.day)))
        except ValueError:
            parts.append(clean(fact.day))
    if fact.method:
        parts.append(clean(fact.method))
    if fact.kind == "callback" and fact.time_of_day:
        parts.append(clean(fact.time_of_day))
    if fact.kind in ("dispute", "consent", "reached") and fact.value:
        parts.append(clean(fact.value.replace("-", " ").replace(":", " ")))
    if fact.conditional:
        parts.append("if …")
    if fact.confirmed:
        parts.append("✓ confirmed")
    return "  ".join(parts) if parts else cut(clean(fact.text), 60)
