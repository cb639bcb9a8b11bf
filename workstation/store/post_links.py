"""Payment links in the book: one reference for one invoice and amount, and each receipt booked once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState
from workstation.store import audit, receipts
from workstation.store.book import SqlBook
from workstation.store.queue_build import promise_states
from workstation.store.signals import load_accounts, local_day
from workstation.store.tables import Account, Invoice, LinkReceipt, PaymentLink, Promise

METHOD = "payment link"
"""How such a payment is named in the ledger; a value of workstation.desk.promise.METHODS."""

_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters and digits that nobody takes for one another when they read a reference aloud."""


@dataclass(frozen=True, slots=True)
class LinkView:
    """A payment link."""

    reference: str
    account_id: int
    invoice_id: int
    invoice_number: str
    account_number: str
    amount: Money
    provider: str
    provider_ref: str
    url: str
    """Empty while the provider has not given one."""
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a receipt did."""

    payment_id: int
    account_id: int
    promise_id: int | None
    """The promise that the money counts for; None where none was open."""
    promise_state: PromiseState | None
    """What has become of it."""
    again: bool = False
    """True where this receipt had been booked before: nothing was done."""


class PaymentLinks:
    """The payment links of one book. Every method commits before it returns."""

    def __init__(self, book: SqlBook) -> None:
        self._database = book.database
        self._gate = book.gate

    def standing(self, invoice_ids: Sequence[int], provider: str) -> dict[int, LinkView]:
        """Return by invoice the links that can be used now: given by the provider, unpaid, amount as open."""
        found: dict[int, LinkView] = {}
        with self._database.read() as session:
            for link, invoice, account in session.execute(
                _query().where(
                    PaymentLink.invoice_id.in_(invoice_ids),
                    PaymentLink.provider == provider,
                    PaymentLink.paid_at.is_(None),
                    PaymentLink.url != "",
                )
            ):
                if link.amount_minor == invoice.open_minor - invoice.disputed_minor:
                    found[invoice.id] = _view(link, invoice, account)
        return found

    def reserve(self, invoice_id: int, provider: str, now: datetime) -> LinkView:
        """Return the link for what can be asked for on an invoice, reserved anew where there is none.

        Reserved before the provider is asked, so that a provider asked twice is asked for the same reference.
        Raises NotFound, and InvalidEntry where nothing can be asked for.
        """
        with self._database.write() as session:
            invoice = session.get(Invoice, invoice_id, with_for_update=True)
            if invoice is None:
                raise NotFound(f"no invoice {invoice_id} in the book")
            amount = invoice.open_minor - invoice.disputed_minor
            if amount <= 0:
                raise InvalidEntry(f"nothing can be asked for on invoice {invoice.number}")
            account = session.get_one(Account, invoice.account_id)
            link = session.scalars(
                select(PaymentLink).where(
                    PaymentLink.invoice_id == invoice_id,
                    PaymentLink.provider == provider,
                    PaymentLink.amount_minor == amount,
                    PaymentLink.paid_at.is_(None),
                )
            ).first()
            if link is None:
                link = PaymentLink(
                    reference="DL-" + "".join(secrets.choice(_SIGNS) for _ in range(12)),
                    account_id=account.id,
                    invoice_id=invoice_id,
                    amount_minor=amount,
                    currency=account.currency,
                    provider=provider,
                    url="",
                    created_at=now,
                )
                session.add(link)
                session.flush()
            return _view(link, invoice, account)

    def given(self, reference: str, url: str, provider_ref: str) -> None:
        """Keep the address that the provider gave. Raises NotFound."""
        with self._database.write() as session:
            link = _by_reference(session, reference)
            link.url, link.provider_ref = url, provider_ref

    def link(self, reference: str) -> LinkView:
        """Return a link. Raises NotFound."""
        with self._database.read() as session:
            row = session.execute(_query().where(PaymentLink.reference == reference)).first()
            if row is None:
                raise NotFound(f"no payment link {reference!r} in the book")
            return _view(*row)

    def unpaid(self, provider: str, limit: int = 1000) -> tuple[LinkView, ...]:
        """Return the links whose money has not come yet, oldest first."""
        with self._database.read() as session:
            rows = session.execute(
                _query()
                .where(PaymentLink.provider == provider, PaymentLink.paid_at.is_(None), PaymentLink.url != "")
                .order_by(PaymentLink.id)
                .limit(limit)
            )
            return tuple(_view(*row) for row in rows)

    def oldest_unpaid(self, provider: str) -> datetime | None:
        """Return when the oldest link was made whose money has not come; None where none is waiting."""
        with self._database.read() as session:
            return session.scalars(
                select(PaymentLink.created_at)
                .where(PaymentLink.provider == provider, PaymentLink.paid_at.is_(None), PaymentLink.url != "")
                .order_by(PaymentLink.created_at)
                .limit(1)
            ).first()

    def mark_paid(self, reference: str, amount: Money, at: datetime, provider_payment: str = "") -> Paid:
        """Book money that came by a link, once for each of the provider's payments.

        It goes to the link's invoice, and what is more than that stays on the account. Payment, receipt and
        audit line are one transaction; what the money does to a promise follows from it.

        Raises NotFound, and InvalidEntry for another currency or nothing.
        """
        with self._database.write() as session:
            link = _by_reference(session, reference)
            if amount.currency != link.currency:
                raise InvalidEntry(f"link {reference} is in {link.currency}; {amount} cannot be booked on it")
            receipt = session.scalars(
                select(LinkReceipt).where(
                    LinkReceipt.link_id == link.id, LinkReceipt.provider_payment == provider_payment
                )
            ).first()
            if receipt is not None:
                return Paid(receipt.payment_id, link.account_id, None, None, again=True)
            before = self._open_promise(session, link.account_id, at)
            data = load_accounts(session, [link.account_id], at)[link.account_id]
            invoice = session.get_one(Invoice, link.invoice_id)
            asked = min(amount.minor, invoice.open_minor - max(0, invoice.disputed_minor))
            entry = receipts.PaymentEntry(
                account_id=link.account_id,
                received_on=local_day(at, data.zone),
                amount_minor=amount.minor,
                method=METHOD,
                reference=reference,
                key=f"{link.provider}:{provider_payment}" if provider_payment else None,
                directed={invoice.number: asked} if asked > 0 else None,
            )
            payment_id = receipts.record_payment(session, entry, at).entry_id
            session.add(
                LinkReceipt(
                    link_id=link.id,
                    provider_payment=provider_payment,
                    amount_minor=amount.minor,
                    at=at,
                    payment_id=payment_id,
                )
            )
            link.paid_at = at
            session.flush()
            state = None if before is None else self._state_of(session, link.account_id, before.id, at)
            detail = {"amount": str(amount), "payment": str(payment_id), "provider": provider_payment}
            audit.append(session, link.provider, "paid by link", reference, detail, at)
            return Paid(payment_id, link.account_id, None if before is None else before.id, state)

    def _open_promise(self, session: Session, account_id: int, at: datetime) -> Promise | None:
        data = load_accounts(session, [account_id], at)[account_id]
        for promise, state in zip(data.promises, promise_states(data, self._gate, at), strict=True):
            if state in (PromiseState.OPEN, PromiseState.PARTIAL):
                return promise
        return None

    def _state_of(
        self, session: Session, account_id: int, promise_id: int, at: datetime
    ) -> PromiseState | None:
        data = load_accounts(session, [account_id], at)[account_id]
        for promise, state in zip(data.promises, promise_states(data, self._gate, at), strict=True):
            if promise.id == promise_id:
                return state
        return None


def _query() -> Select[PaymentLink, Invoice, Account]:
    return (
        select(PaymentLink, Invoice, Account)
        .join(Invoice, Invoice.id == PaymentLink.invoice_id)
        .join(Account, Account.id == PaymentLink.account_id)
    )


def _by_reference(session: Session, reference: str) -> PaymentLink:
    link = session.scalars(
        select(PaymentLink).where(PaymentLink.reference == reference).with_for_update()
    ).first()
    if link is None:
        raise NotFound(f"no payment link {reference!r} in the book")
    return link


def _view(link: PaymentLink, invoice: Invoice, account: Account) -> LinkView:
    return LinkView(
        reference=link.reference,
        account_id=account.id,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        account_number=account.number,
        amount=Money(link.amount_minor, link.currency),
        provider=link.provider,
        provider_ref=link.provider_ref,
        url=link.url,
        paid_at=link.paid_at,
    )
