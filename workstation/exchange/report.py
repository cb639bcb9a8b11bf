"""What an import says: what came of each file, which rows it refused, why a whole file cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from workstation.desk.entry import Put

Progress = Callable[[str, int, int], None]
"""Label, bytes read, bytes in all."""


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
