"""A whole telephone line for tests: the engine on a real Asterisk, phones and debtors on both sides of it."""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from compliance.contact import Permitted
from compliance.permit import Permit, mint
from compliance.transcription.words import Leg
from dialer.ami import Ami
from dialer.asterisk.addresses import HostPort
from dialer.asterisk.instance import Instance
from dialer.audiosocket import RATES, Kind, pack, pack_audio, read_frame
from dialer.call import CallState, Transition
from dialer.engine import AgentLeg, Engine, Phone, Practice, UnknownLeg
from dialer.legs import Trunk
from dialer.outcome import Classification, classify
from dialer.own_phones import PhoneStatus
from dialer.taps import TapFrame
from tests.dialer.sip_phone import Decision, SipPhone, tone

AGENT_HZ, DEBTOR_HZ = 425.0, 1000.0
SUPERVISOR_HZ = 1700.0
WIDE_HZ = 6000.0
"""A tone that no 8 kHz leg can carry."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def permit_for(number: str, decision: str = "decision-1") -> Permit:
    """A permit as the switchboard mints it: from a Permitted verdict, a moment ago."""
    now = utc_now()
    return mint(Permitted(now, now + timedelta(hours=1), (), "rulebook"), decision, number)


def loudness(pcm: bytes | NDArray[np.int16], rate: int, hertz: float) -> float:
    """How strong a tone is in 16-bit audio: about half its amplitude, 0 where it is absent."""
    x = np.frombuffer(pcm, dtype="<i2") if isinstance(pcm, bytes) else pcm
    if len(x) < rate // 10:
        return 0.0
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)))) / (len(x) / 4)
    at = round(hertz * len(x) / rate)
    return float(spectrum[max(0, at - 3) : at + 4].max())


@dataclass
class AudioLeg:
    """One AudioSocket stream: what it was sent, and by kind and size of frame."""

    uuid: str
    writer: asyncio.StreamWriter
    heard: bytearray = field(default_factory=bytearray)
    rate: int = 0
    digits: str = ""
    ended: bool = False

    def hang_up(self) -> None:
        """End the stream as a phone that hangs up."""
        self.writer.write(pack(Kind.HANG_UP))


class AudioPhones:
    """Wideband phones: an AudioSocket server whose legs speak steady tones, each side its own."""

    def __init__(self, debtor_hertz: Sequence[float] = (DEBTOR_HZ, WIDE_HZ)) -> None:
        self.legs: dict[str, AudioLeg] = {}
        self._tones = {"agent": _pcm((AGENT_HZ, 5000.0)), "debtor": _pcm(debtor_hertz)}
        self._server: asyncio.Server | None = None
        self.address = HostPort("127.0.0.1", 0)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._leg, "127.0.0.1", 0)
        self.address = HostPort("127.0.0.1", self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for leg in self.legs.values():
                leg.writer.close()
            await self._server.wait_closed()

    def debtor(self, number: str) -> AudioLeg:
        """The newest debtor leg that was dialled at `number`."""
        ending = "-0000-4000-8000-" + number.lstrip("+").rjust(12, "0")
        return [leg for key, leg in self.legs.items() if key.endswith(ending)][-1]

    async def _leg(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, payload = await read_frame(reader)
        name = str(uuid.UUID(bytes=payload))
        leg = self.legs[name] = AudioLeg(name, writer)
        speaker = asyncio.create_task(self._speak(leg, "debtor" if "-0000-4000-8000-" in name else "agent"))
        try:
            while True:
                kind, data = await read_frame(reader)
                if kind in RATES:
                    leg.heard += data
                    leg.rate = RATES[kind]
                elif kind == Kind.DTMF:
                    leg.digits += data.decode("ascii")
                elif kind == Kind.HANG_UP:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            leg.ended = True
            speaker.cancel()
            writer.close()

    async def _speak(self, leg: AudioLeg, side: str) -> None:
        sound, n, started = self._tones[side], 0, time.monotonic()
        with contextlib.suppress(ConnectionError):
            while not leg.writer.is_closing():
                leg.writer.write(pack_audio(sound[n * 640 % 32000 : n * 640 % 32000 + 640], 16000))
                n += 1
                await asyncio.sleep(max(0.0, started + n * 0.02 - time.monotonic()))


def _pcm(hertz: Sequence[float]) -> bytes:
    t = np.arange(16000) / 16000
    wave = sum((5000 * np.sin(2 * np.pi * f * t) for f in hertz), np.zeros(16000))
    return np.asarray(wave, dtype="<i2").tobytes()


class Rig:
    """An engine with everything it needs, and what it told us."""

    def __init__(self, instance: Instance, trunk: Trunk, decision_ok: Callable[[str], bool]) -> None:
        self.instance = instance
        self.trunk: Trunk = trunk
        self._decision_ok = decision_ok
        self.audio = AudioPhones()
        self.ami = Ami(instance.ami)
        self.steps: list[Transition] = []
        self.frames: list[tuple[float, TapFrame]] = []
        self.unknown: list[UnknownLeg] = []
        self.phones: list[PhoneStatus] = []
        self._changed = asyncio.Event()
        self.engine = self.new_engine()
        self._n = 0

    def new_engine(self) -> Engine:
        async def decision_ok(decision: str, _call: str, _number: str) -> bool:
            return self._decision_ok(decision)

        return Engine(
            self.ami,
            self.instance.ari,
            recordings=self.instance.recordings,
            practice=self.audio.address,
            trunk=self.trunk,
            clock=utc_now,
            on_transition=self._step,
            on_audio=lambda frame: self.frames.append((time.monotonic(), frame)),
            on_unknown_leg=self.unknown.append,
            decision_ok=decision_ok,
            on_phone=self.phones.append,
        )

    def _step(self, step: Transition) -> None:
        self.steps.append(step)
        self._changed.set()

    async def start(self) -> None:
        await self.audio.start()
        self.engine = self.new_engine()
        await self.ami.start()
        await self.engine.start()

    async def close(self) -> None:
        await self.engine.close()
        for row in await self.ami.list("CoreShowChannels"):
            with contextlib.suppress(Exception):
                await self.ami.action("Hangup", {"Channel": row.get("Channel")})
        await self.ami.close()
        await self.audio.close()

    def practice_agent(self) -> Practice:
        return Practice(str(uuid.uuid4()))

    async def place(self, number: str, agent: AgentLeg | None = None, *, ring: int = 3) -> str:
        """Place a call on a fresh permit; returns its id."""
        call_id = str(uuid.uuid4())
        await self.engine.place(
            permit_for(number, f"decision-{call_id}"),
            call_id,
            number,
            agent or self.practice_agent(),
            caller_id="+13125550100",
            ring_seconds=ring,
        )
        return call_id

    def state(self, call_id: str) -> CallState:
        of_call = [step for step in self.steps if step.call_id == call_id]
        return of_call[-1].after if of_call else CallState.RESERVED

    async def until(self, call_id: str, *states: CallState, timeout: float = 12.0) -> None:
        """Wait for a call to be in one of the states."""
        async with asyncio.timeout(timeout):
            while self.state(call_id) not in states:
                self._changed.clear()
                await self._changed.wait()

    async def soon(self, what: Callable[[], object], timeout: float = 15.0) -> None:
        """Wait for something to become true."""
        async with asyncio.timeout(timeout):
            while not what():
                await asyncio.sleep(0.02)

    async def talking(self, number: str, agent: AgentLeg | None = None) -> str:
        """Place a call and wait until both legs are tapped."""
        call_id = await self.place(number, agent)
        await self.until(call_id, CallState.TALKING)
        # A tap whose first try Asterisk does not answer is tried again after the time-out of ARI.
        await self.soon(lambda: self.legs_heard(call_id) == frozenset(Leg))
        return call_id

    def legs_heard(self, call_id: str) -> frozenset[Leg]:
        return frozenset(frame.leg for _, frame in self.frames if frame.call_id == call_id)

    def heard(self, call_id: str, leg: Leg, since: float = 0.0) -> list[TapFrame]:
        """The frames of a leg that came after the monotonic instant `since`."""
        return [f for at, f in self.frames if f.call_id == call_id and f.leg is leg and at >= since]

    def ended(self, call_id: str) -> Transition:
        return next(s for s in self.steps if s.call_id == call_id and s.after is CallState.ENDED)

    def outcome(self, call_id: str) -> Classification:
        return classify(self.ended(call_id).evidence)

    async def finish(self, call_id: str) -> None:
        await self.engine.hang_up(call_id)
        await self.until(call_id, CallState.ENDED)


@contextlib.asynccontextmanager
async def rig(
    instance: Instance, trunk: Trunk = "practice", decision_ok: Callable[[str], bool] = lambda _: True
) -> AsyncIterator[Rig]:
    """A rig that is cleaned up whatever happens."""
    line = Rig(instance, trunk, decision_ok)
    await line.start()
    try:
        yield line
    finally:
        await line.close()


@contextlib.asynccontextmanager
async def carrier(
    instance: Instance, decide: Callable[[str], tuple[Decision, float]] = lambda _: ("answer", 0.2)
) -> AsyncIterator[SipPhone]:
    """The SIP carrier the instance dials; its debtors speak a tone."""
    address = instance.settings.carrier
    assert address is not None
    phone = SipPhone(
        ("127.0.0.1", instance.sip_port),
        user="carrier",
        ip=address.host,
        port=address.port,
        decide=decide,
        source=tone(DEBTOR_HZ),
    )
    await phone.start()
    try:
        yield phone
    finally:
        await phone.close()


@contextlib.asynccontextmanager
async def agent_phone(
    instance: Instance,
    extension: str,
    decide: Callable[[str], tuple[Decision, float]] = lambda _: ("answer", 0.05),
    *,
    hertz: float = AGENT_HZ,
) -> AsyncIterator[tuple[SipPhone, Phone]]:
    """A registered SIP phone that answers and speaks a tone."""
    phone = SipPhone(
        ("127.0.0.1", instance.sip_port),
        user=extension,
        secret=instance.phone_secret(extension),
        ip="127.0.0.4",
        decide=decide,
        source=tone(hertz),
    )
    await phone.start()
    try:
        yield phone, Phone(extension)
    finally:
        await phone.close()
