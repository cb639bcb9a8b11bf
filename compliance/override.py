"""Contact once although rules at level supervisor refuse, because people who may said so and why."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from compliance.contact import Permitted, Refused


def override(refused: Refused, rules: Collection[str], until: datetime) -> Permitted | None:
    """Return the permission that an override of `rules` makes of a refusal; None where it does not cover it.

    It covers a refusal only if every rule that refuses stands at level supervisor and is among `rules`: what
    began to refuse since the override was asked for is not overridden. The checks keep what each rule said.
    `until` is when the override ends (UTC); an override that has ended covers nothing.
    """
    if not refused.overridable or refused.at >= until:
        return None
    if any(check.rule_id not in rules for check in refused.reasons):
        return None
    return Permitted(refused.at, until, refused.checks, refused.rulebook)
