"""Dispositions that the talk does not bear out: raised with evidence, where the talk was heard well."""

from __future__ import annotations

from datetime import date

import pytest

from compliance.checks.facts import FactFinder
from compliance.checks.finding import Caught
from compliance.transcription.words import Leg, Utterance, Word
from workstation.desk.mismatch import MismatchKind, compare

TODAY = date(2026, 11, 18)


def talk(*lines: str, confidence: float = 0.95) -> tuple[list[Utterance], list[Caught]]:
    finder = FactFinder(TODAY, party_name="Jordan Reyes", owed=lambda: 842_000)
    heard, caught, at = [], [], 0.0
    for line in lines:
        side, _, text = line.partition(": ")
        words = tuple(
            Word(w, at + i * 0.3, at + i * 0.3 + 0.28, confidence) for i, w in enumerate(text.split())
        )
        leg = Leg.AGENT if side == "A" else Leg.DEBTOR
        heard.append(Utterance(leg, at, words[-1].end, text, words, True))
        caught += finder.hear(heard[-1])
        at = words[-1].end + 1.0
    return heard, caught


def kinds(code: str, *lines: str, confidence: float = 0.95, **more: bool) -> list[MismatchKind]:
    heard, caught = talk(*lines, confidence=confidence)
    return [m.kind for m in compare(code, heard, caught, (), **more)]


RIGHT_PARTY = ("A: am i speaking with jordan reyes", "D: yes this is jordan what is it about")
PROMISE = (*RIGHT_PARTY, "A: what day can you pay", "D: i can pay five thousand on friday")


def test_a_right_party_marked_wrong_number_is_raised_with_its_words() -> None:
    heard, caught = talk(*RIGHT_PARTY)
    (found,) = compare("WRONG_NUMBER", heard, caught, ())
    assert found.kind is MismatchKind.RIGHT_PARTY
    assert "this is jordan" in found.words
    assert found.second is not None
    assert heard[1].start <= found.second < heard[1].end
    assert found.confidence >= 0.6


@pytest.mark.parametrize(
    ("code", "lines", "kind"),
    [
        (
            "RPC_PROMISE",
            (*RIGHT_PARTY, "D: i will have to look into that first"),
            MismatchKind.PROMISE_UNHEARD,
        ),
        ("RPC_REFUSED", PROMISE, MismatchKind.PROMISE_UNCODED),
        ("LCM_LEFT", (*PROMISE, "A: thank you very much"), MismatchKind.CONVERSATION),
        ("RPC_REFUSED", (*RIGHT_PARTY, "D: the parts arrived damaged so no"), MismatchKind.DISPUTE),
    ],
)
def test_each_kind_is_raised(code: str, lines: tuple[str, ...], kind: MismatchKind) -> None:
    assert kind in kinds(code, *lines)


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("WRONG_NUMBER", ("A: am i speaking with jordan reyes", "D: no you have the wrong number")),
        ("RPC_PROMISE", PROMISE),
        ("RPC_REFUSED", (*RIGHT_PARTY, "D: i am not paying you anything at all")),
        ("RPC_REFUSED", (*RIGHT_PARTY, "D: i can pay five thousand on friday if the cheque comes in")),
        ("LCM_LEFT", ("D: you have reached the voice mailbox please leave a message after the tone",)),
        ("CEASE", PROMISE),
    ],
)
def test_what_fits_is_left_alone(code: str, lines: tuple[str, ...]) -> None:
    assert kinds(code, *lines) == []


def test_nothing_is_raised_from_a_talk_that_was_heard_badly() -> None:
    for code in ("WRONG_NUMBER", "RPC_REFUSED", "LCM_LEFT", "RPC_PROMISE"):
        assert kinds(code, *PROMISE, confidence=0.5) == []


def test_absence_needs_every_stretch_heard_and_a_booked_promise_is_coded() -> None:
    assert kinds("RPC_PROMISE", *RIGHT_PARTY, unheard=True) == []
    assert kinds("RPC_REFUSED", *PROMISE, promise_booked=True) == []
