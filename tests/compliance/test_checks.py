"""The speech rules on words: twins, deadlines, right-party order, doubt, and what is silenced."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from compliance.checks.explain import explain
from compliance.checks.finding import FindingKind, Heard
from compliance.checks.live import LiveChecks
from compliance.checks.names import names_of_call
from compliance.checks.quality import Quality, measure
from compliance.checks.rules import load_speech_rules
from compliance.contact import CollectionPurpose, HoldKind
from compliance.transcription.engine import Engine
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Utterance
from tests.compliance.talking import checks, ids, said, words
from tests.fixtures.speech import Speak

CASES = tomllib.loads(Path(__file__).with_name("speech_cases.toml").read_text())["case"]
SHIPPED = Path(__file__).parents[2] / "compliance" / "rules" / "speech"

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


@pytest.mark.parametrize(
    ("answer", "then", "told"),
    [
        ("i hear you", "people go to jail over less than a couch", 2),
        # The threat is no part of what is said after the answer to it.
        ("i hear you", "so what day works for you", 1),
        # Nobody answered: he goes on threatening.
        ("", "people go to jail over less than a couch", 1),
    ],
)
def test_a_threat_said_again_after_an_answer_is_another(answer: str, then: str, told: int) -> None:
    call = checks()
    found = call.hear(said(Leg.AGENT, "there could be a deputy on your porch with handcuffs", 20.0))
    if answer:
        found += call.hear(said(Leg.DEBTOR, answer, 23.6))
    found += call.hear(said(Leg.AGENT, then, 25.0))
    assert [f.verdict for f in found if f.rule_id == "forbidden.arrest"] == [Heard.HEARD] * told


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


@pytest.mark.parametrize(
    ("text", "threatens"),
    [
        ("no no one suing you and i have no plans to ask for it", False),
        ("no one is going to sue you", False),
        ("those people say you will be arrested and it is not true", False),
        ("no one more month and we are suing you", True),
        ("no one of us wants this we are suing you", True),
        ("neither our lawyer nor anybody else is suing you", False),
        ("neither of us is suing you", False),
        ("believe this next thing you hear from us will be a summons taped to your front door", True),
        ("did you hear they would serve you a summons", False),
    ],
)
def test_what_nobody_does_is_no_threat(text: str, threatens: bool) -> None:
    found = {f.rule_id for f in checks().hear(said(Leg.AGENT, text)) if f.verdict is Heard.HEARD}
    assert bool(found & {"forbidden.legal-action", "forbidden.arrest"}) is threatens


def test_neither_in_a_misheard_name_denies_no_notice() -> None:
    heard = said(
        Leg.AGENT, "good day i'd like to reach your bill and neither our calls are recorded for quality"
    )
    assert "disclosure.recording" in ids(checks().hear(heard))
    denied = said(Leg.AGENT, "neither our calls nor our meetings are recorded here")
    assert "disclosure.recording" not in ids(checks().hear(denied))


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


@pytest.mark.parametrize(
    ("text", "swears"),
    [
        ("good morning this is dana hell watson with brightwater supply", False),
        ("dana damn field here on a recorded line", False),
        ("i call for bright water damn supply and we record", False),
        ("this is dana with brightwater supply what the hell do you want", True),
        ("hell dana is not here", True),
        ("you are talking to dana and where the hell is my money", True),
    ],
)
def test_what_a_speakers_own_surname_is_heard_as_is_no_swear_word(text: str, swears: bool) -> None:
    utterance = said(Leg.AGENT, text, 1.0)
    assert ("forbidden.profanity" in ids(checks().hear(utterance))) is swears
    names = names_of_call(party="Jordan Reyes", collector="Dana Whitfield", company="Brightwater Supply Inc.")
    shown = explain(load_speech_rules()["forbidden.profanity"], [utterance], names)
    assert any(w.text in ("hell", "damn") for hit in shown for w in hit.words) is swears
