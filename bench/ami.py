"""Events handled per second: our adapter and panoramisk, against the same scripted server, in turns.

``python -m bench.ami`` prints one line of JSON; `ratio` is ours over panoramisk's (goal: 1.2 or more). Each
client is handed the same burst of events and reads two headers of every one, as a call's follower does.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

from dialer.ami import Ami, AmiAddress, Packet

EVENTS = 20_000
ROUNDS = 5
GOAL = 1.2
_EVENT = (
    "Event: UserEvent\r\nPrivilege: user,all\r\nTimestamp: 1795313134.220716\r\n"
    "Channel: PJSIP/1001-{n:08x}\r\nChannelState: 6\r\nChannelStateDesc: Up\r\nCallerIDNum: 1001\r\n"
    "CallerIDName: Dana Reyes\r\nConnectedLineNum: +13125550151\r\nConnectedLineName: <unknown>\r\n"
    "Language: en\r\nAccountCode: \r\nContext: dunline-call\r\nExten: +13125550151\r\nPriority: 4\r\n"
    "Uniqueid: 0192f3a2-{n:06d}\r\nLinkedid: 0192f3a2-{n:06d}\r\nUserEvent: Dunline\r\nPhase: dialing\r\n\r\n"
)
_LIST_END = b"Event: CoreShowChannelsComplete\r\nActionID: %s\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"


def serve() -> None:
    """Answer every action; send the burst for a UserEvent. Prints its port."""
    burst = "".join(_EVENT.format(n=number) for number in range(EVENTS)).encode()
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            with client:
                _answer(client, burst)


def _answer(client: socket.socket, burst: bytes) -> None:
    client.sendall(b"Asterisk Call Manager/11.0.0\r\n")
    buffer = b""
    while received := client.recv(65536):
        *actions, buffer = (buffer + received).split(b"\r\n\r\n")
        for action in actions:
            fields = dict(line.split(b": ", 1) for line in action.split(b"\r\n") if b": " in line)
            name, action_id = fields[b"Action"], fields.get(b"ActionID", b"")
            listed = b"EventList: start\r\n" if name == b"CoreShowChannels" else b""
            client.sendall(
                b"Response: Success\r\nActionID: " + action_id + b"\r\n" + listed + b"Message: ok\r\n\r\n"
            )
            if name == b"Login":
                client.sendall(b"Event: FullyBooted\r\nStatus: Fully Booted\r\n\r\n")
            elif name == b"CoreShowChannels":
                client.sendall(_LIST_END % action_id)
            elif name == b"UserEvent":
                client.sendall(burst)


async def ours(port: int) -> float:
    """Events per second of dialer.ami."""
    client = Ami(AmiAddress("127.0.0.1", port, "bench", "secret"))
    await client.start()
    done = asyncio.Event()
    count = 0

    def handle(batch: Sequence[Packet]) -> None:
        nonlocal count
        for packet in batch:
            if packet.name == "UserEvent" and packet.get("Uniqueid") and packet.get("Phase") == "dialing":
                count += 1
        if count == EVENTS:
            done.set()

    client.subscribe(handle)
    began = time.perf_counter()
    await client.action("UserEvent", {"UserEvent": "Go"})
    await done.wait()
    took = time.perf_counter() - began
    await client.close()
    return EVENTS / took


async def panoramisk(port: int) -> float:
    """Events per second of panoramisk."""
    from panoramisk import Manager

    client = Manager(host="127.0.0.1", port=port, username="bench", secret="secret", ping_delay=600)
    done = asyncio.Event()
    count = 0

    def handle(_: object, message: dict[str, str]) -> None:
        nonlocal count
        if message["Uniqueid"] and message["Phase"] == "dialing":
            count += 1
            if count == EVENTS:
                done.set()

    client.register_event("UserEvent", handle)
    await client.connect()
    await asyncio.sleep(0.2)
    began = time.perf_counter()
    client.send_action({"Action": "UserEvent", "UserEvent": "Go"})
    await done.wait()
    took = time.perf_counter() - began
    client.close()
    return EVENTS / took


def main() -> int:
    """Run the rounds and print the result; 0 when the goal is met."""
    logging.disable(logging.CRITICAL)
    clients: dict[str, Callable[[int], Awaitable[float]]] = {"ours": ours, "panoramisk": panoramisk}
    rates: dict[str, list[float]] = {name: [] for name in clients}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.ami", "--serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        for _ in range(ROUNDS):
            for name, run in clients.items():
                rates[name].append(asyncio.run(_measured(run, port)))
        server.kill()
    middle = {name: statistics.median(values) for name, values in rates.items()}
    ratio = middle["ours"] / middle["panoramisk"]
    print(
        json.dumps(
            {
                "bench": "ami",
                "events": EVENTS,
                "rounds": ROUNDS,
                "ours_per_s": round(middle["ours"]),
                "panoramisk_per_s": round(middle["panoramisk"]),
                "ratio": round(ratio, 2),
                "goal": GOAL,
            }
        )
    )
    return 0 if ratio >= GOAL else 1


async def _measured(run: Callable[[int], Awaitable[float]], port: int) -> float:
    async with asyncio.timeout(60):
        return await run(port)


if __name__ == "__main__":
    if "--serve" in sys.argv:
        serve()
    else:
        sys.exit(main())
