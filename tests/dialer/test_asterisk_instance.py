"""A private Asterisk as a process: homes, ports, secrets, starts and ends."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dialer.asterisk import process, record, render
from dialer.asterisk.addresses import HostPort
from dialer.asterisk.errors import AsteriskError, NotRunning, SettingsError, StartError
from dialer.asterisk.install import Installation
from dialer.asterisk.instance import Instance
from dialer.asterisk.modules import MODULES
from dialer.asterisk.settings import Settings
from tests.fixtures.asterisk import MakeAsterisk

NOWHERE = Installation(
    "22.10.1", ("/nonexistent/asterisk",), Path("/nonexistent/m"), Path("/nonexistent/d"), True
)


@pytest.fixture(autouse=True)
def short_places(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run folders of long homes land where they are swept up."""
    with tempfile.TemporaryDirectory(prefix="dl-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield
        monkeypatch.undo()


# ---- without a process ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"phones": ("1001\nsecret=x",)}, "extension"),
        ({"phones": ("carrier",)}, "extension"),
        ({"phones": ("600",)}, "echo test"),
        ({"phones": ("1001", "1001")}, "twice"),
        ({"codecs": ("ulaw", "opus")}, "opus"),
        ({"codecs": ()}, "codec"),
        ({"carrier": HostPort("evil;host", 5060)}, "carrier"),
        ({"practice": HostPort("127.0.0.1", 70000)}, "practice"),
    ],
)
def test_settings_that_could_not_be_written(settings: dict[str, tuple[str, ...]], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings(**settings)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("name", ["semi;colon", "new\nline", "quo'te", "com,ma", "tem{{plate}}"])
def test_homes_asterisk_could_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="characters"):
        Instance.create(tmp_path / name, NOWHERE, Settings())


def test_only_the_owner_reads_secrets(tmp_path: Path) -> None:
    made = Instance.create(tmp_path / "home", NOWHERE, Settings())
    assert stat.S_IMODE(made.home.stat().st_mode) == 0o700
    for path in (made.home / "instance.toml", *made.home.glob("etc/*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    everything = made.ami.secret, made.ari.password, made.phone_secret("1001"), made.phone_secret("1002")
    assert len(set(everything)) == 4
    assert min(map(len, everything)) >= 24
    shown = repr((made.ami, made.ari, made._record.secrets))
    assert not any(secret in shown for secret in everything)
    with pytest.raises(SettingsError, match="1009"):
        made.phone_secret("1009")


def test_making_it_again_keeps_ports_and_secrets(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = Instance.create(home, NOWHERE, Settings())
    wanted = Settings(
        phones=("1002", "1003"),
        carrier=HostPort("127.0.0.2", 5080),
        practice=HostPort("::1", 9092),
        codecs=("slin16", "ulaw"),
    )
    second = Instance.create(home, NOWHERE, wanted)
    opened = Instance.open(home)
    assert opened.settings == second.settings == wanted
    assert (opened.ami, opened.ari, opened.sip_port) == (first.ami, first.ari, first.sip_port)
    assert opened.phone_secret("1002") == first.phone_secret("1002")
    assert "[1001]" not in (home / "etc/pjsip.conf").read_text()
    assert opened.recordings == home / "spool/monitor"
    assert opened.version == "22.10.1"
    assert not opened.running()
    with pytest.raises(NotRunning):
        opened.cli("core show version")
    with pytest.raises(StartError, match="gone"):
        opened.start()


@pytest.mark.parametrize("text", ["run = 3", "not toml at all", ""])
def test_damaged_and_absent_records(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"no Asterisk instance in"):
        Instance.open(tmp_path)
    (tmp_path / "instance.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"instance\.toml"):
        Instance.open(tmp_path)


def test_odd_paths_survive_the_record(tmp_path: Path) -> None:
    home = tmp_path / "Zoë's".replace("'", "") / "a home with blanks"
    made = Instance.create(home, NOWHERE, Settings())
    assert Instance.open(home).recordings == made.recordings


def test_every_file_listens_on_loopback_only(tmp_path: Path) -> None:
    settings = Settings(carrier=HostPort("127.0.0.2", 5080))
    made = Instance.create(tmp_path / "home", NOWHERE, settings)
    written = render.files(made.home, made._record)
    bound = [
        line
        for text in written.values()
        for line in text.splitlines()
        if line.startswith(("bind", "bindaddr", "media_address"))
    ]
    assert len(bound) >= 5
    assert all("127.0.0.1" in line or "= yes" in line or line.startswith("bindport") for line in bound)
    manager = written["manager.conf"]
    assert "read = system,call,user,dtmf\n" in manager
    assert "write = system,call,originate,user\n" in manager
    for way_out in (
        "app_originate",
        "res_clioriginate",
        "pbx_spool",
        "app_system",
        "func_shell",
        "res_pjsip_refer",
    ):
        assert way_out not in MODULES


def test_files_no_longer_needed_go(tmp_path: Path) -> None:
    made = Instance.create(tmp_path / "home", NOWHERE, Settings())
    stale = made.home / "etc/queues.conf"
    stale.write_text("[general]\n")
    Instance.create(made.home, NOWHERE, Settings())
    assert not stale.exists()


def test_a_long_home_gets_a_short_run_folder(tmp_path: Path) -> None:
    made = Instance.create(tmp_path / ("long" * 20) / ("home" * 10), NOWHERE, Settings())
    run = Path(made._record.run)
    try:
        assert len(str(run / "asterisk.ctl")) <= 100
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
        run.chmod(0o777)
        with pytest.raises(SettingsError, match="somebody else"):
            Instance.create(made.home, NOWHERE, Settings())
    finally:
        run.chmod(0o700)


def test_a_stale_pid_does_not_mislead(tmp_path: Path) -> None:
    pid_file, config = tmp_path / "asterisk.pid", tmp_path / "asterisk.conf"
    assert process.find(pid_file, config) is None
    for text in ("", "none", "99999999", str(os.getpid()), "1"):
        pid_file.write_text(text)
        assert process.find(pid_file, config) is None


def test_ports_lie_below_the_ephemeral_range() -> None:
    ports = record.new_ports()
    assert len({ports.ami, ports.http, ports.sip}) == 3
    lowest_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if lowest_ephemeral > 20000:
        assert max(ports.ami, ports.http, ports.sip, ports.rtp_last) < lowest_ephemeral
    assert ports.rtp_first % 2 == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.ami))
        taken.listen()
        assert not record.still_free(ports)
    assert record.still_free(ports)


# ---- with a process ---------------------------------------------------------------------------------------

real = pytest.mark.asterisk


@real
def test_it_loads_what_is_listed_and_complains_of_nothing(make_asterisk: MakeAsterisk) -> None:
    asterisk = make_asterisk()  # one that nobody has asked for what it must refuse
    listing = asterisk.cli("module show")
    running = {
        line.split(".so")[0] for line in listing.splitlines() if ".so" in line and "Not Running" not in line
    }
    assert running == set(MODULES)
    log = (asterisk.home / "log/messages.log").read_text()
    assert "WARNING" not in log
    assert "ERROR" not in log
    assert "opt" not in asterisk.cli("core show application NoSuch")
    assert os.getsid(asterisk.pid or 0) != os.getsid(0)


@real
def test_codecs_are_wideband_first(asterisk: Instance) -> None:
    assert "allow                              : (g722|slin16|ulaw|alaw)" in asterisk.cli(
        "pjsip show endpoint 1001"
    )


@real
def test_stop_start_kill_and_start_again(make_asterisk: MakeAsterisk) -> None:
    one = make_asterisk(start=False)
    steps: list[tuple[str, int, int]] = []
    one.start(lambda *step: steps.append(step))
    assert steps == [("Starting Asterisk", 0, 1), ("Starting Asterisk", 1, 1)]
    first = one.pid
    one.start()
    assert one.pid == first
    one.stop()
    assert not one.running()
    one.stop()
    one.start()
    second = one.pid
    one.kill()
    assert not one.running()
    assert (Path(one._record.run) / "asterisk.pid").exists()
    assert (Path(one._record.run) / "asterisk.ctl").exists()
    ports = one.ami.port, one.ari.port, one.sip_port
    began = time.monotonic()
    again = Instance.open(one.home)
    again.start()
    assert time.monotonic() - began < 15  # 0.8 s on a quiet machine
    assert again.pid not in {None, second}
    assert (again.ami.port, again.ari.port, again.sip_port) == ports


@real
def test_a_stolen_port_is_replaced(make_asterisk: MakeAsterisk) -> None:
    one = make_asterisk(start=False)
    before = one.ami
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", before.port))
        thief.listen()
        one.start()
        assert one.ami.port != before.port
        assert one.ami.secret == before.secret
        assert Instance.open(one.home).ami == one.ami


@real
def test_several_side_by_side_and_outliving_their_starter(
    make_asterisk: MakeAsterisk, asterisk: Instance
) -> None:
    ours = [make_asterisk(start=False), make_asterisk(start=False)]
    program = "import sys; from pathlib import Path; from dialer.asterisk.instance import Instance; "
    program += "Instance.open(Path(sys.argv[1])).start()"
    with ThreadPoolExecutor() as pool:
        # Two starters of the same home at once: one starts it, the other finds it up.
        homes = [ours[0].home, ours[0].home, ours[1].home]
        jobs = [
            pool.submit(subprocess.run, [sys.executable, "-c", program, str(home)], check=True)
            for home in homes
        ]
        for job in jobs:
            job.result()
    pids = {asterisk.pid, *(one.pid for one in ours)}
    assert None not in pids
    assert len(pids) == 3


@real
def test_a_start_that_fails_says_why(make_asterisk: MakeAsterisk, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_asterisk(start=False)
    files = render.files

    def broken(home: Path, saved: record.Record) -> dict[str, str]:
        return files(home, saved) | {"modules.conf": "[modules]\nautoload=no\nrequire = res_nonesuch.so\n"}

    monkeypatch.setattr(render, "files", broken)
    with pytest.raises(StartError, match="res_nonesuch"):
        one.start()
    assert not one.running()
    monkeypatch.undo()
    one.start()
    assert one.running()


@real
def test_a_long_home_runs(asterisk_installation: Installation, tmp_path: Path) -> None:
    one = Instance.create(tmp_path / ("long" * 20) / ("home" * 10), asterisk_installation, Settings())
    try:
        one.start()
        assert "Asterisk 22" in one.cli("core show version")
    finally:
        one.stop()


@real
def test_sigterm_ends_it(make_asterisk: MakeAsterisk) -> None:
    one = make_asterisk()
    assert one.pid is not None
    assert process.end(one.pid, one.home / "etc/asterisk.conf", 10, signal.SIGTERM)
    assert not one.running()


def test_every_error_has_one_root() -> None:
    assert issubclass(SettingsError, AsteriskError)
    assert issubclass(StartError, AsteriskError)
    assert issubclass(NotRunning, AsteriskError)
