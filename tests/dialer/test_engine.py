"""Calls on a real Asterisk: every outcome, and what an agent can do to a call."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
import pytest

from compliance.transcription.words import Leg
from dialer.ami import AmiTimeout
from dialer.asterisk.instance import Instance
from dialer.call import CallState, IllegalEvent
from dialer.engine import CallStatus, LineRefused, NoSuchCall, Phone
from dialer.legs import BadLeg
from dialer.outcome import Outcome
from dialer.recording import file_names, read, seconds, wait_until_final
from tests.dialer.rig import AGENT_HZ, DEBTOR_HZ, WIDE_HZ, Rig, agent_phone, carrier, loudness, rig
from tests.dialer.sip_phone import Decision

pytestmark = pytest.mark.asterisk
O, S = Outcome, CallState  # noqa: E741  the tables read better

CARRIER: dict[str, tuple[Decision, Outcome, bool]] = {
    "+13125550121": ("answer", O.ANSWERED, True),
    "+13125550122": ("busy", O.BUSY, False),
    "+13125550123": ("ring", O.NO_ANSWER, True),
    "+13125550124": ("not-found", O.NOT_IN_SERVICE, False),
    "+13125550125": ("unavailable", O.CONGESTION, False),
    "+13125550126": ("temporarily", O.NO_ANSWER, True),
    "+13125550127": ("decline", O.REJECTED, True),
    "+13125550128": ("ring-busy", O.REJECTED, True),
}


async def test_every_outcome_of_the_carrier(asterisk: Instance) -> None:
    async with carrier(asterisk, lambda n: (CARRIER[n][0], 0.3)), rig(asterisk, "carrier") as line:
        calls = {number: await line.place(number) for number in CARRIER}
        answered = calls["+13125550121"]
        await line.until(answered, S.TALKING)
        await line.finish(answered)
        await asyncio.gather(*(line.until(call, S.ENDED) for call in calls.values()))
        said = {number: line.outcome(call) for number, call in calls.items()}
        assert {n: (s.outcome, s.connected) for n, s in said.items()} == {
            n: (outcome, connected) for n, (_, outcome, connected) in CARRIER.items()
        }, said
        evidence = line.ended(calls["+13125550124"]).evidence
        assert (evidence["tech_cause"], evidence["cause"]) == ("404", "1")
        for number, call in calls.items():
            talked = [s for s in line.steps if s.call_id == call and s.after is S.TALKING]
            assert bool(talked) == (number == "+13125550121")
        assert not line.unknown


async def test_every_practice_debtor_that_does_not_answer(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        numbers = {"+13125550102": O.BUSY, "+13125550103": O.NO_ANSWER, "+13125550104": O.NOT_IN_SERVICE}
        calls = {number: await line.place(number, ring=2) for number in numbers}
        await asyncio.gather(*(line.until(call, S.ENDED) for call in calls.values()))
        assert {n: line.outcome(call).outcome for n, call in calls.items()} == numbers
        assert line.outcome(calls["+13125550103"]).connected
        assert not line.outcome(calls["+13125550102"]).connected


async def test_an_agent_who_hangs_up_first_cancels_after_ringing(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.place("+13125550103", ring=30)
        await line.until(call, S.RINGING)
        await line.engine.hang_up(call)
        await line.until(call, S.ENDED)
        said = line.outcome(call)
        assert (said.outcome, said.connected) == (O.CANCELLED, True)
        with pytest.raises(NoSuchCall):
            await line.engine.hang_up(call)


async def test_an_agent_without_a_phone_never_reaches_the_debtor(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        assert line.engine.has_phone("1001")
        assert not line.engine.has_phone("carrier")
        assert not line.engine.has_phone("1999")
        # A phone that another test has just taken away is rung for as long as SIP tries (32 s, timer B).
        call = await line.place("+13125550101", Phone("1003"))
        await line.until(call, S.ENDED)
        said = line.outcome(call)
        assert (said.outcome, said.connected) == (O.AGENT_FAILED, False)


async def test_a_phone_that_does_not_pick_up(asterisk: Instance) -> None:
    async with agent_phone(asterisk, "1001", lambda _: ("busy", 0.1)) as (_, agent), rig(asterisk) as line:
        call = await line.place("+13125550101", agent)
        await line.until(call, S.ENDED)
        assert line.outcome(call).outcome is O.AGENT_FAILED


async def test_the_debtor_hangs_up(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550109")
        line.audio.debtor("+13125550109").hang_up()
        await line.until(call, S.ENDED)
        assert line.outcome(call).outcome is O.ANSWERED
        assert line.ended(call).evidence["hung_up_first"] == "debtor"
        await line.soon(lambda: not line.engine.snapshot(call))


async def test_a_sip_call_from_end_to_end(asterisk: Instance) -> None:
    """Both sides on narrowband SIP: they hear each other, digits arrive, mute and hold do what they say."""
    number = "+13125550131"
    async with (
        carrier(asterisk) as debtor,
        agent_phone(asterisk, "1001") as (phone, agent),
        rig(asterisk, "carrier") as line,
    ):
        call = await line.talking(number, agent)
        ours, theirs = phone.last, debtor.call_to(number)
        await line.soon(lambda: ours.hears(DEBTOR_HZ) and theirs.hears(AGENT_HZ))
        assert {f.rate for _, f in line.frames} == {8000}

        await line.engine.send_digits(call, "19#")
        await line.soon(lambda: theirs.digits == "19#")

        await line.engine.mute(call, True)
        theirs.heard.clear()
        quiet = time.monotonic()
        await asyncio.sleep(0.5)
        assert not theirs.hears(AGENT_HZ)
        assert not line.heard(call, Leg.AGENT, quiet)
        assert line.heard(call, Leg.DEBTOR, quiet)
        await line.engine.mute(call, False)
        await line.soon(lambda: theirs.hears(AGENT_HZ))

        await line.engine.hold(call)
        assert line.state(call) is S.HELD
        with pytest.raises(IllegalEvent):
            await line.engine.hold(call)
        await line.soon(lambda: not ours.hears(DEBTOR_HZ))
        held = time.monotonic()
        await asyncio.sleep(0.2)
        assert not line.heard(call, Leg.DEBTOR, held)
        await line.engine.resume(call)
        assert line.state(call) is S.TALKING
        await line.soon(lambda: ours.hears(DEBTOR_HZ) and theirs.hears(AGENT_HZ))
        back = time.monotonic()
        await line.soon(lambda: line.heard(call, Leg.DEBTOR, back) and line.heard(call, Leg.AGENT, back))

        debtor.hang_up(theirs)
        await line.until(call, S.ENDED)
        assert line.outcome(call).outcome is O.ANSWERED


async def test_hold_by_an_agent_who_then_hangs_up_frees_the_debtor(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550115")
        await line.engine.hold(call)
        await line.finish(call)
        await line.soon(lambda: line.audio.debtor("+13125550115").ended)


async def test_a_debtor_who_hangs_up_on_hold_ends_the_call(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550116")
        await line.engine.hold(call)
        line.audio.debtor("+13125550116").hang_up()
        await line.until(call, S.ENDED)
        assert line.ended(call).before is S.HELD
        assert line.outcome(call).outcome is O.ANSWERED


async def test_muted_talk_is_not_on_the_recording(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        call = await line.talking("+13125550118")
        await asyncio.sleep(0.3)
        await line.engine.mute(call, True)
        muted = _position(line, call)
        await asyncio.sleep(0.8)
        unmuted = _position(line, call)
        await line.engine.mute(call, False)
        await asyncio.sleep(0.5)
        await line.finish(call)
        paths = {leg: asterisk.recordings / file_names(call)[leg] for leg in ("agent", "debtor")}
        await wait_until_final(paths["agent"])
        agent, rate = read(paths["agent"], muted + 0.15, unmuted - 0.15)
        debtor, _ = read(paths["debtor"], muted + 0.15, unmuted - 0.15)
        after, _ = read(paths["agent"], unmuted + 0.2)
        assert loudness(agent, rate, AGENT_HZ) < 20
        assert loudness(debtor, rate, DEBTOR_HZ) > 1000
        assert loudness(after, rate, AGENT_HZ) > 1000
        assert seconds(paths["agent"]) == pytest.approx(seconds(paths["debtor"]), abs=0.05)


async def test_an_originate_is_never_sent_again(asterisk: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asterisk's answer is lost: whether it took the order shows in the channels, and in nothing else."""
    monkeypatch.setattr("dialer.engine._SEEN_WITHIN", 0.3)
    async with rig(asterisk) as line:
        real, sent = line.ami.originate, 0

        async def answer_lost(*arguments: Any) -> None:
            nonlocal sent
            sent += 1
            if sent == 1:
                await real(*arguments)
            raise AmiTimeout("Asterisk did not answer Originate within 5 s")

        monkeypatch.setattr(line.ami, "originate", answer_lost)
        taken = await line.talking("+13125550161")
        never = await line.place("+13125550165")
        await line.until(never, S.ENDED)
        assert line.outcome(never).outcome is O.AGENT_FAILED
        assert sent == 2
        await line.finish(taken)
        assert line.outcome(taken).outcome is O.ANSWERED


async def test_card_data_enters_neither_recording_nor_recogniser(asterisk: Instance) -> None:
    number = "+13125550111"
    async with rig(asterisk) as line:
        call = await line.talking(number)
        await asyncio.sleep(0.8)
        await line.engine.pause_for_card(call)
        paused_at, paused = time.monotonic(), _position(line, call)
        assert _status(line, call).recording_paused
        await asyncio.sleep(1.0)
        assert not line.heard(call, Leg.AGENT, paused_at + 0.05)
        assert not line.heard(call, Leg.DEBTOR, paused_at + 0.05)
        resumed = _position(line, call)
        await line.engine.resume_after_card(call)
        back = time.monotonic()
        await line.soon(lambda: line.heard(call, Leg.AGENT, back) and line.heard(call, Leg.DEBTOR, back))
        await asyncio.sleep(0.6)
        assert line.heard(call, Leg.DEBTOR, back)[0].offset == pytest.approx(resumed, abs=0.15)
        await line.finish(call)
        for leg in ("agent", "debtor", "mixed"):
            path = asterisk.recordings / file_names(call)[leg]
            await wait_until_final(path)
            hidden, rate = read(path, paused + 0.15, resumed - 0.15)
            before, _ = read(path, 0.2, paused - 0.1)
            assert rate == 16000
            assert not np.frombuffer(hidden, dtype="<i2").any(), leg
            assert np.abs(np.frombuffer(before, dtype="<i2")).max() > 1000, leg


async def test_taps_are_wideband_separate_and_on_the_recordings_time(asterisk: Instance) -> None:
    number = "+13125550141"
    async with rig(asterisk) as line:
        call = await line.talking(number)
        await asyncio.sleep(1.2)
        await line.engine.hold(call)
        await asyncio.sleep(0.6)
        await line.engine.resume(call)
        await asyncio.sleep(1.0)
        await line.finish(call)
        sound = {leg: b"".join(f.pcm for f in line.heard(call, leg)) for leg in Leg}
        assert {f.rate for f in line.heard(call, Leg.AGENT) + line.heard(call, Leg.DEBTOR)} == {16000}
        assert loudness(sound[Leg.DEBTOR], 16000, WIDE_HZ) > 1000
        assert loudness(sound[Leg.DEBTOR], 16000, AGENT_HZ) < 100
        assert loudness(sound[Leg.AGENT], 16000, AGENT_HZ) > 1000
        assert loudness(sound[Leg.AGENT], 16000, DEBTOR_HZ) < 100
        # The hold is not on the recording, nor between the frames' offsets.
        path = asterisk.recordings / file_names(call)["debtor"]
        await wait_until_final(path)
        pcm, rate = read(path)
        length = len(pcm) / 2 / rate
        last = line.heard(call, Leg.DEBTOR)[-1]
        assert last.offset == pytest.approx(length, abs=0.25)
        offsets = [f.offset for f in line.heard(call, Leg.DEBTOR)]
        assert offsets == sorted(offsets)
        assert loudness(pcm, rate, WIDE_HZ) > 1000


async def test_nothing_of_a_tap_stays_behind(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        calls = [await line.talking(f"+1312555015{n}") for n in (1, 5)]
        for call in calls:
            await line.finish(call)

        async def left() -> list[str]:
            names = [row.get("Channel") for row in await line.ami.list("CoreShowChannels")]
            return [name for name in names if "Snoop" in name or "AudioSocket" in name]

        for _ in range(40):
            if not await left():
                break
            await asyncio.sleep(0.05)
        assert not await left()


async def test_what_asterisk_refuses_is_told(asterisk: Instance) -> None:
    async with rig(asterisk) as line:
        with pytest.raises(BadLeg, match="not a phone number"):
            await line.place("+1312555\r\nAction: Hangup")
        with pytest.raises(BadLeg, match="not an extension"):
            await line.place("+13125550101", Phone("carrier/sip:+1312"))
        with pytest.raises(NoSuchCall):
            await line.engine.hold("0123456789")
        call = await line.place("+13125550103", ring=20)
        await line.until(call, S.RINGING)
        with pytest.raises(IllegalEvent):
            await line.engine.hold(call)
        with pytest.raises(BadLeg):
            await line.engine.send_digits(call, "12a")
        await line.finish(call)


async def test_a_recording_that_cannot_be_paused_is_shouted(asterisk: Instance) -> None:
    """The agent is told not to take the card, and nothing is fed to the recogniser all the same."""
    async with rig(asterisk) as line:
        call = await line.talking("+13125550119")
        one = line.engine._calls[call]
        channel, one.agent.channel = one.agent.channel, "PJSIP/nobody-00000000"
        with pytest.raises(LineRefused, match="RECORDING IS STILL ON"):
            await line.engine.pause_for_card(call)
        one.agent.channel = channel
        assert not _status(line, call).recording_paused
        deaf = time.monotonic()
        await asyncio.sleep(0.2)
        assert not line.heard(call, Leg.DEBTOR, deaf)
        await line.finish(call)


def _status(line: Rig, call: str) -> CallStatus:
    status = line.engine.snapshot(call)
    assert status is not None
    return status


def _position(line: Rig, call: str) -> float:
    return _status(line, call).position
