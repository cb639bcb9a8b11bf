"""Written notices, what waits for them, and the validation period (12 CFR 1006.34(b)(5))."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from compliance.contact import CollectionPurpose, ContactFacts, Notice, NoticeKind
from compliance.hours import public_holidays
from compliance.rulefile import Table
from compliance.situation import Outcome, Situation, about


@dataclass(frozen=True, slots=True)
class ValidationPeriod:
    """How long a consumer may dispute: ``conduct/validation-period`` holds the figures."""

    receipt_business_days: int
    """Receipt may be assumed so many days after sending, without public holidays, Saturdays and Sundays."""
    days: int
    """Calendar days after receipt."""

    def assumed_receipt(self, sent_on: date, country: str = "US") -> date:
        """Return the day on which a notice may be assumed to be received."""
        day, left = sent_on, self.receipt_business_days
        while left:
            day += timedelta(days=1)
            if day.weekday() < 5 and day not in public_holidays(country, day.year):
                left -= 1
        return day

    def last_day(self, notice: Notice, country: str = "US") -> date:
        """Return the last day of the period that a validation notice began."""
        received = notice.received_on or self.assumed_receipt(notice.sent_on, country)
        return received + timedelta(days=self.days)

    def runs(self, facts: ContactFacts, today: date) -> bool:
        """Whether the period of any debt of the contact still runs on a local date."""
        return any(
            today <= self.last_day(notice, facts.country)
            for notice in facts.notices
            if notice.kind is NoticeKind.VALIDATION and _concerns(notice, facts.debt_ids)
        )


def _concerns(notice: Notice, debts: frozenset[int]) -> bool:
    return not notice.debt_ids or not debts or not notice.debt_ids.isdisjoint(debts)


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Refuses until so many days after a notice was sent, and without the notice."""

    notice: NoticeKind
    days: int
    """Counted from the day of sending: with 60, contact is free on the sixtieth day after it."""
    creditor_address: bool
    """Whether it waits only for mail addresses that the creditor handed over."""

    @classmethod
    def parse(cls, table: Table) -> NoticeRule:
        """Read notice, days and creditor_address (default: false)."""
        return cls(
            NoticeKind(table.choice("notice", [kind.value for kind in NoticeKind])),
            table.whole("days", 1, 366),
            table.get("creditor_address", bool, False),
        )

    def evaluate(self, situation: Situation) -> Outcome:
        """Find, for each debt, the first notice; the one sent last decides."""
        facts = situation.facts
        if self.creditor_address and not facts.address_from_creditor:
            return Outcome("the address is the person's own")
        if facts.purpose is CollectionPurpose.NOTICE:
            return Outcome("this is a notice")
        name = self.notice.value.replace("-", " ")
        sent: list[date] = []
        for bucket in situation.buckets:
            days = [n.sent_on for n in facts.notices if n.kind is self.notice and about(bucket, n.debt_ids)]
            if not days:
                return Outcome(f"no {name} notice sent: send it first", None)
            sent.append(min(days))
        free_on = max(sent) + timedelta(days=self.days)
        message = f"{name} notice sent {max(sent).isoformat()}: contact from {free_on.isoformat()}"
        free_from = situation.day_begins_everywhere(free_on)
        return Outcome(message, free_from, inputs={"sent": max(sent).isoformat(), "days": str(self.days)})
