"""What can be done at the portfolio, and with strategies."""

from __future__ import annotations

from workstation.ui.action import BEHIND, PORTFOLIO, STRATEGIES, Action


def _act(name: str, keys: tuple[str, ...], call: str, label: str, tooltip: str) -> Action:
    return Action(f"portfolio.{name}", keys, call, label, tooltip, "portfolio", PORTFOLIO)


PORTFOLIO_ACTIONS: tuple[Action, ...] = (
    _act("open", ("enter", "o"), "open", "accounts", "List the accounts behind the chosen figure."),
    _act("cut", ("b", "alt+b"), "cut", "cut by", "Cut by stage, segment or collector, or show all."),
    _act("next", ("right", "right_square_bracket"), "group(1)", "next group", "Show the next group."),
    _act("previous", ("left", "left_square_bracket"), "group(-1)", "group before", "Show the group before."),
    _act("currency", ("u", "alt+u"), "currency", "currency", "Show the next currency."),
    _act("refresh", ("f8", "alt+8"), "refresh_list", "refresh", "Read the book again."),
    Action(
        "behind.open",
        ("enter", "o"),
        "open",
        "open",
        "Open the chosen account.",
        "portfolio",
        BEHIND,
    ),
    *(
        Action(f"strategies.{name}", keys, call, label, tooltip, "strategies", STRATEGIES)
        for name, keys, call, label, tooltip in (
            ("open", ("enter", "o"), "open", "open", "Open a strategy, change a number, save a form."),
            ("preview", ("p", "alt+p"), "preview", "what changes", "Say what the edit would change tonight."),
            ("save", ("s", "alt+s"), "save_version", "save", "Save the edit as a new version."),
            ("field", ("tab", "f11"), "field(1)", "next field", "In a form, go to the next field."),
            ("field_back", ("shift+tab", "alt+b"), "field(-1)", "field back", "Go to the field before."),
        )
    ),
)
