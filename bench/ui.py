"""How quick the screens are: start to usable queue, key to echo in a terminal, push of an installed screen.

``python -m bench.ui`` prints one line of JSON. Every figure stands beside that of a bare Textual app measured
in the same run; the accounts are made up in memory, so that the screens are measured and not the disk.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from typing import Any

STARTS = 3
KEYS = 40
PUSHES = 30
START_GOAL_S = 0.8
ECHO_GOAL_MS = 20.0


def _workstation() -> Any:
    from scripts.catalog import Catalog
    from tests.ui.fakes import DANA, NOW, FakeClient, FakeDesk
    from workstation.ui.app import Workstation

    return Workstation(FakeDesk(), FakeClient(), Catalog.load(), clock=lambda: NOW, user=DANA)


def _bare() -> Any:
    from textual.app import App, ComposeResult
    from textual.widgets import Input, Static

    class Bare(App[None]):
        """One line of text and one entry field."""

        def compose(self) -> ComposeResult:
            yield Static("READY")
            field = Input()
            field.cursor_blink = False
            yield field

    return Bare()


async def _start(make: Any, marker: str) -> float:
    from workstation.ui.kit import text_grid

    begun = time.perf_counter()
    app = make()
    async with app.run_test(size=(132, 43)):
        while marker not in text_grid(app.screen):
            await asyncio.sleep(0.001)
        return time.perf_counter() - begun


async def _pushes() -> tuple[float, float]:
    """First and median later time (ms) to show and close help, a screen made once."""
    app = _workstation()
    took: list[float] = []
    async with app.run_test(size=(132, 43)) as pilot:
        await pilot.pause()
        for _ in range(PUSHES):
            begun = time.perf_counter()
            app.help("queue")
            took.append((time.perf_counter() - begun) * 1000)
            await pilot.pause()
            app.close_top()
            await pilot.pause()
    return took[0], statistics.median(took[1:])


def _play(which: str) -> None:
    """The child: run in the terminal, with the cursor in an entry field."""
    if which == "bare":
        _bare().run()
        return
    _workstation().run()


def _echo(which: str, keys: bytes) -> list[float]:
    """Milliseconds from each key written to the terminal until the program answers with output."""
    child, fd = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", TEXTUAL_ANIMATIONS="none")
        os.execv(sys.executable, [sys.executable, "-m", "bench.ui", which])  # noqa: S606  # no shell wanted
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 43, 132, 0, 0))
    try:
        _quiet(fd, 1.5)
        if which == "ours":
            os.write(fd, b"/")
            _quiet(fd, 0.7)
        took: list[float] = []
        for index in range(KEYS):
            begun = time.perf_counter()
            os.write(fd, keys[index % len(keys) : index % len(keys) + 1])
            if select.select([fd], [], [], 2.0)[0]:
                took.append((time.perf_counter() - begun) * 1000)
            _quiet(fd, 0.12)
        return took
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(fd)


def _quiet(fd: int, seconds: float) -> None:
    """Read until nothing has come for so long."""
    while select.select([fd], [], [], seconds)[0]:
        try:
            os.read(fd, 65536)
        except OSError:
            return


def main() -> None:
    """Measure and print."""
    asyncio.run(_start(_workstation, "HARLOW"))  # imports are warm from here on
    ours = min(asyncio.run(_start(_workstation, "HARLOW")) for _ in range(STARTS))
    bare = min(asyncio.run(_start(_bare, "READY")) for _ in range(STARTS))
    first, push = asyncio.run(_pushes())
    echo = statistics.median(_echo("ours", b"zxqw"))
    bare_echo = statistics.median(_echo("bare", b"zxqw"))
    print(
        json.dumps(
            {
                "bench": "ui",
                "start_s": round(ours, 3),
                "start_goal_s": START_GOAL_S,
                "start_bare_s": round(bare, 3),
                "echo_ms": round(echo, 1),
                "echo_goal_ms": ECHO_GOAL_MS,
                "echo_bare_ms": round(bare_echo, 1),
                "echo_ratio": round(echo / bare_echo, 2),
                "push_first_ms": round(first, 1),
                "push_ms": round(push, 2),
                "ok": ours <= START_GOAL_S and echo <= ECHO_GOAL_MS,
            }
        )
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _play(sys.argv[1])
    else:
        main()
