"""The accounts that the rows of a file name, by number or by the customer's name; made where so asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workstation.desk.entry import AccountEntry
from workstation.desk.intake import AccountKey, BulkIntake
from workstation.exchange.cells import CellError
from workstation.exchange.mapping import Mapping
from workstation.exchange.report import Defaults


class RowAccounts:
    """The accounts that rows name, looked up a chunk at a time and remembered."""

    def __init__(
        self, book: BulkIntake, mapping: Mapping, defaults: Defaults, create: bool, now: datetime
    ) -> None:
        self._book = book
        self._by_number = "account_number" in mapping.columns
        self._currency = mapping.currency or defaults.currency
        self._defaults = defaults
        self._create = create
        self._now = now
        self._keys: dict[str, AccountKey] = {}
        self._why: dict[str, str] = {}
        """Why those named cannot be used."""
        self.created = 0

    def prepare(self, named: dict[str, tuple[str, str]]) -> None:
        """Look up what a chunk names: account number or customer name to (customer name, currency)."""
        new = [name for name in named if name and name not in self._keys and name not in self._why]
        if not new:
            return
        numbers = {name: name for name in new} if self._by_number else self._numbers_of(new)
        known = self._book.account_keys(sorted(numbers.values()))
        if self._create:
            entries = [
                self._entry(name, *named[name]) for name in new if numbers.get(name, name) not in known
            ]
            entries = [e for e in entries if e.number not in self._why]
            self.created += self._book.put_accounts(entries, self._now).created
            numbers = {name: numbers.get(name, name) for name in new}
            known = self._book.account_keys(sorted(numbers.values()))
        for name in new:
            key = known.get(numbers.get(name, ""))
            if key is not None:
                self._keys[name] = key
            elif name not in self._why:
                self._why[name] = (
                    f"account {name!r} is not in the book: import accounts first, or create them"
                )

    def find(self, name: str) -> AccountKey:
        """Return a prepared account. Raises CellError."""
        found = self._keys.get(name)
        if found is None:
            column = "account_number" if self._by_number else "customer_name"
            raise CellError(column, self._why.get(name, "is empty: it is required"))
        return found

    def _numbers_of(self, names: Sequence[str]) -> dict[str, str]:
        found = self._book.account_names(names)
        for name, numbers in found.items():
            if len(numbers) > 1:
                self._why[name] = (
                    f"{name!r} is the name of {len(numbers)} accounts ({', '.join(numbers[:3])})"
                )
        return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}

    def _entry(self, number: str, name: str, currency: str) -> AccountEntry:
        return AccountEntry(
            number=number,
            name=name or number,
            kind="business",
            profile=self._defaults.profile,
            currency=currency or self._currency,
            company=self._defaults.company,
            country=self._defaults.country,
        )
