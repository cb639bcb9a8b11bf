"""The rulebook: every rule and profile of a directory of TOML files, looked up as of a date.

One file holds one legal parameter or house policy; its id is its path. ``profiles/`` holds the profiles and
``speech/`` belongs to the live checks. The version is a digest of the files, so that a recorded decision says
exactly which text it rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from compliance.contact import ContactFacts, Level
from compliance.profiles import REQUIRED, Profile, parse_profile
from compliance.rule import ORDER, Judge, Rule, Step, parse_rule
from compliance.rulefile import RuleFileError, nearest, read_table

PACKAGED = Path(__file__).parent / "rules"
_PROFILES = "profiles"
_MOST_CACHED = 4096
"""Kinds of contact whose rules are kept at hand; a floor meets a few hundred."""
_NOT_OURS = frozenset({"speech"})


class UnknownProfileError(LookupError):
    """No profile has this id; the message names the nearest."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule as it binds one profile on one date."""

    rule: Rule
    level: Level
    version: str
    """The date from which the value holds, ISO 8601."""
    judge: Judge
    binds: bool
    """Whether a refusal of this rule refuses the contact."""
    notes: Mapping[str, str]
    """What every check of this rule says beside its own inputs."""


@dataclass(frozen=True)
class Rulebook:
    """All rules and profiles; immutable, and safe to share between threads."""

    rules: Mapping[str, Rule]
    profiles: Mapping[str, Profile]
    version: str
    """First 16 hexadecimal digits of the SHA-256 over every file's path and bytes."""
    _cache: dict[Hashable, tuple[Binding, ...]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, directory: Path = PACKAGED) -> Rulebook:
        """Read and check every file. Raises RuleFileError naming file, key and what would be right."""
        paths = sorted(
            path
            for path in directory.rglob("*.toml")
            if path.relative_to(directory).parts[0] not in _NOT_OURS
        )
        if not paths:
            raise RuleFileError(str(directory), "", "holds no rule files")
        digest = hashlib.sha256()
        rules: dict[str, Rule] = {}
        profile_paths: list[Path] = []
        for path in paths:
            name = path.relative_to(directory).with_suffix("")
            digest.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
            if name.parts[0] == _PROFILES:
                profile_paths.append(path)
            else:
                rules[name.as_posix()] = parse_rule(name.as_posix(), read_table(path, directory))
        for rule_id in sorted(REQUIRED):
            if rule_id not in rules:
                raise RuleFileError(f"{rule_id}.toml", "", "missing: no rulebook may do without it")
            rule = rules[rule_id]
            if not rule.never_off or rule.reach.roles or rule.reach.debtors or rule.reach.profiles:
                raise RuleFileError(
                    f"{rule_id}.toml", "never_off", "must be true, and the rule must reach everyone"
                )
        profiles = {
            path.stem: parse_profile(path.stem, read_table(path, directory), rules) for path in profile_paths
        }
        for rule in rules.values():
            for name_ in sorted(rule.reach.profiles - set(profiles)):
                raise RuleFileError(
                    f"{rule.id}.toml", "applies_to.profiles", f"{name_!r}: {nearest(name_, list(profiles))}"
                )
        return cls(rules, profiles, digest.hexdigest()[:16])

    def profile(self, profile_id: str) -> Profile:
        """Return a profile. Raises UnknownProfileError."""
        try:
            return self.profiles[profile_id]
        except KeyError:
            hint = nearest(profile_id, list(self.profiles))
            raise UnknownProfileError(f"no profile {profile_id!r}; {hint}") from None

    def level(self, profile_id: str, rule_id: str) -> Level:
        """Return how strictly a profile holds a rule. Raises UnknownProfileError, KeyError."""
        return self.profile(profile_id).level(self.rules[rule_id])

    def figure(self, rule_id: str, name: str, day: date) -> int:
        """Return a number that a rule of conduct sets as of a date. Raises KeyError where there is none."""
        dated = self.rules[rule_id].value_at(day)
        if dated is None or name not in dated.figures:
            raise KeyError(f"{rule_id} sets no {name!r} on {day.isoformat()}")
        return dated.figures[name]

    def bindings(self, profile_id: str, day: date) -> tuple[Binding, ...]:
        """Return the rules the gate judges for a profile as of a date, in the gate's order.

        Raises UnknownProfileError. Rules that are off, not yet in force, repealed or of conduct are left out.
        """
        return self._once((profile_id, day), lambda: self._bind(self.profile(profile_id), day))

    def reaching(self, facts: ContactFacts, day: date) -> Sequence[Binding]:
        """Return those of :meth:`bindings` that reach one intended contact. Raises UnknownProfileError."""
        reached = self._once(
            (
                facts.profile, day, facts.medium, facts.number_kind, facts.person_role, facts.country,
                facts.jurisdictions,
            ),
            lambda: tuple(b for b in self.bindings(facts.profile, day) if b.rule.reach.covers(facts)),
        )  # fmt: skip
        return [b for b in reached if b.rule.reach.covers_debts(facts, day)]

    def _once(self, key: Hashable, work: Callable[[], tuple[Binding, ...]]) -> tuple[Binding, ...]:
        found = self._cache.get(key)
        if found is None:
            found = work()
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[key] = found
        return found

    def _bind(self, profile: Profile, day: date) -> tuple[Binding, ...]:
        bound: list[Binding] = []
        for rule in self.rules.values():
            level = profile.level(rule)
            dated = rule.value_at(day)
            if rule.step is Step.CONDUCT or level is Level.OFF or dated is None or dated.judge is None:
                continue
            notes = {"level": level.value} | ({} if rule.verified else {"verified": "no"})
            version = dated.effective.isoformat()
            bound.append(Binding(rule, level, version, dated.judge, level is not Level.WARN, notes))
        bound.sort(key=lambda binding: (ORDER[binding.rule.step], binding.rule.id))
        return tuple(bound)

    def next_change(self, facts: ContactFacts, day: date) -> date | None:
        """Return the first date after `day` on which other values may hold for a contact, or None.

        Rules change by their dates, and a debt comes within reach of some once it is so long past due.
        """
        dates = [dated.effective for rule in self.rules.values() for dated in rule.values]
        overdue = [debt.past_due_since for debt in facts.debts if debt.past_due_since is not None]
        if overdue:
            dates += [
                since + timedelta(days=rule.reach.debts.past_due_days + 1)
                for rule in self.rules.values()
                if rule.reach.debts is not None and rule.reach.debts.past_due_days is not None
                for since in overdue
            ]
        return min((effective for effective in dates if effective > day), default=None)
