"""The demo book: fictional, rich, deterministic, and first of all Harlow."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.fixtures.book import Demo
from workstation.exchange.demo_book import seed_demo_book
from workstation.store.book import open_book
from workstation.store.tables import Phone

VOCABULARY = Path(__file__).parents[2] / "scripts" / "vocabulary.toml"


def test_harlow_stands_first_for_a_broken_promise(demo_book: Demo) -> None:
    book, dana = demo_book.book, demo_book.seeded.user_ids["dana"]
    first = book.queue_page(dana, demo_book.now, 0, 1).rows[0]
    assert (first.name, first.callable) == ("HARLOW TOOL & DIE LLC", True)
    assert first.reasons[0].startswith("promise of 1,200.00 broken ")
    assert book.take_account(dana, demo_book.now) == first.account_id
    view = book.account(first.account_id, demo_book.now)
    assert view.phones[0].number.endswith("1")  # the practice debtor who promises
    assert view.phones[0].callable
    assert (view.promises_kept, view.promises_total) == (3, 4)
    assert {line.kind for line in view.history} >= {"call", "mail", "note", "promise", "payment", "stage"}
    ats = [line.at for line in view.history]
    assert ats == sorted(ats, reverse=True)
    assert all(at <= demo_book.now for at in ats)


def test_there_is_something_of_everything(demo_book: Demo) -> None:
    book, dana = demo_book.book, demo_book.seeded.user_ids["dana"]
    assert demo_book.seeded.accounts == 60
    ready = {r.number: r for r in book.queue_page(dana, demo_book.now, 0, 100).rows}
    later = {r.number: r for r in book.queue_page(dana, demo_book.now, 0, 100, later=True).rows}
    assert ready["A-10255"].reasons[0] == "promise of 2,640.00 due today"
    assert later["A-10317"].reasons[0].startswith("callback due ")
    assert "7 days are not over" in later["A-10611"].reasons[0]
    assert later["A-10655"].retry_at is None
    counts = book.queue_counts(dana, demo_book.now)
    assert counts.next_callback is not None
    assert (counts.callable, counts.later) == (len(ready), len(later))


def test_every_number_is_fictional_and_its_own(demo_book: Demo) -> None:
    with demo_book.book.database.read() as session:
        found = list(session.scalars(select(Phone.number)))
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", number) for number in found)
    assert len(set(found)) == len(found)
    assert {number[-1] for number in found} == set("0123456789")  # every practice debtor can be met


def test_everybody_signs_in_with_a_generated_password(demo_book: Demo) -> None:
    passwords = demo_book.seeded.passwords
    assert set(passwords) == {"dana", "sam", "morgan", "kei"}
    assert len(set(passwords.values())) == 4
    user = demo_book.book.sign_in("dana", passwords["dana"], demo_book.now)
    assert (user.full_name, user.role) == ("Dana Mitchell", "collector")
    assert demo_book.book.sign_in("kei", passwords["kei"], demo_book.now).role == "manager"


def test_scripts_get_every_field_of_the_vocabulary(demo_book: Demo) -> None:
    book, dana = demo_book.book, demo_book.seeded.user_ids["dana"]
    vocabulary = tomllib.loads(VOCABULARY.read_text())
    for row in book.queue_page(dana, demo_book.now, 0, 60).rows:
        view = book.account(row.account_id, demo_book.now)
        fields = book.script_facts(row.account_id, view.phones[0].party_id, dana, demo_book.now)
        assert set(fields) == set(vocabulary)
        assert all(isinstance(text, str) for text in fields.values())
    harlow = book.find_account("A-10482")
    jordan = book.account(harlow, demo_book.now).phones[0].party_id
    fields = book.script_facts(harlow, jordan, dana, demo_book.now)
    assert fields["contact_first_name"] == "Jordan"
    assert fields["amount_due_spoken"] == "8,420 dollars"
    assert fields["last_promise_amount"] == "1,200 dollars"
    assert fields["greeting"] == "Good afternoon"


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 23, 16, tzinfo=UTC),  # Monday morning
        datetime(2026, 12, 1, 20, tzinfo=UTC),  # the week after Thanksgiving
        datetime(2027, 1, 6, 15, 30, tzinfo=UTC),  # the first Wednesday of a year
    ],
)
def test_whatever_the_day_harlow_is_first_and_the_book_the_same(tmp_path: Path, now: datetime) -> None:
    pages = []
    for name in ("one.db", "two.db"):
        book = open_book(tmp_path / name)
        dana = seed_demo_book(book, now, accounts=20).user_ids["dana"]
        pages.append(book.queue_page(dana, now, 0, 40))
        book.close()
    assert pages[0].rows[0].name == "HARLOW TOOL & DIE LLC"
    assert "broken" in pages[0].rows[0].reasons[0]
    assert pages[0] == pages[1]
