"""The floor board's keys (workstation.ui.actions puts them into the registry)."""

from __future__ import annotations

from workstation.ui.action import Action

_FLOOR = frozenset({"floor"})


def _key(name: str, keys: tuple[str, ...], call: str, label: str, tooltip: str) -> Action:
    return Action(f"floor.{name}", keys, call, label, tooltip, "floor", _FLOOR)


FLOOR_ACTIONS: tuple[Action, ...] = (
    _key("listen", ("l", "alt+l"), "monitor('listen')", "listen", "Hear the call on your phone, unheard."),
    _key("whisper", ("w", "alt+w"), "monitor('whisper')", "whisper", "Speak to the collector alone."),
    _key("barge", ("b", "alt+b"), "monitor('barge')", "barge", "Speak to both sides; it is not recorded."),
    _key(
        "take",
        ("t", "f9", "alt+9"),
        "take_over",
        "take over",
        "Take the collector's place beside the debtor; asks first.",
    ),
    _key("stop", ("s", "f5", "alt+5"), "stop", "stop", "Hang your own phone up."),
    _key(
        "pause",
        ("p", "alt+p"),
        "force_pause",
        "pause",
        "Pause the collector, with a reason, or end their pause; a call that is up is not touched.",
    ),
    _key("sign_out", ("x", "alt+o"), "sign_out", "sign out", "End the collector's session, with a reason."),
    _key("audit", ("enter", "a"), "audit", "audit", "Open the call's audit."),
    _key("order", ("o", "f6", "alt+6"), "order", "order", "Sort by alarm, state, time in state, or name."),
    _key("show", ("f", "f7", "alt+7"), "show", "show", "Show everybody, or those in some states only."),
)
