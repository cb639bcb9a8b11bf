"""What a manager can do at the final notice."""

from __future__ import annotations

from workstation.ui.action import COCKPIT, FINAL, SESSION, Action

_WORDS = {
    "1": "the account is paid",
    "2": "a settlement",
    "3": "a plan with a first payment",
    "4": "the last chance, with its deadline",
    "5": "a dispute or a stop word stopped it",
    "6": "nobody was reached",
}


def _act(name: str, keys: tuple[str, ...], call: str, label: str, tooltip: str) -> Action:
    return Action(f"final.{name}", keys, call, label, tooltip, "final", SESSION)


FINAL_ACTIONS: tuple[Action, ...] = (
    Action(
        "final.open",
        ("enter", "o"),
        "open",
        "open",
        "Open the account's session; in a form save it.",
        "final",
        FINAL,
    ),
    Action(
        "final.follow",
        ("f", "alt+f"),
        "follow",
        "follow through",
        "Do what was announced for a lapsed deadline: the account is placed, with its papers.",
        "final",
        FINAL,
    ),
    Action(
        "final.lapse",
        ("x", "alt+w"),
        "lapse",
        "why not",
        "Write down why nothing follows a lapsed deadline.",
        "final",
        FINAL,
    ),
    Action(
        "final.refresh",
        ("f8", "alt+8"),
        "refresh_list",
        "refresh",
        "Read it again.",
        "final",
        FINAL | SESSION,
    ),
    _act("go", ("enter", "alt+enter"), "go", "begin, say", "Begin; say the step in front; save a form."),
    _act("next", ("down", "j"), "step(1)", "next", "Go to the next step or check."),
    _act("previous", ("up", "k"), "step(-1)", "before", "Go to the step or check before."),
    _act("later", ("right", "right_square_bracket"), "day(1)", "later", "Choose a later deadline."),
    _act("earlier", ("left", "left_square_bracket"), "day(-1)", "earlier", "Choose an earlier deadline."),
    _act("dial", ("f4", "alt+4"), "dial", "call", "Call from the cockpit, with this script in front."),
    Action(
        "final.cockpit",
        ("alt+g", "ctrl+l"),
        "cockpit",
        "session, call",
        "Go between the session and its call.",
        "final",
        SESSION | COCKPIT,
    ),
    _act("waive", ("w", "alt+w"), "waive", "waive", "Go on without the chosen check, in writing."),
    _act("reconcile", ("r", "alt+r"), "reconcile", "reconciled", "Say that the balance was gone through."),
    _act("authority", ("a", "alt+a"), "authority", "authority", "Ask for a consequence, or approve one."),
    _act("confirm", ("c", "alt+c"), "confirm", "in writing", "Queue the written confirmation."),
    _act("pick", ("f2", "alt+2"), "pick", "pick", "In a form, pick the value."),
    _act("field", ("tab", "f11"), "field(1)", "next field", "In a form, go to the next field."),
    _act(
        "field_back", ("shift+tab", "alt+b"), "field(-1)", "field back", "In a form, go to the field before."
    ),
    *(
        Action(
            f"digit.final-{key}",
            (key,),
            f"outcome('{key}')",
            key,
            f"End the session: {words}.",
            "final",
            SESSION,
            in_palette=False,
        )
        for key, words in _WORDS.items()
    ),
)
