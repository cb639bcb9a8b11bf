"""Which lines of the script were heard."""

from __future__ import annotations

from compliance.transcription.words import Leg, Utterance, Word
from workstation.floor.lines import lines_said

LINES = {
    "opening": "Good morning, this is Dana Whitfield with Bradford Supply on a recorded line.",
    "read-back": "So that is 5,000 dollars by bank transfer on Friday the 27th. Is that right?",
    "closing": "Thank you for your time. You will have a confirmation by mail today.",
    "short": "Thank you.",
}


def said(start: float, text: str, leg: Leg = Leg.AGENT) -> Utterance:
    words = tuple(Word(w, start + n * 0.3, start + n * 0.3 + 0.28, 0.9) for n, w in enumerate(text.split()))
    return Utterance(leg, start, words[-1].end, text, words, True)


def test_lines_are_known_through_misheard_words_and_by_their_second() -> None:
    heard = [
        said(1.0, "good morning this is dana wood field with bradford supply on a recorded line"),
        said(9.0, "thank you for your time you will have a confirmation by mail today", Leg.DEBTOR),
        said(
            20.0,
            "okay so that is five thousand dollars by bank transfer friday the twenty seventh is that right",
        ),
    ]
    found = lines_said(LINES, heard)
    assert set(found) == {"opening", "read-back"}
    assert found["opening"][0] == 1.0
    assert found["read-back"][0] == 20.3
    assert 0.6 <= found["read-back"][1] < found["opening"][1] <= 1


def test_other_words_are_no_line() -> None:
    assert (
        lines_said(LINES, [said(1.0, "hello it is about the invoice that you have not paid yet my friend")])
        == {}
    )
    assert lines_said(LINES, [said(1.0, "thank you")]) == {}
    assert lines_said(LINES, []) == {}
    assert lines_said({}, [said(1.0, "good morning to all of you")]) == {}


def test_one_line_alone_is_found_too() -> None:
    found = lines_said(
        {"opening": LINES["opening"]},
        [said(3.0, "this is dana whitfield with bradford supply on a recorded line")],
    )
    assert found["opening"][0] == 3.0
