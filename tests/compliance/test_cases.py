"""The case files hold, and broken ones are refused by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.cases import Case, load_cases, run_case, run_cases
from compliance.rule import Step
from compliance.rulebook import Rulebook
from compliance.rulefile import RuleFileError

CASES = Path(__file__).parent / "cases"
EXPLANATIONS = Path(__file__).parent / "explanations.txt"
BOOK = Rulebook.load()


@pytest.mark.parametrize("case", load_cases(CASES, BOOK), ids=lambda case: f"{case.file}: {case.name}")
def test_case(case: Case) -> None:
    result = run_case(case, BOOK)
    assert not result.failures, result.line()


def explanations() -> str:
    """Everything the gate says over all cases, each line once: rule, verdict, words, inputs."""
    lines: set[str] = set()
    for result in run_cases(CASES, BOOK):
        for check in result.verdict.checks:
            inputs = ", ".join(f"{key}={value}" for key, value in check.inputs.items())
            lines.add(
                f"{check.rule_id} [{check.rule_version}] {check.verdict.value}: {check.message} ({inputs})"
            )
    return "\n".join(sorted(lines)) + "\n"


def test_the_words_people_read_are_those_somebody_has_read() -> None:
    """Where words change on purpose: write ``explanations()`` to the file, and read the difference."""
    assert explanations() == EXPLANATIONS.read_text(encoding="utf-8")


def test_every_judged_rule_refuses_or_warns_somewhere() -> None:
    cases = load_cases(CASES, BOOK)
    shown = {rule_id for case in cases for rule_id in (case.headline, *case.reasons, *(case.warnings or ()))}
    judged = {rule.id for rule in BOOK.rules.values() if rule.step is not Step.CONDUCT}
    assert judged - shown == set()


def test_every_case_says_what_it_rests_on_and_has_a_name_of_its_own() -> None:
    cases = load_cases(CASES, BOOK)
    assert len(cases) >= 500
    assert not [f"{case.file}: {case.name}" for case in cases if not case.citation]
    names = [(case.file, case.name) for case in cases]
    assert len(names) == len(set(names))


HEAD = """
title = "t"
[facts]
profile = "b2b-first-party"
number = "+13125550151"
zones = ["America/Chicago"]
"""


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            'at = 2026-11-18T12:00:00-06:00\nexpect = "refused"\nretry_at = "never"',
            "expected refused, is permitted",
        ),
        (
            'at = 2026-11-18T08:00:00-06:00\nexpect = "permitted"',
            "expected permitted, is refused by policy/business-hours",
        ),
        (
            'at = 2026-11-18T08:00:00-06:00\nexpect = "refused"\nheadline = "policy/one-a-day"',
            "expected headline policy/one-a-day, is policy/business-hours",
        ),
        (
            'at = 2026-11-18T08:00:00-06:00\nexpect = "refused"\nretry_at = "never"',
            "expected retry_at never, is 2026-11-18T15:00:00+00:00",
        ),
        (
            'at = 2026-11-18T08:00:00-06:00\nexpect = "refused"\noverridable = true',
            "expected overridable True, is False",
        ),
        (
            'at = 2026-11-18T08:00:00-06:00\nexpect = "refused"\nreasons = ["holds/cease"]',
            "expected holds/cease among the reasons, which are policy/business-hours",
        ),
        (
            'at = 2026-11-18T12:00:00-06:00\nexpect = "permitted"\nwarnings = ["holds/cease"]',
            "expected warnings ['holds/cease'], are []",
        ),
        (
            'at = 2026-11-18T12:00:00-06:00\nexpect = "permitted"\nuntil = 2026-11-18T17:00:00-06:00',
            "expected until 2026-11-18T23:00:00+00:00, is 2026-11-18T22:50:00+00:00",
        ),
    ],
)
def test_a_case_that_does_not_hold_says_how(tmp_path: Path, case: str, message: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'{HEAD}[[case]]\nname = "n"\n{case}\n')
    (found,) = load_cases(path, BOOK)
    result = run_case(found, BOOK)
    assert result.failures == (message,)
    assert result.line() == f"✗ c.toml: n: {message}"


def test_a_case_that_holds_says_so(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'{HEAD}[[case]]\nname = "n"\nat = 2026-11-18T12:00:00-06:00\nexpect = "permitted"\n')
    (result,) = run_cases(tmp_path, BOOK)
    assert result.line() == "✓ c.toml: n"


AT = "at = 2026-11-18T12:00:00-06:00\n"
REFUSED = AT + 'expect = "refused"\n'


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (AT + 'expect = "permited"', "case[0].expect: 'permited' is not known; did you mean 'permitted'?"),
        (
            AT + 'expect = "refused"\nheadline = "policy/one-day"',
            "case[0].headline: no rule 'policy/one-day'; did you mean 'policy/one-a-day'?",
        ),
        (
            AT + 'expect = "permitted"\nheadline = "policy/one-a-day"',
            "case[0].headline: does not go with expect = 'permitted'",
        ),
        (
            AT + 'expect = "refused"\nuntil = 2026-11-18T12:00:00-06:00',
            "case[0].until: does not go with expect",
        ),
        ('at = 2026-11-18T12:00:00\nexpect = "refused"', "case[0].at: 2026-11-18T12:00:00 has no zone"),
        (AT + 'expect = "refused"\nretry = "never"', "case[0].retry: unknown key; did you mean 'retry_at'?"),
        (AT + 'expect = "refused"\nfacts = { zone = [] }', "case[0].facts.zone: unknown key"),
        (
            AT + 'expect = "refused"\nfacts = { debts = ["a"] }',
            "case[0].facts.debts: must be a list of whole numbers",
        ),
        (
            AT + 'expect = "refused"\nfacts = { attempts = ["a"] }',
            "case[0].facts.attempts[0]: must be a time or a table",
        ),
        (
            AT + 'expect = "refused"\nfacts = { attempts = [{ at = 2026-11-18T12:00:00Z, connect = true }] }',
            "case[0].facts.attempts[0].connect: unknown key; did you mean 'connected'?",
        ),
        (
            AT + 'expect = "permitted"\nreasons = ["holds/cease"]',
            "case[0].reasons: does not go with expect = 'permitted'",
        ),
        (
            AT + 'expect = "permitted"\nwarnings = ["hold/cease"]',
            "case[0].warnings: no rule 'hold/cease'; did you mean 'holds/cease'?",
        ),
        (
            REFUSED + 'facts.designations = [{ since = 2026-11-18T12:00:00Z, begins = "8" }]',
            "case[0].facts.designations[0].begins: must be a time of day such as 18:30, not '8'",
        ),
        (
            REFUSED + 'facts.designations = [{ since = 2026-11-18T12:00:00Z, weekdays = ["so"] }]',
            "'so' is not known",
        ),
        (
            REFUSED + 'facts.notices = [{ kind = "validation", sent_on = 2026-11-18T12:00:00Z }]',
            "case[0].facts.notices[0].sent_on: must be a date such as 2026-11-18",
        ),
        (
            AT + 'expect = "refused"\nfacts = { consents = [{ scope = "recontact" }] }',
            "case[0].facts.consents[0].given_at: missing",
        ),
        (
            AT + 'expect = "refused"\nfacts = { holds = [{ kind = "ceas" }] }',
            "'ceas' is not known; did you mean 'cease'?",
        ),
    ],
)
def test_a_broken_case_names_file_and_key(tmp_path: Path, case: str, message: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'{HEAD}[[case]]\nname = "n"\n{case}\n')
    with pytest.raises(RuleFileError) as caught:
        load_cases(path, BOOK)
    assert message in str(caught.value)
    assert str(caught.value).startswith("c.toml: ")


def test_a_file_or_directory_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match="no case files"):
        load_cases(tmp_path, BOOK)
    (tmp_path / "c.toml").write_text('title = "t"\n')
    with pytest.raises(RuleFileError, match=r"c\.toml: case: missing"):
        load_cases(tmp_path, BOOK)
