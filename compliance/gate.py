"""The gate says whether a person may be contacted now, this way, at this number, about these debts.

Pure: facts, rulebook and instant in, verdict out. Every rule is judged and kept, whatever the first one said,
so that the record explains itself; the headline is the first refusal in the gate's order (domain rules, 2.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from compliance.contact import Check, CheckVerdict, ContactFacts, Permitted, Refused, Verdict
from compliance.profiles import Profile
from compliance.rulebook import Binding, Rulebook
from compliance.situation import Outcome, Situation, first_pass
from compliance.windows import HoursRule


@dataclass(frozen=True, slots=True)
class _Finding:
    binding: Binding
    outcome: Outcome


def decide(facts: ContactFacts, rulebook: Rulebook, at: datetime) -> Verdict:
    """Judge one intended contact.

    Raises ValueError where `at` has no zone, and UnknownProfileError.
    """
    if at.tzinfo is None:
        raise ValueError(f"the instant {at.isoformat()} has no time zone")
    at = at.astimezone(UTC)
    profile = rulebook.profile(facts.profile)
    situation = Situation(facts, at, profile.tail)
    findings = _judge(situation, rulebook)
    checks = tuple(_check(finding, at) for finding in findings)
    refusals = tuple(check for check in checks if check.verdict is CheckVerdict.REFUSE)
    if refusals:
        return Refused(
            at, refusals, checks, _retry_at(situation, rulebook, profile, findings), rulebook.version
        )
    return Permitted(at, _until(situation, findings), checks, rulebook.version)


def _judge(situation: Situation, rulebook: Rulebook) -> list[_Finding]:
    bindings = rulebook.reaching(situation.facts, situation.day(situation.at))
    situation.timed = any(isinstance(binding.judge, HoursRule) and binding.binds for binding in bindings)
    return [_Finding(binding, binding.judge.evaluate(situation)) for binding in bindings]


def _check(finding: _Finding, at: datetime) -> Check:
    binding, outcome = finding.binding, finding.outcome
    passes = outcome.passes(at)
    refusal = CheckVerdict.REFUSE if binding.binds else CheckVerdict.WARN
    return Check(
        rule_id=binding.rule.id,
        rule_version=binding.version,
        citation=binding.rule.citation,
        verdict=CheckVerdict.PASS if passes else refusal,
        message=outcome.message,
        inputs={**outcome.inputs, **binding.notes},
        retry_at=None if passes else outcome.retry_at(at),
        level=binding.level,
        two_person=binding.rule.two_person,
    )


def _until(situation: Situation, findings: Sequence[_Finding]) -> datetime:
    """Return when the present window ends: a rule closes, or a date changes and other values may hold."""
    ends = [f.outcome.closes(situation.at) for f in findings if f.binding.binds]
    return min([situation.next_day(situation.at), *ends])


def _retry_at(
    situation: Situation, rulebook: Rulebook, profile: Profile, findings: Sequence[_Finding]
) -> datetime | None:
    """Return the first later instant at which every rule passes, given that nothing new happens.

    The rules' answers hold as long as their values do. Where a value changes before the instant found, the
    search goes on from the change with the new values.
    """
    moment = situation.at
    while True:
        found = first_pass((f.outcome for f in findings if f.binding.binds), moment)
        change = rulebook.next_change(situation.facts, situation.day(moment))
        if change is None:
            return found
        changes_at = situation.day_begins(change)
        if found is not None and found < changes_at:
            return found
        moment = changes_at
        situation = Situation(situation.facts, moment, profile.tail)
        findings = _judge(situation, rulebook)


def explain(verdict: Verdict, zone: str) -> list[str]:
    """Return the verdict as lines for a terminal: the headline, then every rule, refusals first.

    Times are shown in `zone` (IANA). Raises ZoneInfoNotFoundError for an unknown one.
    """
    where = ZoneInfo(zone)
    if isinstance(verdict, Permitted):
        lines = [f"PERMITTED until {_local(verdict.until, where)}"]
    else:
        headline = verdict.reasons[0]
        lines = [f"REFUSED: {headline.message}", f"  next eligible: {_when(verdict.retry_at, where)}"]
    order = [CheckVerdict.REFUSE, CheckVerdict.WARN, CheckVerdict.PASS]
    for check in sorted(verdict.checks, key=lambda check: order.index(check.verdict)):
        lines.append(f"{_MARKS[check.verdict]} {check.rule_id}  {check.message}")
        if check.verdict is not CheckVerdict.PASS:
            lines.append(f"    {check.citation}; alone it would pass: {_when(check.retry_at, where)}")
    lines.append(f"rulebook {verdict.rulebook}, judged {_local(verdict.at, where)}")
    return lines


_MARKS = {CheckVerdict.REFUSE: "✗ refuse", CheckVerdict.WARN: "! warn  ", CheckVerdict.PASS: "✓ pass  "}


def _local(at: datetime, where: ZoneInfo) -> str:
    return f"{at.astimezone(where):%a %d %b %Y %H:%M %Z}"


def _when(at: datetime | None, where: ZoneInfo) -> str:
    return "not by waiting: ask a supervisor" if at is None else _local(at, where)
