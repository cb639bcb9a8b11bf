"""Packets and actions, byte by byte."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.ami import AmiAddress, AmiUnsafe, Packet
from dialer.ami_wire import Connection, SafeAction


def packet(text: str) -> Packet:
    parsed = Packet.parse(text)
    assert parsed is not None
    return parsed


def test_event_and_response_are_told_apart() -> None:
    event = packet("Event: Hangup\r\nCause: 16\r\nEmpty: \r\nBare:")
    assert (event.kind, event.name, event.get("Cause")) == ("event", "Hangup", "16")
    assert (event.get("Empty", "x"), event.get("Bare", "x"), event.get("Absent", "x")) == ("", "", "x")
    response = packet("Response: Error\r\nMessage: Permission denied")
    assert (response.kind, response.name) == ("response", "Error")
    assert Packet.parse("Something: else") is None


def test_a_leading_blank_line_loses_nothing() -> None:
    assert packet("\r\n\r\nResponse: Success\r\nActionID: 7").get("ActionID") == "7"


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\n", "\r"])
def test_only_crlf_ends_a_line(mark: str) -> None:
    name = f"Bob{mark}Uniqueid: spoofed-9"
    seen = packet(f"Event: Newchannel\r\nCallerIDName: {name}\r\nUniqueid: real-1")
    assert seen.get("Uniqueid") == "real-1"
    assert seen.all("Uniqueid") == ("real-1",)
    assert seen.get("CallerIDName") == name


def test_repeated_headers_are_all_kept_and_the_first_one_counts() -> None:
    seen = packet("Event: X\r\nChanVariable: A=1\r\nOther: o\r\nChanVariable: B=2\r\nChanVariable: C=3")
    assert seen.all("ChanVariable") == ("A=1", "B=2", "C=3")
    assert seen.get("ChanVariable") == "A=1"
    assert seen.all("Absent") == ()


def test_a_packet_shown_in_a_log_holds_no_values() -> None:
    assert repr(packet("Event: X\r\nSecret: hush")) == "<Packet event X>"


def wire(headers: dict[str, str] | None = None, variables: dict[str, str] | None = None) -> bytes:
    return SafeAction("Setvar", headers or {}, variables or {}, "id-1").wire


def test_an_action_is_written_line_by_line() -> None:
    action = SafeAction("Do", {"One": "1", "Many": ["a", "b"]}, {"V": "é"}, "id-1")
    expected = "Action: Do\r\nActionID: id-1\r\nOne: 1\r\nMany: a\r\nMany: b\r\nVariable: V=é\r\n\r\n"
    assert action.wire == expected.encode()


@pytest.mark.parametrize("bad", ["\r", "\n", "\0", "\r\n"])
def test_line_ends_and_nulls_are_refused_and_named(bad: str) -> None:
    value = f"Smith{bad}Action: Hangup"
    with pytest.raises(AmiUnsafe, match="CallerID"):
        wire({"CallerID": value})
    with pytest.raises(AmiUnsafe, match="NAME"):
        wire({"NAME": value})
    with pytest.raises(AmiUnsafe, match="Variable"):
        wire(variables={"NAME": value})
    with pytest.raises(AmiUnsafe, match="header"):
        wire({f"Key{bad}": "v"})
    with pytest.raises(AmiUnsafe, match="variable"):
        wire(variables={f"Key{bad}": "v"})
    with pytest.raises(AmiUnsafe, match="name of an action"):
        SafeAction(f"Ping{bad}", {}, {}, "1")


@pytest.mark.parametrize("header", ["Action", "ACTION", "ActionID", "actionid", "a b", "a:b", ""])
def test_headers_that_would_change_the_action_are_refused(header: str) -> None:
    with pytest.raises(AmiUnsafe):
        wire({header: "Originate"})


@pytest.mark.parametrize("name", ["", "A=B", "A,B", "A B", "___A", "A(b,c)"])
def test_variable_names_are_names(name: str) -> None:
    with pytest.raises(AmiUnsafe):
        wire(variables={name: "v"})


def test_what_asterisk_would_cut_short_or_cannot_read_is_refused() -> None:
    with pytest.raises(AmiUnsafe, match="too long"):
        wire({"Data": "x" * 1100})
    with pytest.raises(AmiUnsafe, match="not valid text"):
        wire({"Data": "\ud800"})
    with pytest.raises(AmiUnsafe, match="headers"):
        wire(variables={f"V{number}": "1" for number in range(130)})


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_value_ever_makes_a_second_header(value: str, other: str) -> None:
    try:
        made = wire({"CallerID": value}, {"NAME": other})
    except AmiUnsafe:
        return
    assert made.endswith(b"\r\n\r\n")
    assert [line.split(b":")[0] for line in made[:-4].split(b"\r\n")] == [
        b"Action",
        b"ActionID",
        b"CallerID",
        b"Variable",
    ]
    assert b"\n" not in made.replace(b"\r\n", b"")
    # Not one separator of assignments is left without its quote.
    assigned = made.split(b"Variable: NAME=")[1]
    assert not re.search(rb'(?<!\\)(\\\\)*[,"()\[\]]', assigned)


def test_action_ids_are_unique_over_clients() -> None:
    def nothing(*_: object) -> None:
        return

    clients = [
        Connection(AmiAddress("127.0.0.1", 1, "u", "s"), 1, nothing, nothing, nothing) for _ in range(3)
    ]
    ids = [client.next_action_id() for client in clients for _ in range(100)]
    assert len(set(ids)) == 300
    assert len({one.split("-")[0] for one in ids}) == 3
    assert uuid.UUID(ids[0].split("-")[0]).version == 4
    for client in clients:
        client._wake_up.close()
        client._woken.close()
