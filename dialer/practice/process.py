"""Starts and stops the practice line as a process of its own, which outlives whoever started it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dialer.practice.voices import VoiceUnavailable, voices_missing

STATE_FILE = "practice.json"
LOG_FILE = "practice.log"


class StartFailed(RuntimeError):
    """The practice line did not come up. The message quotes its log."""


@dataclass(frozen=True, slots=True)
class PracticeProcess:
    """A running practice line, known by its home folder."""

    home: Path
    host: str
    port: int
    """AudioSocket: where Asterisk connects."""
    control_port: int
    """Where `PracticeLine.connect` connects."""
    pid: int

    @classmethod
    def open(cls, home: Path) -> Self | None:
        """The practice line that runs with this home, or None."""
        try:
            found = json.loads((home / STATE_FILE).read_text())
            process = cls(home, found["host"], found["port"], found["control_port"], found["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return process if process.running() else None

    def running(self) -> bool:
        """Whether it answers on its control port with this process id, which may be another's by now."""
        try:
            with socket.create_connection((self.host, self.control_port), timeout=2) as connection:
                connection.sendall(b'{"op":"ping"}\n')
                answer = json.loads(connection.makefile("rb").readline())
        except (OSError, ValueError):
            return False
        return bool(answer.get("pid") == self.pid)

    def stop(self, timeout: float = 5.0) -> None:
        """End it, politely first; legs are hung up. Does nothing where it runs no more."""
        if not self.running():
            return
        os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + timeout
        while self._exists() and time.monotonic() < until:
            time.sleep(0.02)
        if self._exists():
            os.kill(self.pid, signal.SIGKILL)

    def _exists(self) -> bool:
        try:
            # Reaps it where it is our child: a zombie still has a process id.
            if os.waitpid(self.pid, os.WNOHANG)[0] == self.pid:
                return False
        except ChildProcessError:
            pass
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


def start_process(
    home: Path,
    *,
    cache: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    record: Path | None = None,
    timeout: float = 30.0,
) -> PracticeProcess:
    """Start a practice line, or find the one that runs with this home; blocks until it listens.

    It runs in a session of its own and survives its parent. `cache` keeps synthesised lines; ports of 0 are
    chosen free. Raises VoiceUnavailable where the voices are not installed, StartFailed.
    """
    if found := PracticeProcess.open(home):
        return found
    if reason := voices_missing():
        raise VoiceUnavailable(reason)
    home.mkdir(parents=True, exist_ok=True)
    (home / STATE_FILE).unlink(missing_ok=True)
    command = [sys.executable, "-m", "dialer.practice", "--host", host, "--port", str(port)]
    command += ["--control", str(control_port), "--cache", str(cache), "--home", str(home)]
    if record is not None:
        command += ["--record", str(record)]
    with (home / LOG_FILE).open("ab") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        if found := PracticeProcess.open(home):
            # It is meant to outlive this object and this process: do not warn that it still runs.
            child.returncode = 0
            return found
        if child.poll() is not None:
            raise StartFailed(f"the practice line ended with status {child.returncode}: {_last_line(home)}")
        time.sleep(0.05)
    child.kill()
    child.wait()
    raise StartFailed(f"the practice line did not listen within {timeout:.0f} s: {_last_line(home)}")


def _last_line(home: Path) -> str:
    lines = (home / LOG_FILE).read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it left no message"
