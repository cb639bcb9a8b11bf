"""Reading single cells of a file exactly: nothing is guessed, and every error says what to write instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from workstation.desk.money import MoneyError, parse_money

_FORMULA = ("=", "+", "-", "@")


class CellError(ValueError):
    """A cell that cannot be used; ``column`` says which, the message why and what to write."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


class Cells:
    """One row by column name; missing columns read as empty."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values

    def text(self, column: str, default: str = "", *, required: bool = False) -> str:
        """Return the cell's text. Raises CellError: required and empty, or control characters."""
        found = self._values.get(column, "").strip()
        if found.startswith("'") and found[1:2] in _FORMULA:
            found = found[1:]  # as spreadsheets, and our own reject files, mark text that is no formula
        if any(not c.isprintable() for c in found):
            raise CellError(column, "holds characters that cannot be printed: remove line breaks")
        if required and not found:
            raise CellError(column, "is empty: it is required")
        return found or default

    def choice(self, column: str, options: Sequence[str], default: str) -> str:
        """Return one of the options. Raises CellError naming the nearest."""
        found = self.text(column, default).casefold()
        if found in options:
            return found
        near = get_close_matches(found, options, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(options)}"
        raise CellError(column, f"{found!r} is not known: {hint}")

    def day(self, column: str) -> date:
        """Return an ISO 8601 date. Raises CellError: day and month are never guessed."""
        found = self.text(column, required=True)
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise CellError(column, f"{found!r} is not a date: write 2026-11-18") from None

    def minor(self, column: str, currency: str, default: int | None = None) -> int:
        """Return an amount in minor units of the currency. Raises CellError."""
        found = self.text(column, required=default is None)
        if not found and default is not None:
            return default
        try:
            return parse_money(found, currency).minor
        except MoneyError as error:
            raise CellError(column, str(error)) from None

    def currency(self, column: str, default: str) -> str:
        """Return an ISO 4217 code. Raises CellError."""
        found = self.text(column, default).upper()
        if len(found) != 3 or not found.isascii() or not found.isalpha():
            raise CellError(column, f"{found!r} is not a currency: write its three letters, such as USD")
        return found

    def phone(self, column: str, country: str) -> str:
        """Return an E.164 number, or empty. Raises CellError."""
        import phonenumbers

        found = self.text(column)
        if not found:
            return ""
        try:
            number = phonenumbers.parse(found, country)
        except phonenumbers.NumberParseException:
            raise CellError(column, f"{found!r} is not a phone number: write +13125550141") from None
        if not phonenumbers.is_possible_number(number):
            raise CellError(column, f"{found!r} has too many or too few digits for a phone number")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet will not run as a formula."""
    return f"'{text}" if text.startswith((*_FORMULA, "\t", "\r")) else text
