"""The drawing kit: everything on screen that is not an entry field is rows of styled cells.

A ``Row`` is a tuple of ``Span``; a span's text is always cleaned before it is drawn and is never read as
markup, so a hostile name can do no more than look odd. A ``Canvas`` paints rows with one widget and refreshes
only the lines that changed. This is the only module that may use Textual's private names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._context import visible_screen_stack
from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from workstation.ui.text import clean, cut, fit, width_of
from workstation.ui.theme import cell_styles

STYLES = (
    "title",
    "head",
    "dim",
    "faint",
    "accent",
    "strong",
    "stop",
    "alarm",
    "notice",
    "chosen",
    "key",
)
"""The styles a span may name: theme.cell_styles says what each looks like."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; several style names are separated by spaces."""

    text: str
    style: str = ""
    action: str = ""
    """A Textual action string run when the span is clicked."""


Row = tuple[Span, ...]
BLANK: Row = ()
PAGE = 100
"""Rows that a long list is read by at once."""


def row(*parts: str | Span | tuple[str, str]) -> Row:
    """Build a row from plain strings, ``(text, style)`` pairs and spans."""
    return tuple(p if isinstance(p, Span) else Span(p) if isinstance(p, str) else Span(*p) for p in parts)


def row_width(line: Row) -> int:
    """Cells the row takes before it is cut."""
    return sum(width_of(clean(span.text)) for span in line)


def cut_row(line: Row, width: int) -> Row:
    """Return the row within `width` cells, with an ellipsis where it was cut."""
    if row_width(line) <= width:
        return line
    kept: list[Span] = []
    left = width
    for span in line:
        text = clean(span.text)
        size = width_of(text)
        if size >= left:
            tail = text if size == left and span is line[-1] else cut(text + " " * (left + 1), left)
            kept.append(Span(tail, span.style, span.action))
            break
        kept.append(span)
        left -= size
    return tuple(kept)


def spread(left: Row, right: Row, width: int) -> Row:
    """One row with `right` at the right edge; `left` gives way where both do not fit."""
    room = width - row_width(right)
    if room < 1:
        return cut_row(right, width)
    head = cut_row(left, max(0, room - 1))
    return (*head, Span(" " * (room - row_width(head))), *right)


def plain(text: str) -> Content:
    """Outside text as Textual content: cleaned, never markup. For the few stock widgets that show text."""
    return Content(clean(text))


# ---- drawing -------------------------------------------------------------------------------------------


class Palette:
    """Resolves style names against a widget's theme, and remembers them until the theme changes."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._known: dict[str, Style] = {}
        self._parts: dict[str, Style] = {}

    def forget(self) -> None:
        """Resolve anew: the theme changed."""
        self._known.clear()
        self._parts.clear()

    def __getitem__(self, names: str) -> Style:
        """Return the style of these names together."""
        style = self._known.get(names)
        if style is None:
            # Styles come from the theme's variables, not from component classes: with a dozen of those on
            # each widget, matching style sheets took most of the time of showing a screen.
            parts = self._parts = self._parts or cell_styles(self._widget.app.theme_variables)
            style = self._widget.rich_style
            for name in names.split():
                style += parts[name]
            self._known[names] = style
        return style

    def strip(self, line: Row, width: int, under: str = "") -> Strip:
        """Draw a row in exactly `width` cells; `under` is a style for the whole row."""
        segments: list[Segment] = []
        left = width
        for span in cut_row(line, width):
            text = clean(span.text)
            segments.append(Segment(text, self[f"{span.style} {under}".strip()]))
            left -= width_of(text)
        if left > 0:
            segments.append(Segment(" " * left, self[under]))
        return Strip(segments, width)


Painter = Callable[[int, int], Sequence[Row]]
"""Makes the rows for a width and a height in cells."""


class Canvas(Widget):
    """One widget that shows the rows its painter makes."""

    ALLOW_SELECT = False

    def __init__(self, painter: Painter, *, name: str | None = None, classes: str | None = None) -> None:
        """`name` is the widget's id in the style sheet."""
        super().__init__(id=name, classes=classes)
        self._painter = painter
        self._shown: list[Row] = []
        self._palette = Palette(self)

    def repaint(self) -> None:
        """Ask the painter again, and redraw the lines that changed."""
        width, height = self.content_size
        if not self.is_attached or width <= 0 or height <= 0:
            return
        rows = list(self._painter(width, height))[:height]
        rows += [BLANK] * (height - len(rows))
        if len(rows) != len(self._shown):
            self._shown = rows
            self.refresh()
            return
        changed = [y for y, (new, old) in enumerate(zip(rows, self._shown, strict=True)) if new != old]
        self._shown = rows
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self, event: events.Resize) -> None:
        """Paint for the new size."""
        self._shown = []
        self.repaint()

    def notify_style_update(self) -> None:
        """Drop remembered styles when the theme changes."""
        super().notify_style_update()
        self._palette.forget()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        line = self._shown[y] if y < len(self._shown) else BLANK
        return self._palette.strip(line, self.content_size.width)

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the span under the mouse, if it has one."""
        place = event.get_content_offset(self)
        if place is None or place.y >= len(self._shown):
            return
        x = 0
        for span in self._shown[place.y]:
            x += width_of(clean(span.text))
            if place.x < x:
                if span.action:
                    await self.screen.run_action(span.action)
                return


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled value of a field grid; blank is blank."""

    label: str
    value: Row
    style: str = ""


def field_grid(fields: Iterable[Field], width: int, label_width: int = 9) -> list[Row]:
    """Lay out label and value pairs in fixed cells, one a row: one widget shows a whole form of facts."""
    return [
        cut_row((Span(fit(field.label, label_width), "dim"), *field.value), width)
        if field.label
        else field.value
        for field in fields
    ]


# ---- for tests and the bench ---------------------------------------------------------------------------


def text_grid(screen: Screen[Any]) -> str:
    """Return what the screen shows, what shines through from below included, as plain text lines."""
    token = visible_screen_stack.set(screen.app._background_screens)
    try:
        screen.refresh()  # what lies under a box is drawn anew only with the box
        strips = screen._compositor.render_strips()
    finally:
        visible_screen_stack.reset(token)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


def is_idle(app: App[Any]) -> bool:
    """Whether no message waits, and no layout is still to be worked out, on the present screen."""
    screen = app.screen
    pumps = [app, screen, *screen.walk_children()]
    if screen._layout_required or screen._layout_widgets:
        return False
    return all(pump._message_queue is None or pump._message_queue.empty() for pump in pumps)


# ---- bindings ------------------------------------------------------------------------------------------


def bind_keys(node: Widget, bindings: Iterable[Binding]) -> None:
    """Give a widget its keys at run time, because they come from the registry and the user's own remap."""
    node._bindings = BindingsMap(bindings)
