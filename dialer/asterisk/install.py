"""Find an Asterisk that is new enough, else get one without root.

A system `asterisk` of 22.5 or newer is preferred (ARI externalMedia over AudioSocket at 16 kHz). Otherwise
signed Debian packages are unpacked into a folder of the cache and run through its own dynamic loader,
so that neither the machine's C library nor its packages matter.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dialer.asterisk import debs
from dialer.asterisk.debs import Progress
from dialer.asterisk.errors import InstallError
from dialer.asterisk.mirror import find_mirror
from dialer.asterisk.modules import ESSENTIAL, MODULES

MINIMUM = (22, 5)
FOLDER = "asterisk-22"
_RECORD = "packages.sha256"
_LAYOUT_FILE, _LAYOUT = "layout", "2"  # raised when the pruning changes: older folders are rebuilt
_VERSION = re.compile(r"Asterisk (\d+)\.(\d+)\S*")
_MODULE_FOLDERS = ("usr/lib/*/asterisk/modules", "usr/lib/asterisk/modules", "usr/lib64/asterisk/modules")
_DATA_FOLDERS = ("usr/share/asterisk", "var/lib/asterisk")


def no_progress(label: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be run: the system's, or the private one."""

    version: str
    command: tuple[str, ...]
    """How to start the program; arguments follow."""
    modules: Path
    data: Path
    """Asterisk's data directory: sounds, music, documentation of its commands."""
    private: bool
    record: Path | None = None
    """``sha256  package file`` of everything that was unpacked; None for the system's."""


def find_or_install(cache: Path, progress: Progress = no_progress) -> Installation:
    """Return an Asterisk that is new enough, fetching one into `cache` when there is none.

    Safe to call from several processes at once: one fetches, the others wait and find it done.
    Raises InstallError, which says what is missing and how to get it.
    """
    return find_system() or find_private(cache) or install(cache, progress)


def find_system(root: Path = Path("/")) -> Installation | None:
    """Return the system's Asterisk when it is new enough and has the modules we need."""
    program = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    version = _version((program,))
    if version is None or not _new_enough(version):
        return None
    for pattern in _MODULE_FOLDERS:
        for modules in sorted(root.glob(pattern)):
            if all((modules / f"{name}.so").exists() for name in ESSENTIAL):
                data = next(
                    (root / name for name in _DATA_FOLDERS if (root / name).is_dir()), root / _DATA_FOLDERS[0]
                )
                return Installation(version, (program,), modules, data, private=False)
    return None


def find_private(cache: Path) -> Installation | None:
    """Return the private Asterisk in `cache` when it is there, complete and runs."""
    return _describe(cache.absolute() / FOLDER)


def install(cache: Path, progress: Progress = no_progress) -> Installation:
    """Fetch, unpack and prune the private Asterisk (about 110 MB over the network, 20 to 40 s)."""
    keyring = debs.check_tools()
    mirror = find_mirror()
    cache = cache.absolute()
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InstallError(f"cannot make the cache directory {cache}: {error.strerror}") from error
    with _locked(cache / f"{FOLDER}.lock", progress):
        found = find_private(cache)
        if found:
            return found
        free = shutil.disk_usage(cache).free
        if free < debs.ROOM_NEEDED:
            raise InstallError(
                f"{cache} has {free // 10**6} MB free; fetching Asterisk needs {debs.ROOM_NEEDED // 10**6} MB"
            )
        for left_behind in cache.glob(f".{FOLDER}.*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f".{FOLDER}.", dir=cache) as work:
            prefix = Path(work) / "prefix"
            files = debs.PrivateApt(Path(work) / "apt", mirror, keyring).download(progress)
            record = debs.unpack(files, prefix, progress)
            progress("Preparing Asterisk", 0, 1)
            _prune(prefix)
            (prefix / _RECORD).write_text("\n".join(record) + "\n", encoding="utf-8")
            (prefix / _LAYOUT_FILE).write_text(_LAYOUT, encoding="utf-8")
            built = _describe(prefix)
            if built is None:
                raise InstallError(
                    f"the Asterisk unpacked from Debian {debs.SUITE} does not run on this machine"
                )
            _put_in_place(prefix, cache / FOLDER, Path(work) / "old")
            progress("Preparing Asterisk", 1, 1)
        found = find_private(cache)
        if found is None:
            raise InstallError(f"{cache / FOLDER} does not run after it was put in place")
        return found


def _put_in_place(prefix: Path, target: Path, aside: Path) -> None:
    """Swap the finished folder in; a broken or older one goes aside (running processes keep their files)."""
    with contextlib.suppress(FileNotFoundError):
        target.rename(aside)
    prefix.rename(target)


def _describe(prefix: Path) -> Installation | None:
    try:
        if (prefix / _LAYOUT_FILE).read_text(encoding="utf-8") != _LAYOUT:
            return None
        modules = next(prefix.glob(_MODULE_FOLDERS[0]))
    except (OSError, StopIteration):
        return None
    command = _through_loader(prefix, modules.parents[1], str(prefix / "usr/sbin/asterisk"))
    if command is None:
        return None
    version = _version(command)
    if version is None or not _new_enough(version):
        return None
    return Installation(
        version, command, modules, prefix / "usr/share/asterisk", private=True, record=prefix / _RECORD
    )


def _through_loader(prefix: Path, libraries: Path, program: str, *options: str) -> tuple[str, ...] | None:
    """Return the command that runs a program of the prefix with the prefix's own loader and libraries."""
    loader = next(iter(sorted(libraries.glob("ld-linux*.so*"))), None) or next(
        iter(sorted(prefix.glob("usr/lib*/ld-linux*.so*"))), None
    )
    if loader is None:
        return None
    paths = f"{libraries}:{libraries / 'asterisk'}"
    return (
        str(loader),
        "--inhibit-cache",
        "--library-path",
        paths,
        *(options or ("--argv0", "asterisk")),
        program,
    )


def _prune(prefix: Path) -> None:
    """Delete modules we never load, and libraries nothing that is left links to."""
    modules = next(prefix.glob(_MODULE_FOLDERS[0]), None)
    if modules is None:
        raise InstallError(f"Debian {debs.SUITE}'s asterisk package has no modules where they are expected")
    for module in modules.glob("*.so"):
        if module.stem not in MODULES:
            module.unlink()
    missing = [name for name in MODULES if not (modules / f"{name}.so").exists()]
    if missing:
        raise InstallError(f"Debian {debs.SUITE}'s Asterisk lacks modules we load: {', '.join(missing)}")
    libraries = modules.parents[1]
    wanted: set[Path] = set()
    for program in (prefix / "usr/sbin/asterisk", *modules.glob("*.so")):
        command = _through_loader(prefix, libraries, str(program), "--list")
        if command is None:
            raise InstallError("the unpacked C library has no dynamic loader")
        listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        for path in re.findall(r"=> (\S+)", listing):
            wanted.add(Path(path).resolve())
    for library in libraries.glob("*.so*"):
        kept = library.name.startswith(("ld-linux", "libnss_", "libasterisk")) or library.resolve() in wanted
        if not kept:
            library.unlink()
    for folder in libraries.iterdir():  # plug-ins of libraries: conversions, TLS providers, drivers
        if folder.is_dir() and folder.name != "asterisk":
            shutil.rmtree(folder)
    for folder in (prefix / "usr/share").iterdir():
        if folder.name != "asterisk":
            shutil.rmtree(folder) if folder.is_dir() else folder.unlink()
    for name in ("etc", "var", "usr/bin", "usr/include", "usr/games"):
        shutil.rmtree(prefix / name, ignore_errors=True)
    for program in (prefix / "usr/sbin").iterdir():
        if program.name != "asterisk":
            program.unlink()


def _version(command: tuple[str, ...]) -> str | None:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(done.stdout)
    return match[0].removeprefix("Asterisk ") if match and done.returncode == 0 else None


def _new_enough(version: str) -> bool:
    numbers = re.findall(r"\d+", version)
    return (int(numbers[0]), int(numbers[1])) >= MINIMUM


@contextlib.contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Another program is fetching Asterisk: waiting for it", 0, 1)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
