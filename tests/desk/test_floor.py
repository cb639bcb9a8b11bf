"""States on the floor come from evidence, the strongest first; times add up as the key figures want them."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from dialer.call import CallState
from workstation.desk.floor import (
    ON_CALL,
    FloorState,
    PauseFileError,
    SpanLine,
    add_up,
    floor_state,
    pauses,
    read_pauses,
)
from workstation.desk.kpi_floor import CallLine, FloorLines, figures
from workstation.desk.kpi_receivables import Period

S = FloorState


@pytest.mark.parametrize(
    ("call", "recording", "state"),
    [
        ("reserved", "off", S.DIALLING),
        ("agent-ringing", "off", S.DIALLING),
        ("dialing", "off", S.DIALLING),
        ("ringing", "off", S.RINGING),
        ("talking", "on", S.TALKING),
        ("talking", "paused", S.CARD),
        ("held", "on", S.HOLD),
        ("held", "paused", S.HOLD),
    ],
)
def test_a_call_that_is_up_says_the_state_whatever_else_is_true(
    call: str, recording: str, state: FloorState
) -> None:
    for wrapping, connected, paused in product((True, False), repeat=3):
        found = floor_state(
            call=call, recording=recording, wrapping=wrapping, connected=connected, paused=paused
        )
        assert found is state
        assert found in ON_CALL


def test_every_state_of_a_call_but_its_end_has_one_on_the_floor() -> None:
    assert {floor_state(call=s.value) for s in CallState if s is not CallState.ENDED} <= ON_CALL
    assert floor_state(call="ended") is S.AVAILABLE


@pytest.mark.parametrize(
    ("wrapping", "connected", "paused", "state"),
    [
        (False, True, False, S.AVAILABLE),
        (False, True, True, S.PAUSED),
        (True, True, False, S.WRAP_UP),
        (True, True, True, S.WRAP_UP),  # a pause asked for in a call begins after its wrap-up
        (False, False, False, S.AWAY),
        (True, False, True, S.AWAY),
    ],
)
def test_without_a_call(wrapping: bool, connected: bool, paused: bool, state: FloorState) -> None:
    assert floor_state(call=None, wrapping=wrapping, connected=connected, paused=paused) is state


def test_times_add_up() -> None:
    day = date(2026, 11, 18)
    spans = [
        SpanLine(1, day, state, reason, ms)
        for state, reason, ms in (
            ("available", "", 1_000),
            ("talking", "", 20_000),
            ("wrap-up", "", 300),
            ("paused", "lunch", 4_000),
            ("paused", "training", 50_000),
            ("paused", "a supervisor's own words", 600_000),
            ("away", "", 7_000_000),
        )
    ]
    time = add_up(spans)
    assert time.available == 1_000
    assert time.paused == 654_000
    assert time.staffed == 675_300  # all but away
    assert time.paid == 671_300  # lunch is not paid
    assert add_up([]).staffed == 0


def test_the_reasons_of_the_package_are_sound() -> None:
    assert next(iter(pauses())) == "break"
    assert not pauses()["lunch"].paid


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one"),
        ("[a]\nlabel = 'x'", "label and paid"),
        ("[a]\nlabel = ''\npaid = true", "label is a text"),
        ("[a]\nlabel = 'x'\npaid = 'yes'", "paid is true or false"),
        ("a = 1", "label and paid"),
        ("[a", "pauses.toml"),
    ],
)
def test_a_file_of_reasons_that_cannot_be_used_says_why(text: str, says: str) -> None:
    with pytest.raises(PauseFileError, match=says):
        read_pauses(text)


def test_occupancy_and_wrap_share_come_from_the_spans_of_their_period() -> None:
    """The worked example of the domain: talk 14,400 s, hold 600, wrap-up 5,400, available 5,400."""
    day, other = date(2026, 11, 18), date(2026, 10, 2)
    lines = FloorLines(
        calls=(CallLine("c1", day, 14_400_000, 600_000, 5_400_000),),
        spans=(
            SpanLine(1, day, "available", "", 5_400_000),
            SpanLine(1, day, "talking", "", 14_400_000),
            SpanLine(1, day, "on hold", "", 600_000),
            SpanLine(1, day, "wrap-up", "", 5_400_000),
            SpanLine(1, day, "paused", "lunch", 3_600_000),
            SpanLine(1, other, "available", "", 9_999_000),
        ),
    )
    found = {f.kpi: f for f in figures(lines, Period(date(2026, 11, 1), date(2026, 11, 30)))}
    occupancy, share = found["occupancy"].value, found["wrap-share"].value
    assert occupancy is not None
    assert share is not None
    assert round(float(occupancy), 2) == 79.07
    assert round(float(share), 2) == 18.37  # 5,400 of 29,400 staffed seconds
    empty = {f.kpi: f for f in figures(lines, Period(date(2026, 9, 1), date(2026, 9, 30)))}
    assert empty["occupancy"].value is None
    assert "no states were recorded" in empty["occupancy"].why
