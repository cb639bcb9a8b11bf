"""What is said aloud: numbers become words, and nothing from outside is more than words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.practice.numerals import LARGEST, cardinal, ordinal, year
from dialer.practice.say_aloud import MAX_CHARACTERS, CannotSay, in_breaths, words_to_say


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("You owe 8,420.00 USD.", "You owe eight thousand four hundred twenty dollars."),
        ("$1.01 now", "one dollar and one cent now"),
        ("$0.50", "fifty cents"),
        ("£12.50 or €5", "twelve pounds and fifty pence or five euros"),
        ("USD 250 today", "two hundred fifty dollars today"),
        ("$1,000,000", "one million dollars"),
        ("$1,250.00 USD", "one thousand two hundred fifty dollars"),
        ("due 27 Nov.", "due November twenty seventh."),
        ("on Nov. 3rd, 2026", "on November third, twenty twenty six"),
        ("since 2026-11-21", "since November twenty first, twenty twenty six"),
        ("by 12/5/2026", "by December fifth, twenty twenty six"),
        ("in 14 days", "in fourteen days"),
        ("1.5% a month", "one point five percent a month"),
        ("at 10:05 am", "at ten oh five a m"),
        ("at 14:30", "at two thirty p m"),
        ("at 2 pm", "at two p m"),
        ("call +13125550151", "call one three one two five five five zero one five one"),
        ("call (312) 555-0151", "call three one two five five five zero one five one"),
        ("invoice INV-4410", "invoice four four one zero"),
        ("PO 77", "purchase order seven seven"),
        ("ref A12-3", "ref A one two three"),
        ("HARLOW TOOL & DIE LLC", "Harlow Tool and Die L L C"),
        ("ALL OF IT IS DUE", "all of it is due"),
        ("the 3rd of 4 payments", "the third of four payments"),
        ("in May I can", "in May I can"),
        ("Zoë O’Brien", "Zoe O'Brien"),
    ],
)
def test_figures_become_words(text: str, words: str) -> None:
    assert words_to_say(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi\r\nAction: Originate\r\n\r\n", "Hi Action Originate"),
        ("<speak><break time='9s'/>Hello</speak>", "speak break time equals nine s Hello speak"),
        ("[[h@loU]] there", "h at loU there"),
        ("Bob\u2028Uniqueid: spoofed-9", "Bob Uniqueid spoofed nine"),
        ("Pay\x00 me \U0001f600 now", "Pay me now"),
        ("{{ 7*7 }} ${HOME} `id`", "seven seven HOME id"),
    ],
)
def test_signs_that_mean_something_elsewhere_are_dropped(text: str, words: str) -> None:
    said = words_to_say(text)
    assert re.sub(r"[^a-z ]", "", said.lower()).split() == re.sub(r"[^a-z ]", "", words.lower()).split()
    assert not re.search(r"[^A-Za-z.,?!' ]", said)


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "...", "\r\n", "[[]]", "你好"])
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(CannotSay, match="can be spoken"):
        words_to_say(text)


def test_an_endless_line_is_refused_and_says_what_to_do() -> None:
    with pytest.raises(CannotSay, match=rf"{MAX_CHARACTERS + 1} characters.*split it up"):
        words_to_say("a" * (MAX_CHARACTERS + 1))
    # Short to write, long to say.
    with pytest.raises(CannotSay, match="once its numbers are spelt out"):
        words_to_say("7" * MAX_CHARACTERS)


@given(st.lists(st.text(max_size=150), max_size=12).map(". ".join))
def test_a_long_text_is_said_in_breaths(text: str) -> None:
    parts = in_breaths(text)
    assert " ".join(parts).split() == text.split()
    for part in parts:
        assert len(part) <= MAX_CHARACTERS or not re.search(r"[.?!]\s", part)


def test_a_list_of_steps_taken_is_said_whole() -> None:
    steps = " ".join(f"On {day} September 2026: Invoice 74{day} was sent." for day in range(10, 30))
    parts = in_breaths(steps)
    assert len(parts) == 2
    assert " ".join(parts) == steps
    for part in parts:
        words_to_say(part)


@given(st.text(max_size=200))
def test_whatever_comes_in_only_words_come_out(text: str) -> None:
    try:
        said = words_to_say(text)
    except CannotSay:
        return
    assert re.fullmatch(r"[A-Za-z.,?!' ]+", said)
    assert len(said) <= 3 * MAX_CHARACTERS


@given(st.text(alphabet="0123456789.,:/-$% USDaNovm", max_size=60))
def test_figures_in_any_arrangement_come_out_as_words(text: str) -> None:
    try:
        said = words_to_say(text)
    except CannotSay:
        return
    assert not re.search(r"\d", said)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (19, "nineteen"),
        (40, "forty"),
        (101, "one hundred one"),
        (1_000_000_000, "one billion"),
        (LARGEST, None),
    ],
)
def test_cardinals(number: int, words: str | None) -> None:
    said = cardinal(number)
    assert words is None or said == words


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="outside 0 to"):
        cardinal(number)


def test_ordinals_and_years() -> None:
    said = [ordinal(n) for n in (1, 2, 3, 5, 8, 9, 12, 20, 21, 30, 100)]
    assert said[:7] == ["first", "second", "third", "fifth", "eighth", "ninth", "twelfth"]
    assert said[7:] == ["twentieth", "twenty first", "thirtieth", "one hundredth"]
    assert [year(n) for n in (1900, 1999, 2005, 2026, 50)] == [
        "nineteen hundred",
        "nineteen ninety nine",
        "two thousand five",
        "twenty twenty six",
        "fifty",
    ]
