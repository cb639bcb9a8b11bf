"""Supervisors at the switchboard: their own phone listens, takes over and plays; every act is recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from dialer.asterisk.instance import Instance
from tests.dialer.sip_phone import SipPhone, tone
from tests.floor.rig import Floor, Watcher
from tests.floor.test_switchboard import place, reply
from workstation.cli_floor import _floor
from workstation.desk.roles import Role
from workstation.floor import messages as m
from workstation.floor.client import Client
from workstation.store.tables import AuditEntry, CallRow, User

pytestmark = [pytest.mark.asterisk, pytest.mark.speech]
PHONE = "1003"


@pytest.fixture(autouse=True)
async def _leave(shared_floor: Floor) -> AsyncIterator[None]:
    """Close whatever a failed test left open."""
    yield
    while shared_floor.clients:
        await shared_floor.clients.pop().close()


@pytest.fixture
async def phone(shared_floor: Floor) -> AsyncIterator[SipPhone]:
    """The supervisor's registered phone."""
    asterisk = shared_floor.plant.asterisk
    assert isinstance(asterisk, Instance)
    made = SipPhone(
        ("127.0.0.1", asterisk.sip_port),
        user=PHONE,
        secret=asterisk.phone_secret(PHONE),
        ip="127.0.0.4",
        decide=lambda _: ("answer", 0.05),
        source=tone(1700.0),
    )
    await made.start()
    yield made
    await made.close()


def acts(floor: Floor, call_id: str) -> list[tuple[str, str]]:
    """What the audit log says was done about a call, and by whom."""
    with floor.book.database.read() as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == call_id).order_by(AuditEntry.seq)
        )
        return [(line.actor, line.action) for line in lines]


async def test_a_supervisor_listens_takes_over_and_plays_the_recording(
    shared_floor: Floor, phone: SipPhone
) -> None:
    floor = shared_floor
    dana, me = await floor.sign_in("dana")
    sam, _ = await floor.sign_in("sam", "1004")
    morgan, _ = await floor.sign_in("morgan", PHONE)
    ids = floor.phone_ending("6")
    floor.book.take_account(me.user_id, floor.clock(), ids[0])
    call_id = reply(await dana.ask(place(ids))).call_id
    told = Watcher(morgan, call_id)
    seen = Watcher(dana, call_id)
    assert reply(await dana.ask(m.Watch(call_id=call_id))).ok
    await seen.state("talking", 40)

    listen = m.Monitor(call_id=call_id, mode="listen")
    for client, command, says in (
        (sam, listen, "a collector may not"),
        (sam, m.TakeOver(call_id=call_id), "a collector may not"),
        (sam, m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=0, seconds=5), "a collector may not"),
        (dana, listen, "needs a phone of your own"),
        (morgan, m.Monitor(call_id=call_id, mode="shout"), "not a way to listen"),
        (morgan, m.Monitor(call_id="x\r\nAction: Hangup", mode="listen"), "that call is over"),
        (morgan, m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=0, seconds=5), "still up"),
        (morgan, m.PlayOnPhone(call_id=call_id, leg="../..", start_s=0, seconds=5), "no side of a call"),
        (morgan, m.StopMonitor(), "not in use"),
    ):
        answer = reply(await client.ask(command))
        assert not answer.ok
        assert says in answer.error, (command, answer.error)
    assert acts(floor, call_id) == []

    assert reply(await morgan.ask(listen)).ok
    await told.until(lambda e: isinstance(e, m.PhoneChanged) and e.state == "up", 10)
    async with asyncio.timeout(10):
        while len(phone.last.heard) < 8000:
            await asyncio.sleep(0.02)
    assert reply(await morgan.ask(m.Monitor(call_id=call_id, mode="whisper"))).ok
    assert reply(await morgan.ask(m.TakeOver(call_id=call_id))).ok
    taken = await seen.until(lambda e: isinstance(e, m.TakenOver), 15)
    assert isinstance(taken, m.TakenOver)
    assert taken.by.startswith("Morgan")
    await told.until(lambda e: isinstance(e, m.PhoneChanged) and e.state == "taken", 5)
    assert "ended" not in seen.states(), "the call goes on"
    with floor.book.database.read() as session:
        assert session.get_one(CallRow, call_id).agent_leg == PHONE
    await asyncio.sleep(1)
    assert reply(await morgan.ask(m.HangUp(call_id=call_id))).ok
    await seen.state("ended", 10)
    async with asyncio.timeout(5):
        while not phone.last.ended:
            await asyncio.sleep(0.02)

    play = m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=0.0, seconds=2.0)
    for wrong in (
        m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=-1, seconds=2),
        m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=0, seconds=1e9),
        m.PlayOnPhone(call_id=call_id, leg="mixed", start_s=1e6, seconds=2),
        m.PlayOnPhone(call_id="no-such-call", leg="mixed", start_s=0, seconds=2),
    ):
        assert not reply(await morgan.ask(wrong)).ok
    answer = reply(await morgan.ask(play))
    assert answer.ok, answer.error
    clips = floor.plant.asterisk.clips
    assert [(f.stat().st_mode & 0o777, f.parent.stat().st_mode & 0o777) for f in clips.iterdir()] == [
        (0o600, 0o700)
    ]
    over = await told.until(
        lambda e: isinstance(e, m.PhoneChanged) and (e.job, e.state) == ("play", "over"), 10
    )
    assert isinstance(over, m.PhoneChanged)
    assert len(phone.last.heard) > 8000
    async with asyncio.timeout(5):
        while list(clips.iterdir()):
            await asyncio.sleep(0.02)
    assert [x for x in acts(floor, call_id) if x[0] == "morgan"] == [
        ("morgan", "monitored: listen"),
        ("morgan", "monitored: whisper"),
        ("morgan", "take-over ordered"),
        ("morgan", "call taken over"),
        *[("morgan", "recording opened")] * 2,
    ]


async def test_the_floor_is_watched_paused_and_signed_out(shared_floor: Floor) -> None:
    floor = shared_floor
    floor.book.close_undisposed(floor.clock() + timedelta(hours=1), floor.clock())
    dana, me = await floor.sign_in("dana")
    sam, other = await floor.sign_in("sam")
    morgan, _ = await floor.sign_in("morgan")
    told, seen = Watcher(dana, ""), Watcher(morgan, "")

    def row(event: m.Event, user_id: int) -> m.FloorRow | None:
        rows = event.rows if isinstance(event, m.FloorSnapshot | m.FloorChanged) else ()
        return next((r for r in rows if r.user_id == user_id), None)

    async def shown(state: str, user_id: int = me.user_id) -> None:
        seen.events.clear()
        await seen.until(lambda e: (found := row(e, user_id)) is not None and found.state == state, 5)

    for command in (
        m.WatchFloor(),
        m.ForcePause(user_id=me.user_id, reason="no"),
        m.LiftPause(user_id=me.user_id),
        m.ForceSignOut(user_id=me.user_id, reason="no"),
    ):
        assert "a collector may not" in reply(await sam.ask(command)).error
    assert reply(await morgan.ask(m.WatchFloor())).ok
    snapshot = await seen.until(lambda e: isinstance(e, m.FloorSnapshot), 5)
    assert isinstance(snapshot, m.FloorSnapshot)
    # Others of this floor's tests may be on it still, a supervisor who took over a call among them.
    collectors = {r.user_id for r in snapshot.rows if r.role == "collector"}
    assert collectors >= {me.user_id, other.user_id}

    ids = floor.phone_ending("1")
    floor.book.take_account(me.user_id, floor.clock(), ids[0])
    assert reply(await dana.ask(m.Pause(reason="lunch"))).ok
    await shown("paused")
    assert "you are on pause (lunch)" in reply(await dana.ask(place(ids))).error
    assert "no reason for a pause" in reply(await dana.ask(m.Pause(reason="\r\nAction: x"))).error
    assert reply(await dana.ask(m.Unpause())).ok
    await shown("available")

    assert reply(await morgan.ask(m.ForcePause(user_id=me.user_id, reason="come and see me"))).ok
    paused = await told.until(lambda e: isinstance(e, m.PauseChanged) and bool(e.by), 5)
    assert paused == m.PauseChanged(reason="come and see me", by="morgan")
    assert "morgan has paused you" in reply(await dana.ask(place(ids))).error
    assert "morgan has paused you" in reply(await dana.ask(m.Unpause())).error
    again, back = await floor.sign_in("dana")
    assert (back.pause, back.paused_by) == ("come and see me", "morgan"), "a new sign-in is no way out"
    await again.close()
    assert reply(await morgan.ask(m.LiftPause(user_id=me.user_id))).ok
    placed = reply(await dana.ask(place(ids)))
    assert placed.ok, placed.error
    assert reply(await dana.ask(m.HangUp(call_id=placed.call_id))).ok
    await shown("wrap-up")

    # A new role counts at once, in a session that is open already.
    with floor.book.database.write() as session:
        session.get_one(User, other.user_id).role = "supervisor"
    assert reply(await sam.ask(m.WatchFloor())).ok
    with floor.book.database.write() as session:
        session.get_one(User, other.user_id).role = "collector"
    assert not reply(await sam.ask(m.WatchFloor())).ok

    second, _ = await floor.sign_in("dana")
    at_second = Watcher(second, "")
    assert reply(await morgan.ask(m.ForceSignOut(user_id=me.user_id, reason="the shift is over"))).ok
    for terminal in (told, at_second):  # each of a user's terminals hears why
        out = await terminal.until(lambda e: isinstance(e, m.SignedOut), 5)
        assert isinstance(out, m.SignedOut)
        assert "the shift is over" in out.reason
    await seen.until(lambda e: isinstance(e, m.FloorChanged) and me.user_id in e.gone, 5)
    assert "sign in first" in reply(await dana.ask(place(ids))).error
    assert "has ended" in reply(await dana.ask(m.Resume(token=me.token))).error
    # Somebody deactivated from elsewhere is out within a second or two.
    told = Watcher(sam, "")
    with floor.book.database.write() as session:
        session.get_one(User, other.user_id).active = False
    await told.until(lambda e: isinstance(e, m.SignedOut), 5)
    with floor.book.database.write() as session:
        session.get_one(User, other.user_id).active = True


async def test_signing_in_at_the_switchboard_locks_unlocks_and_asks_for_codes(
    shared_floor: Floor, capsys: pytest.CaptureFixture[str]
) -> None:
    floor, book = shared_floor, shared_floor.book
    client = Client(floor.settings.switchboard_socket)
    await client.connect()
    floor.clients.append(client)
    book.add_user(None, "boss", "Bo Boss", Role.ADMIN, "correct horse", floor.clock())
    right = floor.demo.passwords["sam"]

    async def sign_in(password: str, code: str = "", ticket: str = "") -> m.Reply | m.SignedIn:
        return await client.ask(m.SignIn(username="sam", password=password, code=code, ticket=ticket))

    for _ in range(5):
        assert "wrong user name" in reply(await sign_in("guess")).error
    assert "too many wrong tries" in reply(await sign_in(right)).error
    book.unlock("boss", "sam", floor.clock())
    assert isinstance(await sign_in(right), m.SignedIn)

    maker = pyotp.parse_uri(book.set_codes("boss", "sam", True, floor.clock()))
    assert isinstance(maker, pyotp.TOTP)
    assert "one-time code" in reply(await sign_in(right)).error
    code = maker.at(floor.clock())
    assert isinstance(await sign_in(right, code), m.SignedIn)
    assert "used already" in reply(await sign_in(right, code)).error
    # A workstation signs in to the book with the code, and here with what that gave.
    later = floor.clock() + timedelta(seconds=30)
    ticket = book.sign_in("sam", right, floor.clock(), maker.at(later)).ticket
    opened = await sign_in("", ticket=ticket)
    assert isinstance(opened, m.SignedIn)
    assert "used or is too old" in reply(await sign_in("", ticket=ticket)).error
    book.set_codes("boss", "sam", False, floor.clock())
    # Another password ends what was open.
    book.set_password("boss", "sam", right, floor.clock())
    assert "has ended" in reply(await client.ask(m.Resume(token=opened.token))).error
    again, _ = await floor.sign_in("sam")

    looks = m.SignIn(username="morgan", password=floor.demo.passwords["morgan"])
    assert await _floor(floor.settings, looks, follow=False, as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert "sam" in {r["name"].split()[0].casefold() for r in rows}
    assert await _floor(floor.settings, looks, follow=False, as_json=False) == 0
    assert "Sam" in capsys.readouterr().out
    refused = m.SignIn(username="sam", password=right)
    assert await _floor(floor.settings, refused, follow=False, as_json=True) == 1
    assert "a collector may not" in capsys.readouterr().err
    await again.close()
