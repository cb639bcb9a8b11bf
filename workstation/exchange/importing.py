"""Dunline's own plain files of accounts, contacts and invoices (docs/import.md); bad rows are kept aside.

The same file twice changes nothing. Rows are read in chunks, each written in one transaction, so that a file
of a million lines needs little memory and an interrupted run may simply be started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from compliance.contact import NumberKind
from workstation.desk.entry import AccountEntry, ContactEntry, PhoneEntry, Put
from workstation.desk.intake import BulkIntake
from workstation.desk.reachable import address_lines
from workstation.exchange.bulk import import_file
from workstation.exchange.cells import CellError, Cells
from workstation.exchange.figures import DateOrder, DecimalMark
from workstation.exchange.mapping import Mapping
from workstation.exchange.rejects import REASON_COLUMNS, Rejects
from workstation.exchange.report import Defaults, FileReport, ImportRefused, Progress
from workstation.exchange.sheet import Sheet, open_sheet

_CONTACT: Final = ("contact_name", "contact_role", "phone", "phone_kind", "email", "address")
ACCOUNT_COLUMNS: Final = (
    "account_number", "name", "kind", "currency", "terms", "credit_limit", "country", "region", "postal_code",
    *_CONTACT, "profile", "stage",
)  # fmt: skip
CONTACT_COLUMNS: Final = ("account_number", "country", *_CONTACT)
INVOICE_COLUMNS: Final = (
    "account_number", "invoice_number", "issued", "due", "amount", "open", "disputed", "currency",
    "po_number",
)  # fmt: skip

CHUNK_ROWS = 1000

_DEFAULTS: Final = Defaults()

E = TypeVar("E")


def import_book(
    book: BulkIntake,
    now: datetime,
    *,
    accounts: Path | None = None,
    contacts: Path | None = None,
    invoices: Path | None = None,
    defaults: Defaults = _DEFAULTS,
    reject_dir: Path | None = None,
    progress: Progress | None = None,
) -> list[FileReport]:
    """Read the files given, accounts first; refused rows go to ``<name>.rejects.csv``.

    Raises ImportRefused where a file as a whole cannot be read.
    """
    reports = []
    if accounts is not None:
        sheet = _open(accounts, ACCOUNT_COLUMNS, ("account_number", "name"))
        reports.append(
            _read(
                sheet,
                lambda cells: _account(cells, defaults),
                lambda entries: _put_accounts(book, entries, now),
                reject_dir,
                progress,
            )
        )
    if contacts is not None:
        sheet = _open(contacts, CONTACT_COLUMNS, ("account_number",))
        reports.append(
            _read(
                sheet,
                lambda cells: _contact(cells, defaults),
                lambda entries: book.put_contacts(entries, now),
                reject_dir,
                progress,
            )
        )
    if invoices is not None:
        required = ("account_number", "invoice_number", "issued", "due", "amount")
        sheet = _open(invoices, INVOICE_COLUMNS, required)
        columns = {name.casefold(): name for name in sheet.heading if name.casefold() not in REASON_COLUMNS}
        mapping = Mapping(
            "invoices", columns, DateOrder.ISO, DecimalMark.POINT, encoding=sheet.encoding,
            delimiter=sheet.delimiter, sheet=sheet.name, whole_if_empty=True,
        )  # fmt: skip
        report = import_file(
            book, invoices, mapping, now, defaults=defaults, reject_dir=reject_dir, progress=progress
        )
        reports.append(report)
    return reports


def _open(path: Path, columns: Sequence[str], required: Sequence[str]) -> Sheet:
    """Open a file whose first line is the heading, in our own names. Raises ImportRefused."""
    sheet = open_sheet(path, lambda _row: 1, delimiter="," if path.suffix.casefold() == ".csv" else "")
    heading = [name.casefold() for name in sheet.heading]
    for name in heading:
        if name not in columns and name not in REASON_COLUMNS:
            near = get_close_matches(name, columns, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(columns)}"
            raise ImportRefused(f"{path}, line {sheet.heading_line}: no column {name!r}; {hint}")
    for name in required:
        if name not in heading:
            raise ImportRefused(f"{path}, line {sheet.heading_line}: the column {name!r} is missing")
    if len(set(heading)) < len(heading):
        raise ImportRefused(f"{path}, line {sheet.heading_line}: a column is named twice")
    return sheet


def _read(
    sheet: Sheet,
    read: Callable[[Cells], E],
    put: Callable[[Sequence[E]], Put],
    reject_dir: Path | None,
    progress: Progress | None,
) -> FileReport:
    """Read one file into entries and write them in chunks."""
    report = FileReport(sheet.path)
    heading = [name.casefold() for name in sheet.heading]
    step = None if progress is None else (lambda done, total: progress(sheet.path.name, done, total))
    with Rejects(report, reject_dir, sheet.heading, sheet.delimiter) as rejects:
        pending: list[tuple[int, list[str], E]] = []

        def write() -> None:
            done = put([entry for _, _, entry in pending])
            report.add(done)
            for index, reason in done.refused:
                line, row, _ = pending[index]
                rejects.add(line, row, "account_number", reason)
            pending.clear()

        for line, row in sheet.rows(step):
            if not any(cell.strip() for cell in row):
                continue
            try:
                if surplus := sheet.surplus(row):
                    raise CellError("", surplus)
                pending.append((line, row, read(Cells(dict(zip(heading, row, strict=False))))))
            except CellError as error:
                rejects.add(line, row, error.column, str(error))
            if len(pending) >= CHUNK_ROWS:
                write()
        if pending:
            write()
    return report


def _put_accounts(book: BulkIntake, entries: Sequence[AccountEntry], now: datetime) -> Put:
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
    contacts = {c.name: c for c in first.contacts}
    for contact in further.contacts:
        known = contacts.get(contact.name)
        phones = contact.phones if known is None else tuple(dict.fromkeys((*known.phones, *contact.phones)))
        email = contact.email or ("" if known is None else known.email)
        address = contact.address or (() if known is None else known.address)
        contacts[contact.name] = replace(
            contact if known is None else known, phones=phones, email=email, address=address
        )
    return replace(first, contacts=tuple(contacts.values()))


def _account(cells: Cells, defaults: Defaults) -> AccountEntry:
    country = _country(cells, defaults)
    currency = cells.currency("currency", defaults.currency)
    kind = cells.choice("kind", ("business", "natural"), "business")
    limit = cells.minor("credit_limit", currency, -1)
    contact = _person(cells, country, kind)
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
        contacts=() if contact is None else (contact,),
    )


def _contact(cells: Cells, defaults: Defaults) -> tuple[str, ContactEntry]:
    number = cells.text("account_number", required=True)
    person = _person(cells, _country(cells, defaults), "business")
    if person is None:
        raise CellError("contact_name", "the row names no person, phone, mail or postal address")
    return number, person


def _person(cells: Cells, country: str, kind: str) -> ContactEntry | None:
    """Return whom a row says to speak with; None where it says nothing of the kind."""
    usual = NumberKind.OFFICE if kind == "business" else NumberKind.UNKNOWN
    number = cells.phone("phone", country)
    phone_kind = NumberKind(cells.choice("phone_kind", [k.value for k in NumberKind], usual.value))
    person = ContactEntry(
        name=cells.text("contact_name"),
        role=cells.text("contact_role", "accounts payable" if kind == "business" else "account holder"),
        email=cells.text("email"),
        phones=(PhoneEntry(number, phone_kind),) if number else (),
        address=_address(cells.text("address").split("|")),
    )
    return person if person.name or person.phones or person.email or person.address else None


def _address(lines: Iterable[str]) -> tuple[str, ...]:
    given = [line for line in lines if line.strip()]
    try:
        return address_lines(given) if given else ()
    except ValueError as error:
        raise CellError("address", f"{error}; the lines are parted by |") from None


def _country(cells: Cells, defaults: Defaults) -> str:
    country = cells.text("country", defaults.country).upper()
    if len(country) != 2 or not country.isalpha():
        raise CellError("country", f"{country!r} is not a country: write its two letters, such as US")
    return country
