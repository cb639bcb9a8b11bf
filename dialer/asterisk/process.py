"""The Asterisk process: started in a session of its own, found again, asked whether it is ready, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from dialer.asterisk.addresses import AmiAddress
from dialer.asterisk.errors import StartError

START_LIMIT = 60.0
"""Seconds a start may take on a machine under load; a warm one takes about one."""


def find(pid_file: Path, config: Path) -> int | None:
    """Return the pid of the Asterisk that runs with `config`, or None; a stale pid file does not mislead."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if is_ours(pid, config) else None


def is_ours(pid: int, config: Path) -> bool:
    """Tell whether `pid` is alive (not a zombie) and runs with `config`."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = (
            Path(f"/proc/{pid}/stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()[0]
        )
    except (OSError, IndexError):
        return False
    return os.fsencode(config) in arguments and state not in "ZX"


def spawn(command: Sequence[str], config: Path, log: Path) -> int:
    """Start Asterisk in the foreground of a session that is nobody's child; return its pid.

    The shell in between ends at once, so the process belongs to init: it outlives whoever started it, and the
    starter keeps no child to wait for. Asterisk's own output goes to the log, or the pipe would never end.
    """
    with log.open("ab") as output:
        done = subprocess.run(
            ["/bin/sh", "-c", '"$@" >&2 & echo $!', "sh", *command, "-f", "-n", "-C", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=config.parent,
            start_new_session=True,
            check=True,
        )
    return int(done.stdout)


def await_ready(address: AmiAddress, pid: int, config: Path) -> None:
    """Block until an AMI login is accepted and FullyBooted is seen; raise StartError otherwise.

    A login is accepted while modules are still loading, so the login alone proves nothing.
    """
    deadline = time.monotonic() + START_LIMIT
    born = time.monotonic()
    while time.monotonic() < deadline:
        # The first moments belong to exec: the loader's command line is not there yet.
        if not is_ours(pid, config) and time.monotonic() > born + 0.5:
            raise StartError("Asterisk exited while it started")
        try:
            if _fully_booted(address, deadline):
                return
        except OSError:
            time.sleep(0.02)
    raise StartError(f"Asterisk was not ready after {START_LIMIT:.0f} s")


def _fully_booted(address: AmiAddress, deadline: float) -> bool:
    login = (
        f"Action: Login\r\nUsername: {address.username}\r\nSecret: {address.secret}\r\nEvents: system\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port), 1.0) as connection:
        connection.sendall(login.encode())
        seen = b""
        while b"Event: FullyBooted" not in seen:
            connection.settimeout(max(0.05, deadline - time.monotonic()))
            received = connection.recv(4096)
            if not received:
                return False
            seen += received
            if b"Response: Error" in seen:
                raise StartError("Asterisk refused the AMI login of its own configuration")
    return True


def end(pid: int, config: Path, wait: float, *signals: signal.Signals) -> bool:
    """Send each signal in turn, waiting `wait` seconds for each; tell whether the process is gone."""
    for number in signals:
        if not is_ours(pid, config):
            return True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if await_gone(pid, config, wait):
            return True
    return not is_ours(pid, config)


def await_gone(pid: int, config: Path, wait: float) -> bool:
    """Wait up to `wait` seconds for the process to end."""
    deadline = time.monotonic() + wait
    while is_ours(pid, config) or _dying(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _dying(pid: int) -> bool:
    """Tell whether a killed process has yet to close its files: its ports are taken till then.

    Its memory, and with it the command line, goes first; its first thread may be a zombie before the others.
    """
    try:
        bare = not Path(f"/proc/{pid}/cmdline").read_bytes()
        threads = os.listdir(f"/proc/{pid}/task")
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return bare and (len(threads) > 1 or state.rpartition(")")[2].split()[0] not in "ZX")
    except (OSError, IndexError):
        return False
