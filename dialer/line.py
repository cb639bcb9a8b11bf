"""The line to Asterisk as the engine's parts use it: actions with errors an agent can read, and the phones.

Errors (all ``dialer.call.CallError``)::

    CallError
     +- IllegalEvent    (dialer.call)  the call is in a state where this cannot be done
     +- BadLeg          (dialer.legs)  a number, extension, id or digits that cannot be used
     +- NotPermitted    the permit does not cover this call, or was forged
     +- NoSuchCall      no call with this id is up here
     +- LineDown        Asterisk does not answer
     +- LineRefused     Asterisk refused; the message says what
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from dialer.ami import Ami, AmiError, AmiRefused, Packet
from dialer.call import CallError


class NotPermitted(CallError):
    """The permit does not cover this call, or was forged."""


class NoSuchCall(CallError):
    """No call with this id is up here."""


class LineDown(CallError):
    """Asterisk does not answer."""


class LineRefused(CallError):
    """Asterisk refused what was asked."""


class Line:
    """Asks Asterisk to do things to channels. It cannot start a call."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami
        self._phones: frozenset[str] = frozenset()

    async def ask(self, action: str, headers: Mapping[str, str]) -> Packet:
        """Have Asterisk do something. Raises LineRefused or LineDown."""
        try:
            return await self._ami.action(action, headers)
        except AmiRefused as error:
            raise LineRefused(f"Asterisk refused {action}: {error}") from error
        except AmiError as error:
            raise LineDown(f"Asterisk did not take {action}: {error}") from error

    async def hang_up(self, channel: str) -> None:
        """Hang a channel up. Raises LineRefused (it is gone) or LineDown."""
        await self.ask("Hangup", {"Channel": channel, "Cause": "16"})

    async def hang_up_if_there(self, channel: str) -> None:
        """Hang a channel up; one that went by itself is no error. Raises LineDown."""
        with contextlib.suppress(LineRefused):
            await self.hang_up(channel)

    async def value(self, channel: str, name: str) -> str:
        """Return a channel's variable or function; empty where it is unset. Raises LineRefused, LineDown."""
        return (await self.ask("Getvar", {"Channel": channel, "Variable": name})).get("Value")

    async def read_phones(self) -> None:
        """Learn the agents' phones: the endpoints named by digits. Raises AmiError."""
        endpoints = await self._ami.list("PJSIPShowEndpoints")
        names = (packet.get("ObjectName").partition("/")[0] for packet in endpoints)
        self._phones = frozenset(name for name in names if name.isascii() and name.isdigit())

    def has_phone(self, extension: str) -> bool:
        """Whether an extension is one of the agents' phones, registered or not."""
        return extension in self._phones
