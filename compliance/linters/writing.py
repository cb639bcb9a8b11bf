"""Letters, mails and texts: what they must say, and what they may not.

The words stand in ``words.toml``, the citations in the rulebook. A finding is a flag for whoever writes or
approves: whether a sentence misleads is for people to say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from compliance.contact import Medium
from compliance.linters.finding import Context, LintFinding

_WORDS = Path(__file__).parent / "words.toml"


@cache
def _patterns() -> Mapping[str, Mapping[str, re.Pattern[str]]]:
    words: dict[str, dict[str, list[str]]] = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return {
        topic: {
            name: re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)
            for name, phrases in names.items()
        }
        for topic, names in words.items()
    }


def consequences() -> tuple[str, ...]:
    """Return the names of consequences that an authority can be had for."""
    return tuple(_patterns()["consequences"])


def lint_writing(text: str, context: Context) -> tuple[LintFinding, ...]:
    """Return what a letter, mail or text lacks or should not say, in the order of the text's parts."""
    plain = " ".join(text.split())
    found = [*_disclosure(plain, context), *_opt_out(plain, context)]
    found += [*_overshadowing(plain, context), *_charges(plain, context), *_consequences(plain, context)]
    return tuple(found)


def _disclosure(text: str, context: Context) -> Iterator[LintFinding]:
    rule_id = "conduct/mini-miranda"
    if not context.holds(rule_id):
        return
    words = _patterns()["disclosure"]
    whole = words["purpose"].search(text) is not None and words["use"].search(text) is not None
    if context.first and not whole:
        yield context.finding(
            rule_id,
            "",
            "The first communication: say that this is an attempt to collect a debt and that any information "
            "obtained will be used for that purpose.",
        )
    elif not whole and not words["collector"].search(text):
        yield context.finding(rule_id, "", "Say that this communication is from a debt collector.")


def _opt_out(text: str, context: Context) -> Iterator[LintFinding]:
    rule_id = "conduct/opt-out-line"
    if context.facts.medium not in (Medium.EMAIL, Medium.TEXT) or not context.holds(rule_id):
        return
    words = _patterns()["opt_out"]
    how = words["how"].search(text)
    if how is None:
        yield context.finding(rule_id, "", "Say how to stop these messages, in plain words.")
        return
    # The sentence that says how, and the one after it.
    cost = words["cost"].search(text, how.start(), how.end() + 160)
    if cost is not None:
        yield context.finding(
            rule_id, cost.group(), "Stopping these messages must cost nothing: leave this out."
        )


def _overshadowing(text: str, context: Context) -> Iterator[LintFinding]:
    rule_id = "conduct/overshadowing"
    if not context.holds(rule_id) or not context.in_validation_period():
        return
    for found in _patterns()["overshadowing"]["pressure"].finditer(text):
        yield context.finding(
            rule_id,
            found.group(),
            "The validation period runs: leave out what presses for payment before it ends.",
        )


def _charges(text: str, context: Context) -> Iterator[LintFinding]:
    rule_id = "conduct/charges"
    if context.charges_agreed or not context.holds(rule_id):
        return
    for found in _patterns()["charges"]["named"].finditer(text):
        yield context.finding(
            rule_id,
            found.group(),
            "No basis in the contract or the law is on record for this charge: record it, or leave it out.",
        )


def _consequences(text: str, context: Context) -> Iterator[LintFinding]:
    guard, barred = "conduct/consequence-guard", "conduct/time-barred"
    words = _patterns()
    for found in words["never"]["arrest"].finditer(text):
        yield context.finding(guard, found.group(), "Nobody is arrested for a debt: leave it out.")
    for action, pattern in words["consequences"].items():
        for found in pattern.finditer(text):
            if action == "lawsuit" and context.holds(barred) and context.time_barred():
                yield context.finding(
                    barred,
                    found.group(),
                    "The debt is barred by time: neither sue nor threaten it; leave it out.",
                )
            elif not context.authorised(action):
                yield context.finding(
                    guard,
                    found.group(),
                    f"No authority to name this consequence is in force ({action}): get it, or leave it out.",
                )
