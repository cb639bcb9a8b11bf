"""The status line: the truth about the line, on every working screen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workstation.desk.views import SignedInUser
from workstation.floor import messages as m
from workstation.ui import figures
from workstation.ui.callview import CallView
from workstation.ui.kit import Row, Span, cut_row, row, row_width
from workstation.ui.room import user_line

_SIGNS = {
    "READY": "○",
    "DIALING": "◌",
    "RINGING": "◌",
    "TALK": "●",
    "HOLD": "‖",
    "WRAP": "✎",
    "OVER": "!",
    "ENDED": "○",
    "RESYNC": "◌",
    "LINE DOWN": "✗",
}


@dataclass(frozen=True, slots=True)
class Status:
    """Everything the status line is drawn from."""

    title: str
    user: SignedInUser | None
    now: datetime
    link: str
    """up, down or reconnecting: the connection to the switchboard."""
    line: m.LineState | None
    call: CallView | None = None
    zone: str = ""
    profile: str = ""
    wrap_left: float | None = None
    """Seconds of wrap-up left, negative once over; None outside wrap-up."""


def state_word(status: Status) -> tuple[str, str]:
    """The state's word and its time: ``("TALK", "03:12")``."""
    if status.link != "up" or (status.line is not None and status.line.asterisk == "down"):
        return "LINE DOWN", "reconnecting" if status.link == "reconnecting" else ""
    if status.line is not None and status.line.asterisk == "resyncing":
        return "RESYNC", ""
    if status.call is not None and status.call.up:
        return status.call.word(status.now)
    if status.wrap_left is not None:
        over = status.wrap_left < 0
        return ("OVER" if over else "WRAP"), figures.length(abs(status.wrap_left))
    return "READY", ""


def state_row(status: Status) -> Row:
    """The state as sign, word and time."""
    word, time = state_word(status)
    style = {"LINE DOWN": "alarm", "READY": "accent", "OVER": "notice", "RESYNC": "notice"}.get(
        word, "strong"
    )
    if word in ("TALK", "RINGING", "DIALING"):
        style = "accent strong"
    text = f"{_SIGNS.get(word, '○')} {word}" + (f" {time}" if time else "")
    parts: list[Span] = [Span(f" {text} " if style in ("alarm", "notice") else text, style)]
    call = status.call
    if call is not None and call.up:
        if word == "LINE DOWN":
            was, since = call.word(status.now)
            parts.append(Span(f" was {was} {since}".rstrip(), "dim"))
        recording = {"on": ("● REC", ""), "paused": ("‖ REC PAUSED", "notice")}.get(
            call.recording, ("○ not recording", "dim") if call.talking else ("", "")
        )
        if recording[0]:
            parts += [Span("  "), Span(*recording)]
        if call.muted:
            parts += [Span("  "), Span(" MUTED ", "notice")]
    return tuple(parts)


def health(status: Status) -> Row:
    """The age of the newest telephony event, and the book's and recogniser's state."""
    line = status.line
    if status.link != "up" or line is None:
        return row(("events –", "dim"))
    lag = f"{line.lag_ms} ms" if line.lag_ms < 10_000 else f"{line.lag_ms // 1000} s"
    slow = line.lag_ms > 3_000
    parts: list[Span] = [Span(f"events {lag}", "strong" if slow else "dim"), Span(" · ", "faint")]
    book_ok = line.book == "ok"
    parts.append(Span(f"book {line.book}", "dim" if book_ok else "stop"))
    if line.recogniser != "ok":
        parts += [Span(" · ", "faint"), Span(f"words {line.recogniser}", "strong")]
    return tuple(parts)


def status_row(status: Status, width: int) -> Row:
    """The whole line: who on the left, the state where the eye expects it, clock and health on the right."""
    wide = width >= 110
    who = user_line(status.user)
    if wide:
        left = row(
            (f" {status.title}", "title"),
            ("  " + who, "dim"),
            ("" if not status.profile else f" · {status.profile}", "dim"),
        )
    else:
        first = status.user.full_name.split()[:1] if status.user else []
        left = row((f" {status.title}", "title"), ("  " + "".join(first), "dim"))
    middle = state_row(status)
    clock = figures.clock_face(status.now, status.zone, place=wide) if status.zone else ""
    right_parts: list[Span] = []
    if clock:
        right_parts += [Span(clock), Span("   ")]
    right: Row = (*right_parts, *health(status), Span(" "))
    at = width * 43 // 100 if wide else 18
    if not wide and row_width(right) + row_width(middle) + at > width:
        at = max(10, width - row_width(right) - row_width(middle) - 2)
    left = cut_row(left, at - 1)
    middle = cut_row(middle, width - at)
    used = at + row_width(middle)
    tail = cut_row(right, max(0, width - used - 1))
    gap = width - used - row_width(tail)
    return (*left, Span(" " * (at - row_width(left))), *middle, Span(" " * max(0, gap)), *tail)
