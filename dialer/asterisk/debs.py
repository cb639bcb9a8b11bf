"""Signed packages of a newer Debian suite, fetched and unpacked without root into a prefix of our own.

A private apt root (own lists, own empty dpkg status) makes apt compute the dependency closure, check the
signatures against the machine's Debian keyring, and download. Nothing on the machine is installed or changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from dialer.asterisk.errors import InstallError

Progress = Callable[[str, int, int], None]
"""(label, done, total), in bytes or steps; called from a thread of its own while something long runs."""

SUITE = "forky"
"""The Debian suite that carries Asterisk 22."""
PACKAGES = ("asterisk", "asterisk-moh-opsound-wav")
_KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
_TOOLS = ("apt-get", "apt-config", "dpkg", "dpkg-deb")
# Pulled in by maintainer scripts or by modules we do not keep; Asterisk runs without them.
_SKIPPED = re.compile(
    r"(perl|libperl|gpg|gnupg|dirmngr|pinentry|adduser|passwd|base-passwd|login|debconf|libdebconf|libc-gconv"
    r"|libsnmp-base|pci\.ids|libpam|asterisk-core-sounds|tzdata)"
)
_UNPACKED_TREES_WE_DROP = ("doc", "man", "locale", "info", "lintian")
ROOM_NEEDED = 700_000_000
"""Bytes on disk while packages and their contents lie side by side."""


def check_tools() -> Path:
    """Return the Debian keyring; raise InstallError naming what this machine lacks."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise InstallError(
            f"Asterisk 22.5 or newer is not installed, and cannot be fetched: {', '.join(missing)} not found "
            "(this is not a Debian-like machine). Install Asterisk 22.5 or newer with your system's packages."
        )
    for keyring in _KEYRINGS:
        if keyring.is_file():
            return keyring
    raise InstallError(
        "Asterisk 22.5 or newer is not installed, and cannot be fetched: the keys that sign Debian's "
        "packages are missing. Install the package debian-archive-keyring."
    )


class PrivateApt:
    """An apt that sees one mirror and one suite and knows of no installed package."""

    def __init__(self, root: Path, mirror: str, keyring: Path) -> None:
        self._root = root
        self.architecture = _output(["dpkg", "--print-architecture"]).strip()
        self.archives = root / "var/cache/apt/archives"
        for folder in (
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/trusted.gpg.d",
            "var/lib/apt/lists/partial",
            "var/cache/apt/archives/partial",
            "var/lib/dpkg",
        ):
            (root / folder).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        sources = root / "etc/apt/sources.list"
        sources.write_text(f"deb [signed-by={keyring}] {mirror} {SUITE} main\n", encoding="utf-8")
        # The machine's hooks are not ours to run; its proxy settings are kept.
        hooks = root / "no-hooks.conf"
        hooks.write_text(
            "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Pre-Install-Pkgs;\n"
            "#clear DPkg::Pre-Invoke;\n#clear DPkg::Post-Invoke;\n",
            encoding="utf-8",
        )
        options = {
            "Dir": str(root),
            "Dir::State::status": str(root / "var/lib/dpkg/status"),
            "Dir::Cache::archives": str(self.archives),
            "Acquire::Languages": "none",
            "APT::Architecture": self.architecture,
            "APT::Architectures::": self.architecture,
            # A frozen mirror serves a Release file whose week of validity is over; signatures still count.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Retries": "3",
            # As root apt would fetch as user _apt, who cannot write here.
            "APT::Sandbox::User": "",
            "Debug::NoLocking": "1",
        }
        self._command = ["apt-get", "-qq", "-c", str(hooks)]
        for name, value in options.items():
            self._command += ["-o", f"{name}={value}"]

    def download(self, progress: Progress) -> list[Path]:
        """Fetch the packages and all they depend on; return the files that are to be unpacked."""
        progress("Reading the package lists", 0, 1)
        self._run("update")
        progress("Reading the package lists", 1, 1)
        wanted = ("-y", "--no-install-recommends", "install", *PACKAGES)
        listing = self._run("--print-uris", *wanted)
        total = sum(int(line.rsplit(" ", 2)[-2]) for line in listing.splitlines() if line.startswith("'"))
        with _Watching(self._downloaded, total, progress):
            self._run("--download-only", *wanted)
        return [deb for deb in sorted(self.archives.glob("*.deb")) if not _SKIPPED.match(deb.name)]

    def _downloaded(self) -> int:
        total = 0
        for path in (*self.archives.glob("*.deb"), *self.archives.glob("partial/*")):
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # moved from partial/ this moment
                continue
        return total

    def _run(self, *arguments: str) -> str:
        return _output([*self._command, *arguments])


def unpack(debs: list[Path], prefix: Path, progress: Progress) -> list[str]:
    """Unpack the packages into `prefix`; return one ``sha256  file name`` line for each."""
    prefix.mkdir()
    record = []
    for number, deb in enumerate(debs):
        progress("Unpacking Asterisk", number, len(debs))
        _output(["dpkg-deb", "--extract", str(deb), str(prefix)])
        with deb.open("rb") as file:
            record.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {deb.name}")
        deb.unlink()
    progress("Unpacking Asterisk", len(debs), len(debs))
    for tree in _UNPACKED_TREES_WE_DROP:
        shutil.rmtree(prefix / "usr/share" / tree, ignore_errors=True)
    return record


class _Watching:
    """Reports how much of `total` is done, five times a second, while the body runs."""

    def __init__(self, done: Callable[[], int], total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = done, total, progress
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="asterisk-download", daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            self._progress("Downloading Asterisk", min(self._done(), self._total), self._total)

    def __enter__(self) -> None:
        self._progress("Downloading Asterisk", 0, self._total)
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if kind is None:
            self._progress("Downloading Asterisk", self._total, self._total)


def _output(command: list[str]) -> str:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-6:])
        verb = next((word for word in ("update", "--print-uris", "install") if word in command), "")
        raise InstallError(
            f"{command[0]} {verb} failed with status {done.returncode} while fetching Asterisk:\n{tail}"
        )
    return done.stdout
