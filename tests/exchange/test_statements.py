"""Bank statements: read from CAMT.053 and BAI2, matched, applied once, the unsure ones left to a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.fixtures.book import WEDNESDAY
from workstation.desk.book import InvalidEntry
from workstation.desk.entry import AccountEntry, InvoiceEntry
from workstation.desk.roles import Role
from workstation.exchange.matching import apply, match
from workstation.exchange.report import ImportRefused
from workstation.exchange.statements import read_statement
from workstation.store.bank import SqlReceivables
from workstation.store.book import SqlBook


def entry(
    ref: str,
    amount: str,
    payer: str,
    text: str,
    *,
    sign: str = "CRDT",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    extra: str = "",
) -> str:
    return f"""
    <Ntry><Amt Ccy="USD">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{extra}{status}
      <BookgDt><Dt>2026-11-17</Dt></BookgDt><AcctSvcrRef>{ref}</AcctSvcrRef>
      <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
        <RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr></RltdPties>
        <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"""


def camt(folder: Path, *entries: str, head: str = "") -> Path:
    path = folder / "statement.xml"
    path.write_text(
        f"""<?xml version="1.0" encoding="UTF-8"?>{head}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>USD</Ccy></Acct>{"".join(entries)}
</Stmt></BkToCstmrStmt></Document>"""
    )
    return path


BAI2 = """01,122099999,123456789,261117,0200,1,,,2/
02,123456789,122099999,1,261117,0200,USD,2/
03,4566000111,USD,015,515000,,/
16,142,320000,Z,B7731,,ORIG CO NAME:HARLOW TOOL AND DIE/
88,INVOICE 7731 THANK YOU/
16,475,5000,Z,C1,1001,CHECK PAID/
49,840000,5/
98,840000,1,7/
99,840000,1,9/
"""


@pytest.fixture
def debtors(book: SqlBook) -> SqlBook:
    names = {"A": "Harlow Tool and Die LLC", "B": "Meridian Packaging", "C": "Northgate Foods"}
    book.put_accounts(
        [AccountEntry(n, name, "business", "b2b-first-party", "USD", "") for n, name in names.items()],
        WEDNESDAY,
    )
    items = (
        ("A", "7731", 320_000, 0), ("A", "INV-2026-0044", 50_000, 0), ("B", "7802", 311_550, 40_000),
        ("C", "9001", 77_700, 0), ("B", "9002", 77_700, 0), ("C", "9003", 12_345, 0),
    )  # fmt: skip
    book.put_invoices(
        [
            InvoiceEntry(a, n, date(2026, 9, 1), date(2026, 10, 1), amount, amount, disputed)
            for a, n, amount, disputed in items
        ],
        WEDNESDAY,
    )
    return book


def open_of(book: SqlBook, account: str) -> dict[str, int]:
    view = book.account(book.find_account(account), WEDNESDAY)
    return {i.number: i.open.minor for i in view.invoices if i.open.minor}


def test_sure_receipts_pay_and_unsure_ones_wait_and_twice_changes_nothing(
    debtors: SqlBook, tmp_path: Path
) -> None:
    path = camt(
        tmp_path,
        entry("R1", "3200.00", "HARLOW TOOL AND DIE LLC", "Invoice 7731"),
        entry("R2", "500.00", "", "payment of inv 2026/0044"),
        entry("R3", "1000.00", "Meridian Packaging", "7802 part"),
        entry("R4", "777.00", "Someone Else", "thanks"),
        entry("R5", "9.99", "Nobody", "hello"),
        entry("R6", "12.00", "X", "fee", sign="DBIT"),
        entry("R7", "12.00", "X", "soon", status="<Sts>PDNG</Sts>"),
        entry("R8", "12.00", "X", "back", extra="<RvslInd>true</RvslInd>"),
        entry("R9", "123.45", "Stranger Ltd", "7802"),
    )
    statement = read_statement(path)
    assert (statement.format, statement.accounts) == ("CAMT.053", ("DE02120300000000202051",))
    assert statement.left_out == ("1 debits", "1 not booked yet", "1 reversals")
    receivables = SqlReceivables(debtors)
    matches = match(receivables, statement)
    assert [m.receipt.key.rpartition(":")[2] for m in matches.sure] == ["R1", "R2", "R3"]
    assert "the payer is the customer" in matches.sure[0].candidates[0].reason
    [two] = [m for m in matches.unsure if m.receipt.key.endswith("R4")]
    assert {c.account_number for c in two.candidates} == {"B", "C"}
    done = apply(receivables, matches, WEDNESDAY)
    assert (done.payments, done.waiting, done.known) == (3, 3, 0)
    assert open_of(debtors, "A") == {}
    assert open_of(debtors, "B") == {"7802": 211_550, "9002": 77_700}
    again = apply(receivables, match(receivables, read_statement(path)), WEDNESDAY)
    assert (again.payments, again.waiting, again.known) == (0, 0, 6)
    assert apply(receivables, matches, WEDNESDAY).known == 6


def test_a_person_settles_or_dismisses_what_waits(debtors: SqlBook, tmp_path: Path) -> None:
    clerk = debtors.create_user("kei", "Kei", Role.MANAGER, "long enough words", WEDNESDAY)
    receivables = SqlReceivables(debtors)
    path = camt(tmp_path, entry("R4", "777.00", "Someone Else", "=cmd()"), entry("R5", "9.99", "Nobody", "x"))
    apply(receivables, match(receivables, read_statement(path)), WEDNESDAY)
    first, second = receivables.waiting_receipts()
    assert {s["account"] for s in first.receipt.suggestions} == {"B", "C"}
    account = debtors.find_account("C")
    receivables.settle_receipt(first.receipt_id, clerk, WEDNESDAY, account_id=account, invoices=["9001"])
    assert open_of(debtors, "C") == {"9003": 12_345}
    with pytest.raises(InvalidEntry, match="applied already"):
        receivables.settle_receipt(first.receipt_id, clerk, WEDNESDAY, account_id=account)
    with pytest.raises(InvalidEntry, match="say why"):
        receivables.dismiss_receipt(second.receipt_id, clerk, WEDNESDAY, reason=" ")
    receivables.dismiss_receipt(second.receipt_id, clerk, WEDNESDAY, reason="interest of the bank")
    assert receivables.waiting_receipts() == ()
    assert debtors.verify_audit().sound


def test_one_bank_reference_for_a_batch_is_several_receipts(tmp_path: Path) -> None:
    part = "<TxDtls><Amt Ccy='USD'>{}</Amt><RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls>"
    batch = (
        '<Ntry><Amt Ccy="USD">30.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>'
        f"<Dt>2026-11-17</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>{part.format('10.00', 'a')}"
        f"{part.format('20.00', 'b')}</NtryDtls></Ntry>"
    )
    receipts = read_statement(camt(tmp_path, batch)).receipts
    assert [r.amount_minor for r in receipts] == [1000, 2000]
    assert len({r.key for r in receipts}) == 2


def test_bai2_is_read_and_matched(debtors: SqlBook, tmp_path: Path) -> None:
    path = tmp_path / "statement.bai"
    path.write_text(BAI2)
    statement = read_statement(path)
    [receipt] = statement.receipts
    assert (receipt.booked_on, receipt.amount_minor, receipt.currency) == (date(2026, 11, 17), 320_000, "USD")
    assert statement.left_out == ("1 debits",)
    matches = match(SqlReceivables(debtors), statement)
    assert [m.candidates[0].invoices for m in matches.sure] == [("7731",)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello", "neither a CAMT.053"),
        ("<a><b></a>", "not a readable XML file"),
        ("<Document/>", "without a statement"),
        (
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>',
            "not a readable XML",
        ),
        (BAI2.replace("840000,5", "840001,5"), "not a sound BAI2"),
        (BAI2[:120], "not a sound BAI2"),
        (BAI2.replace("16,142,320000", "16,142,lots"), "not a sound BAI2"),
    ],
)
def test_a_broken_statement_is_refused_whole(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "statement"
    path.write_text(content)
    with pytest.raises(ImportRefused, match=message):
        read_statement(path)
