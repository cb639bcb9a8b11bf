"""What was heard goes into the book with one key; what is due next is counted down in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from tests.ui.conftest import Opened
from tests.ui.fake_call import CALL
from tests.ui.fakes import NOW, FakeDesk
from workstation.desk.views import DraftFact, NoteDraft
from workstation.floor import messages as m
from workstation.ui import pace
from workstation.ui.callview import CallView
from workstation.ui.kit import Row
from workstation.ui.talk import due_in, heard_rows, lamp_line
from workstation.ui.wrap import Stage

BACK = datetime(2026, 11, 19, 20, 0, tzinfo=UTC)
CONSENT = DraftFact(
    "consent", "agreed to be called again", 200.0, 0.9, "yes you can call me on friday", "recontact"
)
CALLBACK = DraftFact("callback", "call back Thu 19 Nov 14:00", 210.0, 0.88, "call me", callback_at=BACK)


class Heard(FakeDesk):
    """A book whose draft offers what was heard."""

    def draft_note(self, call_id: str, now: datetime) -> NoteDraft:
        draft = super().draft_note(call_id, now)
        assert draft.promise is not None
        text = "5,000.00 USD on Fri 20 Nov by bank transfer"
        promise = DraftFact("promise", text, 184.0, 0.91, "five thousand on friday", promise=draft.promise)
        return replace(draft, facts=(promise, CONSENT, CALLBACK))


async def test_each_fact_is_accepted_with_one_key_and_saved(opened: Opened) -> None:
    for size in ((132, 43), (80, 24)):
        async with opened(*size, desk=Heard()) as s:
            await s.talk()
            await s.keys("f5")
            assert "03:04" in s.line("5,000.00 USD on")
            await s.keys("h")
            assert s.stage() is Stage.NOTE
            assert "✓ promise" in s.line("agreed to be called again")
            await s.keys("h", "h")
            await s.keys("h")
            assert "Nothing" in s.message
            await s.keys("enter")
            (saved,) = s.desk.wrapped
            assert saved.disposition == "RPC_PROMISE"
            assert saved.promise is not None
            assert (saved.promise.second, saved.promise.confidence) == (184.0, 0.91)
            assert saved.consents == (CONSENT,)
            assert saved.callback_at == BACK


EMAIL = DraftFact("email", "mail to ap@harlow.example", 220.0, 0.8, "a p at harlow", "ap@harlow.example")
DISPUTE = DraftFact("dispute", "disputes: quality", 230.0, 0.9, "the goods arrived damaged", "quality")


class Disputed(FakeDesk):
    """A book whose draft offers a mail address and a dispute."""

    def draft_note(self, call_id: str, now: datetime) -> NoteDraft:
        return replace(super().draft_note(call_id, now), promise=None, facts=(EMAIL, DISPUTE))


async def test_a_heard_address_is_saved_and_a_heard_dispute_opens_its_form(opened: Opened) -> None:
    async with opened(desk=Disputed()) as s:
        await s.talk()
        await s.keys("f5")
        assert "mail to ap@harlow.example" in s.grid
        await s.keys("h", "h")
        assert "DISPUTE" in s.grid
        assert "quality" in s.grid
        assert "the goods arrived damaged" in s.grid
        await s.keys("escape", "enter")
        (saved,) = s.desk.wrapped
        assert saved.email == EMAIL
        assert saved.disposition == "RPC_DISPUTE"


async def test_what_is_not_accepted_is_not_saved(opened: Opened) -> None:
    async with opened(desk=Heard()) as s:
        await s.talk()
        await s.keys("f5")
        await s.keys("6", "enter")
        (saved,) = s.desk.wrapped
        assert (saved.promise, saved.callback_at, saved.consents) == (None, None, ())


def text(line: Row) -> str:
    return "".join(span.text for span in line)


def test_the_next_disclosure_is_counted_down_in_words() -> None:
    call = CallView(CALL, state="talking", talk_since=NOW)
    call.lamps = (
        m.LampOut("a", "recording notice", "heard", 4.0),
        m.LampOut("b", "who is calling", "waiting", 30.0),
    )
    assert [due_in(call.lamps[1], at) for at in (5.0, 20.0, 24.2, 31.0)] == [None, 10, 6, None]
    assert "due in 6 s" in text(heard_rows(call, 44, 6, 24.2)[2])
    assert "due in 6 s: who is calling" in text(lamp_line(call, 80, 24.2))
    assert "due in" not in text(lamp_line(call, 80, None))


async def test_the_countdown_runs_on_the_screen(opened: Opened) -> None:
    now = [NOW]
    async with opened(clock=lambda: now[0]) as s:
        await s.talk()
        call = s.app.cockpit.call
        assert call is not None
        call.lamps = (m.LampOut("b", "who is calling", "waiting", 30.0),)
        assert call.talk_since is not None
        for second, words in ((23, "due in 7 s"), (24, "due in 6 s")):
            now[0] = call.talk_since + timedelta(seconds=second)
            s.app.cockpit.tick()
            await s.idle()
            assert words in s.line("who is calling")


def spoken(leg: str, start: float, text: str, pace: float = 0.36, index: int = 0) -> m.Heard:
    said = tuple(
        m.WordOut(word, start + pace * n, start + pace * (n + 1), 0.9) for n, word in enumerate(text.split())
    )
    return m.Heard(
        call_id=CALL,
        seq=index,
        leg=leg,
        index=index,
        start=start,
        end=said[-1].end,
        text=text,
        words=said,
        final=True,
    )


LONG = "one two three four five six seven eight nine ten " * 4


def test_pace_and_share_are_hinted_and_a_calm_talk_is_not() -> None:
    assert pace.hint([spoken("agent", 0, LONG, 0.36), spoken("debtor", 20, LONG, 0.36)], 40) == ""
    assert (
        pace.hint([spoken("agent", 0, LONG, 0.24), spoken("debtor", 20, LONG)], 40)
        == "slower: 250 words a minute"
    )
    assert pace.hint([spoken("agent", 0, LONG * 2), spoken("debtor", 30, "yes I see")], 40).startswith(
        "let them speak: you had 9"
    )
    assert pace.hint([spoken("agent", 0, LONG, 0.24)], 400) == "", "what is long past is not hinted"


def test_breaking_in_twice_is_hinted() -> None:
    theirs = [spoken("debtor", 0, LONG, index=0), spoken("debtor", 20, LONG, index=1)]
    mine = [spoken("agent", 3, "well sir", index=0), spoken("agent", 23, "well sir", index=1)]
    assert pace.hint([*theirs, *mine], 40) == "you broke in 2 times in the last minute"
    assert "broke" not in pace.hint([*theirs, mine[0]], 40)


def test_a_raised_voice_is_hinted_against_how_the_call_began() -> None:
    def at_levels(*levels: float | None) -> list[m.Heard]:
        return [
            structs.replace(spoken("agent", 8.0 * n, "could you tell me when", index=n), level=level)
            for n, level in enumerate(levels)
        ]

    began = (-30.0, -29.0, -31.0, -30.0)
    assert pace.hint(at_levels(*began, -22.0, -20.0), 48) == "softer: 8 dB louder than you began"
    assert pace.hint(at_levels(*began, -20.0, -23.0), 48) == "", "only the last but one was loud"
    assert pace.hint(at_levels(*began, -20.0), 48) == "", "one loud answer is no raised voice"
    assert pace.hint(at_levels(*began, None, None), 48) == ""
    debtor = [structs.replace(h, leg="debtor") for h in at_levels(*began, -10.0, -10.0)]
    assert "softer" not in pace.hint(debtor, 48)


async def test_hints_are_shown_only_where_asked_for(opened: Opened) -> None:
    for size in ((132, 43), (80, 24)):
        for wanted in (False, True):
            async with opened(*size) as s:
                s.app.pace_hints = wanted
                await s.talk()
                call = s.app.cockpit.call
                assert call is not None
                assert call.talk_since is not None
                now = (s.app.now() - call.talk_since).total_seconds()
                fast = spoken("agent", now - 11, LONG, 0.24, index=90)
                s.client.send(structs.replace(fast, seq=s.client.next()))
                await s.idle()
                s.app.cockpit.tick()
                await s.idle()
                assert ("slower: 250 words a minute" in s.grid) is wanted
