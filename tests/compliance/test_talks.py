"""Whole talks: the facts a careful listener would write down are found, and none beside them."""

from __future__ import annotations

import pytest

from bench.facts import score, score_spoken, talks
from workstation.desk.dispute import Reason

FLOORS = {"dev": {}, "held": {"promise": 0.95, "reached": 0.85, "excuse": 0.6}}
"""Share found right and share of the found that is right, as said; 1 where nothing stands here."""


@pytest.mark.parametrize("name", ["dev", "held"])
def test_facts_of_talks_as_said(name: str) -> None:
    for kind, found in score(talks(name)).items():
        floor = FLOORS[name].get(kind, 1.0)
        assert found.recall >= floor, (kind, found.misses)
        assert found.precision >= floor, (kind, found.misses)


@pytest.mark.parametrize("name", ["dev", "held"])
def test_promises_as_vosk_heard_them(name: str) -> None:
    """A small model on the telephone loses amounts; what is offered is right three times in four."""
    found = score_spoken(talks(name))["promise"]
    assert found.recall >= 0.6, found.misses
    assert found.precision >= 0.75, found.misses


def test_there_are_enough_talks_and_every_reason_of_a_dispute() -> None:
    every = [*talks("dev"), *talks("held")]
    assert len(every) >= 150
    assert len({case["id"] for case in every}) == len(every)
    assert {case["dispute"] for case in every if "dispute" in case} == {r.value for r in Reason} - {"other"}
