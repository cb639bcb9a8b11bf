"""``dunline call``: place one call and follow it in plain lines, for those who use no screen."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import Any

from workstation.clock import Clock
from workstation.config import Settings
from workstation.desk.book import NotFound
from workstation.desk.views import PhoneView
from workstation.floor import messages as m
from workstation.floor.client import Client


class Follower:
    """Prints a call's events as they come."""

    def __init__(self, call_id: str, *, as_json: bool) -> None:
        self.call_id = call_id
        self.over = asyncio.Event()
        self._as_json = as_json

    def take(self, event: m.Event) -> None:
        """Print an event of this call; ends with the call."""
        if getattr(event, "call_id", "") != self.call_id:
            return
        if self._as_json:
            sys.stdout.write(json.dumps(m.to_plain(event), ensure_ascii=False) + "\n")
        elif line := _line(event):
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
        state = event.state if isinstance(event, m.CallSnapshot) else event
        if isinstance(state, m.CallChanged) and state.state == "ended":
            self.over.set()


def _line(event: m.Event) -> str:
    match event:
        case m.CallSnapshot():
            return _line(event.state)
        case m.CallChanged():
            return f"{event.state.upper():<14} {event.outcome} {event.detail}".rstrip()
        case m.Heard(final=True):
            minutes, seconds = divmod(int(event.start), 60)
            return f"{minutes:02}:{seconds:02} {event.leg:<7} {event.text}"
        case m.FindingRaised():
            hold = f" · hold proposed: {event.hold}" if event.hold else ""
            return f"! {event.severity} {event.title} ({event.verdict}): {event.text}{hold} · {event.advice}"
        case m.ExcuseHeard():
            return f"? {event.title} ({event.score:.0%})"
        case m.FactCaught():
            amount = "" if event.amount_minor is None else f" {event.amount_minor}"
            return f"= {event.kind}{amount} {event.day} {event.time_of_day} {event.value}".rstrip()
    return ""


def phone_to_call(phones: tuple[PhoneView, ...], number: str) -> PhoneView:
    """The number asked for, else the first that may be called. Raises NotFound."""
    for phone in phones:
        if (number and phone.number == number) or (not number and phone.callable):
            return phone
    raise NotFound(f"the account has no number {number}" if number else "no number may be called now")


async def call(
    settings: Settings,
    clock: Clock,
    credentials: m.SignIn,
    account_number: str,
    number: str,
    *,
    as_json: bool,
) -> int:
    """Sign in, place the call, follow it; Ctrl-C hangs up. Returns 0 if it was answered, else 1."""
    from workstation import bootstrap

    book = bootstrap.open_book(settings)
    client: Client = bootstrap.client(settings)
    await client.connect()
    try:
        signed_in = await client.ask(credentials)
        if isinstance(signed_in, m.Reply):
            sys.stderr.write(f"dunline: {signed_in.error}\n")
            return 2
        account_id = await asyncio.to_thread(book.find_account, account_number)
        await asyncio.to_thread(book.take_account, signed_in.user_id, clock(), account_id)
        view = await asyncio.to_thread(book.account, account_id, clock())
        phone = phone_to_call(view.phones, number)
        placed = await client.ask(
            m.PlaceCall(account_id=account_id, party_id=phone.party_id, phone_id=phone.phone_id)
        )
        assert isinstance(placed, m.Reply)
        if not placed.ok:
            sys.stderr.write(f"dunline: {placed.error}\n")
            for said in placed.refused:
                sys.stderr.write(f"  {said.message}  {said.citation}\n")
            return 1
        return await _follow(client, placed.call_id, as_json=as_json)
    finally:
        await client.close()
        book.close()


async def _follow(client: Client, call_id: str, *, as_json: bool) -> int:
    follower = Follower(call_id, as_json=as_json)
    ended: list[m.CallChanged] = []

    def take(event: m.Event) -> None:
        follower.take(event)
        if isinstance(event, m.CallChanged) and event.call_id == call_id and event.state == "ended":
            ended.append(event)

    client.on_event(take)
    tasks: set[asyncio.Task[Any]] = set()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(
        signal.SIGINT, lambda: tasks.add(asyncio.ensure_future(client.ask(m.HangUp(call_id=call_id))))
    )
    try:
        await client.ask(m.Watch(call_id=call_id))
        await follower.over.wait()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return 0 if ended and ended[0].outcome == "answered" else 1
