"""A supervisor's own phone: it hears and is heard as ordered, takes calls over, reaches nobody outside."""

from __future__ import annotations

import re
import secrets
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from compliance.transcription.words import Leg
from dialer.ami import AmiUnsafe
from dialer.asterisk.instance import Instance
from dialer.call import CallError, CallState
from dialer.legs import BadLeg
from dialer.own_phone import CONTEXT, TAKE_OVER_CONTEXT, Job, OwnPhoneOrder, call_of, new_channel_id
from dialer.own_phones import PhoneState
from dialer.recording import file_names, read, settle
from tests.dialer.rig import (
    AGENT_HZ,
    DEBTOR_HZ,
    SUPERVISOR_HZ,
    Rig,
    agent_phone,
    carrier,
    loudness,
    rig,
)
from tests.dialer.sip_phone import SipCall
from tests.dialer.test_engine_takeover import crash, known

TEMPLATE = Path(__file__).resolve().parents[2] / "dialer/asterisk/templates/extensions.conf.j2"
CALL = "0f7c1f7e-1111-4222-8333-444455556666"


# ---- the order, and the dialplan it goes to -------------------------------------------------------------


def contexts() -> dict[str, list[str]]:
    """Every context of the dialplan template with the applications of its steps."""
    found: dict[str, list[str]] = {}
    here = ""
    for line in TEMPLATE.read_text(encoding="utf-8").splitlines():
        if head := re.match(r"\[([\w-]+)\]", line):
            here = head[1]
            found[here] = []
        elif step := re.match(r"(?:exten => [^,]+,\d+|\s*same => n(?:\([\w-]+\))?),(.*)", line):
            found[here].append(step[1])
    return found


@pytest.mark.parametrize("context", [CONTEXT, TAKE_OVER_CONTEXT])
def test_no_step_of_an_own_phones_dialplan_leads_outside(context: str) -> None:
    steps = contexts()[context]
    assert len(steps) > 4
    applications = {step.partition("(")[0] for step in steps}
    harmless = {"GotoIf", "UserEvent", "ChanSpy", "Playback", "Wait", "Hangup", "Set", "MixMonitor", "Bridge"}
    assert applications <= harmless
    for step in steps:
        # A jump may go to a label of the same extension only, never to another context.
        if step.startswith("GotoIf"):
            assert re.search(r"\?nothing\)$", step), step
        if step.startswith("Set("):
            assert step.startswith("Set(RECORDING=${FILTER(")
    assert not re.search(r"include\s*=>", TEMPLATE.read_text(encoding="utf-8"))


def test_every_job_has_its_place_in_the_dialplan() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    own = text[text.index(f"[{CONTEXT}]") : text.index(f"[{TAKE_OVER_CONTEXT}]")]
    assert set(re.findall(r"exten => (\w+),1", own)) == {job.value for job in Job}


HOSTILE = (
    "+13125550101",
    "1002@carrier",
    "1002/sip:13125550101@203.0.113.5",
    "1002&PJSIP/+13125550101@carrier",
    "1002\r\nAction: Originate",
    "carrier",
    "1002\n",
    "１００２",
    "",
    "1",
    "123456789",
    "Local/13125550101",
    "1002,h",
    "${EXTEN}",
)


@pytest.mark.parametrize("extension", HOSTILE)
def test_only_an_extension_is_an_extension(extension: str) -> None:
    with pytest.raises(BadLeg):
        OwnPhoneOrder(extension, Job.READY, new_channel_id(CALL))


@pytest.mark.parametrize("value", ["", *HOSTILE[1:6], "a" * 200, "PJSIP/1001-00000001", "x,w(evil)", "..\\x"])
def test_what_is_spied_on_is_one_id_and_a_clip_is_one_name(value: str) -> None:
    with pytest.raises(BadLeg):
        OwnPhoneOrder("1002", Job.LISTEN, new_channel_id(CALL), spy=value)
    with pytest.raises(BadLeg):
        OwnPhoneOrder("1002", Job.PLAY, new_channel_id(CALL), clip=value)


def test_a_job_takes_its_own_values_only_and_none_can_be_made_up() -> None:
    with pytest.raises(BadLeg, match="not asked for"):
        OwnPhoneOrder("1002", Job.READY, new_channel_id(CALL), spy=CALL)
    with pytest.raises(BadLeg, match="not something"):
        OwnPhoneOrder("1002", cast(Job, "s"), new_channel_id(CALL))
    order = OwnPhoneOrder("1002", Job.LISTEN, new_channel_id(CALL), spy=CALL)
    assert order.headers()["Channel"] == "PJSIP/1002"
    assert order.headers()["Context"] == CONTEXT
    assert (call_of(order.channel_id), call_of(CALL), call_of("1764200000.17")) == (CALL, "", "")


# ---- on a real Asterisk ---------------------------------------------------------------------------------


class Crooked:
    """Looks like an order and leads outside."""

    def check(self) -> None:
        return None

    def headers(self) -> dict[str, str]:
        return {"Channel": "PJSIP/+13125550101@carrier", "Context": "dunline-call", "Exten": "1"}

    def variables(self) -> dict[str, str]:
        return {}


class Subclassed(OwnPhoneOrder):
    def headers(self) -> dict[str, str]:
        return Crooked().headers()


async def heard(line: Rig, what: Callable[[], bool]) -> None:
    await line.soon(what, 8)


def hears(call: SipCall, **tones: bool) -> Callable[[], bool]:
    hertz = {"agent": AGENT_HZ, "debtor": DEBTOR_HZ, "supervisor": SUPERVISOR_HZ}
    return lambda: all(call.hears(hertz[name], 0.4) is wanted for name, wanted in tones.items())


@pytest.mark.asterisk
async def test_nothing_but_a_sound_order_reaches_asterisk(asterisk: Instance) -> None:
    async with carrier(asterisk) as out, rig(asterisk, "carrier") as line:
        tampered = OwnPhoneOrder("1002", Job.READY, new_channel_id(CALL))
        object.__setattr__(tampered, "extension", "+13125550187@carrier")
        subclass = Subclassed("1002", Job.READY, new_channel_id(CALL))
        for order in (Crooked(), subclass, tampered, None, "1002"):
            with pytest.raises((AmiUnsafe, BadLeg)):
                await line.ami.ring_own_phone(cast(Any, order))
        own = line.engine.own_phones
        for extension in (*HOSTILE, "1009"):
            with pytest.raises(CallError):
                await own.play(extension, CALL, secrets.token_hex(8))
        with pytest.raises(BadLeg):
            await own.play("1002", CALL, "../../monitor/secret")
        with pytest.raises(CallError):
            await own.monitor("1002", "no-such-call", Job.LISTEN)
        assert await line.ami.list("CoreShowChannels") == ()
        assert out.invites == []


@pytest.mark.asterisk
async def test_a_supervisor_listens_whispers_barges_and_takes_over(asterisk: Instance) -> None:
    async with (
        carrier(asterisk) as out,
        rig(asterisk, "carrier") as line,
        agent_phone(asterisk, "1001") as (agent, agent_leg),
        agent_phone(asterisk, "1002", hertz=SUPERVISOR_HZ) as (supervisor, _),
    ):
        number = "+13125550188"
        call = await line.talking(number, agent_leg)
        own = line.engine.own_phones
        with pytest.raises(CallError, match="in a call"):
            await own.monitor("1001", call, Job.LISTEN)

        await own.monitor("1002", call, Job.LISTEN)
        await line.soon(lambda: supervisor.calls and supervisor.last.up)
        await heard(line, hears(supervisor.last, agent=True, debtor=True))
        assert hears(agent.last, debtor=True, supervisor=False)()
        assert hears(out.call_to(number), agent=True, supervisor=False)()

        await own.monitor("1002", call, Job.WHISPER)
        await heard(line, hears(agent.last, debtor=True, supervisor=True))
        assert hears(out.call_to(number), agent=True, supervisor=False)()
        assert hears(supervisor.last, agent=True, debtor=True)()

        await own.monitor("1002", call, Job.BARGE)
        await heard(line, hears(out.call_to(number), agent=True, supervisor=True))
        await heard(line, hears(agent.last, debtor=True, supervisor=True))

        before = line.engine.snapshot(call)
        assert before is not None
        await line.engine.pause_for_card(call)
        with pytest.raises(CallError, match="paused for card data"):
            await own.take_over("1002", call)
        await line.engine.resume_after_card(call)
        await line.engine.hold(call)
        with pytest.raises(CallError, match="cannot be taken over"):
            await own.take_over("1002", call)
        await line.engine.resume(call)

        await own.take_over("1002", call)
        await line.soon(lambda: line.phones[-1].state is PhoneState.TAKEN)
        await line.soon(lambda: agent.last.ended)
        await heard(line, hears(out.call_to(number), supervisor=True, agent=False))
        await heard(line, hears(supervisor.last, debtor=True, agent=False))
        assert len(supervisor.invites) == 1, "the phone that listened took over; it was not rung again"
        await line.soon(lambda: line.engine.snapshot(call).tapped == frozenset(Leg))  # type: ignore[union-attr]  # it is up
        at = line.engine.snapshot(call)
        assert at is not None
        assert at.state is CallState.TALKING
        assert at.agent_channel.startswith("PJSIP/1002-")
        since = time.monotonic()
        await line.soon(lambda: len(line.heard(call, Leg.AGENT, since)) > 60)
        last = line.heard(call, Leg.AGENT)[-40:]
        assert loudness(b"".join(f.pcm for f in last), last[-1].rate, SUPERVISOR_HZ) > 500, "the tap goes on"

        # A taken-over call can be held like any other, and outlives the switchboard like any other.
        await line.engine.hold(call)
        await line.engine.resume(call)
        book = known(line, call)
        await crash(line)
        line.engine = line.new_engine()
        await line.engine.start()
        assert (await line.engine.adopt([book])).followed == (call,)
        since = time.monotonic()
        await line.soon(lambda: line.heard(call, Leg.AGENT, since) and line.heard(call, Leg.DEBTOR, since))
        at = line.engine.snapshot(call)
        assert at is not None
        assert at.agent_channel.startswith("PJSIP/1002-")
        await line.finish(call)
        await line.soon(lambda: supervisor.last.ended)
        assert [s.after for s in line.steps if s.call_id == call].count(CallState.ENDED) == 1

    names = file_names(call)
    folder = asterisk.recordings
    assert not settle(folder / names["mixed"]), "the file was written to its end"
    for leg, first, second in (("agent", AGENT_HZ, SUPERVISOR_HZ), ("debtor", DEBTOR_HZ, DEBTOR_HZ)):
        pcm, rate = read(folder / names[leg])
        sound = np.frombuffer(pcm, dtype="<i2")
        assert loudness(sound[:rate], rate, first) > 500, leg
        assert loudness(sound[-rate:], rate, second) > 500, leg
        assert loudness(sound[-rate:], rate, AGENT_HZ) < 50, leg
        # Both legs are one file each, as long as the call's own timeline.
        assert abs(len(sound) / rate - at.position) < 0.3, leg


@pytest.mark.asterisk
async def test_a_phone_that_did_not_listen_takes_over_too_and_ends_the_call_by_hanging_up(
    asterisk: Instance,
) -> None:
    number = "+13125550155"
    async with rig(asterisk) as line, agent_phone(asterisk, "1002", hertz=SUPERVISOR_HZ) as (phone, _):
        call = await line.talking(number)
        await line.engine.own_phones.take_over("1002", call)
        await line.soon(lambda: line.phones and line.phones[-1].state is PhoneState.TAKEN)
        debtor = line.audio.debtor(number)
        await line.soon(lambda: loudness(bytes(debtor.heard[-12800:]), debtor.rate, SUPERVISOR_HZ) > 500, 8)
        assert not debtor.ended
        phone.hang_up(phone.last)
        await line.until(call, CallState.ENDED)
        await line.soon(lambda: debtor.ended)
        assert line.ended(call).evidence["answered"] == "yes"
        with pytest.raises(CallError, match="over"):
            await line.engine.own_phones.take_over("1002", call)


@pytest.mark.asterisk
async def test_a_phone_plays_a_clip_and_the_end_of_it_is_told(asterisk: Instance) -> None:
    clips = asterisk.home / "spool/clips"
    name = secrets.token_hex(8)
    t = np.arange(16000 * 2) / 16000
    with wave.open(str(clips / f"{name}.wav16"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes((8000 * np.sin(2 * np.pi * 700 * t)).astype("<i2").tobytes())
    async with rig(asterisk) as line, agent_phone(asterisk, "1002") as (phone, _):
        await line.engine.own_phones.play("1002", CALL, name)
        await line.soon(lambda: phone.calls and phone.last.up)
        await line.soon(lambda: phone.last.hears(700.0), 5)
        await line.soon(lambda: phone.last.ended, 8)
        await line.soon(lambda: line.phones[-1].state is PhoneState.OVER)
        assert [p.state for p in line.phones] == [PhoneState.RINGING, PhoneState.UP, PhoneState.OVER]
        await line.engine.own_phones.play("1002", CALL, name)
        await line.soon(lambda: line.phones[-1].state is PhoneState.UP)
        await line.engine.own_phones.stop("1002", Job.PLAY)
        await line.soon(lambda: line.phones[-1].state is PhoneState.OVER)


@pytest.mark.asterisk
async def test_a_phone_forwarded_to_an_outside_number_reaches_nobody(asterisk: Instance) -> None:
    async with (
        carrier(asterisk) as out,
        rig(asterisk, "carrier") as line,
        agent_phone(asterisk, "1002", lambda _: ("moved", 0.0)) as (phone, _),
    ):
        for target in ("+13125550189", "13125550189", "911"):
            phone.forward_to = target
            await line.engine.own_phones.play("1002", CALL, secrets.token_hex(8))
            told = len(line.phones)
            await line.soon(lambda: line.phones[told - 1 :][-1].state is not PhoneState.RINGING)  # noqa: B023  awaited here
            await line.soon(lambda: "1002" not in line.engine.own_phones._errands)
        assert out.invites == []


@pytest.mark.asterisk
async def test_a_phone_that_failed_before_its_order_was_acknowledged_rings_no_more(
    asterisk: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        rig(asterisk) as line,
        agent_phone(asterisk, "1002", lambda _: ("moved", 0.0)) as (phone, _),
    ):
        phone.forward_to = "911"
        phones = line.engine.own_phones
        ring = phones._ami.ring_own_phone

        async def acknowledged_late(order: OwnPhoneOrder) -> None:
            await ring(order)
            await line.soon(lambda: "1002" not in phones._errands)

        monkeypatch.setattr(phones._ami, "ring_own_phone", acknowledged_late)
        await phones.play("1002", CALL, secrets.token_hex(8))
        assert [p.state for p in line.phones] == [PhoneState.FAILED]


@pytest.mark.asterisk
async def test_a_phone_that_does_not_answer_is_told_of(asterisk: Instance) -> None:
    async with (
        rig(asterisk) as line,
        agent_phone(asterisk, "1002", lambda _: ("busy", 0.0)),
    ):
        await line.engine.own_phones.play("1002", CALL, secrets.token_hex(8))
        await line.soon(lambda: line.phones[-1].state is PhoneState.FAILED)
        assert line.phones[-1].detail
