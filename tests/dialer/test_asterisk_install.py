"""Finding or fetching an Asterisk. The fetch itself runs when the cache of the fixtures is cold."""

import hashlib
import os
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dialer.asterisk import debs, install, mirror
from dialer.asterisk.addresses import HostPort
from dialer.asterisk.errors import InstallError
from dialer.asterisk.install import Installation, find_or_install, find_private, find_system
from dialer.asterisk.instance import Instance
from dialer.asterisk.modules import ESSENTIAL, MODULES
from dialer.asterisk.settings import Settings

ONE_LINE = """
# deb http://commented.invalid/debian bookworm main
deb-src http://source.invalid/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://first.invalid/debian bookworm main contrib # note main
deb http://other.invalid/debian bookworm contrib
deb http://vendor.invalid/packages stable main
"""
DEB822 = """# a comment
Types: deb deb-src
URIs: http://second.invalid/debian
  mirror+file:/etc/apt/mirrors/debian.list
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.invalid/debian
Suites: x
Components: main

Types: deb-src
URIs: http://source.invalid/debian
Suites: x
Components: main
"""


def test_mirrors_are_read_from_both_kinds_of_sources(tmp_path: Path) -> None:
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (folder / "debian.sources").write_text(DEB822)
    (folder / "ignored.save").write_text("deb http://ignored.invalid/debian x main")
    assert mirror._of_sources(tmp_path / "sources.list", folder) == [
        "http://first.invalid/debian",
        "http://second.invalid/debian",
        "mirror+file:/etc/apt/mirrors/debian.list",
    ]
    assert mirror._of_sources(tmp_path / "absent", tmp_path / "absent.d") == []


def test_a_named_mirror_goes_first_and_is_checked() -> None:
    named = {mirror.VARIABLE: " https://named.invalid/debian "}
    assert mirror.find_mirror(named) == "https://named.invalid/debian"
    for bad in ("just words", "http://x.invalid/ forky main\ndeb y", "[trusted=yes]"):
        with pytest.raises(InstallError, match=mirror.VARIABLE):
            mirror.find_mirror({mirror.VARIABLE: bad})


def test_without_package_lists_the_sources_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mirror, "_of_apt", list)
    (tmp_path / "sources.list").write_text(
        "deb http://safe.invalid/debian-security x main\n" + ONE_LINE, encoding="utf-8"
    )
    monkeypatch.setattr(mirror, "_source_places", lambda: (tmp_path / "sources.list", tmp_path))
    assert mirror.find_mirror({}) == "http://first.invalid/debian"
    (tmp_path / "sources.list").unlink()
    with pytest.raises(InstallError, match=mirror.VARIABLE):
        mirror.find_mirror({})


def test_machines_that_cannot_fetch_are_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(debs, "_KEYRINGS", (tmp_path / "none.gpg",))
    for tool in debs._TOOLS:
        (tmp_path / tool).write_text("#!/bin/sh\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InstallError, match="debian-archive-keyring"):
        debs.check_tools()
    (tmp_path / "dpkg-deb").unlink()
    with pytest.raises(InstallError, match=r"dpkg-deb not found.*Install Asterisk"):
        install.install(tmp_path)


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debs, "check_tools", lambda: tmp_path)
    monkeypatch.setattr(debs, "ROOM_NEEDED", 10**18)
    monkeypatch.setenv(mirror.VARIABLE, "http://named.invalid/debian")
    with pytest.raises(InstallError, match="MB free"):
        install.install(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InstallError, match="cannot make the cache directory"):
        install.install(tmp_path / "file" / "cache")


@pytest.mark.parametrize(
    ("version", "enough"),
    [("22.4.9", False), ("22.5.0", True), ("22.10.1+dfsg", True), ("20.11.0", False), ("23.0.0", True)],
)
def test_versions(version: str, enough: bool) -> None:
    assert install._new_enough(version) is enough


def fake_system(root: Path, version: str) -> None:
    (root / "bin").mkdir(parents=True)
    program = root / "bin/asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    program.chmod(0o755)
    modules = root / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    modules.mkdir(parents=True)
    for name in ESSENTIAL:
        (modules / f"{name}.so").touch()
    (root / "usr/share/asterisk").mkdir(parents=True)


def test_a_system_asterisk_must_be_new_and_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, version in (("new", "22.5.1"), ("old", "20.6.0"), ("broken", "")):
        fake_system(tmp_path / name, version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'new/bin'}:/usr/bin:/bin")
    found = find_system(tmp_path / "new")
    assert found is not None
    assert (found.version, found.private) == ("22.5.1", False)
    assert found.data == tmp_path / "new/usr/share/asterisk"
    next((tmp_path / "new").glob(f"usr/lib/*/asterisk/modules/{ESSENTIAL[0]}.so")).unlink()
    assert find_system(tmp_path / "new") is None
    for name in ("old", "broken"):
        monkeypatch.setenv("PATH", f"{tmp_path / name / 'bin'}:/usr/bin:/bin")
        assert find_system(tmp_path / name) is None


def test_a_half_made_folder_is_not_taken(tmp_path: Path) -> None:
    assert find_private(tmp_path) is None
    (tmp_path / install.FOLDER / "usr/lib/x/asterisk/modules").mkdir(parents=True)
    assert find_private(tmp_path) is None
    (tmp_path / install.FOLDER / "layout").write_text(install._LAYOUT)
    assert find_private(tmp_path) is None


needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="not a Debian-like machine")


@needs_apt
def test_a_mirror_that_does_not_answer_is_told_in_apts_words(tmp_path: Path) -> None:
    apt = debs.PrivateApt(tmp_path / "apt", "file:/nonexistent/debian", tmp_path / "keys.gpg")
    with pytest.raises(InstallError, match=r"apt-get update failed.*\n.*nonexistent"):
        apt.download(install.no_progress)


@needs_apt
def test_packages_are_unpacked_recorded_and_slimmed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in ("usr/sbin/asterisk", "usr/share/doc/x/README", "usr/share/asterisk/moh/tune.wav"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN/control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@b.invalid>\nDescription: x\n"
    )
    deb = tmp_path / "x_1_all.deb"
    subprocess.run(["dpkg-deb", "--build", tree, deb], check=True, capture_output=True)
    sum_of_deb = hashlib.sha256(deb.read_bytes()).hexdigest()
    steps: list[tuple[int, int]] = []
    record = debs.unpack([deb], tmp_path / "prefix", lambda _, done, total: steps.append((done, total)))
    assert record == [f"{sum_of_deb}  x_1_all.deb"]
    assert steps == [(0, 1), (1, 1)]
    assert (
        tmp_path / "prefix/usr/share/asterisk/moh/tune.wav"
    ).read_text() == "usr/share/asterisk/moh/tune.wav"
    assert not (tmp_path / "prefix/usr/share/doc").exists()
    assert not deb.exists()
    with pytest.raises(InstallError, match="modules"):
        install._prune(tmp_path / "prefix")


@pytest.mark.asterisk
def test_what_was_installed(asterisk_installation: Installation) -> None:
    if not asterisk_installation.private:
        pytest.skip("this machine has an Asterisk of its own")
    assert asterisk_installation.record is not None
    lines = asterisk_installation.record.read_text().splitlines()
    assert any("  asterisk_" in line for line in lines)
    assert all(len(line.split("  ")[0]) == len(hashlib.sha256().hexdigest()) for line in lines)
    here = {path.stem for path in asterisk_installation.modules.glob("*.so")}
    assert here == set(MODULES)
    assert not stat.S_IMODE(asterisk_installation.modules.stat().st_mode) & 0o002


@pytest.mark.asterisk
def test_the_second_caller_finds_it_done(asterisk_installation: Installation) -> None:
    if asterisk_installation.record is None:
        pytest.skip("this machine has an Asterisk of its own")
    cache = asterisk_installation.record.parents[1]
    steps: list[str] = []

    def look(_: int) -> Installation:
        return find_or_install(cache, lambda label, done, total: steps.append(label))

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(look, range(3))) == {asterisk_installation}
    assert install.install(cache) == asterisk_installation
    assert steps == []


@pytest.mark.asterisk
def test_a_system_asterisk_runs_our_instance(
    asterisk_installation: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The private one, dressed up as the system's: a program on PATH, modules and data under /usr."""
    if asterisk_installation.record is None:
        pytest.skip("this machine has an Asterisk of its own, and every other test runs on it")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/asterisk"
    program.write_text(f'#!/bin/sh\nexec {" ".join(asterisk_installation.command)} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    found = find_system(asterisk_installation.record.parent)
    assert found is not None
    assert not found.private
    one = Instance.create(tmp_path / "home", found, Settings(carrier=HostPort("127.0.0.2", 5080)))
    one.start()
    try:
        assert one.running()
        assert "22" in one.cli("core show version")
    finally:
        one.stop()
