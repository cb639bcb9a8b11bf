"""Rules that learn by example: what is learned, how it is kept, and what silences it on a call."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from compliance import talk
from compliance.checks.by_example import LegWeights, plain, windows
from compliance.checks.finding import FindingKind, Heard
from compliance.checks.learning import digest, learned, learned_from
from compliance.checks.likeness import Alike
from compliance.checks.match import find, tokens_of
from compliance.checks.rules import RuleError, load_speech_rules, read_rule
from compliance.checks.verdict import doubt_of_likeness
from compliance.contact import CollectionPurpose
from compliance.talk import Sentence
from compliance.transcription.words import Leg
from tests.compliance.talking import checks, ids, said, words

SPEECH = Path(talk.__file__).parents[1] / "rules" / "speech"
FEW = tuple(
    Sentence(file, frozenset({rule} if rule else ()), text)
    for file, rule, text in (
        ("arrest", "forbidden.arrest", "orange is going to be your color"),
        ("arrest", "forbidden.arrest", "you will trade that house for a small room with bars"),
        ("arrest", "", "the color of the new house is orange"),
        ("agent", "", "your house payment is late this month"),
        ("agent", "", "thank you for the check"),
        ("hardship", "cue.hardship", "there is nothing in the fridge"),
        ("hardship", "cue.hardship", "nothing left in the fridge for the kids"),
        ("debtor", "", "the check is in the mail"),
        ("debtor", "", "the kids are in school"),
    )
    for _ in range(2)
)


def odds(weights: LegWeights, text: str) -> Mapping[str, float]:
    (mine,) = weights.odds([plain(text.split())], weights.rules)
    return mine


def found(leg: Leg, text: str, confidence: float = 1.0) -> dict[str, Heard]:
    findings = checks().hear(said(leg, text, confidence=confidence))
    return {f.rule_id: f.verdict for f in findings if f.kind is not FindingKind.DISCLOSURE}


def test_words_are_like_the_sentences_of_their_rule(tmp_path: Path) -> None:
    weights = learned_from(FEW, tmp_path)
    agent, debtor = weights[Leg.AGENT], weights[Leg.DEBTOR]
    assert agent.rules == ("forbidden.arrest",)
    assert debtor.rules == ("cue.hardship",)
    threat = odds(agent, "well orange is your color then")["forbidden.arrest"]
    harmless = odds(agent, "the house is orange this month")["forbidden.arrest"]
    assert threat > 0 > harmless
    assert odds(agent, "")["forbidden.arrest"] < 0


def test_what_was_learned_is_kept_and_the_same_again(tmp_path: Path) -> None:
    began: list[bool] = []
    first = learned_from(FEW, tmp_path, lambda: began.append(True))
    again = learned_from(FEW, tmp_path, lambda: began.append(True))
    text = "nothing in the fridge"
    assert began == [True]
    assert odds(first[Leg.DEBTOR], text) == odds(again[Leg.DEBTOR], text)
    learned_from(FEW[:-1], tmp_path, lambda: began.append(True))
    assert len(began) == 2


def _learn(folder: Path) -> float:
    return odds(learned_from(FEW, folder)[Leg.AGENT], "orange color bars")["forbidden.arrest"]


def test_several_processes_may_ask_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        odds = pool.map(_learn, [tmp_path] * 3)
    assert len(set(odds)) == 1
    assert [f.suffix for f in tmp_path.iterdir() if f.suffix != ""] == [".npz"]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, [(0, 0)]),
        (5, [(0, 5)]),
        (10, [(0, 10)]),
        (11, [(0, 10), (1, 11)]),
        (17, [(0, 10), (4, 14), (7, 17)]),
    ],
)
def test_long_talk_is_looked_at_stretch_by_stretch(count: int, expected: Sequence[tuple[int, int]]) -> None:
    assert list(windows(count, 10, 4)) == expected


@pytest.mark.parametrize(
    ("leg", "text", "rule"),
    [
        (Leg.AGENT, "three hots and a cot on the county is where you're headed", "forbidden.arrest"),
        (Leg.AGENT, "kiss that paycheck goodbye because half of it is ours from now on", "forbidden.seizure"),
        (Leg.AGENT, "a man with a clipboard and some papers will be at your door", "forbidden.legal-action"),
        (
            Leg.AGENT,
            "a grown man who can't balance a checkbook what does your wife say",
            "forbidden.insult",
        ),
        (Leg.DEBTOR, "lose my number and don't ever ring this phone again", "cue.stop-calling"),
        (Leg.DEBTOR, "everything goes through the trustee now the court has my case", "cue.bankruptcy"),
        (Leg.DEBTOR, "half of those boxes showed up crushed and you people know it", "cue.dispute"),
    ],
)
def test_what_no_phrase_foresaw_is_found(leg: Leg, text: str, rule: str) -> None:
    assert rule in found(leg, text)


@pytest.mark.parametrize(
    "text",
    [
        "no we can't touch your house your car or your paycheck",
        "nobody is going to put a lien on anything of yours",
        "we are not going to sue you and we would not do that",
        "take your time i'll hold while you look for the invoice",
        "the payment went through and you're all set for this month",
        "if it's still open on the first we'll have to stop shipments on credit",
        "what kind of dog is it",
    ],
)
def test_what_is_denied_or_harmless_is_not(text: str) -> None:
    assert not found(Leg.AGENT, text)


def test_who_swears_denies_nothing() -> None:
    text = "i do not want another half ass promise i want a date"
    assert found(Leg.AGENT, text)["forbidden.profanity"] is Heard.HEARD


def test_words_that_were_not_heard_well_are_a_doubt() -> None:
    text = "a grown man who can't balance a checkbook what does your wife say"
    assert found(Leg.AGENT, text)["forbidden.insult"] is Heard.HEARD
    assert found(Leg.AGENT, text, 0.6)["forbidden.insult"] is Heard.INCONCLUSIVE


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("could i check your mailing address i have eighteen courthouse lane", "forbidden.legal-action"),
        ("the statement we mailed you that was a dumb mistake on our end", "forbidden.insult"),
        ("something to talk over with you sounds like a nice lazy sunday", "forbidden.insult"),
    ],
)
def test_a_phrase_among_words_unlike_any_instance_is_a_doubt(text: str, rule: str) -> None:
    assert found(Leg.AGENT, text) == {rule: Heard.INCONCLUSIVE}


@pytest.mark.parametrize(
    "text",
    [
        "hold on the kids are playing monopoly and she just went bankrupt",
        "give me a second for the garbage truck to go by",
        "the reverend told them to stop calling bingo so early in the evening",
    ],
)
def test_such_a_phrase_of_a_debtor_is_no_cue(text: str) -> None:
    assert not found(Leg.DEBTOR, text)


@pytest.mark.parametrize(
    ("rule", "odds", "beside", "certain"),
    [
        # A threat is certain from 0, a debt and a cue from 2.5, and these ask for nothing beside.
        ("forbidden.insult", 0.9, -1.3, False),
        ("forbidden.insult", 0.9, -1.1, True),
        ("forbidden.insult", 2.4, -4.0, False),
        ("forbidden.insult", 2.6, -4.0, True),
        ("forbidden.insult", -0.1, 3.0, False),
        ("forbidden.debt-before-right-party", 2.6, -4.0, True),
        ("cue.stop-calling", 3.1, -2.4, True),
    ],
)
def test_a_few_words_cut_out_of_a_harmless_sentence_are_a_doubt(
    rule: str, odds: float, beside: float, certain: bool
) -> None:
    heard = words("have got i have got your file in front of me and")
    doubt = doubt_of_likeness(load_speech_rules()[rule], Alike(odds, 0, len(heard), beside), heard)
    assert (doubt == "") is certain


def test_one_or_two_words_are_left_to_the_phrases() -> None:
    assert not found(Leg.AGENT, "orange jumpers")


def test_who_is_on_the_call_says_nothing_about_what_is_said() -> None:
    words = "this is jordan"
    assert plain(words.split(), {"jordan"}) == ["this", "is", "someone"]
    assert not found(Leg.DEBTOR, words)


EARLY = tuple(
    Sentence(file, frozenset({"forbidden.debt-early"} if rule else ()), text)
    for file, rule, text in (
        ("early", True, "she never paid for that sofa"),
        ("early", True, "he never paid the dentist"),
        ("early", False, "is she at home this evening"),
        ("early", False, "does he still live over the dentist"),
        # Name a debt, and rightly: said later, and no near misses.
        *(("agent", False, f"you never paid {what}") for what in ("for the sofa", "the dentist", "the rent")),
    )
    for _ in range(3)
)


def test_rules_of_early_talk_learn_from_it_alone(tmp_path: Path) -> None:
    weights = learned_from((*FEW, *EARLY), tmp_path)[Leg.AGENT]
    assert weights.early == {"forbidden.debt-early"}
    assert learned_from((*FEW, *EARLY), tmp_path)[Leg.AGENT].early == weights.early  # as kept
    assert odds(weights, "you never paid the rent")["forbidden.debt-early"] > 0


EARLY_CALLS = [
    (CollectionPurpose.LOCATION, "forbidden.debt-in-location-call"),
    (CollectionPurpose.COLLECT, "forbidden.debt-before-right-party"),
]


@pytest.mark.parametrize(("purpose", "rule"), EARLY_CALLS)
def test_a_debt_named_early_is_found_in_words_no_phrase_foresaw(
    purpose: CollectionPurpose, rule: str
) -> None:
    assert forbidden_early(
        purpose, "between us that fellow stiffed the furniture people and vanished on them"
    ) == {rule}


@pytest.mark.parametrize("purpose", [purpose for purpose, _ in EARLY_CALLS])
def test_what_is_said_early_without_a_debt_is_not(purpose: CollectionPurpose) -> None:
    assert not forbidden_early(purpose, "does he still live in the yellow house across from the creek")


def test_a_threat_said_early_is_told_as_a_threat_alone() -> None:
    threat = "kiss that paycheck goodbye because half of it is ours from now on"
    assert forbidden_early(CollectionPurpose.COLLECT, threat) == {"forbidden.seizure"}


def forbidden_early(purpose: CollectionPurpose, text: str) -> set[str]:
    call = checks(purpose=purpose)
    call.hear(said(Leg.DEBTOR, "hello"))
    return ids([*call.hear(said(Leg.AGENT, text, 2.0)), *call.tick(30.0)]) & {
        r.id for r in load_speech_rules().rules if r.kind is FindingKind.FORBIDDEN
    }


STATED = (
    (
        "i collect debts for a living and what you tell me helps me collect this one",
        "disclosure.mini-miranda",
    ),
    ("just so it's no surprise there's a recorder running on my end", "disclosure.recording"),
)


@pytest.mark.parametrize(("text", "rule"), STATED)
def test_a_notice_in_words_no_phrase_foresaw_is_heard(text: str, rule: str) -> None:
    call = checks()
    heard = {f.rule_id: f for f in call.hear(said(Leg.AGENT, text, 1.0))}
    assert heard[rule].verdict is Heard.HEARD
    assert call.verified(rule)
    phrases = {r.id: r for r in load_speech_rules().rules}[rule].elements
    assert not all(
        any(True for p in element for _ in find(p, tokens_of(words(text)), 0.8, {})) for element in phrases
    )


@pytest.mark.parametrize(
    "text",
    [
        "did you get that recorded at the county office",
        "we recorded your last payment on the ninth",
        "nobody is taping any of this on our end",
        "i collect stamps and what you tell me stays between us",
        "i came to collect the parcel and the information is printed on the box",
    ],
)
def test_what_only_sounds_like_a_notice_is_not(text: str) -> None:
    call = checks()
    assert not ids(call.hear(said(Leg.AGENT, text, 1.0))) & {rule for _, rule in STATED}


def test_a_notice_is_complete_only_with_each_of_its_parts() -> None:
    call = checks()
    assert not call.hear(said(Leg.AGENT, "i collect debts for a living", 1.0))
    assert not call.verified("disclosure.mini-miranda")
    call.hear(said(Leg.AGENT, "and what you tell me helps me collect this one", 4.0))
    assert call.verified("disclosure.mini-miranda")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("no wrong number sorry", "cue.wrong-number"),
        ("i don't want any more phone calls from you", "cue.stop-calling"),
    ],
)
def test_what_looks_denied_and_is_meant_is_a_cue(text: str, rule: str) -> None:
    assert rule in found(Leg.DEBTOR, text)


def test_a_rule_with_examples_needs_its_operating_point_and_its_sentences() -> None:
    text = (SPEECH / "arrest.toml").read_text(encoding="utf-8")
    with pytest.raises(RuleError, match=r"x\.toml: key 'by_example\.doubt': is missing"):
        read_rule(text.replace("doubt = ", "#"), "x.toml")
    with pytest.raises(RuleError, match=r"by_example\.doubt': must not exceed certain"):
        read_rule(text.replace("doubt = -", "doubt = 9"), "x.toml")
    with pytest.raises(RuleError, match=r"by_example\.surely': is not a key"):
        read_rule(text + "\nsurely = 1\n", "x.toml")
    with pytest.raises(RuleError, match=r"no sentence of compliance/talk is an instance of my\.rule"):
        read_rule(text.replace('id = "forbidden.arrest"', 'id = "my.rule"'), "x.toml")
    notice = (SPEECH / "mini-miranda.toml").read_text(encoding="utf-8")
    with pytest.raises(RuleError, match=r"by_example\.support': is not a key"):
        read_rule(notice + "\nsupport = -1.0\n", "x.toml")
    with pytest.raises(RuleError, match=r"no sentence .* is an instance of disclosure\.mini-miranda\.aim"):
        read_rule(notice.replace('name = "purpose"', 'name = "aim"'), "x.toml")


def test_the_shipped_sentences_name_rules_that_there_are() -> None:
    rules = {taught for r in load_speech_rules().rules if r.by_example is not None for taught in r.taught}
    assert {rule for s in talk.sentences() for rule in s.rules} == rules
    assert {rule for w in learned().values() for rule in w.rules} == rules


def test_the_weights_that_ship_were_learned_from_the_sentences_that_ship() -> None:
    """Else everybody who installs it learns them anew: ``python -m compliance.checks.learning``."""
    with np.load(Path(talk.__file__).with_name("sense.npz")) as shipped:
        assert str(shipped["digest"]) == digest()


def test_a_broken_line_is_named() -> None:
    with pytest.raises(talk.TalkError, match=r"arrest\.tsv, line 7: write rule ids, a tab and a sentence"):
        talk.read_sentence("arrest.tsv", 7, "no tab here")
