"""The customer in the round: what sales, finance and collections know, and what stands between us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from workstation.desk.ledger import Explained
from workstation.desk.money import Money
from workstation.desk.plan import Due, PlanState
from workstation.desk.terms import Quote


class AuthorRole(StrEnum):
    """In which role a note is written."""

    COLLECTIONS = "collections"
    SALES = "sales"
    FINANCE = "finance"


class Relation(StrEnum):
    """What another account is to this one."""

    PARENT = "parent"
    CHILD = "child"
    GUARANTOR = "guarantor"
    GUARANTEED = "guaranteed"
    SISTER = "sister"

    @property
    def inverse(self) -> Relation:
        """What this account is to the other."""
        return _INVERSE[self]


_INVERSE = {
    Relation.PARENT: Relation.CHILD,
    Relation.CHILD: Relation.PARENT,
    Relation.GUARANTOR: Relation.GUARANTEED,
    Relation.GUARANTEED: Relation.GUARANTOR,
    Relation.SISTER: Relation.SISTER,
}


class OfferState(StrEnum):
    """What has become of a settlement offer."""

    OPEN = "open"
    SETTLED = "settled"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A person to speak with."""

    party_id: int
    name: str
    role: str
    email: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note and in which role it was written."""

    at: datetime
    role: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """A related account with its own balance; balances of several accounts are not added up."""

    account_id: int
    number: str
    name: str
    relation: Relation
    balance: Money


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute on part of an invoice."""

    dispute_id: int
    invoice: str
    held: Money
    reason: str
    cause: str
    detail: str
    opened_on: date
    owner: str
    answer_due: date | None
    overdue: bool
    """Whether our answer is late."""
    resolved_on: date | None
    resolution: str
    answer: str


@dataclass(frozen=True, slots=True)
class PlanLine:
    """An instalment plan and how it stands."""

    plan_id: int
    who: str
    method: str
    total: Money
    made_on: date
    instalments: tuple[Due, ...]
    state: PlanState
    paid: Money
    missing: Money
    """Due by today and not received."""
    next_due: Due | None
    breached_on: date | None


@dataclass(frozen=True, slots=True)
class OfferLine:
    """A settlement offer."""

    offer_id: int
    balance: Money
    amount: Money
    offered_on: date
    expires_on: date
    offered_by: str
    approved_by: str
    state: OfferState


@dataclass(frozen=True, slots=True)
class CreditUse:
    """Credit limit and use. Unapplied money lowers the use; what is left is never less than nothing."""

    limit: Money | None
    used: Money
    left: Money | None
    over: bool


@dataclass(frozen=True, slots=True)
class Customer:
    """Customer 360: everything beside the invoices and the calls."""

    account_id: int
    terms: str
    terms_understood: bool
    """Whether the terms can be worked with; they are shown as they stand either way."""
    credit: CreditUse
    unapplied: Explained
    contacts: tuple[ContactLine, ...]
    notes: tuple[NoteLine, ...]
    related: tuple[Related, ...]
    disputes: tuple[DisputeLine, ...]
    plans: tuple[PlanLine, ...]
    offers: tuple[OfferLine, ...]
    discounts: tuple[Quote, ...]
