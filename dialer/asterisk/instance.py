"""One private Asterisk: its home, its configuration, its process.

Several run side by side, each with a home and loopback ports of its own. An instance is a daemon: it outlives
the program that started it, and any program that can read its home can open it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from dialer.asterisk import process, record, render
from dialer.asterisk.addresses import AmiAddress, AriAddress
from dialer.asterisk.debs import Progress
from dialer.asterisk.errors import NotRunning, SettingsError, StartError
from dialer.asterisk.install import Installation, no_progress
from dialer.asterisk.record import AMI_USER, ARI_USER, Record
from dialer.asterisk.settings import Settings

_FOLDERS = ("etc", "lib/keys", "db", "spool/monitor", "spool/clips", "spool/tmp", "log", "run")
_SOCKET_LIMIT = 100  # sun_path holds 107 bytes, and Asterisk appends to the name while it binds
_CONTROL, _PID = "asterisk.ctl", "asterisk.pid"
# What a path may not hold to be written into asterisk.conf: comments, separators, line ends.
_UNWRITABLE = set(";,\"'\\\r\n\t\0<>[]{}$|&")


class Instance:
    """A private Asterisk on loopback. Make one with `create`, come back to it with `open`."""

    def __init__(self, home: Path, saved: Record) -> None:
        self.home = home
        self._record = saved

    @classmethod
    def create(cls, home: Path, installation: Installation, settings: Settings) -> Instance:
        """Make an instance in `home`, or bring the one that is there up to date (ports and secrets are kept).

        A running instance takes new settings up at its next start. Raises SettingsError.
        """
        home = Path(os.path.abspath(home))
        if _UNWRITABLE & set(str(home)):
            raise SettingsError(
                f"Asterisk cannot use a home with these characters in its path: {str(home)!r}"
            )
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        for folder in _FOLDERS:
            (home / folder).mkdir(parents=True, exist_ok=True)
        with _locked(home):
            before = record.load(home) if (home / record.FILE).exists() else None
            saved = Record(
                run=str(_run_folder(home)),
                installed=record.Installed(
                    version=installation.version,
                    command=installation.command,
                    modules=str(installation.modules),
                    data=str(installation.data),
                ),
                settings=record.SavedSettings.of(settings),
                ports=before.ports if before else record.new_ports(),
                secrets=record.new_secrets(settings, before.secrets if before else None),
            )
            record.save(home, saved)
            render.write(home, saved)
        return cls(home, saved)

    @classmethod
    def open(cls, home: Path) -> Instance:
        """Return the instance that lives in `home`; SettingsError when there is none."""
        home = Path(os.path.abspath(home))
        return cls(home, record.load(home))

    @property
    def settings(self) -> Settings:
        """What it offers."""
        return self._record.settings.settings()

    @property
    def version(self) -> str:
        """Asterisk's version."""
        return self._record.installed.version

    @property
    def recordings(self) -> Path:
        """Where MixMonitor writes."""
        return self.home / "spool/monitor"

    @property
    def clips(self) -> Path:
        """Where the stretches of recordings lie that own phones play."""
        return self.home / "spool/clips"

    @property
    def ami(self) -> AmiAddress:
        """How to reach the manager interface."""
        return AmiAddress("127.0.0.1", self._record.ports.ami, AMI_USER, self._record.secrets.ami)

    @property
    def ari(self) -> AriAddress:
        """How to reach the REST interface."""
        return AriAddress("127.0.0.1", self._record.ports.http, ARI_USER, self._record.secrets.ari)

    @property
    def sip_port(self) -> int:
        """UDP port on 127.0.0.1 where phones register."""
        return self._record.ports.sip

    def phone_secret(self, extension: str) -> str:
        """Return the SIP password of a phone; SettingsError when there is no such phone."""
        try:
            return self._record.secrets.phones[extension]
        except KeyError:
            raise SettingsError(f"this Asterisk has no phone {extension!r}") from None

    @property
    def pid(self) -> int | None:
        """Process id, or None when it is down."""
        return process.find(Path(self._record.run) / _PID, self._config)

    def running(self) -> bool:
        """Tell whether the process is up (ready or about to be)."""
        return self.pid is not None

    def start(self, progress: Progress = no_progress) -> None:
        """Start Asterisk and block until it takes calls; do nothing when it is up. Raises StartError.

        Leftovers of a killed process are cleared. A port that somebody else took meanwhile is replaced by a
        free one: read the addresses after the start.
        """
        progress("Starting Asterisk", 0, 1)
        with _locked(self.home):
            pid = self.pid
            if pid is None:
                self._record = record.load(self.home)
                self._check_installed()
                if not record.still_free(self._record.ports):
                    self._record = msgspec.structs.replace(self._record, ports=record.new_ports())
                    record.save(self.home, self._record)
                render.write(self.home, self._record)
                run = _run_folder(self.home)
                for left_behind in (_CONTROL, _PID):
                    (run / left_behind).unlink(missing_ok=True)
                pid = process.spawn(
                    self._record.installed.command, self._config, self.home / "log/stdout.log"
                )
            try:
                process.await_ready(self.ami, pid, self._config)
            except StartError as error:
                process.end(pid, self._config, 2.0, signal.SIGTERM, signal.SIGKILL)
                raise StartError(f"{error}. Its log ends with:\n{self._log_tail()}") from None
        progress("Starting Asterisk", 1, 1)

    def stop(self) -> None:
        """End Asterisk and every call in it; do nothing when it is down."""
        with _locked(self.home):
            pid = self.pid
            if pid is None:
                return
            with contextlib.suppress(NotRunning):
                self.cli("core stop now")
            if not process.await_gone(pid, self._config, 5.0):
                process.end(pid, self._config, 3.0, signal.SIGTERM, signal.SIGKILL)

    def kill(self) -> None:
        """End Asterisk as a crash would (SIGKILL), leaving its files behind."""
        pid = self.pid
        if pid is not None:
            process.end(pid, self._config, 5.0, signal.SIGKILL)

    def cli(self, command: str) -> str:
        """Run a command of Asterisk's console and return what it prints. Raises NotRunning."""
        if self.pid is None:
            raise NotRunning(f"the Asterisk in {self.home} is not running")
        done = subprocess.run(
            [*self._record.installed.command, "-C", str(self._config), "-r", "-x", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        if done.returncode:
            raise NotRunning(
                f"the Asterisk in {self.home} did not take {command!r}: {done.stdout.strip()[-300:]}"
            )
        return done.stdout

    @property
    def _config(self) -> Path:
        return self.home / "etc/asterisk.conf"

    def _check_installed(self) -> None:
        if not Path(self._record.installed.command[0]).exists():
            raise StartError(
                f"the Asterisk this instance was made with is gone: {self._record.installed.command[0]}. "
                "Create the instance again with one that is installed."
            )

    def _log_tail(self) -> str:
        lines: list[str] = []
        for name in ("messages.log", "stdout.log"):
            with contextlib.suppress(OSError):
                lines += (
                    (self.home / "log" / name).read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
                )
        return "\n".join(lines) or "(nothing)"


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One process at a time creates, starts or stops the instance of a home."""
    with (home / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run_folder(home: Path) -> Path:
    """Return (and make) the folder of the control socket: in the home, else somewhere short."""
    inside = home / "run"
    if len(os.fsencode(inside / _CONTROL)) <= _SOCKET_LIMIT:
        return inside
    name = f"dunline-{os.getuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    # The name can be guessed and /tmp is everybody's: take only a real folder that is ours alone.
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise SettingsError(
            f"{folder} belongs to somebody else; remove it, or use a home with a shorter path"
        )
    return folder
