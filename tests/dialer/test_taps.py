"""Taps: frames on the recording's timeline, and what happens when streams break or a crash leaves them."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from compliance.transcription.words import Leg
from dialer.ari import Ari
from dialer.asterisk.addresses import AriAddress
from dialer.asterisk.instance import Instance
from dialer.audiosocket import AudioSocketServer
from dialer.recording import Timeline
from dialer.taps import TapFrame, Taps, _Tap
from tests.dialer.rig import rig

FRAME = b"\x01\x00" * 320


class ByHand:
    """A tap fed by hand at instants of our choosing; nothing is connected."""

    def __init__(self) -> None:
        self.now = 100.0
        self.frames: list[TapFrame] = []
        self.timeline = Timeline()
        self.taps = Taps(
            Ari(AriAddress("127.0.0.1", 9, "", "")),
            AudioSocketServer(),
            self.frames.append,
            lambda _call, _leg: None,
            lambda: self.now,
        )
        self.tap = _Tap("call-0001", Leg.DEBTOR, self.timeline, uuid4(), "s", "m", "b")

    def frame(self, at: float) -> None:
        self.now = at
        self.taps._frame(self.tap, FRAME, 16000)

    @property
    def offsets(self) -> list[float]:
        return [round(frame.offset, 3) for frame in self.frames]


async def test_jitter_does_not_move_frames_and_a_gap_does() -> None:
    by_hand = ByHand()
    by_hand.timeline.run(100.0)
    for at in (100.02, 100.04, 100.09, 100.09, 100.10):
        by_hand.frame(at)
    assert by_hand.offsets == [0.0, 0.02, 0.04, 0.06, 0.08]
    by_hand.frame(101.0)
    assert by_hand.offsets[-1] == 0.98


async def test_what_is_not_recorded_is_not_heard() -> None:
    by_hand = ByHand()
    by_hand.frame(100.0)
    by_hand.timeline.run(100.0)
    by_hand.frame(100.02)
    by_hand.timeline.stop(100.5)
    by_hand.frame(100.6)
    by_hand.timeline.run(103.0)
    by_hand.frame(103.02)
    assert by_hand.offsets == [0.0, 0.5]
    assert by_hand.taps.figures.dropped == 2


async def test_a_burst_right_after_a_hold_does_not_reach_before_it() -> None:
    by_hand = ByHand()
    by_hand.timeline.run(100.0)
    for at in (100.02, 100.04, 100.04, 100.04):  # handed on ahead of their time
        by_hand.frame(at)
    by_hand.timeline.stop(100.07)
    by_hand.frame(100.1)
    by_hand.timeline.run(103.0)
    by_hand.frame(103.0)
    by_hand.frame(103.02)
    assert by_hand.offsets == [0.0, 0.02, 0.04, 0.06, 0.08, 0.1]


async def test_every_reason_not_to_hear_must_go_before_we_hear_again() -> None:
    by_hand = ByHand()
    by_hand.timeline.run(100.0)
    by_hand.taps.deafen("call-0001", Leg.DEBTOR, "card")
    by_hand.taps.deafen("call-0001", Leg.DEBTOR, "muted")
    by_hand.frame(100.1)
    by_hand.taps.undeafen("call-0001", Leg.DEBTOR, "card")
    by_hand.frame(100.2)
    assert not by_hand.frames
    by_hand.taps.undeafen("call-0001", Leg.DEBTOR, "muted")
    by_hand.taps.deafen("call-0001", Leg.AGENT, "muted")
    by_hand.frame(100.3)
    assert by_hand.offsets == [0.28]


@pytest.mark.asterisk
async def test_a_broken_stream_is_opened_again(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550191")
        taps = line.engine._taps
        tap = taps._taps[call, Leg.DEBTOR]
        line.engine._server._open[tap.uuid].transport.abort()
        await line.soon(lambda: taps._taps.get((call, Leg.DEBTOR)) not in (tap, None))
        back = time.monotonic()
        await line.soon(lambda: line.heard(call, Leg.DEBTOR, back))
        assert line.heard(call, Leg.AGENT, back)
        assert taps.figures.lost == 1
        await line.finish(call)


@pytest.mark.asterisk
async def test_a_tap_that_stays_silent_is_opened_anew(asterisk: Instance) -> None:
    """A stream that Asterisk opens and never fills looks like a tap and hears nothing."""
    async with rig(asterisk) as line:
        taps = line.engine._taps
        whole = taps._frame
        first: list[_Tap] = []

        def frame(tap: _Tap, pcm: bytes, rate: int) -> None:
            if tap.leg is Leg.DEBTOR and not first:
                first.append(tap)
            if tap not in first:
                whole(tap, pcm, rate)

        taps._frame = frame  # type: ignore[method-assign]  # the fault under test
        call = await line.talking("+13125550198")
        assert taps._taps[call, Leg.DEBTOR] is not first[0]
        assert taps.figures.lost == 0
        await line.finish(call)


@pytest.mark.asterisk
async def test_a_crash_leaves_orphans_and_the_next_start_removes_them(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550195")
        line.engine._taps._taps.clear()  # as kill -9: nothing is taken down
        await line.engine.close()
        ari = Ari(asterisk.ari, app="dunline-test")
        await ari.start()

        async def orphans() -> list[str]:
            names = [*await ari.channels(), *await ari.bridges()]
            return [name for name in names if name.startswith("dunline-") and call in name]

        assert len(await orphans()) >= 4
        line.engine = line.new_engine()
        await line.engine.start()
        await asyncio.sleep(0.1)
        assert await orphans() == []
        await ari.close()


@pytest.mark.asterisk
async def test_a_stalled_reader_does_not_hold_the_call_up(asterisk: Instance) -> None:
    """The event loop stands still for a second, as a busy switchboard's may; no tap is lost by it."""
    async with rig(asterisk) as line:
        call = await line.talking("+13125550199")
        taps = line.engine._taps
        before = taps.figures.frames
        time.sleep(1.0)  # noqa: ASYNC251  that is the fault under test
        await asyncio.sleep(0.5)
        assert taps.figures.frames - before > 100
        assert taps.figures.lost == 0
        status = line.engine.snapshot(call)
        assert status is not None
        assert line.heard(call, Leg.DEBTOR)[-1].offset == pytest.approx(status.position, abs=0.3)
        await line.finish(call)
