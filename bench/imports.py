"""How fast a large file of invoices comes into a book, beside ``sqlite-utils insert --csv`` of the same file.

Writes a file of fictional invoices (ISO dates, amounts with a point), makes the accounts, imports the file as
``dunline import`` does (looking at all rows first to tell how dates and amounts are written), then lets
sqlite-utils insert the same file into an empty database. Payments follow, one for every tenth invoice, half
of them naming it. One JSON line; all times in seconds, ``cpu`` is user and system time.

    python -m bench.imports [lines] [accounts]
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from workstation.desk.entry import AccountEntry
from workstation.exchange.bulk import import_file
from workstation.exchange.mapping import propose_mapping
from workstation.store.book import open_book
from workstation.store.intake import SqlIntake

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)


def write_file(path: Path, lines: int, accounts: int) -> None:
    """Write the file; the same seed gives the same file."""
    dice = random.Random(7)
    first = date(2026, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["Account Number", "Invoice Number", "Invoice Date", "Due Date", "Amount", "PO Number"])
        for i in range(lines):
            issued = first + timedelta(days=dice.randrange(300))
            amount = int(dice.lognormvariate(11, 1))
            out.writerow(
                [
                    f"A-{dice.randrange(accounts):06}",
                    f"INV{i:08}",
                    issued.isoformat(),
                    (issued + timedelta(days=30)).isoformat(),
                    f"{amount // 100}.{amount % 100:02}",
                    f"PO-{i % 977}",
                ]
            )


def write_payments(path: Path, source: Path) -> int:
    """Write a payment for every tenth invoice of a file; returns how many."""
    count = 0
    with (
        source.open(encoding="utf-8", newline="") as given,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        out = csv.writer(file)
        out.writerow(["Account Number", "Payment Date", "Amount", "Reference", "Invoice Number"])
        for n, row in enumerate(csv.DictReader(given)):
            if n % 10 == 0:
                number = row["Invoice Number"] if n % 20 else ""
                out.writerow([row["Account Number"], row["Due Date"], row["Amount"], f"R{n}", number])
                count += 1
    return count


def main(lines: int = 1_000_000, accounts: int = 20_000) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="dunline-bench-") as name:
        folder = Path(name)
        source = folder / "invoices.csv"
        write_file(source, lines, accounts)
        book = open_book(folder / "book.db")
        for start in range(0, accounts, 2000):
            book.put_accounts([_account(i) for i in range(start, min(start + 2000, accounts))], NOW)
        started, cpu = time.perf_counter(), time.process_time()
        proposal = propose_mapping(source)
        looked = time.perf_counter()
        report = import_file(SqlIntake(book), source, proposal.mapping, NOW)
        done, cpu = time.perf_counter(), time.process_time() - cpu
        assert (report.created, report.rejects) == (lines, 0), report
        again = import_file(SqlIntake(book), source, proposal.mapping, NOW)
        repeated = time.perf_counter()
        assert (again.unchanged, again.created, again.changed) == (lines, 0, 0), again
        payments = folder / "payments.csv"
        count = write_payments(payments, source)
        paying, paying_cpu = time.perf_counter(), time.process_time()
        paid = import_file(SqlIntake(book), payments, propose_mapping(payments).mapping, NOW)
        paying, paying_cpu = time.perf_counter() - paying, time.process_time() - paying_cpu
        assert (paid.created, paid.rejects) == (count, 0), paid
        book.close()
        plain = time.perf_counter()
        subprocess.run(
            [
                sys.executable,
                "-m",
                "sqlite_utils",
                "insert",
                str(folder / "plain.db"),
                "t",
                str(source),
                "--csv",
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        plain = time.perf_counter() - plain
        print(
            json.dumps(
                {
                    "lines": lines,
                    "accounts": accounts,
                    "look_seconds": round(looked - started, 2),
                    "import_seconds": round(done - looked, 2),
                    "total_seconds": round(done - started, 2),
                    "cpu_seconds": round(cpu, 2),
                    "payments": count,
                    "payments_seconds": round(paying, 2),
                    "payments_cpu_seconds": round(paying_cpu, 2),
                    "again_seconds": round(repeated - done, 2),
                    "sqlite_utils_seconds": round(plain, 2),
                    "ratio": round((done - started) / plain, 2),
                }
            )
        )


def _account(i: int) -> AccountEntry:
    return AccountEntry(f"A-{i:06}", f"Customer {i}", "business", "b2b-first-party", "USD", "")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
