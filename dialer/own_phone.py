"""Ringing a signed-in user's own phone: the order for it, which cannot name anything outside.

This is not a call to a debtor and needs no permit of the gate. What keeps it apart from one:

* the channel is ``PJSIP/`` and digits, which is how phones of this house are named and nothing else is;
* the context is the dialplan's ``dunline-own-phone``, in which nothing dials;
* what happens there is one of :class:`Job`;
* the few values it needs are checked here against a pattern, and filtered again in the dialplan.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialer.legs import BadLeg
from dialer.recording import valid_call_id

CONTEXT = "dunline-own-phone"
TAKE_OVER_CONTEXT = "dunline-take-over"
RINGS_FOR = 25
"""Seconds the phone rings."""

_EXTENSION = re.compile(r"[0-9]{2,8}")
_CHANNEL_ID = re.compile(r"[A-Za-z0-9.-]{8,100}")
_CLIP = re.compile(r"[0-9a-f]{16,64}")
_MARK = ".own-"


class Job(StrEnum):
    """What an own phone is rung for; each value is an extension of the context."""

    LISTEN = "listen"
    """Hear both sides of a call; nobody hears the listener."""
    WHISPER = "whisper"
    """Hear both sides; the agent alone hears the listener."""
    BARGE = "barge"
    """Hear both sides; both sides hear the listener."""
    READY = "ready"
    """Wait to take a call over."""
    PLAY = "play"
    """Hear a stretch of a recording."""


SPYING = frozenset({Job.LISTEN, Job.WHISPER, Job.BARGE})


@dataclass(frozen=True, slots=True)
class OwnPhoneOrder:
    """One ring of one phone of this house. Raises BadLeg for a value that could be anything else."""

    extension: str
    job: Job
    channel_id: str
    """The unique id its channel gets."""
    spy: str = ""
    """The unique id of the channel to listen to."""
    clip: str = ""
    """The name of a file in ``spool/clips``, without its ending."""

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Raise BadLeg unless every value is of its pattern, and belongs to the job."""
        if not isinstance(self.job, Job):
            raise BadLeg(f"{self.job!r} is not something an own phone is rung for")
        for name, value, pattern, wanted in (
            ("extension", self.extension, _EXTENSION, True),
            ("channel id", self.channel_id, _CHANNEL_ID, True),
            ("channel to listen to", self.spy, _CHANNEL_ID, self.job in SPYING),
            ("clip", self.clip, _CLIP, self.job is Job.PLAY),
        ):
            if wanted != bool(value):
                raise BadLeg(f"{self.job}: the {name} is {'missing' if wanted else 'not asked for'}")
            if value and not (isinstance(value, str) and pattern.fullmatch(value)):
                raise BadLeg(f"{value!r} cannot be the {name} of an own phone's ring")

    def headers(self) -> Mapping[str, str]:
        """What the manager interface is told."""
        return {
            "Channel": f"PJSIP/{self.extension}",
            "Context": CONTEXT,
            "Exten": self.job.value,
            "Priority": "1",
            "Timeout": str(RINGS_FOR * 1000),
            "ChannelId": self.channel_id,
        }

    def variables(self) -> Mapping[str, str]:
        """What the dialplan reads; no variable passes on to another channel."""
        given = {"DUNLINE_SPY": self.spy, "DUNLINE_CLIP": self.clip}
        return {name: value for name, value in given.items() if value}


def new_channel_id(call_id: str) -> str:
    """Return an id for an own phone's channel that concerns a call."""
    return f"{call_id}{_MARK}{secrets.token_hex(6)}"


def call_of(channel_id: str) -> str:
    """Return the call an own phone's channel concerns; empty for any other channel."""
    call_id, mark, _ = channel_id.partition(_MARK)
    return call_id if mark and valid_call_id(call_id) else ""
