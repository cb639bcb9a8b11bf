"""The floor board: everybody who is signed in, what they do now, and what a supervisor can do about it.

Rows come from the switchboard; a collector who changed is drawn again, and nobody else. The chosen
collector's call is watched: its words stand under the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.roles import Right, may
from workstation.floor import messages as m
from workstation.ui.callview import CallView
from workstation.ui.floor import rows
from workstation.ui.floor.view import FloorView, Order, Show
from workstation.ui.kit import PAGE, Canvas, Row, row
from workstation.ui.room import Choice, PickList, Question, Room
from workstation.ui.screens.base import KeyHint, WorkScreen
from workstation.ui.status import Status
from workstation.ui.talk import Conversation
from workstation.ui.windowed_list import WindowedList

_AFTER = dict(pairwise((*Order, next(iter(Order)))))
_NEXT_SHOWN = dict(pairwise((*Show, next(iter(Show)))))
_ON_PHONE = ("ringing", "up")
_ON_RECORD = "they see it; the audit log keeps it"


class FloorScreen(WorkScreen):
    """A supervisor's live view of the floor."""

    NAME: ClassVar[str] = "floor"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.view = FloorView()
        self.phone: m.PhoneChanged | None = None
        self._chosen: int | None = None
        """The collector under the cursor: they stay chosen when the order changes."""
        self._call: CallView | None = None
        self._talk = Conversation()
        self._head = Canvas(lambda w, h: [rows.head_row(self.view, self.room.now(), w)], name="floor-head")
        self._titles = Canvas(lambda w, h: [rows.title_row(self.view, w)], name="floor-titles")
        self.list = WindowedList(self._draw, name="floor-list")
        self._detail = Canvas(self._paint_detail, name="floor-detail")
        self._words = Canvas(self._paint_words, name="floor-words")

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self.status_line
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self._head
        yield self._titles
        yield self.list
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self._detail
        yield self._words
        yield self.message_line
        yield self.keys_line

    # -- what the switchboard says -----------------------------------------------------------------------

    def on_screen_resume(self) -> None:
        """Watch the floor from the moment it is on screen."""
        self.set_focus(self.list)
        if self.room.client_state == "up":  # else the session asks again when it is open
            self.room.ask(m.WatchFloor())
        self._repaint()

    def take(self, event: m.Event) -> None:
        """Take in an event of the switchboard."""
        if isinstance(event, m.FloorSnapshot | m.FloorChanged):
            self._take_floor(event)
        elif isinstance(event, m.PhoneChanged):
            self._take_phone(event)
        elif isinstance(event, m.CallEvent | m.CallSnapshot) and self._call is not None:
            if self._call.apply(event) and not self._call.up and self._has(event.call_id):
                self.phone = None
                self._detail.repaint()
            self._words.repaint()

    def _take_floor(self, event: m.FloorSnapshot | m.FloorChanged) -> None:
        changed = self.view.apply(event, self.room.now())
        if changed is None:
            self._supply()
        else:
            self._supply_pages(changed)
            for place in changed:
                self.list.redraw(place)
        self._head.repaint()
        self._titles.repaint()
        self._follow()

    def _take_phone(self, event: m.PhoneChanged) -> None:
        if event.job == "play":
            return
        self.phone = event
        if event.state == "failed":
            self.tell(event.detail or "your phone did not do that", "refused")
        elif event.state == "over":
            self.tell("Your phone is down.")
        self._detail.repaint()
        self.keys_changed()

    def _has(self, call_id: str) -> bool:
        """Whether our own phone is a call's leg."""
        phone = self.phone
        return phone is not None and phone.state == "taken" and phone.call_id == call_id

    def lost(self) -> None:
        """The switchboard is gone: whatever our phone did is no longer told."""
        self.phone = None

    def tick(self) -> None:
        """A second has passed: every time in state is another, and the news is older."""
        super().tick()
        if self.is_current:
            self._head.repaint()
            self._detail.repaint()
            self.list.refresh()

    # -- the list ----------------------------------------------------------------------------------------

    def chosen(self) -> m.FloorRow | None:
        """The collector under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, m.FloorRow) else None

    def _supply(self) -> None:
        shown = self.view.rows
        place = self.view.place_of(self._chosen) if self._chosen is not None else None
        if place is not None:
            self.list.cursor = place
        self.list.reset(len(shown))
        self._supply_pages(range(0, len(shown), PAGE))

    def _supply_pages(self, places: Iterable[int]) -> None:
        pages = {place // PAGE for place in places}
        if pages:
            shown = self.view.rows
            for page in sorted(pages):
                self.list.exchange(page, shown[page * PAGE : (page + 1) * PAGE])

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        """Bring a page that came in sight."""
        self.list.supply(message.page, self.view.rows[message.page * PAGE : (message.page + 1) * PAGE])

    def on_windowed_list_moved(self, message: WindowedList.Moved) -> None:
        """Another collector is chosen."""
        self._follow()

    def on_windowed_list_opened(self, message: WindowedList.Opened) -> None:
        """A double click opens the call."""
        self.action_audit()

    def _follow(self) -> None:
        """Watch the chosen collector's call, and no other."""
        chosen = self.chosen()
        self._chosen = chosen.user_id if chosen is not None else None
        wanted = chosen.call_id if chosen is not None else ""
        watched = self._call.call_id if self._call is not None else ""
        if wanted != watched:
            if watched:
                self.room.ask(m.Unwatch(call_id=watched), refused=lambda _: None)
            self._call = CallView(wanted) if wanted else None
            self._talk.clear()
            if wanted:
                self.room.ask(m.Watch(call_id=wanted), refused=lambda _: None)
        self._detail.repaint()
        self._words.repaint()
        self.keys_changed()

    def _repaint(self) -> None:
        for canvas in (self._head, self._titles, self._detail, self._words):
            canvas.repaint()

    # -- drawing -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The line without a call."""
        return Status("FLOOR", self.room.user, self.room.now(), self.room.client_state, self.room.line)

    def _draw(self, index: int, item: object, width: int, chosen: bool) -> Row:
        if isinstance(item, m.FloorRow):
            return rows.floor_row(item, self.view, self.room.now(), width, chosen)
        return ()

    def _paint_detail(self, width: int, height: int) -> list[Row]:
        chosen = self.chosen()
        lines = rows.detail_rows(chosen, self.view, self.room.now(), width)
        if self.phone is not None:
            on = next((r for r in self.view.rows if r.call_id == self.phone.call_id), None)
            if on is not None:
                lines.append(rows.phone_row(self.phone, on.name.split()[0], width))
        return lines

    def _paint_words(self, width: int, height: int) -> list[Row]:
        chosen = self.chosen()
        if chosen is None:
            return []
        if self._call is None:
            return [row((f"{chosen.name} is in no call: nothing to read.", "faint"))]
        me = (chosen.name.split() or ["Agent"])[0]
        return self._talk.rows(self._call, "Debtor", width, height, me=me)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the floor."""
        chosen = self.chosen()
        up = chosen is not None and chosen.state in rows.CALL_STATES
        on_phone = self.phone is not None and self.phone.state in _ON_PHONE
        end_pause = "end pause" if chosen is not None and chosen.pause else ""
        steering = [
            KeyHint("floor.whisper", off=not up),
            KeyHint("floor.barge", off=not up),
            KeyHint("floor.take", off=not up),
            KeyHint("floor.pause", label=end_pause),
            KeyHint("floor.sign_out"),
        ]
        return [
            KeyHint("floor.listen", off=not up),
            *(steering if self._steers() else ()),
            KeyHint("floor.stop", off=not on_phone),
            *(KeyHint(f"floor.{name}") for name in ("audit", "order", "show")),
            *(KeyHint(name) for name in ("places", "palette", "help", "quit")),
        ]

    def _steers(self) -> bool:
        return self.room.user is not None and may(self.room.user.role, Right.STEER_FLOOR)

    # -- actions -----------------------------------------------------------------------------------------

    def action_monitor(self, mode: str) -> None:
        """Listen, whisper or barge."""
        if (chosen := self._with_call()) is not None:
            self.room.ask(m.Monitor(call_id=chosen.call_id, mode=mode))

    def action_take_over(self) -> None:
        """Take the call over, after a question: it cannot be given back."""
        chosen = self._with_call()
        if chosen is None:
            return
        call_id = chosen.call_id

        def take(choice: Choice) -> None:
            if choice.id == "take":
                self.room.ask(m.TakeOver(call_id=call_id))

        choices = [
            Choice("take", f"take {chosen.name}'s call over", "the recording goes on"),
            Choice("leave", "leave it", ""),
        ]
        self.room.pick(PickList("TAKE OVER?   your phone takes the collector's place", choices, take))

    def action_stop(self) -> None:
        """Hang the own phone up."""
        self.room.ask(m.StopMonitor())

    def action_force_pause(self) -> None:
        """Pause the collector, or end their pause."""
        chosen = self._someone()
        if chosen is None:
            return
        user_id, name = chosen.user_id, chosen.name
        if chosen.pause:
            self.room.ask(
                m.LiftPause(user_id=user_id), lambda _: self.tell(f"{name} may take calls again.", "good")
            )
            return

        def pause(reason: str) -> None:
            done = "no new calls; a call that is up goes on"
            self.room.ask(
                m.ForcePause(user_id=user_id, reason=reason), lambda _: self.tell(f"{name}: {done}.", "good")
            )

        self.room.question(Question(f"Pause {name}: why?", _ON_RECORD, pause))

    def action_sign_out(self) -> None:
        """End the collector's session."""
        chosen = self._someone()
        if chosen is None:
            return
        user_id, name = chosen.user_id, chosen.name

        def sign_out(reason: str) -> None:
            self.room.ask(
                m.ForceSignOut(user_id=user_id, reason=reason),
                lambda _: self.tell(f"{name} is signed out.", "good"),
            )

        self.room.question(
            Question(f"Sign {name} out: why?", "they see it; the audit log keeps it", sign_out)
        )

    def action_audit(self) -> None:
        """Open the call's audit."""
        chosen = self.chosen()
        if chosen is None or not chosen.call_id:
            self.tell("There is no call to look into.")
        else:
            self.room.review(chosen.call_id)

    def action_order(self) -> None:
        """Sort otherwise."""
        self.view.sort(order=_AFTER[self.view.order])
        self._rearranged()

    def action_show(self) -> None:
        """Show others."""
        self.view.sort(show=_NEXT_SHOWN[self.view.show])
        self._rearranged()

    def _rearranged(self) -> None:
        self._supply()
        self._titles.repaint()
        self._follow()
        self.tell(f"{self.view.show.capitalize()}, {self.view.order}.")

    def _someone(self) -> m.FloorRow | None:
        chosen = self.chosen()
        if chosen is None:
            self.tell("Nobody is chosen.")
        return chosen

    def _with_call(self) -> m.FloorRow | None:
        chosen = self._someone()
        if chosen is not None and chosen.state not in rows.CALL_STATES:
            self.tell(f"{chosen.name} is in no call now.")
            return None
        return chosen

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self.list.move_by(by * self.list.page_rows)

    def action_ends(self, way: int) -> None:
        """Go to the first or last row."""
        self.list.move(0 if way < 0 else self.list.count - 1)

    def action_places(self) -> None:
        """Go to another place."""
        self.room.places()

    def action_back(self) -> None:
        """One step back."""
        self.room.close_top()
