"""Case files: facts, an instant and the verdict the gate must give, as TOML a compliance officer can write.

``docs/rules.md`` documents the format. A file holds shared ``[facts]`` and any number of ``[[case]]`` tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from compliance.casefacts import instant, read_facts
from compliance.contact import CheckVerdict, ContactFacts, Permitted, Verdict
from compliance.gate import decide
from compliance.rulebook import Rulebook
from compliance.rulefile import RuleFileError, Table, nearest, read_table

PERMITTED = "permitted"
REFUSED = "refused"
NEVER = "never"
"""``retry_at`` of a refusal that waiting does not end."""


@dataclass(frozen=True, slots=True)
class Case:
    """One intended contact and what the gate must say about it. None: the case does not say."""

    file: str
    name: str
    citation: str
    facts: ContactFacts
    at: datetime
    expect: str
    headline: str | None
    """Rule id of the first reason."""
    retry_at: datetime | str | None
    """An instant, or ``never``."""
    until: datetime | None
    reasons: tuple[str, ...] = ()
    """Rule ids that must be among the reasons."""
    overridable: bool | None = None
    warnings: tuple[str, ...] | None = None
    """Rule ids that must warn, and no others may."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case with what was found; no failures means it holds."""

    case: Case
    verdict: Verdict
    failures: tuple[str, ...]

    def line(self) -> str:
        """Return one line for a terminal."""
        mark = "✗" if self.failures else "✓"
        text = f"{mark} {self.case.file}: {self.case.name}"
        return f"{text}: {'; '.join(self.failures)}" if self.failures else text


def load_cases(path: Path, rulebook: Rulebook) -> tuple[Case, ...]:
    """Read a case file, or every case file below a directory. Raises RuleFileError naming file and key."""
    if path.is_file():
        return _read(path, path.parent, rulebook)
    files = sorted(path.rglob("*.toml"))
    if not files:
        raise RuleFileError(str(path), "", "no case files (*.toml) here")
    return tuple(case for file in files for case in _read(file, path, rulebook))


def run_case(case: Case, rulebook: Rulebook) -> CaseResult:
    """Decide one case and compare."""
    verdict = decide(case.facts, rulebook, case.at)
    failures: list[str] = []
    found = PERMITTED if isinstance(verdict, Permitted) else REFUSED
    if found != case.expect:
        reason = "" if isinstance(verdict, Permitted) else f" by {verdict.reasons[0].rule_id}"
        failures.append(f"expected {case.expect}, is {found}{reason}")
    elif isinstance(verdict, Permitted):
        if case.until is not None and verdict.until != case.until:
            failures.append(f"expected until {_show(case.until)}, is {_show(verdict.until)}")
    else:
        if case.headline is not None and verdict.reasons[0].rule_id != case.headline:
            failures.append(f"expected headline {case.headline}, is {verdict.reasons[0].rule_id}")
        said = [check.rule_id for check in verdict.reasons]
        failures += [
            f"expected {rule_id} among the reasons, which are {', '.join(said)}"
            for rule_id in case.reasons
            if rule_id not in said
        ]
        if case.overridable is not None and verdict.overridable is not case.overridable:
            failures.append(f"expected overridable {case.overridable}, is {verdict.overridable}")
        expected = None if case.retry_at == NEVER else case.retry_at
        if case.retry_at is not None and verdict.retry_at != expected:
            failures.append(
                f"expected retry_at {_show(case.retry_at)}, is {_show(verdict.retry_at or NEVER)}"
            )
    warned = [check.rule_id for check in verdict.checks if check.verdict is CheckVerdict.WARN]
    if case.warnings is not None and sorted(case.warnings) != sorted(warned):
        failures.append(f"expected warnings {sorted(case.warnings)}, are {sorted(warned)}")
    return CaseResult(case, verdict, tuple(failures))


def run_cases(path: Path, rulebook: Rulebook) -> tuple[CaseResult, ...]:
    """Run a case file or a directory of them. Raises RuleFileError."""
    return tuple(run_case(case, rulebook) for case in load_cases(path, rulebook))


def _show(value: datetime | str) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _read(path: Path, root: Path, rulebook: Rulebook) -> tuple[Case, ...]:
    table = read_table(path, root)
    table.take("title", str)
    citation = table.get("citation", str, "")
    shared = table.get("facts", dict, {})
    cases = tuple(_case(entry, shared, citation, rulebook) for entry in table.tables("case"))
    table.done()
    if not cases:
        raise table.error("case", "missing: write [[case]]")
    return cases


def _case(entry: Table, shared: Mapping[str, object], citation: str, rulebook: Rulebook) -> Case:
    own = entry.get("facts", dict, {})
    facts = Table({**shared, **own}, entry.file, entry.key("facts"))
    expect = entry.choice("expect", [PERMITTED, REFUSED])
    headline = entry.take("headline", str) if entry.has("headline") else None
    reasons, warnings = entry.texts("reasons"), entry.texts("warnings")
    named = {
        "headline": (headline,) if headline is not None else (),
        "reasons": reasons,
        "warnings": warnings,
    }
    for key, rule_ids in named.items():
        for rule_id in rule_ids:
            if rule_id not in rulebook.rules:
                raise entry.error(key, f"no rule {rule_id!r}; {nearest(rule_id, list(rulebook.rules))}")
    if expect == PERMITTED:
        wrong = [key for key in ("headline", "reasons", "overridable", "retry_at") if entry.has(key)]
    else:
        wrong = [key for key in ("until",) if entry.has(key)]
    if wrong:
        raise entry.error(wrong[0], f"does not go with expect = {expect!r}")
    retry_at: datetime | str | None = None
    if entry.has("retry_at"):
        retry_at = NEVER if entry.raw("retry_at") == NEVER else instant(entry, "retry_at")
    case = Case(
        file=entry.file,
        name=entry.take("name", str),
        citation=entry.get("citation", str, citation),
        facts=read_facts(facts, list(rulebook.profiles)),
        at=instant(entry, "at"),
        expect=expect,
        headline=headline,
        retry_at=retry_at,
        until=instant(entry, "until") if entry.has("until") else None,
        reasons=reasons,
        warnings=warnings if entry.has("warnings") else None,
        overridable=entry.take("overridable", bool) if entry.has("overridable") else None,
    )
    entry.done()
    return case
