"""Names known by how they sound, against what a recogniser wrote for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.checks.by_example import SOMEONE
from compliance.checks.live import LiveChecks
from compliance.checks.match import find, tokens_of
from compliance.checks.names import head_is_name, names_of_call, spoken_forms
from compliance.checks.phrase import parse_phrase
from compliance.checks.rules import load_speech_rules
from compliance.checks.sounds import SILENCE, like, sound_of
from compliance.checks.unnamed import names_said, without_names
from compliance.transcription.words import Leg
from tests.compliance.talking import checks, ids, said


@pytest.mark.parametrize(
    ("name", "heard", "taken"),
    [
        # As the small English model wrote them: most are not in its dictionary.
        ("Jordan Reyes", "jordan reyes", 2),
        ("Denise Halvorsen", "denise have worsened from", 3),
        ("Larkfield Associates Inc.", "or feel the so say it's korea", 6),
        ("Pemberton Ferris, LLC", "pampered and fairs and we", 3),
        ("Redwing Equipment LLC", "reveling equipment so i'm", 2),
        ("Kevin Nguyen", "kevin noon please", 2),
        ("Susan Kowalski", "susan call ski", 3),
        ("Dana Whitfield", "dana would field", 3),
        ("BBQ Supply Co.", "b b q supply", 4),
        ("José Ibáñez", "josé ibáñez", 2),
        # Not them.
        ("Pemberton Ferris, LLC", "payment on your freezer", 0),
        ("Winslow and Tate Co.", "send another", 0),
        ("Jordan Reyes", "the invoice is overdue", 0),
        ("Susan Kowalski", "", 0),
    ],
)
def test_a_name_is_known_by_its_sound(name: str, heard: str, taken: int) -> None:
    assert head_is_name(spoken_forms(name, person=False)[:1], tuple(heard.split())) == taken


def test_where_words_ask_for_a_name_it_need_only_be_faintly_like() -> None:
    forms, heard = spoken_forms("Redwing Equipment LLC", person=False), ("reveling", "to", "quit")
    assert (head_is_name(forms, heard), head_is_name(forms, heard, True)) == (0, 3)


@given(st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=3))
def test_a_name_said_as_it_is_written_is_always_heard_whole(words: list[str]) -> None:
    forms = spoken_forms(" ".join(words), person=True)[:1]
    said_so = tuple(forms[0].split()) if forms else ()
    assert head_is_name(forms, said_so) == len(said_so)


@given(st.text(), st.text())
def test_any_text_has_a_sound_and_sounds_are_alike_both_ways(one: str, other: str) -> None:
    a, b = sound_of(one.lower()), sound_of(other.lower())
    assert 0 <= like(a, b) <= 1
    assert like(a, b) == pytest.approx(like(b, a))
    assert like(a, a) == 1


def test_what_is_not_said_has_no_sound() -> None:
    assert sound_of("' 42 山") == SILENCE


def test_a_contraction_counts_once_in_a_name() -> None:
    names = names_of_call(party="Jordan Reyes", collector="Dana Whitfield", company="Larkfield Associates")
    tokens = tokens_of(said(Leg.AGENT, "dana from lark field the so she it's on the line", 0.0).words)
    (match,) = find(parse_phrase("from! {company}", ("company",)), tokens, 0.8, names)
    assert [t.text for t in tokens[match.first : match.last + 1]][-1] in ("it", "is")


def test_how_sure_a_recogniser_is_of_a_name_says_nothing() -> None:
    names = names_of_call(party="Jordan Reyes", collector="Dana Whitfield", company="Harborline Services")
    phrase = parse_phrase("calling from {company}", ("company",))
    sure = said(Leg.AGENT, "calling from", 0.0, confidence=0.9).words
    unsure = said(Leg.AGENT, "harbor line services", 1.0, confidence=0.2).words
    (match,) = find(phrase, tokens_of([*sure, *unsure]), 0.8, names)
    assert match.confidence == pytest.approx(0.9)


def test_a_call_that_gives_name_and_company_as_misheard_owes_nothing() -> None:
    call = checks()
    heard = call.hear(said(Leg.AGENT, "this is day now would field with bright war there supply", 1.0))
    assert ids(heard) == {"disclosure.identity"}


def _hidden(text: str, *others: str, party: str = "Otis Fairchild", company: str = "Harbor Finance") -> str:
    names = names_of_call(party=party, collector="Ivy Castellano", company=company)
    tokens, *readings = (tokens_of(said(Leg.AGENT, words, 0.0).words) for words in (text, text, *others))
    return " ".join(
        "*" if t.text == SOMEONE else t.text
        for t in without_names(tokens, names, names_said(readings, names))
    )


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        # As the small English model wrote them.
        ("morning is oh to spare child around please", "morning is * * * * around please"),
        ("hi are you otis fair child", "hi are you * * *"),
        ("on tape is otis fair child there", "on tape is * * * there"),
        ("ivy the castle lotto with harbor finance", "* * * * * * *"),
        # Like the name, where nobody is named.
        ("are you owed for the spare tire", "are you owed for the spare tire"),
        ("the tax on our affair child", "the tax on our affair child"),
        ("a delinquent account here", "a delinquent account here"),
    ],
)
def test_what_the_names_of_a_call_are_heard_as_says_nothing(heard: str, left: str) -> None:
    assert _hidden(heard) == left


def test_no_name_begins_after_an_article() -> None:
    sworn = "then where the hell is that"  # which sounds as the firm does
    assert _hidden(sworn, company="Hollins and Tate") == sworn
    assert _hidden("calling from hell is that", company="Hollins and Tate").endswith("*")


def test_what_most_readings_take_for_a_name_is_one_in_all() -> None:
    # "Reaches" and what follows have the same length in each, so that their times agree.
    misheard, right = "who reaches all this four wheel", "who reaches oh tis fair child"
    assert _hidden(misheard, misheard) == misheard
    assert _hidden(misheard, right) == misheard
    assert _hidden(misheard, right, right) == "who reaches * * * *"


def test_a_party_owes_nothing_by_his_name() -> None:
    call = LiveChecks(
        load_speech_rules(),
        "consumer-third-party",
        party_name="Otis Fairchild",
        collector_name="Ivy Castellano",
        company="Harbor Finance",
    )
    by_name = call.hear(said(Leg.AGENT, "morning is owed to spare child around please", 1.0))
    by_word = call.hear(said(Leg.AGENT, "it is about what is owed to the hospital", 20.0))
    found = [f for f in (*by_name, *by_word, *call.finish()) if "debt" in f.rule_id]
    assert [f.start > 20 for f in found] == [True]
