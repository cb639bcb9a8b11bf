"""A book of fictional debtors to learn and show with. The same seed and instant give the same book."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from compliance.contact import NumberKind
from workstation.desk.entry import (
    AccountEntry,
    History,
    InvoiceEntry,
    PastCall,
    PastMessage,
    PastPayment,
    PastPromise,
    Put,
)
from workstation.desk.roles import Role
from workstation.exchange.demo_stories import Days, Story, business, contact, invoice, stories


class DemoTarget(Protocol):
    """What seeding needs of a book."""

    def create_user(
        self, username: str, full_name: str, role: Role, password: str, now: datetime, *, extension: str = ""
    ) -> int:
        """Add a user."""

    def put_accounts(self, entries: Sequence[AccountEntry], now: datetime) -> Put:
        """Create accounts."""

    def put_invoices(self, entries: Sequence[InvoiceEntry], now: datetime) -> Put:
        """Create invoices."""

    def put_history(self, account_number: str, history: History, now: datetime) -> int:
        """Add what happened before."""

    def rebuild_queue(self, now: datetime) -> int:
        """Work the whole queue out."""


@dataclass(frozen=True, slots=True)
class DemoBook:
    """What was seeded."""

    passwords: dict[str, str]
    """By user name; generated, and kept nowhere else."""
    user_ids: dict[str, int]
    accounts: int


#: The floor. No password is ever fixed: each seeding draws new ones.
USERS = (
    ("dana", "Dana Mitchell", Role.COLLECTOR),
    ("sam", "Sam Duarte", Role.COLLECTOR),
    ("morgan", "Morgan Ellery", Role.SUPERVISOR),
    ("kei", "Kei Imai", Role.MANAGER),
)

_PLACES = (
    ("312", "US-IL", "60601"),
    ("414", "US-WI", "53202"),
    ("615", "US-TN", "37203"),
    ("216", "US-OH", "44113"),
    ("404", "US-GA", "30303"),
    ("919", "US-NC", "27601"),
    ("215", "US-PA", "19103"),
    ("303", "US-CO", "80202"),
    ("801", "US-UT", "84101"),
    ("503", "US-OR", "97205"),
    ("619", "US-CA", "92101"),
    ("210", "US-TX", "78205"),
)
_CITIES = {
    "60601": "Chicago", "60607": "Chicago", "53202": "Milwaukee", "37203": "Nashville", "44113": "Cleveland",
    "30303": "Atlanta", "27601": "Raleigh", "19103": "Philadelphia", "80202": "Denver",
    "84101": "Salt Lake City", "97205": "Portland", "92101": "San Diego", "78205": "San Antonio",
    "02110": "Boston", "75201": "Dallas", "77002": "Houston", "98101": "Seattle", "85004": "Phoenix",
}  # fmt: skip
_STREETS = ("Mill Street", "Foundry Road", "Harbor Avenue", "Station Lane", "Orchard Way", "Depot Street")
_FIRST = (
    "Alma", "Bernard", "Celia", "Dario", "Edith", "Farid", "Greta", "Hugo", "Imani", "Joel", "Katya",
    "Lucas", "Mara", "Nils", "Odette", "Pavel", "Rosa", "Stefan", "Tessa", "Ulrich", "Vera", "Wendell",
    "Yara", "Zane",
)  # fmt: skip
_LAST = (
    "Abara", "Brandt", "Castro", "Dufour", "Eklund", "Fontaine", "Garcia", "Hale", "Ishida", "Jansen",
    "Keller", "Lombard", "Mensah", "Novak", "Oduya", "Pryce", "Quist", "Rahman", "Sato", "Tran",
    "Underhill", "Voss", "Wexler", "Young",
)  # fmt: skip
_TRADE = (
    "Bolt & Fastener Co.", "Millwork", "Print Works", "Cold Storage", "Fabricators", "Bakery Supply",
    "Electric", "Roofing", "Optical", "Paper Goods", "Freight Lines", "Machine Shop", "Nurseries",
    "Plumbing Supply", "Veterinary Clinic", "Glass", "Textiles", "Brewing",
)  # fmt: skip
_STYLE = (
    "Granite", "Harbor", "Juniper", "Keystone", "Lakeview", "Northgate", "Orchard", "Prairie",
    "Redwood", "Stonebridge", "Union", "Willow",
)  # fmt: skip
_AP_ROLES = ("accounts payable", "bookkeeper", "controller", "office manager", "owner")


def seed_demo_book(book: DemoTarget, now: datetime, *, seed: int = 7, accounts: int = 60) -> DemoBook:
    """Fill an empty book with fictional users and debtors whose story leads up to `now` (aware UTC).

    First in the queue stands HARLOW TOOL & DIE LLC for a broken promise. Returns the generated passwords.
    """
    passwords = {username: secrets.token_urlsafe(9) for username, _, _ in USERS}
    long_ago = now - timedelta(days=200)
    user_ids = {
        username: book.create_user(username, full_name, role, passwords[username], long_ago)
        for username, full_name, role in USERS
    }
    days = Days(now)
    told = stories(days, user_ids["dana"])
    rest = _generated(days, random.Random(seed), accounts - len(told))  # noqa: S311 - fiction, not secrets
    everything = (*told, *rest)
    book.put_accounts([_addressed(s.account) for s in everything], long_ago)
    book.put_invoices([i for s in everything for i in s.invoices], now)
    for story in everything:
        book.put_history(story.account.number, story.history, now)
    book.rebuild_queue(now)
    return DemoBook(passwords, user_ids, len(everything))


def _addressed(account: AccountEntry) -> AccountEntry:
    """Give the contacts of an account the postal address of its office."""
    street = _STREETS[sum(map(ord, account.number)) % len(_STREETS)]
    house = 100 + int("".join(c for c in account.number if c.isdigit())) % 8_900
    state = account.region.removeprefix("US-")
    lines = (f"{house} {street}", f"{_CITIES[account.postal_code]}, {state} {account.postal_code}")
    contacts = tuple(replace(c, address=c.address or lines) for c in account.contacts)
    return replace(account, contacts=contacts)


def _generated(days: Days, dice: random.Random, count: int) -> list[Story]:
    names: set[str] = set()
    found = []
    for index in range(max(0, count)):
        name = ""
        while not name or name in names:
            name = f"{dice.choice(_STYLE)} {dice.choice(_TRADE)}"
        names.add(name)
        found.append(_one(days, dice, index, name))
    return found


def _one(days: Days, dice: random.Random, index: int, name: str) -> Story:
    number = f"A-{11000 + index * 7}"
    area, region, postal_code = _PLACES[index % len(_PLACES)]
    # 555-0150 to 555-0199, apart from the hand-written ones; last digits walk through all practice debtors.
    phone = f"+1{area}5550{150 + (index // len(_PLACES)) * 10 + index % 10}"
    person = f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"
    late = int(dice.triangular(-12, 140, 18))
    size = round(dice.lognormvariate(7.3, 0.8)) * 100
    account = business(
        number,
        name,
        (contact(person, dice.choice(_AP_ROLES), phone, NumberKind.OFFICE, _mail(person, name)),),
        region,
        postal_code,
        terms=dice.choice(("net 30", "net 30", "net 45", "net 60", "2/10 net 30")),
        limit=dice.choice((None, size * 2, size * 4)),
        stage=3 if late <= 0 else 4 if late < 60 else 5,
    )
    invoices = [invoice(number, f"{7400 + index * 6}", days.ago(late), size)]
    if dice.random() < 0.45:
        second = invoice(
            number, f"{7401 + index * 6}", days.ago(late - dice.randint(14, 32)), round(size * 0.6)
        )
        invoices.append(second)
    return Story(account, tuple(invoices), _past(days, dice, person, phone, late, size))


def _mail(person: str, company: str) -> str:
    domain = "".join(c for c in company.casefold() if c.isascii() and c.isalnum())
    return f"{person.split()[0].casefold()}@{domain}.example"


def _past(days: Days, dice: random.Random, person: str, phone: str, late: int, size: int) -> History:
    """Calls, mails and a kept promise, so that ranking has something to go by."""
    calls = []
    for _ in range(dice.choice((0, 0, 1, 1, 2, 4, 6))):
        ago = dice.randint(9, 120)
        reached = dice.random() < 0.35
        what = "asked for a copy of the invoice" if reached else dice.choice(("no answer", "voicemail left"))
        summary = f"{person}: {what} · S. Duarte" if reached else f"{what} · S. Duarte"
        calls.append(
            PastCall(
                days.at(ago, dice.randint(9, 16), dice.randint(0, 59)),
                person,
                phone,
                summary,
                True,
                reached,
                reached,
            )
        )
    messages = (
        [PastMessage(days.at(max(1, late + 30), 9, 0), "invoice sent", state="delivered")] if late > 0 else []
    )
    if late > 10:
        messages.append(
            PastMessage(days.at(late - 8, 9, 0), "reminder", state=dice.choice(("opened", "delivered")))
        )
    promises, payments = [], []
    if dice.random() < 0.3:
        made, amount = dice.randint(60, 160), round(size * 0.4)
        promises.append(
            PastPromise(days.at(made, 11), amount, days.workday(made - 6), "bank transfer", person)
        )
        payments.append(PastPayment(days.workday(made - 6), amount, "bank transfer"))
    return History(
        calls=tuple(calls), messages=tuple(messages), promises=tuple(promises), payments=tuple(payments)
    )
