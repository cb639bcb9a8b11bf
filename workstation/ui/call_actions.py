"""The keys of the cockpit: the call and its script, holds, wrap-up; see actions."""

from __future__ import annotations

from collections.abc import Iterator

from workstation.ui.action import COCKPIT, Action

CALL_ACTIONS: tuple[Action, ...] = (
    Action(
        "call.dial",
        ("f4", "alt+4"),
        "dial",
        "dial",
        "Call; asks which number if there are several.",
        "call",
        COCKPIT,
    ),
    Action("call.hang_up", ("f5", "alt+5"), "hang_up", "hang up", "End the call.", "call", COCKPIT),
    Action(
        "call.hold",
        ("alt+h", "f7"),
        "hold",
        "hold",
        "Put the other side on hold, or take them back.",
        "call",
        COCKPIT,
    ),
    Action(
        "call.mute", ("alt+m", "f8"), "mute", "mute", "Mute your microphone, or unmute it.", "call", COCKPIT
    ),
    Action(
        "call.card",
        ("alt+p", "f10"),
        "card",
        "pause for card",
        "Stop recording and listening while card data is spoken, or take both up again.",
        "call",
        COCKPIT,
    ),
    Action(
        "call.keypad",
        ("alt+d", "number_sign"),
        "keypad",
        "keypad",
        "Send digits, * and # as tones.",
        "call",
        COCKPIT,
    ),
    Action(
        "call.voicemail",
        ("alt+v", "ctrl+o"),
        "voicemail",
        "voicemail",
        "Leave the voicemail: shown to be read word for word, spoken on the practice line.",
        "call",
        COCKPIT,
    ),
    Action(
        "say.go",
        ("enter", "alt+enter"),
        "go",
        "say",
        "Say the line in front of you; save a form, queue a letter; in wrap-up accept, then go on.",
        "script",
        COCKPIT,
    ),
    Action(
        "say.next",
        ("down", "j"),
        "step(1)",
        "next line",
        "Go to the next line of the script; with the ledger alone, a line down.",
        "script",
        COCKPIT,
    ),
    Action(
        "say.previous", ("up", "k"), "step(-1)", "previous line", "Go to the line before.", "script", COCKPIT
    ),
    Action(
        "say.pick",
        ("f2", "alt+2"),
        "pick",
        "pick",
        "Pick the excuse heard from the list of answers; in wrap-up the disposition; in a form the value.",
        "script",
        COCKPIT,
    ),
    Action("say.search", ("slash", "alt+s"), "search", "search", "Search all answers.", "script", COCKPIT),
    Action(
        "talk.page_up",
        ("pageup", "ctrl+b"),
        "scroll_talk(1)",
        "earlier",
        "Show earlier talk.",
        "script",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "talk.page_down",
        ("pagedown", "ctrl+f"),
        "scroll_talk(-1)",
        "later",
        "Show later talk.",
        "script",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "talk.end",
        ("end", "ctrl+e"),
        "scroll_talk(0)",
        "newest",
        "Follow the newest words.",
        "script",
        COCKPIT,
        in_palette=False,
    ),
)


def _digits() -> Iterator[Action]:
    for digit in "1234567890":
        said = (
            "more dispositions"
            if digit == "0"
            else f"disposition {digit} in wrap-up, answer {digit} in a call"
        )
        yield Action(
            f"digit.{digit}",
            (digit,),
            f"digit('{digit}')",
            digit,
            f"Choose {said}; on the keypad, send {digit}.",
            "digits",
            COCKPIT,
            in_palette=False,
        )


WRAP_ACTIONS: tuple[Action, ...] = (
    Action(
        "hold.confirm",
        ("alt+y", "ctrl+y"),
        "confirm_hold",
        "confirm hold",
        "Confirm the proposed hold: contact stops at once.",
        "holds",
        COCKPIT,
    ),
    Action(
        "hold.dismiss",
        ("alt+n", "ctrl+x"),
        "dismiss_hold",
        "not a hold",
        "Say that the proposed hold is a mistake.",
        "holds",
        COCKPIT,
    ),
    Action(
        "wrap.promise", ("f6", "alt+6"), "promise", "promise", "Enter a promise to pay.", "wrap-up", COCKPIT
    ),
    Action(
        "wrap.open",
        ("f9", "alt+9"),
        "wrap",
        "wrap up",
        "Open wrap-up; saving ends a call that is still up.",
        "wrap-up",
        COCKPIT,
    ),
    Action(
        "wrap.edit",
        ("tab", "f11"),
        "edit",
        "edit",
        "Edit what is offered; in a form, go to the next field; on a letter, enter the address.",
        "wrap-up",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "wrap.back_field",
        ("shift+tab", "alt+b"),
        "field_back",
        "field back",
        "Go to the field before.",
        "wrap-up",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "wrap.accept",
        ("h", "H"),
        "accept",
        "accepts what was heard",
        "Accept the next fact that was heard: a promise, a callback, a dispute, a consent, a mail address.",
        "wrap-up",
        COCKPIT,
    ),
    Action("wrap.save", ("ctrl+s", "f12"), "save", "save", "Save the note and go on.", "wrap-up", COCKPIT),
    *_digits(),
    Action(
        "key.star",
        ("asterisk",),
        "digit('*')",
        "*",
        "On the keypad, send *.",
        "digits",
        COCKPIT,
        in_palette=False,
    ),
)
