"""Voicemail that must be a limited-content message; ``compliance.linters`` knows its grammar."""

from __future__ import annotations

from collections.abc import Mapping

from compliance.linters.limited_content import Problem as Problem
from compliance.linters.limited_content import lint_limited_content as lint_limited_content
from scripts.errors import RenderError


class NotLimitedContent(RenderError):
    """The message says more, or less, than a limited-content message may; the text names the sentence."""


def require_limited_content(text: str, facts: Mapping[str, str]) -> None:
    """Raise NotLimitedContent unless `text` is a limited-content message."""
    problems = lint_limited_content(text, facts)
    if problems:
        first = problems[0]
        where = f"{first.sentence!r}: " if first.sentence else ""
        raise NotLimitedContent(f"no limited-content voicemail: {where}{first.reason}")
