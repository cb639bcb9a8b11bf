"""Payment links: asked of a provider once for each invoice and amount, and booked once when they are paid."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from workstation.desk.book import InvalidEntry
from workstation.desk.money import Money, decimal_places
from workstation.desk.post import LetterLine
from workstation.exchange.post.compose import Payable
from workstation.store.book import SqlBook
from workstation.store.post_links import LinkView, Paid, PaymentLinks


class LinkError(Exception):
    """A provider's file is wrong, or the provider cannot give a link now."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a provider gave."""

    url: str
    provider_ref: str = ""


class LinkProvider(Protocol):
    """Whoever takes payments for us. Asked twice with one reference, it gives the same link twice."""

    @property
    def name(self) -> str:
        """Return its short name, kept with every link."""

    def create(self, link: LinkView) -> Given:
        """Give the address at which this link's invoice can be paid. Raises LinkError."""


_FIELD = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_FIELDS = frozenset({"reference", "amount", "amount_minor", "currency", "invoice", "account"})


@dataclass(frozen=True, slots=True)
class TemplateProvider:
    """A provider whose links are made from a pattern, such as a bank's payment page."""

    name: str
    url: str

    @classmethod
    def load(cls, path: Path) -> TemplateProvider:
        """Read ``name`` and ``url`` from a TOML file. Raises LinkError naming file, key and what is right."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise LinkError(f"{path.name}: cannot be read: {error}") from error
        if set(data) != {"name", "url"} or not all(isinstance(value, str) for value in data.values()):
            raise LinkError(f"{path.name}: write name and url, both texts, and nothing else")
        name, url = data["name"], data["url"]
        if not _NAME.fullmatch(name):
            raise LinkError(f"{path.name}: name: {name!r} must be lower-case letters, digits and hyphens")
        used = _FIELD.findall(url)
        unknown = sorted(set(used) - _FIELDS)
        if unknown:
            raise LinkError(f"{path.name}: url: no field {unknown[0]!r}; valid: {', '.join(sorted(_FIELDS))}")
        if "reference" not in used:
            raise LinkError(f"{path.name}: url: must hold {{reference}}, by which we know what was paid")
        parts = urlsplit(_FIELD.sub("x", url))
        if parts.scheme != "https" or not parts.netloc or _FIELD.search(urlsplit(url).netloc):
            raise LinkError(f"{path.name}: url: must begin with https:// and a host without fields")
        return cls(name, url)

    def create(self, link: LinkView) -> Given:
        """Fill the pattern; every value is quoted, so none can add to the address."""
        values = {
            "reference": link.reference,
            "amount": _decimal(link.amount),
            "amount_minor": str(link.amount.minor),
            "currency": link.amount.currency,
            "invoice": link.invoice_number,
            "account": link.account_number,
        }
        return Given(_FIELD.sub(lambda match: quote(values[match.group(1)], safe=""), self.url))


def payables(
    book: SqlBook,
    lines: Sequence[LetterLine],
    provider: LinkProvider | None,
    now: datetime,
    *,
    create: bool,
) -> tuple[Payable, ...]:
    """Return how each invoice can be paid; with `create`, links that are missing are asked for.

    An invoice on which nothing can be asked for (all of it disputed) has none. Raises LinkError.
    """
    if provider is None:
        return ()
    links = PaymentLinks(book)
    standing = links.standing([line.invoice_id for line in lines], provider.name)
    found = []
    for line in lines:
        view = standing.get(line.invoice_id)
        if view is None and create and line.open.minor > line.disputed.minor:
            view = _ask(links, line.invoice_id, provider, now)
        if view is not None:
            found.append(Payable(line, view.url))
    return tuple(found)


def mark_paid(
    book: SqlBook, reference: str, amount: Money, at: datetime, *, provider_payment: str = ""
) -> Paid:
    """Book money that came by a link: the payment, and with it what becomes of the promise.

    `provider_payment` is the provider's name for the payment; the same one twice is booked once. Raises
    NotFound for an unknown reference and InvalidEntry for another currency.
    """
    if amount.minor <= 0:
        raise InvalidEntry(f"a payment of {amount} on link {reference} cannot be booked")
    return PaymentLinks(book).mark_paid(reference, amount, at, provider_payment)


def _ask(links: PaymentLinks, invoice_id: int, provider: LinkProvider, now: datetime) -> LinkView:
    reserved = links.reserve(invoice_id, provider.name, now)
    if reserved.url:
        return reserved
    given = provider.create(reserved)
    if urlsplit(given.url).scheme != "https" or any(c.isspace() for c in given.url):
        raise LinkError(f"{provider.name} gave {given.url!r}, which is no https address")
    links.given(reserved.reference, given.url, given.provider_ref)
    return links.link(reserved.reference)


def _decimal(amount: Money) -> str:
    places = decimal_places(amount.currency)
    return f"{Decimal(amount.minor).scaleb(-places):.{places}f}"
