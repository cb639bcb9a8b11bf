"""Sorting out what is up after the switchboard or Asterisk came back: pure, from one list of channels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from dialer.call import CallState
from dialer.followed import Packet
from dialer.legs import is_outward
from dialer.own_phone import CONTEXT, call_of


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel as CoreShowChannels lists it."""

    channel: str
    uniqueid: str
    linkedid: str
    state: str
    """Asterisk's name of the channel's state: Down, Ring, Ringing, Up and so on."""
    context: str
    bridge: str

    @classmethod
    def of(cls, packet: Packet) -> ChannelRow:
        """Read one CoreShowChannel event."""
        return cls(
            channel=packet.get("Channel"),
            uniqueid=packet.get("Uniqueid"),
            linkedid=packet.get("Linkedid"),
            state=packet.get("ChannelStateDesc"),
            context=packet.get("Context"),
            bridge=packet.get("BridgeId"),
        )


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call the book believes is up."""

    call_id: str
    decision_id: str
    number: str
    state: CallState
    recording_started: datetime | None = None
    talk_started: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A call that is still up, and its legs; one of them may be gone."""

    call_id: str
    agent: ChannelRow | None
    debtor: ChannelRow | None

    @property
    def connected(self) -> bool:
        """Whether both legs are in one bridge."""
        return bool(self.agent and self.debtor and self.agent.bridge) and (
            self.agent is not None and self.debtor is not None and self.agent.bridge == self.debtor.bridge
        )

    @property
    def held(self) -> bool:
        """Whether the debtor hears music."""
        return self.debtor is not None and self.debtor.context == "dunline-hold" and not self.connected


@dataclass(frozen=True, slots=True)
class Sorted:
    """What is up, what is gone, and what should not be there."""

    standing: tuple[Standing, ...]
    gone: tuple[str, ...]
    """Ids of known calls with no leg left."""
    strays: tuple[ChannelRow, ...]
    """Legs to a debtor that belong to no known call."""


def sort_out(rows: Iterable[ChannelRow], known: Collection[str]) -> Sorted:
    """Match the channels with the calls in `known`.

    A call's agent leg has the call's id as its unique id, or is the phone of whoever took the call over; its
    debtor leg leads outward and is linked to it.
    """
    agents: dict[str, ChannelRow] = {}
    debtors: dict[str, ChannelRow] = {}
    strays: list[ChannelRow] = []
    for row in rows:
        if row.uniqueid in known:
            agents.setdefault(row.uniqueid, row)
        elif row.context != CONTEXT and (taken := call_of(row.uniqueid)) in known:
            agents[taken] = row
        elif is_outward(row.channel):
            if row.linkedid in known and row.linkedid not in debtors:
                debtors[row.linkedid] = row
            else:
                strays.append(row)
    up = [Standing(call_id, agents.get(call_id), debtors.get(call_id)) for call_id in known]
    return Sorted(
        tuple(one for one in up if one.agent or one.debtor),
        tuple(one.call_id for one in up if not (one.agent or one.debtor)),
        tuple(strays),
    )


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of the calls the book believed open."""

    followed: tuple[str, ...]
    """Still up, and followed again."""
    ended: tuple[str, ...]
    """Gone: their end has been told by a transition."""
    unknown: int
    """Outward legs of no known call, hung up and reported."""
