"""Importing invoices and payments from other programs' files, by a mapping of their columns.

A chunk of rows is read, checked and written as one transaction; an interrupted import is started again,
and the same file twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from workstation.desk.intake import AccountKey, BulkIntake, ItemRow, ReceiptRow
from workstation.exchange.cells import CellError
from workstation.exchange.figures import DecimalMark, FigureError, due_by_terms, read_amount, read_date
from workstation.exchange.mapping import Mapping, open_stated, settle
from workstation.exchange.rejects import Rejects
from workstation.exchange.report import Defaults, FileReport, ImportRefused, Progress
from workstation.exchange.row_accounts import RowAccounts

CHUNK_ROWS: Final = 25_000
"""Rows of one transaction: long enough to be fast, short enough for others to get their turn."""

_TRUE: Final = frozenset({"yes", "y", "true", "x", "disputed"})
_FALSE: Final = frozenset({"", "no", "n", "false"})
_TOTAL = re.compile(r"(grand |sub-?)?totals?\b", re.IGNORECASE)

#: What lists call documents that are no invoices: codes of SAP (DG, DZ) and Sage (SC, SA, SR) among them.
_CREDITS: Final = frozenset(
    {"credit memo", "credit note", "credit", "creditnote", "accreccredit", "dg", "sc"}
)
_PAYMENTS: Final = frozenset(
    {"payment", "receipt", "cash receipt", "customer payment", "deposit", "dz", "sa", "sr", "bank receipt",
     "receive payment", "unapplied cash", "journal", "journal entry", "general journal", "prepayment"}
)  # fmt: skip

_DEFAULTS: Final = Defaults()

Row = tuple[int, list[str]]


def import_file(
    book: BulkIntake,
    path: Path,
    mapping: Mapping,
    now: datetime,
    *,
    defaults: Defaults = _DEFAULTS,
    create_accounts: bool = False,
    as_of: date | None = None,
    reject_dir: Path | None = None,
    progress: Progress | None = None,
) -> FileReport:
    """Read a file of invoices or payments into the book; refused rows go to ``<name>.rejects.csv``.

    With ``create_accounts`` customers that the book does not know become accounts after ``defaults``.
    ``as_of`` takes the file as it stood on that day: later invoices are left out, later settlements are not
    known yet.
    Raises ImportRefused where the file as a whole cannot be read, or a question about it is open.
    """
    mapping, questions = settle(path, mapping)
    if questions or mapping.dates is None or mapping.decimal is None:
        raise ImportRefused(f"{path}: {'; '.join(questions)}")
    return _Load(book, path, mapping, now, defaults, create_accounts, as_of, reject_dir).run(progress)


class _Load:
    """Reads one file."""

    def __init__(
        self,
        book: BulkIntake,
        path: Path,
        mapping: Mapping,
        now: datetime,
        defaults: Defaults,
        create: bool,
        as_of: date | None,
        reject_dir: Path | None,
    ) -> None:
        assert mapping.dates is not None and mapping.decimal is not None  # noqa: PT018 - import_file saw to it
        self._book = book
        self._mapping = mapping
        self._now = now
        self._as_of = as_of
        self._known_until = as_of or now.date()
        self._sheet = open_stated(path, mapping)
        self._report = FileReport(path)
        self._reject_dir = reject_dir
        self._accounts = RowAccounts(book, mapping, defaults, create, now)
        self._order = mapping.dates
        self._days: dict[str, date] = {}
        """Cells already read: a file of a million lines has few different days."""
        self._mark: DecimalMark = mapping.decimal
        self._seen: dict[int, int] = {}
        """Hash of account and invoice number (or of a payment) to its line, or how often it came."""
        self._sign = 0
        heading = self._sheet.heading
        self._at = {name: heading.index(column.strip()) for name, column in mapping.columns.items()}
        self._name = "account_number" if "account_number" in self._at else "customer_name"
        self._width = 1 + max(self._at.values())

    def run(self, progress: Progress | None) -> FileReport:
        """Read the file and write it in chunks."""
        report = self._report
        step = None if progress is None else (lambda done, total: progress(report.path.name, done, total))
        take = self._take_items if self._mapping.kind == "invoices" else self._take_receipts
        columns = len(self._sheet.heading)
        with Rejects(report, self._reject_dir, self._sheet.heading, self._sheet.delimiter) as rejects:
            chunk: list[Row] = []
            for line, row in self._sheet.rows(step):
                if len(row) < self._width:
                    row = [*row, *[""] * (self._width - len(row))]
                elif len(row) > columns and (surplus := self._sheet.surplus(row)):
                    rejects.add(line, row, "", surplus)  # an amount such as 1,000.00 without quotes
                    continue
                chunk.append((line, row))
                if len(chunk) >= CHUNK_ROWS:
                    self._chunk(chunk, rejects, take)
                    chunk = []
            self._chunk(chunk, rejects, take)
        report.accounts_created = self._accounts.created
        return report

    def _chunk(
        self, chunk: list[Row], rejects: Rejects, take: Callable[[Sequence[Row], Rejects], None]
    ) -> None:
        rows = [item for item in chunk if not self._is_no_row(item[1])]
        self._report.skipped += len(chunk) - len(rows)
        if not rows:
            return
        at, name_at = self._at[self._name], self._at.get("customer_name")
        currency_at = self._at.get("currency")
        named: dict[str, tuple[str, str]] = {}
        for _, row in rows:
            name = row[at].strip()
            if name not in named:
                named[name] = (
                    "" if name_at is None else row[name_at].strip(),
                    "" if currency_at is None else row[currency_at].strip().upper(),
                )
        self._accounts.prepare(named)
        take(rows, rejects)

    def _is_no_row(self, row: Sequence[str]) -> bool:
        """Blank lines, group headings and totals, as reports have them."""
        if row[self._at[self._name]] and row[0] and not row[0].startswith(("T", "t", "G", "g", "S", "s")):
            return False
        filled = [cell for cell in row if cell.strip()]
        if len(filled) <= 1:
            return True
        dated = row[self._at["issued" if "issued" in self._at else "received_on"]].strip()
        # A customer may well be called Total, and then has an invoice with a date.
        return not dated and _TOTAL.match(filled[0].strip()) is not None

    # ---- cells --------------------------------------------------------------------------------------

    def _text(self, row: Sequence[str], name: str) -> str:
        index = self._at.get(name)
        if index is None or not (found := row[index].strip()):
            return ""
        if not found.isprintable():
            raise CellError(name, "holds characters that cannot be printed: remove line breaks")
        if found[:1] == "'" and found[1:2] in ("=", "+", "-", "@"):
            found = found[1:]
        return found

    def _needed(self, row: Sequence[str], name: str) -> str:
        found = self._text(row, name)
        if not found:
            raise CellError(name, "is empty: it is required")
        return found

    def _date(self, row: Sequence[str], name: str) -> date | None:
        index = self._at.get(name)
        if index is None:
            return None
        known = self._days.get(row[index])
        if known is not None:
            return known
        found = self._text(row, name)
        if not found:
            return None
        try:
            day = self._days[row[index]] = read_date(found, self._order)
        except FigureError as error:
            raise CellError(name, str(error)) from None
        return day

    def _amount(self, row: Sequence[str], name: str, currency: str) -> int:
        cell = row[self._at[name]]
        if not cell[:1].isdigit() or not cell.isprintable():
            cell = self._needed(row, name)
        try:
            return read_amount(cell, self._mark, currency)
        except FigureError as error:
            raise CellError(name, str(error)) from None

    def _account(self, row: Sequence[str]) -> AccountKey:
        key = self._accounts.find(row[self._at[self._name]].strip())
        stated = self._mapping.currency
        if "currency" in self._at:
            stated = self._text(row, "currency").upper() or stated
        if stated and stated != key.currency:
            raise CellError("currency", f"the account is kept in {key.currency}, not {stated}")
        return key

    def _reject(self, rejects: Rejects, line: int, row: Sequence[str], column: str, reason: str) -> None:
        rejects.add(line, row, self._mapping.columns.get(column, column), reason)

    # ---- invoices -----------------------------------------------------------------------------------

    def _take_items(self, rows: Sequence[Row], rejects: Rejects) -> None:
        items: list[ItemRow] = []
        origin: list[Row] = []
        settled: list[ReceiptRow] = []
        for line, row in rows:
            try:
                item = self._item(row)
                if self._as_of is not None and item.issued > self._as_of:
                    self._report.skipped += 1
                    continue
                before = self._seen.setdefault(hash((item.account_id, item.number)), line)
                if before != line:
                    raise CellError(
                        "invoice_number", f"{item.number!r} is on line {before} of this file already"
                    )
                receipt = self._settlement(row, item) if "settled_on" in self._at else None
            except CellError as error:
                self._reject(rejects, line, row, error.column, str(error))
                continue
            items.append(item)
            origin.append((line, row))
            if receipt is not None:
                settled.append(receipt)
        put = self._book.put_items(items, self._now)
        self._report.add(put)
        for index, reason in put.refused:
            self._reject(rejects, *origin[index], "invoice_number", reason)
        if settled:
            self._report.receipts_created += self._book.put_receipts(settled, self._now).created

    def _item(self, row: Sequence[str]) -> ItemRow:
        key = self._account(row)
        at = self._at
        negative = "document_type" in at and self._is_credit(row)
        number = self._needed(row, "invoice_number")
        currency = key.currency
        stated = "open" in at and not (self._mapping.whole_if_empty and not self._text(row, "open"))
        open_minor = self._amount(row, "open", currency) if stated else None
        if "amount" not in at or (open_minor is not None and not self._text(row, "amount")):
            assert open_minor is not None  # one of the two columns is mapped
            amount = open_minor
        else:
            amount = self._amount(row, "amount", currency)
        left = amount if open_minor is None else open_minor
        if negative:
            amount, left = -abs(amount), -abs(left)
        if abs(left) > abs(amount) or left * amount < 0:
            raise CellError("open", "is more than the amount of the invoice")
        issued = self._date(row, "issued")
        if issued is None:
            raise CellError("issued", "is empty: it is required")
        terms = self._text(row, "terms") if "terms" in at else ""
        due = self._date(row, "due") or due_by_terms(issued, terms)
        if due is None:
            if not negative:
                raise CellError("due", "is empty, and no terms such as net 30 say when it is due")
            due = issued
        if due < issued:
            raise CellError("due", f"{due} lies before the invoice date {issued}")
        return ItemRow(
            key.account_id,
            key.debt_id,
            number,
            issued,
            due,
            amount,
            left,
            self._disputed(row, left, currency) if "disputed" in at else 0,
            self._text(row, "po_number") if "po_number" in at else "",
            terms,
        )

    def _is_credit(self, row: Sequence[str]) -> bool:
        kind = self._text(row, "document_type").casefold()
        if kind in _PAYMENTS:
            raise CellError("document_type", f"{kind!r} is neither an invoice nor a credit note")
        return kind in _CREDITS

    def _disputed(self, row: Sequence[str], left: int, currency: str) -> int:
        found = self._text(row, "disputed")
        if found.casefold() in _FALSE:
            return 0
        if found.casefold() in _TRUE:
            # Said of a settled invoice it is history: nothing of it is open that could be held.
            settled = self._date(row, "settled_on")
            return 0 if settled is not None and settled <= self._known_until else max(left, 0)
        minor = self._amount(row, "disputed", currency)
        if not 0 <= minor <= max(left, 0):
            raise CellError("disputed", "is more than what is open")
        return minor

    def _settlement(self, row: Sequence[str], item: ItemRow) -> ReceiptRow | None:
        day = self._date(row, "settled_on")
        if day is None or day > self._known_until or item.open_minor <= 0:
            return None
        return ReceiptRow(
            item.account_id,
            max(day, item.issued),
            item.open_minor,
            "",
            item.number,
            f"settled:{item.number}",
            (item.number,),
        )

    # ---- payments -----------------------------------------------------------------------------------

    def _take_receipts(self, rows: Sequence[Row], rejects: Rejects) -> None:
        receipts: list[ReceiptRow] = []
        origin: list[Row] = []
        for line, row in rows:
            try:
                receipts.append(self._receipt(row))
                origin.append((line, row))
            except CellError as error:
                self._reject(rejects, line, row, error.column, str(error))
        put = self._book.put_receipts(receipts, self._now)
        self._report.add(put)
        for index, reason in put.refused:
            self._reject(rejects, *origin[index], "amount", reason)

    def _receipt(self, row: Sequence[str]) -> ReceiptRow:
        key = self._account(row)
        kind = self._text(row, "document_type").casefold()
        if kind and kind not in _PAYMENTS:
            raise CellError("document_type", f"{kind!r} is not a payment")
        received = self._date(row, "received_on")
        if received is None:
            raise CellError("received_on", "is empty: it is required")
        amount = self._received(row, key.currency)
        reference = self._text(row, "reference")
        named = tuple(n for n in re.split(r"[,;\s]+", self._text(row, "invoice_number")) if n)
        stem = f"file:{received}:{amount}:{reference}:{' '.join(named)}"
        # Two payments alike on one day are two payments; the same file again names the same first and second.
        place = hash((key.account_id, stem))
        count = self._seen[place] = self._seen.get(place, 0) + 1
        method = self._text(row, "method")
        return ReceiptRow(key.account_id, received, amount, method, reference, f"{stem}#{count}", named)

    def _received(self, row: Sequence[str], currency: str) -> int:
        """The sum; customers' ledgers show money received below nothing, payment lists above: not both."""
        amount = self._amount(row, "amount", currency)
        if not amount:
            raise CellError("amount", "is nothing")
        self._sign = self._sign or (1 if amount > 0 else -1)
        if amount * self._sign < 0:
            raise CellError("amount", "has the other sign than the payments above: a payment that came back?")
        return abs(amount)
