"""The guard on the line: any leg that dials outward without a valid decision is hung up and reported.

The dialplan already refuses to dial where no decision stands on the channel, and phones cannot reach the
carrier. The guard is there for what comes past both: another manager client, a hand on Asterisk's console,
a mistake.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping

import structlog

from dialer.ami import Ami, AmiError, AmiRefused
from dialer.followed import Packet
from dialer.legs import UnknownLeg, is_outward, number_of

_log = structlog.get_logger(__name__)

_GRACE = 0.5
"""Seconds a new outward channel may live before its dialling (and so its variables) has been seen."""

_DECISION, _CALL = "DUNLINE_DECISION", "DUNLINE_CALL"

DecisionOk = Callable[[str, str, str], Awaitable[bool]]
"""Whether a committed Permitted decision stands behind (decision id, call id, number)."""


class Guard:
    """Watches outward legs. `ours(decision, call, number)` says whether we placed that call ourselves."""

    def __init__(
        self,
        ami: Ami,
        ours: Callable[[str, str, str], bool],
        decision_ok: DecisionOk,
        on_unknown_leg: Callable[[UnknownLeg], None],
        spawn: Callable[[Coroutine[None, None, None]], None],
    ) -> None:
        self._ami = ami
        self._ours = ours
        self._decision_ok = decision_ok
        self._on_unknown_leg = on_unknown_leg
        self._spawn = spawn
        self._waiting: set[str] = set()

    def see(self, packet: Packet) -> None:
        """Look at one event of the manager interface."""
        if packet.name == "Newchannel":
            channel = packet.get("Channel")
            # A call coming in begins in state Ring; one going out begins Down.
            if is_outward(channel) and packet.get("ChannelStateDesc") == "Down":
                self._waiting.add(channel)
                self._spawn(self._in_a_moment(channel))
        elif packet.name == "DialBegin":
            channel = packet.get("DestChannel")
            if is_outward(channel):
                self._waiting.discard(channel)
                number = number_of(channel, packet.get("DialString"))
                self._spawn(self.check(channel, number, _variables(packet.all("DestChanVariable"))))

    async def check(self, channel: str, number: str, seen: Mapping[str, str] | None = None) -> None:
        """Hang an outward leg up unless a valid decision for its number stands on it.

        `seen` holds variables that came with the event: a leg that fails at once is gone before it can be
        asked.
        """
        decision = (seen or {}).get(_DECISION) or await self._variable(channel, _DECISION)
        call_id = (seen or {}).get(_CALL) or await self._variable(channel, _CALL)
        reason = await self._fault(decision, call_id, number)
        if reason:
            await self.expel(channel, number, decision, reason)

    async def expel(self, channel: str, number: str, decision: str, reason: str) -> None:
        """Hang a leg up and report it."""
        _log.error("guard.expelled", channel=channel, number=number, decision=decision, reason=reason)
        try:
            await self._ami.action("Hangup", {"Channel": channel, "Cause": "21"})
        except AmiError as error:
            reason = f"{reason}; hanging it up: {error}"
        self._on_unknown_leg(UnknownLeg(channel, number, decision, reason))

    async def _in_a_moment(self, channel: str) -> None:
        await asyncio.sleep(_GRACE)
        if channel in self._waiting:
            self._waiting.discard(channel)
            await self.check(channel, number_of(channel, ""))

    async def _fault(self, decision: str, call_id: str, number: str) -> str:
        """Say what is wrong with a leg; nothing where a decision covers it."""
        if not decision or not call_id:
            return "no decision stands on the channel"
        if not number:
            return "what it dials cannot be told"
        if self._ours(decision, call_id, number):
            return ""
        try:
            return "" if await self._decision_ok(decision, call_id, number) else "the decision is not valid"
        except Exception as error:  # whatever keeps the book from answering, the answer is no
            _log.exception("guard.book", call_id=call_id, decision=decision)
            return f"the book could not confirm the decision: {error}"

    async def _variable(self, channel: str, name: str) -> str:
        try:
            answer = await self._ami.action("Getvar", {"Channel": channel, "Variable": name})
        except AmiRefused:  # the channel is gone already, or the variable is not set
            return ""
        except AmiError as error:
            _log.warning("guard.unread", channel=channel, variable=name, error=str(error))
            return ""
        return answer.get("Value")


def _variables(settings: Iterable[str]) -> dict[str, str]:
    """Read ``NAME=value`` headers."""
    return {name: value for name, _, value in (text.partition("=") for text in settings)}
