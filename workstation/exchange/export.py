"""Tables out of the book as CSV or XLSX, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from workstation.desk.money import Money, decimal_places
from workstation.exchange.cells import safe_cell

Cell = str | int | float | Decimal | Money | date | datetime | bool | None

_MOST_ROWS: Final = 1_048_576
"""What a sheet of an XLSX file holds, heading included."""
_LONGEST: Final = 32_767
"""Characters a cell of an XLSX file holds."""


class ExportRefused(Exception):
    """The table cannot be written as asked; the message says why and what to do."""


def export_table(rows: Iterable[Sequence[Cell]], headers: Sequence[str], path: Path) -> int:
    """Write a table; the name's ending says whether as CSV (UTF-8) or XLSX. Returns how many rows.

    Texts that a spreadsheet would take for a formula (= + - @, tab or carriage return in front, blanks aside)
    get an apostrophe in CSV and are plain text cells in XLSX. Money is its amount: give its currency a column
    of its own. Instants are UTC, ISO 8601 in CSV. The file appears whole or not at all. Raises ExportRefused.
    """
    write = {".csv": _csv, ".xlsx": _xlsx}.get(path.suffix.casefold())
    if write is None:
        raise ExportRefused(f"{path}: name it .csv or .xlsx")
    try:
        handle, name = tempfile.mkstemp(prefix=".export-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise ExportRefused(f"{path}: {error.strerror or error}") from error
    os.close(handle)
    draft = Path(name)
    try:
        count = write(rows, headers, draft)
        draft.chmod(0o600)  # debtors' names and debts: for whoever exported them
        draft.replace(path)
    except OSError as error:
        raise ExportRefused(f"{path}: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return count


def as_cell(text: str) -> str:
    """Return text for a CSV cell that no spreadsheet runs, whatever blanks stand before the sign."""
    bare = text.replace("\0", "")
    return f"'{bare}" if safe_cell(bare.lstrip(" \u00a0\ufeff\n")) != bare.lstrip(" \u00a0\ufeff\n") else bare


def _csv(rows: Iterable[Sequence[Cell]], headers: Sequence[str], path: Path) -> int:
    count = 0
    # The mark in front tells spreadsheets that the file is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([as_cell(h) for h in headers])
        for row in rows:
            out.writerow([cell_text(cell) for cell in row])
            count += 1
    return count


def cell_text(cell: Cell) -> str:
    """Return a value as CSV takes it; no text is a formula."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case str():
            return as_cell(cell)
        case Money():
            return str(_decimal(cell))
        case datetime():
            return cell.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)  # a number, its minus included


def _decimal(money: Money) -> Decimal:
    return Decimal(money.minor).scaleb(-decimal_places(money.currency))


def _xlsx(rows: Iterable[Sequence[Cell]], headers: Sequence[str], path: Path) -> int:
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

    count = 0
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sums: dict[int, Any] = {}
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, bold)
        for number, row in enumerate(rows, 1):
            if number >= _MOST_ROWS:
                raise ExportRefused(f"a spreadsheet holds {_MOST_ROWS - 1} rows: export as CSV")
            for column, cell in enumerate(row):
                match cell:
                    case None:
                        continue
                    case bool() | str():
                        sheet.write_string(number, column, _plain(cell))
                    case Money():
                        places = decimal_places(cell.currency)
                        if places not in sums:
                            form = "#,##0." + "0" * places if places else "#,##0"
                            sums[places] = book.add_format({"num_format": form})
                        sheet.write_number(number, column, float(_decimal(cell)), sums[places])
                    case datetime():
                        naive = cell.astimezone(UTC).replace(tzinfo=None)
                        sheet.write_datetime(number, column, naive, instant)
                    case date():
                        sheet.write_datetime(number, column, cell, day)
                    case _:
                        sheet.write_number(number, column, cell)
            count = number
    return count


def _plain(cell: str | bool) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    # XML knows no control characters but these.
    return "".join(c for c in cell if c.isprintable() or c in "\t\n")[:_LONGEST]
