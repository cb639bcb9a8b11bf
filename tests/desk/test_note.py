"""The drafted note: what it says, and which dispositions it offers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from compliance.checks.finding import Caught, CaughtKind, Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind
from compliance.transcription.words import Leg, Utterance
from workstation.desk.money import Money
from workstation.desk.note import CallHeard, draft

START = datetime(2026, 11, 18, 20, tzinfo=UTC)


def finding(
    rule: str,
    kind: FindingKind,
    title: str,
    start: float,
    *,
    verdict: Heard = Heard.HEARD,
    hold: HoldKind | None = None,
) -> Finding:
    leg = Leg.DEBTOR if kind is FindingKind.CUE else Leg.AGENT
    return Finding(rule, "1", kind, title, Severity.HIGH, "", leg, verdict, start, start, 0.9, hold=hold)


def caught(
    at: float, amount: int | None, day: date | None, leg: Leg = Leg.DEBTOR, method: str = ""
) -> Caught:
    return Caught(CaughtKind.PROMISE, leg, at, "as heard", 0.91, amount, day, method)


def words(text: str, at: float = 20.0) -> Utterance:
    return Utterance(Leg.DEBTOR, at, at + 2, text, (), True)


TALK = CallHeard(
    party_name="Jordan Reyes",
    party_role="accounts payable",
    number="+13125550141",
    outcome="answered",
    talk_seconds=240.0,
    currency="USD",
    zone="America/Chicago",
    started_at=START,
    utterances=(words("we never got the invoice i don't think could you send it again please"),),
)
FRIDAY = date(2026, 11, 27)


def test_a_talk_with_a_promise_reads_as_a_note() -> None:
    heard = replace(
        TALK,
        findings=(
            finding("disclosure.recording", FindingKind.DISCLOSURE, "recording notice", 4.2),
            finding("disclosure.identity", FindingKind.DISCLOSURE, "who is calling", 6.0),
        ),
        excuses=(("never-got-the-invoice", 0.82, 151.0), ("cash-flow", 0.4, 160.0)),
        caught=(
            caught(184.0, 500_000, FRIDAY),
            Caught(CaughtKind.EMAIL, Leg.DEBTOR, 167.0, "billing@harlowtool.example", 0.8),
        ),
    )
    found = draft(heard)
    assert found.text == (
        "Spoke with Jordan Reyes (accounts payable). Heard: recording notice 00:04, who is calling 00:06. "
        "Said: never got the invoice (02:31). Promised 5,000.00 USD by bank transfer for Fri 27 Nov (03:04). "
        "E-mail given: billing@harlowtool.example (02:47)."
    )
    assert found.promise is not None
    assert found.promise.amount == Money(500_000, "USD")
    assert found.suggested[0] == "RPC_PROMISE"


def test_the_last_word_of_the_debtor_counts() -> None:
    heard = replace(
        TALK,
        caught=(
            caught(100.0, 500_000, FRIDAY, method="card"),
            caught(110.0, 400_000, None),
            caught(120.0, 900_000, date(2026, 11, 30), Leg.AGENT),
        ),
    )
    promise = draft(heard).promise
    assert promise is not None
    assert (promise.amount.minor, promise.due, promise.method) == (400_000, FRIDAY, "card")


def test_the_read_back_fills_what_the_debtor_left_out() -> None:
    heard = replace(TALK, caught=(caught(100.0, 500_000, None), caught(110.0, None, FRIDAY, Leg.AGENT)))
    promise = draft(heard).promise
    assert promise is not None
    assert (promise.amount.minor, promise.due) == (500_000, FRIDAY)


def test_half_a_promise_is_none() -> None:
    assert draft(replace(TALK, caught=(caught(100.0, 500_000, None),))).promise is None


@pytest.mark.parametrize(
    ("hold", "code"),
    [
        (HoldKind.CEASE, "CEASE"),
        (HoldKind.OPT_OUT, "OPTOUT_PHONE"),
        (HoldKind.ATTORNEY, "ATTORNEY"),
        (HoldKind.BANKRUPTCY, "BANKRUPTCY"),
        (HoldKind.DISPUTE, "RPC_DISPUTE"),
        (HoldKind.WRONG_NUMBER, "WRONG_NUMBER"),
    ],
)
def test_a_stop_outranks_a_promise(hold: HoldKind, code: str) -> None:
    heard = replace(
        TALK,
        findings=(finding("cue.stop", FindingKind.CUE, "stop", 14.0, hold=hold),),
        caught=(caught(100.0, 500_000, FRIDAY),),
    )
    assert draft(heard).suggested[:2] == (code, "RPC_PROMISE")


def test_a_missing_disclosure_is_said_and_an_unclear_one_is_not_called_missing() -> None:
    heard = replace(
        TALK,
        findings=(
            finding("a", FindingKind.DISCLOSURE, "recording notice", 15.0, verdict=Heard.MISSING),
            finding("b", FindingKind.DISCLOSURE, "who is calling", 30.0, verdict=Heard.INCONCLUSIVE),
        ),
    )
    text = draft(heard).text
    assert "Not heard: recording notice." in text
    assert "Could not be judged: who is calling." in text


@pytest.mark.parametrize(
    ("outcome", "code", "text"),
    [
        ("busy", "BUSY", "Line busy: +13125550141."),
        ("no-answer", "NO_ANSWER", "No answer: +13125550141."),
        ("not-in-service", "NIS", "Number not in service: +13125550141."),
        ("failed", "CARRIER_FAIL", "Call failed: +13125550141."),
        ("cancelled", "NO_ANSWER", "Hung up before an answer: +13125550141."),
    ],
)
def test_telephony_names_what_was_not_answered(outcome: str, code: str, text: str) -> None:
    found = draft(replace(TALK, outcome=outcome, utterances=()))
    assert (found.suggested[0], found.text) == (code, text)


def test_a_debtor_who_says_next_to_nothing_hung_up_on_us() -> None:
    found = draft(replace(TALK, utterances=(words("not now"),), talk_seconds=6))
    assert found.suggested[0] == "RPC_HUNGUP"
    assert found.text.startswith("Answered on +13125550141, ended after 00:06.")


def test_a_callback_is_offered_for_the_morning_of_its_day() -> None:
    asked = Caught(CaughtKind.CALLBACK, Leg.DEBTOR, 30.0, "call me thursday", 0.8, day=date(2026, 11, 19))
    found = draft(replace(TALK, caught=(asked,)))
    assert found.callback_at == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert found.suggested[0] == "RPC_CALLBACK"
    assert "Asked for a call back on Thu 19 Nov." in found.text
