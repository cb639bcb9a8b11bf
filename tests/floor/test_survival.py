"""Calls survive the death of either side: kill -9 the workstation, then the switchboard, mid-call."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance.transcription.words import Leg, Source
from dialer.practice.client import PracticeLine, TurnOutcome
from tests.floor.rig import Floor, Watcher
from workstation.floor import messages as m
from workstation.floor.client import Client
from workstation.store.tables import FloorSpan

pytestmark = [pytest.mark.asterisk, pytest.mark.speech]

_WORKSTATION = """
import asyncio, sys
from pathlib import Path
from workstation.floor.client import Client
from workstation.floor import messages as m
async def main():
    socket, password, account, party, phone = sys.argv[1:]
    client = Client(Path(socket))
    await client.connect()
    print(type(await client.ask(m.SignIn(username="dana", password=password))).__name__, flush=True)
    placed = await client.ask(m.PlaceCall(account_id=int(account), party_id=int(party), phone_id=int(phone)))
    print(placed.call_id or placed.error, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


async def test_a_call_outlives_its_workstation_and_then_its_switchboard(floor: Floor) -> None:
    await floor.start_switchboard()
    ids = floor.phone_ending("1")
    floor.book.take_account(floor.demo.user_ids["dana"], floor.clock(), ids[0])
    workstation = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _WORKSTATION,
            str(floor.settings.switchboard_socket),
            floor.demo.passwords["dana"],
            *map(str, ids),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert workstation.stdout is not None
    assert (await asyncio.to_thread(workstation.stdout.readline)).strip() == "SignedIn"
    call_id = (await asyncio.to_thread(workstation.stdout.readline)).strip()
    workstation.send_signal(signal.SIGKILL)
    workstation.wait()
    workstation.stdout.close()

    # Whoever signs in again is back in the call.
    client, me = await floor.sign_in()
    assert me.calls == (call_id,)
    watcher = Watcher(client, call_id)
    assert (await client.ask(m.Watch(call_id=call_id))).id
    await watcher.state("talking")
    leg = floor.book.call(call_id).agent_leg.partition(":")[2]
    practice = floor.plant.practice
    assert practice is not None
    async with await PracticeLine.connect(practice.host, practice.control_port) as line:
        assert await line.wait_turn(leg, 25) is TurnOutcome.TURN
        await client.ask(
            m.Say(call_id=call_id, text="Good morning, this is Dana Mitchell, and this call is recorded.")
        )
        await watcher.until(lambda e: isinstance(e, m.Heard) and e.final and e.leg == "agent", 30)

        floor.kill_switchboard()
        assert client.state != "up" or await _goes_down(client)
        assert call_id in floor.plant.asterisk.cli("core show channels concise"), (
            "the call stays up in Asterisk"
        )
        # What is said now nobody hears live; the recording does.
        said = await line.say(
            leg, "I am calling about the invoice from September, is anything wrong with it?"
        )
        await line.wait_said(leg)
        assert said.text
        await asyncio.sleep(1.0)

        await floor.start_switchboard()
        async with asyncio.timeout(20):
            while client.state != "up":
                await asyncio.sleep(0.05)
        snapshot = await watcher.until(lambda e: isinstance(e, m.CallSnapshot) and bool(e.heard), 10)
        assert isinstance(snapshot, m.CallSnapshot)
        assert snapshot.state.state == "talking"
        assert any("recorded" in h.text for h in snapshot.heard), "words from before the crash are shown"
        async with asyncio.timeout(10):
            while not (spans := _spans(floor)):
                await asyncio.sleep(0.1)
        assert spans == ["talking, cut", "talking, open"], "closed and marked, then begun anew"
        answer = await client.ask(m.HangUp(call_id=call_id))
        assert isinstance(answer, m.Reply)
        assert answer.ok, answer.error
    ended = await watcher.state("ended")
    assert ended.outcome == "answered"

    async with asyncio.timeout(60):
        while await asyncio.to_thread(floor.book.gaps) or call_id in await asyncio.to_thread(
            floor.book.calls_to_judge
        ):
            await asyncio.sleep(0.2)
    heard = floor.book.utterances(call_id)
    agent = " ".join(u.text for u in heard if u.leg is Leg.AGENT)
    assert "recorded" in agent
    assert "september" in agent, f"the gap is filled from the recording: {agent}"
    assert any(u.source is Source.RECORDING for u in heard)
    found = {f.rule_id: f.verdict for f in floor.book.findings(call_id)}
    assert "disclosure.recording" in found, (found, [(u.leg, u.start, u.text) for u in heard])
    assert not floor.book.open_calls()
    refused = await client.ask(m.PlaceCall(account_id=ids[0], party_id=ids[1], phone_id=ids[2]))
    assert isinstance(refused, m.Reply)
    assert not refused.ok, "the attempt is in the book and counts"
    assert refused.refused
    assert refused.retry_at
    assert refused.retry_at > (floor.clock() + timedelta(minutes=1)).timestamp()
    assert floor.book.verify_audit().sound
    await client.close()


def _spans(floor: Floor) -> list[str]:
    """The floor's spans that were cut short or are open, in order; none until there is an open one."""
    with floor.book.database.read() as session:
        spans = session.scalars(select(FloorSpan).order_by(FloorSpan.id)).all()
    found = [f"{s.state}, {'cut' if s.cut else 'open'}" for s in spans if s.cut or s.ended_at is None]
    return found if any("open" in span for span in found) else []


async def _goes_down(client: Client) -> bool:
    async with asyncio.timeout(5):
        while client.state == "up":
            await asyncio.sleep(0.02)
    return True
