"""The switchboard on real parts: who may do what, what is refused, what telephony says in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.floor.rig import Floor, Watcher
from tests.floor.story_rig import Caller, practice_of
from workstation.desk.book import CallRequest
from workstation.floor import messages as m
from workstation.floor.client import Client

pytestmark = [pytest.mark.asterisk, pytest.mark.speech]


@pytest.fixture(autouse=True)
async def _leave(shared_floor: Floor) -> AsyncIterator[None]:
    """Close whatever a failed test left open."""
    yield
    while shared_floor.clients:
        await shared_floor.clients.pop().close()


def reply(answer: m.Reply | m.SignedIn) -> m.Reply:
    assert isinstance(answer, m.Reply)
    return answer


def place(ids: tuple[int, int, int]) -> m.PlaceCall:
    return m.PlaceCall(account_id=ids[0], party_id=ids[1], phone_id=ids[2])


async def test_nobody_commands_before_signing_in(shared_floor: Floor) -> None:
    client, _ = await shared_floor.sign_in()
    await client.close()
    client = Client(shared_floor.settings.switchboard_socket)
    await client.connect()
    shared_floor.clients.append(client)
    answer = reply(await client.ask(place(shared_floor.phone_ending("3"))))
    assert (answer.ok, answer.error) == (False, "sign in first: the session is not open")
    wrong = reply(await client.ask(m.SignIn(username="dana", password="guess")))
    assert not wrong.ok
    forged = reply(await client.ask(m.Resume(token="eyJ9.0000")))
    assert not forged.ok
    await client.close()


@pytest.mark.parametrize(
    ("digit", "outcome", "counts"),
    [("2", "busy", False), ("4", "not-in-service", False), ("7", "answered", True)],
)
async def test_each_outcome_reaches_the_book_by_telephonys_word(
    shared_floor: Floor, digit: str, outcome: str, counts: bool
) -> None:
    client, me = await shared_floor.sign_in()
    ids = shared_floor.phone_ending(digit)
    shared_floor.book.take_account(me.user_id, shared_floor.clock(), ids[0])
    placed = reply(await client.ask(place(ids)))
    assert placed.ok, placed.error
    watcher = Watcher(client, placed.call_id)
    await client.ask(m.Watch(call_id=placed.call_id))
    second = reply(await client.ask(place(ids)))
    assert (second.ok, second.error) == (False, "you are in a call: hang up first (F5)")
    ended = await watcher.state("ended", 40)
    assert ended.outcome == outcome
    assert ended.detail
    again = shared_floor.book.authorise(CallRequest(*ids, me.user_id, "practice:x"), shared_floor.clock())
    used = [c for c in getattr(again, "checks", ()) if c.rule_id.endswith("a-day") or "used" in c.inputs]
    assert used, "the gate looked at the attempts"
    day = min(int(c.inputs["used"]) for c in used if "used" in c.inputs)
    assert day == (1 if counts else 0)
    await client.close()


async def test_others_do_not_touch_a_call_and_supervisors_do(shared_floor: Floor) -> None:
    dana, me = await shared_floor.sign_in("dana")
    sam, _ = await shared_floor.sign_in("sam")
    morgan, _ = await shared_floor.sign_in("morgan")
    ids = shared_floor.phone_ending("6")
    shared_floor.book.take_account(me.user_id, shared_floor.clock(), ids[0])
    placed = reply(await dana.ask(place(ids)))
    assert placed.ok, placed.error
    call_id = placed.call_id
    for command in (m.Watch(call_id=call_id), m.HangUp(call_id=call_id), m.Mute(call_id=call_id, on=True)):
        assert reply(await sam.ask(command)).error == "that call is another collector's"
    both = Watcher(dana, call_id), Watcher(morgan, call_id)
    assert reply(await dana.ask(m.Watch(call_id=call_id))).ok
    assert reply(await morgan.ask(m.Watch(call_id=call_id))).ok
    for watcher in both:
        await watcher.state("talking", 40)
    assert reply(await dana.ask(m.PauseForCard(call_id=call_id, on=True))).ok
    for watcher in both:
        await watcher.until(lambda e: isinstance(e, m.CallChanged) and e.recording == "paused", 10)
    assert reply(await dana.ask(m.PauseForCard(call_id=call_id, on=False))).ok
    assert reply(await dana.ask(m.Hold(call_id=call_id, on=True))).ok
    for watcher in both:
        await watcher.state("held", 10)
    assert not reply(await dana.ask(m.Hold(call_id=call_id, on=True))).ok, "it is held already"
    assert reply(await dana.ask(m.Hold(call_id=call_id, on=False))).ok
    assert reply(await dana.ask(m.SendDigits(call_id=call_id, digits="5#"))).ok
    assert not reply(await dana.ask(m.SendDigits(call_id=call_id, digits="5\r\nAction: x"))).ok
    assert reply(await morgan.ask(m.HangUp(call_id=call_id))).ok
    for watcher in both:
        assert (await watcher.state("ended", 10)).outcome == "answered"
    assert reply(await dana.ask(m.HangUp(call_id=call_id))).error == "that call is over"
    await asyncio.gather(dana.close(), sam.close(), morgan.close())


async def test_a_stop_word_closes_the_next_dial_before_the_screen_says_so(shared_floor: Floor) -> None:
    client, me = await shared_floor.sign_in()
    ids = shared_floor.phone_ending("8")
    shared_floor.book.take_account(me.user_id, shared_floor.clock(), ids[0])
    placed = reply(await client.ask(place(ids)))
    assert placed.ok, placed.error
    watcher = Watcher(client, placed.call_id)
    await client.ask(m.Watch(call_id=placed.call_id))
    await watcher.state("talking", 40)
    await asyncio.sleep(2)
    await client.ask(m.Say(call_id=placed.call_id, text="Good morning, I am calling about an invoice."))
    raised = await watcher.until(lambda e: isinstance(e, m.FindingRaised) and bool(e.hold), 45)
    assert isinstance(raised, m.FindingRaised)
    holds = shared_floor.book.account(ids[0], shared_floor.clock()).holds
    assert any(h.proposed and raised.text in h.source for h in holds), (raised, holds)
    await client.ask(m.HangUp(call_id=placed.call_id))
    await watcher.state("ended", 20)
    refused = reply(await client.ask(place(ids)))
    assert not refused.ok
    assert "hold" in refused.refused[0].rule_id or "opt-out" in refused.refused[0].rule_id
    await client.close()


async def test_a_line_too_long_for_the_voice_is_said_all_the_same(shared_floor: Floor) -> None:
    client, me = await shared_floor.sign_in()
    ids = shared_floor.phone_ending("6")
    shared_floor.book.take_account(me.user_id, shared_floor.clock(), ids[0])
    async with await practice_of(shared_floor) as practice:
        dana = Caller(shared_floor, client, practice, me.user_id)
        await dana.place(ids)
        await dana.watcher.state("talking", 40)
        steps = "So that we look at the same record, this is what happened so far. " * 10
        assert reply(await client.ask(m.Say(call_id=dana.call_id, text=steps))).ok
        async with asyncio.timeout(40):
            while not (said := await practice.spoken(dana.leg)):
                await asyncio.sleep(0.05)
        assert said[0].text.startswith("So that we look at the same record")
        await dana.hang_up()
    await client.close()


async def test_hostile_commands_are_refused_and_the_line_stays_up(shared_floor: Floor) -> None:
    client, _ = await shared_floor.sign_in()
    for command in (
        m.PlaceCall(account_id=10**9, party_id=1, phone_id=1),
        m.PlaceCall(account_id=-1, party_id=0, phone_id=0),
        m.HangUp(call_id="x\r\nAction: Originate"),
        m.Watch(call_id=""),
    ):
        answer = reply(await client.ask(command))
        assert not answer.ok
        assert answer.error
    await client.close()
