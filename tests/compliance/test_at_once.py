"""Everything the gate's cases and its readers say, in a few tests that take a second: for ``make mutants``.

The same is tested one by one in test_cases and test_rulebook, where a failure is easier to read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compliance.cases import run_cases
from compliance.rule import CHECKS
from compliance.rulebook import PACKAGED, Rulebook
from compliance.rulefile import RuleFileError, Table
from tests.compliance.test_cases import CASES, EXPLANATIONS, explanations

ERRORS = Path(__file__).parent / "reader-errors.txt"


def test_every_case_holds() -> None:
    # Read anew: rules that were read before the code changed would still say what it said then.
    failed = [result.line() for result in run_cases(CASES, Rulebook.load()) if result.failures]
    assert failed == []


def test_every_word_is_as_it_was_read() -> None:
    assert explanations() == EXPLANATIONS.read_text(encoding="utf-8")


def values() -> dict[str, list[dict[str, Any]]]:
    """Every value of the packaged rules, by check, each once."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(PACKAGED.rglob("*.toml")):
        if path.relative_to(PACKAGED).parts[0] in ("speech", "profiles"):
            continue
        rule = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in rule["values"]:
            value = entry.get("value")
            if rule["check"] in CHECKS and value is not None and value not in found.get(rule["check"], []):
                found.setdefault(rule["check"], []).append(value)
    return found


WRONG: list[Any] = [
    "x",
    [],
    ["x"],
    [1],
    {},
    1.5,
    -1,
    0,
    1,
    10,
    11,
    366,
    367,
    1000,
    1001,
    1440,
    1441,
    10080,
    10081,
    True,
    "09:00-17:00",
    "09:00-24:00",
    "9-17",
    "25:00-26:00",
    "17:00-09:00",
    "09:00-09:00",
]

KEYS = [
    "days",
    "limit",
    "per",
    "media",
    "unconnected",
    "at",
    "conversations",
    "consent_days",
    "after",
    "minutes",
    "holidays",
    "consent",
    "reply_minutes",
    "except_purposes",
    "except_persons",
    "asks",
    "creditor_address",
    "mon",
    "mon-fri",
    "sun-mon",
    "mon-",
    "fri-xyz",
]


def spoilt(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The value, without each of its keys, with each spoilt, and with keys that are not its own."""
    yield value
    for key in value:
        yield {k: v for k, v in value.items() if k != key}
        for wrong in WRONG:
            yield {**value, key: wrong}
    for key in KEYS:
        if key not in value:
            for wrong in (
                *WRONG,
                "09:00-17:00",
                "09:00-24:00",
                "9-17",
                "25:00-26:00",
                "17:00-09:00",
                "09:00-09:00",
            ):
                yield {**value, key: wrong}


def readings() -> str:
    """What each reader makes of each value, or what it says is wrong with it; each line once."""
    lines: dict[str, None] = {}
    for check, known in sorted(values().items()):
        for value in known[:3]:
            for table in spoilt(value):
                reader = Table(table, "f.toml")
                try:
                    judge = CHECKS[check](reader)
                    reader.done()
                except RuleFileError as wrong:
                    lines[f"{check}: {wrong}"] = None
                else:
                    lines[f"{check}: {describe(judge)}"] = None
    return "\n".join(lines) + "\n"


def describe(judge: object) -> str:
    """Render a judge alike in every run: sets print in another order each time."""
    if isinstance(judge, frozenset):
        return "{" + ", ".join(sorted(str(item) for item in judge)) + "}"
    names = getattr(judge, "__dataclass_fields__", None)
    if names is None:
        return str(judge)
    return f"{type(judge).__name__}({', '.join(f'{n}={describe(getattr(judge, n))}' for n in names)})"


def test_the_readers_say_what_they_said() -> None:
    """Where that changes on purpose: write ``readings()`` to the file, and read the difference."""
    assert readings() == ERRORS.read_text(encoding="utf-8")
