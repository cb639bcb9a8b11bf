"""The pass after the call, put together: what ``dunline hear-again`` runs, and the switchboard beside it.

A process of its own: an engine that dies takes no live call with it, and the system can put all of it behind
the live legs. The switchboard starts it and starts it again; without its parent it ends by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

import structlog

from workstation.clock import Clock
from workstation.config import Settings
from workstation.speech import vosk_engine, whisper_engine

if TYPE_CHECKING:
    from compliance.transcription.engine import RecordingEngine
    from compliance.transcription.words import Leg, Utterance

NICE = 10
"""Steps behind everything else: with both cores taken by live legs the pass gets a tenth of one."""
LOOK_S = 3.0
"""How often to look for calls that ended."""
RESTART_S = 20.0
"""How long after the process died it is started again."""

log = structlog.get_logger(__name__)


def _engine(settings: Settings) -> RecordingEngine:
    return whisper_engine(settings.speech.whisper) if settings.speech.whisper else vosk_engine(settings)


def run(settings: Settings, clock: Clock, *, most: int | None = None, follow: bool = False) -> int:
    """Hear again what is left, or with `follow` whatever ends until the parent does; returns how many.

    One process a home does it; another waits for its turn. Raises ConfigError, ModelError, EngineError,
    BookError.
    """
    from compliance.checks.other_readings import READ_OTHERWISE
    from compliance.checks.rules import load_speech_rules
    from compliance.transcription.engine import EngineError
    from compliance.transcription.live import transcribe
    from compliance.transcription.readings import with_readings
    from compliance.transcription.words import Source
    from scripts.catalog import Catalog
    from workstation import bootstrap
    from workstation.desk.book import BookError
    from workstation.floor.thorough import HearingError, ThoroughPass

    parent = os.getppid()
    os.nice(NICE)
    if follow:
        signal.signal(signal.SIGTERM, _end)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.home / "hear-again.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        engine = _engine(settings)
        book = bootstrap.open_book(settings)

        def hear(pcm: bytes, rate: int, leg: Leg) -> Sequence[Utterance]:
            try:
                heard = transcribe(engine, pcm, rate, leg, source=Source.THOROUGH)
                return with_readings(heard, engine.readings(pcm, rate)) if leg is READ_OTHERWISE else heard
            except EngineError as wrong:
                raise HearingError(str(wrong)) from wrong

        the_pass = ThoroughPass(
            book=book,
            hear=hear,
            engine=engine.name,
            judge=bootstrap.Judge(
                load_speech_rules(),
                Catalog.load(),
                settings.company.name,
                clock,
                recordings=bootstrap.recordings_of(settings),
            ).whole,
            recordings=settings.recordings,
            clock=clock,
        )
        done = 0
        try:
            while not follow or os.getppid() == parent:
                try:
                    # One at a time while following: a call that just ended goes before older ones.
                    worked = the_pass.work(1 if follow else most)
                except BookError as wrong:
                    if not follow:
                        raise
                    log.warning("hearing again waits for the book", error=str(wrong))
                    worked = 0
                done += worked
                if not follow:
                    break
                if not worked:
                    time.sleep(LOOK_S)
            return done
        finally:
            book.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


async def beside(settings: Settings) -> None:
    """Keep the process running until cancelled; it is told to end then."""
    while True:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workstation.cli",
            "hear-again",
            "--follow",
            "--home",
            str(settings.home),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, said = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), 2.0)
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        last = said.decode(errors="replace").strip().splitlines()
        log.error("hearing again ended", status=process.returncode, said=last[-1] if last else "")
        await asyncio.sleep(RESTART_S)
