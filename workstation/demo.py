"""The demonstration: a book of fictional debtors who answer the phone, and the workstation to call them.

Each run is the next working day of the same book, so that what was done yesterday shows today.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from workstation import bootstrap, doctor, log
from workstation.clock import OFFSET_VARIABLE, Clock, shifted_clock, system_clock
from workstation.config import Settings, default_home, load
from workstation.floor.client import Client, SwitchboardLost
from workstation.floor.messages import SignIn
from workstation.plant import Plant, PlantError
from workstation.progress import Bars

ZONE = ZoneInfo("America/Chicago")
START = time(10, 7)
"""When a practice day begins: every United States zone is inside business hours."""
_READY_S = 30.0


@dataclass(frozen=True, slots=True)
class Notebook:
    """What the demonstration keeps between runs (mode 0600: it holds the practice passwords)."""

    day: str
    """The practice day of the last run, ISO 8601."""
    passwords: dict[str, str]
    """Generated at seeding; they open nothing but this fictional book."""


def run(home: Path | None, *, headless: bool, fresh: bool, role: str) -> int:
    """Run the demonstration; returns the exit status. Raises PlantError and what the parts raise."""
    if not headless and not sys.stdout.isatty():
        sys.stderr.write("dunline: this is no terminal; without one use: make demo ARGS=--headless\n")
        return 2
    base = home or default_home() / ("demo-headless" if headless else "demo")
    if fresh or headless:
        _clear(base)
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = load(base)
    log.set_up(settings.log_file)
    with Bars() as bars:
        for part in doctor.fix(settings, bars):
            if part.state != "ok":
                raise PlantError(f"{part.name}: {part.detail}")
        clock, notebook = _open_day(settings, bars)
        settings = load(base)  # the first day writes them
        bars("Starting Asterisk and the practice line", 0, 1)
        Plant.start(settings, bars)
        bars("Starting Asterisk and the practice line", 1, 1)
        if not headless:
            _past_calls(settings, clock, bars)
    if role not in notebook.passwords:
        sys.stderr.write(f"dunline: nobody called {role} here; there are {', '.join(notebook.passwords)}\n")
        return 2
    credentials = SignIn(username=role, password=notebook.passwords[role])
    try:
        with _switchboard(settings):
            if headless:
                from workstation.demo_headless import work_one_account

                return asyncio.run(work_one_account(settings, clock, credentials, sys.stdout.write))
            bootstrap.workstation(settings, clock, credentials=credentials).run()
            return 0
    finally:
        Plant.stop(settings)


def _clear(base: Path) -> None:
    """Forget a demonstration's home, and nothing that is not one."""
    if not base.exists():
        return
    if not (base / "demo.json").exists() and any(base.iterdir()):
        raise PlantError(
            f"{base} was not made by the demonstration: it is left alone; name another with --home"
        )
    Plant.stop(load(base))
    shutil.rmtree(base)


def _open_day(settings: Settings, progress: Callable[[str, int, int], None]) -> tuple[Clock, Notebook]:
    """Open the next practice day; the first one seeds the book."""
    file = settings.home / "demo.json"
    if file.exists():
        before = Notebook(**json.loads(file.read_text()))
        day = next_business_day(date.fromisoformat(before.day))
        passwords = before.passwords
        clock = _clock_at(day)
    else:
        from workstation.exchange.demo_book import seed_demo_book
        from workstation.store.demo_final import seed_final_notices

        day = first_day(system_clock().date())
        clock = _clock_at(day)
        progress("Writing a book of fictional debtors", 0, 1)
        (settings.home / "book.db").unlink(missing_ok=True)  # left half-written by a run that was cut off
        book = bootstrap.open_book(settings)
        passwords = seed_demo_book(book, clock()).passwords
        seed_final_notices(book, clock())
        book.close()
        _write_settings(settings.home)
        progress("Writing a book of fictional debtors", 1, 1)
    notebook = Notebook(day.isoformat(), passwords)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump(asdict(notebook), out)
    return clock, notebook


def _past_calls(settings: Settings, clock: Clock, progress: Callable[[str, int, int], None]) -> None:
    """Give the supervisor calls to review, on the first day."""
    from workstation import demo_talks

    done = settings.home / "past-calls"
    if done.exists():
        return
    book = bootstrap.open_book(settings)
    try:
        demo_talks.seed(book, settings, bootstrap.recordings_of(settings), clock, progress)
    finally:
        book.close()
    done.touch()


def _write_settings(home: Path) -> None:
    """Give the demonstration's company what its letters need, in names that no mail can reach (RFC 2606)."""
    file = home / "dunline.toml"
    if file.exists():
        return
    (home / "pay-page.toml").write_text(
        'name = "bank"\nurl = "https://pay.bradford.example/{reference}?amount={amount}&invoice={invoice}"\n'
    )
    file.write_text(
        "[post]\n"
        'sender_address = "receivables@bradford.example"\n'
        'opt_out = "stop@bradford.example"\n'
        'letterhead = ["400 Industrial Parkway", "Bradford, IL 61421"]\n'
        'pay_page = "pay-page.toml"\n'
        "\n[audit]\n"
        "random_percent = 50\n"
    )


def first_day(today: date) -> date:
    """The latest Wednesday before `today` that is no United States holiday."""
    day = today - timedelta(days=(today.weekday() - 2) % 7 or 7)
    while not _is_business_day(day):
        day -= timedelta(days=7)
    return day


def next_business_day(day: date) -> date:
    """The business day after `day`, in the United States."""
    day += timedelta(days=1)
    while not _is_business_day(day):
        day += timedelta(days=1)
    return day


def _is_business_day(day: date) -> bool:
    import holidays

    return day.weekday() < 5 and day not in holidays.country_holidays("US", years=day.year)


def _clock_at(day: date) -> Clock:
    start = datetime.combine(day, START, ZONE).astimezone(UTC)
    offset = start - system_clock()
    os.environ[OFFSET_VARIABLE] = str(offset.total_seconds())  # the switchboard and its like inherit it
    return shifted_clock(offset)


@contextlib.contextmanager
def _switchboard(settings: Settings) -> Iterator[None]:
    """Run the switchboard in a process of its own, as on a real floor."""
    said = settings.home / "log" / "switchboard.txt"
    said.parent.mkdir(parents=True, exist_ok=True)
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workstation.cli", "switchboard", "--home", str(settings.home)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        asyncio.run(_await_ready(settings, process, said))
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _await_ready(settings: Settings, process: subprocess.Popen[bytes], said: Path) -> None:
    for _ in range(int(_READY_S / 0.1)):
        client = Client(settings.switchboard_socket)
        with contextlib.suppress(SwitchboardLost):
            await client.connect()
            await client.close()
            return
        if process.poll() is not None:
            break
        await asyncio.sleep(0.1)
    last = (await asyncio.to_thread(said.read_text)).strip().splitlines()
    raise PlantError(f"the switchboard did not start: {last[-1] if last else f'see {settings.log_file}'}")
