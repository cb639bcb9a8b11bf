"""Every case of cases.toml: what must be masked is, with nothing left of it; its twins stay as they were."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from compliance.redaction.mask import found_in, mask_text, masked_call
from compliance.redaction.policy import Kind, Policy, policy_of
from compliance.redaction.tokens import Form, parse
from compliance.rulebook import Rulebook
from compliance.transcription.words import Leg, Utterance, Word

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("cases.toml").read_text("utf-8"))["case"]
BOOK = Rulebook.load()
WORD_S = 0.35
MASK = re.compile(rf"\[((?:{'|'.join(Kind)})(?:…\d{{4}})?)\]")


def conversation(lines: list[str], pause: float = 1.0) -> list[Utterance]:
    """Utterances one after the other, each word WORD_S long."""
    at, out = 0.0, []
    for line in lines:
        who, _, text = line.partition(": ")
        words = tuple(
            Word(w, at + n * WORD_S, at + (n + 1) * WORD_S, 0.9) for n, w in enumerate(text.split())
        )
        leg = {"a": Leg.AGENT, "d": Leg.DEBTOR}[who]
        out.append(Utterance(leg, words[0].start, words[-1].end, text, words, True))
        at = words[-1].end + pause
    return out


def live(utterances: list[Utterance], policy: Policy) -> list[Utterance]:
    """As they are after each was heard in its turn, with what came before it masked already."""
    heard: list[Utterance] = []
    for utterance in utterances:
        heard = masked_call([*heard, utterance], policy)
    return heard


def left(text: str) -> str:
    """Digits that still stand in a text, masks not counted."""
    return "".join(g.digits for g in parse(text) if g.form is Form.DIGITS)


def policy(case: dict[str, Any]) -> Policy:
    return policy_of(BOOK, case.get("profile", "consumer-third-party"), date(2026, 11, 18))


def name(case: dict[str, Any]) -> str:
    return str(case["name"])


def test_there_are_enough_cases_and_no_name_twice() -> None:
    names = [name(case) for case in CASES]
    assert len(names) == len(set(names)) >= 80
    assert sum("mask" not in case for case in CASES) >= 25


@pytest.mark.parametrize("case", [c for c in CASES if "say" in c], ids=name)
def test_said(case: dict[str, Any]) -> None:
    before = conversation(case["say"], case.get("pause", 1.0))
    after = masked_call(before, policy(case))
    if "mask" not in case:
        assert after == before
        assert live(before, policy(case)) == before
        return
    text = " ".join(u.text for u in after)
    assert MASK.findall(text) == case["mask"]
    assert len(left(text)) <= len(left(" ".join(case.get("keeps", []))))
    assert set(case.get("keeps", [])) <= set(text.split())
    for utterance in after:
        assert utterance.text == " ".join(w.text for w in utterance.words)
    assert masked_call(after, policy(case)) == after, "what was masked once is masked"
    # Live, the same is cut out; of a number whose parts were cut one by one nobody knows the last four.
    text = " ".join(u.text for u in live(before, policy(case)))
    assert [m.partition("…")[0] for m in MASK.findall(text)] == [m.partition("…")[0] for m in case["mask"]]
    assert len(left(text)) <= len(left(" ".join(case.get("keeps", []))))


@pytest.mark.parametrize("case", [c for c in CASES if "write" in c], ids=name)
def test_written(case: dict[str, Any]) -> None:
    text = mask_text(case["write"], policy(case))
    if "mask" not in case:
        assert text == case["write"]
        assert found_in(case["write"], policy(case)) == ()
        return
    assert MASK.findall(text) == case["mask"]
    assert found_in(case["write"], policy(case))
    assert found_in(text, policy(case)) == ()
    assert mask_text(text, policy(case)) == text
