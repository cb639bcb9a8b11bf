"""The workstation in a browser: who gets in, what a page may load, and the real thing in a real Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.fixtures.book import WEDNESDAY
from tests.ui.test_audit import call_to_review, record
from workstation import bootstrap
from workstation.clock import OFFSET_VARIABLE
from workstation.config import load
from workstation.desk.audit_figures import Judged
from workstation.exchange.demo_book import seed_demo_book

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Served:
    """A running ``dunline serve`` on the demonstration's book on a Wednesday, with a call to review."""

    def __init__(self, home: Path) -> None:
        self.settings = load(home)
        book = bootstrap.open_book(self.settings)
        self.password = seed_demo_book(book, WEDNESDAY).passwords["morgan"]
        self.call_id = call_to_review(book, WEDNESDAY)
        book.close()
        record(bootstrap.recordings_of(self.settings), self.call_id)
        offset = (WEDNESDAY - datetime.now(UTC)).total_seconds()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workstation.cli", "serve", "--port", "0", "--home", str(home)],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {OFFSET_VARIABLE: str(offset)},
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[2].rstrip("/")

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(15) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("served"))
    yield one
    one.stop()


@pytest.fixture
async def web(served: Served) -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
    async with aiohttp.ClientSession(served.url, cookie_jar=jar) as session:
        yield session


async def sign_in(web: aiohttp.ClientSession, password: str, **headers: str) -> int:
    form = {"username": "morgan", "password": password, "code": "", "extension": ""}
    async with web.post("/sign-in", data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def test_nobody_gets_a_terminal_or_a_file_before_signing_in(web: aiohttp.ClientSession) -> None:
    async with web.get("/") as page:
        assert "Sign in" in await page.text()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await web.ws_connect("/ws")
    assert refused.value.status == 403
    async with web.get("/download/anything") as file:
        assert file.status == 403


async def test_a_wrong_password_is_told_and_a_name_is_never_markup(web: aiohttp.ClientSession) -> None:
    assert await sign_in(web, "wrong") == 403
    hostile = {"username": '"><script>alert(1)</script>', "password": "x"}
    async with web.post("/sign-in", data=hostile) as answer:
        text = await answer.text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


async def test_a_page_of_another_site_can_neither_sign_in_nor_open_a_terminal(
    served: Served,
    web: aiohttp.ClientSession,
) -> None:
    assert await sign_in(web, served.password, Origin="https://elsewhere.example") == 403
    assert await sign_in(web, served.password) == 303
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await web.ws_connect("/ws", origin="https://elsewhere.example")
    assert refused.value.status == 403


async def test_the_cookie_is_out_of_reach_and_pages_load_nothing_from_elsewhere(
    served: Served,
    web: aiohttp.ClientSession,
) -> None:
    assert await sign_in(web, served.password) == 303
    (cookie,) = web.cookie_jar
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    async with web.get("/") as page:
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        text = await page.text()
    assert served.password not in text
    assert "http://" not in text.replace(f"http://{page.host}", "")
    assert "https://" not in text


async def test_signing_out_ends_the_terminal_and_the_session(
    served: Served, web: aiohttp.ClientSession
) -> None:
    assert await sign_in(web, served.password) == 303
    async with web.ws_connect("/ws?width=100&height=30") as terminal:
        assert (await terminal.receive(timeout=30)).type is aiohttp.WSMsgType.BINARY
        async with web.get("/sign-out") as page:
            assert "Sign in" in await page.text()
        ends = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        while (await terminal.receive(timeout=30)).type not in ends:
            pass
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await web.ws_connect("/ws")


def test_off_this_machine_it_needs_tls(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workstation.cli", "serve", "--host", "192.0.2.7", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--certificate and --key" in done.stderr


@pytest.fixture
def page(served: Served) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1320, "height": 900})
        page.goto(served.url)
        yield page
        browser.close()


class Terminal:
    """What a page's terminal was sent: its text stands there in runs, styles between them."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._sent: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes):
            self._sent.append(frame.decode(errors="replace"))

    def press(self, *keys: str) -> None:
        """Press keys; what is shown from here on is their doing."""
        self._sent.clear()
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type a text."""
        self._sent.clear()
        self.page.keyboard.type(text)

    def shows(self, text: str) -> None:
        """Wait until a text was drawn since the last key."""
        for _ in range(200):
            if text in "".join(self._sent):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{text!r} was not drawn: {''.join(self._sent)[-2000:]!r}")


def keep_picture(page: Any, name: str) -> None:
    """Keep a screenshot where somebody asked for it (DUNLINE_PICTURES)."""
    if folder := os.environ.get("DUNLINE_PICTURES"):
        page.screenshot(path=str(Path(folder) / name))


def test_a_supervisor_confirms_a_finding_in_a_browser(served: Served, page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    files: set[tuple[int, str]] = set()

    def answered(response: Any) -> None:
        if "/download/" in response.url:
            files.add((response.status, response.headers["content-type"]))

    page.context.on("response", answered)
    terminal = Terminal(page)
    page.fill("#username", "morgan")
    page.fill("#password", served.password)
    page.press("#password", "Enter")
    page.wait_for_selector("body.-first-byte", timeout=30_000)
    terminal.shows("FLOOR")
    terminal.press("g")
    terminal.shows("PLACES")
    terminal.type("audit")
    terminal.press("Enter")
    terminal.shows("arrest")
    terminal.press("Enter")
    terminal.shows("arrested")
    keep_picture(page, "audit-browser.png")
    with page.context.expect_page() as opened:
        terminal.press("p")
    opened.value.wait_for_load_state()
    assert files == {(200, "audio/wav")}
    terminal.press("c")
    terminal.shows("onfirmed")
    book = bootstrap.open_book(served.settings)
    try:
        morgan = book.find_user("morgan").user_id
        verdicts = book.audit_sheet(served.call_id, morgan, WEDNESDAY).verdicts
    finally:
        book.close()
    assert [v.judged for v in verdicts] == [Judged.CONFIRMED]
    assert {url for url in asked if not url.startswith((served.url, "data:", "blob:"))} == set()
