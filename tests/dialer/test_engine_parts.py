"""The engine's pure parts: what may be dialled, which channels lead out, and sorting out what is up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer import legs
from dialer.asterisk.addresses import HostPort
from dialer.call import Call, CallState, Transition
from dialer.followed import Followed, Need
from dialer.legs import BadLeg, Phone, Practice
from dialer.resync import ChannelRow, sort_out

T0 = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
PRACTICE = HostPort("127.0.0.1", 9092)
HOSTILE = [
    "",
    " ",
    "+",
    "1",
    "+1312555\r\n",
    "13125550101@evil",
    "1&SIP/2",
    "1,30,g",
    "${X}",
    "١٢٣٤",
    "+1" * 9,
    "a\0",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "check", [legs.checked_number, legs.checked_call_id, legs.checked_digits, legs.checked_decision]
)
def test_hostile_text_is_refused(check: Callable[[str], str], text: str) -> None:
    if text == "1" and check in (legs.checked_digits, legs.checked_decision):
        assert check(text) == text
        return
    with pytest.raises(BadLeg):
        check(text)


def test_agent_legs() -> None:
    uuid = "01234567-89ab-4cde-8f01-23456789abcd"
    assert legs.agent_channel(Phone("1001"), None) == "PJSIP/1001"
    assert legs.agent_channel(Practice(uuid), PRACTICE) == f"AudioSocket/127.0.0.1:9092/{uuid}/c(slin16)"
    for bad in (Phone("1001/sip:x@y"), Phone("carrier"), Phone(""), Practice("x"), Practice(uuid + "\r\n")):
        with pytest.raises(BadLeg):
            legs.agent_channel(bad, PRACTICE)
    with pytest.raises(BadLeg, match="no practice line"):
        legs.agent_channel(Practice(uuid), None)
    assert legs.checked_caller_id("") == ""


@pytest.mark.parametrize(
    ("channel", "out", "number"),
    [
        ("PJSIP/carrier-0000000a", True, ""),
        ("PJSIP/some-trunk-0000000a", True, ""),
        ("PJSIP/1001-0000000a", False, ""),
        ("Local/+13125550101@practice-debtor-00000000;1", True, "+13125550101"),
        ("Local/+13125550101@practice-debtor-00000000;2", False, ""),
        ("AudioSocket/127.0.0.1:9092-01234567-89ab-4cde-8f01-23456789abcd", False, ""),
        ("Snoop/x-0001", False, ""),
    ],
)
def test_which_channels_lead_out(channel: str, out: bool, number: str) -> None:
    assert legs.is_outward(channel) is out
    assert legs.number_of(channel, "") == number


def test_the_number_dialled_comes_from_the_dial_string() -> None:
    assert legs.number_of("PJSIP/carrier-1", "+13125550101@carrier") == "+13125550101"
    assert legs.number_of("PJSIP/carrier-1", "PJSIP/+13125550101@carrier") == "+13125550101"
    assert legs.number_of("PJSIP/carrier-1", "carrier/sip:evil@host") == ""


@pytest.mark.parametrize(
    ("native", "rate"),
    [
        ("g722", 16000),
        ("slin16", 16000),
        ("(slin48)", 16000),
        ("opus", 16000),
        ("ulaw", 8000),
        ("slin", 8000),
        ("", 8000),
    ],
)
def test_a_leg_is_tapped_at_its_own_width(native: str, rate: int) -> None:
    assert legs.rate_of(native) == rate


def row(
    channel: str, uniqueid: str, linkedid: str, *, state: str = "Up", context: str = "", bridge: str = ""
) -> ChannelRow:
    return ChannelRow(channel, uniqueid, linkedid, state, context, bridge)


def test_what_is_up_is_sorted() -> None:
    rows = [
        row("PJSIP/1001-1", "call-a", "call-a", bridge="b1"),
        row("PJSIP/carrier-2", "x.1", "call-a", bridge="b1"),
        row("PJSIP/1002-3", "call-b", "call-b", context="dunline-wait"),
        row("PJSIP/carrier-4", "x.2", "call-b", context="dunline-hold"),
        row("PJSIP/carrier-5", "x.3", "call-c"),
        row("PJSIP/carrier-6", "x.4", "x.4"),
        row("PJSIP/1001-7", "x.5", "x.5"),
        row("AudioSocket/127.0.0.1:1-u", "dunline-media-agent-call-a", "dunline-media-agent-call-a"),
        row("PJSIP/carrier-8", "x.6", "call-a"),
    ]
    found = sort_out(rows, ["call-a", "call-b", "call-c", "call-d"])
    a, b, c = found.standing
    assert (a.connected, a.held) == (True, False)
    assert (b.connected, b.held) == (False, True)
    assert c.agent is None
    assert c.debtor is not None
    assert found.gone == ("call-d",)
    assert [one.channel for one in found.strays] == ["PJSIP/carrier-6", "PJSIP/carrier-8"]


class Event:
    """An event of the manager interface, from its headers."""

    def __init__(self, name: str, **headers: str) -> None:
        self.name = name
        self._headers = headers

    def get(self, key: str, default: str = "") -> str:
        return self._headers.get(key.replace("-", "_"), default)

    def all(self, key: str) -> tuple[str, ...]:
        return (self.get(key),) if self.get(key) else ()


CALL, DEBTOR = "call-0001", "x.1"
COURSE = [
    Event("Newchannel", Uniqueid=CALL, Channel="PJSIP/1001-1", ChannelStateDesc="Down"),
    Event("Newstate", Uniqueid=CALL, Channel="PJSIP/1001-1", ChannelStateDesc="Ringing"),
    Event("Newstate", Uniqueid=CALL, Channel="PJSIP/1001-1", ChannelStateDesc="Up"),
    Event("UserEvent", UserEvent="Dunline", Uniqueid=CALL, Phase="dialing"),
    Event("DialBegin", Uniqueid=CALL, DestUniqueid=DEBTOR, DestChannel="PJSIP/carrier-2"),
    Event("DialState", Uniqueid=CALL, DestUniqueid=DEBTOR, DialStatus="RINGING"),
    Event("DialEnd", Uniqueid=CALL, DestUniqueid=DEBTOR, DialStatus="ANSWER"),
    Event("BridgeEnter", Uniqueid=CALL, BridgeUniqueid="b"),
    Event("BridgeEnter", Uniqueid=DEBTOR, BridgeUniqueid="b"),
    Event("BridgeLeave", Uniqueid=DEBTOR, BridgeUniqueid="b"),
    Event("HangupRequest", Uniqueid=DEBTOR),
    Event("Hangup", Uniqueid=DEBTOR, Cause="16"),
    Event("Hangup", Uniqueid=CALL, Cause="16"),
]


def followed(steps: list[Transition]) -> Followed:
    return Followed(Call(CALL, steps.append), "+13125550101", "decision-1")


def test_a_course_of_events() -> None:
    steps: list[Transition] = []
    one, needs = followed(steps), []
    for second, event in enumerate(COURSE):
        needs.append(one.take(event, T0 + timedelta(seconds=second), float(second)))
    assert [s.after for s in steps] == [
        CallState.AGENT_RINGING,
        CallState.DIALING,
        CallState.RINGING,
        CallState.TALKING,
        CallState.ENDED,
    ]
    assert needs[8] == {Need.TAPS}
    assert needs[11] == {Need.HANG_UP_AGENT}
    assert one.recording_started == T0 + timedelta(seconds=8)
    assert one.timeline.position(99.0) == 1.0
    assert steps[-1].evidence["hung_up_first"] == "debtor"
    assert one.take(COURSE[0], T0, 0.0) == frozenset()


def test_events_of_other_calls_change_nothing() -> None:
    steps: list[Transition] = []
    one = followed(steps)
    strangers = [
        Event("DialBegin", Uniqueid="other", DestUniqueid=DEBTOR, DestChannel="PJSIP/carrier-2"),
        Event("DialEnd", Uniqueid="", DestUniqueid="", DialStatus="ANSWER"),
        Event("DialEnd", Uniqueid="", DestUniqueid=CALL, DialStatus="ANSWER"),
        Event("UserEvent", UserEvent="Dunline", Uniqueid="other", Phase="dialing", Call=CALL),
        Event("UserEvent", UserEvent="Other", Uniqueid=CALL, Phase="dialing"),
        Event("Hangup", Uniqueid="other", Cause="16"),
        Event("Hangup", Uniqueid="", Cause="16"),
    ]
    for event in strangers:
        assert one.take(event, T0, 0.0) == frozenset()
    assert steps == []
    assert one.call.evidence == {}


@given(st.lists(st.sampled_from(COURSE), max_size=40))
def test_any_order_of_events_is_survived_and_the_agents_end_ends_it(events: list[Event]) -> None:
    steps: list[Transition] = []
    one = followed(steps)
    for second, event in enumerate(events):
        one.take(event, T0 + timedelta(seconds=second), float(second))
    one.take(COURSE[11], T0 + timedelta(seconds=98), 98.0)
    one.take(COURSE[12], T0 + timedelta(seconds=99), 99.0)
    if one.debtor.there:  # its Hangup came before it was dialled, as far as we saw: the engine hangs it up
        one.take(COURSE[11], T0 + timedelta(seconds=100), 100.0)
    assert one.ended
    assert [s.after for s in steps].count(CallState.ENDED) == 1
    assert not one.timeline.running
