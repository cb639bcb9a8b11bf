"""Taking calls up again: after a restart of the switchboard, and after Asterisk or the way to it was away.

What only the engine knew (a card pause, mute, where the timeline stood at a hold) is kept as variables on the
agent's channel, so that it lives exactly as long as the call and is found again with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from dialer.ami import Ami, AmiError, AmiRefused
from dialer.call import Call, CallEvent, CallState, Transition
from dialer.followed import Followed, LegUp, Need
from dialer.guard import Guard
from dialer.legs import number_of
from dialer.recording import RecordingError, file_names, seconds, wait_until_final
from dialer.resync import Adopted, ChannelRow, KnownCall, Sorted, Standing, sort_out

_log = structlog.get_logger(__name__)

_KEPT = ("POSITION", "RESUMED", "CARD", "MUTED")
_DIALED = frozenset({CallState.RINGING, CallState.TALKING, CallState.HELD})


class Adoption:
    """Matches the calls that should be up with the channels that are."""

    def __init__(
        self,
        ami: Ami,
        calls: MutableMapping[str, Followed],
        recordings: Path,
        guard: Guard,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._ami = ami
        self._calls = calls
        self._recordings = recordings
        self._guard = guard
        self._clock = clock
        self._now = monotonic

    async def adopt(self, known: Sequence[KnownCall], on_transition: Callable[[Transition], None]) -> Adopted:
        """Take up what the book believes is up. Raises AmiError."""
        for call in known:
            self._calls.setdefault(call.call_id, _followed(call, on_transition))
        found = await self._look([call.call_id for call in known])
        for standing in found.standing:
            one = self._calls[standing.call_id]
            if standing.agent is not None:
                await self._recall(one, standing.agent.channel)
            self._refresh(one, standing)
        for call_id in found.gone:
            await self._end_lost(self._calls[call_id])
        unknown = 0
        for row in found.strays:
            if row.linkedid not in self._calls:
                number = number_of(row.channel, "")
                await self._guard.expel(row.channel, number, "", "no call in the book owns this leg")
                unknown += 1
        up = tuple(standing.call_id for standing in found.standing if standing.call_id in self._calls)
        return Adopted(up, found.gone, unknown)

    async def resync(self) -> Mapping[str, frozenset[Need]]:
        """Set followed calls right after Asterisk was out of sight; say what each needs. Raises AmiError."""
        # A call whose agent leg was never seen is the business of whoever placed it.
        watched = [one.call_id for one in self._calls.values() if one.agent.channel]
        found = await self._look(watched)
        for standing in found.standing:
            if (one := self._calls.get(standing.call_id)) is not None:
                self._refresh(one, standing)
        for call_id in found.gone:
            if (one := self._calls.get(call_id)) is not None:
                await self._end_lost(one)
        for row in found.strays:
            if row.linkedid not in self._calls:
                await self._guard.check(row.channel, number_of(row.channel, ""))
        return {call_id: self.needs(call_id) for call_id in tuple(self._calls)}

    def needs(self, call_id: str) -> frozenset[Need]:
        """Say what a call needs as it stands."""
        one = self._calls.get(call_id)
        if one is None:
            return frozenset()
        return frozenset({Need.TAPS}) if one.connected else one.after_hangup(self._clock())

    async def is_up(self, call_id: str) -> bool:
        """Whether Asterisk has the call's agent leg, or another leg of the call. Raises AmiError."""
        found = await self._look([call_id])
        return bool(found.standing)

    async def remember(self, one: Followed, facts: Mapping[str, str]) -> None:
        """Keep facts on the agent's channel for whoever takes the call up; the call goes on without."""
        for name, value in facts.items():
            try:
                await self._ami.action(
                    "Setvar",
                    {"Channel": one.agent.channel, "Variable": f"DUNLINE_{name}", "Value": value},
                )
            except AmiError as error:
                _log.warning("adoption.not-kept", call_id=one.call_id, fact=name, error=str(error))

    async def written(self, call_id: str) -> None:
        """Wait until a leg that has gone has written its recording to the end; go on soon in any case."""
        try:
            await wait_until_final(self._recordings / file_names(call_id)["mixed"], timeout=1.5)
        except (RecordingError, OSError) as error:
            _log.warning("adoption.not-written", call_id=call_id, error=str(error))

    async def _look(self, known: Sequence[str]) -> Sorted:
        rows = await self._ami.list("CoreShowChannels")
        return sort_out(map(ChannelRow.of, rows), known)

    async def _recall(self, one: Followed, channel: str) -> None:
        """Find again what the engine that placed the call kept on its channel."""
        kept = {name: await self._variable(channel, f"DUNLINE_{name}") for name in _KEPT}
        one.card_pause, one.muted = bool(kept["CARD"]), bool(kept["MUTED"])
        if one.recording_started is None:
            recorded = await asyncio.to_thread(self._recorded, one.call_id)
            if recorded:
                one.recording_started = self._clock() - timedelta(seconds=recorded)
        if one.recording_started is None:
            return
        now = self._clock()
        position = (now - one.recording_started).total_seconds()
        if kept["POSITION"]:
            position = _number(kept["POSITION"])
            if kept["RESUMED"]:
                position += (now - datetime.fromtimestamp(_number(kept["RESUMED"]), UTC)).total_seconds()
        one.timeline.run(self._now(), position)
        one.timeline.stop(self._now())

    def _refresh(self, one: Followed, standing: Standing) -> None:
        """Bring a call to what its channels say."""
        at, now = self._clock(), self._now()
        raw = {"resync": "yes"}
        one.agent = _leg(standing.agent, one.agent)
        one.debtor = _leg(standing.debtor, one.debtor)
        if standing.agent is not None and standing.agent.state == "Up":
            one.call.note({"agent_up": "yes"})
            one.call.apply(CallEvent.AGENT_ANSWERS, at, raw)
        if standing.debtor is not None:
            one.call.note({"dialed": "yes"})
            one.call.apply(CallEvent.DIALED, at, raw)
            if standing.debtor.state == "Ringing":
                one.call.note({"ringing": "yes"})
                one.call.apply(CallEvent.RINGS, at, raw)
            if standing.connected or standing.held:
                one.call.note({"answered": "yes"})
                one.call.apply(CallEvent.ANSWERED, at, raw)
        if standing.connected:
            one.recording_started = one.recording_started or at
            one.timeline.run(now)
            one.call.apply(CallEvent.RESUMED, at, raw)
        else:
            one.timeline.stop(now)
            if standing.held:
                one.call.apply(CallEvent.HELD, at, raw)

    async def _end_lost(self, one: Followed) -> None:
        """End a call nobody saw end. A recording that holds sound proves that both sides were connected."""
        recorded = await asyncio.to_thread(self._recorded, one.call_id)
        if one.ended:
            return
        at = self._clock()
        facts = {"lost": "Asterisk no longer knows the call"}
        if recorded:
            facts |= {"answered": "yes", "dialed": "yes", "recorded_seconds": f"{recorded:.1f}"}
            if one.recording_started is not None:
                # Holds are not recorded: the call ended then or later, and no later moment is known.
                at = min(at, one.recording_started + timedelta(seconds=recorded))
        one.call.note(facts)
        one.call.apply(CallEvent.LOST, at)

    def _recorded(self, call_id: str) -> float:
        try:
            return seconds(self._recordings / file_names(call_id)["mixed"])
        except (OSError, RecordingError):
            return 0.0

    async def _variable(self, channel: str, name: str) -> str:
        try:
            answer = await self._ami.action("Getvar", {"Channel": channel, "Variable": name})
        except AmiRefused:
            return ""
        return answer.get("Value")


def _followed(known: KnownCall, on_transition: Callable[[Transition], None]) -> Followed:
    call = Call(
        known.call_id,
        on_transition,
        state=known.state,
        since=known.talk_started or known.recording_started,
        talk_started=known.talk_started,
    )
    if known.state in _DIALED:
        call.note({"agent_up": "yes", "dialed": "yes"})
    if known.state is CallState.RINGING:
        call.note({"ringing": "yes"})
    if known.talk_started is not None:
        call.note({"answered": "yes"})
    return Followed(call, known.number, known.decision_id, recording_started=known.recording_started)


def _leg(row: ChannelRow | None, before: LegUp) -> LegUp:
    if row is None:
        return LegUp(before.uniqueid, before.channel, gone=bool(before.channel))
    return LegUp(row.uniqueid, row.channel, row.bridge, native_format=before.native_format)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
