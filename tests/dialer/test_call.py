"""The call's state machine: what is legal, what is tolerated, and that nothing breaks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.call import Call, CallEvent, CallState, IllegalEvent, Transition, step

S, E = CallState, CallEvent
T0 = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
PROGRESS = (E.AGENT_RINGS, E.AGENT_ANSWERS, E.DIALED, E.RINGS, E.ANSWERED)
ENDINGS = (E.AGENT_FAILED, E.HUNG_UP, E.LOST)
ORDER = (S.RESERVED, S.AGENT_RINGING, S.DIALING, S.RINGING, S.TALKING)


def new_call(steps: list[Transition]) -> Call:
    return Call("call-0001", steps.append)


def test_a_whole_call_passes_every_state_and_tells_each_step() -> None:
    steps: list[Transition] = []
    call = new_call(steps)
    course = (E.ORIGINATE, *PROGRESS, E.HELD, E.RESUMED, E.HUNG_UP)
    for second, event in enumerate(course):
        call.apply(event, T0 + timedelta(seconds=second), {"n": str(second)})
    assert [(one.before, one.event, one.after) for one in steps] == [
        (S.RESERVED, E.ORIGINATE, S.AGENT_RINGING),
        (S.AGENT_RINGING, E.AGENT_ANSWERS, S.DIALING),
        (S.DIALING, E.RINGS, S.RINGING),
        (S.RINGING, E.ANSWERED, S.TALKING),
        (S.TALKING, E.HELD, S.HELD),
        (S.HELD, E.RESUMED, S.TALKING),
        (S.TALKING, E.HUNG_UP, S.ENDED),
    ]
    assert steps[3].evidence == {"n": "5"}
    assert call.talk_seconds(T0 + timedelta(hours=1)) == 3.0


@pytest.mark.parametrize("state", [s for s in S if s is not S.RESERVED])
def test_a_call_is_originated_once(state: CallState) -> None:
    with pytest.raises(IllegalEvent) as caught:
        step(state, E.ORIGINATE, "call-0001")
    assert (caught.value.call_id, caught.value.state, caught.value.event) == ("call-0001", state, E.ORIGINATE)
    assert "call-0001" in str(caught.value)


@pytest.mark.parametrize("event", [E.HELD, E.RESUMED])
@pytest.mark.parametrize("state", ORDER[:4])
def test_hold_needs_a_conversation(state: CallState, event: CallEvent) -> None:
    with pytest.raises(IllegalEvent):
        step(state, event)


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (S.TALKING, E.HELD, S.HELD),
        (S.HELD, E.HELD, S.HELD),
        (S.HELD, E.RESUMED, S.TALKING),
        (S.TALKING, E.RESUMED, S.TALKING),
        (S.HELD, E.ANSWERED, S.HELD),
        (S.HELD, E.RINGS, S.HELD),
        (S.ENDED, E.HELD, S.ENDED),
        (S.ENDED, E.ANSWERED, S.ENDED),
        (S.AGENT_RINGING, E.ANSWERED, S.TALKING),
    ],
)
def test_copies_and_gaps_are_tolerated(state: CallState, event: CallEvent, after: CallState) -> None:
    assert step(state, event) is after


@pytest.mark.parametrize("event", ENDINGS)
@pytest.mark.parametrize("state", list(S))
def test_an_ending_ends_from_anywhere(state: CallState, event: CallEvent) -> None:
    assert step(state, event) is S.ENDED


def test_progress_never_goes_back() -> None:
    for state in ORDER:
        for event in PROGRESS:
            assert ORDER.index(step(state, event)) >= ORDER.index(state)


def test_the_last_step_carries_all_evidence_and_the_first_cause_stays() -> None:
    steps: list[Transition] = []
    call = new_call(steps)
    call.note({"cause": "17"})
    call.note({"cause": "16", "tech_cause": "486"})
    call.apply(E.HUNG_UP, T0)
    assert steps[-1].evidence == {"cause": "17", "tech_cause": "486", "ended_by": "hung-up", "answered": "no"}
    call.note({"late": "yes"})
    assert "late" not in call.evidence


def test_a_clock_set_back_cannot_make_talk_time_negative() -> None:
    call = new_call([])
    call.apply(E.ANSWERED, T0)
    call.apply(E.HUNG_UP, T0 - timedelta(minutes=5))
    assert call.talk_seconds(T0 - timedelta(hours=1)) == 0.0
    assert call.ended == T0


events = st.lists(st.tuples(st.sampled_from(list(E)), st.integers(-30, 90)), max_size=30)


@given(events)
def test_whatever_arrives_the_call_stays_sound(course: list[tuple[CallEvent, int]]) -> None:
    """Random orders, duplicates, lost events, a clock that jumps: the machine's promises hold after each."""
    steps: list[Transition] = []
    call = new_call(steps)
    answered_seen = False
    for event, second in course:
        before = call.state
        at = T0 + timedelta(seconds=second)
        try:
            call.apply(event, at)
        except IllegalEvent:
            assert call.state is before
            continue
        answered_seen |= event is E.ANSWERED and before is not S.ENDED
        if before is S.ENDED or event in ENDINGS:
            assert call.state is S.ENDED
        assert call.talk_seconds(at) >= 0.0
        assert answered_seen or call.talk_seconds(at) == 0.0
        assert (call.talk_started is not None) == answered_seen
    assert all(one.before is not S.ENDED for one in steps)
    assert all(a.after is b.before for a, b in pairwise(steps))
    assert all(a.at <= b.at for a, b in pairwise(steps))


@given(st.permutations([*PROGRESS, *PROGRESS, E.HUNG_UP]), st.data())
def test_a_shuffled_call_always_ends_at_its_hangup(course: list[CallEvent], data: st.DataObject) -> None:
    kept = [e for e in course if e is E.HUNG_UP or data.draw(st.booleans())]
    call = new_call([])
    call.apply(E.ORIGINATE, T0)
    for second, event in enumerate(kept):
        call.apply(event, T0 + timedelta(seconds=second))
    assert call.state is S.ENDED
    assert call.ended is not None
