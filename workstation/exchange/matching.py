"""Whose money is it: receipts of a bank statement against open invoices, with a score and a reason each.

By reference (an invoice's number in what the payer wrote), by amount and by the customer's name. Only what is
sure becomes a payment by itself; the rest waits for a person, with the suggestions found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from rapidfuzz import fuzz, utils

from workstation.desk.intake import BankReceipt, OpenItem, Receivables
from workstation.desk.money import Money
from workstation.exchange.statements import Statement, Transaction

SURE: Final = 0.8
"""From this score on, and clearly before the next candidate, a receipt is applied without asking."""

_LEAD: Final = 0.15
_NAME: Final = 85.0
"""Names alike from here on, of 100."""
_SHORTEST: Final = 4
"""Letters and digits an invoice number must have to be looked for in free text: shorter ones are dates."""
_TOKEN = re.compile(r"[^\W_]+(?:[-/.#][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account the money may be from, and for which invoices."""

    account_id: int
    account_number: str
    customer: str
    invoices: tuple[str, ...]
    score: float
    """0 to 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class Match:
    """One receipt and what was found for it, best first."""

    receipt: Transaction
    candidates: tuple[Candidate, ...]
    sure: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """A statement held against the book."""

    statement: Statement
    sure: tuple[Match, ...]
    unsure: tuple[Match, ...]
    known: tuple[Transaction, ...]
    """Seen before: they change nothing."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of a statement."""

    payments: int
    waiting: int
    known: int


def match(book: Receivables, statement: Statement) -> Matches:
    """Look for the invoices that a statement's receipts pay. Changes nothing."""
    seen = book.known_receipts([r.key for r in statement.receipts])
    new = [r for r in statement.receipts if r.key not in seen]
    tokens = sorted({token for r in new for token in _tokens(r.text)})
    amounts = sorted({(r.currency, r.amount_minor) for r in new})
    by_number: defaultdict[str, list[OpenItem]] = defaultdict(list)
    by_amount: defaultdict[tuple[str, int], list[OpenItem]] = defaultdict(list)
    for item in book.open_items(numbers=tokens):
        by_number[squeeze(item.number)].append(item)
    for item in book.open_items(amounts=amounts):
        by_amount[(item.currency, item.open_minor)].append(item)
    matches = []
    for receipt in new:
        named = [i for token in _tokens(receipt.text) for i in by_number.get(token, ())]
        matches.append(_match(receipt, named, by_amount.get((receipt.currency, receipt.amount_minor), [])))
    return Matches(
        statement,
        tuple(m for m in matches if m.sure),
        tuple(m for m in matches if not m.sure),
        tuple(r for r in statement.receipts if r.key in seen),
    )


def apply(book: Receivables, matches: Matches, now: datetime) -> Applied:
    """Record sure receipts as payments and keep the others waiting; each is one transaction.

    Doing it again changes nothing: the bank's reference is the key.
    """
    payments = waiting = known = 0
    for found in matches.sure:
        best = found.candidates[0]
        new = book.put_receipt(_kept(found), now, account_id=best.account_id, invoices=best.invoices)
        payments, known = payments + new, known + (not new)
    for found in matches.unsure:
        new = book.put_receipt(_kept(found), now, account_id=None)
        waiting, known = waiting + new, known + (not new)
    return Applied(payments, waiting, known + len(matches.known))


def squeeze(number: str) -> str:
    """Return an invoice number by its letters and digits only: people leave out the rest."""
    return "".join(c for c in number.casefold() if c.isalnum())


def _tokens(text: str) -> list[str]:
    """What in a text may be an invoice number: a word with a digit, alone or joined with the word before."""
    words = _TOKEN.findall(text)
    found: dict[str, None] = {}
    for before, word in zip(["", *words], words, strict=False):
        for token in (squeeze(word), squeeze(before + word), *(squeeze(p) for p in re.split(r"[/#]", word))):
            if len(token) >= _SHORTEST and any(c.isdigit() for c in token):
                found[token] = None
    return list(found)


def _match(receipt: Transaction, named: Sequence[OpenItem], alike: Sequence[OpenItem]) -> Match:
    candidates = [
        _by_reference(receipt, items)
        for items in _by_account(i for i in named if i.currency == receipt.currency)
    ]
    referred = {c.account_id for c in candidates}
    candidates += [_by_amount(receipt, item) for item in islice(alike, 20) if item.account_id not in referred]
    candidates.sort(key=lambda c: (-c.score, c.account_number, c.invoices))
    lead = candidates[0].score - (candidates[1].score if len(candidates) > 1 else 0.0) if candidates else 0.0
    sure = bool(candidates) and candidates[0].score >= SURE and lead >= _LEAD
    return Match(receipt, tuple(candidates[:5]), sure)


def _by_account(items: Iterable[OpenItem]) -> list[list[OpenItem]]:
    found: defaultdict[int, dict[int, OpenItem]] = defaultdict(dict)
    for item in items:
        found[item.account_id][item.invoice_id] = item
    return [list(account.values()) for account in found.values()]


def _by_reference(receipt: Transaction, items: Sequence[OpenItem]) -> Candidate:
    names = _names_agree(receipt, items[0])
    total = sum(max(0, item.open_minor) for item in items)
    free = sum(max(0, item.open_minor - item.disputed_minor) for item in items)
    numbers = ", ".join(item.number for item in items)
    reason = [f"the text names invoice {numbers}"]
    score = 0.55
    if receipt.amount_minor in (total, free):
        score += 0.35
        reason.append("the amount is exactly what is open")
    elif receipt.amount_minor < total:
        score += 0.1
        reason.append("the amount is a part of it")
    else:
        reason.append(
            f"the amount is {Money(receipt.amount_minor - total, receipt.currency)} more than is open"
        )
    if names is True:
        score += 0.2
        reason.append("the payer is the customer")
    elif names is False:
        score -= 0.15
        reason.append("the payer has another name")
    return _candidate(items, score, reason)


def _by_amount(receipt: Transaction, item: OpenItem) -> Candidate:
    score, reason = 0.3, [f"invoice {item.number} is open with exactly this amount"]
    if _names_agree(receipt, item):
        score += 0.35
        reason.append("the payer is the customer")
    return _candidate([item], score, reason)


def _candidate(items: Sequence[OpenItem], score: float, reason: Sequence[str]) -> Candidate:
    first = items[0]
    numbers = tuple(i.number for i in sorted(items, key=lambda i: (i.due, i.invoice_id)))
    told = "; ".join(reason)
    return Candidate(first.account_id, first.account_number, first.customer, numbers, min(score, 1.0), told)


def _names_agree(receipt: Transaction, item: OpenItem) -> bool | None:
    """Whether the payer is called like the customer; None where the bank does not say who paid."""
    if not receipt.payer:
        return None
    alike = fuzz.token_sort_ratio(receipt.payer, item.customer, processor=utils.default_process)
    return alike >= _NAME


def _kept(found: Match) -> BankReceipt:
    r = found.receipt
    suggestions = tuple(
        {
            "account": c.account_number,
            "customer": c.customer,
            "invoices": " ".join(c.invoices),
            "score": f"{c.score:.2f}",
            "reason": c.reason,
        }
        for c in found.candidates
    )
    return BankReceipt(r.key, r.booked_on, r.amount_minor, r.currency, r.payer, r.text, suggestions)
