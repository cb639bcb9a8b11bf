"""Every screen state as text, at the two sizes the screens are made for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from compliance.contact import HoldKind
from tests.ui.conftest import Opened, Story
from tests.ui.fakes import NOW, FakeDesk
from tests.ui.ledger_views import callback
from tests.ui.views import account, queue_row, usd
from workstation.floor import messages as m

NEXT = 1795528800.0
"""Tuesday 24 November 2026, 08:00 in Chicago."""

SIZES = [(132, 43), (80, 24)]

Check = Callable[[str, str], None]


async def _queue(s: Story) -> None:
    return None


async def _account(s: Story) -> None:
    await s.keys("enter")


async def _ringing(s: Story) -> None:
    await s.keys("enter", "f4")
    s.client.state_of("ringing", recording="off")
    await s.idle()


async def _talk(s: Story) -> None:
    await s.talk()


async def _forbidden(s: Story) -> None:
    await s.talk()
    s.client.finding(
        "threat of arrest",
        start=158.5,
        text="you will be arrested",
        advice="Take it back.",
    )
    await s.idle()


async def _hold_proposed(s: Story) -> None:
    await s.talk()
    s.desk.place_hold(1, 100, HoldKind.CEASE, 7, s.app.now())
    s.client.finding("stop calling", leg="debtor", start=186.0, text="stop calling me", hold="cease")
    await s.idle()


async def _card(s: Story) -> None:
    await s.talk()
    s.client.state_of("talking", recording="paused", muted=True)
    await s.keys("alt+d", "1", "2", "#")


async def _wrap(s: Story) -> None:
    await s.talk()
    await s.keys("f5")


async def _promise(s: Story) -> None:
    await _wrap(s)
    await s.keys("1")


async def _note(s: Story) -> None:
    await _promise(s)
    await s.keys("enter")


async def _edit(s: Story) -> None:
    await _note(s)
    await s.keys("tab")


async def _callback(s: Story) -> None:
    await _wrap(s)
    await s.keys("5")
    await s.type("tue 9:15")


async def _saved(s: Story) -> None:
    await _note(s)
    await s.keys("enter")


async def _refused(s: Story) -> None:
    s.client.refusal = m.Reply(
        id=2,
        ok=False,
        refused=(
            m.RuleSaid(
                "seven-days",
                "12 CFR 1006.14(b)(2)(i)(B)",
                "talked 16 Nov: seven days are not over",
                1795528800.0,
            ),
        ),
        retry_at=NEXT,
    )
    await s.keys("enter", "f4")


async def _line_down(s: Story) -> None:
    await s.talk()
    s.client.go("reconnecting")
    await s.idle()


async def _ledger(s: Story) -> None:
    await s.keys("enter", "v")


async def _agreed(s: Story) -> None:
    await s.keys("enter", "v", "right")


async def _disputes(s: Story) -> None:
    await s.keys("enter", "v", "right", "right")


async def _stage(s: Story) -> None:
    await s.keys("enter", "v", "right", "right", "right")


async def _customer(s: Story) -> None:
    await s.keys("enter", "v", "left", "left", "left")


async def _history(s: Story) -> None:
    await s.keys("enter", "v", "left", "left")


async def _gate(s: Story) -> None:
    await s.keys("enter", "v", "left")


async def _ledger_in_talk(s: Story) -> None:
    await s.talk()
    await s.keys("v")


async def _payment(s: Story) -> None:
    await s.keys("enter", "p", *"600", "tab", "tab", *"T-4472")


async def _dispute(s: Story) -> None:
    await s.keys("enter", "d", "tab", "tab", *"pri", "tab", "tab", *"two pallets priced as three")


async def _resolve(s: Story) -> None:
    await s.keys("enter", "r", *"proof", "tab", *"signed delivery note")


async def _plan(s: Story) -> None:
    await s.keys("enter", "i", *"14")


async def _settlement(s: Story) -> None:
    await s.keys("enter", "s", *"96%")


async def _email(s: Story) -> None:
    await s.keys("enter", "e", "enter")


async def _letter_without_address(s: Story) -> None:
    s.letters.flaws = ("no postal address is known: enter one",)
    s.letters.to = "HARLOW TOOL & DIE LLC, Jordan Reyes"
    await s.keys("enter", "l", "enter", "enter")


async def _voicemail(s: Story) -> None:
    await s.talk()
    await s.keys("alt+v")


async def _callbacks(s: Story) -> None:
    s.desk.callback_rows = [
        callback(
            1,
            NOW - timedelta(minutes=50),
            queue_row(1, "HARLOW TOOL & DIE LLC"),
            asked_by="M. Osei",
            mine=True,
        ),
        callback(2, NOW - timedelta(hours=3), queue_row(2, "Meridian Packaging"), owner="Sam Okafor"),
        callback(3, NOW + timedelta(minutes=23), queue_row(3, "Osei & Daughters"), asked_by="the controller"),
        callback(4, NOW + timedelta(days=6), queue_row(7, "Ferro Works", ok=False), mine=True),
    ]
    await s.keys("c", "down")


async def _pick(s: Story) -> None:
    await s.talk()
    await s.keys("f2")


async def _palette(s: Story) -> None:
    await s.keys("enter", "ctrl+p")


async def _help(s: Story) -> None:
    await s.keys("enter", "f1")


STATES: dict[str, Callable[[Story], Awaitable[None]]] = {
    "queue": _queue,
    "account": _account,
    "ringing": _ringing,
    "talk": _talk,
    "forbidden": _forbidden,
    "hold-proposed": _hold_proposed,
    "card": _card,
    "wrap": _wrap,
    "promise": _promise,
    "note": _note,
    "edit": _edit,
    "callback": _callback,
    "saved": _saved,
    "refused": _refused,
    "line-down": _line_down,
    "ledger": _ledger,
    "ledger-agreed": _agreed,
    "ledger-disputes": _disputes,
    "ledger-stage": _stage,
    "ledger-customer": _customer,
    "ledger-history": _history,
    "ledger-gate": _gate,
    "ledger-in-talk": _ledger_in_talk,
    "payment": _payment,
    "dispute": _dispute,
    "resolve": _resolve,
    "plan": _plan,
    "settlement": _settlement,
    "e-mail": _email,
    "letter": _letter_without_address,
    "voicemail": _voicemail,
    "callbacks": _callbacks,
    "pick": _pick,
    "palette": _palette,
    "help": _help,
}


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("state", STATES)
async def test_screen_state(opened: Opened, snapshot: Check, state: str, width: int, height: int) -> None:
    async with opened(width, height) as s:
        await STATES[state](s)
        lines = s.grid.splitlines()
        assert len(lines) == height
        snapshot(f"{state}-{width}x{height}", s.grid)


@pytest.mark.parametrize(("width", "height"), SIZES)
async def test_sign_in(opened: Opened, snapshot: Check, width: int, height: int) -> None:
    async with opened(width, height, user=None) as s:
        await s.type("dana")
        snapshot(f"sign-in-{width}x{height}", s.grid)


async def test_every_field_keeps_its_cell_whatever_the_account(opened: Opened) -> None:
    """Blank is blank: nothing moves between an account with much to say and one with nothing."""
    from dataclasses import replace

    bare = replace(
        account(2, name="Bare"),
        reasons=(), holds=(), history=(), invoices=(), phones=(), terms="", credit_limit=None, last_talk=None,
        next_bucket_in=None, promises_total=0, promises_kept=0, past_due=usd(0), days_late=-3,
    )  # fmt: skip
    labels = ("due ", "oldest", "promise", "stage", "terms", "dispute", "hold ", "why", "HISTORY", "HEARD")
    places: list[list[int]] = []
    for one in (account(1), bare):
        async with opened(desk=FakeDesk([one])) as s:
            await s.keys("enter")
            grid = s.grid.splitlines()
            places.append([next(i for i, line in enumerate(grid) if label in line) for label in labels])
    assert places[0] == places[1]
