"""The speech rules on words: twins, deadlines, right-party order, doubt, and what is silenced."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from compliance.checks.finding import Finding, FindingKind, Heard, LampState
from compliance.checks.live import LiveChecks
from compliance.checks.quality import Quality, measure
from compliance.checks.rules import load_speech_rules
from compliance.contact import CollectionPurpose, HoldKind
from compliance.transcription.engine import Engine
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Utterance, Word
from tests.fixtures.speech import Speak

CASES = tomllib.loads(Path(__file__).with_name("speech_cases.toml").read_text())["case"]
SHIPPED = Path(__file__).parents[2] / "compliance" / "rules" / "speech"


def words(text: str, start: float = 0.0, confidence: float = 1.0) -> tuple[Word, ...]:
    return tuple(
        Word(w, start + 0.3 * n, start + 0.3 * n + 0.28, confidence) for n, w in enumerate(text.split())
    )


def said(leg: Leg, text: str, start: float = 0.0, confidence: float = 1.0) -> Utterance:
    w = words(text, start, confidence)
    return Utterance(leg, w[0].start, w[-1].end, text, w, True)


def checks(
    profile: str = "consumer-third-party",
    authorities: Sequence[str] = (),
    purpose: CollectionPurpose = CollectionPurpose.COLLECT,
) -> LiveChecks:
    return LiveChecks(
        load_speech_rules(),
        profile,
        party_name="Jordan Reyes",
        collector_name="Dana Whitfield",
        company="Brightwater Supply Inc.",
        authorities=authorities,
        purpose=purpose,
    )


def ids(findings: Sequence[Finding]) -> set[str]:
    return {f.rule_id for f in findings}


# ---- twins ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=[f"{c['leg']}-{c['text'][:48]}" for c in CASES])
def test_twin(case: dict[str, object]) -> None:
    call = checks(purpose=CollectionPurpose(str(case.get("purpose", "collect"))))
    utterance = said(Leg(str(case["leg"])), str(case["text"]))
    found = call.hear(utterance) + call.tick(utterance.end + 4)
    assert ids(found) == set(case["flags"])  # type: ignore[call-overload]  # a list in the file
    for finding in found:
        assert finding.verdict is Heard.HEARD
        assert finding.words
        assert set(finding.words) <= set(utterance.words)
        assert (finding.start, finding.end) == (finding.words[0].start, finding.words[-1].end)


def test_every_rule_has_both_twins() -> None:
    flagged = {rule for c in CASES for rule in c["flags"]}
    elsewhere = {"disclosure.right-party"}
    assert flagged | elsewhere == {r.id for r in load_speech_rules().rules}
    legs_spared = {c["leg"] for c in CASES if not c["flags"]}
    assert legs_spared == {"agent", "debtor"}


def test_cues_propose_their_holds() -> None:
    call = checks()
    found = call.hear(said(Leg.DEBTOR, "stop calling me"))
    assert [(f.hold, f.kind) for f in found] == [(HoldKind.OPT_OUT, FindingKind.CUE)]
    assert found[0].advice
    assert found[0].citation
    assert found[0].rule_version == "2021-11-30"


def test_the_same_words_on_the_other_leg_are_nothing() -> None:
    assert not checks().hear(said(Leg.AGENT, "please stop calling me"))
    assert not checks().hear(said(Leg.DEBTOR, "we will sue you and garnish your wages"))


def test_a_partial_raises_nothing() -> None:
    partial = Utterance(Leg.AGENT, 0, 1, "you could be arrested", (), False)
    assert not checks().hear(partial)


def test_a_phrase_over_two_utterances_is_found_once() -> None:
    call = checks()
    assert not call.hear(said(Leg.DEBTOR, "you have the wrong", 0.0))
    assert ids(call.hear(said(Leg.DEBTOR, "number", 1.6))) == {"cue.wrong-number"}
    assert not call.hear(said(Leg.DEBTOR, "goodbye", 2.5))


def test_long_silence_parts_a_phrase() -> None:
    call = checks()
    call.hear(said(Leg.DEBTOR, "you have the wrong", 0.0))
    assert not call.hear(said(Leg.DEBTOR, "number", 30.0))


def test_a_repeat_is_one_finding_and_a_later_one_another() -> None:
    call = checks()
    assert len(call.hear(said(Leg.DEBTOR, "stop calling me stop calling me", 0.0))) == 1
    assert not call.hear(said(Leg.DEBTOR, "stop calling me", 3.0))
    assert len(call.hear(said(Leg.DEBTOR, "stop calling me", 40.0))) == 1


def test_doubtful_words_are_inconclusive_and_certain_ones_follow() -> None:
    call = checks()
    (doubtful,) = call.hear(said(Leg.DEBTOR, "we filed for bankruptcy", 0.0, confidence=0.4))
    assert doubtful.verdict is Heard.INCONCLUSIVE
    assert "0.40 confidence" in doubtful.reason
    assert doubtful.hold is HoldKind.BANKRUPTCY
    (certain,) = call.hear(said(Leg.DEBTOR, "yes bankruptcy", 3.0))
    assert certain.verdict is Heard.HEARD


def test_authority_permits_its_words_and_no_others() -> None:
    call = checks(authorities=["lawsuit"])
    assert not call.hear(said(Leg.AGENT, "we will file a lawsuit against you"))
    assert ids(call.hear(said(Leg.AGENT, "we will garnish your wages", 5.0))) == {"forbidden.seizure"}


def test_what_a_longer_phrase_denies_a_shorter_one_inside_it_does_not_say() -> None:
    assert not checks().hear(said(Leg.AGENT, "nobody is taking you to court"))
    assert ids(checks().hear(said(Leg.AGENT, "we are going to court over this"))) == {
        "forbidden.legal-action"
    }


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
        # A second and more that is no greeting: "Hello, this is Jordan", as a telephone leaves it.
        ("low issues in july to", Heard.INCONCLUSIVE),
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
    call.hear(said(Leg.DEBTOR, "no i am just the roommate", 6.0))
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


# ---- a second listening, faint names, words around -----------------------------------------------------


def heard_twice(first: str, second: str, confidence: float = 0.9) -> Utterance:
    return replace(said(Leg.DEBTOR, first), second=words(second, 0.0, confidence))


def test_what_a_second_listening_heard_is_proposed_with_its_hold() -> None:
    (finding,) = checks().hear(heard_twice("well good cot", "please stop calling me"))
    assert (finding.rule_id, finding.verdict) == ("cue.stop-calling", Heard.INCONCLUSIVE)
    assert finding.hold is HoldKind.OPT_OUT
    assert "second listening" in finding.reason


@pytest.mark.parametrize(
    ("second", "confidence"), [("please stop calling me", 0.5), ("stroke", 1.0), ("you were", 1.0)]
)
def test_a_second_listening_is_not_believed_when_unsure_or_on_one_short_word(
    second: str, confidence: float
) -> None:
    assert not checks().hear(heard_twice("well good cot", second, confidence))


def test_a_second_listening_is_not_believed_where_the_first_heard_quite_another_thing() -> None:
    first = "i can read you the delivery address again if that helps you"
    assert not checks().hear(heard_twice(first, "please stop calling me"))


def test_digits_of_a_second_listening_are_never_looked_at() -> None:
    assert not checks().hear(heard_twice("well good cot", "stop calling four five three nine"))


def test_what_both_listenings_heard_is_certain_and_told_once() -> None:
    call = checks()
    (finding,) = call.hear(heard_twice("please stop calling me", "stop calling me"))
    assert finding.verdict is Heard.HEARD


def test_a_second_listenings_yes_answers_the_question() -> None:
    call = checks()
    call.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 0.0))
    found = call.hear(replace(said(Leg.DEBTOR, "a king", 3.0), second=words("speaking", 3.0, 1.0)))
    assert ids(found) == {"disclosure.right-party"}
    doubtful = checks()
    doubtful.hear(said(Leg.AGENT, "am i speaking with jordan reyes", 0.0))
    assert not doubtful.hear(replace(said(Leg.DEBTOR, "a king", 3.0), second=words("speaking", 3.0, 0.6)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello dana would field with brightwater supply", True),
        ("hello jane with field from brightwater supply", True),
        ("this is somebody with brightwater supply", True),
        ("hello i am calling from brightwater supply", False),
        ("hello with brightwater supply", False),
    ],
)
def test_a_name_may_be_faint_where_one_must_stand(text: str, found: bool) -> None:
    assert ("disclosure.identity" in ids(checks().hear(said(Leg.AGENT, text)))) is found


def test_not_to_call_at_work_is_not_an_opt_out() -> None:
    assert ids(checks().hear(said(Leg.DEBTOR, "please do not call me at work"))) == {"cue.at-work"}
    assert ids(checks().hear(said(Leg.DEBTOR, "please do not call me again"))) == {"cue.stop-calling"}


def test_absence_is_doubtful_where_voice_left_few_words() -> None:
    call = checks("b2b-first-party")
    call.talk_began(0.0)
    call.voiced(Leg.AGENT, [(0.5, 14.0)])
    call.hear(said(Leg.AGENT, "good morning to you how are things going", 1.0))
    finding = next(f for f in call.tick(18.0) if f.rule_id == "disclosure.recording")
    assert finding.verdict is Heard.INCONCLUSIVE
    assert "of the voiced time" in finding.reason


# ---- quality -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quality", "sure"),
    [
        (Quality(4, 0.7, 0.6), True),
        (Quality(3, 0.9, 0.9), False),
        (Quality(9, 0.69, 0.9), False),
        (Quality(9, 0.9, 0.59), False),
        (Quality(9, 0.9, None), True),
    ],
)
def test_quality_boundaries(quality: Quality, sure: bool) -> None:
    assert (quality.doubt == "") is sure


def test_coverage_is_the_share_of_voiced_time_under_words() -> None:
    got = measure([said(Leg.AGENT, "one two three four")], Leg.AGENT, [(0.0, 1.2), (5.0, 6.2)])
    assert got.voiced_coverage == pytest.approx(4 * 0.28 / 2.4, abs=0.01)
    assert measure([], Leg.AGENT, []).voiced_coverage == 1.0


def test_a_call_without_names_never_matches_them() -> None:
    call = LiveChecks(load_speech_rules(), "b2b-first-party", party_name="", collector_name="", company="")
    assert not call.hear(said(Leg.AGENT, "my name is nobody from nowhere am i speaking with"))


# ---- through the ear -----------------------------------------------------------------------------------

SPOKEN = (
    (Leg.AGENT, "You could be arrested if you do not pay this.", "forbidden.arrest"),
    (Leg.AGENT, "Nobody will be arrested over this, I promise.", None),
    (Leg.AGENT, "We are going to garnish your wages.", "forbidden.seizure"),
    (Leg.AGENT, "What the fuck is wrong with you.", "forbidden.profanity"),
    (Leg.DEBTOR, "Please do not call me again.", "cue.stop-calling"),
    (Leg.DEBTOR, "My attorney is handling this.", "cue.attorney"),
    (Leg.DEBTOR, "We filed for bankruptcy last month.", "cue.bankruptcy"),
    (Leg.DEBTOR, "You have the wrong number.", "cue.wrong-number"),
)


@pytest.mark.speech
@pytest.mark.parametrize(("leg", "text", "rule"), SPOKEN, ids=[t for _, t, _ in SPOKEN])
def test_spoken_and_recognised(
    speech_engine: Engine, speak: Speak, leg: Leg, text: str, rule: str | None
) -> None:
    call = checks()
    pcm = bytes(16000) + speak(text) + bytes(32000)
    found = [f for u in transcribe(speech_engine, pcm, 16000, leg, 5.0) for f in call.hear(u)]
    assert ids(found) == ({rule} if rule else set())
