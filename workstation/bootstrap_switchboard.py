"""Puts a switchboard together and runs it: its plant, its book, its ears, and the jobs beside it.

Imports are made where they are used, as in `workstation.bootstrap`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from workstation.bootstrap import Judge, open_book, sessions
from workstation.clock import OFFSET_VARIABLE, Clock
from workstation.config import ConfigError, Settings
from workstation.speech import speech_model, vosk_engine

if TYPE_CHECKING:
    from compliance.transcription.words import Leg, Utterance
    from dialer.ami import Ami
    from workstation.floor.livecall import CallFacts
    from workstation.floor.messages import CallEvent, CallSnapshot
    from workstation.plant import Progress
    from workstation.store.book import SqlBook


UNDISPOSED_AFTER = timedelta(minutes=30)
"""A call without a disposition for this long is closed as one, and goes to the supervisor."""


class AlreadyRunning(Exception):
    """A switchboard runs for this home already."""


async def run_switchboard(
    settings: Settings, clock: Clock, progress: Progress, on_ready: Callable[[int], None]
) -> None:
    """Run the switchboard of a home until cancelled; Asterisk and its calls stay up when it ends.

    `on_ready` is called with the number of calls that were taken over. Raises AlreadyRunning, PlantError,
    ModelError, ConfigError.
    """
    from compliance.checks.learning import learned
    from compliance.checks.rules import load_speech_rules
    from compliance.contact import CollectionPurpose
    from compliance.transcription.live import LiveTranscriber, transcribe
    from dialer.ami import Ami
    from dialer.asterisk.addresses import HostPort
    from dialer.engine import Engine
    from dialer.practice.client import PracticeLine
    from scripts.catalog import Catalog
    from scripts.errors import ScriptError
    from workstation import hear_again
    from workstation.floor.aftercall import AfterCall
    from workstation.floor.board import FloorBoard
    from workstation.floor.clips import Clips
    from workstation.floor.floor_orders import FloorOrders
    from workstation.floor.hub import Hub
    from workstation.floor.lines import lines_said
    from workstation.floor.supervision import Supervision
    from workstation.floor.switchboard import Switchboard
    from workstation.floor.switchroom import Switchroom
    from workstation.floor.talktime import measure_call
    from workstation.plant import Plant

    if os.environ.get(OFFSET_VARIABLE) and settings.asterisk.carrier:
        raise ConfigError(
            f"{OFFSET_VARIABLE} is set and asterisk.carrier too: real calls are made on real time only"
        )
    with _only_one(settings.home / "switchboard.lock"):
        speech_model(settings)  # told before anything is started, where there is none
        plant, hearing, catalog, rules, book, _ = await asyncio.gather(
            asyncio.to_thread(Plant.start, settings, progress),
            asyncio.to_thread(vosk_engine, settings, live=True),
            asyncio.to_thread(Catalog.load),
            asyncio.to_thread(load_speech_rules),
            asyncio.to_thread(open_book, settings),
            asyncio.to_thread(learned),  # read now, so that no call waits for it
        )
        recordings = plant.asterisk.recordings
        judge = Judge(rules, catalog, settings.company.name, clock, book.owed_minor, recordings)
        practice = (
            await PracticeLine.connect(plant.practice.host, plant.practice.control_port)
            if plant.practice
            else None
        )

        class Ear:
            def transcribe(
                self, pcm: bytes, rate: int, leg: Leg, start: float, within: tuple[float, float]
            ) -> Sequence[Utterance]:
                return transcribe(hearing, pcm, rate, leg, start, within=within)

        def voicemail(facts: CallFacts) -> str:
            fields = book.script_facts(facts.account_id, facts.party_id, facts.collector_id, clock())
            return catalog.voicemail(facts.profile, fields)

        def lines(facts: CallFacts) -> Sequence[str]:
            fields = book.script_facts(facts.account_id, facts.party_id, facts.collector_id, clock())
            return [catalog.render_step(step.id, fields) for step in catalog.talk(facts.profile)]

        recordings = plant.asterisk.recordings

        def measure(call_id: str) -> None:
            heard = book.utterances(call_id)
            call = book.call(call_id)
            if call.purpose is CollectionPurpose.COLLECT:
                fields = book.script_facts(call.account_id, call.party_id, call.collector_id, clock())
                # A script that cannot be filled in is no reason to leave a call unjudged.
                with contextlib.suppress(ScriptError):
                    steps = catalog.talk(call.profile)
                    texts = {step.id: catalog.render_step(step.id, fields) for step in steps}
                    book.keep_lines(call_id, lines_said(texts, heard))
            book.keep_metrics(call_id, measure_call(recordings, call_id, heard))

        after = AfterCall(
            book=book,
            ear=Ear(),
            judge=judge.whole,
            recordings=recordings,
            clock=clock,
            measure=measure,
        )
        hub = Hub(
            lambda terminal, number, command: board.handle(terminal, number, command),
            lambda terminal: board.gone(terminal),
        )
        floor = FloorBoard(
            book=book,
            board=_name_of(settings),
            publish=hub.publish_floor,
            lag_ms=lambda: room.engine.lag_ms,
            clock=clock,
        )
        orders = FloorOrders(book=book, board=floor, hub=hub, clock=clock)

        def publish(event: CallEvent | CallSnapshot) -> None:
            hub.publish(event)
            floor.take(event)

        room = Switchroom(
            book=book,
            ears=judge.ears,
            publish=publish,
            broadcast=hub.broadcast,
            on_call_over=after.wake,
            on_open=floor.opened,
            clock=clock,
        )
        clips = Clips(recordings, plant.asterisk.clips)
        await asyncio.to_thread(clips.clear)
        supervision = Supervision(book=book, room=room, clips=clips, tell=hub.tell, clock=clock)
        board = Switchboard(
            desk=book,
            book=book,
            room=room,
            sessions=sessions(settings),
            supervision=supervision,
            floor=floor,
            orders=orders,
            practice=practice,
            voicemail=voicemail,
            script_lines=lines,
            caller_id=settings.company.callback_number,
            ring_seconds=settings.asterisk.ring_seconds,
            clock=clock,
        )
        async with _running(Ami(plant.asterisk.ami)) as ami:
            engine = Engine(
                ami,
                plant.asterisk.ari,
                recordings=plant.asterisk.recordings,
                practice=HostPort(plant.practice.host, plant.practice.port) if plant.practice else None,
                trunk="practice" if plant.practice else "carrier",
                clock=clock,
                on_transition=room.on_transition,
                on_audio=room.on_audio,
                on_unknown_leg=room.on_unknown_leg,
                on_phone=supervision.on_phone,
                decision_ok=lambda *leg: asyncio.to_thread(book.decision_is_valid, *leg),
            )
            ears = LiveTranscriber(hearing, room.on_utterance, room.on_gap, workers=settings.speech.threads)
            room.attach(engine, ears)
            await engine.start()
            try:
                taken_over = await room.take_over()
                await hub.listen_unix(settings.switchboard_socket)
                if settings.switchboard.listen:
                    host, _, port = settings.switchboard.listen.rpartition(":")
                    await hub.listen_tls(host, int(port), _tls(settings))
                on_ready(taken_over)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(room.run())
                    tasks.create_task(floor.run())
                    tasks.create_task(orders.run())
                    tasks.create_task(after.run())
                    tasks.create_task(_keep_house(book, clock))
                    if settings.speech.thorough:
                        tasks.create_task(hear_again.beside(settings))
            finally:
                await hub.close()
                await floor.close()
                await engine.close()
                await ears.stop()
                if practice:
                    await practice.close()
                book.close()


def _name_of(settings: Settings) -> str:
    """What the switchboard of this home is called in a book that several may share."""
    return f"{socket.gethostname()}:{hashlib.sha256(str(settings.home.resolve()).encode()).hexdigest()[:8]}"


async def _keep_house(book: SqlBook, clock: Clock) -> None:
    """Every minute: keep the queue's order true, and close calls that nobody wrapped up (fail safe)."""
    while True:
        try:
            now = clock()
            await asyncio.to_thread(book.close_undisposed, now - UNDISPOSED_AFTER, now)
            await asyncio.to_thread(book.refresh_queue, now)
            await asyncio.to_thread(tick_deadlines, book, now)
        except Exception as wrong:
            # The floor goes on; the next minute tries again.
            structlog.get_logger(__name__).warning("housekeeping failed", error=str(wrong))
        await asyncio.sleep(60)


def tick_deadlines(book: SqlBook, now: datetime) -> None:
    """Judge the last chances that were given: each ends, or lapses, within a minute of its instant."""
    from workstation.final_desk import FinalDesk

    FinalDesk(book).tick(now)


@contextlib.asynccontextmanager
async def _running(ami: Ami) -> AsyncIterator[Ami]:
    await ami.start()
    try:
        yield ami
    finally:
        await ami.close()


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.open("a") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a switchboard runs for this home already ({lock.parent})") from None
        yield


def _tls(settings: Settings) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.switchboard.tls_certificate, settings.switchboard.tls_key)
    return context
