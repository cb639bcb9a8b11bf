"""From a recogniser's final words to the collector's screen: stored (fsync), judged, sent, painted.

Real book (SQLite, synchronous FULL), real rules and scripts, real hub and client over a Unix socket; the real
cockpit runs as a process of its own in a terminal of 132x43, and a sentence counts as on screen when its last
word comes out of that terminal. Beside it, in the same run, a bare WebSocket round of the same message: the
least such a way can take. Goal: p95 under 150 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from websockets.asyncio.client import unix_connect
from websockets.asyncio.server import ServerConnection, unix_serve

from compliance.checks.rules import load_speech_rules
from compliance.transcription.words import Leg, Utterance, Word
from scripts.catalog import Catalog
from workstation import bootstrap, config
from workstation.clock import shifted_clock, system_clock
from workstation.demo import START, ZONE, first_day
from workstation.desk.book import Authorised, CallRequest
from workstation.exchange.demo_book import seed_demo_book
from workstation.floor import messages as m
from workstation.floor.client import Client
from workstation.floor.hub import Hub, Terminal
from workstation.floor.livecall import CallFacts, LiveCall
from workstation.floor.session import Session
from workstation.ui.app import Workstation

ROUNDS = 40
GOAL_MS = 150.0
SPOKEN = ["we", "never", "got", "the", "invoice", "i", "can", "pay", "five", "thousand", "on", "friday"]


def utterance(n: int) -> Utterance:
    """Final words like a debtor's, ended by a word that no other utterance has."""
    words = [*SPOKEN, f"mark{n}x"]
    start = n * 6.0
    timed = tuple(Word(w, start + i * 0.3, start + i * 0.3 + 0.28, 0.93) for i, w in enumerate(words))
    leg = Leg.DEBTOR if n % 2 else Leg.AGENT
    return Utterance(leg, start, timed[-1].end, " ".join(words), timed, True)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


class Screen:
    """A workstation in a terminal of its own; knows when what came out of it."""

    def __init__(self, home: Path, password: str, offset: float) -> None:
        self._arguments = [str(home), password, str(offset)]
        self._out = bytearray()
        self._came = threading.Condition()

    def __enter__(self) -> Screen:
        self._child, self._fd = pty.fork()
        if self._child == 0:
            os.environ.update(TERM="xterm-256color", TEXTUAL_ANIMATIONS="none")
            argv = [sys.executable, "-m", "bench.words_to_screen", *self._arguments]
            os.execv(sys.executable, argv)  # noqa: S606  # no shell wanted
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", 43, 132, 0, 0))
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._fd, 65536):
                with self._came:
                    self._out += data
                    self._came.notify_all()

    def shows(self, text: bytes, seconds: float) -> float:
        """Return the instant (perf_counter) by which the text has come out of the terminal."""
        with self._came:
            if not self._came.wait_for(lambda: text in self._out, seconds):
                raise TimeoutError(f"{text!r} never came on the screen: {bytes(self._out[-2000:])!r}")
            seen = time.perf_counter()
            self._out.clear()
            return seen


def work(home: str, password: str, offset: str) -> None:
    """The child: the workstation on the book of `home`, signed in and in the call."""
    settings = config.load(Path(home))
    clock = shifted_clock(timedelta(seconds=float(offset)))
    Workstation(
        bootstrap.open_book(settings),
        Client(settings.switchboard_socket),
        Catalog.load(),
        clock=clock,
        credentials=m.SignIn(username="dana", password=password),
    ).run()


async def to_screen(home: Path) -> list[float]:
    settings = config.load(home)
    day = datetime.combine(first_day(system_clock().date()), START, ZONE).astimezone(UTC)
    clock = shifted_clock(day - system_clock())
    book = bootstrap.open_book(settings)
    demo = seed_demo_book(book, clock(), accounts=12)
    dana = demo.user_ids["dana"]
    account_id = book.take_account(dana, clock())
    assert account_id is not None
    phone = next(p for p in book.account(account_id, clock()).phones if p.callable)
    decision = book.authorise(
        CallRequest(account_id, phone.party_id, phone.phone_id, dana, "practice:bench"), clock()
    )
    assert isinstance(decision, Authorised)
    judge = bootstrap.Judge(load_speech_rules(), Catalog.load(), settings.company.name, clock)
    facts = CallFacts.of(decision, collector_id=dana, agent_leg="practice:bench")

    async def handle(terminal: Terminal, number: int, command: m.Command) -> Sequence[m.Event]:
        if isinstance(command, m.SignIn):
            terminal.session = Session("b", dana, "dana", "Dana Whitfield", "collector", "", 9e9)
            return (
                m.SignedIn(
                    id=number,
                    token="t",
                    expires_at=9e9,
                    user_id=dana,
                    full_name="Dana Whitfield",
                    role="collector",
                    extension="",
                    calls=(facts.call_id,),
                ),
            )
        if isinstance(command, m.Watch):
            terminal.watching.add(command.call_id)
            return m.Reply(id=number, ok=True), call.snapshot()
        return (m.Reply(id=number, ok=True),)

    hub = Hub(handle)
    await hub.listen_unix(settings.switchboard_socket)
    call = LiveCall(facts, judge.ears(facts), book, clock, hub.publish, lambda _: None)
    now = clock()
    call.show(
        lambda seq: m.CallChanged(
            call_id=facts.call_id, seq=seq, state="talking", at=now.timestamp(), recording="on"
        )
    )
    taken: list[float] = []
    with Screen(home, demo.passwords["dana"], (day - system_clock()).total_seconds()) as screen:
        await asyncio.to_thread(screen.shows, b"CONVERSATION", 30)
        await asyncio.sleep(2.0)
        for n in range(ROUNDS):
            started = time.perf_counter()
            call.hear(utterance(n))
            seen = await asyncio.to_thread(screen.shows, f"mark{n}x".encode(), 10)
            taken.append((seen - started) * 1000)
            await asyncio.sleep(0.5)  # a person says a sentence a second or so
    await call.close()
    await hub.close()
    book.close()
    return taken


async def bare(home: Path) -> list[float]:
    """The same bytes over a bare WebSocket: no book, no rules, no screen."""

    async def serve(wire: ServerConnection) -> None:
        async for data in wire:
            await wire.send(data)

    payload = json.dumps([[w.text, w.start, w.end, w.confidence] for w in utterance(1).words])
    socket = str(home / "bare.sock")
    taken = []
    async with await unix_serve(serve, socket), unix_connect(socket, uri="ws://bench/") as wire:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            await wire.send(payload)
            await wire.recv()
            taken.append((time.perf_counter() - started) * 1000)
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(open(os.devnull, "w")):
        home = Path(folder)
        screen = asyncio.run(to_screen(home))
        floor = asyncio.run(bare(home))
    print(
        json.dumps(
            {
                "bench": "words to screen",
                "median_ms": round(statistics.median(screen), 1),
                "p95_ms": round(p95(screen), 1),
                "goal_p95_ms": GOAL_MS,
                "met": p95(screen) < GOAL_MS,
                "bare_websocket_p95_ms": round(p95(floor), 2),
                "ratio_of_medians": round(statistics.median(screen) / statistics.median(floor), 1),
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:]:
        work(*sys.argv[1:])
    else:
        main()
