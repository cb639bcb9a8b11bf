"""The commands about leave, on a demonstration's book: what is said is in the book and the audit log."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.workstation.test_cli import _practice_time, home, run
from workstation import bootstrap, config

__all__ = ["_practice_time", "home"]


def says(home: Path, *words: str, code: int = 0) -> str:
    done = run(*words, "--home", str(home))
    assert done.exit_code == code, done.output
    return done.output


def test_a_year_on_one_screen(home: Path) -> None:
    shown = says(home, "gate", "calendar", "A-10482", "--year", "2026")
    lines = shown.splitlines()
    assert "HARLOW TOOL & DIE LLC" in lines[0]
    assert [line[:3] for line in lines if line[:3] in {"Jan", "Oct", "Nov", "Dec"}] == ["Nov", "Dec"]
    assert "09:00-16:50 on" in shown
    days = json.loads(says(home, "gate", "calendar", "A-10482", "--year", "2027", "--json"))
    assert len(days) == 365
    christmas = next(day for day in days if day["date"] == "2027-12-24")  # observed on the Friday
    assert christmas["open"] == []
    assert christmas["closed"]["rule"] == "policy/business-hours"


def test_a_consent_is_recorded_listed_and_withdrawn(home: Path) -> None:
    said = says(home, "standing", "consent", "A-10482", "recontact", "--user", "dana")
    number = said.partition(":")[0]
    assert "agreed to be called again" in says(home, "standing", "list", "A-10482")
    says(home, "standing", "end", number, "--user", "dana", "--reason", "took it back")
    assert "ended" in says(home, "standing", "list", "A-10482")
    (listed,) = json.loads(says(home, "standing", "list", "A-10482", "--json"))
    assert listed["kind"] == "consent"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("consent", "A-10482", "whenever", "--user", "dana"), "scopes are recontact"),
        (("inconvenient", "A-10482", "--user", "dana", "--days", "someday"), "names no days"),
        (("inconvenient", "A-10482", "--user", "dana", "--from", "noon"), "write times as 12:00"),
        (("notice", "A-10482", "smoke", "--sent", "2026-11-02", "--user", "dana"), "no notice 'smoke'"),
        (("flag", "A-10482", "odd", "--user", "dana"), "no flag 'odd'"),
        (("consent", "A-10482", "work", "--user", "nobody"), "nobody"),
        (("consent", "A-10482", "work", "--user", "dana", "--person", "Al Fresco"), "no contact 'Al Fresco'"),
    ],
)
def test_what_cannot_be_understood_is_named(home: Path, words: tuple[str, ...], complaint: str) -> None:
    assert complaint in says(home, "standing", *words, code=2)


def test_an_authority_needs_a_second_person(home: Path) -> None:
    asked = says(
        home, "authority", "ask", "A-10482", "placement", "--user", "morgan",
        "--basis", "terms of sale, clause 9", "--until", "2026-12-31", "--with", "Northgate Recoveries",
    )  # fmt: skip
    number = asked.split()[1]
    assert "a second person must agree" not in asked
    refused = says(home, "authority", "approve", number, "--user", "morgan", code=2)
    assert "may not approve" in refused
    says(home, "authority", "approve", number, "--user", "kei")
    assert "stands" in says(home, "authority", "list", "A-10482")
    says(home, "authority", "revoke", number, "--user", "kei", "--reason", "paid")
    assert "revoked" in says(home, "authority", "list")


def test_a_debts_facts_and_an_override_that_is_not_needed(home: Path) -> None:
    assert "medical: True" in says(home, "standing", "debt", "A-10482", "--user", "morgan", "--medical")
    asked = says(home, "override", "ask", "A-10482", "--user", "dana", "--reason", "hurry", code=2)
    assert "no override is needed" in asked
    assert says(home, "override", "list").strip() == "no override waits"
    assert bootstrap.open_book(config.load(home)).verify_audit().sound
