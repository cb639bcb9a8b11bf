"""The floor board's rows in fixed cells. Pure."""

from __future__ import annotations

from datetime import datetime

from workstation.desk.floor import ON_CALL, FloorState, pauses
from workstation.floor import messages as m
from workstation.ui import figures
from workstation.ui.floor.view import RANKED, FloorView, Order, Show
from workstation.ui.kit import Row, Span, cut_row, row, spread
from workstation.ui.text import fit

_SIGNS = {
    FloorState.AVAILABLE: "○",
    FloorState.PAUSED: "‖",
    FloorState.DIALLING: "◌",
    FloorState.RINGING: "◌",
    FloorState.TALKING: "●",
    FloorState.HOLD: "‖",
    FloorState.CARD: "▪",
    FloorState.WRAP_UP: "✎",
    FloorState.AWAY: "–",
}
_STYLES = {
    FloorState.TALKING: "accent",
    FloorState.RINGING: "accent",
    FloorState.DIALLING: "accent",
    FloorState.HOLD: "strong",
    FloorState.CARD: "strong",
    FloorState.PAUSED: "dim",
    FloorState.AWAY: "faint",
}
_LAMPS = {"heard": "✓", "waiting": "○", "due-soon": "!", "missing": "✗", "inconclusive": "?"}
_WIDE = 110
CALL_STATES = frozenset(state.value for state in ON_CALL)
"""States in which there is a call to listen to."""


def _columns(width: int) -> tuple[int, int]:
    """Cells for name and account; without cells the account stands where the finding does."""
    return (22, 28) if width >= _WIDE else (16, 0)


def head_row(view: FloorView, now: datetime, width: int) -> Row:
    """How many are in which state; where the news is old, that instead."""
    if not view.begun:
        return row((" waiting for the switchboard …", "dim"))
    silent = view.silent_for(now)
    if silent is not None:
        return cut_row(
            row((f" NOT CURRENT: no news from the switchboard for {figures.length(silent)} ", "alarm")), width
        )
    counts = view.counts()
    everybody = sum(count for state, count in counts.items() if state != "alarm")
    spans: list[Span] = [Span(f" {everybody}", "strong")]
    spans.append(Span(" on the floor" if width >= _WIDE else " here", "dim"))
    for state in RANKED:
        if counts.get(state.value):
            spans += [Span(" · ", "faint"), Span(f"{counts[state.value]}"), Span(f" {state.value}", "dim")]
    alarms = counts.get("alarm", 0)
    right = (
        row((f" ! {alarms} {'alarm' if alarms == 1 else 'alarms'} ", "alarm"), " ")
        if alarms
        else row(("no alarm ", "dim"))
    )
    return spread(tuple(spans), right, width)


def title_row(view: FloorView, width: int) -> Row:
    """Names over the columns, and at the right how the rows are chosen and ordered."""
    name, account = _columns(width)
    said = f"    {fit('collector', name)} {fit('state', 13)} {fit('for', 7, right=True)}  "
    if account:
        said += f"{fit('account', account)} {fit('heard', 8)} {fit('call · right · ptp', 19)} newest finding"
    else:
        said += "heard    newest finding"
    chosen = "" if view.show is Show.ALL and view.order is Order.ALARM else f"{view.show}, {view.order} "
    return spread(cut_row(row((said, "dim")), width), row((chosen, "strong")), width)


def state_words(one: m.FloorRow) -> str:
    """The state in a word, and the pause that comes after it."""
    if one.pause and one.state != FloorState.PAUSED:
        return f"{one.state} →‖"
    return one.state


def lamp_signs(one: m.FloorRow) -> Row:
    """Every disclosure's sign; those that need an eye stand out by shape and weight."""
    return tuple(
        Span(
            _LAMPS.get(lamp.state, "?"),
            {"missing": "stop", "due-soon": "strong", "heard": "accent"}.get(lamp.state, "dim"),
        )
        for lamp in one.lamps[:8]
    )


def floor_row(one: m.FloorRow, view: FloorView, now: datetime, width: int, chosen: bool) -> Row:
    """One collector."""
    name, account = _columns(width)
    state = FloorState(one.state) if one.state in set(FloorState) else None
    old = view.silent_for(now) is not None
    style = "faint" if old else _STYLES.get(state, "") if state else ""
    lamps = lamp_signs(one)
    spans: list[Span] = [
        Span(" ▸" if chosen else "  ", "accent"),
        Span("!" if one.alarm else " ", "stop" if one.alarm else ""),
        Span(" "),
        Span(fit(one.name, name), "faint" if old else "strong" if chosen else ""),
        Span(" "),
        Span(f"{_SIGNS.get(state, '?') if state else '?'} {fit(state_words(one), 11)}", style),
        Span(" "),
        Span("  –:––" if old else fit(figures.length(view.seconds(one, now)), 7, right=True), "dim"),
        Span("  "),
    ]
    if account:
        spans += [
            Span(fit(one.account or _pause_words(one), account), "" if one.account else "dim"),
            Span(" "),
        ]
    spans += [*lamps, Span(" " * (9 - len(lamps)))]
    if account:
        spans += [
            Span(fit(f"{one.calls:>3} · {one.right_party:>3} · {one.promises:>3}", 20), "dim"),
            Span(" "),
        ]
    said = one.finding or ("" if account else one.account or _pause_words(one))
    if one.taken_by:
        said = f"taken over by {one.taken_by}" + (f" · {said}" if said else "")
    spans.append(Span(said, "stop" if one.alarm and one.finding else "dim"))
    return cut_row(tuple(spans), width)


def _pause_words(one: m.FloorRow) -> str:
    if one.pause:
        known = pauses().get(one.pause)
        said = known.label if known else one.pause
        return f"{said} (by {one.paused_by})" if one.paused_by else said
    return ""


def detail_rows(one: m.FloorRow | None, view: FloorView, now: datetime, width: int) -> list[Row]:
    """The chosen collector in two lines: who and what, then the call."""
    if one is None:
        said = "Nobody is signed in." if view.show is Show.ALL else f"Nobody is {view.show}."
        return [row((f" {said}" if view.begun else "", "dim")), ()]
    where = f"ext {one.extension}" if one.extension.isdigit() else "practice line"
    wide = width >= _WIDE
    right, kept = (" right party", " promises ") if wide else (" right", " ptp ")
    today = f"today {one.calls} calls · {one.right_party}{right} · {one.promises}{kept}"
    first = spread(
        row(
            (f" {one.name}", "title"),
            (f"  {one.role or 'no terminal here'} · {where}", "dim"),
            ("" if one.connected else "  · no terminal is connected", "strong"),
        ),
        row((today, "dim")),
        width,
    )
    old = view.silent_for(now) is not None
    time = "when last heard of" if old else figures.length(view.seconds(one, now))
    parts: list[Span] = [Span(f" {one.state}", "strong"), Span(f" {time}")]
    if words := _pause_words(one):
        parts += [
            Span("  pause: " if one.state == FloorState.PAUSED else "  then pause: ", "dim"),
            Span(words),
        ]
    if one.account:
        parts += [Span("  "), Span(one.account)]
    if one.finding:
        parts += [
            Span("  "),
            Span(one.finding, "stop" if one.alarm else ""),
            Span(f" ({one.severity})", "dim"),
        ]
    if one.taken_by:
        parts += [Span(f"  taken over by {one.taken_by}", "strong")]
    return [first, cut_row(tuple(parts), width)]


def phone_row(phone: m.PhoneChanged | None, name: str, width: int) -> Row:
    """What the supervisor's own phone does."""
    if phone is None or phone.state in ("over", "failed"):
        return ()
    if phone.state == "ringing":
        return cut_row(row((" ☎ your phone rings: answer it ", "notice")), width)
    if phone.state == "taken":
        return cut_row(row((f" ☎ you have {name}'s call: you speak to the debtor ", "notice")), width)
    said = {
        "listen": f"you hear {name}'s call; nobody hears you",
        "whisper": f"{name} alone hears you; it is not recorded",
        "barge": "BOTH SIDES hear you; what you say is not in the recording",
    }.get(phone.job, "")
    return cut_row(row((f" ☎ {said} ", "notice")), width) if said else ()
