"""One final-notice session: the steps taken, the script, the authority with deadline and consequence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from workstation.desk.final_notice import Outcome
from workstation.desk.final_views import Confirmed, Ending, FinalView
from workstation.ui import final_rows
from workstation.ui.form_panel import FormPanel
from workstation.ui.forms.final import AuthorityForm, FinalPlanForm, LastChanceForm, SettleForm, WaiveForm
from workstation.ui.kit import Canvas, Row, row
from workstation.ui.panes import heading
from workstation.ui.room import Choice, PickList, Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.form_host import FormHost
from workstation.ui.status import Status

_REREAD_S = 3
"""Seconds after which a session that runs is read again: what stops it may be heard on any line."""

_NOT_WHILE_TYPING = frozenset({"step", "day", "outcome", "waive", "reconcile", "authority", "confirm"})


class FinalSessionScreen(FormHost):
    """Left the history to read aloud, middle checks or script, right authority, deadline, consequence."""

    NAME: ClassVar[str] = "final-session"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.account_id = 0
        self.name_shown = ""
        self.view: FinalView | None = None
        self.day: date | None = None
        """The deadline in mind."""
        self.cursor = 0
        self.said: set[str] = set()
        self._age = 0
        self.top = Canvas(lambda w, h: final_rows.top_rows(self.view, w), name="final-top")
        self.history = Canvas(lambda w, h: final_rows.history_rows(self.view, w, h), name="final-history")
        self.script = Canvas(self._paint_middle, name="final-script")
        self.authority = Canvas(
            lambda w, h: final_rows.authority_rows(self.view, w, h), name="final-authority"
        )
        self.form_panel = FormPanel()

    def compose(self) -> ComposeResult:
        """Lay out the screen: a narrow one has no history, and the authority below the script."""
        yield self.status_line
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.top
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        with Horizontal(id="final-body"):
            with Vertical(id="final-left"):
                yield self.history
            with Vertical(id="final-middle"):
                yield self.script
            with Vertical(id="final-right"):
                yield self.authority
        yield self.form_panel
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.message_line
        yield self.keys_line

    def on_mount(self) -> None:
        """Begin without a form."""
        self.form_panel.open(None)

    def on_screen_resume(self) -> None:
        """Read the session whenever it is shown."""
        self.reload(hold=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let entry fields have the keys they need."""
        return not (self.typing and action in _NOT_WHILE_TYPING)

    # -- reading -----------------------------------------------------------------------------------------

    def begin(self, account_id: int, name: str) -> None:
        """Make ready for another account."""
        self.account_id, self.name_shown, self.view, self.day = account_id, name, None, None
        self.cursor = 0
        self.said.clear()
        self._message = ("", "info")
        if self.is_attached:
            self.close_form()
            self.set_class(True, "-checks")
            self.repaint_all()

    def reload(self, *, hold: bool = False) -> None:
        """Read the session as it stands; with `hold` keys wait for it."""
        user, final, account_id = self.room.user, self.room.final, self.account_id
        if user is None or final is None or not account_id:
            return
        self._age = 0
        now, day = self.room.now(), self.day
        self.room.book(lambda: final.view(account_id, user.user_id, now, day), self._read, hold=hold)

    def _read(self, view: FinalView) -> None:
        if view.account_id != self.account_id:
            return
        was = self.view
        self.view, self.day = view, view.deadline
        if was is None or (was.session_id is None) != (view.session_id is None):
            self.cursor = 0
        if view.stopped and not view.outcome and (was is None or not was.stopped):
            self.tell(f"{view.stopped}: the session is stopped. 5 ends it.", "refused")
        self.set_class(view.session_id is None, "-checks")
        self.room.final_read(view)
        self.repaint_all()

    def repaint_all(self) -> None:
        """Draw everything again."""
        for canvas in (self.status_line, self.top, self.history, self.script, self.authority):
            canvas.repaint()
        self.keys_changed()

    def tick(self) -> None:
        """Read a session that runs again every few seconds."""
        super().tick()
        self._age += 1
        running = self.view is not None and self.view.session_id is not None and not self.view.outcome
        if self._age >= _REREAD_S and running and self.form is None and self.is_current:
            self.reload()

    # -- drawing -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The line, with the session's call while one is up."""
        room = self.room
        call = room.final_call()
        zone = self.view.zone if self.view is not None else ""
        return Status("FINAL NOTICE", room.user, room.now(), room.client_state, room.line, call, zone)

    def _paint_middle(self, width: int, height: int) -> list[Row]:
        view = self.view
        if view is None:
            return [heading(self.name_shown), row(("opening …", "faint"))]
        if view.session_id is None:
            return final_rows.check_rows(view, self.cursor, width, height)
        return final_rows.script_rows(view, self.cursor, frozenset(self.said), width, height)

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter in this state."""
        view = self.view
        if self.form is not None:
            picks = self.form.slots[self.form_panel.focused_slot()].picks
            return [
                KeyHint("final.go", "saves"),
                KeyHint("final.field", "next field"),
                *([KeyHint("final.pick")] if picks else []),
                KeyHint("back", "leaves"),
                KeyHint("help"),
            ]
        if view is None:
            return [KeyHint("back", "list"), KeyHint("help")]
        if view.outcome:
            kept = not view.confirmed and view.outcome not in _NOTHING_TO_CONFIRM
            return [
                *([KeyHint("final.confirm")] if kept else []),
                KeyHint("back", "list"),
                KeyHint("palette"),
                KeyHint("help"),
            ]
        if view.session_id is None:
            return [
                KeyHint("final.go", "begins", off=not view.ready),
                KeyHint("final.waive"),
                KeyHint("final.reconcile"),
                KeyHint("final.authority"),
                KeyHint("final.later", "deadline"),
                KeyHint("back", "list"),
                KeyHint("palette"),
                KeyHint("help"),
            ]
        on_call = self.room.final_call() is not None
        return [
            KeyHint("final.go", "said"),
            KeyHint("final.cockpit", "to the call") if on_call else KeyHint("final.dial"),
            KeyHint("final.later", "deadline"),
            KeyHint("final.next", "next step"),
            KeyHint("back", "list"),
            KeyHint("palette"),
            KeyHint("help"),
        ]

    # -- actions -----------------------------------------------------------------------------------------

    def action_go(self) -> None:
        """Save the form; begin; or say the step in front and go to the next."""
        view, user, final = self.view, self.room.user, self.room.final
        if self.form is not None:
            self.accept_form()
        elif view is None or user is None or final is None or view.outcome:
            return
        elif view.session_id is None:
            now = self.room.now()
            self.fresh(lambda: final.begin(view.account_id, user.user_id, now), self._begun)
        else:
            self.said.add(view.steps[self.cursor].id)
            self.action_step(1)

    def _begun(self, _session: int) -> None:
        key = self.room.registry.key("final.dial")
        self.cursor = 0
        self.tell(f"Session begun; the checks are kept as they stand. {key} calls.", "good")
        self.reload(hold=True)

    def action_step(self, by: int) -> None:
        """Go along the script, or along the checks before it."""
        view = self.view
        if view is None:
            return
        count = len(view.checks) if view.session_id is None else len(view.steps)
        self.cursor = max(0, min(self.cursor + by, count - 1))
        self.script.repaint()

    def action_day(self, by: int) -> None:
        """Choose another deadline, among the days that may be one."""
        view = self.view
        if view is None or not view.days or view.outcome:
            self.tell("No day can be chosen." if view is not None and not view.outcome else "")
            return
        at = view.days.index(view.deadline) if view.deadline in view.days else 0
        to = max(0, min(at + by, len(view.days) - 1))
        if to == at:
            self.tell(f"The {'last' if by > 0 else 'first'} day that may be chosen.")
            return
        self.day = view.days[to]
        self.reload(hold=True)

    def action_dial(self) -> None:
        """Call from the cockpit."""
        view = self.view
        if view is None or view.session_id is None or view.outcome:
            self.tell("Begin the session first: the checks must stand before the call.", "notice")
        elif self.room.final_call() is not None:
            self.room.show_cockpit()
        else:
            self.room.call_final(view)

    def action_cockpit(self) -> None:
        """Go to the session's call."""
        self.room.show_cockpit()

    def action_outcome(self, key: str) -> None:
        """End the session: what is agreed is read back first; what is only stated is saved at once."""
        view, user, final = self.view, self.room.user, self.room.final
        if view is None or user is None or final is None:
            return
        session_id = view.session_id
        if session_id is None or view.outcome:
            self.tell("No session runs: begin one first." if not view.outcome else "The session has ended.")
            return
        outcome = next(o for k, o, _ in final_rows.OUTCOMES if k == key)
        if view.stopped and outcome not in (Outcome.STOPPED, Outcome.NOT_REACHED):
            self.tell(f"{view.stopped}: the session is stopped; 5 ends it.", "refused")
        elif outcome is Outcome.LAST_CHANCE and not view.days:
            self.tell("No deadline can be chosen: see the authority and the checks.", "refused")
        elif outcome in _FORMS:
            self.open_form(_FORMS[outcome](view, final, user.user_id))
        else:
            now = self.room.now()
            self.room.book(
                lambda: final.finish(session_id, Ending(outcome), user.user_id, now),
                lambda done: self._ended(done.outcome),
                hold=True,
            )

    def _ended(self, outcome: Outcome) -> None:
        self.tell(f"Session ended: {outcome.value}.", "good")
        self.reload(hold=True)

    def saved(self, said: str) -> None:
        """Read the session anew."""
        self.reload(hold=True)

    def action_confirm(self) -> None:
        """Queue the written confirmation."""
        view, user, final = self.view, self.room.user, self.room.final
        if view is None or user is None or final is None or view.session_id is None or not view.outcome:
            self.tell("End the session first: then what was said is known.")
            return
        session_id, now = view.session_id, self.room.now()
        self.room.book(lambda: final.confirm(session_id, user.user_id, now), self._confirmed, hold=True)

    def _confirmed(self, done: Confirmed) -> None:
        parts = [f"In the outbox: {', '.join(done.queued)}." if done.queued else ""]
        parts += [f"Not queued: {line}." for line in done.refused]
        self.tell(" ".join(part for part in parts if part), "notice" if done.refused else "good")
        self.reload(hold=True)

    def action_waive(self) -> None:
        """Go on without the check under the cursor, in writing."""
        view, user, final = self.view, self.room.user, self.room.final
        if view is None or user is None or final is None or view.session_id is not None:
            self.tell("Checks are waived before the session begins.")
            return
        check = final_rows.ordered(view.checks)[self.cursor]
        if not check.todo:
            self.tell(f"'{check.title}' is {check.state.value}: there is nothing to waive.")
        elif not check.waivable:
            self.tell(f"Nobody may waive '{check.title}': {check.todo}.", "refused")
        else:
            self.open_form(WaiveForm(view.account_id, check, final, user.user_id))

    def action_reconcile(self) -> None:
        """Say that the balance was gone through."""
        user, final, account_id = self.room.user, self.room.final, self.account_id
        if user is None or final is None:
            return
        now = self.room.now()

        def done(balance: object) -> None:
            self.tell(f"{balance} reconciled; it holds for 24 hours.", "good")
            self.reload(hold=True)

        self.room.book(lambda: final.reconcile(account_id, user.user_id, now), done, hold=True)

    def action_authority(self) -> None:
        """Approve what waits, or ask for authority."""
        view, user, final = self.view, self.room.user, self.room.final
        if view is None or user is None or final is None:
            return
        now = self.room.now()

        def offer(waiting: object) -> None:
            if not isinstance(waiting, tuple) or not waiting:
                self.open_form(AuthorityForm(view, final, user.user_id))
                return
            choices = [
                Choice(
                    str(a.authority_id),
                    f"approve {a.action.value}{' with ' + a.target if a.target else ''}",
                    f"asked by {a.asked_by}",
                )
                for a in waiting
            ]
            self.room.pick(PickList("WAITS FOR A SECOND PERSON", choices, self._approve))

        self.room.book(lambda: final.waiting_authorities(view.account_id, now), offer, hold=True)

    def _approve(self, choice: Choice) -> None:
        user, final, now = self.room.user, self.room.final, self.room.now()
        if user is None or final is None:
            return

        def done(_: None) -> None:
            self.tell("Approved: it may be named from now on.", "good")
            self.reload(hold=True)

        self.room.book(lambda: final.approve_authority(int(choice.id), user.user_id, now), done, hold=True)

    def action_pick(self) -> None:
        """Pick the value of a field."""
        self.pick_slot()

    def action_field(self, by: int) -> None:
        """Go to another field."""
        self.go_field(by)

    def action_refresh_list(self) -> None:
        """Read it again."""
        self.reload(hold=True)
        self.tell("Read again.")

    def action_back(self) -> None:
        """Out of the form, or back to the list; a session that runs goes on."""
        if self.form is not None:
            self.close_form()
            self.tell("")
        else:
            self.room.close_top()


_FORMS = {
    Outcome.SETTLEMENT: SettleForm,
    Outcome.PLAN: FinalPlanForm,
    Outcome.LAST_CHANCE: LastChanceForm,
}
_NOTHING_TO_CONFIRM = frozenset({Outcome.PAID.value, Outcome.STOPPED.value, Outcome.NOT_REACHED.value})
