"""No mail or letter leaves that says what it must not, or lacks what it must say."""

from __future__ import annotations

from datetime import datetime

from compliance.contact import Level, Medium
from compliance.linters.writing import lint_writing
from workstation.desk.book import InvalidEntry
from workstation.store.book import SqlBook


def check_writing(
    book: SqlBook, account_id: int, party_id: int, medium: Medium, text: str, now: datetime
) -> tuple[str, ...]:
    """Hold a finished text against the rules of writing; returns what they only warn of, a line each.

    Raises InvalidEntry where a rule that binds finds something: it names the words, the rule and the remedy.
    """
    context = book.lint_context(account_id, party_id, now, medium)
    warnings = []
    for finding in lint_writing(text, context):
        words = f"{finding.words!r}: " if finding.words else ""
        line = f"{words}{finding.remedy} ({finding.citation})"
        if finding.level is not Level.WARN:
            raise InvalidEntry(f"the {medium.value} may not go out. {line}")
        warnings.append(line)
    return tuple(warnings)
