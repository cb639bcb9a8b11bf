from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from websockets.asyncio.client import unix_connect

from workstation.floor import messages as m
from workstation.floor.client import Client, SwitchboardLost
from workstation.floor.hub import Hub, Terminal
from workstation.floor.session import Session

SESSION = Session("s", 7, "dana", "Dana", "collector", "", 9e9)


class Echo:
    """A switchboard that signs everybody in and has one call."""

    def __init__(self) -> None:
        self.seen: list[m.Command] = []
        self.seq = 3

    async def __call__(self, terminal: Terminal, number: int, command: m.Command) -> Sequence[m.Event]:
        self.seen.append(command)
        match command:
            case m.SignIn() | m.Resume():
                terminal.session = SESSION
                return (
                    m.SignedIn(
                        id=number,
                        token="t",
                        expires_at=9e9,
                        user_id=7,
                        full_name="Dana",
                        role="collector",
                        extension="",
                    ),
                )
            case m.Watch(call_id=call_id):
                terminal.watching.add(call_id)
                return m.Reply(id=number, ok=True), self.snapshot(call_id)
            case m.HangUp():
                raise RuntimeError("boom")
            case m.Say():
                await asyncio.sleep(3600)
        return (m.Reply(id=number, ok=True),)

    def snapshot(self, call_id: str) -> m.CallSnapshot:
        return m.CallSnapshot(
            call_id=call_id,
            seq=self.seq,
            account_id=1,
            party_id=1,
            number="+13125550101",
            collector_id=7,
            state=m.CallChanged(call_id=call_id, seq=self.seq, state="talking", at=0.0),
            practice=True,
            talk_since=0.0,
        )


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[tuple[Hub, Echo, Path]]:
    echo = Echo()
    hub = Hub(echo)
    socket = tmp_path / "s.sock"
    await hub.listen_unix(socket)
    yield hub, echo, socket
    await hub.close()


async def until(condition: object, seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # type: ignore[operator]  # a nullary predicate
            await asyncio.sleep(0.01)


async def test_one_reply_for_each_command_and_events_only_for_watched_calls(
    board: tuple[Hub, Echo, Path],
) -> None:
    hub, _, socket = board
    client = Client(socket)
    events: list[m.Event] = []
    client.on_event(events.append)
    await client.connect()
    answer = await client.ask(m.SignIn(username="dana", password="p"))
    assert isinstance(answer, m.SignedIn)
    await client.ask(m.Watch(call_id="c1"))
    hub.publish(m.CallChanged(call_id="c1", seq=4, state="held", at=1.0))
    hub.publish(m.CallChanged(call_id="c2", seq=1, state="held", at=1.0))
    await until(lambda: len(events) >= 2)
    assert [type(e).__name__ for e in events] == ["CallSnapshot", "CallChanged"]
    assert isinstance(events[1], m.CallChanged)
    assert events[1].call_id == "c1"
    await client.close()


async def test_a_failing_command_is_answered_and_the_line_stays_up(board: tuple[Hub, Echo, Path]) -> None:
    client = Client(board[2])
    await client.connect()
    failed = await client.ask(m.HangUp(call_id="c"))
    assert isinstance(failed, m.Reply)
    assert not failed.ok
    assert (await client.ask(m.Mute(call_id="c", on=True))).id > failed.id
    await client.close()


async def test_the_client_comes_back_with_its_session_and_its_calls(board: tuple[Hub, Echo, Path]) -> None:
    hub, echo, socket = board
    client = Client(socket)
    states: list[str] = []
    events: list[m.Event] = []
    client.on_event(events.append)
    client.on_state(states.append)
    await client.connect()
    await client.ask(m.SignIn(username="dana", password="p"))
    await client.ask(m.Watch(call_id="c1"))
    waiting = asyncio.create_task(client.ask(m.Say(call_id="c1", text="hello")))
    await until(lambda: any(isinstance(c, m.Say) for c in echo.seen))
    await hub.close()
    with pytest.raises(SwitchboardLost, match="went away"):
        await waiting
    with pytest.raises(SwitchboardLost, match="not reachable"):
        await client.ask(m.HangUp(call_id="c1"))
    again = Hub(echo)
    echo.seq = 1  # a new switchboard counts from the start
    await again.listen_unix(socket)
    await until(lambda: client.state == "up")
    assert echo.seen[-2:] == [m.Resume(token="t"), m.Watch(call_id="c1")]
    assert sum(isinstance(c, m.Say) for c in echo.seen) == 1, "a command in flight is never sent again"
    await until(lambda: sum(isinstance(e, m.CallSnapshot) for e in events) == 2)
    assert states == ["up", "reconnecting", "up"]
    await client.close()
    await again.close()


async def test_the_socket_is_private(board: tuple[Hub, Echo, Path]) -> None:
    assert board[2].stat().st_mode & 0o777 == 0o600


async def test_nonsense_is_refused_and_hurts_nobody_else(board: tuple[Hub, Echo, Path]) -> None:
    client = Client(board[2])
    await client.connect()
    async with unix_connect(str(board[2]), uri="ws://switchboard/") as wire:
        await wire.send('{"id": 1, "command": {"type": "DropTables"}}')
        await wire.wait_closed()
        assert wire.close_code == 1002
    assert isinstance(await client.ask(m.Unwatch(call_id="c")), m.Reply)
    await client.close()


async def test_no_switchboard_says_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(SwitchboardLost, match="dunline switchboard"):
        await Client(tmp_path / "none.sock").connect()
