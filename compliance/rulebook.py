"""The rulebook: every rule and profile of a directory of TOML files, looked up as of a date.

One file holds one legal parameter or house policy; its id is its path. ``profiles/`` holds the profiles and
``speech/`` belongs to the live checks. The version is a digest of the files, so that a recorded decision says
exactly which text it rests on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from compliance.contact import Level
from compliance.profiles import REQUIRED, Profile, parse_profile
from compliance.rule import ORDER, Judge, Rule, Step, parse_rule
from compliance.rulefile import RuleFileError, nearest, read_table

PACKAGED = Path(__file__).parent / "rules"
_PROFILES = "profiles"
_NOT_OURS = frozenset({"speech"})


class UnknownProfileError(LookupError):
    """No profile has this id; the message names the nearest."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule as it binds one profile on one date."""

    rule: Rule
    level: Level
    effective: date
    judge: Judge

    @property
    def binds(self) -> bool:
        """Whether a refusal of this rule refuses the contact."""
        return self.level is not Level.WARN


@dataclass(frozen=True)
class Rulebook:
    """All rules and profiles; immutable, and safe to share between threads."""

    rules: Mapping[str, Rule]
    profiles: Mapping[str, Profile]
    version: str
    """First 16 hexadecimal digits of the SHA-256 over every file's path and bytes."""
    _cache: dict[tuple[str, date], tuple[Binding, ...]] = field(
        default_factory=dict, repr=False, compare=False
    )

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

    def bindings(self, profile_id: str, day: date) -> tuple[Binding, ...]:
        """Return the rules the gate judges for a profile as of a date, in the gate's order.

        Raises UnknownProfileError. Rules that are off, not yet in force, repealed or of conduct are left out.
        """
        key = (profile_id, day)
        found = self._cache.get(key)
        if found is None:
            found = self._bind(self.profile(profile_id), day)
            self._cache[key] = found
        return found

    def _bind(self, profile: Profile, day: date) -> tuple[Binding, ...]:
        bound: list[Binding] = []
        for rule in self.rules.values():
            level = profile.level(rule)
            dated = rule.value_at(day)
            if rule.step is Step.CONDUCT or level is Level.OFF or dated is None or dated.judge is None:
                continue
            bound.append(Binding(rule, level, dated.effective, dated.judge))
        bound.sort(key=lambda binding: (ORDER[binding.rule.step], binding.rule.id))
        return tuple(bound)

    def next_change(self, day: date) -> date | None:
        """Return the first date after `day` on which any rule takes another value; None if none is known."""
        dates = (dated.effective for rule in self.rules.values() for dated in rule.values)
        return min((effective for effective in dates if effective > day), default=None)
