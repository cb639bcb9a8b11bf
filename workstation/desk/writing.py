"""Mails, letters and payment links as a collector writes them: what may be chosen, and how it would read."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contact import Medium
from workstation.desk.money import Money


@dataclass(frozen=True, slots=True)
class LetterChoice:
    """A mail or letter of the catalog that fits the account."""

    id: str
    title: str
    medium: Medium
    when: str
    """When to send it, for whoever chooses."""
    asks_reply_by: bool
    """Whether it names a day to answer by, which must be given."""


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """A mail or letter with the account's facts in it, as it would be sent; nothing is recorded."""

    choice: LetterChoice
    to: str
    """Person and address; of a letter without one, the person only."""
    subject: str
    text: str
    flaws: tuple[str, ...]
    """What keeps it from being sent, such as a missing address; each names what to do."""


@dataclass(frozen=True, slots=True)
class LinkGiven:
    """A payment link to read out or send."""

    invoice: str
    amount: Money
    url: str
    provider: str
