"""Calls outlive the switchboard and are taken up again; what vanished with Asterisk is ended as lost."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import pytest

from compliance.transcription.words import Leg
from dialer.asterisk.instance import Instance
from dialer.call import CallState
from dialer.engine import KnownCall
from dialer.outcome import Outcome
from dialer.recording import file_names, seconds, settle
from tests.dialer.rig import DEBTOR_HZ, Rig, loudness, rig, utc_now
from tests.fixtures.asterisk import MakeAsterisk

pytestmark = pytest.mark.asterisk
S = CallState


def known(line: Rig, call: str) -> KnownCall:
    """What the book holds of a call by its transitions."""
    status = line.engine.snapshot(call)
    assert status is not None
    return KnownCall(
        call, f"decision-{call}", status.number, status.state, status.recording_started, status.talk_started
    )


async def crash(line: Rig) -> None:
    """End an engine as kill -9 does: nothing is told to Asterisk."""
    line.engine._taps._taps.clear()
    await line.engine.close()


async def test_a_new_engine_takes_the_calls_up(asterisk: Instance) -> None:
    numbers = [f"+1312555016{n}" for n in (0, 1, 5, 6, 7)]
    async with rig(asterisk) as line:
        plain, held, card, ended, stray = await asyncio.gather(*(line.talking(n) for n in numbers))
        await line.engine.hold(held)
        await line.engine.pause_for_card(card)
        await line.engine.mute(plain, True)
        book = [known(line, call) for call in (plain, held, card, ended)]
        stray_status = line.engine.snapshot(stray)
        gone = line.engine.snapshot(ended)
        assert gone is not None
        assert stray_status is not None
        await crash(line)
        await asyncio.sleep(0.5)
        await line.ami.action("Hangup", {"Channel": gone.agent_channel})
        await asyncio.sleep(0.3)

        line.engine = line.new_engine()
        await line.engine.start()
        adopted = await line.engine.adopt(book)

        assert set(adopted.followed) == {plain, held, card}
        assert adopted.ended == (ended,)
        assert adopted.unknown == 1
        assert [leg.channel for leg in line.unknown] == [stray_status.debtor_channel]
        await line.soon(lambda: line.audio.debtor(numbers[4]).ended)

        said = line.outcome(ended)
        assert (said.outcome, said.connected) == (Outcome.ANSWERED, True)
        assert line.ended(ended).evidence["ended_by"] == "lost"
        assert line.ended(ended).at < utc_now()

        back = time.monotonic()
        await line.soon(lambda: line.heard(plain, Leg.DEBTOR, back))
        first = line.heard(plain, Leg.DEBTOR, back)[0]
        assert first.rate == 16000
        assert first.offset == pytest.approx(_since(book[0].recording_started), abs=1.0)
        status = {call: line.engine.snapshot(call) for call in (plain, held, card)}
        assert {call: s.state for call, s in status.items() if s} == {
            plain: S.TALKING,
            held: S.HELD,
            card: S.TALKING,
        }
        assert [s.recording_paused for s in status.values() if s] == [False, False, True]
        assert [s.muted for s in status.values() if s] == [True, False, False]
        await asyncio.sleep(0.3)
        assert not line.heard(plain, Leg.AGENT, back)
        assert not line.heard(card, Leg.DEBTOR, back)
        assert not line.heard(held, Leg.DEBTOR, back)

        before = line.engine.snapshot(held)
        assert before is not None
        await line.engine.resume(held)
        await line.engine.resume_after_card(card)
        await line.soon(lambda: line.heard(held, Leg.DEBTOR, back) and line.heard(card, Leg.DEBTOR, back))
        assert line.heard(held, Leg.DEBTOR, back)[0].offset == pytest.approx(before.position, abs=0.3)
        for call in (plain, held, card):
            await line.finish(call)
            assert line.outcome(call).outcome is Outcome.ANSWERED
        assert len(line.unknown) == 1


def _since(start: datetime | None) -> float:
    assert start is not None
    return (utc_now() - start).total_seconds()


async def test_asterisk_is_killed_and_comes_back(make_asterisk: MakeAsterisk) -> None:
    instance = make_asterisk()
    async with rig(instance) as line:
        talking, ringing = await asyncio.gather(
            line.talking("+13125550170"), line.place("+13125550173", ring=60)
        )
        await line.until(ringing, S.RINGING)
        await asyncio.sleep(2.0)
        instance.kill()
        await line.soon(lambda: line.engine.line.value == "down")
        assert not line.engine.ready
        instance.start()
        await asyncio.gather(line.until(talking, S.ENDED), line.until(ringing, S.ENDED))
        assert line.outcome(talking).outcome is Outcome.ANSWERED
        assert line.outcome(ringing).outcome is Outcome.FAILED
        assert line.outcome(ringing).connected
        path = instance.recordings / file_names(talking)["debtor"]
        assert seconds(path) > 0.5
        assert settle(path)
        assert not settle(path)
        # And the line works again, live audio included.
        await line.soon(lambda: line.engine.ready and line.engine._ari.connected, 10)
        again = await line.talking("+13125550171")
        await asyncio.sleep(0.5)
        heard = b"".join(frame.pcm for frame in line.heard(again, Leg.DEBTOR))
        assert loudness(heard, 16000, DEBTOR_HZ) > 1000
        await line.finish(again)
