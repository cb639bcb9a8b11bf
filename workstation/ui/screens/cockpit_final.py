"""The cockpit in a final-notice session: the session's own script in front, and gone where it is stopped."""

from __future__ import annotations

from workstation.desk.final_views import FinalView
from workstation.floor import messages as m
from workstation.ui.screens.cockpit_leave import CockpitLeave

_NAMES_WHAT_FOLLOWS = frozenset({"options", "last-chance", "consequence", "object", "read-back"})
"""Steps that are not said after a dispute or a stop word."""


class CockpitFinal(CockpitLeave):
    """Shows a call that belongs to a session."""

    def hold_final(self, view: FinalView) -> None:
        """Take up a session's script for the account on screen."""
        self.final = view
        self.follow_final(view)
        key = self.room.registry.key("final.cockpit")
        self.tell(f"Final notice: {key} goes to the session and back.")

    def follow_final(self, view: FinalView) -> None:
        """Follow the session as it stands now: what may not be said any more is not in the script."""
        self.final = view
        stopped = bool(view.stopped)
        self.say.follow(
            [
                (step, " ".join(step.lines))
                for step in view.steps
                if step.lines and not (stopped and step.id in _NAMES_WHAT_FOLLOWS)
            ]
        )
        self.repaint("say")

    def _finding(self, found: m.FindingRaised) -> None:
        """A stop word takes the consequence off the screen at once; the book is asked after that."""
        if self.final is not None and found.hold:
            kept = [s for s in self.final.steps if s.lines and s.id not in _NAMES_WHAT_FOLLOWS]
            self.say.follow([(step, " ".join(step.lines)) for step in kept])
            self.repaint("say")
        super()._finding(found)
        if self.final is not None and found.hold:
            self.room.final_changed()

    def action_cockpit(self) -> None:
        """Go to the session."""
        if self.final is None:
            self.tell("This call is part of no final-notice session.")
        else:
            self.room.show_cockpit()
