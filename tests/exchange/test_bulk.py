"""Importing other programs' lists: columns proposed, figures read one way only, twice the same."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

from tests.fixtures.book import WEDNESDAY
from workstation.desk.entry import AccountEntry
from workstation.exchange.bulk import import_file
from workstation.exchange.mapping import Mapping, load_mapping, propose_mapping
from workstation.exchange.report import FileReport, ImportRefused
from workstation.store.book import SqlBook
from workstation.store.intake import SqlIntake

IBM = Path(__file__).parents[3] / "shared" / "data" / "ibm_accounts_receivable.csv"

QUICKBOOKS = """\
Bradford Supply,,,,,,,
A/R Aging Detail,,,,,,,
"As of November 18, 2026",,,,,,,

,Date,Transaction type,Num,Customer,Due date,Amount,Open balance
91 or more days past due,,,,,,,
,07/14/2026,Invoice,1042,Harlow Tool & Die,08/13/2026,"3,200.00","1,200.00"
,08/02/2026,Credit Memo,CM-7,Harlow Tool & Die,,-150.00,-150.00
,08/03/2026,Payment,,Harlow Tool & Die,08/03/2026,-90.00,-90.00
Total for 91 or more days past due,,,,,,"$2,960.00","$960.00"
"""

XERO = """\
ContactName,InvoiceNumber,Reference,InvoiceDate,DueDate,Total,InvoiceAmountDue,Currency
Total Energy Ltd,INV-0031,PO 88,14 Oct 2026,13 Nov 2026,1200.50,1200.50,USD
"""

SAP = """\
Customer;Document Number;Document Type;Document Date;Net Due Date;Amount in Doc. Curr.;Document Currency
0000100234;1800000123;RV;31.08.2026;30.09.2026;12.345,67;EUR
0000100234;1600000007;DG;01.09.2026;01.09.2026;500,00-;EUR
"""

NETSUITE = """\
Customer ID,Customer Name,Document Number,Type,Date,Due Date,Amount,Amount Remaining,Currency
C-9,Meridian Packaging,INV1001,Invoice,10/28/2026,11/27/2026,311.50,(0.00),USD
C-9,Meridian Packaging,INV1002,Invoice,10/29/2026,11/28/2026,400.00,400.00,USD
"""

SAGE = """\
Customer No.|Customer Name|Invoice No.|Invoice Date|Invoice Due Date|Invoice Amount|Balance
01-ABF|American Business Futures|0100022-IN|05/31/2026|06/30/2026|1,054.62|1,054.62
"""


def load(book: SqlBook, path: Path, mapping: Mapping | None = None, *, create: bool = True) -> FileReport:
    proposed = mapping or propose_mapping(path).mapping
    return import_file(SqlIntake(book), path, proposed, WEDNESDAY, create_accounts=create)


def counts(report: FileReport) -> tuple[int, int, int, int]:
    return report.created, report.changed, report.unchanged, report.rejects


def balance(book: SqlBook, number: str) -> int:
    return book.account(book.find_account(number), WEDNESDAY).balance.minor


@pytest.mark.parametrize(
    ("system", "content", "taken", "account", "open_minor"),
    [
        ("QuickBooks", QUICKBOOKS, (2, 0, 0, 1), "Harlow Tool & Die", 105_000),
        ("Xero", XERO, (1, 0, 0, 0), "Total Energy Ltd", 120_050),
        ("SAP", SAP, (2, 0, 0, 0), "0000100234", 1_184_567),
        ("NetSuite", NETSUITE, (2, 0, 0, 0), "C-9", 40_000),
        ("Sage", SAGE, (1, 0, 0, 0), "01-ABF", 105_462),
    ],
)
def test_the_lists_of_other_programs_are_known_by_their_headings(
    book: SqlBook,
    tmp_path: Path,
    system: str,
    content: str,
    taken: tuple[int, int, int, int],
    account: str,
    open_minor: int,
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content)
    proposal = propose_mapping(path)
    assert (proposal.system, proposal.questions) == (system, ())
    assert all(g.confidence >= 0.8 for g in proposal.guesses)
    first = load(book, path, proposal.mapping)
    assert counts(first) == taken, first.first_rejects
    assert balance(book, account) == open_minor
    again = load(book, path, proposal.mapping)
    assert counts(again) == (0, 0, taken[0], taken[3])
    assert again.accounts_created == 0


def test_a_payment_in_an_aging_list_is_refused_and_totals_are_no_rows(book: SqlBook, tmp_path: Path) -> None:
    path = tmp_path / "aging.csv"
    path.write_text(QUICKBOOKS)
    report = load(book, path)
    assert [(r.line, r.column) for r in report.first_rejects] == [(9, "Transaction type")]
    assert report.skipped == 2


def write(folder: Path, *rows: str) -> Path:
    path = folder / "invoices.csv"
    path.write_text("\n".join(["Account Number,Invoice Number,Invoice Date,Due Date,Amount", *rows]) + "\n")
    return path


def test_a_date_that_reads_two_ways_is_asked_about_and_never_guessed(book: SqlBook, tmp_path: Path) -> None:
    path = write(tmp_path, "A,1,03/04/2026,05/04/2026,10.00")
    proposal = propose_mapping(path)
    assert len(proposal.questions) == 1
    assert "3 April 2026" in proposal.questions[0]
    assert "4 March 2026" in proposal.questions[0]
    with pytest.raises(ImportRefused, match="no date in the file decides"):
        load(book, path, proposal.mapping)


def test_one_date_decides_for_the_whole_file_and_two_that_disagree_refuse(tmp_path: Path) -> None:
    path = write(tmp_path, "A,1,03/04/2026,05/04/2026,10.00", "A,2,03/04/2026,25/04/2026,10.00")
    assert propose_mapping(path).mapping.dates == "d/m/y"
    path = write(tmp_path, "A,1,25/04/2026,05/04/2026,10.00", "A,2,03/04/2026,04/25/2026,10.00")
    assert "'04/25/2026' the month first" in propose_mapping(path).questions[0]


def test_an_amount_that_reads_two_ways_is_asked_about(book: SqlBook, tmp_path: Path) -> None:
    path = write(tmp_path, "A,1,2026-04-03,2026-05-03,1.250")
    [question] = propose_mapping(path).questions
    assert "1250" in question
    assert "1.250" in question
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'kind = "invoices"\ndecimal = ","\n[columns]\naccount_number = "Account Number"\n'
        'invoice_number = "Invoice Number"\nissued = "Invoice Date"\ndue = "Due Date"\namount = "Amount"\n'
    )
    load(book, path, load_mapping(mapping, path))
    assert balance(book, "A") == 125_000


def test_a_proposal_written_as_a_mapping_file_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(SAP)
    proposed = propose_mapping(path).mapping
    file = tmp_path / "sap.toml"
    file.write_text(proposed.to_toml())
    assert load_mapping(file, path) == proposed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('kind = "bills"\n[columns]\n', "'bills' is not known"),
        ('kind = "invoices"\n[columns]\nnumber = "Num"\n', "'number' is not known"),
        ('kind = "invoices"\ndate = "d/m/y"\n[columns]\n', "no setting 'date'"),
        ('kind = "payments"\n[columns]\namount = "A"\n', "account_number or customer_name, received_on"),
    ],
)
def test_a_mapping_file_with_a_mistake_says_which(tmp_path: Path, content: str, message: str) -> None:
    source, file = write(tmp_path, "A,1,2026-04-03,2026-05-03,1.00"), tmp_path / "m.toml"
    file.write_text(content)
    with pytest.raises(ImportRefused, match=message):
        load_mapping(file, source)


def test_rows_refused_are_mended_in_the_reject_file_and_imported_again(book: SqlBook, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "A,1,2026-04-03,2026-05-03,10.00",
        "A,2,2026-04-31,2026-05-03,10.00",
        "A,3,2026-04-03,2026-05-03,ten",
        "A,4,2026-04-03,2026-03-03,10.00",
        "A,1,2026-04-03,2026-05-03,12.00",
        ",5,2026-04-03,2026-05-03,10.00",
        'A,"=HYPERLINK(""x"")",2026-04-03,2026-05-03,x',
        "A,6,2026-04-03,2026-05-03,€10.00",
        "A,7,2026-04-03,2026-05-03,10.005",
    )
    report = load(book, path)
    assert [(r.line, r.column) for r in report.first_rejects] == [
        (3, "Invoice Date"), (4, "Amount"), (5, "Due Date"), (6, "Invoice Number"), (7, "Account Number"),
        (8, "Amount"), (9, "Amount"), (10, "Amount"),
    ]  # fmt: skip
    assert counts(report) == (1, 0, 0, 8)
    assert report.reject_file is not None
    with report.reject_file.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:4] == ["line", "column", "reason", "Account Number"]
    assert rows[6][4].startswith("'=")
    rows[1][5] = "2026-04-30"
    mended = tmp_path / "mended.csv"
    with mended.open("w", newline="") as file:
        csv.writer(file).writerows(rows[:2])
    assert counts(load(book, mended)) == (1, 0, 0, 0)
    assert balance(book, "A") == 2000


def test_the_plan_of_a_restatement_is_the_ledgers(book: SqlBook, tmp_path: Path) -> None:
    """A changed row leaves an adjustment; the old file then undoes no payment."""
    load(book, write(tmp_path, "A,1,2026-04-03,2026-05-03,10.00", "A,2,2026-04-03,2026-05-03,5.00"))
    account = book.find_account("A")
    book.add_payment(account, date(2026, 5, 4), 400)
    same = load(book, write(tmp_path, "A,1,2026-04-03,2026-05-03,10.00", "A,2,2026-04-03,2026-05-03,5.00"))
    assert counts(same) == (0, 0, 2, 0)
    assert balance(book, "A") == 1100
    changed = load(book, write(tmp_path, "A,1,2026-04-03,2026-05-10,10.00", "A,2,2026-04-03,2026-05-03,5.00"))
    assert counts(changed) == (0, 1, 1, 0)


def test_payments_go_where_they_say_and_twice_changes_nothing(book: SqlBook, tmp_path: Path) -> None:
    load(book, write(tmp_path, "A,1,2026-04-03,2026-05-03,10.00", "A,2,2026-04-03,2026-05-03,5.00"))
    path = tmp_path / "payments.csv"
    path.write_text(
        "Customer ID,Payment Date,Payment Amount,Payment Method,Check Number,Invoice Number\n"
        "A,2026-05-01,3.00,check,771,2\nA,2026-05-01,3.00,check,771,2\nA,2026-05-02,4.00,wire,,\nB,2026-05-02,4.00,,,\n"
    )
    assert propose_mapping(path).mapping.kind == "payments"
    report = load(book, path, create=False)
    assert counts(report) == (3, 0, 0, 1)
    assert counts(load(book, path, create=False)) == (0, 0, 3, 1)
    view = book.account(book.find_account("A"), WEDNESDAY)
    # 5.00 of invoice 2 are paid as directed, 1.00 more stays unapplied; the wire goes to the oldest.
    assert {i.number: i.open.minor for i in view.invoices if i.open.minor} == {"1": 600}


def test_an_account_is_found_by_its_name_unless_two_have_it(book: SqlBook, tmp_path: Path) -> None:
    book.put_accounts(
        [
            AccountEntry(number, name, "business", "b2b-first-party", "USD", "")
            for number, name in (("A-1", "Harlow Ltd"), ("A-2", "Twin Ltd"), ("A-3", "Twin Ltd"))
        ],
        WEDNESDAY,
    )
    path = tmp_path / "x.csv"
    path.write_text(
        XERO.replace("Total Energy", "HARLOW") + XERO.splitlines()[1].replace("Total Energy", "Twin")
    )
    report = load(book, path)
    assert counts(report) == (1, 0, 0, 1)
    assert "the name of 2 accounts (A-2, A-3)" in report.first_rejects[0].reason
    assert balance(book, "A-1") == 120_050


def test_a_spreadsheet_is_read_like_its_csv(book: SqlBook, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("About").write(0, 0, "Prepared by finance")
        sheet = workbook.add_worksheet("Open items")
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for column, name in enumerate(("Customer No", "Invoice No", "Invoice Date", "Due Date", "Amount")):
            sheet.write(2, column, name)
        sheet.write_row(3, 0, ["A", 7001])
        sheet.write_datetime(3, 2, date(2026, 4, 3), day)
        sheet.write_datetime(3, 3, date(2026, 5, 3), day)
        sheet.write(3, 4, 1234.1)
        sheet.write_row(4, 0, ["A", 7002, "2026-04-03", "2026-05-03", 1.234])
    proposal = propose_mapping(path)
    assert (proposal.mapping.sheet, proposal.questions) == ("Open items", ())
    report = load(book, path, proposal.mapping)
    assert [(r.line, r.column) for r in report.first_rejects] == [(5, "Amount")]
    assert balance(book, "A") == 123_410
    assert counts(load(book, path)) == (0, 0, 1, 1)


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    for name, content, message in (
        ("a.csv", b"Customer;Betrag\nM\xfcller;1\n", "state encoding"),
        ("b.csv", b"one,two\n1,2\n", "no heading line with known column names"),
        ("c.xlsx", b"not a zip", "cannot be read as a spreadsheet"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ImportRefused, match=message):
            propose_mapping(path)
    with pytest.raises(ImportRefused, match="no such file"):
        propose_mapping(tmp_path / "none.csv")


@pytest.mark.skipif(not IBM.exists(), reason="the IBM sample is not on this machine (../shared/data)")
def test_the_ibm_sample_comes_in_as_of_a_day_and_later(book: SqlBook, tmp_path: Path) -> None:
    heading, *lines = IBM.read_text().splitlines()
    path = tmp_path / "ibm.csv"
    path.write_text("\n".join([heading, *lines[::25]]) + "\n")
    total = len(lines[::25])
    mapping = propose_mapping(IBM).mapping
    intake = SqlIntake(book)
    early = import_file(intake, path, mapping, WEDNESDAY, create_accounts=True, as_of=date(2012, 9, 1))
    assert early.rejects == 0
    assert early.created + early.skipped == total
    assert 0 < early.receipts_created < early.created
    whole = import_file(intake, path, mapping, WEDNESDAY, create_accounts=True)
    assert (whole.created + whole.unchanged + whole.changed, whole.rejects) == (total, 0)
    assert early.receipts_created + whole.receipts_created == total
    again = import_file(intake, path, mapping, WEDNESDAY, create_accounts=True)
    assert (again.unchanged, again.receipts_created, again.changed) == (total, 0, 0)
    number = lines[0].split(",")[1]
    assert balance(book, number) == 0
