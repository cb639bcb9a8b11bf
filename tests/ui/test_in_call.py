"""What a collector does while a call is up: its keys, the script, warnings, holds, the voicemail."""

from __future__ import annotations

from compliance.contact import HoldKind
from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL
from tests.ui.fakes import DANA, MORGAN, NOW, FakeClient
from workstation.floor import messages as m


async def test_call_keys_reach_the_switchboard_and_the_status_line_tells_the_truth(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        await s.keys("alt+h")
        assert s.last() == m.Hold(call_id=CALL, on=True)
        assert "TALK" in s.grid, "not held before the switchboard says so"
        s.client.state_of("held")
        await s.idle()
        assert "‖ HOLD" in s.grid
        await s.keys("alt+h")
        assert s.last() == m.Hold(call_id=CALL, on=False)
        s.client.state_of("talking")
        await s.keys("alt+m")
        assert s.last() == m.Mute(call_id=CALL, on=True)
        s.client.state_of("talking", muted=True)
        await s.idle()
        assert "MUTED" in s.grid
        await s.keys("alt+p")
        assert s.last() == m.PauseForCard(call_id=CALL, on=True)
        s.client.state_of("talking", recording="paused")
        await s.idle()
        assert "‖ REC PAUSED" in s.grid
        await s.keys("alt+d", "4", "2", "asterisk", "#")
        digits = [c.digits for c in s.client.asked if isinstance(c, m.SendDigits)]
        assert digits == ["4", "2", "*"]
        assert "42" not in s.line("keypad"), "digits given while paused for a card are not shown"


async def test_the_practice_line_speaks_the_script_and_a_real_phone_ticks_it_off(opened: Opened) -> None:
    for practice in (True, False):
        client = FakeClient()
        client.practice = practice
        async with opened(client=client) as s:
            await s.keys("enter", "f4")
            s.client.state_of("talking")
            await s.keys("enter")
            said = [c.text for c in s.client.asked if isinstance(c, m.Say)]
            assert bool(said) is practice
            assert all("Dana Whitfield from Northwind Supply" in text for text in said)
            assert s.app.cockpit.say.cursor == 1


async def test_an_excuse_heard_comes_first_and_enter_is_not_caught_by_it(opened: Opened) -> None:
    async with opened() as s:
        s.client.practice = True
        await s.keys("enter", "f4")
        s.client.state_of("talking")
        await s.idle()
        s.client.excuse("cash-flow", "cash flow is tight", 0.74)
        await s.keys("enter")
        assert "press Enter again" in s.message
        assert not [c for c in s.client.asked if isinstance(c, m.Say)]
        await s.keys("enter", "enter")
        assert len([c for c in s.client.asked if isinstance(c, m.Say)]) == 2
        await s.keys("down")
        assert s.app.cockpit.say.excuse == "", "after question and reply the script goes on"


async def test_answers_by_digit_by_list_and_by_search(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        first = s.app.cockpit.say.offered()[0].id
        await s.keys("1")
        assert s.app.cockpit.say.excuse == first
        await s.keys("f2", "enter")
        assert s.app.cockpit.say.excuse == "never-got-the-invoice", "the excuse heard is offered first"
        await s.keys("slash", *"paid it already", "enter")
        assert s.app.cockpit.say.excuse == "already-paid"


async def test_a_forbidden_phrase_warns_at_once_with_advice(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.client.finding("threat of arrest", start=158.5, text="you will be arrested", advice="Take it back.")
        await s.idle()
        bar = s.grid.splitlines()[1]
        assert "THREAT OF ARREST 02:38" in bar
        assert "Take it back." in bar
        assert "‹problem›" in s.grid, "the words themselves are marked"
        await s.keys("escape")
        assert "THREAT" not in s.grid.splitlines()[1]
        assert "✗ threat of arrest" in s.grid, "it stays among the lamps"


async def test_card_data_heard_says_which_key_keeps_the_rest_out(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.client.heard("debtor", 90, 200.0, "four one one one one one")
        await s.idle()
        assert "four one one one" in s.grid
        s.client.redrawn("debtor", 90, 200.0, "[card]")
        s.client.finding(
            "card data spoken outside a pause", leg="debtor", start=200.0,
            advice="card number heard: masked", kind="incident",
        )  # fmt: skip
        await s.idle()
        assert "four one one one" not in s.grid
        assert "[card]" in s.grid
        assert s.message == "Card number heard: masked; press Alt+P before the customer reads on."


async def test_a_stop_word_asks_for_a_decision(opened: Opened) -> None:
    async with opened() as s:
        await s.talk()
        s.desk.place_hold(1, 100, HoldKind.CEASE, 7, NOW)
        s.client.finding("stop calling", leg="debtor", start=186.0, text="stop calling me", hold="cease")
        await s.idle()
        assert "HOLD PROPOSED: cease" in s.grid
        await s.keys("alt+y")
        assert s.desk.resolved == [(77, True)]
        assert s.message == "Hold confirmed: cease."
        assert "HOLD PROPOSED" not in s.grid
        assert "✗ cease since 18 Nov" in s.grid


async def test_only_a_supervisor_lifts_a_proposed_hold(opened: Opened) -> None:
    for user, resolved in ((DANA, []), (MORGAN, [(77, False)])):
        async with opened(user=user) as s:
            s.app.show_queue()  # a supervisor begins on the floor
            await s.idle()
            await s.talk()
            s.desk.place_hold(1, 100, HoldKind.CEASE, 7, NOW)
            s.client.finding("stop calling", leg="debtor", start=186.0, text="stop calling me", hold="cease")
            await s.idle()
            await s.keys("alt+n")
            assert s.desk.resolved == resolved


# -- voicemail -------------------------------------------------------------------------------------------


async def test_the_voicemail_is_played_only_while_a_call_is_up(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("enter", "alt+v")
        assert "No call is up" in s.message
        await s.keys("f4")
        s.client.state_of("ringing")
        await s.idle()
        await s.keys("alt+v")
        assert "Nobody has answered yet" in s.message
        s.client.state_of("talking")
        await s.idle()
        await s.keys("alt+v")
        assert s.last() == m.PlayVoicemail(call_id=CALL)
        assert "word for word" in s.grid
        assert "Please call me back at" in s.grid
        said = len(s.client.asked)
        await s.keys("enter")
        assert len(s.client.asked) == said, "it is not spoken twice"
        assert "word for word" not in s.app.cockpit.say.rows(40, 20, "/")[0][0].text
        assert "open the call" in s.grid
