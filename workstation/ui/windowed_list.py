"""A list of any length that holds the pages in sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workstation.ui.kit import BLANK, PAGE, Palette, Row, row

_PAGES_KEPT = 12


class WindowedList(ScrollView, can_focus=True):
    """Shows a list of any length by pages: it holds a dozen pages and asks for others as they come in sight.

    The owner answers ``PageWanted`` by ``supply``. Rows that are not there yet are drawn as a dot. Rows for
    which `selectable` is false (headings) are passed over by the cursor.
    """

    DEFAULT_CSS = "WindowedList { overflow-x: hidden; overflow-y: scroll; }"
    ALLOW_SELECT = False

    class PageWanted(Message):
        """Rows ``page * PAGE`` onward came in sight."""

        def __init__(self, source: WindowedList, page: int) -> None:
            super().__init__()
            self.source = source
            self.page = page

        @property
        def control(self) -> WindowedList:
            """The list that asks."""
            return self.source

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, source: WindowedList, index: int) -> None:
            super().__init__()
            self.source = source
            self.index = index

        @property
        def control(self) -> WindowedList:
            """The list whose cursor moved."""
            return self.source

    class Opened(Message):
        """A row was double-clicked."""

        def __init__(self, source: WindowedList, index: int) -> None:
            super().__init__()
            self.source = source
            self.index = index

        @property
        def control(self) -> WindowedList:
            """The list that was clicked."""
            return self.source

    def __init__(self, draw: Callable[[int, Any, int, bool], Row], *, name: str | None = None) -> None:
        """`draw(index, item, width, chosen)` makes one row."""
        super().__init__(id=name)
        self._draw = draw
        self._pages: dict[int, Sequence[Any]] = {}
        self._wanted: set[int] = set()
        self._palette = Palette(self)
        self._count = 0
        self._selectable: Callable[[int], bool] = lambda index: True
        self.cursor = 0

    @property
    def count(self) -> int:
        """How many rows the list has in all."""
        return self._count

    def reset(self, count: int, *, selectable: Callable[[int], bool] | None = None) -> None:
        """Start again with `count` rows and no pages; the cursor keeps its place where it can."""
        self._count = count
        self._pages.clear()
        self._wanted.clear()
        if selectable is not None:
            self._selectable = selectable
        self.virtual_size = Size(self.scrollable_content_region.size.width, count)
        self.cursor = self._nearest(min(self.cursor, max(0, count - 1)), 1)
        self.refresh()

    def pages_in_sight(self) -> list[int]:
        """The pages that the cursor and the rows on screen are on."""
        top = round(self.scroll_offset.y)
        bottom = top + max(1, self.scrollable_content_region.size.height)
        return sorted({self.cursor // PAGE, top // PAGE, bottom // PAGE})

    def supply(self, page: int, items: Sequence[Any]) -> None:
        """Bring the rows of a page."""
        self._wanted.discard(page)
        self._pages.pop(page, None)
        self._pages[page] = items
        while len(self._pages) > _PAGES_KEPT:
            self._pages.pop(next(iter(self._pages)))
        self.refresh()

    def exchange(self, page: int, items: Sequence[Any]) -> None:
        """Bring the rows of a page without drawing them: ``redraw`` draws those that changed."""
        self._wanted.discard(page)
        self._pages[page] = items

    def redraw(self, index: int) -> None:
        """Draw one row again, if it is in sight."""
        self.refresh_line(index)

    def item(self, index: int) -> Any | None:
        """Return the row's item if its page is here."""
        items = self._pages.get(index // PAGE)
        if items is None or index % PAGE >= len(items):
            return None
        return items[index % PAGE]

    def move(self, index: int) -> None:
        """Put the cursor on a row (or the nearest that can be chosen) and bring it in sight."""
        if not self._count:
            return
        step = 1 if index >= self.cursor else -1
        self.cursor = self._nearest(max(0, min(index, self._count - 1)), step)
        top, height = round(self.scroll_offset.y), max(1, self.scrollable_content_region.size.height)
        if self.cursor < top:
            self.scroll_to(y=self.cursor if self.cursor > 1 else 0, animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))

    def move_by(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self.move(self.cursor + rows)

    @property
    def page_rows(self) -> int:
        """Rows that Page Down moves by."""
        return max(1, self.scrollable_content_region.size.height - 1)

    def _nearest(self, index: int, step: int) -> int:
        for direction in (step, -step):
            at = index
            while 0 <= at < self._count:
                if self._selectable(at):
                    return at
                at += direction
        return 0

    def on_resize(self, event: events.Resize) -> None:
        """Keep the width of the virtual page that of the widget, so that nothing scrolls sideways."""
        self.virtual_size = Size(self.scrollable_content_region.size.width, self._count)

    def notify_style_update(self) -> None:
        """Drop remembered styles when the theme changes."""
        super().notify_style_update()
        self._palette.forget()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse; a double click opens it."""
        place = event.get_content_offset(self)
        if place is None:
            return
        index = place.y + round(self.scroll_offset.y)
        if index < self._count and self._selectable(index):
            self.move(index)
            if event.chain == 2:
                self.post_message(self.Opened(self, index))

    def _want(self, page: int) -> None:
        if page in self._wanted:
            self.post_message(self.PageWanted(self, page))

    def render_line(self, y: int) -> Strip:
        """Draw one line, asking for its page if it is not here."""
        width = self.scrollable_content_region.size.width
        index = y + round(self.scroll_offset.y)
        if index >= self._count:
            return self._palette.strip(BLANK, width)
        page = index // PAGE
        if page not in self._pages:
            if page not in self._wanted:
                self._wanted.add(page)
                # Drawing runs in the screen's task, and a message a screen sends does not bubble up to it.
                self.call_later(self._want, page)
            return self._palette.strip(row(("   ·", "faint")), width)
        item = self.item(index)
        chosen = index == self.cursor
        line = BLANK if item is None else self._draw(index, item, width, chosen)
        return self._palette.strip(line, width, "chosen" if chosen else "")
