"""What an action of the workstation is, and the screens it may be on."""

from __future__ import annotations

from dataclasses import dataclass

PLACES = frozenset(
    {"queue", "callbacks", "floor", "coaching", "audit", "search", "final", "portfolio", "strategies"}
)
"""The screens that `places.PLACES` names: all are lists."""
BEHIND_AUDIT = frozenset({"audit-rules", "audit-findings"})
"""Lists reached from the audit's."""
WORK = PLACES | BEHIND_AUDIT | {"cockpit", "audit-call", "final-session", "portfolio-accounts"}
ALL = WORK | {"sign-in", "pick", "help", "ask"}
COCKPIT = frozenset({"cockpit"})
QUEUE = frozenset({"queue"})
CALLBACKS = frozenset({"callbacks"})
FINAL = frozenset({"final"})
SESSION = frozenset({"final-session"})
PORTFOLIO = frozenset({"portfolio"})
STRATEGIES = frozenset({"strategies"})
BEHIND = frozenset({"portfolio-accounts"})
LISTS = PLACES | BEHIND | BEHIND_AUDIT | {"pick"}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do."""

    id: str
    """Stable name for remapping, such as ``call.dial``."""
    keys: tuple[str, ...]
    """Textual key names; the first is shown."""
    call: str
    """The Textual action it runs on the screen."""
    label: str
    """Two words at most, for the keys line."""
    tooltip: str
    """One sentence for help, palette and manual."""
    group: str
    screens: frozenset[str]
    in_palette: bool = True
