"""The final notice on screen, on the real book: list, checks, session, call, stop, follow-through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind
from compliance.transcription.words import Leg
from scripts.catalog import Catalog
from tests.fixtures.book import WEDNESDAY, put_account
from tests.fixtures.final import PARTNER, TERMS, Final, to_final
from tests.ui.conftest import Story, at_place
from tests.ui.fakes import FakeClient
from workstation.desk.book import Authorised, CallRequest
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_views import FinalRow
from workstation.final_desk import FinalDesk
from workstation.floor import messages as m

MONDAY = datetime.fromisoformat("2026-12-07T10:00-06:00")


class Client(FakeClient):
    """A switchboard whose PlaceCall is decided in the real book."""

    def __init__(self, final: Final) -> None:
        super().__init__(state="up")
        self.final = final
        self.granted: Authorised | None = None

    async def ask(self, command: m.Command) -> m.Reply | m.SignedIn:
        if isinstance(command, m.PlaceCall):
            wanted = CallRequest(
                command.account_id, command.party_id, command.phone_id, self.final.kei, "practice"
            )
            answer = await asyncio.to_thread(self.final.book.authorise, wanted, WEDNESDAY)
            assert isinstance(answer, Authorised)
            self.granted = answer
            return m.Reply(id=2, ok=True, call_id=answer.call_id)
        if isinstance(command, m.Watch | m.HangUp):
            return m.Reply(id=3, ok=True)
        return await super().ask(command)

    def state_is(self, state: str, seq: int) -> None:
        assert self.granted is not None
        at = WEDNESDAY.timestamp()
        self.send(m.CallChanged(call_id=self.granted.call_id, seq=seq, state=state, at=at, recording="on"))


def managing(
    final: Final, scripts: Catalog, size: tuple[int, int] = (132, 43), now: datetime = WEDNESDAY
) -> AbstractAsyncContextManager[Story]:
    """The manager at the list of final notices."""
    client = Client(final)
    return at_place(
        final.book, scripts, "final", "kei", size, clock=lambda: now, client=client, final=final.desk
    )


@pytest.mark.parametrize("size", [(132, 43), (80, 24)])
async def test_the_screens(
    final: Final, scripts: Catalog, snapshot: Callable[[str, str], None], size: tuple[int, int]
) -> None:
    blocked = put_account(final.book, "A-202", "Alder Clinic")
    to_final(final.book, blocked)
    name = f"{size[0]}x{size[1]}"
    async with managing(final, scripts, size) as s:
        snapshot(f"final-list-{name}", s.grid)
        await s.keys("down", "enter")
        snapshot(f"final-checks-{name}", s.grid)
        await s.keys("escape", "up", "enter", "enter", *["down"] * 6)
        snapshot(f"final-session-{name}", s.grid)
        await s.keys("4")
        snapshot(f"final-last-chance-{name}", s.grid)


async def test_a_long_list_is_read_by_pages(
    final: Final, scripts: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workstation.ui.windowed_list.PAGE", 10)
    monkeypatch.setattr("workstation.ui.screens.final.PAGE", 10)
    for n in range(44):
        to_final(
            final.book, put_account(final.book, f"B-{200 + n}", f"Firm {n:02}", amount=500_000 - n * 1_000)
        )
    asked: set[int] = set()

    class Watched(FinalDesk):
        def accounts(
            self, user_id: int, now: datetime, /, account_ids: Sequence[int] | None = None
        ) -> tuple[FinalRow, ...]:
            asked.update(account_ids or ())
            return super().accounts(user_id, now, account_ids)

    watched = replace(final, desk=Watched(final.book, terms=TERMS))
    async with managing(watched, scripts, (80, 24)) as s:
        assert "1 ready · 44 blocked" in s.grid
        assert "(" not in s.line("44 blocked"), "what blocks them all is not known from one page"
        assert len(asked) <= 20, "the pages in sight, and no more"
        await s.keys("end")
        await s.until(lambda: "Firm 43" in s.line("▸"))
        assert len(asked) <= 40, "not those between"
        await s.keys("home", *["down"] * 25)
        await s.until(lambda: "Firm 24" in s.line("▸"))
        await s.keys("enter")
        assert "Firm 24" in s.grid
        await s.keys("escape")
        await s.until(lambda: "Firm 24" in s.line("▸"))  # where one was


async def test_a_session_from_the_list_to_the_outbox(final: Final, scripts: Catalog) -> None:
    async with managing(final, scripts) as s:
        assert "1 ready" in s.grid
        await s.keys("enter")
        assert "17 of 17 in order" in s.grid
        await s.keys("4")
        assert "begin one first" in s.message
        await s.keys("enter")
        assert "in session" in s.grid
        first = s.line("17:00")
        await s.keys("right")
        assert s.line("17:00") != first
        await s.keys(*["right"] * 60)
        assert "last day that may be chosen" in s.message
        await s.keys(*["left"] * 60)
        assert "Wed 25 Nov 2026 17:00" in s.grid
        await s.keys("4", "enter")
        assert "write y" in s.message, "nothing is saved before the read-back"
        await s.keys("tab", "ctrl+u", *"28 nov", "tab", "y", "enter")
        assert "Saturday" in s.message, "a day that may not be one is refused"
        await s.keys("shift+tab", "ctrl+u", *"4 dec", "enter")
        assert "last chance given" in s.grid
        await s.keys("c")
        assert "In the outbox: letter" in s.message
        await s.keys("escape")
        assert "last chance until Fri 4 Dec" in s.grid
    (row,) = final.desk.deadlines(WEDNESDAY)
    assert row.day.isoformat() == "2026-12-04"


async def test_a_check_is_waived_in_writing(final: Final, scripts: Catalog) -> None:
    with final.book.database.write() as session:
        from workstation.store.tables import InvoiceStage

        state = session.query(InvoiceStage).one()
        state.facts = {k: v for k, v in state.facts.items() if k != "delivered"}
    async with managing(final, scripts) as s:
        assert "1 blocked (delivery)" in s.grid
        await s.keys("enter")
        assert "16 of 17" in s.grid
        await s.keys("enter")
        assert "not yet" in s.message
        await s.keys("w", "enter")
        assert "because" in s.message
        await s.keys(*"signed note in the file", "enter")
        assert "17 of 17" in s.grid
        assert "signed note in the file" in s.grid
        await s.keys("down", "w")
        assert "nothing to waive" in s.message


async def test_words_heard_in_the_call_take_the_consequence_off_at_once(
    final: Final, scripts: Catalog
) -> None:
    async with managing(final, scripts) as s:
        client = s.client
        assert isinstance(client, Client)
        await s.keys("enter", "enter", "f4", "enter")
        await s.until(lambda: client.granted is not None)
        assert s.app.screen is s.app.cockpit, s.message
        client.state_is("talking", 1)
        await s.idle()
        assert "● TALK" in s.grid
        assert "who is calling" in s.grid
        await s.keys(*["enter"] * 6)
        assert "what we intend" in s.grid
        assert PARTNER in s.grid
        await s.keys("alt+g")
        assert "STEPS TAKEN" in s.grid
        assert "● TALK" in s.grid, "the session shows that the call is up"
        await s.keys("alt+g")
        assert "CONVERSATION" in s.grid
        assert client.granted is not None
        found = Finding(
            "customer/dispute", "2020-01-01", FindingKind.CUE, "disputes the debt", Severity.HIGH, "",
            Leg.DEBTOR, Heard.HEARD, 60.0, 62.0, 0.9, hold=HoldKind.DISPUTE,
        )  # fmt: skip
        await asyncio.to_thread(final.book.add_finding, client.granted.call_id, found, WEDNESDAY)
        client.send(
            m.FindingRaised(
                call_id=client.granted.call_id, seq=2, rule_id="customer/dispute", kind="cue",
                title="disputes the debt", severity="high", citation="", verdict="heard", leg="debtor",
                start=60.0, end=62.0, confidence=0.9, text="I dispute that", hold="dispute", advice="",
            )
        )  # fmt: skip
        await s.idle()
        assert PARTNER not in s.grid
        assert "HOLD PROPOSED" in s.grid
        await s.keys("alt+g")
        assert "STOPPED: the debt is disputed" in s.grid
        assert PARTNER not in s.grid
        await s.keys("4")
        assert "5 ends it" in s.message
        await s.keys("5")
        assert "stopped by dispute" in s.grid


async def test_a_lapsed_deadline_is_followed_through_or_not(final: Final, scripts: Catalog) -> None:
    from datetime import date

    from workstation.desk.final_notice import Outcome
    from workstation.desk.final_views import Ending

    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    ending = Ending(Outcome.LAST_CHANCE, read_back=True, deadline=date(2026, 12, 4))
    final.desk.finish(session, ending, final.kei, WEDNESDAY)
    async with managing(final, scripts, now=MONDAY - timedelta(days=3)) as s:
        await s.keys("f")
        assert "No deadline has lapsed" in s.message
    final.desk.tick(MONDAY)
    async with managing(final, scripts, now=MONDAY) as s:
        assert "! 1 lapsed" in s.grid
        await s.keys("x", "enter")
        assert "because" in s.message
        await s.keys("escape", "f")
        assert "your password again" in s.grid
        await s.keys(*"wrong one", "enter")
        assert "your password again" in s.grid
        await s.keys(*["backspace"] * 9, *"correct horse", "enter")
        assert f"placed with {PARTNER}" in s.message
        assert "No account is at the final notice" in s.grid
    (row,) = final.desk.deadlines(MONDAY)
    assert row.state is DeadlineState.DONE


async def test_an_authority_is_asked_for_and_approved_by_another(final: Final, scripts: Catalog) -> None:
    final.book.revoke_authority(final.authority, final.shop.morgan, WEDNESDAY, "asked anew")
    async with managing(final, scripts) as s:
        await s.keys("enter")
        assert "none may be named" in s.grid
        await s.keys("a", "tab", *"Northgate", "tab", "tab", *"clause 9", "enter")
        assert "second person" in s.message
        await s.keys("a")
        assert "approve placement with Northgate" in s.grid
        await s.keys("enter")
        assert "you asked for this authority" in s.message
    with final.book.database.read():
        (waiting,) = final.desk.waiting_authorities(final.account, WEDNESDAY)
    final.desk.approve_authority(waiting.authority_id, final.ines, WEDNESDAY)
    assert final.desk.view(final.account, final.kei, WEDNESDAY).partner == "Northgate"
