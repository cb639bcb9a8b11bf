"""The connection to Asterisk, against a scripted server: the faults."""

import asyncio
import gc
import ssl
import sys
import textwrap
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from dialer.ami import Ami, AmiAddress, AmiLoginRefused, AmiLost, AmiState, AmiUnreachable, AmiUnsafe, Packet
from tests.dialer.ami_stand_in import LONG, StandIn, collect, error, event, no_channels, success, until

# ---- living through silence and faults -----------------------------------------------------------------


async def test_ten_minutes_of_silence(server: StandIn) -> None:
    """200 times the timeout without a byte: what ten minutes are to asterisk-ami's three seconds."""
    client = Ami(server.address(), timeout=0.1, ping_every=LONG)
    await client.start()
    assert client._connection is not None
    assert client._connection._socket is not None
    assert client._connection._socket.gettimeout() == 0  # non-blocking: no timeout can fire
    client.timeout = client._connection._timeout = 0.005
    states: list[AmiState] = []
    client.on_state(states.append)
    seen = collect(client)
    await asyncio.sleep(1.0)
    server.say(event("Hangup", "Uniqueid: 1"))
    await until(lambda: seen)
    client.timeout = 2.0
    assert (await client.action("Ping")).name == "Success"
    assert states == []
    assert len(server.sent("Login")) == 1
    await client.close()


async def test_a_dead_peer_is_found_by_its_missing_pong(server: StandIn) -> None:
    client = Ami(server.address(), timeout=0.15, ping_every=0.05)
    await client.start()
    await until(lambda: len(server.sent("Ping")) >= 3)
    states: list[AmiState] = []
    client.on_state(states.append)
    server.replies["Ping"] = lambda _: None
    await until(lambda: AmiState.DOWN in states)
    del server.replies["Ping"]
    await until(lambda: client.state is AmiState.UP)
    assert len(server.sent("Login")) >= 2
    await client.close()


async def test_a_subscriber_that_raises_harms_nobody(ami: Ami, server: StandIn) -> None:
    def broken(_: Sequence[Packet]) -> None:
        raise RuntimeError("my own fault")

    stop = ami.subscribe(broken)
    seen = collect(ami)
    for number in range(3):
        server.say(event("Newstate", f"N: {number}"))
        assert (await ami.action("Ping")).name == "Success"
    await until(lambda: len(seen) == 3)
    assert [packet.get("N") for packet in seen] == ["0", "1", "2"]
    stop()
    stop()
    assert ami.state is AmiState.UP


async def test_state_watchers_that_raise_harm_nobody(ami: Ami, server: StandIn) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("my own fault")

    ami.on_state(broken)
    ami.on_resync(broken)
    seen: list[AmiState] = []
    ami.on_state(seen.append)
    server.cut()
    await until(lambda: seen[-1:] == [AmiState.UP])
    assert seen == [AmiState.DOWN, AmiState.RESYNCING, AmiState.UP]


async def test_a_leading_blank_line_does_not_lose_the_answer(ami: Ami, server: StandIn) -> None:
    server.replies["Ping"] = lambda headers: (
        b"Event: TestEvent\r\nState: x\r\n\r\n" + b"\r\n" + success(headers, "Ping: Pong")
    )
    assert (await ami.action("Ping")).get("Ping") == "Pong"


async def test_packets_cut_anywhere_arrive_whole(ami: Ami, server: StandIn) -> None:
    seen = collect(ami)
    for byte in event("Newchannel", "CallerIDName: Zoë\u2028Uniqueid: spoofed-9", "Uniqueid: real"):
        server.say(bytes([byte]))
        await asyncio.sleep(0)
    await until(lambda: seen)
    assert seen[0].get("CallerIDName") == "Zoë\u2028Uniqueid: spoofed-9"
    assert seen[0].get("Uniqueid") == "real"


async def test_bytes_that_are_not_utf8_are_replaced(ami: Ami, server: StandIn) -> None:
    seen = collect(ami)
    server.say(b"Event: X\r\nName: \xff\xfeBob\xc3\r\nNext: 1\r\n\r\n")
    await until(lambda: seen)
    assert (seen[0].get("Name"), seen[0].get("Next")) == ("\ufffd\ufffdBob\ufffd", "1")


async def test_events_come_in_batches_and_in_order(ami: Ami, server: StandIn) -> None:
    batches: list[int] = []
    order: list[int] = []
    ami.subscribe(lambda batch: batches.append(len(batch)))
    ami.subscribe(lambda batch: order.extend(int(packet.get("N")) for packet in batch))
    server.say(b"".join(event("Newexten", f"N: {number}") for number in range(5000)))
    await until(lambda: len(order) == 5000)
    assert order == list(range(5000))
    assert max(batches) > 20
    assert ami.lag_ms >= 0


async def test_lag_shows_a_busy_loop(ami: Ami, server: StandIn) -> None:
    seen = collect(ami)
    lags: list[int] = []
    while len(lags) < 5:  # the reader's thread may be late once, on a busy machine; not five times
        server.say(event("X"))
        time.sleep(0.15)  # noqa: ASYNC251  the loop is meant to be busy
        await until(lambda: len(seen) > len(lags))
        lags.append(ami.lag_ms)
    assert max(lags) >= 50


async def test_a_broken_stream_is_dropped(server: StandIn) -> None:
    client = Ami(server.address(), timeout=2.0, ping_every=LONG)
    await client.start()
    states: list[AmiState] = []
    client.on_state(states.append)
    server.say(b"x" * (5 * 1024 * 1024))
    await until(lambda: states[-1:] == [AmiState.UP])
    assert states[0] is AmiState.DOWN
    await client.close()


# ---- coming and going ----------------------------------------------------------------------------------


async def test_back_and_resynchronised_within_a_second(ami: Ami, server: StandIn) -> None:
    snapshots: list[int] = []
    ami.on_resync(lambda channels: snapshots.append(len(channels)))
    states: list[AmiState] = []
    ami.on_state(states.append)
    await server.vanish()
    await until(lambda: ami.state is AmiState.DOWN)
    await asyncio.sleep(1.2)  # long enough for the pauses to have grown to their longest
    server.replies["CoreShowChannels"] = lambda headers: (
        success(headers)
        + event("CoreShowChannel", f"ActionID: {headers['ActionID']}", "Uniqueid: 1")
        + no_channels(headers).partition(b"\r\n\r\n")[2]
    )
    await server.listen()
    returned = time.monotonic()
    await until(lambda: ami.state is AmiState.UP)
    assert time.monotonic() - returned < 1.0
    assert snapshots == [1]
    assert states == [AmiState.DOWN, AmiState.RESYNCING, AmiState.UP]


async def test_up_waits_for_fully_booted(server: StandIn) -> None:
    server.replies["Login"] = success
    client = Ami(server.address(), timeout=2.0)
    starting = asyncio.create_task(client.start())
    await until(lambda: server.sent("Login"))
    await asyncio.sleep(0.1)
    assert client.state == AmiState.DOWN.value
    assert not starting.done()
    server.say(event("FullyBooted"))
    await starting
    assert client.state is AmiState.UP
    await client.close()


async def test_a_refused_login_comes_with_advice(server: StandIn) -> None:
    server.replies["Login"] = lambda headers: error(headers, "Authentication failed")
    client = Ami(server.address())
    with pytest.raises(AmiLoginRefused, match=r"'tester'.*Authentication failed.*manager\.conf"):
        await client.start()
    with pytest.raises(AmiLost):
        await client.action("Ping")


async def test_nobody_listens(server: StandIn) -> None:
    await server.vanish()
    client = Ami(server.address())
    with pytest.raises(AmiUnreachable, match=rf"127\.0\.0\.1:{server.port}.*refused.*Is Asterisk running"):
        await client.start()


async def test_something_else_listens(server: StandIn) -> None:
    server.banner = b"SSH-2.0-OpenSSH_9.2\r\n"
    with pytest.raises(AmiUnreachable, match="OpenSSH"):
        await Ami(server.address()).start()
    server.banner = b"x" * 3000
    with pytest.raises(AmiUnreachable, match="not Asterisk"):
        await Ami(server.address()).start()
    server.banner = b""
    with pytest.raises(AmiUnreachable, match="greet"):
        await Ami(server.address(), timeout=0.1).start()


async def test_close_is_quick_and_final(server: StandIn) -> None:
    client = Ami(server.address(), timeout=5.0)
    await client.start()
    server.replies["Logoff"] = server.replies["Getvar"] = lambda _: None
    pending = asyncio.create_task(client.action("Getvar"))
    await until(lambda: server.sent("Getvar"))
    began = time.monotonic()
    await client.close()
    await client.close()
    assert time.monotonic() - began < 2.0
    with pytest.raises(AmiLost):
        await pending
    assert client.state is AmiState.DOWN
    await until(lambda: not [thread for thread in threading.enumerate() if thread.name == "ami"])
    with pytest.raises(AmiUnsafe):
        await client.start()
    gc.collect()


async def test_close_before_start() -> None:
    await Ami(AmiAddress("127.0.0.1", 1, "u", "s")).close()


async def test_a_program_that_forgets_to_close_still_exits(server: StandIn) -> None:
    program = f"""
        import asyncio
        from dialer.ami import Ami, AmiAddress
        async def main():
            ami = Ami(AmiAddress("127.0.0.1", {server.port}, "u", "s"))
            await ami.start()
            print("up", flush=True)
        asyncio.run(main())
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(program), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 20)
    assert output == b"up\n"
    assert process.returncode == 0


# ---- ways there ----------------------------------------------------------------------------------------


async def _exercise(server: StandIn, address: AmiAddress) -> None:
    client = Ami(address, timeout=5.0)
    await client.start()
    seen = collect(client)
    # More than a TLS record and more than a chunk, both ways at once.
    server.say(b"".join(event("Newexten", f"N: {n}", "Data: " + "x" * 400) for n in range(1000)))
    answers = await asyncio.gather(
        *(client.action("Setvar", {"Value": "y" * 900}, timeout=10) for _ in range(200))
    )
    assert len(answers) == 200
    await until(lambda: len(seen) == 1000)
    assert [packet.get("N") for packet in seen] == [str(n) for n in range(1000)]
    await client.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_tls(certificate: tuple[Path, Path], host: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1])
    async with StandIn(host, context) as server:
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        await _exercise(server, server.address(trusting))
        with pytest.raises(AmiUnreachable, match="certificate"):
            await Ami(server.address(ssl.create_default_context())).start()


async def test_ipv6() -> None:
    async with StandIn("::1") as server:
        await _exercise(server, server.address())
        await server.vanish()
        with pytest.raises(AmiUnreachable, match=rf"\[::1\]:{server.port}"):
            await Ami(server.address()).start()
