"""A whole call on the real book: queue, gate, attempt, words, wrap-up and what is left in the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import delete

from compliance.contact import HoldKind
from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story
from tests.ui.fakes import FakeClient
from workstation.desk.book import Authorised, CallEnd, CallRequest, TransitionRecord
from workstation.desk.views import SignedInUser
from workstation.exchange.post.settings import PostSettings
from workstation.floor import messages as m
from workstation.store.post import Outbox
from workstation.store.tables import PostalAddress
from workstation.ui.app import Workstation
from workstation.ui.wrap import Stage
from workstation.writing import WritingDesk


class BookedClient(FakeClient):
    """A switchboard whose PlaceCall takes the decision and the attempt in the real book."""

    def __init__(self, demo: Demo, user_id: int) -> None:
        super().__init__()
        self.demo, self.user_id = demo, user_id
        self.call: Authorised | None = None

    async def ask(self, command: m.Command) -> m.Reply | m.SignedIn:
        if isinstance(command, m.PlaceCall):
            request = CallRequest(
                command.account_id, command.party_id, command.phone_id, self.user_id, "practice:x"
            )
            answer = await asyncio.to_thread(self.demo.book.authorise, request, self.demo.now)
            if not isinstance(answer, Authorised):
                said = tuple(m.RuleSaid(c.rule_id, c.citation, c.message) for c in answer.reasons)
                return m.Reply(id=2, ok=False, refused=said)
            self.call = answer
            return m.Reply(id=2, ok=True, call_id=answer.call_id)
        if isinstance(command, m.Watch | m.HangUp):
            return m.Reply(id=3, ok=True)
        return await super().ask(command)

    def moved(self, state: str, seq: int, outcome: str = "") -> None:
        assert self.call is not None
        now = self.demo.now.timestamp()
        self.send(
            m.CallChanged(
                call_id=self.call.call_id, seq=seq, state=state, at=now, recording="on", outcome=outcome
            )
        )

    def end(self) -> None:
        assert self.call is not None
        now, book = self.demo.now, self.demo.book
        book.record_transition(self.call.call_id, TransitionRecord(now, "dialing", "answered", "talking", {}))
        book.end_call(self.call.call_id, CallEnd(now, "answered", True, True, 62.0, {"cause": "16"}))
        self.moved("ended", 9, "answered")


async def test_a_call_on_the_demo_book(demo_book: Demo, scripts: Catalog) -> None:
    user = demo_book.book.sign_in("dana", demo_book.seeded.passwords["dana"], demo_book.now)
    practice = SignedInUser(user.user_id, user.username, user.full_name, user.role, "")
    client = BookedClient(demo_book, user.user_id)
    app = Workstation(demo_book.book, client, scripts, clock=lambda: demo_book.now, user=practice)
    async with app.run_test(size=(132, 43)) as pilot:
        s = Story(app, None, client, pilot)  # type: ignore[arg-type]  # the desk is the real book
        await s.until(lambda: "▸" in s.grid and app.queue.chosen() is not None)
        first = app.queue.chosen()
        assert first is not None
        assert "HARLOW" in first.name.upper()
        await s.keys("enter", "f4", "enter")
        assert client.call is not None, s.message
        client.moved("talking", 1)
        client.lamps()
        await s.idle()
        assert "● TALK" in s.grid
        assert "Dana" in s.grid
        await asyncio.to_thread(client.end)
        await s.until(lambda: app.cockpit.wrap.stage is Stage.CHOOSE)
        await s.keys("1", *"1200", "tab", "tab", "tab", "enter")
        assert s.stage() is Stage.PROMISE, "a promise without a day is not taken"
        await s.fill("day", *"fri", "enter")
        assert s.stage() is Stage.NOTE, s.message
        await s.keys("enter")
        assert s.stage() is Stage.SAVED, s.message
        assert "RPC_PROMISE" in s.message
    account = demo_book.book.account(first.account_id, demo_book.now)
    called = next(p for p in account.phones if p.number == client.call.number)
    assert not called.callable, "one attempt a day"
    assert account.open_promise is not None
    assert account.open_promise.amount.minor == 120_000
    assert demo_book.book.unwrapped_call(user.user_id) is None


# -- the ledger ------------------------------------------------------------------------------------------


@asynccontextmanager
async def at_the_desk(demo: Demo, scripts: Catalog, username: str = "dana") -> AsyncIterator[Story]:
    """The workstation on the demo book, with HARLOW TOOL & DIE on screen."""
    user = demo.book.sign_in(username, demo.seeded.passwords[username], demo.now)
    practice = SignedInUser(user.user_id, user.username, user.full_name, user.role, "")
    letters = WritingDesk(demo.book, PostSettings(sender_address="ar@bradford.example"))
    app = Workstation(
        demo.book,
        FakeClient(),
        scripts,
        letters=letters,
        clock=lambda: demo.now,
        user=practice,
    )
    async with app.run_test(size=(132, 43)) as pilot:
        s = Story(app, None, None, pilot)  # type: ignore[arg-type]  # desk and line are not stand-ins to look at
        app.show_queue()  # a supervisor begins on the floor
        await s.until(lambda: app.queue.chosen() is not None)
        await s.keys("enter")
        await s.until(lambda: app.cockpit.account is not None)
        yield s


async def test_a_payment_lowers_what_is_due_and_ties_out(demo_book: Demo, scripts: Catalog) -> None:
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("v", "p", *"4000", "tab", "tab", *"T-1", "enter")
        assert s.message == "Payment of 4,000.00 USD recorded: 7731 3,200.00, 7790 800.00."
        assert "4,420.00 USD   of 8,300.00" in s.grid
        assert "18 Nov  payment 4,000.00 USD" in s.grid
        assert "bank transfer T-1" in s.grid, "the ledger shows the line under its invoice"
    account = demo_book.book.account(demo_book.book.find_account("A-10482"), demo_book.now)
    assert account.past_due.minor == 442_000
    assert demo_book.book.tie_out() == ()


async def test_a_dispute_is_opened_by_a_collector_and_credited_by_a_supervisor(
    demo_book: Demo, scripts: Catalog
) -> None:
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("d", "tab", "ctrl+u", *"120.50", "tab", *"qual", "tab", "tab", *"one crate wet", "enter")
        assert "Dispute opened: 120.50 USD of 7731 held" in s.message
        assert "dispute  120.50" in s.grid
        await s.keys("r", *"credit", "tab", *"wet crate", "enter")
        assert "a credit takes a supervisor" in s.message
        await s.keys("escape", "escape")
    async with at_the_desk(demo_book, scripts, "morgan") as s:
        await s.keys("r", *"credit", "tab", *"wet crate", "enter")
        assert "ended by credit, 120.50 USD credited" in s.message
    found = demo_book.book.account_ledger(demo_book.book.find_account("A-10482"), demo_book.now)
    (ended,) = found.customer.disputes
    assert (ended.resolution, ended.owner) == ("credit", "Dana Mitchell")
    assert found.aging.disputed_minor == 0
    assert demo_book.book.tie_out() == ()


async def test_a_plan_and_a_settlement_stand_in_the_ledger(demo_book: Demo, scripts: Catalog) -> None:
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("i", *"4", "enter")
        assert "Plan saved: 4 payments, the first 3,075.00 USD on Wed 25 Nov" in s.message
        await s.keys("s", *"90%", "enter")
        assert "a higher authority must approve" in s.message
        await s.keys("ctrl+u", *"96%", "enter")
        assert "Settlement of 11,808.00 USD offered until Wed 25 Nov." in s.message
        await s.keys("v", "right")
        assert "✓ on track" in s.grid
        assert "○ 25 Nov 26" in s.grid
        assert "11,808.00  for 12,300.00 (96%)" in s.grid
        await s.keys("left", "left", "left")
        assert "agreed to pay 12,300.00 USD in instalments" in s.grid


async def test_a_mail_goes_through_the_gate_into_outbox_and_history(
    demo_book: Demo, scripts: Catalog
) -> None:
    outbox = Outbox(demo_book.book)
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("e", *"inquiry", "enter")
        assert "Dear Jordan Reyes," in s.grid
        assert outbox.list() == ()
        await s.keys("enter")
        assert "queued for billing@harlowtool.example" in s.message
        (view,) = outbox.list()
        assert view.template == "inquiry"
        assert "mail    Invoice 7731" in s.grid, "and the history has it"
        party = s.app.cockpit.account.phones[0].party_id if s.app.cockpit.account else 0
        user_id = demo_book.book.find_user("dana").user_id
        demo_book.book.place_hold(view.account_id, party, HoldKind.CEASE, user_id, demo_book.now)
        await s.keys("e", *"inquiry", "enter", "enter")
        assert s.message.startswith("E-MAIL NOT PERMITTED: ")
        assert " · " in s.message
    assert len(outbox.list()) == 1


async def test_a_letter_is_addressed_and_queued_as_pdf(demo_book: Demo, scripts: Catalog) -> None:
    with demo_book.book.database.write() as session:
        session.execute(delete(PostalAddress))
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("l", "enter", "enter")
        assert "no postal address" in s.message
        await s.keys("tab", *"12 Mill Lane", "tab", "tab", *"Chicago, IL 60607", "enter")
        assert "12 Mill Lane" in s.grid
        await s.keys("enter")
        assert "Statement of open invoices queued for HARLOW TOOL & DIE LLC" in s.message
    outbox = Outbox(demo_book.book)
    (view,) = outbox.list()
    pdf = outbox.pdf(view.outbox_id)
    assert pdf is not None
    assert pdf.startswith(b"%PDF")


async def test_the_callback_of_the_demo_is_listed_and_opens(demo_book: Demo, scripts: Catalog) -> None:
    async with at_the_desk(demo_book, scripts) as s:
        await s.keys("escape", "c")
        assert "Meridian Packaging" in s.line("▸")
        assert "M. Osei" in s.line("▸")
        await s.keys("enter")
        assert "SAY NEXT" in s.grid
        assert "Meridian Packaging" in s.grid
