"""Disclosures on words: the right party, what may not come before it, deadlines, and what absence proves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from compliance.checks.finding import Heard, LampState
from compliance.checks.live import LiveChecks
from compliance.checks.quality import Quality
from compliance.transcription.words import Leg
from tests.compliance.talking import checks, ids, said

# ---- right party, and what may not come before it ------------------------------------------------------


def test_debt_after_the_right_party_answered() -> None:
    call = checks()
    assert not call.hear(said(Leg.AGENT, "am i speaking with jordan race", 1.0))
    assert ids(call.hear(said(Leg.DEBTOR, "yes this is jordan", 3.5))) == {"disclosure.right-party"}
    assert not call.hear(said(Leg.AGENT, "there is an overdue invoice on your account", 6.0)) + call.tick(20)
    assert call.verified("disclosure.right-party")


def test_answer_recognised_after_the_debt_words_still_counts() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    assert not call.hear(said(Leg.AGENT, "there is an overdue invoice", 5.0))
    assert ids(call.hear(said(Leg.DEBTOR, "speaking", 3.2))) == {"disclosure.right-party"}
    assert "forbidden.debt-before-right-party" not in ids(call.tick(30.0))


@pytest.mark.parametrize(
    ("answer", "settled"),
    [
        ("oh well that's me", True),
        ("uh huh that's my name", True),
        ("it would", True),
        ("that's me go ahead", True),
        ("who wants to know", False),
        ("i'm his nephew", False),
    ],
)
def test_what_answers_a_question_whose_name_was_heard(answer: str, settled: bool) -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "could i speak to jordan reyes", 1.0))
    call.hear(said(Leg.DEBTOR, answer, 4.0))
    assert call.verified("disclosure.right-party") is settled


def test_a_no_that_only_the_second_listening_heard_undoes_no_yes() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "are you jordan reyes", 1.0))
    answer = said(Leg.DEBTOR, "i am can you wait for the baby", 3.0)
    again = said(Leg.DEBTOR, "i am the babysitter", 3.0).words
    assert ids(call.hear(replace(answer, second=again))) == {"disclosure.right-party"}


def test_debt_before_anybody_was_asked() -> None:
    call = checks()
    assert not call.hear(said(Leg.AGENT, "you have an overdue invoice with us", 1.0))
    (finding,) = call.tick(12.0)
    assert (finding.rule_id, finding.verdict) == ("forbidden.debt-before-right-party", Heard.HEARD)


def test_asked_and_not_understood_is_inconclusive() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    call.hear(said(Leg.AGENT, "there is an overdue invoice", 5.0))
    (finding,) = call.tick(12.0)
    assert finding.verdict is Heard.INCONCLUSIVE
    assert "answer was not made out" in finding.reason


@pytest.mark.parametrize(
    ("greeting", "verdict"),
    [
        ("hello", Heard.HEARD),
        ("good morning", Heard.HEARD),
        ("what can i do for you", Heard.HEARD),
        # A second and more that is no greeting: "Hello, this is Jordan", as a telephone leaves it.
        ("low issues in july to", Heard.INCONCLUSIVE),
        # Who picks up with a name gives their own.
        ("gordon race", Heard.INCONCLUSIVE),
    ],
)
def test_who_said_more_than_a_greeting_may_have_said_his_name(greeting: str, verdict: Heard) -> None:
    call = checks()
    call.hear(said(Leg.DEBTOR, greeting, 0.4))
    call.hear(said(Leg.AGENT, "hi there i am calling about your overdue invoice", 3.0))
    (finding,) = call.tick(12.0)
    assert (finding.rule_id, finding.verdict) == ("forbidden.debt-before-right-party", verdict)


@pytest.mark.parametrize(
    ("talk", "verdict"),
    [
        # Asked for only afterwards: nobody can have confirmed before.
        ([(Leg.AGENT, "so the loan is two months behind do i have the right number", 4.0)], Heard.HEARD),
        ([(Leg.AGENT, "i am calling about a past due account who is this", 4.0)], Heard.HEARD),
        # Said to somebody else, about the party.
        ([(Leg.AGENT, "well your roommate is behind on a loan", 4.0)], Heard.HEARD),
        ([(Leg.AGENT, "somebody in your house is past due", 4.0)], Heard.HEARD),
        (
            [(Leg.DEBTOR, "my roommate what is it about", 2.0), (Leg.AGENT, "it is past due", 6.0)],
            Heard.HEARD,
        ),
        (
            [(Leg.DEBTOR, "i only answer the phones here", 2.0), (Leg.AGENT, "it is past due", 6.0)],
            Heard.HEARD,
        ),
        # "This is Jordan", as a telephone leaves it.
        ([(Leg.DEBTOR, "this is money", 2.0), (Leg.AGENT, "it is past due", 6.0)], Heard.INCONCLUSIVE),
        (
            [(Leg.DEBTOR, "this is money", 2.0), (Leg.AGENT, "it is past due who is this", 6.0)],
            Heard.INCONCLUSIVE,
        ),
    ],
)
def test_who_is_spoken_to_shows_in_more_than_a_yes(
    talk: Sequence[tuple[Leg, str, float]], verdict: Heard
) -> None:
    call = checks()
    call.hear(said(Leg.DEBTOR, "hello", 0.4))
    call.hear(said(Leg.AGENT, "hi it is dana whitfield with brightwater supply", 0.8))
    for leg, text, start in talk:
        call.hear(said(leg, text, start))
    found = [f for f in call.tick(20.0) if f.rule_id == "forbidden.debt-before-right-party"]
    assert [f.verdict for f in found] == [verdict]


def test_a_doubtful_mention_hides_no_later_one() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    call.hear(said(Leg.AGENT, "she still owes lisa a call", 4.0))
    call.hear(said(Leg.DEBTOR, "no she is busy", 6.0))
    call.hear(said(Leg.AGENT, "your roommate is behind on a loan", 8.5))
    found = call.tick(20.0)
    assert [f.verdict for f in found] == [Heard.INCONCLUSIVE, Heard.HEARD]


def test_a_no_after_the_words_changes_nothing_about_them() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    call.hear(said(Leg.DEBTOR, "the fear of it", 3.0, confidence=0.4))
    call.hear(said(Leg.AGENT, "there is an overdue invoice", 6.0))
    call.hear(said(Leg.DEBTOR, "no that can not be right", 9.0))
    (finding,) = call.tick(14.0)
    assert finding.verdict is Heard.INCONCLUSIVE


@pytest.mark.parametrize(
    ("reply", "verdicts"),
    [
        ("she is at the store", [Heard.INCONCLUSIVE, Heard.HEARD]),
        ("oh that's my landlord i'm just here watering the plants", [Heard.INCONCLUSIVE, Heard.HEARD]),
        ("i think you should talk to him", [Heard.INCONCLUSIVE, Heard.HEARD]),
        # Theirs or not, it is about what was named, not about who was told.
        ("no i paid that last week", [Heard.INCONCLUSIVE]),
        ("my wife pays the bills", [Heard.INCONCLUSIVE]),
    ],
)
def test_who_shows_right_after_it_to_be_somebody_else_was_told(reply: str, verdicts: list[Heard]) -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    call.hear(said(Leg.DEBTOR, "the fear of it", 3.0, confidence=0.4))
    call.hear(said(Leg.AGENT, "there is an overdue invoice", 6.0))
    found = call.tick(11.0)
    found += call.hear(said(Leg.DEBTOR, reply, 10.0))
    found += call.tick(20.0) + call.finish()
    about = [f for f in found if f.rule_id == "forbidden.debt-before-right-party"]
    assert [f.verdict for f in about] == verdicts


@pytest.mark.parametrize(
    ("reply", "voiced_from", "verdict"),
    [
        ("can i ask why", 3.0, Heard.HEARD),
        ("and who wants to know", 3.0, Heard.HEARD),
        ("well what's this about", 3.0, Heard.HEARD),
        # Somebody spoke for a second before the question: "Yes, it is", perhaps.
        ("can i ask why", 2.0, Heard.INCONCLUSIVE),
        # A question, and what may be a name.
        ("then jim and what's this about", 3.0, Heard.INCONCLUSIVE),
        # Never measured, as while people talk.
        ("can i ask why", None, Heard.INCONCLUSIVE),
    ],
)
def test_who_only_asks_back_has_not_said_who_they_are(
    reply: str, voiced_from: float | None, verdict: Heard
) -> None:
    call = checks()
    answer = said(Leg.DEBTOR, reply, 3.0)
    if voiced_from is not None:
        call.voiced(Leg.DEBTOR, [(0.4, 0.7), (voiced_from, answer.end)])
    call.hear(said(Leg.DEBTOR, "hello", 0.4))
    call.hear(said(Leg.AGENT, "is this jordan reyes", 1.0))
    call.hear(answer)
    call.hear(said(Leg.AGENT, "there is an overdue invoice", 6.0))
    found = [f for f in call.tick(20.0) if f.rule_id == "forbidden.debt-before-right-party"]
    assert [f.verdict for f in found] == [verdict]


def test_no_is_not_yes() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 1.0))
    assert ids(call.hear(said(Leg.DEBTOR, "no jordan does not work here", 3.0))) == {"cue.wrong-number"}
    call.hear(said(Leg.AGENT, "there is an overdue invoice", 6.0))
    (finding,) = call.tick(14.0)
    assert (finding.rule_id, finding.verdict) == ("forbidden.debt-before-right-party", Heard.HEARD)


def test_naming_oneself_needs_no_question() -> None:
    assert ids(checks().hear(said(Leg.DEBTOR, "hello this is jordan reyes"))) == {"disclosure.right-party"}


# ---- deadlines -----------------------------------------------------------------------------------------


def lamps(call: LiveChecks) -> dict[str, LampState]:
    return {lamp.rule_id.removeprefix("disclosure."): lamp.state for lamp in call.lamps()}


def test_lamps_through_a_call_that_says_nothing_of_the_recording() -> None:
    call = checks("b2b-first-party")
    call.talk_began(20.0)
    assert lamps(call) == dict.fromkeys(("recording", "identity", "right-party"), LampState.WAITING)
    assert not call.tick(29.9)
    assert lamps(call)["recording"] is LampState.WAITING
    call.tick(30.0)
    assert lamps(call)["recording"] is LampState.DUE_SOON
    call.hear(said(Leg.AGENT, "good morning this is dana whitfield from brightwater supply", 21.0))
    assert lamps(call)["identity"] is LampState.HEARD
    assert not call.tick(37.9)
    (missing,) = call.tick(38.0)
    assert (missing.rule_id, missing.verdict, missing.start) == ("disclosure.recording", Heard.MISSING, 35.0)
    assert lamps(call)["recording"] is LampState.MISSING
    assert not call.tick(60.0)
    (late,) = call.hear(said(Leg.AGENT, "oh and this call is being recorded", 61.0))
    assert late.verdict is Heard.HEARD
    assert late.reason == "heard 28 s after it was due"
    assert lamps(call)["recording"] is LampState.HEARD
    assert not call.finish()


def test_deadline_runs_from_the_debtors_first_word_when_nobody_says_more() -> None:
    call = checks("b2b-first-party")
    assert not call.tick(100.0)
    call.hear(said(Leg.DEBTOR, "hello", 100.0))
    assert {lamp.rule_id: lamp.at for lamp in call.lamps()}["disclosure.recording"] == 115.0


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("silence", "only 0 words"),
        ("mumble", "mean word confidence is 0.45"),
        ("gap", "not heard live"),
    ],
)
def test_absence_is_inconclusive_where_it_cannot_be_proved(how: str, reason: str) -> None:
    call = checks("b2b-first-party")
    call.talk_began(0.0)
    if how == "mumble":
        call.hear(said(Leg.AGENT, "good morning to you how are things going", 1.0, confidence=0.45))
    elif how == "gap":
        call.hear(said(Leg.AGENT, "good morning to you how are things going", 1.0))
        call.gap(Leg.AGENT, 5.0, 9.0)
    found = {f.rule_id: f for f in call.tick(18.0)}
    finding = found["disclosure.recording"]
    assert finding.verdict is Heard.INCONCLUSIVE
    assert reason in finding.reason
    assert lamps(call)["recording"] is LampState.INCONCLUSIVE


def test_finish_judges_again_with_the_measured_quality() -> None:
    call = checks("b2b-first-party")
    call.talk_began(0.0)
    (live,) = [f for f in call.tick(18.5) if f.rule_id == "disclosure.recording"]
    assert live.verdict is Heard.INCONCLUSIVE
    call.tick(25.0)
    good = {Leg.AGENT: Quality(40, 0.93, 0.9)}
    assert [(f.rule_id, f.verdict) for f in call.finish(good)] == [("disclosure.recording", Heard.MISSING)]
    assert not call.finish(good)


def test_a_call_over_before_the_deadline_misses_nothing() -> None:
    call = checks("b2b-first-party")
    call.talk_began(0.0)
    call.hear(said(Leg.AGENT, "good morning to you how are things going", 1.0))
    call.tick(9.0)
    assert not call.finish()


def test_mini_miranda_only_for_third_party_and_only_after_the_right_party() -> None:
    assert "disclosure.mini-miranda" not in {lamp.rule_id for lamp in checks("b2b-first-party").lamps()}
    call = checks()
    call.talk_began(0.0)
    call.hear(said(Leg.AGENT, "this is dana of brightwater supply on a recorded line", 1.0))
    assert not call.tick(85.0)
    call.hear(said(Leg.AGENT, "am i speaking to jordan", 86.0))
    call.hear(said(Leg.DEBTOR, "yes", 90.0))
    assert not call.tick(153.2)
    (missing,) = call.tick(153.4)
    assert (missing.rule_id, missing.verdict) == ("disclosure.mini-miranda", Heard.MISSING)


def test_half_a_disclosure_is_neither_heard_nor_missing() -> None:
    call = checks()
    call.talk_began(0.0)
    call.hear(said(Leg.DEBTOR, "this is jordan reyes", 0.0))
    call.hear(said(Leg.AGENT, "this is an attempt to collect a debt and information will be used", 2.0))
    found = {f.rule_id: f for f in call.tick(80.0)}
    assert found["disclosure.mini-miranda"].verdict is Heard.INCONCLUSIVE
    assert found["disclosure.mini-miranda"].reason.startswith(
        "something like it was heard: 'to collect a debt'"
    )
