"""Profiles: which rules hold, and how strictly, for one kind of collector and debtor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from compliance.contact import Level
from compliance.rule import Debtor, Role, Rule
from compliance.rulefile import Table, nearest

REQUIRED = frozenset(
    {
        "holds/bankruptcy",
        "holds/cease",
        "holds/attorney",
        "holds/opt-out",
        "conduct/recording-notice",
        "conduct/consequence-guard",
        "conduct/card-data",
    }
)
"""Rules that no profile may weaken, whatever its file or theirs say."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How one kind of collecting treats the rules."""

    id: str
    title: str
    role: Role
    debtor: Debtor
    tail: timedelta
    """Calls may not start within this time of the end of calling hours."""
    levels: Mapping[str, Level]
    """By rule id, for the rules the profile names."""

    def level(self, rule: Rule) -> Level:
        """Return what the profile says, or else BLOCK where the rule reaches this profile as law."""
        named = self.levels.get(rule.id)
        if named is not None:
            return named
        reach = rule.reach
        reached = (
            (not reach.roles or self.role in reach.roles)
            and (not reach.debtors or self.debtor in reach.debtors)
            and (not reach.profiles or self.id in reach.profiles)
        )
        return Level.BLOCK if reached else Level.OFF


def parse_profile(profile_id: str, table: Table, rules: Mapping[str, Rule]) -> Profile:
    """Read one profile file against the rules that exist. Raises RuleFileError."""
    levels: dict[str, Level] = {}
    named = table.table("rules")
    for rule_id in named.names():
        if rule_id not in rules:
            raise named.error(rule_id, f"no such rule; {nearest(rule_id, list(rules))}")
        level = Level(named.choice(rule_id, [level.value for level in Level]))
        if rules[rule_id].never_off and level is not Level.BLOCK:
            raise named.error(rule_id, f"no profile may set this to {level.value!r}: remove the line")
        levels[rule_id] = level
    profile = Profile(
        id=profile_id,
        title=table.take("title", str),
        role=Role(table.choice("role", [role.value for role in Role])),
        debtor=Debtor(table.choice("debtor", [debtor.value for debtor in Debtor])),
        tail=timedelta(minutes=table.whole("tail_minutes", 0, 120, 10)),
        levels=levels,
    )
    table.take("why", str)
    table.done()
    return profile
