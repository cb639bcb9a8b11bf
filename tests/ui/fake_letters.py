"""A stand-in for the letters: a catalog of four, and an outbox in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from compliance.contact import Medium, Refused
from tests.ui.views import usd
from workstation.desk.book import BookError
from workstation.desk.post import Queued
from workstation.desk.writing import LetterChoice, LetterPreview, LinkGiven

INQUIRY = LetterChoice(
    "inquiry", "Inquiry about a late invoice", Medium.EMAIL, "days after the due date", False
)
PROMISED = LetterChoice("promise", "Confirmation of a promise", Medium.EMAIL, "right after the call", False)
STATEMENT = LetterChoice("statement", "Statement of open invoices", Medium.LETTER, "when asked", False)
DEMAND = LetterChoice("final-demand", "Final demand", Medium.LETTER, "after the session", True)

TEXT = """\
Dear Jordan Reyes,

Invoice 7731 of 5,000.00 USD was due on October 8, 2026, and is open. If anything keeps you from paying
it, please tell me; I will see to it the same day.

  Invoice  Due         Late     Open
  7731     8 Oct 2026  41 days  5,000.00 USD
  7802     1 Nov 2026  17 days  3,420.00 USD

Kind regards,
Dana Whitfield
"""


class FakeLetters:
    """A catalog of four, and an outbox in memory."""

    def __init__(self) -> None:
        self.queued: list[tuple[str, int, int, date | None]] = []
        self.addresses: list[tuple[int, tuple[str, ...]]] = []
        self.flaws: tuple[str, ...] = ()
        self.refusal: Refused | None = None
        self.wrong: BookError | None = None
        self.previewed: list[tuple[str, int]] = []
        self.text = TEXT
        self.to = "Jordan Reyes <jordan@harlow.example>"

    def choices(self, profile: str, stage: int, medium: Medium, /) -> Sequence[LetterChoice]:
        return [x for x in (INQUIRY, PROMISED, STATEMENT, DEMAND) if x.medium is medium]

    def preview(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> LetterPreview:
        if self.wrong is not None:
            raise self.wrong
        self.previewed.append((letter.id, party_id))
        flaws = () if self.addresses else self.flaws
        return LetterPreview(letter, self.to, "Invoice 7731: is anything missing?", self.text, flaws)

    def queue(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> Queued | Refused:
        if self.wrong is not None:
            raise self.wrong
        if self.refusal is not None:
            return self.refusal
        self.queued.append((letter.id, account_id, party_id, reply_by))
        return Queued(1, "x@dunline", "d", letter.medium, "jordan@harlow.example", "Invoice 7731")

    def set_address(
        self, account_id: int, party_id: int, lines: Sequence[str], user_id: int, now: datetime, /
    ) -> None:
        self.addresses.append((party_id, tuple(lines)))

    def set_email(self, account_id: int, party_id: int, address: str, user_id: int, now: datetime, /) -> str:
        self.addresses.append((party_id, (address,)))
        return address

    def pay_link(self, account_id: int, invoice: str, user_id: int, now: datetime, /) -> LinkGiven:
        if self.wrong is not None:
            raise self.wrong
        return LinkGiven(invoice, usd(500_000), f"https://pay.bank.example/DL-7KQ2?invoice={invoice}", "bank")
