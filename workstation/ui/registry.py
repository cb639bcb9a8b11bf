"""The action registry with a user's own keys laid over it; makes the bindings and docs/keys.md."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from textual.binding import Binding
from textual.keys import format_key

from workstation.ui.actions import ACTIONS, ALL, Action


class KeymapError(ValueError):
    """A remap names an unknown action, or gives one key to two actions of one screen."""


GROUPS: Mapping[str, str] = {
    "everywhere": "Everywhere",
    "sign-in": "Sign in",
    "queue": "Queue",
    "call": "Call",
    "script": "Script and conversation",
    "account": "Account and ledger",
    "callbacks": "Callbacks",
    "floor": "Floor",
    "audit": "Audit",
    "final": "Final notice",
    "portfolio": "Portfolio",
    "strategies": "Strategies",
    "holds": "Holds",
    "wrap-up": "Wrap-up",
    "digits": "Digits",
    "lists": "Lists",
}

_PRINTABLE = frozenset(
    {
        "slash",
        "plus",
        "number_sign",
        "asterisk",
        "question_mark",
        "left_square_bracket",
        "right_square_bracket",
    }
)


def is_printable(key: str) -> bool:
    """Whether the key types a character, so that an entry field must get it first."""
    return len(key) == 1 or key in _PRINTABLE


def show_key(key: str) -> str:
    """A key as people write it: ``F4``, ``Alt+H``, ``Esc``."""
    *held, last = key.split("+")
    names = {
        "enter": "Enter",
        "escape": "Esc",
        "pagedown": "PgDn",
        "pageup": "PgUp",
        "slash": "/",
        "number_sign": "#",
        "asterisk": "*",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "left": "←",
        "right": "→",
    }
    shown = names.get(last) or (
        last.upper() if len(last) == 1 and held else last if len(last) == 1 else format_key(last)
    )
    if shown == last and len(last) > 1:
        shown = last.upper() if last[0] == "f" and last[1:].isdigit() else last.capitalize()
    return "+".join([*(part.capitalize() for part in held), shown])


class Registry:
    """The actions with a user's own keys laid over them."""

    def __init__(self, remap: Mapping[str, str] | None = None) -> None:
        """`remap` gives ids their keys, comma separated. Raises KeymapError."""
        known = {action.id for action in ACTIONS}
        self._keys = {action.id: action.keys for action in ACTIONS}
        for name, keys in (remap or {}).items():
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise KeymapError(f"keys: no action is called {name!r}{hint}")
            chosen = tuple(key.strip().lower() for key in keys.split(",") if key.strip())
            if not chosen:
                raise KeymapError(f'keys: {name} has no key left; write for instance {name} = "f12"')
            self._keys[name] = chosen
        self._refuse_clashes(frozenset(remap or ()))

    def _refuse_clashes(self, remapped: frozenset[str]) -> None:
        for screen in ALL:
            taken: dict[str, str] = {}
            for action in self.on(screen):
                for key in self._keys[action.id]:
                    other = taken.setdefault(key, action.id)
                    if other != action.id and remapped & {other, action.id}:
                        raise KeymapError(
                            f"keys: {show_key(key)} is given to both {other} and {action.id} on one screen"
                        )

    def on(self, screen: str) -> list[Action]:
        """The actions of a screen, in order."""
        return [action for action in ACTIONS if screen in action.screens]

    def keys(self, action_id: str) -> tuple[str, ...]:
        """The keys of an action."""
        return self._keys[action_id]

    def key(self, action_id: str) -> str:
        """The key to show for an action, as people write it."""
        return show_key(self._keys[action_id][0])

    def action(self, action_id: str) -> Action:
        """The action with this id. Raises KeyError."""
        return next(action for action in ACTIONS if action.id == action_id)

    def bindings(self, screen: str) -> list[Binding]:
        """Textual bindings of a screen: what is not a character is taken before any entry field sees it."""
        return [
            Binding(
                key,
                action.call,
                action.label,
                show=False,
                priority=not is_printable(key),
                tooltip=action.tooltip,
                id=f"{action.id}:{key}",
            )
            for action in self.on(screen)
            for key in self._keys[action.id]
        ]


def manual(registry: Registry | None = None) -> str:
    """The text of docs/keys.md."""
    registry = registry or Registry()
    lines = [
        "# Keys",
        "",
        "Made from the action registry (workstation/ui/actions.py) by",
        "`python -m workstation.ui.registry > docs/keys.md`. The first key of each action is the one shown",
        "on screen; the others do the same, for terminals that keep the first for themselves. Remap any of",
        "them by its id in the `[keys]` table of the settings file:",
        "",
        "```toml",
        "[keys]",
        '"call.dial" = "f12, alt+4"',
        "```",
    ]
    for group, title in GROUPS.items():
        actions = [action for action in ACTIONS if action.group == group]
        lines += ["", f"## {title}", "", "| Keys | What it does | Where | Id |", "|---|---|---|---|"]
        for action in actions:
            keys = " · ".join(show_key(key) for key in registry.keys(action.id)).replace("|", "\\|")
            where = "everywhere" if action.screens == ALL else ", ".join(sorted(action.screens))
            lines.append(f"| {keys} | {action.tooltip} | {where} | `{action.id}` |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(manual())
