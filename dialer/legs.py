"""The legs of a call: how the agent is reached, what may be dialled, and which channels go out.

Every text that ends up in an Asterisk header or variable is checked here against a pattern first, so a phone
number or a name from outside can never become a second header, a dial option or a file name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dialer.asterisk.addresses import HostPort
from dialer.call import CallError
from dialer.recording import valid_call_id

Trunk = Literal["carrier", "practice"]
"""Where debtors' legs go: the SIP carrier, or the practice line."""

_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_EXTENSION = re.compile(r"[0-9]{2,8}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DECISION = re.compile(r"[A-Za-z0-9:._-]{1,64}")
_DIGITS = re.compile(r"[0-9*#]{1,32}")
_PJSIP = re.compile(r"PJSIP/(?P<endpoint>.+)-[0-9a-f]+")
_PRACTICE = re.compile(r"Local/(?P<number>[+0-9]+)@practice-debtor-[0-9a-f]+;1")
_WIDE = re.compile(r"g722|slin(16|24|32|44|48|96|192)|opus|silk(16|24)|siren")


class BadLeg(CallError):
    """A number, extension, id or digits that cannot be used; the message names which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Phone:
    """The agent's registered SIP phone."""

    extension: str


@dataclass(frozen=True, slots=True)
class Practice:
    """The agent's leg on the practice line: an AudioSocket stream that names itself `uuid`."""

    uuid: str


AgentLeg = Phone | Practice


@dataclass(frozen=True, slots=True)
class UnknownLeg:
    """A leg that dialled outward without a valid decision. It has been hung up."""

    channel: str
    number: str
    """What it dialled, as far as can be told; empty where it cannot."""
    decision_id: str
    """The decision it quoted; empty if none."""
    reason: str


def agent_channel(agent: AgentLeg, practice: HostPort | None) -> str:
    """Return the channel to originate for the agent's leg. Raises BadLeg."""
    if isinstance(agent, Phone):
        if not _EXTENSION.fullmatch(agent.extension):
            raise BadLeg(f"{agent.extension!r} is not an extension: 2 to 8 digits")
        return f"PJSIP/{agent.extension}"
    if practice is None:
        raise BadLeg("no practice line is set up: sign in with the extension of a phone")
    if not _UUID.fullmatch(agent.uuid):
        raise BadLeg(f"{agent.uuid!r} is not a UUID: the practice line cannot know this leg")
    return f"AudioSocket/{practice}/{agent.uuid}/c(slin16)"


def checked_number(number: str) -> str:
    """Return a phone number fit to dial. Raises BadLeg."""
    if not _NUMBER.fullmatch(number):
        raise BadLeg(f"{number!r} is not a phone number: 3 to 15 digits, + in front at most")
    return number


def checked_caller_id(number: str) -> str:
    """Return the number to show, or nothing; a name is never sent. Raises BadLeg."""
    return checked_number(number) if number else ""


def checked_call_id(call_id: str) -> str:
    """Return a call id fit to be a channel's id and a file's name. Raises BadLeg."""
    if not valid_call_id(call_id):
        raise BadLeg(f"{call_id!r} is not a call id: 8 to 64 letters, digits and hyphens")
    return call_id


def checked_decision(decision_id: str) -> str:
    """Return a decision's id fit to be quoted on a channel. Raises BadLeg."""
    if not _DECISION.fullmatch(decision_id):
        raise BadLeg(f"{decision_id!r} is not a decision's id: letters, digits and :._- only")
    return decision_id


def checked_digits(digits: str) -> str:
    """Return DTMF digits. Raises BadLeg."""
    if not _DIGITS.fullmatch(digits):
        raise BadLeg(f"{digits!r} cannot be keyed: up to 32 of 0-9, * and #")
    return digits


def is_outward(channel: str) -> bool:
    """Whether a channel's name is that of a leg to a debtor: the carrier's, or a practice debtor's.

    Agents' phones are endpoints named by digits; any other SIP endpoint leads out.
    """
    if (sip := _PJSIP.fullmatch(channel)) is not None:
        return not sip["endpoint"].isdigit()
    return _PRACTICE.fullmatch(channel) is not None


def number_of(channel: str, dialed: str) -> str:
    """Return the number an outward leg dialled, from its name or the dial string; empty if neither says."""
    if (practice := _PRACTICE.fullmatch(channel)) is not None:
        return practice["number"]
    number = dialed.partition("@")[0].rpartition("/")[2]
    return number if _NUMBER.fullmatch(number) else ""


def rate_of(native_format: str) -> int:
    """Return the rate in Hz at which a leg is worth tapping, from CHANNEL(audionativeformat)."""
    return 16000 if _WIDE.search(native_format) else 8000
