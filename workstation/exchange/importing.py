"""Reading accounts and invoices from plain CSV files (docs/import.md); bad rows go to a reject file.

The same file twice changes nothing. Rows are read in chunks, each written in one transaction, so that a file
of a million lines needs little memory and an interrupted run may simply be started again.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Generic, TextIO, TypeVar

from compliance.contact import NumberKind
from workstation.desk.entry import AccountEntry, ContactEntry, Intake, InvoiceEntry, PhoneEntry, Put
from workstation.exchange.cells import CellError, Cells, safe_cell

ACCOUNT_COLUMNS = (
    "account_number", "name", "kind", "currency", "terms", "credit_limit", "country", "region", "postal_code",
    "contact_name", "contact_role", "phone", "phone_kind", "email", "profile", "stage",
)  # fmt: skip
INVOICE_COLUMNS = (
    "account_number", "invoice_number", "issued", "due", "amount", "open", "disputed", "currency",
    "po_number",
)  # fmt: skip

_REQUIRED_ACCOUNT = ("account_number", "name")
_REQUIRED_INVOICE = ("account_number", "invoice_number", "issued", "due", "amount")

CHUNK_ROWS = 1000

Progress = Callable[[str, int, int], None]
"""Label, bytes read, bytes in all."""

E = TypeVar("E")


class ImportRefused(Exception):
    """The file as a whole cannot be read; the message names it, says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What rows mean where a column is empty or missing."""

    profile: str = "b2b-first-party"
    company: str = ""
    """The creditor in whose name collectors speak."""
    currency: str = "USD"
    country: str = "US"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not taken."""

    line: int
    """In the file, counted from 1; the heading is line 1."""
    column: str
    reason: str


@dataclass(slots=True)
class FileReport:
    """What came of one file."""

    path: Path
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejects: int = 0
    first_rejects: list[Reject] = field(default_factory=list)
    """The first few, to show; all of them are in the reject file."""
    reject_file: Path | None = None
    skipped: int = 0
    """Lines that hold no row: blank ones, group headings, totals."""
    accounts_created: int = 0
    receipts_created: int = 0
    """Payments recorded because the file says when invoices were settled."""

    def add(self, put: Put) -> None:
        """Count a written chunk."""
        self.created += put.created
        self.changed += put.changed
        self.unchanged += put.unchanged


def import_book(
    book: Intake,
    now: datetime,
    *,
    accounts: Path | None = None,
    invoices: Path | None = None,
    defaults: Defaults = Defaults(),
    reject_dir: Path | None = None,
    progress: Progress | None = None,
) -> list[FileReport]:
    """Read the files given, accounts first; refused rows go to ``<name>.rejects.csv``.

    Raises ImportRefused where a file as a whole cannot be read.
    """
    reports = []
    if accounts is not None:
        load = _Load(
            accounts,
            ACCOUNT_COLUMNS,
            _REQUIRED_ACCOUNT,
            lambda c: _account(c, defaults),
            reject_dir,
            progress,
        )
        reports.append(load.run(lambda entries: _put_accounts(book, entries, now)))
    if invoices is not None:
        load_invoices = _Load(
            invoices,
            INVOICE_COLUMNS,
            _REQUIRED_INVOICE,
            lambda c: _invoice(c, defaults),
            reject_dir,
            progress,
        )
        reports.append(load_invoices.run(lambda entries: book.put_invoices(entries, now)))
    return reports


def _put_accounts(book: Intake, entries: Sequence[AccountEntry], now: datetime) -> Put:
    """Write one account for all rows that name it: each further row adds a contact or a number."""
    merged: dict[str, AccountEntry] = {}
    first_row: dict[str, int] = {}
    for index, entry in enumerate(entries):
        first = merged.get(entry.number)
        first_row.setdefault(entry.number, index)
        merged[entry.number] = entry if first is None else _merge(first, entry)
    put = book.put_accounts(list(merged.values()), now)
    numbers = list(merged)
    refused = tuple((first_row[numbers[i]], reason) for i, reason in put.refused)
    return Put(put.created, put.changed, put.unchanged, refused)


def _merge(first: AccountEntry, further: AccountEntry) -> AccountEntry:
    from dataclasses import replace

    contacts = {c.name: c for c in first.contacts}
    for contact in further.contacts:
        known = contacts.get(contact.name)
        phones = contact.phones if known is None else tuple(dict.fromkeys((*known.phones, *contact.phones)))
        email = contact.email or ("" if known is None else known.email)
        contacts[contact.name] = replace(contact if known is None else known, phones=phones, email=email)
    return replace(first, contacts=tuple(contacts.values()))


def _account(cells: Cells, defaults: Defaults) -> AccountEntry:
    country = cells.text("country", defaults.country).upper()
    if len(country) != 2 or not country.isalpha():
        raise CellError("country", f"{country!r} is not a country: write its two letters, such as US")
    currency = cells.currency("currency", defaults.currency)
    kind = cells.choice("kind", ("business", "natural"), "business")
    limit = cells.minor("credit_limit", currency, -1)
    number = cells.phone("phone", country)
    usual = NumberKind.OFFICE if kind == "business" else NumberKind.UNKNOWN
    phone_kind = NumberKind(cells.choice("phone_kind", [k.value for k in NumberKind], usual.value))
    contact = ContactEntry(
        name=cells.text("contact_name"),
        role=cells.text("contact_role", "accounts payable" if kind == "business" else "account holder"),
        email=cells.text("email"),
        phones=(PhoneEntry(number, phone_kind),) if number else (),
    )
    return AccountEntry(
        number=cells.text("account_number", required=True),
        name=cells.text("name", required=True),
        kind=kind,
        profile=cells.text("profile", defaults.profile),
        currency=currency,
        company=defaults.company,
        country=country,
        region=cells.text("region").upper(),
        postal_code=cells.text("postal_code"),
        terms=cells.text("terms"),
        credit_limit_minor=None if limit < 0 else limit,
        stage=int(cells.choice("stage", ("1", "2", "3", "4", "5", "6"), "1")),
        contacts=(contact,) if contact.name or contact.phones or contact.email else (),
    )


def _invoice(cells: Cells, defaults: Defaults) -> InvoiceEntry:
    given = cells.text("currency")
    currency = cells.currency("currency", defaults.currency)
    amount = cells.minor("amount", currency)
    left = cells.minor("open", currency, amount)
    disputed = cells.minor("disputed", currency, 0)
    if abs(left) > abs(amount) or left * amount < 0:
        raise CellError("open", "is more than the amount of the invoice")
    if not 0 <= disputed <= max(left, 0):
        raise CellError("disputed", "is more than what is open")
    issued, due = cells.day("issued"), cells.day("due")
    if due < issued:
        raise CellError("due", f"{due} lies before the invoice date {issued}")
    return InvoiceEntry(
        account_number=cells.text("account_number", required=True),
        number=cells.text("invoice_number", required=True),
        issued=issued,
        due=due,
        amount_minor=amount,
        open_minor=left,
        disputed_minor=disputed,
        po_number=cells.text("po_number"),
        currency=currency if given else "",
    )


class _Load(Generic[E]):
    """Reads one file into one kind of entry."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        required: Sequence[str],
        read: Callable[[Cells], E],
        reject_dir: Path | None,
        progress: Progress | None,
    ) -> None:
        self._path = path
        self._columns = columns
        self._required = required
        self._read = read
        self._rejects = (reject_dir or path.parent) / f"{path.stem}.rejects.csv"
        self._progress = progress
        self._report = FileReport(path)
        self._reject_writer: csv.DictWriter[str] | None = None

    def run(self, put: Callable[[Sequence[E]], Put]) -> FileReport:
        """Read the file and write it in chunks."""
        with ExitStack() as stack:
            file = self._open(stack)
            rows = self._rows(file, stack)
            total = self._path.stat().st_size
            pending: list[tuple[int, dict[str, str], E]] = []
            for line, raw in rows:
                try:
                    pending.append((line, raw, self._read(Cells(raw))))
                except CellError as error:
                    self._reject(stack, raw, Reject(line, error.column, str(error)))
                if len(pending) >= CHUNK_ROWS:
                    self._write(stack, pending, put)
                    pending = []
                    if self._progress is not None:
                        self._progress(self._path.name, min(file.buffer.tell(), total), total)
            self._write(stack, pending, put)
            if self._progress is not None:
                self._progress(self._path.name, total, total)
        return self._report

    def _open(self, stack: ExitStack) -> TextIO:
        try:
            return stack.enter_context(self._path.open(encoding="utf-8-sig", newline=""))
        except OSError as error:
            raise ImportRefused(f"{self._path}: {error.strerror or error}") from error

    def _rows(self, file: TextIO, stack: ExitStack) -> Iterator[tuple[int, dict[str, str]]]:
        reader = csv.reader(file, strict=True)
        try:
            heading = [name.strip().casefold() for name in next(reader, [])]
            self._check_heading(heading)
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                raw = dict(zip(heading, row, strict=False))
                if len(row) > len(heading):
                    reason = (
                        f"has {len(row)} cells for {len(heading)} columns: put texts with commas in quotes"
                    )
                    self._reject(stack, raw, Reject(reader.line_num, "", reason))
                    continue
                yield reader.line_num, raw
        except UnicodeDecodeError as error:
            raise ImportRefused(
                f"{self._path}: not UTF-8 text: save it as CSV UTF-8 ({error.reason})"
            ) from error
        except csv.Error as error:
            raise ImportRefused(f"{self._path}, line {reader.line_num}: {error}") from error

    def _check_heading(self, heading: Sequence[str]) -> None:
        for name in heading:
            if name not in self._columns:
                near = get_close_matches(name, self._columns, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self._columns)}"
                raise ImportRefused(f"{self._path}, line 1: no column {name!r}; {hint}")
        for name in self._required:
            if name not in heading:
                raise ImportRefused(f"{self._path}, line 1: the column {name!r} is missing")
        if len(set(heading)) < len(heading):
            raise ImportRefused(f"{self._path}, line 1: a column is named twice")

    def _write(
        self,
        stack: ExitStack,
        pending: Sequence[tuple[int, dict[str, str], E]],
        put: Callable[[Sequence[E]], Put],
    ) -> None:
        if not pending:
            return
        done = put([entry for _, _, entry in pending])
        self._report.add(done)
        for index, reason in done.refused:
            line, raw, _ = pending[index]
            self._reject(stack, raw, Reject(line, "account_number", reason))

    def _reject(self, stack: ExitStack, raw: dict[str, str], reject: Reject) -> None:
        report = self._report
        report.rejects += 1
        if len(report.first_rejects) < 20:
            report.first_rejects.append(reject)
        if self._reject_writer is None:
            report.reject_file = self._rejects
            out = stack.enter_context(report.reject_file.open("w", encoding="utf-8", newline=""))
            columns = ["line", "column", "reason", *self._columns]
            self._reject_writer = csv.DictWriter(out, columns, extrasaction="ignore")
            self._reject_writer.writeheader()
        cells = {name: safe_cell(text) for name, text in raw.items()}
        self._reject_writer.writerow(
            {"line": reject.line, "column": reject.column, "reason": reject.reason, **cells}
        )
