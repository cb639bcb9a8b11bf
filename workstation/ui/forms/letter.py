"""What a letter may still need: a day to answer by, a postal address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workstation.desk.book import InvalidEntry
from workstation.desk.reachable import check_address
from workstation.desk.writing import LetterChoice
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work
from workstation.ui.kit import Row, row
from workstation.ui.ports import Letters

ANSWER_DAYS = 10
"""Days offered to answer a final demand."""


@dataclass(slots=True)
class Draft:
    """A letter that is being written."""

    letter: LetterChoice
    reply_by: date | None = None
    """The day to answer by that it names."""


class LetterForm(Form):
    """What a letter waits for: once it is there, the letter is looked at again."""


class ReplyByForm(LetterForm):
    """The day to answer by that a letter names."""

    def __init__(self, at: Standing, draft: Draft) -> None:
        self._at, self._draft = at, draft
        day = at.today + timedelta(days=ANSWER_DAYS)
        while day.weekday() > 4:
            day += timedelta(days=1)
        self.title = f"{draft.letter.title.upper()} · ANSWER BY"
        self.slots = (Slot("day", "answer by", f"{day:%a} {day.day} {day:%b}".lower()),)
        super().__init__()

    def _day(self) -> date:
        found = entry.day(self.values["day"], self._at.today)
        if found <= self._at.today:
            raise entry.EntryError("answer by: the day must be after today")
        return found

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """The day in full."""
        found = self._day()
        days = (found - self._at.today).days
        return [row((f"{figures.weekday(found)} {found.year}", "strong"), (f"  in {days} days", "dim"))]

    def work(self) -> Work:
        """Have the letter name it."""
        day = self._day()

        def save(now: datetime) -> str:
            self._draft.reply_by = day
            return ""

        return save


class AddressForm(LetterForm):
    """The lines of a postal address, below the names."""

    title = "POSTAL ADDRESS"

    def __init__(self, at: Standing, letters: Letters, party_id: int) -> None:
        self._at, self._letters, self._party_id = at, letters, party_id
        self.slots = (
            Slot("street", "street", span=3),
            Slot("more", "building"),
            Slot("city", "city, code", span=3),
            Slot("country", "country"),
        )
        super().__init__()

    def _lines(self) -> list[str]:
        lines = [self.values[name].strip() for name in ("street", "more", "city", "country")]
        if not lines[0] or not lines[2]:
            raise entry.EntryError("street: an address needs the street, and the city with its code")
        return [line for line in lines if line]

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """The address as it is printed."""
        return [row(line) for line in self._lines()]

    def work(self) -> Work:
        """Keep it."""
        lines, at = self._lines(), self._at

        def save(now: datetime) -> str:
            self._letters.set_address(at.account.account_id, self._party_id, lines, at.user.user_id, now)
            return f"Address kept: {', '.join(lines)}."

        return save


class EmailForm(LetterForm):
    """The mail address of the person a mail goes to."""

    title = "MAIL ADDRESS"

    def __init__(self, at: Standing, letters: Letters, party_id: int) -> None:
        self._at, self._letters, self._party_id = at, letters, party_id
        self.slots = (Slot("address", "address", span=3),)
        super().__init__()

    def _address(self) -> str:
        try:
            return check_address(self.values["address"])
        except InvalidEntry as wrong:
            raise entry.EntryError(f"address: {wrong}") from None

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """The address as mail goes to it."""
        return [row((self._address(), "strong"))]

    def work(self) -> Work:
        """Keep it."""
        address, at = self._address(), self._at

        def save(now: datetime) -> str:
            account, user = at.account.account_id, at.user.user_id
            return (
                f"Mail address kept: {self._letters.set_email(account, self._party_id, address, user, now)}."
            )

        return save
