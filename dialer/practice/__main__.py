"""``python -m dialer.practice``: the practice line as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from pathlib import Path

from dialer.practice.control import ControlServer
from dialer.practice.persona import PersonaError, load_personas, shipped_personas
from dialer.practice.process import STATE_FILE
from dialer.practice.server import PracticeServer
from dialer.practice.voices import Speaker, VoiceUnavailable

_log = logging.getLogger("dialer.practice")


def main() -> int:
    """Run until SIGTERM or SIGINT. Returns the exit status."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(relativeCreated)d ms %(levelname)s %(message)s")
    try:
        asyncio.run(_run(arguments))
    except (OSError, ValueError, PersonaError) as error:
        _log.error("%s", error)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dialer.practice", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen on")
    parser.add_argument("--port", type=int, default=0, help="AudioSocket port; 0 chooses a free one")
    parser.add_argument(
        "--control", type=int, default=0, metavar="PORT", help="control port; 0 chooses a free one"
    )
    parser.add_argument("--cache", type=Path, required=True, help="folder that keeps synthesised lines")
    parser.add_argument("--record", type=Path, help="folder for a recording of each leg, by its UUID")
    parser.add_argument("--personas", type=Path, help="folder of persona files instead of the shipped ones")
    parser.add_argument("--home", type=Path, help=f"folder that gets {STATE_FILE} once both ports listen")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    personas = (
        load_personas(sorted(arguments.personas.glob("*.toml"))) if arguments.personas else shipped_personas()
    )
    with Speaker(arguments.cache) as speaker:
        line = PracticeServer(speaker, personas, record=arguments.record)
        control = ControlServer(line)
        port = await line.start(arguments.host, arguments.port)
        control_port = await control.start(arguments.host, arguments.control)
        _announce(arguments, port, control_port)
        preparing = asyncio.create_task(_prepare(line))
        try:
            await stop.wait()
        finally:
            preparing.cancel()
            await control.close()
            await line.close()
            with contextlib.suppress(asyncio.CancelledError):
                await preparing
            if arguments.home:
                (arguments.home / STATE_FILE).unlink(missing_ok=True)


async def _prepare(line: PracticeServer) -> None:
    try:
        await line.prepare_personas()
    except VoiceUnavailable as error:
        _log.error("no voices: %s", error)
    else:
        _log.info("every debtor's lines are ready")


def _announce(arguments: argparse.Namespace, port: int, control_port: int) -> None:
    state = {"pid": os.getpid(), "host": arguments.host, "port": port, "control_port": control_port}
    _log.info("listening: %s", json.dumps(state))
    if arguments.home:
        arguments.home.mkdir(parents=True, exist_ok=True)
        part = arguments.home / f".{STATE_FILE}.part"
        part.write_text(json.dumps(state))
        part.replace(arguments.home / STATE_FILE)


if __name__ == "__main__":
    sys.exit(main())
