"""Bank statements: CAMT.053 (ISO 20022) and BAI2 files as one list of money received."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from workstation.exchange.figures import DecimalMark, FigureError, read_amount
from workstation.exchange.report import ImportRefused

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LARGEST: Final = 100_000_000
"""Bytes: a statement is read whole."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Money that arrived."""

    key: str
    """Bank account and the bank's reference; where the bank gives none, a digest of what it says."""
    booked_on: date
    amount_minor: int
    currency: str
    payer: str
    text: str
    """What the payer wrote, and structured references."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a statement file holds."""

    path: Path
    format: str
    """CAMT.053 or BAI2."""
    accounts: tuple[str, ...]
    """Our bank accounts in it."""
    receipts: tuple[Transaction, ...]
    left_out: tuple[str, ...]
    """Kinds of entries that are no money received, with how many: debits, pending, reversals."""


def read_statement(path: Path) -> Statement:
    """Read a statement; the content tells its format. Raises ImportRefused."""
    try:
        if path.stat().st_size > _LARGEST:
            raise ImportRefused(
                f"{path}: larger than {_LARGEST // 1_000_000} MB: ask the bank for single days"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path}: {error.strerror or error}") from error
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        return _statement(path, "CAMT.053", _camt(path, content))
    if start.startswith(b"01,"):
        return _statement(path, "BAI2", _bai2(path, content))
    raise ImportRefused(f"{path}: neither a CAMT.053 (XML) nor a BAI2 file (first line 01,...)")


@dataclass(frozen=True, slots=True)
class _Entry:
    account: str
    reference: str
    receipt: Transaction | None
    left_out: str = ""


def _statement(path: Path, name: str, entries: Iterable[_Entry]) -> Statement:
    receipts: list[Transaction] = []
    accounts: dict[str, None] = {}
    left_out: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for entry in entries:
        accounts[entry.account] = None
        receipt = entry.receipt
        if receipt is None:
            left_out[entry.left_out] += 1
            continue
        said = f"{receipt.booked_on}|{receipt.amount_minor}|{receipt.currency}|{receipt.payer}|{receipt.text}"
        stem = entry.reference or "said:" + hashlib.sha256(said.encode()).hexdigest()[:24]
        place = f"{entry.account}:{receipt.booked_on}:{stem}"
        times[place] += 1  # one bank reference may stand for a batch of several payers
        key = place if times[place] == 1 else f"{place}#{times[place]}"
        receipts.append(replace(receipt, key=key))
    told = tuple(f"{count} {kind}" for kind, count in sorted(left_out.items()))
    return Statement(path, name, tuple(accounts), tuple(receipts), told)


# ---- CAMT.053 ---------------------------------------------------------------------------------------


def _camt(path: Path, content: bytes) -> Iterator[_Entry]:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]  # it ships no types
    from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]  # likewise

    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ImportRefused(f"{path}: not a readable XML file: {error!r}") from error
    for element in root.iter():  # versions differ in their namespace only
        element.tag = element.tag.rpartition("}")[2]
    statements = root.findall("BkToCstmrStmt/Stmt")
    if not statements:
        raise ImportRefused(f"{path}: an XML file without a statement (BkToCstmrStmt): not CAMT.053")
    for number, statement in enumerate(statements, 1):
        account = _said(statement, "Acct/Id/IBAN") or _said(statement, "Acct/Id/Othr/Id")
        if not account:
            raise ImportRefused(f"{path}: statement {number} names no account (Acct/Id)")
        for entry in statement.findall("Ntry"):
            yield from _camt_entry(path, account, entry)


def _camt_entry(path: Path, account: str, entry: Element) -> Iterator[_Entry]:
    status = _said(entry, "Sts/Cd") or _said(entry, "Sts")
    kind = (
        "not booked yet"
        if status != "BOOK"
        else "reversals"
        if _said(entry, "RvslInd") in ("true", "1")
        else "debits"
        if _said(entry, "CdtDbtInd") != "CRDT"
        else ""
    )
    reference = _said(entry, "AcctSvcrRef") or _said(entry, "NtryRef")
    if kind:
        yield _Entry(account, reference, None, kind)
        return
    day = _said(entry, "BookgDt/Dt") or _said(entry, "BookgDt/DtTm")[:10] or _said(entry, "ValDt/Dt")
    details = entry.findall("NtryDtls/TxDtls") or [entry]
    for detail in details:
        amount = detail.find("Amt")
        if amount is None:
            amount = detail.find("AmtDtls/TxAmt/Amt")
        if amount is None:
            if len(details) > 1:
                raise ImportRefused(
                    f"{path}: entry {reference or day}: one of its transactions has no amount"
                )
            amount = entry.find("Amt")
        own = _said(detail, "Refs/AcctSvcrRef") or _said(detail, "Refs/TxId")
        yield _Entry(account, own or reference, _camt_receipt(path, reference, day, amount, detail))


def _camt_receipt(
    path: Path, reference: str, day: str, amount: Element | None, detail: Element
) -> Transaction:
    try:
        currency = "" if amount is None else amount.get("Ccy", "")
        minor = read_amount((amount is not None and amount.text) or "", DecimalMark.POINT, currency)
        booked = date.fromisoformat(day)
    except (FigureError, ValueError) as error:
        raise ImportRefused(f"{path}: entry {reference or day}: {error}") from error
    payer = _said(detail, "RltdPties/Dbtr/Nm") or _said(detail, "RltdPties/Dbtr/Pty/Nm")
    remittance = detail.find("RmtInf")
    words = [] if remittance is None else [t.strip() for t in remittance.itertext() if t.strip()]
    end_to_end = _said(detail, "Refs/EndToEndId")
    if end_to_end and end_to_end != "NOTPROVIDED":
        words.append(end_to_end)
    if not words:
        words = [_said(detail, "AddtlTxInf") or _said(detail, "AddtlNtryInf")]
    return Transaction("", booked, minor, currency, _plain(payer), _plain(" ".join(words)))


def _said(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


# ---- BAI2 -------------------------------------------------------------------------------------------

_PAYER = re.compile(r"(?:ORIG(?:INATOR)?(?: CO(?: NAME)?)?|ORDERING CUST(?:OMER)?|ORG)[:=]\s*([^/;,]+)", re.I)


def _bai2(path: Path, content: bytes) -> Iterator[_Entry]:
    from bai2 import bai2  # type: ignore[import-untyped]  # it ships no types
    from bai2.exceptions import (  # type: ignore[import-untyped]  # likewise
        IntegrityException,
        NotSupportedYetException,
        ParsingException,
    )

    try:
        file: Any = bai2.parse_from_string(content.decode("utf-8-sig"), check_integrity=True)
    except (IntegrityException, NotSupportedYetException, ParsingException) as error:
        raise ImportRefused(f"{path}: not a sound BAI2 file: {error}") from error
    except (ValueError, LookupError, AttributeError, TypeError, StopIteration, RuntimeError) as error:
        # How the parser ends where a record is missing, cut short or out of place.
        raise ImportRefused(
            f"{path}: not a sound BAI2 file: a record is missing or broken ({error!r})"
        ) from error
    for group in file.children:
        day = group.header.as_of_date
        for account in group.children:
            name = account.header.customer_account_number or ""
            currency = account.header.currency or group.header.currency or "USD"  # the standard's own default
            for detail in account.children:
                yield _bai2_entry(path, name, day, currency, detail)


def _bai2_entry(path: Path, account: str, day: Any, currency: str, detail: Any) -> _Entry:
    reference = (detail.bank_reference or "").strip()
    code = detail.type_code.code if hasattr(detail.type_code, "code") else str(detail.type_code)
    if not "100" <= code <= "399":  # 100-399 credits, 400-699 debits, 7xx loans, 8xx and 9xx the bank's own
        return _Entry(account, reference, None, "debits")
    if not isinstance(day, date):
        raise ImportRefused(f"{path}: account {account}: the group has no date")
    text = _plain(f"{detail.text or ''} {detail.customer_reference or ''}")
    payer = _PAYER.search(text)
    booked = date(day.year, day.month, day.day)
    said = Transaction("", booked, int(detail.amount or 0), currency, payer[1].strip() if payer else "", text)
    if said.amount_minor <= 0:
        return _Entry(account, reference, None, "entries of nothing")
    return _Entry(account, reference, said)
