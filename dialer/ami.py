"""Asterisk's manager interface for asyncio, on asterisk-ami with its traps closed.

Errors::

    AmiError
    ├── AmiUnreachable      nothing that speaks AMI answers at the address
    ├── AmiLoginRefused     Asterisk answers but does not let us in
    ├── AmiLost             the connection is down, or broke before the answer came
    ├── AmiTimeout          no answer in time
    ├── AmiRefused          Asterisk answered with an error
    └── AmiUnsafe           the action must not be sent, and was not

After AmiLost and AmiTimeout it is unknown whether the action was carried out. Nothing is ever sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from compliance.permit import Permit, PermitError
from dialer.ami_errors import (
    AmiError,
    AmiLoginRefused,
    AmiLost,
    AmiRefused,
    AmiTimeout,
    AmiUnreachable,
    AmiUnsafe,
)
from dialer.ami_link import NONE, AmiState, Headers, Link, within
from dialer.ami_wire import Packet, SafeAction
from dialer.asterisk.addresses import AmiAddress
from dialer.own_phone import OwnPhoneOrder

__all__ = [
    "Ami",
    "AmiAddress",
    "AmiError",
    "AmiLoginRefused",
    "AmiLost",
    "AmiRefused",
    "AmiState",
    "AmiTimeout",
    "AmiUnreachable",
    "AmiUnsafe",
    "Packet",
]

_STARTS_CALLS = {
    "originate": "a call is placed with Ami.originate, which wants a permit",
    "atxfer": "it calls a third party without a permit",
    "command": "the console can start calls",
    "dialplanextensionadd": "the dialplan can start calls",
    "messagesend": "a text message is a contact and wants a permit",
    "moduleload": "the modules that start calls are left out on purpose",
}


class Ami(Link):
    """A connection to Asterisk that comes back by itself; it starts no contact but what a permit allows.

    ``timeout`` is how long an answer may take, ``ping_every`` how long silence is believed, both in seconds.
    """

    def __init__(self, address: AmiAddress, *, timeout: float = 5.0, ping_every: float = 10.0) -> None:
        super().__init__(address, timeout=timeout, ping_every=ping_every)
        self._spent: dict[str, datetime] = {}

    async def action(
        self,
        name: str,
        headers: Headers = NONE,
        variables: Mapping[str, str] = NONE,
        timeout: float | None = None,
    ) -> Packet:
        """Have Asterisk do something; return its answer.

        Raises AmiRefused (Asterisk's own words), AmiTimeout, AmiLost, or AmiUnsafe: a value with CR, LF or
        NUL, and every action that could start a contact.
        """
        if name.lower() in _STARTS_CALLS:
            raise AmiUnsafe(f"{name} is not sent: {_STARTS_CALLS[name.lower()]}")
        return await self._ask(name, headers, variables, timeout)

    async def list(
        self, name: str, headers: Headers = NONE, timeout: float | None = None
    ) -> tuple[Packet, ...]:
        """Ask for a list; return its entries once it is complete. Raises what `action` raises."""
        if name.lower() in _STARTS_CALLS:
            raise AmiUnsafe(f"{name} is not a list")
        return await self._list(name, headers, timeout)

    async def originate(
        self,
        permit: Permit,
        number: str,
        now: datetime,
        headers: Headers,
        variables: Mapping[str, str] = NONE,
    ) -> None:
        """Place the call a permit allows, once; return when Asterisk has taken the order (always ``Async``).

        The number goes out as ``Exten``, and the permit must be for it. Raises PermitError, and what `action`
        raises. After AmiTimeout or AmiLost the call may be under way: look at the events. Never sent again.
        """
        if not isinstance(permit, Permit):
            raise PermitError("a call needs a permit of the gate")
        permit.check(number, now)
        if headers.get("Exten") != number:
            raise AmiUnsafe("Originate: Exten is not the number the permit is for")
        if any(key.lower() in {"variable", "application", "data", "async"} for key in headers):
            raise AmiUnsafe("Originate: Variable, Application, Data and Async are not the caller's to set")
        self._spent = {decision: until for decision, until in self._spent.items() if until > now}
        if permit.decision_id in self._spent:
            raise PermitError(f"the permit {permit.decision_id} has been used already")
        connection = self._current()
        action_id = connection.next_action_id()
        action = SafeAction("Originate", {**headers, "Async": "true"}, variables, action_id)
        self._spent[permit.decision_id] = permit.expires
        async with within(self.timeout, "Originate"):
            await self._exchange(connection, action, action_id)

    async def ring_own_phone(self, order: OwnPhoneOrder) -> None:
        """Ring a phone of this house; return when Asterisk has taken the order (always ``Async``).

        Nothing of it is the caller's to set but what an OwnPhoneOrder holds, and that leads nowhere outside.
        Raises BadLeg, and what `action` raises. Never sent again.
        """
        if type(order) is not OwnPhoneOrder:
            raise AmiUnsafe("a phone of this house is rung with an OwnPhoneOrder")
        order.check()
        connection = self._current()
        action_id = connection.next_action_id()
        action = SafeAction("Originate", {**order.headers(), "Async": "true"}, order.variables(), action_id)
        async with within(self.timeout, "Originate"):
            await self._exchange(connection, action, action_id)
