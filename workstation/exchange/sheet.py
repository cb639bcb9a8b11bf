"""CSV and spreadsheet files as rows of text, whatever stands above the heading line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from workstation.exchange.report import ImportRefused

SPREADSHEETS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_DELIMITERS: Final = (",", ";", "\t", "|")
_LOOK: Final = 40
"""How many lines may stand above the heading: report titles, company, date of the report."""

Judge = Callable[[Sequence[str]], int]
"""How much a row looks like the heading; 0: not at all."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file opened as far as its heading."""

    path: Path
    heading: tuple[str, ...]
    heading_line: int
    encoding: str = ""
    delimiter: str = ""
    name: str = ""
    """Of the sheet in a spreadsheet."""

    def surplus(self, row: Sequence[str]) -> str:
        """Say what is wrong with a row that has more cells than there are columns; empty if nothing is."""
        if len(row) <= len(self.heading) or not any(cell.strip() for cell in row[len(self.heading) :]):
            return ""
        return f"has {len(row)} cells for {len(self.heading)} columns: put texts with commas in quotes"

    def rows(self, progress: Callable[[int, int], None] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Return the rows below the heading with their line numbers.

        ``progress`` is called now and then with bytes (for spreadsheets: rows) done and in all.
        Raises ImportRefused.
        """
        if self.delimiter:
            return self._csv_rows(progress)
        return self._sheet_rows(progress)

    def _csv_rows(self, progress: Callable[[int, int], None] | None) -> Iterator[tuple[int, list[str]]]:
        total = self.path.stat().st_size
        # newline="" and strict: a quote never closed would otherwise swallow the rest of the file.
        with (
            self.path.open("rb") as raw,
            io.TextIOWrapper(raw, encoding=self.encoding, newline="") as file,
        ):
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            try:
                for _ in reader:
                    if reader.line_num >= self.heading_line:
                        break
                for number, row in enumerate(reader):
                    yield reader.line_num, row
                    if progress is not None and number % 20_000 == 19_999:
                        progress(min(raw.tell(), total), total)
            except UnicodeDecodeError as error:
                raise _not_text(self.path, self.encoding) from error
            except csv.Error as error:
                raise ImportRefused(f"{self.path}, line {reader.line_num}: {error}") from error
        if progress is not None:
            progress(total, total)

    def _sheet_rows(self, progress: Callable[[int, int], None] | None) -> Iterator[tuple[int, list[str]]]:
        with closing(_workbook(self.path)) as book:
            rows = book.get_sheet_by_name(self.name).to_python(skip_empty_area=False)
        total = len(rows)
        for line, row in enumerate(islice(rows, self.heading_line, None), self.heading_line + 1):
            yield line, [as_text(cell) for cell in row]
            if progress is not None and line % 20_000 == 0:
                progress(line, total)
        if progress is not None:
            progress(total, total)


def as_text(cell: object) -> str:
    """Return a spreadsheet's cell as text that can be read in one way only.

    Dates become ISO 8601; numbers get a point and, unless whole, four decimals, which no reader takes for
    thousands (and which drops what binary fractions add).
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.4f}"
    return str(cell)


def open_sheet(
    path: Path, judge: Judge, *, sheet: str = "", encoding: str = "", delimiter: str = ""
) -> Sheet:
    """Find the heading line (and for CSV the delimiter, for spreadsheets the sheet) that `judge` likes best.

    Raises ImportRefused: not there, not readable, or nothing in it looks like a heading.
    """
    if not path.is_file():
        raise ImportRefused(f"{path}: no such file")
    candidates = (
        _sheet_heads(path, sheet)
        if path.suffix.casefold() in SPREADSHEETS
        else _csv_heads(path, encoding, delimiter)
    )
    best: tuple[int, Sheet] | None = None
    for candidate in candidates:
        score = judge(candidate.heading)
        if score > 0 and (best is None or score > best[0]):
            best = (score, candidate)
    if best is None:
        raise ImportRefused(
            f"{path}: no heading line with known column names in the first {_LOOK} lines: "
            "give a mapping file that names the columns (docs/import.md)"
        )
    return best[1]


def judge_by(wanted: Collection[str]) -> Judge:
    """Like only a row that holds all of these headings."""
    needed = {name.strip() for name in wanted}
    return lambda row: int(needed <= {cell.strip() for cell in row})


def _csv_heads(path: Path, encoding: str, delimiter: str) -> Iterator[Sheet]:
    encoding = encoding or _encoding_of(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            start = "".join(islice(file, _LOOK))
    except UnicodeDecodeError as error:
        raise _not_text(path, encoding) from error
    except LookupError as error:
        raise ImportRefused(f"{path}: {encoding!r} is no encoding: write utf-8 or cp1252") from error
    for sign in (delimiter,) if delimiter else _DELIMITERS:
        reader = csv.reader(io.StringIO(start, newline=""), delimiter=sign)
        for row in _tolerant(reader):
            yield Sheet(path, tuple(c.strip() for c in row), reader.line_num, encoding, sign)


def _tolerant(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:  # the cut after the first lines may fall inside a quoted cell
        return


def _encoding_of(path: Path) -> str:
    with path.open("rb") as file:
        first = file.read(4)
    return "utf-16" if first[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _not_text(path: Path, encoding: str) -> ImportRefused:
    return ImportRefused(
        f"{path}: not {encoding.removesuffix('-sig').upper()} text: save it as CSV UTF-8, "
        "or state encoding (such as cp1252) in the mapping file"
    )


def _sheet_heads(path: Path, wanted: str) -> Iterator[Sheet]:
    with closing(_workbook(path)) as book:
        names = book.sheet_names
        if wanted and wanted not in names:
            raise ImportRefused(f"{path}: no sheet {wanted!r}; there are {', '.join(names)}")
        for name in [wanted] if wanted else names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=_LOOK)
            for line, row in enumerate(rows, 1):
                yield Sheet(path, tuple(as_text(c).strip() for c in row), line, name=name)


def _workbook(path: Path) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise ImportRefused(f"{path}: cannot be read as a spreadsheet: {error}") from error
