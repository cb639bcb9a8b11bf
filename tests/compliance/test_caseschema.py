"""The schema of case files is the one in docs, fits every case file, and knows the keys the reader knows."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from compliance.casefacts import read_facts
from compliance.caseschema import CASE, FACTS, SCHEMA, Schema, schema_text
from compliance.rulefile import RuleFileError, Table

ROOT = Path(__file__).parents[2]
CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))


def flaws(value: Any, schema: Schema, where: str = "") -> list[str]:
    """What keeps a TOML value from fitting; covers the words that our schema uses and no others."""
    if "anyOf" in schema:
        return [] if any(not flaws(value, s, where) for s in schema["anyOf"]) else [f"{where}: fits none"]
    if "enum" in schema or "const" in schema:
        return [] if value in schema.get("enum", [schema.get("const")]) else [f"{where}: {value!r}"]
    if schema["type"] == "object":
        if not isinstance(value, dict):
            return [f"{where}: no table"]
        found = [f"{where}.{key}: missing" for key in schema.get("required", []) if key not in value]
        for key, item in value.items():
            known = schema["properties"].get(key)
            found += [f"{where}.{key}: unknown"] if known is None else flaws(item, known, f"{where}.{key}")
        return found
    if schema["type"] == "array":
        if not isinstance(value, list):
            return [f"{where}: no list"]
        return [f for i, item in enumerate(value) for f in flaws(item, schema["items"], f"{where}[{i}]")]
    # TOML has dates and times of its own; JSON writes them as strings with a format.
    kinds = {"date-time": datetime, "date": date}
    kind = kinds.get(
        schema.get("format", ""), {"string": str, "boolean": bool, "integer": int}[schema["type"]]
    )
    return [] if type(value) is kind else [f"{where}: {value!r} is no {kind.__name__}"]


def test_the_schema_in_docs_is_this_one() -> None:
    text = (ROOT / "docs/case-file.schema.json").read_text(encoding="utf-8")
    assert text == schema_text(), "run: dunline rules schema > docs/case-file.schema.json"
    assert json.loads(text) == SCHEMA


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_every_case_file_fits(path: Path) -> None:
    assert flaws(tomllib.loads(path.read_text(encoding="utf-8")), SCHEMA) == []


def test_what_does_not_fit_is_found() -> None:
    case = {"name": "n", "at": datetime(2026, 1, 1), "expect": "maybe", "fact": {}}  # noqa: DTZ001 - no matter
    assert flaws({"title": "t", "case": [case]}, SCHEMA) == [
        ".case[0].expect: 'maybe'",
        ".case[0].fact: unknown",
    ]
    assert flaws({"attempts": [3]}, FACTS) == [".attempts[0]: fits none"]


def what_the_reader_says(facts: dict[str, Any]) -> str:
    try:
        read_facts(Table({"profile": "p", **facts}, "f.toml"), ["p"])
    except RuleFileError as wrong:
        return str(wrong)
    return ""


def test_the_reader_takes_every_key_of_the_schema_and_no_other() -> None:
    assert "did you mean 'zones'" in what_the_reader_says({"zone": []})
    # A list of texts is wrong for most keys and right for some: unknown it is to none.
    for name in set(FACTS["properties"]) - {"profile"}:
        assert "unknown key" not in what_the_reader_says({name: ["x"]}), name


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, s in FACTS["properties"].items()
        if s.get("type") == "array" and s["items"].get("type") != "string"
    ],
)
def test_the_reader_takes_every_key_of_every_entry(name: str) -> None:
    items = FACTS["properties"][name]["items"]
    entry = items["anyOf"][1] if "anyOf" in items else items
    if entry.get("type") != "object":
        return
    for key in entry["properties"]:
        # Each wrong value is refused for what it is; a key nobody reads would be refused as unknown.
        said = what_the_reader_says({name: [{key: ("x",)}]})
        assert said, f"{name}.{key}"
        assert "unknown key" not in said, f"{name}.{key}"


def test_cases_name_what_the_reader_compares() -> None:
    assert set(CASE["properties"]) >= {"headline", "reasons", "warnings", "overridable", "retry_at", "until"}
