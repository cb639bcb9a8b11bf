"""What silences a phrase that was found: the words around it."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.checks.denial import negated, quoted
from compliance.checks.match import Match, Token, near
from compliance.checks.rules import Rule


def silenced(rule: Rule, match: Match, tokens: Sequence[Token]) -> str:
    """Return why a match does not count, in one line; empty where it counts."""
    if why := disowned(rule, match, tokens):
        return why
    if rule.near and not near(match, tokens, rule.near):
        return f"none of {', '.join(sorted(rule.near))} is near"
    if rule.not_near and near(match, tokens, rule.not_near):
        return "it is about something else"
    return ""


def disowned(rule: Rule, match: Match, tokens: Sequence[Token]) -> str:
    """Return whether a match is denied or somebody else's words, and which, in one line; empty if neither."""
    if rule.negation and negated(match, tokens):
        return "denied in the same clause"
    if rule.quotation and quoted(match, tokens):
        return "somebody else's words, reported or asked about"
    return ""
