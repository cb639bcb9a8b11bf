"""What stands about a person beside holds, and leave that is asked for and given: how people see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from compliance.contact import Consent, ConsentScope, Designation, Flag, Notice, PersonRole
from workstation.desk.book import InvalidEntry

Standing = Consent | Designation | Notice | Flag
"""A standing fact about a person."""

RECONTACT_LASTS = timedelta(days=7)
"""Consent to be called again ends by itself after seven days (12 CFR 1006.14(b)(3)(i))."""

OVERRIDE_LASTS = timedelta(minutes=15)
"""How long an approved override may wait for its one contact."""


class StandingKind(StrEnum):
    """Kinds of standing facts."""

    CONSENT = "consent"
    DESIGNATION = "inconvenient"
    NOTICE = "notice"
    FLAG = "flag"


class Consequence(StrEnum):
    """Consequences that may be named only under an authority (domain rules, section 2.8).

    The first four are what compliance/rules/speech/ listens for.
    """

    LAWSUIT = "lawsuit"
    GARNISHMENT = "garnishment"
    SEIZURE = "seizure"
    LIEN = "lien"
    CREDIT_REPORTING = "credit-reporting"
    PLACEMENT = "placement"
    """Placing the account with an agency or a law firm."""
    SERVICE_SUSPENSION = "service-suspension"


@dataclass(frozen=True, slots=True)
class Heard:
    """Where in a call something was said."""

    call_id: str
    second: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class StandingView:
    """A standing fact as a line on the screen."""

    standing_id: int
    party_id: int
    party_name: str
    kind: StandingKind
    fact: Standing
    since: datetime
    ended_at: datetime | None
    source: str
    heard: Heard | None


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """Leave to name a consequence, asked for or given."""

    authority_id: int
    account_id: int
    account_number: str
    action: Consequence
    legal_basis: str
    target: str
    not_before: datetime
    expires: datetime
    asked_by: str
    approved_by: str
    """Empty while it waits."""
    revoked: bool

    def stands(self, now: datetime) -> bool:
        """Whether the consequence may be named now."""
        return bool(self.approved_by) and not self.revoked and self.not_before <= now < self.expires


@dataclass(frozen=True, slots=True)
class OverrideView:
    """Leave to contact once against rules at level supervisor, asked for or given."""

    override_id: int
    account_id: int
    account_number: str
    account_name: str
    number: str
    rules: tuple[str, ...]
    two_person: bool
    reason: str
    asked_by: str
    asked_at: datetime
    approved_by: str
    """Empty while it waits; two names where two people agreed."""
    valid_until: datetime | None
    """None while it waits."""


_ROLES = {
    "spouse": PersonRole.SPOUSE,
    "husband": PersonRole.SPOUSE,
    "wife": PersonRole.SPOUSE,
    "parent": PersonRole.PARENT,
    "guardian": PersonRole.GUARDIAN,
    "executor": PersonRole.PERSONAL_REPRESENTATIVE,
    "administrator": PersonRole.PERSONAL_REPRESENTATIVE,
    "successor": PersonRole.SUCCESSOR,
    "guarantor": PersonRole.GUARANTOR,
    "attorney": PersonRole.ATTORNEY,
    "lawyer": PersonRole.ATTORNEY,
    "employer": PersonRole.EMPLOYER,
    "debtor": PersonRole.DEBTOR,
    "account holder": PersonRole.DEBTOR,
    "self": PersonRole.DEBTOR,
}


def person_role(contact_role: str, *, is_debtor: bool, business: bool) -> PersonRole:
    """Return who a contact is to the debt, from the role written on the account.

    Unknown words make a business's contact somebody who acts for it, and a consumer's a third party: the
    stricter reading, since a third party may hear nothing of a debt (12 CFR 1006.6(d)(1)).
    """
    if is_debtor:
        return PersonRole.DEBTOR
    known = _ROLES.get(contact_role.strip().lower())
    if known is not None:
        return known
    return PersonRole.BUSINESS_CONTACT if business else PersonRole.THIRD_PARTY


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> frozenset[int]:
    """Read ``mon-fri``, ``tue`` or ``sat, sun`` as days, 0 being Monday. Raises InvalidEntry."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise InvalidEntry(f"{text!r} names no days: write mon-fri, or tue, sat")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update(range(begin, end + 1) if begin <= end else (*range(begin, 7), *range(end + 1)))
    return frozenset(found)


def sentence(fact: Standing) -> str:
    """Return a standing fact in words, for a line on the screen."""
    if isinstance(fact, Consent):
        what = f"agreed to {_SCOPES[fact.scope]}"
        limits = [fact.number or "", f"by {fact.medium.value}" if fact.medium else ""]
        ends = f"until {fact.ends:%d %b %Y %H:%M} UTC" if fact.ends else ""
        return " ".join(part for part in (what, *limits, ends) if part)
    if isinstance(fact, Designation):
        days = " ".join(_DAYS[day] for day in sorted(fact.weekdays))
        hours = f"{fact.begins:%H:%M}-{fact.ends:%H:%M}" if fact.ends else f"from {fact.begins:%H:%M}"
        return f"inconvenient: {'every day' if len(fact.weekdays) == 7 else days} {hours}" + (
            f" on {fact.number}" if fact.number else ""
        )
    if isinstance(fact, Notice):
        arrived = f", arrived {fact.received_on:%d %b %Y}" if fact.received_on else ""
        return f"{fact.kind.value} notice sent {fact.sent_on:%d %b %Y}{arrived}"
    return fact.kind.value + (f" until {fact.until:%d %b %Y}" if fact.until else "")


_SCOPES = {
    ConsentScope.RECONTACT: "be called again",
    ConsentScope.TIME: "be contacted at other times",
    ConsentScope.WORK: "be contacted at work",
    ConsentScope.MEDIUM: "be contacted",
    ConsentScope.RECORDED_VOICE: "hear a recorded voice",
}
