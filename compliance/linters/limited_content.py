"""The limited-content message: a voicemail that says who, and how to call back, and nothing else.

12 CFR 1006.2(j): required are a business name that does not reveal debt collection, a request to reply, the
name of a natural person, and a telephone number. Allowed are a salutation, date and time, suggested times for
the reply, and that any representative can help. The linter knows those sentences and refuses every other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from compliance.linters.finding import Context, LintFinding

REVEALING = re.compile(
    r"\b(debts?|collect\w*|recover\w*|credit\w*|receivables?|legal|law|court|judg\w*|default\w*|overdue)\b",
    re.I,
)
"""Words that make a business name reveal, or suggest, debt collection."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a text is no limited-content message."""

    sentence: str
    """The sentence, or empty where something is missing."""
    reason: str


_WEEKDAY = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_HOUR = r"(?:\d{1,2}(?::\d\d)? ?(?:a\.?m\.?|p\.?m\.?|o'clock)|noon)"


def lint_limited_content(text: str, facts: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return every reason why `text` is no limited-content message; none means it is one.

    `facts` are the merge fields the text was filled from: collector_name, company_voicemail, contact_name,
    contact_first_name, callback_number and today give the slots their values.
    """
    slots = _Slots(facts)
    problems: list[Problem] = []
    company = facts.get("company_voicemail", "")
    revealing = REVEALING.search(company)
    if revealing:
        problems.append(Problem(company, f"the business name reveals debt collection: {revealing.group()!r}"))
    missing = {
        "the name of a person to contact": slots.person,
        "the business name": slots.company,
        "the number to call": slots.number,
    }
    for what, value in missing.items():
        if not value:
            problems.append(Problem("", f"missing: {what} (the field is empty)"))
    if problems:
        return tuple(problems)
    found: set[str] = set()
    for sentence in slots.sentences(text):
        kind = slots.kind(sentence)
        if kind is None:
            problems.append(Problem(sentence, "not allowed in a limited-content message"))
        else:
            found |= kind
    wanted = {
        "person": "who is calling",
        "company": "the business name",
        "reply": "a request to call back a number",
    }
    problems += [Problem("", f"missing: {words}") for part, words in wanted.items() if part not in found]
    return tuple(problems)


def lint_voicemail(text: str, facts: Mapping[str, str], context: Context) -> tuple[LintFinding, ...]:
    """Return what keeps `text` from being a limited-content message, as findings of its rule.

    None where the profile holds no such rule: a creditor in its own name may leave more.
    """
    rule_id = "conduct/limited-content"
    if not context.holds(rule_id):
        return ()
    return tuple(
        context.finding(
            rule_id, p.sentence, f"{p.reason}: say who calls and how to call back, and nothing else"
        )
        for p in lint_limited_content(text, facts)
    )


class _Slots:
    """The sentences of the grammar with this message's own names and number in them."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self.person = facts.get("collector_name", "").strip()
        self.company = facts.get("company_voicemail", "").strip()
        self.number = facts.get("callback_number", "").strip()
        names = [facts.get(name, "").strip() for name in ("contact_name", "contact_first_name")]
        self._marks = {
            "<person>": self.person,
            "<company>": self.company,
            "<number>": self.number,
            "<today>": facts.get("today", "").strip(),
            "<name>": max(names, key=len),
            "<first>": min(names, key=len),
        }

    def sentences(self, text: str) -> list[str]:
        """Split into sentences, slot values replaced by marks, so that "Smith & Co. Ltd." splits nothing."""
        for mark, value in sorted(self._marks.items(), key=lambda item: -len(item[1])):
            if value:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", mark, text)
        return [sentence for sentence in re.split(r"(?<=[.!?])\s+", text.strip()) if sentence]

    @staticmethod
    def kind(sentence: str) -> frozenset[str] | None:
        """Return what a sentence says, as parts of the grammar; None where there is no such sentence."""
        for pattern, parts in _GRAMMAR:
            if pattern.fullmatch(sentence):
                return parts
        return None


def _sentence(pattern: str, *parts: str) -> tuple[re.Pattern[str], frozenset[str]]:
    return re.compile(pattern), frozenset(parts)


_HELLO = r"(?:(?:Hello|Good (?:morning|afternoon|evening))(?:,? (?:<name>|<first>))?)"
_GRAMMAR = (
    _sentence(rf"{_HELLO}[.,!]?"),
    _sentence(
        rf"(?:{_HELLO}, this|This) is <person>,? (?:from|with|of|at|calling from) <company>\.",
        "person",
        "company",
    ),
    _sentence(r"My name is <person>\.", "person"),
    _sentence(r"(?:I am|I'm) calling from <company>\.", "company"),
    _sentence(r"(?:It is|Today is) <today>(?:,? " + _HOUR + r")?\."),
    _sentence(r"Please (?:call|telephone) (?:me|us)(?: back)? (?:at|on) <number>\.", "reply"),
    _sentence(r"Please return (?:my|our) call (?:at|on) <number>\.", "reply"),
    _sentence(
        rf"You can reach (?:me|us) (?:from )?{_WEEKDAY}(?: to {_WEEKDAY})?,? "
        rf"(?:from|between) {_HOUR} (?:to|and) {_HOUR}\."
    ),
    _sentence(r"Any (?:of our representatives|representative) can (?:help|assist) you\."),
)
