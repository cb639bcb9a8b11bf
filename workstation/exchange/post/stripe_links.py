"""Payment links by Stripe, through its own library (the extra ``stripe``).

One Payment Link for one invoice, good for one payment. Our reference travels in the payment's metadata, so
that money is known by it whether Stripe tells us (webhook) or we ask (poll). Booked once either way: the
payment's id is the receipt's key.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from workstation.desk.book import BookError
from workstation.desk.money import Money
from workstation.exchange.post.links import Given, LinkError, mark_paid
from workstation.store.book import SqlBook
from workstation.store.post_links import LinkView, Paid, PaymentLinks

try:
    import stripe
except ModuleNotFoundError as error:  # the extra is not installed
    raise LinkError("payment links by Stripe need: pip install 'dunline[stripe]'") from error

_HUNDREDFOLD = frozenset({"ISK"})
"""Currencies without minor units whose amounts Stripe nevertheless writes in hundredths."""

_CLOCKS_APART = timedelta(minutes=10)
_PAID = "payment_intent.succeeded"


class StripeProvider:
    """Stripe as a provider of payment links. Blocking: run it in a worker thread."""

    name = "stripe"

    def __init__(self, api_key: str, *, api_base: str = "") -> None:
        """Take the secret key; `api_base` is another address of the API, for tests."""
        addresses: Any = {"api": api_base} if api_base else {}
        self._client = stripe.StripeClient(api_key, base_addresses=addresses, max_network_retries=2)

    def create(self, link: LinkView) -> Given:
        """Ask for a Payment Link; asked again with the same reference, Stripe gives the same one.

        Raises LinkError.
        """
        metadata = {"reference": link.reference, "invoice": link.invoice_number}
        price: Any = {
            "currency": link.amount.currency.lower(),
            "unit_amount": _to_stripe(link.amount),
            "product_data": {"name": f"Invoice {link.invoice_number}"},
        }
        try:
            made = self._client.v1.payment_links.create(
                params={
                    "line_items": [{"price_data": price, "quantity": 1}],
                    "metadata": metadata,
                    "payment_intent_data": {"metadata": metadata},
                    "restrictions": {"completed_sessions": {"limit": 1}},
                },
                options={"idempotency_key": f"dunline-{link.reference}"},
            )
        except stripe.StripeError as error:
            raise LinkError(f"Stripe gave no link for invoice {link.invoice_number}: {error}") from error
        return Given(made.url, made.id)

    def poll(self, book: SqlBook, now: datetime) -> tuple[Paid, ...]:
        """Ask Stripe for money that came since the oldest unpaid link, and book it. Raises LinkError."""
        waiting = {view.reference for view in PaymentLinks(book).unpaid(self.name)}
        oldest = PaymentLinks(book).oldest_unpaid(self.name)
        if oldest is None:
            return ()
        since = int((oldest - _CLOCKS_APART).timestamp())
        booked = []
        try:
            for intent in self._client.v1.payment_intents.list(params={"limit": 100}).auto_paging_iter():
                if intent.created < since:
                    break  # the newest come first
                if intent.status == "succeeded" and _reference(intent) in waiting:
                    booked.append(_book(book, intent, now))
        except stripe.StripeError as error:
            raise LinkError(f"Stripe cannot be asked now: {error}") from error
        return tuple(paid for paid in booked if not paid.again)


def take_event(book: SqlBook, payload: bytes, signature: str, secret: str, now: datetime) -> Paid | None:
    """Book what a webhook says; None where the event is of another kind, or about no link of ours.

    Raises LinkError where the signature is not Stripe's: nothing in it may be believed.
    """
    try:
        event = stripe.Webhook.construct_event(payload, signature, secret)
    except (ValueError, stripe.SignatureVerificationError) as error:
        raise LinkError(f"an event not signed by Stripe was refused: {error}") from error
    if event.type != _PAID:
        return None
    intent = event.data.object
    if not _reference(intent):
        return None
    try:
        return _book(book, intent, now)
    except BookError as error:
        raise LinkError(f"Stripe's payment {intent.id} cannot be booked: {error}") from error


def _book(book: SqlBook, intent: Any, now: datetime) -> Paid:
    received = intent.amount_received if getattr(intent, "amount_received", None) else intent.amount
    amount = _from_stripe(int(received), str(intent.currency))
    at = min(now, datetime.fromtimestamp(intent.created, UTC))
    return mark_paid(book, _reference(intent), amount, at, provider_payment=str(intent.id))


def _reference(intent: Any) -> str:
    metadata = getattr(intent, "metadata", None)
    found = metadata["reference"] if metadata and "reference" in metadata else ""
    return str(found)


def _to_stripe(amount: Money) -> int:
    return amount.minor * 100 if amount.currency in _HUNDREDFOLD else amount.minor


def _from_stripe(units: int, currency: str) -> Money:
    code = currency.upper()
    return Money(units // 100 if code in _HUNDREDFOLD else units, code)
