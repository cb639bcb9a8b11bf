"""How the speech rules do: a table of all of them with the chosen one's months, and the findings of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from workstation.desk.rule_table import Order, RuleFinding, RuleFindings, RuleLine, RuleTable, ordered
from workstation.ui.audit import rule_rows
from workstation.ui.kit import PAGE, Canvas, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen

_ORDERS = list(Order)
_NOTHING = RuleTable((), (), 0)


class RulesScreen(ListScreen[RuleTable]):
    """Every rule that spoke, or should have; Enter lists what the chosen one found."""

    NAME: ClassVar[str] = "audit-rules"
    TITLE_TEXT: ClassVar[str] = "RULES"
    REFRESH_S: ClassVar[int] = 300

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.order = Order.FALSE_ALARMS
        self.detail_canvas = Canvas(
            lambda w, h: rule_rows.detail_rows(self.chosen(), w, h) if self._any else self.detail_rows(w),
            name=f"{self.NAME}-detail",
        )
        self.detail_canvas.add_class("list-detail")

    def reader(self, user_id: int) -> Callable[[RuleTable | None, Sequence[int]], Listing[RuleTable]]:
        """All rules at once: there are as many as the rules that are installed."""
        auditing, now, order = self.room.auditing, self.room.now(), self.order

        def read(known: RuleTable | None, pages: Sequence[int]) -> Listing[RuleTable]:
            found = known
            if found is None:
                found = auditing.book.rule_table(user_id, now) if auditing is not None else _NOTHING
            lines = ordered(found.lines, order)
            return Listing(found, len(lines), {p: lines[p * PAGE : (p + 1) * PAGE] for p in pages})

        return read

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """How many rules spoke, on how many calls, and the order."""
        return rule_rows.head_rows(self.head, self.order, width)

    def title_row(self, width: int) -> Row:
        """The columns."""
        return rule_rows.title_row(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One rule."""
        if isinstance(item, RuleLine):
            return rule_rows.rule_row(item, width, chosen)
        return super().item_row(index, item, width, chosen)

    @property
    def _any(self) -> bool:
        return self.head is not None and bool(self.head.lines)

    def detail_rows(self, width: int) -> list[Row]:
        """Why there is no rule to show."""
        if self.room.auditing is None:
            return [row((" Calls cannot be reviewed from this terminal.", "dim"))]
        if self.head is not None:
            return [row((" No rule has found anything yet, and nobody has added what one missed.", "dim"))]
        return []

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the table."""
        return [
            KeyHint("rules.open", off=not self._any),
            KeyHint("rules.order"),
            KeyHint("rules.refresh"),
            KeyHint("back", "audit"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> RuleLine | None:
        """The rule under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, RuleLine) else None

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """List what the rule under the cursor found."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.rule_findings(chosen)
        else:
            self.tell("No rule is chosen.")

    def action_order(self) -> None:
        """Begin with what goes wrong in another way."""
        self.order = _ORDERS[(_ORDERS.index(self.order) + 1) % len(_ORDERS)]
        self.list.cursor = 0
        self.load()


class RuleFindingsScreen(ListScreen[RuleFindings]):
    """What one rule found and what reviewers added under it, the newest call first; Enter opens the call."""

    NAME: ClassVar[str] = "audit-findings"
    TITLE_TEXT: ClassVar[str] = "FINDINGS"
    REFRESH_S: ClassVar[int] = 300

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.line: RuleLine | None = None

    def begin(self, line: RuleLine) -> None:
        """Show another rule's."""
        self.line, self.head = line, None
        self.list.cursor = 0

    def reader(self, user_id: int) -> Callable[[RuleFindings | None, Sequence[int]], Listing[RuleFindings]]:
        """The pages in sight."""
        auditing, line = self.room.auditing, self.line

        def read(known: RuleFindings | None, pages: Sequence[int]) -> Listing[RuleFindings]:
            if auditing is None or line is None:
                return Listing(RuleFindings((), 0), 0, {})
            found = {
                page: auditing.book.findings_of_rule(line.rule_id, user_id, offset=page * PAGE, limit=PAGE)
                for page in sorted({*pages} if known is not None else {0, *pages})
            }
            head = known or found[0]
            return Listing(head, head.total, {page: one.rows for page, one in found.items()})

        return read

    def head_rows(self, width: int) -> list[Row]:
        """Which rule."""
        return rule_rows.findings_head(self.line, self.head, width)

    def title_row(self, width: int) -> Row:
        """The columns."""
        return rule_rows.findings_title(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One finding."""
        if isinstance(item, RuleFinding):
            return rule_rows.finding_row(item, width, chosen, self.room.now(), self.room.home_zone)
        return super().item_row(index, item, width, chosen)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen finding in full."""
        if self.head is not None and not self.head.total:
            return [row((" Nothing of this rule stands on any call.", "dim"))]
        return rule_rows.finding_detail(self.chosen(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list."""
        return [
            KeyHint("findings.open"),
            KeyHint("findings.refresh"),
            KeyHint("back", "figures"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> RuleFinding | None:
        """The finding under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, RuleFinding) else None

    def action_open(self) -> None:
        """Open the call where it was found."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.review(chosen.call_id, chosen.second)
