"""Nothing dials outward without a decision: not a console, not another manager client, not a phone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from dialer.asterisk.instance import Instance
from tests.dialer.rig import carrier, rig

pytestmark = pytest.mark.asterisk


async def raw_originate(
    instance: Instance,
    channel: str,
    exten: str = "s",
    variables: Mapping[str, str] | None = None,
    *,
    context: str = "dunline-call",
) -> None:
    """Originate as another manager client would, past everything of ours."""
    reader, writer = await asyncio.open_connection(instance.ami.host, instance.ami.port)
    login = [
        "Action: Login",
        f"Username: {instance.ami.username}",
        f"Secret: {instance.ami.secret}",
        "Events: off",
    ]
    call = [
        "Action: Originate",
        f"Channel: {channel}",
        f"Context: {context}",
        f"Exten: {exten}",
        "Priority: 1",
        "Async: true",
        *(f"Variable: {name}={value}" for name, value in (variables or {}).items()),
    ]
    answers = ""
    for lines in (login, call):
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answers += (await reader.readuntil(b"\r\n\r\n")).decode()
    writer.close()
    await writer.wait_closed()
    assert "Originate successfully queued" in answers


async def test_a_leg_put_out_by_hand_is_hung_up_and_reported(asterisk: Instance) -> None:
    async with carrier(asterisk, lambda _: ("answer", 0.0)) as out, rig(asterisk, "carrier") as line:
        await raw_originate(asterisk, "PJSIP/+13125550180@carrier", context="dunline-wait")
        await line.soon(lambda: line.unknown)
        assert line.unknown[0].number == "+13125550180"
        assert line.unknown[0].decision_id == ""
        await line.soon(lambda: not out.invites or out.call_to("+13125550180").ended)


async def test_a_forged_decision_does_not_hold(asterisk: Instance) -> None:
    asked: list[str] = []

    def decision_ok(decision: str) -> bool:
        asked.append(decision)
        return decision == "good"

    async with (
        carrier(asterisk, lambda _: ("ring", 0.0)) as out,
        rig(asterisk, "carrier", decision_ok) as line,
    ):
        agent = f"AudioSocket/{line.audio.address}/00000000-1111-4111-8111-000000000000/c(slin16)"
        for decision, number in (("forged", "+13125550181"), ("good", "+13125550182")):
            quoted = {"DUNLINE_CALL": "other-call", "DUNLINE_DECISION": decision, "DUNLINE_VIA": "carrier"}
            inherited = {f"__{name}": value for name, value in quoted.items()} | {"DUNLINE_RING": "2"}
            await raw_originate(asterisk, agent, number, inherited)
        await line.soon(lambda: line.unknown)
        await line.soon(lambda: out.call_to("+13125550181").ended)
        await line.soon(lambda: set(asked) == {"forged", "good"})
        assert [(leg.number, leg.decision_id) for leg in line.unknown] == [("+13125550181", "forged")]
        assert not out.call_to("+13125550182").ended


async def test_a_valid_decision_does_not_cover_another_number(asterisk: Instance) -> None:
    async with carrier(asterisk) as out, rig(asterisk, "carrier", lambda _: False) as line:
        call = await line.talking("+13125550183")
        status = line.engine.snapshot(call)
        assert status is not None
        await line.ami.action(
            "Redirect",
            {
                "Channel": status.agent_channel,
                "Context": "dunline-call",
                "Exten": "+13125550184",
                "Priority": "1",
            },
        )
        await line.soon(lambda: line.unknown)
        assert line.unknown[0].number == "+13125550184"
        await line.soon(lambda: "+13125550184" not in out.invites or out.call_to("+13125550184").ended)


async def test_without_a_decision_the_dialplan_dials_nothing_and_phones_reach_nobody(
    asterisk: Instance,
) -> None:
    async with carrier(asterisk) as out, rig(asterisk, "carrier") as line:
        for context in ("dunline-call", "agents", "practice-debtor", "from-carrier"):
            await raw_originate(asterisk, f"Local/+13125550185@{context}", context="dunline-wait")
        nothing = {"__DUNLINE_CALL": "x", "__DUNLINE_VIA": "carrier"}
        uuid = "00000000-2222-4222-8222-000000000000"
        agent = f"AudioSocket/{line.audio.address}/{uuid}/c(slin16)"
        await raw_originate(asterisk, agent, "+13125550186", nothing)
        await line.soon(lambda: uuid in line.audio.legs and line.audio.legs[uuid].ended)
        await asyncio.sleep(0.3)
        assert out.invites == []
