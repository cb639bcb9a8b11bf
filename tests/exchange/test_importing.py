"""Reading accounts and invoices from CSV."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import pytest

from tests.fixtures.book import WEDNESDAY
from workstation.desk.roles import Role
from workstation.exchange import importing
from workstation.exchange.cells import safe_cell
from workstation.exchange.importing import import_book
from workstation.exchange.report import Defaults, FileReport, ImportRefused
from workstation.store.book import SqlBook, open_book
from workstation.store.intake import SqlIntake
from workstation.store.post import Outbox

DOCS = Path(__file__).parents[2] / "docs" / "import.md"


@pytest.fixture
def examples(tmp_path: Path) -> tuple[Path, Path]:
    """The two examples of docs/import.md as files."""
    blocks = re.findall(r"```csv\n(.*?)```", DOCS.read_text(), flags=re.S)
    accounts, invoices = tmp_path / "accounts.csv", tmp_path / "invoices.csv"
    accounts.write_text(blocks[0])
    invoices.write_text(blocks[1])
    return accounts, invoices


def load(book: SqlBook, folder: Path, accounts: str = "", invoices: str = "") -> list[str]:
    """Import texts; returns the rejects as lines."""
    files = {}
    for name, content in (("accounts", accounts), ("invoices", invoices)):
        if content:
            files[name] = folder / f"{name}.csv"
            files[name].write_text(content)
    reports = import_book(SqlIntake(book), WEDNESDAY, **files)  # type: ignore[arg-type]  # two of its paths by name
    return [f"{r.line}:{r.column}: {r.reason}" for report in reports for r in report.first_rejects]


def test_the_documented_example_is_taken_and_twice_changes_nothing(
    book: SqlBook, examples: tuple[Path, Path]
) -> None:
    accounts, invoices = examples
    seen: list[tuple[str, int, int]] = []
    first = import_book(
        SqlIntake(book),
        WEDNESDAY,
        accounts=accounts,
        invoices=invoices,
        defaults=Defaults(company="Bradford Supply"),
        progress=lambda *step: seen.append(step),
    )
    assert [(r.created, r.changed, r.unchanged, r.rejects) for r in first] == [(2, 0, 0, 0), (3, 0, 0, 0)]
    assert [s[0] for s in seen] == ["accounts.csv", "invoices.csv"]
    assert all(done == total > 0 for _, done, total in seen)
    again = import_book(
        SqlIntake(book),
        WEDNESDAY,
        accounts=accounts,
        invoices=invoices,
        defaults=Defaults(company="Bradford Supply"),
    )
    assert [(r.created, r.changed, r.unchanged) for r in again] == [(0, 0, 2), (0, 0, 3)]
    view = book.account(book.find_account("A-10482"), WEDNESDAY)
    assert [(p.party_name, p.number, p.kind) for p in view.phones] == [
        ("Jordan Reyes", "+13125550141", "office"),
        ("Ines Harlow", "+13125550143", "office"),
    ]
    assert (view.balance.minor, view.credit_limit.minor if view.credit_limit else 0) == (842_000, 2_000_000)
    meridian = book.account(book.find_account("A-10317"), WEDNESDAY)
    assert meridian.phones[0].number == "+14045550122"
    assert meridian.phones[0].zones == ("America/New_York",)
    assert (meridian.balance.minor, meridian.disputed.minor) == (311_550, 40_000)
    rows = book.queue_page(1, WEDNESDAY, 0, 10).rows
    assert {r.number for r in rows} == {"A-10482", "A-10317"}


def test_every_documented_column_exists_and_every_column_is_documented() -> None:
    from workstation.exchange.importing import ACCOUNT_COLUMNS, CONTACT_COLUMNS, INVOICE_COLUMNS

    text = DOCS.read_text()
    for column in (*ACCOUNT_COLUMNS, *CONTACT_COLUMNS, *INVOICE_COLUMNS):
        assert f"`{column}`" in text


def test_a_changed_row_changes_the_book(book: SqlBook, tmp_path: Path) -> None:
    load(book, tmp_path, "account_number,name\nA-1,Old Name\n")
    report = import_book(
        SqlIntake(book), WEDNESDAY, accounts=_file(tmp_path, "account_number,name\nA-1,New Name\n")
    )[0]
    assert (report.created, report.changed) == (0, 1)
    assert book.account(book.find_account("A-1"), WEDNESDAY).name == "New Name"
    assert [r.number for r in book.search_accounts("new", WEDNESDAY, 5)] == ["A-1"]


def _file(folder: Path, content: str | bytes) -> Path:
    path = folder / "accounts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


HEAD = "account_number,name,kind,currency,credit_limit,country,phone,phone_kind,stage\n"


@pytest.mark.parametrize(
    ("row", "reject"),
    [
        (",Nameless,,,,,,,", "2:account_number: is empty: it is required"),
        ("A-1,,,,,,,,", "2:name: is empty: it is required"),
        ("A-1,X,busines,,,,,,", "2:kind: 'busines' is not known: did you mean 'business'?"),
        ("A-1,X,,dollars,,,,,", "2:currency: 'DOLLARS' is not a currency"),
        ("A-1,X,,,12.345,,,,", "2:credit_limit: '12.345' has more than 2 decimal places"),
        ('A-1,X,,,"1,00",,,,', "2:credit_limit: '1,00' is not an amount"),
        ("A-1,X,,,,USA,,,", "2:country: 'USA' is not a country"),
        ("A-1,X,,,,,call me,,", "2:phone: 'call me' is not a phone number"),
        ("A-1,X,,,,,555,,", "2:phone: '555' has too many or too few digits"),
        ("A-1,X,,,,,,fax,", "2:phone_kind: 'fax' is not known"),
        ("A-1,X,,,,,,,7", "2:stage: '7' is not known"),
        ('A-1,"X\nY",,,,,,,', "3:name: holds characters that cannot be printed"),
        ("A-1,X,,,,,,,,extra", "2:: has 10 cells for 9 columns"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_kept(tmp_path: Path, row: str, reject: str) -> None:
    book = open_book(tmp_path / "book.db")
    rejects = load(book, tmp_path, f"{HEAD}{row}\nA-2,Good Ltd,,,,,,,\n")
    assert len(rejects) == 1
    assert rejects[0].startswith(reject)
    assert book.find_account("A-2") == 1
    book.close()


def test_bad_invoices(book: SqlBook, tmp_path: Path) -> None:
    rejects = load(
        book,
        tmp_path,
        "account_number,name\nA-1,X\n",
        "account_number,invoice_number,issued,due,amount,open,disputed,currency\n"
        "A-1,1,2026-10-01,2026-10-31,100.00,,,\n"
        "A-9,2,2026-10-01,2026-10-31,100.00,,,\n"
        "A-1,3,01/10/2026,2026-10-31,100.00,,,\n"
        "A-1,4,2026-10-01,2026-09-30,100.00,,,\n"
        "A-1,5,2026-10-01,2026-10-31,100.00,100.01,,\n"
        "A-1,6,2026-10-01,2026-10-31,100.00,50.00,50.01,\n"
        "A-1,7,2026-10-01,2026-10-31,100.00,,,EUR\n"
        "A-1,8,2026-10-01,2026-10-31,-20.00,,,\n",
    )
    assert [r.split(": ")[0] for r in rejects] == [
        "3:account_number", "4:issued", "5:due", "6:open", "7:disputed", "8:currency",
    ]  # fmt: skip
    assert "import accounts first" in rejects[0]
    assert "kept in USD, not EUR" in rejects[5]
    view = book.account(book.find_account("A-1"), WEDNESDAY)
    assert view.balance.minor == 8_000
    assert view.invoices[0].due == date(2026, 10, 31)


def test_the_reject_file_can_be_mended_and_read_again(book: SqlBook, tmp_path: Path) -> None:
    load(book, tmp_path, 'account_number,name,phone\nA-1,=HYPERLINK("x"),+1312555014\nA-2,Fine,\n')
    reject_file = tmp_path / "accounts.rejects.csv"
    with reject_file.open(newline="") as file:
        (row,) = list(csv.DictReader(file))
    assert row["line"] == "2"
    assert row["column"] == "phone"
    assert row["name"] == '\'=HYPERLINK("x")'
    assert row["phone"] == "'+1312555014"
    mended = f'account_number,name,phone\nA-1,"{row["name"].replace(chr(34), chr(34) * 2)}",{row["phone"]}1\n'
    assert load(book, tmp_path, mended) == []
    view = book.account(book.find_account("A-1"), WEDNESDAY)
    assert view.name == '=HYPERLINK("x")'  # text from outside stays text
    assert view.phones[0].number == "+13125550141"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"account_number,nam\n", "line 1: no column 'nam'; did you mean 'name'?"),
        (b"account_number\n", "line 1: the column 'name' is missing"),
        (b"account_number,name,name\n", "named twice"),
        (b"", "no heading line"),
        (b"account_number,name\nA-1,M\xfcller\n", "not UTF-8 text"),
        (b'account_number,name\nA-1,"open\n', "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_at_all(tmp_path: Path, content: bytes, says: str) -> None:
    book = open_book(tmp_path / "book.db")
    with pytest.raises(ImportRefused, match=says.replace("?", r"\?")):
        import_book(SqlIntake(book), WEDNESDAY, accounts=_file(tmp_path, content))
    with pytest.raises(ImportRefused, match="no such file"):
        import_book(SqlIntake(book), WEDNESDAY, invoices=tmp_path / "nothing.csv")
    book.close()


def test_more_rows_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    book = open_book(tmp_path / "book.db")
    rows = "".join(f"A-{i},Debtor {i}\n" for i in range(25))
    steps: list[int] = []
    report = import_book(
        SqlIntake(book),
        WEDNESDAY,
        accounts=_file(tmp_path, "account_number,name\n" + rows),
        progress=lambda _label, done, _total: steps.append(done),
    )[0]
    assert report.created == 25
    assert steps == sorted(steps)
    assert steps[-1] == (tmp_path / "accounts.csv").stat().st_size
    book.close()


def test_an_amount_without_its_quotes_is_refused_and_not_read_as_less(book: SqlBook, tmp_path: Path) -> None:
    rejects = load(
        book,
        tmp_path,
        "account_number,name\nA-1,X\n",
        "account_number,invoice_number,issued,due,amount\nA-1,1,2026-10-01,2026-10-31,8,420.00\n",
    )
    assert rejects == ["2:: has 6 cells for 5 columns: put texts with commas in quotes"]


def test_the_reject_file_itself_can_be_mended_and_given_back(book: SqlBook, tmp_path: Path) -> None:
    heading = "account_number,invoice_number,issued,due,amount"
    load(book, tmp_path, "account_number,name\nA-1,X\n", f"{heading}\nA-1,1,2026-10-01,2026-10-31,many\n")
    reject_file = tmp_path / "invoices.rejects.csv"
    reject_file.write_text(reject_file.read_text().replace("many", "100.00"))
    report = import_book(SqlIntake(book), WEDNESDAY, invoices=reject_file)[0]
    assert (report.created, report.rejects) == (1, 0)


def test_contacts_are_added_to_accounts_that_are_there(book: SqlBook, tmp_path: Path) -> None:
    load(book, tmp_path, "account_number,name,terms,postal_code\nA-1,Harlow,net 30,60607\n")
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(
        "account_number,contact_name,phone,email,address\n"
        "A-1,Jordan Reyes,+13125550141,ap@example.com,1820 W. Hubbard Street | Chicago IL 60607\n"
        "A-1,,,,Box 9 | Chicago IL 60607\n"
        "A-2,Nobody,,x@example.com,\n"
        "A-1,,,,\n"
        "A-1,Ines,,,1|2|3|4|5|6|7\n"
    )

    def read() -> FileReport:
        return import_book(SqlIntake(book), WEDNESDAY, contacts=contacts)[0]

    report = read()
    assert (report.created, report.changed, report.unchanged) == (0, 2, 0)
    assert [(r.line, r.column) for r in report.first_rejects] == [
        (5, "contact_name"), (6, "address"), (4, "account_number"),
    ]  # fmt: skip
    assert "parted by |" in report.first_rejects[1].reason
    assert read().unchanged == 2
    account = book.find_account("A-1")
    view = book.account(account, WEDNESDAY)
    assert view.terms == "net 30", "what the file does not speak of stays"
    assert [p.number for p in view.phones] == ["+13125550141"]
    user = book.create_user("dana", "Dana", Role.COLLECTOR, "correct horse", WEDNESDAY)
    outbox = Outbox(book)
    facts = outbox.facts(account, outbox.addressee(account), user, WEDNESDAY)
    assert (facts.recipient, facts.email) == ("Jordan Reyes", "ap@example.com")
    assert facts.address == ("1820 W. Hubbard Street", "Chicago IL 60607")


def test_cells_that_a_spreadsheet_would_run() -> None:
    assert [safe_cell(t) for t in ("=1+1", "+1", "-1", "@x", "\t=1", "plain", "")] == [
        "'=1+1", "'+1", "'-1", "'@x", "'\t=1", "plain", "",
    ]  # fmt: skip
