"""Every action of the workstation: the one source of bindings, keys line, help, palette and docs/keys.md.

An action's first key is the one shown; the others are alternates for terminals that keep the first for
themselves (F1 and F10 in some, Alt and a letter in others), or for a caps lock left on. Users remap by id;
the remap replaces all keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

ALL = frozenset({"sign-in", "queue", "callbacks", "cockpit", "pick", "help"})
WORK = frozenset({"queue", "callbacks", "cockpit"})
COCKPIT = frozenset({"cockpit"})
QUEUE = frozenset({"queue"})
CALLBACKS = frozenset({"callbacks"})
LISTS = frozenset({"queue", "callbacks", "pick"})


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


ACTIONS: tuple[Action, ...] = (
    Action(
        "help",
        ("f1", "alt+1"),
        "help",
        "help",
        "Show every key of this screen.",
        "everywhere",
        ALL - {"help"},
    ),
    Action(
        "palette",
        ("ctrl+p", "alt+x"),
        "palette",
        "commands",
        "Find a command by name and run it.",
        "everywhere",
        WORK,
        in_palette=False,
    ),
    Action(
        "theme",
        ("ctrl+t", "alt+t"),
        "theme",
        "contrast",
        "Change between the quiet and the high-contrast colours.",
        "everywhere",
        ALL,
    ),
    Action(
        "quit",
        ("ctrl+q", "alt+q"),
        "quit_work",
        "quit",
        "Leave; a call that is up stays up.",
        "everywhere",
        ALL,
    ),
    Action(
        "back",
        ("escape", "f3", "alt+3"),
        "back",
        "back",
        "Go one step back; leaves the account when nothing is open.",
        "everywhere",
        ALL - {"sign-in"},
        in_palette=False,
    ),
    Action(
        "queue.open", ("enter", "o"), "open", "work", "Take the chosen account and open it.", "queue", QUEUE
    ),
    Action(
        "queue.next",
        ("f4", "alt+4", "n"),
        "next",
        "next",
        "Take the account at the head of the queue.",
        "queue",
        QUEUE,
    ),
    Action(
        "queue.later",
        ("f7", "alt+7"),
        "later",
        "not now",
        "Jump between the callable accounts and those not callable now.",
        "queue",
        QUEUE,
    ),
    Action(
        "queue.search",
        ("slash", "alt+s"),
        "search",
        "find",
        "Find an account by number, name, contact, phone or invoice.",
        "queue",
        QUEUE,
    ),
    Action(
        "queue.callbacks",
        ("c", "alt+c"),
        "callbacks",
        "callbacks",
        "List the calls that were asked for: yours and the pool's, due first.",
        "queue",
        QUEUE,
    ),
    Action(
        "queue.refresh", ("f8", "alt+8"), "refresh_queue", "refresh", "Read the queue again.", "queue", QUEUE
    ),
    Action(
        "callbacks.open",
        ("enter", "o"),
        "open",
        "work",
        "Take the account of the chosen callback and open it.",
        "callbacks",
        CALLBACKS,
    ),
    Action(
        "callbacks.whose",
        ("tab", "w"),
        "whose",
        "whose",
        "Show all callbacks, only yours, or only the pool's.",
        "callbacks",
        CALLBACKS,
    ),
    Action(
        "callbacks.refresh",
        ("f8", "alt+8"),
        "refresh_list",
        "refresh",
        "Read the callbacks again.",
        "callbacks",
        CALLBACKS,
    ),
    Action("list.down", ("down", "j"), "move(1)", "down", "Move down.", "lists", LISTS, in_palette=False),
    Action("list.up", ("up", "k"), "move(-1)", "up", "Move up.", "lists", LISTS, in_palette=False),
    Action(
        "list.page_down",
        ("pagedown", "ctrl+f"),
        "page(1)",
        "page down",
        "Move a page down.",
        "lists",
        LISTS,
        in_palette=False,
    ),
    Action(
        "list.page_up",
        ("pageup", "ctrl+b"),
        "page(-1)",
        "page up",
        "Move a page up.",
        "lists",
        LISTS,
        in_palette=False,
    ),
    Action(
        "list.home",
        ("home", "alt+home"),
        "ends(-1)",
        "first",
        "Go to the first row.",
        "lists",
        LISTS,
        in_palette=False,
    ),
    Action(
        "list.end",
        ("end", "alt+end"),
        "ends(1)",
        "last",
        "Go to the last row.",
        "lists",
        LISTS,
        in_palette=False,
    ),
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
    Action(
        "account.ledger",
        ("v", "alt+l"),
        "ledger",
        "ledger",
        "Show the ledger in place of the conversation, or the conversation again.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.next_page",
        ("right", "right_square_bracket"),
        "ledger_page(1)",
        "next page",
        "Turn to the ledger's next page: owed, agreed, disputes, stage, customer, history.",
        "account",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "account.previous_page",
        ("left", "left_square_bracket"),
        "ledger_page(-1)",
        "page before",
        "Turn to the ledger's page before.",
        "account",
        COCKPIT,
        in_palette=False,
    ),
    Action(
        "account.payment",
        ("p", "P"),
        "payment",
        "payment",
        "Record a payment: for an invoice, or the oldest first.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.dispute",
        ("d", "D"),
        "dispute",
        "dispute",
        "Open a dispute on an invoice or part of it.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.resolve",
        ("r", "R"),
        "resolve",
        "resolve",
        "End a dispute by proof, by credit, or as withdrawn.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.plan",
        ("i", "I"),
        "plan",
        "instalments",
        "Build an instalment plan; every date and amount is shown before it is saved.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.settle",
        ("s", "S"),
        "settle",
        "settle",
        "Offer a settlement within your authority.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.email",
        ("e", "E"),
        "write('email')",
        "e-mail",
        "Choose an e-mail, read it with the account's facts in it, and queue it.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.letter",
        ("l", "L"),
        "write('letter')",
        "letter",
        "Choose a letter, read it with the account's facts in it, and queue it as PDF.",
        "account",
        COCKPIT,
    ),
    Action(
        "account.link",
        ("y", "Y"),
        "pay_link",
        "pay link",
        "Give a link at which an invoice can be paid.",
        "account",
        COCKPIT,
    ),
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
    Action(
        "sign.in",
        ("enter", "f4"),
        "submit",
        "sign in",
        "Sign in.",
        "sign-in",
        frozenset({"sign-in"}),
        in_palette=False,
    ),
    Action(
        "sign.next",
        ("tab", "down"),
        "field(1)",
        "next field",
        "Go to the next field.",
        "sign-in",
        frozenset({"sign-in"}),
        in_palette=False,
    ),
    Action(
        "sign.previous",
        ("shift+tab", "up"),
        "field(-1)",
        "field before",
        "Go to the field before.",
        "sign-in",
        frozenset({"sign-in"}),
        in_palette=False,
    ),
    Action(
        "pick.choose",
        ("enter", "f4"),
        "choose",
        "choose",
        "Take the chosen row.",
        "lists",
        frozenset({"pick"}),
        in_palette=False,
    ),
    Action(
        "help.down",
        ("down", "pagedown"),
        "page(1)",
        "more",
        "Show more.",
        "lists",
        frozenset({"help"}),
        in_palette=False,
    ),
    Action(
        "help.up",
        ("up", "pageup"),
        "page(-1)",
        "back up",
        "Show what is above.",
        "lists",
        frozenset({"help"}),
        in_palette=False,
    ),
)
"""The registry, in the order of help and manual."""
