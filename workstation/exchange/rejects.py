"""The reject file: refused rows with line, column and reason in front, to mend and import again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from workstation.exchange.cells import safe_cell
from workstation.exchange.report import FileReport, Reject

if TYPE_CHECKING:
    from _csv import Writer

_SHOWN = 20
REASON_COLUMNS = ("line", "column", "reason")


class Rejects:
    """Collects refused rows of one file. The reject file is made with the first of them."""

    def __init__(
        self, report: FileReport, folder: Path | None, heading: Sequence[str], delimiter: str
    ) -> None:
        self._report = report
        # Mending a reject file and importing that must not write over what is being read.
        self._path = (folder or report.path.parent) / f"{report.path.stem}.rejects.csv"
        self._heading = heading
        self._delimiter = delimiter or ","
        self._file: TextIO | None = None
        self._writer: Writer | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, line: int, row: Sequence[str], column: str, reason: str) -> None:
        """Keep one row."""
        report = self._report
        report.rejects += 1
        if len(report.first_rejects) < _SHOWN:
            report.first_rejects.append(Reject(line, column, reason))
        if self._writer is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file, delimiter=self._delimiter)
            self._writer.writerow([*REASON_COLUMNS, *self._heading])
            report.reject_file = self._path
        self._writer.writerow([line, safe_cell(column), safe_cell(reason), *map(safe_cell, row)])
