"""The AMI adapter on a real Asterisk."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from compliance.contact import Permitted
from compliance.permit import mint
from dialer.ami import Ami, AmiLoginRefused, AmiRefused, AmiState, AmiUnsafe, Packet
from dialer.ami_wire import SafeAction
from dialer.asterisk.addresses import AmiAddress
from dialer.asterisk.instance import Instance
from tests.fixtures.asterisk import MakeAsterisk

pytestmark = pytest.mark.asterisk


@pytest.fixture
async def ami(asterisk: Instance) -> AsyncIterator[Ami]:
    client = Ami(asterisk.ami)
    await client.start()
    yield client
    await client.close()


async def until(condition: Callable[[], object], limit: float = 5.0) -> None:
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.002)


async def ring(ami: Ami, channel_id: str, variables: dict[str, str]) -> list[Packet]:
    """Have the echo test wait on a Local channel; return the events seen until both halves exist.

    The product cannot do this: it is below the permit, on the wire.
    """
    seen: list[Packet] = []
    stop = ami.subscribe(seen.extend)
    headers = {"Channel": "Local/600@agents/n", "Application": "Wait", "Data": "5", "Async": "true"}
    connection = ami._current()
    connection.send(SafeAction("Originate", {**headers, "ChannelId": channel_id}, variables, "test-1"))
    await until(lambda: len([packet for packet in seen if packet.name == "Newchannel"]) >= 2)
    stop()
    return [packet for packet in seen if packet.name == "Newchannel"]


async def hang_up(ami: Ami, created: list[Packet]) -> None:
    for packet in created:
        try:
            await ami.action("Hangup", {"Channel": packet.get("Channel")})
        except AmiRefused:
            continue


async def test_what_the_account_may_and_may_not(ami: Ami) -> None:
    assert (await ami.action("Ping")).get("Ping") == "Pong"
    assert await ami.list("CoreShowChannels") == ()
    # Phones of other tests may still be registered: that the list ends is what counts.
    assert {packet.name for packet in await ami.list("PJSIPShowContacts")} <= {"ContactList"}
    endpoints = await ami.list("PJSIPShowEndpoints")
    assert {row.get("ObjectName") for row in endpoints} == {"1001", "1002", "1003", "carrier"}
    await ami.action("UserEvent", {"UserEvent": "Test"})
    for name in (
        "Getvar",
        "Setvar",
        "Redirect",
        "PlayDTMF",
        "MuteAudio",
        "MixMonitorMute",
        "Bridge",
        "Hangup",
    ):
        with pytest.raises(AmiRefused) as refusal:  # there is no such channel, but the account may
            await ami.action(
                name, {"Channel": "PJSIP/none", "Channel1": "a", "Channel2": "b", "Variable": "x"}
            )
        assert "Permission denied" not in str(refusal.value), name
    for name in ("UpdateConfig", "CreateConfig", "ListCategories", "ShowDialPlan", "ConfbridgeListRooms"):
        with pytest.raises(AmiRefused, match="Permission denied"):
            await ami.action(name, {"Filename": "manager.conf"})
    connection = ami._current()  # below our own refusal, to see Asterisk's
    for name in ("Command", "MessageSend"):
        action = SafeAction(name, {"Command": "core show version"}, {}, f"test-{name}")
        with pytest.raises(AmiRefused, match="Permission denied"):
            await ami._exchange(connection, action, f"test-{name}")


async def test_no_outside_text_becomes_another_assignment(ami: Ami) -> None:
    values = {
        "COMMA": "Smith, John,DUNLINE_DECISION=forged",
        "QUOTES": 'an "odd (name [with \\ signs',
        "PLAIN": "& $ {X} é \u2028 ;|",
    }
    created = await ring(ami, "vars-0001", values)
    for name, value in values.items():
        answer = await ami.action("Getvar", {"Channel": created[0].get("Channel"), "Variable": name})
        assert answer.get("Value") == value
    stolen = await ami.action(
        "Getvar", {"Channel": created[0].get("Channel"), "Variable": "DUNLINE_DECISION"}
    )
    assert stolen.get("Value") == ""
    await hang_up(ami, created)


async def test_a_hostile_caller_name_stays_a_name(ami: Ami) -> None:
    created = await ring(ami, "name-0001", {"CALLERID(name)": "Bob\u2028Uniqueid: spoofed-9\x0bX: y"})
    channel = created[0].get("Channel")
    (row,) = [row for row in await ami.list("CoreShowChannels") if row.get("Channel") == channel]
    assert row.get("Uniqueid") == "name-0001"
    await hang_up(ami, created)


async def test_channels_tell_whose_they_are(ami: Ami) -> None:
    created = await ring(ami, "vars-0002", {"__DUNLINE_CALL": "c-77", "__DUNLINE_DECISION": "d-88"})
    rows = await ami.list("CoreShowChannels")
    variables = [value for row in rows for value in row.all("ChanVariable")]
    assert "DUNLINE_CALL=c-77" in variables
    assert "DUNLINE_DECISION=d-88" in variables
    await hang_up(ami, created)


async def test_a_permitted_call_reaches_the_dialplan(ami: Ami) -> None:
    now = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
    leave = mint(Permitted(now, now + timedelta(hours=1), (), "rulebook"), "decision-ami-1", "600")
    seen: list[Packet] = []
    ami.subscribe(seen.extend)
    headers = {"Channel": "Local/600@agents/n", "Context": "agents", "Exten": "600", "Priority": "1"}
    await ami.originate(leave, "600", now, {**headers, "ChannelId": "call-0001"})
    await until(lambda: any(packet.name == "OriginateResponse" for packet in seen))
    (answer,) = [packet for packet in seen if packet.name == "OriginateResponse"]
    assert (answer.get("Response"), answer.get("Uniqueid")) == ("Success", "call-0001")
    await hang_up(ami, [packet for packet in seen if packet.name == "Newchannel"])
    assert not {packet.name for packet in seen} & {"TestEvent", "VarSet", "Newexten"}


async def test_overlong_lines_would_be_lost_and_are_refused(ami: Ami) -> None:
    with pytest.raises(AmiUnsafe):
        await ami.action("UserEvent", {"UserEvent": "Test", "Text": "x" * 1100})
    seen: list[Packet] = []
    ami.subscribe(seen.extend)
    await ami.action("UserEvent", {"UserEvent": "Test", "Text": "x" * 980})
    await until(lambda: seen)
    assert seen[0].get("Text") == "x" * 980


async def test_a_wrong_secret(asterisk: Instance) -> None:
    there = asterisk.ami
    with pytest.raises(AmiLoginRefused, match="Authentication failed"):
        await Ami(AmiAddress(there.host, there.port, there.username, "wrong")).start()


async def test_asterisk_restarts(make_asterisk: MakeAsterisk) -> None:
    asterisk = make_asterisk()
    client = Ami(asterisk.ami)
    await client.start()
    states: list[tuple[AmiState, float]] = []
    client.on_state(lambda state: states.append((state, time.monotonic())))
    snapshots: list[int] = []
    client.on_resync(lambda channels: snapshots.append(len(channels)))
    await asyncio.to_thread(asterisk.kill)
    await until(lambda: client.state is AmiState.DOWN)
    await asyncio.to_thread(asterisk.start)
    returned = time.monotonic()
    await until(lambda: client.state is AmiState.UP)
    assert states[-1][1] - returned < 1.0
    assert [state for state, _ in states] == [AmiState.DOWN, AmiState.RESYNCING, AmiState.UP]
    assert snapshots == [0]
    assert (await client.action("Ping")).get("Ping") == "Pong"
    await client.close()
