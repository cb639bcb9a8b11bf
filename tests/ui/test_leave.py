"""Leave in keys: what the gate says about each number, an override, the person's own consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from compliance.contact import Check, CheckVerdict, CollectionPurpose, Consent, ConsentScope, Level
from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL
from tests.ui.fakes import DANA, MORGAN, NOW, FakeDesk
from tests.ui.views import account
from workstation.desk.standing import Heard
from workstation.desk.views import AccountView
from workstation.floor import messages as m

RETRY = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)
ONE_A_DAY = Check(
    "policy/one-a-day",
    "2026-01-01",
    "House policy",
    CheckVerdict.REFUSE,
    "1 of 1 attempts used today",
    {"used": "1", "limit": "1", "per": "person", "level": "supervisor"},
    RETRY,
    Level.SUPERVISOR,
)
HOURS = Check(
    "policy/business-hours", "2026-01-01", "House policy", CheckVerdict.PASS, "within calling hours"
)


def refused(*checks: Check) -> AccountView:
    base = account(1)
    phones = tuple(
        replace(p, callable=False, call_until=None, checks=checks, retry_at=RETRY) for p in base.phones
    )
    return replace(base, phones=phones)


async def test_the_gate_page_says_every_rule_and_when(opened: Opened) -> None:
    async with opened(desk=FakeDesk([refused(ONE_A_DAY, HOURS)])) as s:
        await s.keys("enter", "v", "left")
        assert "▸GATE" in s.grid
        assert "✗ 1 of 1 attempts used today" in s.grid
        assert "a supervisor may override it" in s.grid
        assert "used 1, limit 1, per person" in s.grid
        assert "next eligible Thu 19 Nov" in s.grid
        assert "✓ within calling hours" in s.grid


async def test_a_collector_asks_and_a_supervisor_approves_by_asking(opened: Opened) -> None:
    for user, said in ((DANA, "waits for approval"), (MORGAN, "call within 15 minutes, once")):
        async with opened(desk=FakeDesk([refused(ONE_A_DAY, HOURS)]), user=user) as s:
            s.app.show_queue()  # a supervisor begins on the floor
            await s.idle()
            await s.keys("enter", "o")
            assert "because: why must this call be made now?" in s.grid
            await s.type("asked us to try by noon")
            assert "1 of 1 attempts used today" in s.grid
            await s.keys("enter")
            assert said in s.message
            names = [name for name, _ in s.desk.done]
            assert names == (["override"] if user is DANA else ["override", "approved"])
            assert s.desk.done[0][1]["reason"] == "asked us to try by noon"


async def test_what_nobody_may_override_says_so(opened: Opened) -> None:
    cease = replace(ONE_A_DAY, rule_id="holds/cease", message="asked in writing to cease", level=Level.BLOCK)
    async with opened(desk=FakeDesk([refused(ONE_A_DAY, cease)])) as s:
        await s.keys("enter", "o")
        assert "Nobody may override asked in writing to cease" in s.message
        assert s.desk.done == []
    async with opened() as s:
        await s.keys("enter", "o")
        assert s.message == "No rule stands in the way of a call now."


async def test_consent_is_recorded_with_its_call_and_words(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "a")
        assert "Consent to be called again is given on a call" in s.message
        await s.keys("escape")
    async with opened() as s:
        await s.talk()
        await s.keys("a")
        assert "agrees to be called again" in s.grid
        await s.type("yes call me friday [/b]")
        await s.keys("enter")
        assert "Consent recorded" in s.message
        ((name, given),) = s.desk.done
        assert name == "standing"
        fact = given["fact"]
        assert isinstance(fact, Consent)
        assert fact.scope is ConsentScope.RECONTACT
        assert fact.given_at == NOW
        assert given["heard"] == Heard(CALL, None, "yes call me friday [/b]")


def third_party(base: AccountView) -> AccountView:
    """The account with the second number a neighbour's, who may hear nothing of the debt."""
    neighbour = replace(
        base.phones[-1],
        party_name="Sam Okafor",
        party_role="neighbour",
        kind="home",
        purpose=CollectionPurpose.LOCATION,
    )
    return replace(base, phones=(neighbour,))


async def test_a_location_call_shows_nothing_of_the_debt(opened: Opened) -> None:
    whole = account(1)
    for width, height in ((132, 43), (80, 24)):
        async with opened(desk=FakeDesk([third_party(whole)]), width=width, height=height) as s:
            await s.keys("enter")
            assert "LOCATION CALL" in s.grid
            assert "Sam Okafor, neighbour" in s.grid
            for hidden in (whole.balance.figures(), whole.past_due.figures(), *whole.reasons):
                assert hidden not in s.grid
            assert "where is the person" in s.grid or "open the call" in s.grid
            assert "never got the invoice" not in s.grid
            await s.keys("v")
            assert "nothing of the debt is shown" in s.message
            assert whole.balance.figures() not in s.grid


async def test_a_location_call_leaves_no_message(opened: Opened) -> None:
    async with opened(desk=FakeDesk([third_party(account(1))])) as s:
        await s.talk()
        await s.keys("alt+v")
        assert "no message is left" in s.message
        assert not [c for c in s.client.asked if isinstance(c, m.PlayVoicemail)]
