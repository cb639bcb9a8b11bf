"""Strategies: choose one, change a number, see what that would change tonight, save it as a version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.strategy_edit import Changed, Preview, Setting, StrategyText, settings
from workstation.ui import strategy_rows
from workstation.ui.form_panel import FormPanel
from workstation.ui.forms.strategy import NumberForm, SaveForm
from workstation.ui.kit import PAGE, Row, row, spread
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.form_host import FormHost
from workstation.ui.screens.listing import Listing, ListScreen

Texts = tuple[StrategyText, ...]


class StrategiesScreen(ListScreen[Texts], FormHost):
    """Three lists, one in another: strategies, the numbers of one, the accounts an edit would change."""

    NAME: ClassVar[str] = "strategies"
    TITLE_TEXT: ClassVar[str] = "STRATEGIES"
    REFRESH_S: ClassVar[int] = 3600

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.form_panel = FormPanel()
        self.open_id = ""
        """The strategy whose numbers are shown; empty: the list of them."""
        self.edits: dict[str, str] = {}
        """Texts that were changed and not saved, by strategy."""
        self.preview: Preview | None = None
        self._since: datetime | None = None
        self._looked = 0

    def compose(self) -> ComposeResult:
        """The list, and below it the form."""
        widgets = list(super().compose())
        yield from widgets[:-3]
        yield self.form_panel
        yield from widgets[-3:]

    def on_mount(self) -> None:
        """Begin without a form."""
        self.form_panel.open(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the form's fields have the keys they need."""
        return not (self.typing and action in ("move", "page", "ends", "preview", "save_version"))

    # -- what is listed ----------------------------------------------------------------------------------

    def reader(self, user_id: int) -> Callable[[Texts | None, Sequence[int]], Listing[Texts]]:
        """The strategies in force; what is listed of them depends on where one is."""
        now, source = self.room.now(), self.room.strategies

        def read(known: Texts | None, pages: Sequence[int]) -> Listing[Texts]:
            texts = known or (source.texts(user_id, now) if source is not None else ())
            items = self._items(texts)
            return Listing(texts, len(items), {p: items[p * PAGE : (p + 1) * PAGE] for p in pages})

        return read

    def _items(self, texts: Texts) -> Sequence[object]:
        if self.preview is not None:
            return self.preview.changed
        if self.open_id:
            text = self.edits.get(self.open_id) or self._packed(texts)
            return settings(text)
        return texts

    def _packed(self, texts: Texts | None) -> str:
        return next((t.text for t in texts or () if t.id == self.open_id), "")

    def _text(self) -> str:
        return self.edits.get(self.open_id) or self._packed(self.head)

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """Where one is; a preview's figures; how far one has got."""
        if self._since is not None:
            waited = int((self.room.now() - self._since).total_seconds())
            said = f" planning tonight … {self._looked:,} accounts · {waited} s"
            return [row((said, "dim"))]
        if self.preview is not None:
            return strategy_rows.preview_head(self.preview, width)
        if self.open_id:
            edited = row(("edited, not saved ", "accent")) if self.open_id in self.edits else ()
            return [spread(row((f" {self.open_id}", "title"), ("  its numbers", "dim")), edited, width)]
        count = len(self.head or ())
        return [row((f" {count}", "strong"), (" strategies, the most particular is used first", "dim"))]

    def title_row(self, width: int) -> Row:
        """The columns."""
        if self.preview is not None:
            return row(("   account    what is done now … and with the edit", "dim"))
        if self.open_id:
            return row(("   of                 value", "dim"))
        return row(("   name         prio  title                    for", "dim"))

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """A strategy, a number, or an account that would be treated differently."""
        if isinstance(item, StrategyText):
            return strategy_rows.strategy_row(item, width, chosen, item.id in self.edits)
        if isinstance(item, Setting):
            was = {s.path: s.value for s in settings(self._packed(self.head))}
            return strategy_rows.setting_row(item, was.get(item.path), width, chosen)
        if isinstance(item, Changed):
            return strategy_rows.changed_row(item, width, chosen)
        return super().item_row(index, item, width, chosen)

    def detail_rows(self, width: int) -> list[Row]:
        """Why the strategy is as it is; what the number is called in the file; why the account."""
        item = self.list.item(self.list.cursor)
        if isinstance(item, StrategyText):
            return [row((f" {item.reason or item.read().why}", "dim"))]
        if isinstance(item, Setting):
            return [row((f" {item.path}", "accent"), ("   Enter changes it", "dim"))]
        if isinstance(item, Changed):
            return [row((f" {item.segment}", "accent"), (f"   {item.why}", "dim"))]
        if self.preview is not None:
            return [row((" Nothing would be done differently tonight.", "dim"))]
        return []

    def hints(self) -> Iterable[KeyHint]:
        """The keys of where one is."""
        if self.form is not None:
            return [
                KeyHint("strategies.open", "saves"),
                KeyHint("strategies.field"),
                KeyHint("back", "leaves"),
                KeyHint("help"),
            ]
        edited = self.open_id in self.edits
        inside = [KeyHint("strategies.preview"), KeyHint("strategies.save", off=not edited)]
        return [
            *([] if self.preview is not None else [KeyHint("strategies.open")]),
            *(inside if self.open_id else []),
            KeyHint("places"),
            KeyHint("back", "back"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def tick(self) -> None:
        """Say how far a preview has got."""
        super().tick()
        if self._since is not None:
            self.head_canvas.repaint()

    def _changed(self) -> None:
        """What is listed has changed: draw it from what was read."""
        self.set_class(self.preview is not None, "-preview")
        self.list.cursor = 0
        texts = self.head or ()
        items = self._items(texts)
        self.list.reset(len(items))
        for page in range(-(-len(items) // PAGE)):
            self.list.supply(page, items[page * PAGE : (page + 1) * PAGE])
        self.titles_canvas.repaint()
        self.repaint()
        self.keys_changed()

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Save the form; open the strategy; change the number."""
        item = self.list.item(self.list.cursor)
        if self.form is not None:
            self.accept_form()
        elif isinstance(item, StrategyText):
            self.open_id = item.id
            self._changed()
        elif isinstance(item, Setting):
            self.open_form(NumberForm(self.open_id, self._text(), item, self._keep))

    def _keep(self, text: str) -> None:
        if text.rstrip() == self._packed(self.head).rstrip():
            self.edits.pop(self.open_id, None)
        else:
            self.edits[self.open_id] = text

    def saved(self, said: str) -> None:
        """A number was changed here, or a version saved in the book."""
        self.set_focus(self.list)
        if "saved" in said:
            self.edits.pop(self.open_id, None)
            self.load()
            return
        at = self.list.cursor
        self._changed()
        self.list.move(at)

    def action_preview(self) -> None:
        """Plan tonight with the edit and without, on the real book."""
        source = self.room.strategies
        if not self.open_id or source is None or self._since is not None:
            self.tell("Open a strategy first.")
            return
        name, text, now = self.open_id, self._text(), self.room.now()
        self._since, self._looked = now, 0

        def looked(count: int) -> None:
            self._looked = count

        def done(found: Preview) -> None:
            self._since = None
            self.preview = found
            self._changed()

        def failed(wrong: Exception) -> None:
            self._since = None
            self.tell(str(wrong), "refused")
            self.repaint()

        self.head_canvas.repaint()
        self.room.book(lambda: source.preview(name, text, now, None, looked), done, failed)

    def action_save_version(self) -> None:
        """Save the edited strategy as a new version."""
        source, user = self.room.strategies, self.room.user
        if source is None or user is None or self.open_id not in self.edits:
            self.tell("Nothing was changed here.")
            return
        name, text, now = self.open_id, self.edits[self.open_id], self.room.now()
        self.room.book(
            lambda: source.tonight(now),
            lambda first: self.open_form(SaveForm(name, text, first, source, user.user_id)),
            hold=True,
        )

    def action_field(self, by: int) -> None:
        """Go to another field."""
        self.go_field(by)

    def action_back(self) -> None:
        """Out of the form, the preview, the strategy; then one step back."""
        if self.form is not None:
            self.close_form()
            self.set_focus(self.list)
        elif self.preview is not None:
            self.preview = None
            self._changed()
        elif self.open_id:
            self.open_id = ""
            self._changed()
        else:
            super().action_back()
