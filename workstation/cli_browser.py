"""``dunline serve``: the workstation in a web browser."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import signal
import ssl
from pathlib import Path
from typing import Annotated

import typer

from workstation.clock import clock_from_environment
from workstation.config import ConfigError, load

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]


def add_to(app: typer.Typer) -> None:
    """Hang the command on the tree."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8420,
    certificate: Annotated[
        Path | None, typer.Option(exists=True, help="TLS certificate chain (PEM); needed off this machine.")
    ] = None,
    key: Annotated[Path | None, typer.Option(exists=True, help="The certificate's key (PEM).")] = None,
    home: Home = None,
) -> None:
    """Serve the workstation to web browsers, behind a sign-in page of its own."""
    from workstation import bootstrap, log
    from workstation.browser.server import serve as run
    from workstation.cli import plainly

    with plainly():
        settings = load(home)
        log.set_up(settings.log_file)
        tls = _tls(certificate, key)
        if tls is None and not _is_here(host):
            raise ConfigError(
                f"--host {host}: passwords would cross the network in the clear; give --certificate and "
                "--key, or listen on 127.0.0.1 and put a server with TLS in front"
            )
        server = bootstrap.browser_server(settings, clock_from_environment(), secure=tls is not None)

        async def until_stopped() -> None:
            task = asyncio.ensure_future(run(server, host, port, tls, _ready))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task

        try:
            asyncio.run(until_stopped())
        except OSError as wrong:
            raise ConfigError(f"cannot listen on {host} port {port}: {wrong.strerror or wrong}") from None


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ConfigError("--certificate and --key belong together: give both")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as wrong:
        raise ConfigError(f"{certificate}, {key}: no usable certificate and key: {wrong}") from None
    return context


def _is_here(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ready(address: str) -> None:
    typer.echo(f"serving on {address}   Ctrl+C ends it; calls stay up")
