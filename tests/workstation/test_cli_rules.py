"""``dunline rules``: list, show, check and diff."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from compliance.rulebook import PACKAGED
from workstation.cli import app

CASES = Path(__file__).parents[1] / "compliance" / "cases"


def run(*words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["rules", *words], env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exit_code == status, result.output
    return result.output


def data(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    target = tmp_path / "rules"
    shutil.copytree(PACKAGED, target, ignore=shutil.ignore_patterns("speech"))
    return target


def test_list_tells_what_is_in_force_on_a_date() -> None:
    before = {row["rule"] for row in data("list", "--at", "2026-08-31")["rules"]}
    after = {row["rule"]: row for row in data("list", "--at", "2026-09-01")["rules"]}
    assert "us/new-york/city-three-in-seven" not in before
    assert after["us/new-york/city-three-in-seven"]["verified"] is False
    assert after["us/new-york/city-two-in-seven"]["until"] == "2027-01-01"
    assert after["us/seven-in-seven"]["until"] is None
    assert "us/new-york/city-two-in-seven" not in {
        r["rule"] for r in data("list", "--at", "2027-01-01")["rules"]
    }


def test_list_for_a_profile_gives_levels_and_leaves_out_what_is_off() -> None:
    rows = {row["rule"]: row["level"] for row in data("list", "--profile", "b2b-first-party")["rules"]}
    assert rows["policy/one-a-day"] == "supervisor"
    assert rows["holds/cease"] == "block"
    assert "us/seven-in-seven" not in rows
    assert "supervisor policy/one-a-day  One attempt a day" in run("list", "--profile", "b2b-first-party")


def test_list_of_what_nobody_has_read() -> None:
    rows = data("list", "--unverified", "--at", "2026-11-18")["rules"]
    assert {row["verified"] for row in rows} == {False}
    assert "us/connecticut/federal-default" in {row["rule"] for row in rows}
    assert "(not verified)" in run("list", "--unverified")


def test_show_explains_a_rule() -> None:
    text = run("show", "us/seven-in-seven")
    assert "source    12 CFR 1006.14(b)(2)(i)(A), (b)(3)" in text
    assert "from      2021-11-30: limit = 7, days = 7, per = debt, consent_days = 7" in text
    assert "block     consumer-third-party" in text
    assert "off       b2b-first-party" in text
    shown = data("show", "us/california/commercial-hours")
    assert shown["reach"]["places"] == "US-CA"
    assert "50000000" in shown["reach"]["debts"]
    assert "nobody has read the primary text" in run("show", "us/seven-after-message")
    assert "from      2027-01-01: repealed" in run("show", "us/new-york/city-two-in-seven")
    assert data("show", "conduct/card-data")["values"][0]["value"] == "keep_last = 4, margin_ms = 800"
    assert data("show", "conduct/bank-account")["values"][0]["value"] == "in force"


def test_a_rule_or_profile_that_is_not_there() -> None:
    assert "did you mean 'us/seven-in-seven'" in run("show", "us/seven-in-sevn", status=2)
    assert "see: dunline rules list" in run("show", "x", status=2)
    assert "did you mean 'uk-consumer'" in run("list", "--profile", "uk-consumr", status=2)


def test_check_of_the_packaged_rules_with_our_cases() -> None:
    found = data("check", str(PACKAGED), "--cases", str(CASES))
    assert found["failed"] == []
    assert found["cases"] >= 500
    assert "us/maine/federal-default" in found["not_verified"]
    assert len(found["profiles"]) == 6
    assert "profiles: whole" in run("check", str(PACKAGED))


def test_check_names_the_case_that_fails(rules: Path) -> None:
    path = rules / "us/seven-in-seven.toml"
    path.write_text(path.read_text().replace("limit = 7", "limit = 8"))
    text = run("check", str(rules), "--cases", str(CASES / "regf-buckets.toml"), status=1)
    assert "✗ regf-buckets.toml: rings unanswered count: expected refused, is permitted" in text


def test_check_names_file_and_key(rules: Path) -> None:
    path = rules / "us/seven-in-seven.toml"
    path.write_text(path.read_text().replace("limit = 7", "limt = 7"))
    text = run("check", str(rules), status=2)
    assert "us/seven-in-seven.toml: values[0].value.limit: missing" in text


def test_diff_says_what_a_date_changes() -> None:
    changes = {c["rule"]: c for c in data("diff", "--from", "2026-08-31", "--at", "2027-01-01")["changes"]}
    assert changes["us/new-york/city-three-in-seven"]["change"] == "begins"
    assert changes["us/new-york/city-two-in-seven"]["change"] == "ends"
    assert "limit = 2" in changes["us/new-york/city-two-in-seven"]["from"]
    assert "0 changes" in run("diff", "--from", "2026-11-01", "--at", "2026-11-02")


def test_diff_of_a_value(rules: Path) -> None:
    path = rules / "us/dc/four-in-seven.toml"
    newer = '\n[[values]]\neffective = 2027-03-01\nvalue = { limit = 3, days = 7, per = "debt" }\n'
    path.write_text(path.read_text() + newer)
    text = run("diff", "--from", "2027-02-28", "--at", "2027-03-01", "--rules", str(rules))
    assert (
        "changes  us/dc/four-in-seven  limit = 4, days = 7, per = debt → limit = 3, days = 7, per = debt"
        in text
    )


def test_the_schema_of_case_files() -> None:
    assert json.loads(run("schema"))["title"] == "Case file of the gate"
