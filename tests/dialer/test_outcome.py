"""Every row of the tables from Asterisk's result to the outcome and to whether the attempt counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.outcome import Outcome, classify

O = Outcome  # noqa: E741  the table reads better
DIALED = {"agent_up": "yes", "dialed": "yes", "ended_by": "hung-up"}
RANG = {"ringing": "yes"}


def ev(
    dial: str = "", status: str = "", cause: str = "", tech: str = "", *, rang: bool = False, **more: str
) -> dict[str, str]:
    facts = {"dial_status": dial, "dialstatus": status, "cause": cause, "tech_cause": tech}
    return {**DIALED, **{k: v for k, v in facts.items() if v}, **(RANG if rang else {}), **more}


ROWS = [
    # measured on Asterisk 22.10.1 (the table "how a call ended")
    ("answers", ev("ANSWER", "ANSWER", "16", rang=True, answered="yes"), O.ANSWERED, True),
    ("486, no ringing", ev("BUSY", "BUSY", "17", "486"), O.BUSY, False),
    ("ring timeout", ev("NOANSWER", "NOANSWER", "0", rang=True), O.NO_ANSWER, True),
    ("404", ev("NOANSWER", "CHANUNAVAIL", "1", "404"), O.NOT_IN_SERVICE, False),
    ("503", ev("CONGESTION", "CONGESTION", "34", "503"), O.CONGESTION, False),
    ("480", ev("NOANSWER", "NOANSWER", "19", "480"), O.NO_ANSWER, True),
    ("603", ev("NOANSWER", "CHANUNAVAIL", "21", "603"), O.REJECTED, True),
    # what counts (12 CFR 1006.14(b)(3)(ii))
    ("486 after ringing", ev("BUSY", "BUSY", "17", "486", rang=True), O.REJECTED, True),
    ("603 after ringing", ev("NOANSWER", "CHANUNAVAIL", "21", "603", rang=True), O.REJECTED, True),
    ("600", ev("BUSY", "BUSY", "17", "600"), O.BUSY, False),
    ("busy by cause alone", ev("BUSY", "BUSY", "17"), O.BUSY, False),
    ("busy by status alone", ev("BUSY", "BUSY"), O.BUSY, False),
    ("cause 18", ev("NOANSWER", "NOANSWER", "18"), O.NO_ANSWER, True),
    ("408", ev("NOANSWER", "CHANUNAVAIL", "18", "408"), O.NO_ANSWER, True),
    ("410", ev("NOANSWER", "CHANUNAVAIL", "22", "410"), O.NOT_IN_SERVICE, False),
    ("484", ev("NOANSWER", "CHANUNAVAIL", "28", "484"), O.NOT_IN_SERVICE, False),
    ("cause 22", ev("NOANSWER", "CHANUNAVAIL", "22"), O.NOT_IN_SERVICE, False),
    ("cause 28", ev("NOANSWER", "CHANUNAVAIL", "28"), O.NOT_IN_SERVICE, False),
    ("404 after ringing is ambiguous", ev("NOANSWER", "", "1", "404", rang=True), O.NOT_IN_SERVICE, True),
    ("cause 38", ev("CONGESTION", "CONGESTION", "38"), O.CONGESTION, False),
    ("cause 41", ev("CONGESTION", "CONGESTION", "41"), O.CONGESTION, False),
    ("cause 42", ev("CONGESTION", "CONGESTION", "42"), O.CONGESTION, False),
    ("congestion by status alone", ev("CONGESTION", "CONGESTION"), O.CONGESTION, False),
    ("503 after ringing is ambiguous", ev("CONGESTION", "", "34", "503", rang=True), O.CONGESTION, True),
    ("could not be placed", ev("CHANUNAVAIL", "CHANUNAVAIL", "20"), O.FAILED, False),
    ("rang, then failed", ev("CHANUNAVAIL", "CHANUNAVAIL", "20", rang=True), O.FAILED, True),
    ("cancelled after ringing", ev("CANCEL", "CANCEL", rang=True, hung_up_first="agent"), O.CANCELLED, True),
    ("cancelled, no ringing seen", ev("CANCEL", "CANCEL", hung_up_first="agent"), O.CANCELLED, True),
    ("cancelled, 487 came back", ev("CANCEL", "CANCEL", "26", "487", rang=True), O.CANCELLED, True),
    ("cancelled, dial end lost", ev(hangup_asked="yes", rang=True), O.CANCELLED, True),
    ("an unknown SIP status", ev("NOANSWER", "CHANUNAVAIL", "127", "599"), O.NO_ANSWER, True),
    ("nothing known of the leg", ev(), O.FAILED, True),
    ("a status nobody knows", ev("TORTURE"), O.FAILED, True),
    ("lost while dialling", {**ev(rang=True), "ended_by": "lost"}, O.FAILED, True),
    ("lost while talking", {**ev(answered="yes"), "ended_by": "lost"}, O.ANSWERED, True),
    # the debtor was never dialled
    (
        "agent's phone did not answer",
        {"ended_by": "agent-failed", "agent_cause": "19"},
        O.AGENT_FAILED,
        False,
    ),
    ("agent gave up before dialling", {"ended_by": "hung-up", "hangup_asked": "yes"}, O.CANCELLED, False),
    ("lost before anything was seen", {"ended_by": "lost"}, O.FAILED, True),
    ("no evidence at all", {}, O.FAILED, True),
]


@pytest.mark.parametrize(
    ("evidence", "outcome", "connected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS]
)
def test_every_row(evidence: dict[str, str], outcome: Outcome, connected: bool) -> None:
    said = classify(evidence)
    assert (said.outcome, said.connected) == (outcome, connected), said.reason
    assert said.reason


def test_the_reason_shows_the_raw_causes() -> None:
    assert "tech_cause 404" in classify(ev("NOANSWER", "CHANUNAVAIL", "1", "404")).reason


keys = st.sampled_from(
    ["answered", "dialed", "ringing", "dial_status", "dialstatus", "cause", "tech_cause", "ended_by"]
)
values = st.one_of(
    st.sampled_from(["yes", "", "BUSY", "16", "486", "lost", "²", "-1", "x"]), st.text(max_size=6)
)


@given(st.dictionaries(keys, values))
def test_any_evidence_gets_an_outcome_and_an_answer_always_counts(evidence: dict[str, str]) -> None:
    said = classify(evidence)
    if evidence.get("answered") == "yes":
        assert said.connected
    if evidence.get("dialed") == "yes" and not said.connected:
        assert evidence.get("ringing") != "yes"
