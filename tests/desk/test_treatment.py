"""Strategy files: what is packaged, who suits whom, and errors that name file and key."""

from __future__ import annotations

from importlib.resources import files

import pytest

from compliance.rulebook import Rulebook
from workstation.desk.segment import Behaviour, Relationship, Segment, Size
from workstation.desk.treatment import StrategyFileError, choose, in_order, read_strategy, strategies

GOOD = """
title = "T"
why = "because"
priority = 3

[for]
size = ["small"]

[[step]]
id = "send"
stage = 1
from = "issued"
days = 0
channels = ["email", "call"]
tone = "friendly"
templates = { email = "invoice" }
"""


def segment(size: Size = Size.SMALL, behaviour: Behaviour = Behaviour.SLOW) -> Segment:
    return Segment(size, behaviour, Relationship.ESTABLISHED, (), None, None)


def test_every_segment_and_profile_has_a_packaged_strategy() -> None:
    for profile in ("b2b-first-party", "consumer-third-party", "uk-consumer"):
        for size in Size:
            for behaviour in Behaviour:
                choose(segment(size, behaviour), profile, strategies())
    assert choose(segment(), "b2b-first-party", strategies()).id == "standard"
    assert choose(segment(Size.LARGE, Behaviour.LATE), "b2b-first-party", strategies()).id == "large"
    assert choose(segment(behaviour=Behaviour.PROMPT), "b2b-first-party", strategies()).id == "prompt"
    assert choose(segment(), "ontario-agency", strategies()).id == "consumer"


def test_packaged_files_name_profiles_that_exist() -> None:
    profiles = Rulebook.load().profiles
    for entry in files("workstation.desk").joinpath("strategies").iterdir():
        read_strategy(entry.read_text("utf-8"), entry.name, profiles)


def test_large_accounts_are_never_presumed_to_have_their_invoice() -> None:
    large = next(s for s in strategies() if s.id == "large")
    assert "delivered" not in {w.evidence for w in large.waivers}


def test_priority_decides() -> None:
    low = read_strategy(GOOD.replace("priority = 3", "priority = 1"), "b.toml")
    high = read_strategy(GOOD, "a.toml")
    assert choose(segment(), "any", in_order([low, high])) is high
    with pytest.raises(StrategyFileError, match="no strategy suits"):
        choose(segment(Size.LARGE), "any", [high])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("why", "wy"), r"x\.toml: why: is missing"),
        (("stage = 1", "stage = 7"), r"x\.toml: step\[1\]\.stage: must be a whole number from 1 to 6"),
        (('"friendly"', '"harsh"'), r"step\[1\]\.tone: 'harsh' is none of friendly"),
        (('["email", "call"]', '["fax"]'), r"step\[1\]\.channels: 'fax' is none of"),
        (('["email", "call"]', "[]"), r"step\[1\]\.channels: name at least one"),
        (('{ email = "invoice" }', "{}"), r"step\[1\]\.templates\.email: is missing"),
        (("days = 0", "days = 0\nrepeat_aftr = 3"), "repeat_aftr: unknown key; did you mean 'repeat_after'"),
        (('size = ["small"]', 'size = ["tiny"]'), r"for\.size: 'tiny' is none of small, medium, large"),
        (("[for]", "[caps]\nforms_without_talk = 9\n[for]"), r"caps\.forms_without_talk: .* from 0 to 2"),
        (("[for]", "[timing]\npress = 50\n[for]"), r"timing\.press: the days must not fall"),
        (("stage = 1", "stage = 3\nform = false"), r"step\[1\]\.form: only the invoice itself"),
        (("[for]", "[[waive]]\nevidence = 'sent'\nafter_days = 1\n[for]"), r"waive\[1\]\.reason: is missing"),
        (("title", "[["), r"x\.toml: "),
    ],
)
def test_errors_name_file_and_key(change: tuple[str, str], message: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(StrategyFileError, match=message):
        read_strategy(GOOD.replace(*change, 1), "x.toml")


def test_an_id_twice_and_no_steps_are_refused() -> None:
    step = GOOD[GOOD.index("[[step]]") :]
    with pytest.raises(StrategyFileError, match="given twice"):
        read_strategy(GOOD + step, "x.toml")
    with pytest.raises(StrategyFileError, match="at least one step"):
        read_strategy(GOOD.replace(step, ""), "x.toml")
    with pytest.raises(StrategyFileError, match="'mars' is none of b2b"):
        read_strategy(GOOD.replace('size = ["small"]', 'profiles = ["mars"]'), "x.toml", ["b2b"])
