"""What is asked of Asterisk, against a scripted server: answers, and what is not sent."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from compliance.contact import Permitted
from compliance.permit import Permit, PermitError, mint
from dialer.ami import Ami, AmiLost, AmiRefused, AmiState, AmiTimeout, AmiUnsafe
from tests.dialer.ami_stand_in import StandIn, collect, error, event, success, until

NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
NUMBER = "+13125550151"
_decisions = itertools.count(1)


def permit() -> Permit:
    verdict = Permitted(NOW, NOW + timedelta(hours=1), (), "rulebook")
    return mint(verdict, f"decision-{next(_decisions)}", NUMBER)


# ---- answers -------------------------------------------------------------------------------------------


async def test_errors_of_asterisk_are_told_in_its_words(ami: Ami, server: StandIn) -> None:
    server.replies["Hangup"] = lambda headers: error(headers, "No such channel")
    with pytest.raises(AmiRefused, match="No such channel"):
        await ami.action("Hangup", {"Channel": "PJSIP/1"})


async def test_no_answer_in_time(ami: Ami, server: StandIn) -> None:
    server.replies["Status"] = lambda _: None
    with pytest.raises(AmiTimeout, match="Status"):
        await ami.action("Status", timeout=0.05)
    assert (await ami.action("Ping")).name == "Success"
    assert ami._waiting == {}


async def test_answers_find_their_askers(ami: Ami, server: StandIn) -> None:
    held: list[dict[str, str]] = []

    def hold(headers: dict[str, str]) -> bytes | None:
        held.append(headers)
        if len(held) < 20:
            return None
        return b"".join(success(one, f"Value: {one['Variable']}") for one in reversed(held))

    server.replies["Getvar"] = hold
    answers = await asyncio.gather(*(ami.action("Getvar", {"Variable": f"v{n}"}) for n in range(20)))
    assert [answer.get("Value") for answer in answers] == [f"v{n}" for n in range(20)]
    assert len({headers["ActionID"] for headers in server.actions}) == len(server.actions)


async def test_lists_are_collected_and_are_no_news(ami: Ami, server: StandIn) -> None:
    def channels(headers: dict[str, str]) -> bytes:
        mine, foreign = f"ActionID: {headers['ActionID']}", "ActionID: somebody-else"
        return (
            success(headers, "EventList: start")
            + event("CoreShowChannel", mine, "Uniqueid: 1")
            + event("CoreShowChannel", foreign, "Uniqueid: 9")
            + event("CoreShowChannel", mine, "Uniqueid: 2")
            + event("CoreShowChannelsComplete", mine, "EventList: Complete", "ListItems: 2")
        )

    server.replies["CoreShowChannels"] = channels
    seen = collect(ami)
    rows = await ami.list("CoreShowChannels")
    assert [row.get("Uniqueid") for row in rows] == ["1", "2"]
    await until(lambda: seen)
    assert [packet.get("Uniqueid") for packet in seen] == ["9"]
    assert ami._lists == {}


async def test_lists_that_fail(ami: Ami, server: StandIn) -> None:
    server.replies["PJSIPShowContacts"] = lambda headers: error(headers, "No Contacts found")
    assert await ami.list("PJSIPShowContacts") == ()
    server.replies["QueueStatus"] = lambda headers: error(headers, "Permission denied")
    with pytest.raises(AmiRefused, match="Permission"):
        await ami.list("QueueStatus")
    server.replies["Status"] = lambda headers: (
        success(headers) + event("StatusComplete", f"ActionID: {headers['ActionID']}", "EventList: cancelled")
    )
    with pytest.raises(AmiRefused, match="cancelled"):
        await ami.list("Status")
    server.replies["Status"] = success
    with pytest.raises(AmiTimeout):
        await ami.list("Status", timeout=0.05)
    assert ami._lists == {}


# ---- what is not sent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Originate", "originate", "ORIGINATE", "Command", "Atxfer", "MessageSend"])
async def test_calls_are_not_placed_by_the_way(ami: Ami, server: StandIn, name: str) -> None:
    with pytest.raises(AmiUnsafe, match=name):
        await ami.action(name, {"Channel": "PJSIP/1001"})
    with pytest.raises(AmiUnsafe):
        await ami.list(name)
    with pytest.raises(AmiUnsafe):
        await ami.action(f"{name} ")
    assert name.lower() not in server.raw.decode().lower()


async def test_nothing_is_sent_of_an_unsafe_action(ami: Ami, server: StandIn) -> None:
    before = server.raw
    for value in ("5551234\r\nAction: Hangup", "a\nb", "a\0b"):
        with pytest.raises(AmiUnsafe):
            await ami.action("Setvar", {"Variable": "NAME", "Value": value})
    await ami.action("Ping")
    assert server.raw.removeprefix(before).count(b"Action:") == 1


HEADERS = {"Channel": "PJSIP/1001", "Context": "dunline-call", "Exten": NUMBER, "Priority": "1"}


async def test_a_permit_places_one_call(ami: Ami, server: StandIn) -> None:
    leave = permit()
    await ami.originate(leave, NUMBER, NOW, HEADERS, {"__DUNLINE_CALL": "c-1", "NAME": "a,B=c"})
    (sent,) = server.sent("Originate")
    assert (sent["Exten"], sent["Async"]) == (NUMBER, "true")
    assert b"Variable: __DUNLINE_CALL=c-1\r\nVariable: NAME=a\\,B=c\r\n" in server.raw
    with pytest.raises(PermitError, match="used already"):
        await ami.originate(leave, NUMBER, NOW, HEADERS)
    assert len(server.sent("Originate")) == 1


async def test_a_permit_is_for_its_number_and_its_minute(ami: Ami, server: StandIn) -> None:
    with pytest.raises(PermitError, match="another number"):
        await ami.originate(permit(), "+15550000000", NOW, HEADERS)
    with pytest.raises(PermitError, match="expired"):
        await ami.originate(permit(), NUMBER, NOW + timedelta(seconds=61), HEADERS)
    with pytest.raises(AmiUnsafe, match="Exten"):
        await ami.originate(permit(), NUMBER, NOW, {**HEADERS, "Exten": "+15550000000"})
    for header in ("Variable", "variable", "Application", "Data", "Async"):
        with pytest.raises(AmiUnsafe):
            await ami.originate(permit(), NUMBER, NOW, {**HEADERS, header: "x"})
    assert server.sent("Originate") == []


async def test_a_forged_permit_is_refused(ami: Ami, server: StandIn) -> None:
    with pytest.raises(PermitError):
        Permit("d-1", NUMBER, NOW + timedelta(minutes=1), object())
    forged = object.__new__(Permit)
    for name, value in {
        "decision_id": "d",
        "number": NUMBER,
        "expires": datetime.max.replace(tzinfo=UTC),
    }.items():
        object.__setattr__(forged, name, value)
    object.__setattr__(forged, "_token", object())
    with pytest.raises(PermitError):
        await ami.originate(forged, NUMBER, NOW, HEADERS)

    class Lookalike:
        decision_id, number, expires = "d", NUMBER, NOW + timedelta(minutes=1)

        def check(self, number: str, now: datetime) -> None:
            return

    with pytest.raises(PermitError):
        await ami.originate(Lookalike(), NUMBER, NOW, HEADERS)  # type: ignore[arg-type]  # the point of it
    assert server.sent("Originate") == []


@pytest.mark.parametrize("answered", ["cut", "silent"])
async def test_an_originate_is_never_sent_twice(ami: Ami, server: StandIn, answered: str) -> None:
    def fail(_: dict[str, str]) -> bytes | None:
        if answered == "cut":
            server.cut()
        return None

    server.replies["Originate"] = fail
    ami.timeout = 0.3
    leave = permit()
    with pytest.raises(AmiLost if answered == "cut" else AmiTimeout):
        await ami.originate(leave, NUMBER, NOW, HEADERS)
    server.cut()
    await until(lambda: len(server.sent("Login")) >= 2 and ami.state is AmiState.UP)
    await ami.action("Ping")
    with pytest.raises(PermitError, match="used already"):
        await ami.originate(leave, NUMBER, NOW, HEADERS)
    assert len(server.sent("Originate")) == 1


async def test_pending_actions_learn_that_the_connection_broke(ami: Ami, server: StandIn) -> None:
    server.replies["Status"] = server.replies["Getvar"] = lambda _: None
    pending = [asyncio.create_task(ami.action("Getvar")), asyncio.create_task(ami.action("Getvar"))]
    listing = asyncio.create_task(ami.list("Status"))
    await until(lambda: len(server.sent("Getvar")) == 2 and server.sent("Status"))
    await server.vanish()
    for task in (*pending, listing):
        with pytest.raises(AmiLost):
            await task
    await until(lambda: ami.state is AmiState.DOWN)
    with pytest.raises(AmiLost, match="not connected"):
        await ami.action("Ping")
    with pytest.raises(AmiLost):
        await ami.originate(permit(), NUMBER, NOW, HEADERS)
