"""A settlement offer: less than is owed, within the user's authority, until a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workstation.desk.money import Money
from workstation.desk.settlement import Authority, authority_of, flaws
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work
from workstation.ui.kit import Row, row


@dataclass(frozen=True, slots=True)
class _Offer:
    amount: Money
    until: date


class SettlementForm(Form):
    """An offer on all that is open and undisputed."""

    def __init__(self, at: Standing) -> None:
        self._at = at
        self._authority = authority_of(at.user.role)
        until = ""
        if self._authority is not None:
            last = at.today + timedelta(days=self._authority.longest_days)
            until = f"{last:%a} {last.day} {last:%b}".lower()
        self.title = f"SETTLEMENT OFFER · {at.free} open and undisputed"
        self.slots = (Slot("amount", "takes"), Slot("until", "until", until))
        super().__init__()

    def _read(self) -> _Offer:
        whole = self._at.free
        typed = self.values["amount"].strip()
        if match := re.fullmatch(r"(\d{1,2})\s*%", typed):
            amount = Money(-(-whole.minor * int(match[1]) // 100), whole.currency)
        else:
            amount = entry.amount(typed, whole, ask="how much settles it? write 95% or a sum;")
        offer = _Offer(amount, entry.day(self.values["until"], self._at.today))
        if found := flaws(whole, offer.amount, self._at.today, offer.until, self._authority):
            raise entry.EntryError(f"takes: {found[0]}")
        return offer

    def rows(self, width: int, height: int) -> list[Row]:
        """The offer in words, and under it what the user may offer."""
        rows = super().rows(width, max(1, height - 1))
        return [*rows, row((self._may(self._authority), "dim"))][:height]

    def _may(self, authority: Authority | None) -> str:
        if authority is None:
            return "your role may not settle: ask a manager"
        return (
            f"your authority: from {authority.least_share}%, standing {authority.longest_days} days at most"
        )

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What is given up, and until when."""
        offer, whole = self._read(), self._at.free
        share = offer.amount.minor * 100 // whole.minor
        return [
            row(
                (str(offer.amount), "strong"), f"  settles {whole.figures()} ({share}%)",
                ("  written off if it comes by ", "dim"), figures.weekday(offer.until),
                (": ", "dim"), (whole - offer.amount).figures(),
            )
        ]  # fmt: skip

    def work(self) -> Work:
        """Make the offer."""
        offer, at = self._read(), self._at

        def save(now: datetime) -> str:
            at.desk.offer_settlement(
                at.account.account_id, offer.amount.minor, offer.until, at.today, at.user.user_id, now
            )
            return f"Settlement of {offer.amount} offered until {figures.weekday(offer.until)}."

        return save
