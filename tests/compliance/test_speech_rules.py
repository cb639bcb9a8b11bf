"""What a rule's author writes: the language of phrases, likeness of words, what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.checks.denial import negated
from compliance.checks.listen_for import introductions
from compliance.checks.match import alike, find, tokens_of
from compliance.checks.names import spoken_forms
from compliance.checks.phrase import PhraseError, parse_phrase
from compliance.checks.rules import RuleError, load_rules_from, load_speech_rules, read_rule
from compliance.transcription.words import Word

SHIPPED = Path(__file__).parents[2] / "compliance" / "rules" / "speech"


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(w, 0.3 * n, 0.3 * n + 0.28, 1.0) for n, w in enumerate(text.split()))


# ---- phrases and likeness ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "text", "score"),
    [
        ("stop calling", "please stop calling me", 1.0),
        ("stop calling", "please stop uh calling me", 1.0),
        ("stop calling", "please stop all of the calling", None),
        ("stop ... calling", "please stop all of the calling", 1.0),
        ("stop ... calling", "stop one two three four five six calling", None),
        ("do! not! call me", "did not call me", None),
        ("garnish (wages|pay)", "garnished the pay", 0.98),
        ("unpaid? invoice", "invoice", 1.0),
        (
            "information obtained will be used for that purpose",
            "information obtained will be used for their purpose",
            0.95,
        ),
    ],
)
def test_phrase(phrase: str, text: str, score: float | None) -> None:
    found = find(parse_phrase(phrase), tokens_of(words(text)), 0.84)
    assert [round(m.score, 2) for m in found] == ([] if score is None else [score])


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("to the", "only everyday words"),
        ("", "only everyday words"),
        ("stop {debtor}", "no name of a call: use company"),
        ("(can't|may) pay", "single words, without contractions"),
        ("stop [calling]", r"cannot read from '\[calling\]'"),
    ],
)
def test_a_wrong_phrase_is_explained(phrase: str, why: str) -> None:
    with pytest.raises(PhraseError, match=why):
        parse_phrase(phrase, ("company",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("it is", True),
        ("uh well it is what can i do for you", True),
        ("if it is", True),
        ("may i ask what it is about", False),
        ("tomorrow it is", False),
    ],
)
def test_a_phrase_that_opens_what_is_said(text: str, found: bool) -> None:
    assert bool(find(parse_phrase("^ it is", everyday=True), tokens_of(words(text)), 0.84)) is found


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("we will not garnish your wages", True),
        ("nobody will garnish your wages", True),
        ("i am not saying we will garnish your wages", True),
        # "If I don't see it, we'll garnish": the "we" is what recognisers lose.
        ("if i do not see some money will garnish your wages", False),
        ("nobody is calling you a cheat we will garnish your wages", False),
    ],
)
def test_a_denial_reaches_its_own_clause_and_no_further(text: str, denied: bool) -> None:
    tokens = tokens_of(words(text))
    (match,) = find(parse_phrase("garnish your wages"), tokens, 0.84)
    assert negated(match, tokens) is denied


def test_likeness_of_words() -> None:
    assert alike("invoice", "envoys") == 0.9
    assert alike("garnish", "garnished") == 0.96
    assert alike("sue", "see") == 0.0
    assert alike("bankruptcy", "bankrupcy") > 0.9
    assert alike("attorney", "journey") == 0.0


def test_spoken_names() -> None:
    assert spoken_forms("Mr. Jordan O’Reyes", person=True) == ("jordan oreyes", "jordan", "oreyes")
    assert spoken_forms("HARLOW TOOL & DIE LLC", person=False) == ("harlow tool and die", "harlow tool")
    assert spoken_forms("[/b] {x}", person=True) == ()


# ---- rule files ----------------------------------------------------------------------------------------

GOOD = """
id = "cue.x"
title = "X"
kind = "cue"
leg = "debtor"
severity = "high"
citation = "none"
verified = false
effective = 2024-01-01
phrases = ["wrong number"]
"""


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "X"\n', "", "x.toml: key 'title': is missing"),
        (
            "phrases =",
            "phrase =",
            "x.toml: key 'phrase': is not a key of a speech rule (did you mean 'phrases'?)",
        ),
        ('"debtor"', '"debter"', "x.toml: key 'leg': must be one of agent, debtor (did you mean 'debtor'?)"),
        ("verified = false", 'verified = "no"', "x.toml: key 'verified': must be true or false, not 'no'"),
        ("2024-01-01", '"2024-01-01"', "x.toml: key 'effective': must be a date, not '2024-01-01'"),
        ('["wrong number"]', "[]", "x.toml: key 'phrases': needs at least one phrase"),
        ('["wrong number"]', '["of the"]', "x.toml: key 'phrases': 'of the': holds only everyday words"),
        (
            '["wrong number"]',
            '["wrong number"]\nscore = 2',
            "x.toml: key 'score': must be over 0 and at most 1",
        ),
        ('["wrong number"]', '["wrong number"]\nhold = "ceese"', "x.toml: key 'hold': must be one of"),
        (
            '["wrong number"]',
            '["x y"]\n[deadline]\nseconds = 5',
            "x.toml: key 'deadline': is for disclosures only",
        ),
        ('["wrong number"]', '["x y"]\n[[element]]\nphrases = ["x"]', "x.toml: key 'phrases': give either"),
        ('title = "X"', "title = ", "x.toml: not TOML"),
        (
            '["wrong number"]',
            '["seize <good>"]\n[words]\ngoods = ["car"]',
            "x.toml: key 'phrases': <good> is not in the table [words] of this file (did you mean 'goods'?)",
        ),
        ('["wrong number"]', '["x y"]\n[words]\ngoods = "car"', "x.toml: key 'words.goods': must be a list"),
    ],
)
def test_a_wrong_rule_file_is_explained(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(RuleError) as e:
        read_rule(GOOD.replace(old, new), "x.toml")
    assert str(e.value).startswith(complaint)


def test_a_class_of_words_stands_for_each_of_them() -> None:
    text = GOOD.replace(
        '["wrong number"]',
        '["take your <goods|wages>", "(you|<wages>) lost"]\n'
        '[words]\ngoods = ["car", "house"]\nwages = ["paycheck"]',
    )
    (taken, lost) = read_rule(text, "x.toml").elements[0]
    assert taken.slots[-1].words == {"car", "house", "paycheck"}
    assert lost.slots[0].words == {"you", "paycheck"}


def test_references_between_rules_are_checked(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD + 'before = "disclosure.nothing"\n')
    with pytest.raises(RuleError, match=r"rule cue\.x: key 'before': no disclosure has the id"):
        load_rules_from(tmp_path)
    (tmp_path / "x.toml").write_text(GOOD)
    (tmp_path / "y.toml").write_text(GOOD)
    with pytest.raises(RuleError, match=r"y\.toml: key 'id': 'cue\.x' is taken"):
        load_rules_from(tmp_path)


def test_shipped_rules_carry_what_a_finding_must_show() -> None:
    rules = load_speech_rules()
    assert len(rules.rules) == len(list(SHIPPED.glob("*.toml"))) >= 18
    assert rules.digest == load_rules_from(SHIPPED).digest
    for rule in rules.rules:
        assert rule.citation
        assert rule.advice


def test_a_call_is_listened_to_for_its_partys_own_name() -> None:
    ways = introductions("Jordan O'Reyes")
    assert {"this is jordan", "jordan speaking", "o'reyes", "jordan"} <= set(ways)
    assert introductions("Bo") == ()
    assert introductions("[/b] {x}") == ()
    assert all("{" not in way for way in introductions("{0} {party!r}"))
