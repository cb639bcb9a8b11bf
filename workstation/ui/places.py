"""The places of the workstation: the lists a person can go to, by their rights, and where each role begins.

A new place is a screen named here, installed by the app, and added to `action.PLACES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workstation.desk.roles import Right, Role, may


@dataclass(frozen=True, slots=True)
class Place:
    """One list a person can go to."""

    screen: str
    """The screen's NAME."""
    title: str
    what: str
    """In a few words, at the right edge of the list of places."""
    right: Right
    """Without it the place is not offered, and its handlers refuse."""


PLACES: tuple[Place, ...] = (
    Place("queue", "Queue", "the next account worth calling", Right.WORK_ACCOUNTS),
    Place("callbacks", "Callbacks", "calls that were asked for", Right.WORK_ACCOUNTS),
    Place("floor", "Floor", "who does what now, and listening in", Right.WATCH_FLOOR),
    Place("coaching", "Coaching", "what reviewers wrote about your calls", Right.WORK_ACCOUNTS),
    Place("audit", "Audit", "calls to review, the worst first", Right.AUDIT_CALLS),
    Place("search", "Search", "everything that was said on calls", Right.AUDIT_CALLS),
    Place("final", "Final notice", "the manager's last chance, account by account", Right.FINAL_NOTICE),
    Place("portfolio", "Portfolio", "aging, DSO, promises, follow-through", Right.SEE_PORTFOLIO),
    Place("strategies", "Strategies", "what an edit would change tonight", Right.EDIT_STRATEGIES),
)

_HOME: Mapping[Role, str] = {
    Role.SUPERVISOR: "floor",
    Role.MANAGER: "final",
    Role.COMPLIANCE: "audit",
}
"""Where a role begins; the queue if not named, or if the place is not there."""


def places_for(role: str) -> tuple[Place, ...]:
    """The places of a role, in order."""
    return tuple(place for place in PLACES if may(role, place.right))


def home(role: str) -> str:
    """The screen a role begins with."""
    wanted = next((screen for known, screen in _HOME.items() if known == role), "")
    offered = [place.screen for place in places_for(role)]
    return wanted if wanted in offered else (offered[0] if offered else "queue")
