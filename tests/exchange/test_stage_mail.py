"""Messages of the stages: about which invoices, by which channel, and never too many of them."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.letters import EMAIL, LETTER, LetterCatalog
from tests.fixtures.book import WEDNESDAY, Demo, Shop
from tests.fixtures.post import SETTINGS, MailServer
from workstation.desk.entry import AccountEntry, ContactEntry, InvoiceEntry, PhoneEntry
from workstation.desk.money import Money
from workstation.desk.post import Claimed, Delivery, PostState, Queued
from workstation.desk.roles import Role
from workstation.desk.segment import Behaviour, Relationship, Segment, Size
from workstation.desk.stages import InvoiceCase
from workstation.desk.stages_evidence import take_message, take_talk
from workstation.desk.stages_plan import AccountCase, plan
from workstation.desk.treatment import Channel, Strategy, strategies
from workstation.exchange.post.mail import queue_message, send_due
from workstation.floor.nightly_post import OutboxPost
from workstation.store.book import open_book
from workstation.store.post import Outbox
from workstation.store.stages import run_stages

DAY = WEDNESDAY.date()


def run(shop: Shop, days: int, post: OutboxPost) -> None:
    now = WEDNESDAY + timedelta(days=days)
    run_stages(shop.book, now.date(), now, post=post)


def bodies(shop: Shop) -> list[tuple[str, str, str]]:
    from sqlalchemy import select

    from workstation.store.tables import OutboxRow

    with shop.book.database.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.template, row.subject, row.body) for row in rows]


def test_a_new_invoice_of_a_late_account_is_sent_as_what_it_is(writable: Shop) -> None:
    writable.book.put_invoices(
        [InvoiceEntry("A-1", "NEW-7", DAY - timedelta(days=1), DAY + timedelta(days=29), 50_000, 50_000)],
        WEDNESDAY,
    )
    post = OutboxPost(writable.book, writable.dana, SETTINGS)
    for day in range(8):
        run(writable, day, post)
    assert writable.book.account(writable.account, WEDNESDAY).stage == 4
    ((template, subject, body),) = bodies(writable)
    assert (template, subject) == ("confirm-delivery", "Invoice NEW-7 for 500.00 USD")
    assert "IA-1" not in body, "the late invoice is another matter, and waits for its call"


def test_a_message_about_what_is_overdue_lists_that_and_nothing_else(writable: Shop) -> None:
    late, soon = DAY - timedelta(days=50), DAY - timedelta(days=1)
    writable.book.put_invoices(
        [
            InvoiceEntry("A-1", "NEW-7", soon, DAY + timedelta(days=29), 50_000, 50_000),
            InvoiceEntry("A-1", "HELD-1", late, DAY - timedelta(days=20), 70_000, 70_000, 70_000),
        ],
        WEDNESDAY,
    )
    found = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "inquiry",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
    )
    assert isinstance(found, Queued)
    ((_, _, body),) = bodies(writable)
    assert "8,420.00 USD is overdue" in " ".join(body.split())
    assert "IA-1" in body
    assert "NEW-7" not in body
    assert "HELD-1" not in body


def test_the_demo_books_first_night_leaves_by_smtp(
    demo_book: Demo, mail_server: Callable[..., MailServer]
) -> None:
    server, night = mail_server(), demo_book.now
    post = OutboxPost(demo_book.book, demo_book.seeded.user_ids["dana"], SETTINGS)
    for days in range(0, 8):
        report = run_stages(demo_book.book, (at := night + timedelta(days=days)).date(), at, post=post)
        assert not report.counts["refused"]
        send_due(demo_book.book, server.smtp(), at, settings=SETTINGS)
    mails = [message_from_bytes(raw, policy=policy.default) for raw in server.box.taken]
    assert len(mails) > 5
    assert all(str(m["Subject"]).startswith("Invoice ") for m in mails)
    harlow = demo_book.book.find_account("A-10482")
    assert demo_book.book.account(harlow, night).stage > 3
    assert "billing@harlowtool.example" in {m["To"] for m in mails}, "its new invoice is sent all the same"


def test_every_step_of_every_strategy_has_its_template() -> None:
    catalog = LetterCatalog.load()
    for strategy in strategies():
        for step in strategy.steps:
            for channel, template in step.templates.items():
                letter = catalog.letter(template)
                where = f"{strategy.id}: {step.id}: {template}"
                assert letter.medium == {Channel.EMAIL: EMAIL, Channel.LETTER: LETTER}[channel], where
                assert step.stage in letter.stages, where
                debtor = "consumer" if strategy.id == "consumer" else "business"
                assert debtor in letter.debtors, where


# ---- over-automation --------------------------------------------------------------------------------

SEGMENT = Segment(Size.SMALL, Behaviour.UNKNOWN, Relationship.NEW, ("small",), None, None)


def _case(n: int, dice: random.Random, oldest: int) -> InvoiceCase:
    issued = DAY + timedelta(days=dice.randrange(oldest, 60))
    amount = dice.randrange(1_000, 900_000)
    disputed = dice.choice((0, 0, 0, amount))
    due = issued + timedelta(days=dice.choice((0, 15, 30, 60)))
    return InvoiceCase(n, f"C-{n}", issued, due, Money(amount, "USD"), amount, disputed)


def _live(strategy: Strategy, dice: random.Random, days: int) -> list[tuple[date, str]]:
    """Live through random days of one account; returns what happened: message, form, asked (a call), talk."""
    oldest = dice.choice((-90, 0))  # an account that is taken over late, or a new one
    cases = {n: _case(n, dice, oldest) for n in range(dice.randrange(1, 13))}
    happened: list[tuple[date, str]] = []
    done: dict[tuple[int, str], date] = {}
    talked: date | None = None
    forms, open_call = 0, ""
    stage_before, chance = dice.randrange(1, 7), dice.choice((0, 0.05, 0.2))
    for n in range(days):
        today = DAY + timedelta(days=n)
        cases = {i: take_talk(case, talked)[0] for i, case in cases.items()}
        account = AccountCase(
            1, "A-1", "Harlow", "b2b-first-party", "USD", SEGMENT,
            tuple(c for c in cases.values() if c.issued <= today),
            done=done, contacts=tuple(sorted({on for on, _ in happened})), talked_on=talked,
            forms_since_talk=forms, open_call=open_call, has_email=dice.random() < 0.8,
            has_address=dice.random() < 0.8, has_phone=dice.random() < 0.9, first_run=n == 0,
            stage_before=stage_before, attempts=dice.randrange(5), attempted_numbers=dice.randrange(3),
        )  # fmt: skip
        made = plan(account, strategy, today)
        cases |= {case.invoice_id: case for case in made.invoices}
        if made.action is not None:
            call = made.action.channel is Channel.CALL
            happened.append((today, "asked" if call else "form" if made.action.form else "message"))
            for i in made.action.invoice_ids:
                done[i, made.action.step] = today
                if not call:  # it goes out the same day
                    channel = made.action.channel.value
                    cases[i], _ = take_message(cases[i], made.action.stage, channel, today, "sent", today)
            forms += made.action.form
            open_call = made.action.step if call else open_call
        if open_call and dice.random() < chance:  # somebody rings, and gets through
            open_call, talked, forms = "", today, 0
            happened.append((today, "talk"))
    return happened


def check_restraint(strategy: Strategy, happened: list[tuple[date, str]]) -> None:
    """Pauses and weekly caps over all channels, and a talk between form letters."""
    forms = 0
    for at, (on, what) in enumerate(happened):
        forms = 0 if what == "talk" else forms + (what == "form")
        assert forms <= strategy.caps.forms_without_talk
        if what == "talk":
            continue
        before = {d for d, _ in happened[:at]}
        assert all((on - d).days >= strategy.caps.days_between for d in before), f"{what} too soon"
        week = {d for d in before if on - timedelta(days=7) < d}
        assert len(week) < strategy.caps.contacts_per_week, f"{what}: too many in a week"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(strategies()), st.integers(0, 2**32))
def test_no_account_is_ever_pestered(strategy: Strategy, seed: int) -> None:
    check_restraint(strategy, _live(strategy, random.Random(seed), 120))


def test_the_lives_drawn_hold_every_kind_of_contact() -> None:
    seen = {what for seed in range(20) for s in strategies() for _, what in _live(s, random.Random(seed), 90)}
    assert seen == {"message", "form", "asked", "talk"}


@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_book_is_treated_with_restraint(
    sqlite_template: Path, tmp_path: Path, light_hashing: None, seed: int
) -> None:
    """The same through store, gate, outbox and letters: what stands in the history of random accounts."""
    path, dice = tmp_path / "book.db", random.Random(seed)
    shutil.copy(sqlite_template, path)
    book = open_book(path)
    user = book.create_user("dana", "Dana Tester", Role.COLLECTOR, "correct horse", WEDNESDAY)
    for n in range(8):
        person = ContactEntry(
            "Jordan Reyes",
            "accounts payable",
            email=dice.choice(("", f"ap{n}@example.com")),
            phones=dice.choice(((), (PhoneEntry(f"+1312555010{n}"),))),
            address=dice.choice(((), ("1 Mill Street", "Chicago, IL 60607"))),
        )
        entry = AccountEntry(
            f"A-{n}", f"Debtor {n}", "business", "b2b-first-party", "USD", "Bradford Supply",
            postal_code="60607", stage=dice.randrange(1, 6), contacts=(person,),
        )  # fmt: skip
        book.put_accounts([entry], WEDNESDAY)
    post, outbox = OutboxPost(book, user, SETTINGS), Outbox(book)
    for day in range(0, 42, 2):
        now = WEDNESDAY + timedelta(days=day)
        fresh = []
        for n in range(8):
            if dice.random() < 0.25:
                issued = now.date() - timedelta(days=dice.choice((0, 0, 40)))
                amount = dice.randrange(1_000, 400_000)
                due = issued + timedelta(days=30)
                fresh.append(InvoiceEntry(f"A-{n}", f"{n}-{day}", issued, due, amount, amount))
        book.put_invoices(fresh, now)
        run_stages(book, now.date(), now, post=post)
        for view in outbox.list(state=PostState.QUEUED):
            claimed = outbox.claim(view.outbox_id, now)
            if isinstance(claimed, Claimed):
                outbox.settle(claimed, Delivery(PostState.SENT, "taken"), now)
    happened: defaultdict[int, list[tuple[date, str]]] = defaultdict(list)
    form = {s.templates[c]: s.form for strategy in strategies() for s in strategy.steps for c in s.templates}
    for view in reversed(outbox.list(limit=1000)):
        what = "form" if form[view.template] else "message"
        happened[view.account_id].append((view.queued_at.date(), what))
    assert sum(map(len, happened.values())) > 8
    gentle = {s.id: s for s in strategies()}["late"]  # the strategy with the fewest pauses
    for days in happened.values():
        check_restraint(gentle, days)
    book.close()
