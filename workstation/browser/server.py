"""The web server: signs people in, then runs one workstation behind each open page.

Each page's workstation is a process of its own, ``dunline open``, which Textual's web driver connects to the
page. It gets its session by environment, never by argument, and dies with the page; a call goes on.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import urlsplit

import structlog
from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from workstation.browser import pages
from workstation.browser.sessions import COOKIE, BrowserSession, BrowserSessions
from workstation.clock import Clock

log = structlog.get_logger(__name__)

SESSION_VARIABLE = "DUNLINE_SESSION"
"""Carries a session's token to the workstation behind a page."""
_SIZES = range(8, 33)
_LARGEST = 500
"""Columns or rows; more is not a screen."""
_PLAYED = 8
"""Files opened in a tab that are kept for the tab to ask again."""

SignIn = Callable[[str, str, str, str], BrowserSession]
"""User name, password, code and extension to a session. Raises Refused."""


class Refused(Exception):
    """Why nobody was signed in, in one line for the page."""


class _Page(AppService):
    """The workstation behind one page."""

    def __init__(
        self, command: list[str], token: str, socket: web.WebSocketResponse, downloads: DownloadManager
    ) -> None:
        async def close() -> None:
            await socket.close()

        super().__init__(
            " ".join(command),
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=downloads,
        )
        self._arguments = command
        self._token = token

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return super()._build_environment(width, height) | {SESSION_VARIABLE: self._token}

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        # The library's own goes through a shell, which nothing here needs.
        self._process = process = await asyncio.create_subprocess_exec(
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width, height),
        )
        self._stdin = process.stdin
        return process


class BrowserServer:
    """Serves the workstation to browsers of people who sign in."""

    def __init__(
        self, sign_in: SignIn, arguments: list[str], company: str, clock: Clock, *, secure: bool = False
    ) -> None:
        """`arguments` follow ``dunline`` to open a workstation; `secure` says that pages come over TLS."""
        self._sign_in = sign_in
        self._command = [sys.executable, "-m", "workstation.cli", *arguments]
        self._company = company
        self._clock = clock
        self._secure = secure
        self._sessions = BrowserSessions()
        self._downloads = DownloadManager()
        self._played: dict[str, tuple[bytes, str, str, str]] = {}
        self._sockets: dict[str, set[web.WebSocketResponse]] = {}

    def app(self) -> web.Application:
        """Return the application with its routes."""
        app = web.Application(middlewares=[self._headers], client_max_size=16 * 1024)
        static = files("textual_serve").joinpath("static")
        app.add_routes(
            [
                web.get("/", self._index),
                web.post("/sign-in", self._post_sign_in),
                web.get("/sign-out", self._sign_out),
                web.get("/ws", self._socket),
                web.get("/download/{key}", self._download),
                web.get("/own/page.css", self._css),
                web.get("/own/page.js", self._js),
                web.static("/static", str(static)),
            ]
        )
        app.on_shutdown.append(self._close_all)
        return app

    # -- pages -------------------------------------------------------------------------------------------

    async def _index(self, request: web.Request) -> web.Response:
        if self._session(request) is None:
            return _html(pages.sign_in(self._company))
        wanted = request.query.get("fontsize", "")
        size = int(wanted) if wanted.isdigit() and int(wanted) in _SIZES else 16
        scheme = "wss" if self._secure else "ws"
        return _html(pages.terminal(f"{scheme}://{request.host}/ws", size))

    async def _css(self, _request: web.Request) -> web.Response:
        return web.Response(text=pages.CSS, content_type="text/css")

    async def _js(self, _request: web.Request) -> web.Response:
        return web.Response(text=pages.JS, content_type="text/javascript")

    async def _post_sign_in(self, request: web.Request) -> web.Response:
        if not _same_origin(request):
            return _html(pages.sign_in(self._company, "Sign in from this page itself."), status=403)
        form = await request.post()
        given = [str(form.get(name, "")) for name in ("username", "password", "code", "extension")]
        try:
            session = await asyncio.to_thread(self._sign_in, *given)
        except Refused as wrong:
            return _html(pages.sign_in(self._company, str(wrong), given[0]), status=403)
        response: web.Response = web.HTTPSeeOther("/")
        response.set_cookie(
            COOKIE,
            self._sessions.begin(session, self._clock()),
            httponly=True,
            samesite="Strict",
            secure=self._secure,
            path="/",
        )
        log.info("signed in by browser", username=session.username, address=request.remote)
        return response

    async def _sign_out(self, request: web.Request) -> web.Response:
        cookie = request.cookies.get(COOKIE)
        self._sessions.end(cookie)
        for socket in list(self._sockets.get(cookie or "", ())):
            await socket.close()
        response: web.Response = web.HTTPSeeOther("/")
        response.del_cookie(COOKIE, path="/")
        return response

    # -- the terminal ------------------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        session = self._session(request)
        if session is None or not _same_origin(request):
            raise web.HTTPForbidden(text="sign in first")
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=256 * 1024)
        await socket.prepare(request)
        mine = self._sockets.setdefault(request.cookies[COOKIE], set())
        mine.add(socket)
        page = _Page(self._command, session.token, socket, self._downloads)
        try:
            await page.start(_cells(request, "width", 80), _cells(request, "height", 24))
            await self._feed(socket, page)
        finally:
            mine.discard(socket)
            await page.stop()
        return socket

    async def _feed(self, socket: web.WebSocketResponse, page: _Page) -> None:
        """Hand what the page sends to its workstation; anything that is not its protocol is left out."""
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                kind, *rest = message.json()
                if kind == "stdin":
                    await page.send_bytes(str(rest[0]).encode())
                elif kind == "resize":
                    width, height = int(rest[0]["width"]), int(rest[0]["height"])
                    await page.set_terminal_size(min(width, _LARGEST), min(height, _LARGEST))
                elif kind == "ping":
                    await socket.send_json(["pong", rest[0]])
                elif kind in ("blur", "focus"):
                    await (page.blur() if kind == "blur" else page.focus())
            except (ValueError, TypeError, KeyError, IndexError):
                log.warning("a page sent what no page sends", address=str(socket))

    async def _download(self, request: web.Request) -> web.Response:
        """Send a file that a workstation delivers, such as a stretch of a recording.

        A workstation hands a file over once; a browser that plays it asks for it again.
        """
        if self._session(request) is None:
            raise web.HTTPForbidden(text="sign in first")
        key = request.match_info["key"]
        kept = self._played.get(key)
        if kept is not None:
            return _file(*kept)
        try:
            about = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound(text="this file is not here any more") from None
        body = b"".join([chunk async for chunk in self._downloads.download(key)])
        how = "inline" if about.open_method == "browser" else "attachment"
        if how == "inline":
            self._played[key] = (body, about.mime_type, how, about.file_name)
            while len(self._played) > _PLAYED:
                self._played.pop(next(iter(self._played)))
        return _file(body, about.mime_type, how, about.file_name)

    # -- inside ------------------------------------------------------------------------------------------

    def _session(self, request: web.Request) -> BrowserSession | None:
        return self._sessions.find(request.cookies.get(COOKIE), self._clock())

    async def _close_all(self, _app: web.Application) -> None:
        for sockets in self._sockets.values():
            for socket in list(sockets):
                await socket.close()

    @web.middleware
    async def _headers(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as raised:
            _protect(raised)
            raise
        if not response.prepared:
            _protect(response)
        return response


def _protect(response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = pages.POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")


def _file(body: bytes, kind: str, how: str, name: str) -> web.Response:
    safe = "".join(c if c.isalnum() or c in "._-" else "_" for c in name)
    about = {"Content-Type": kind, "Content-Disposition": f'{how}; filename="{safe}"'}
    return web.Response(body=body, headers=about)


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, content_type="text/html", status=status)


def _same_origin(request: web.Request) -> bool:
    """Whether the browser says that one of our own pages asks; a program that sends no origin may ask too."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _cells(request: web.Request, name: str, otherwise: int) -> int:
    given = request.query.get(name, "")
    return min(int(given), _LARGEST) if given.isdigit() and int(given) else otherwise


async def serve(
    server: BrowserServer, host: str, port: int, tls: ssl.SSLContext | None, on_ready: Callable[[str], None]
) -> None:
    """Serve until cancelled. Raises OSError where the port cannot be had."""
    runner = web.AppRunner(server.app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        await site.start()
        sockets = site._server.sockets if isinstance(site._server, asyncio.Server) else ()
        chosen = sockets[0].getsockname()[1] if sockets else port
        on_ready(f"{'https' if tls else 'http'}://{host}:{chosen}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
