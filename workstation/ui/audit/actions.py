"""The actions of the audit's screens."""

from __future__ import annotations

from workstation.ui.action import Action

AUDIT = frozenset({"audit"})
CALL = frozenset({"audit-call"})
RULES = frozenset({"audit-rules"})
FINDINGS = frozenset({"audit-findings"})
COACHING = frozenset({"coaching"})
SEARCH = frozenset({"search"})
_GROUP = "audit"


def _on_call(name: str, keys: tuple[str, ...], call: str, label: str, tooltip: str) -> Action:
    return Action(f"review.{name}", keys, call, label, tooltip, _GROUP, CALL)


AUDIT_ACTIONS: tuple[Action, ...] = (
    Action("audit.open", ("enter", "o"), "open", "review", "Open the chosen call.", _GROUP, AUDIT),
    Action(
        "audit.done",
        ("f7", "alt+7"),
        "done",
        "reviewed",
        "Change between calls to review and those whose review is committed.",
        _GROUP,
        AUDIT,
    ),
    Action(
        "audit.period",
        ("d", "alt+d"),
        "period",
        "days",
        "Show the calls of seven days, of thirty, or of all days.",
        _GROUP,
        AUDIT,
    ),
    Action(
        "audit.rules",
        ("f", "alt+f"),
        "rules",
        "rules",
        "Show how often each rule speaks and how often it is right, by month.",
        _GROUP,
        AUDIT,
    ),
    Action("audit.refresh", ("r", "f8"), "refresh_list", "refresh", "Read the list again.", _GROUP, AUDIT),
    Action(
        "rules.open", ("enter", "o"), "open", "findings", "List what the chosen rule found.", _GROUP, RULES
    ),
    Action(
        "rules.order",
        ("b", "alt+b"),
        "order",
        "order",
        "Begin with most false alarms, most findings, or most missed.",
        _GROUP,
        RULES,
    ),
    Action("rules.refresh", ("r", "f8"), "refresh_list", "refresh", "Read it again.", _GROUP, RULES),
    Action(
        "findings.open",
        ("enter", "o"),
        "open",
        "review",
        "Open the call at the chosen finding.",
        _GROUP,
        FINDINGS,
    ),
    Action("findings.refresh", ("r", "f8"), "refresh_list", "refresh", "Read it again.", _GROUP, FINDINGS),
    Action(
        "coaching.answer",
        ("enter", "ctrl+s"),
        "open",
        "read, answer",
        "Read the chosen message and answer it; in the answer: send it.",
        _GROUP,
        COACHING,
    ),
    Action(
        "coaching.refresh",
        ("f8", "alt+8"),
        "refresh_list",
        "refresh",
        "Read the messages again.",
        _GROUP,
        COACHING,
    ),
    Action(
        "search.open",
        ("enter", "f4"),
        "open",
        "find",
        "Find the words; then open the chosen call where they were said.",
        _GROUP,
        SEARCH,
    ),
    _on_call("next", ("n", "alt+n"), "jump(1)", "next", "Go to the next finding."),
    _on_call("previous", ("N", "alt+b"), "jump(-1)", "previous", "Go to the finding before."),
    _on_call(
        "confirm", ("c", "alt+c"), "confirm", "confirm", "Confirm the finding: it is as the machine says."
    ),
    _on_call(
        "reject",
        ("f", "alt+f"),
        "reject",
        "false alarm",
        "Reject the finding: a false alarm, with the reason.",
    ),
    _on_call("add", ("plus", "a"), "add", "missed", "Add a fault that the machine missed, at this second."),
    _on_call("score", ("s", "alt+s"), "score", "scorecard", "Fill in the scorecard."),
    _on_call("play", ("p", "alt+p"), "play", "play", "Play from two seconds before; again: stop."),
    _on_call("wave", ("w", "alt+w"), "wave", "waveform", "Show or hide the waveform of both sides."),
    _on_call("coach", ("k", "alt+k"), "coach", "coach", "Write to the collector about this second."),
    _on_call("pack", ("e", "alt+e"), "pack", "evidence", "Write the call's evidence pack."),
    _on_call("pass", ("l", "alt+l"), "pass_on", "next level", "Pass the call to the next level."),
    _on_call("commit", ("enter", "ctrl+s"), "enter", "commit", "Commit the review; in a form: save it."),
    _on_call("pick", ("f2", "alt+2"), "pick", "pick", "Pick a value for the field."),
    _on_call("tab", ("tab", "alt+right"), "field(1)", "field", "Go to the next field of the form."),
    _on_call("tab_back", ("shift+tab", "alt+left"), "field(-1)", "field back", "Go to the field before."),
    _on_call("down", ("down", "alt+down"), "move(1)", "down", "Go to the next words."),
    _on_call("up", ("up", "alt+up"), "move(-1)", "up", "Go to the words before."),
    _on_call("page_down", ("pagedown", "alt+pagedown"), "page(1)", "page down", "Go a page on."),
    _on_call("page_up", ("pageup", "alt+pageup"), "page(-1)", "page up", "Go a page back."),
    _on_call("home", ("home", "alt+home"), "ends(-1)", "first", "Go to the beginning of the call."),
    _on_call("end", ("end", "alt+end"), "ends(1)", "last", "Go to the end of the call."),
)
