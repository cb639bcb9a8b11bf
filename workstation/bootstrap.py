"""Puts everything together: the only module that names concrete classes of several rooms.

Imports are made where they are used: a terminal that opens must not pay for the recogniser or the migrations.
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
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from workstation.clock import OFFSET_VARIABLE, Clock
from workstation.config import ConfigError, Settings

if TYPE_CHECKING:
    from compliance.checks.finding import Caught, Finding
    from compliance.checks.rules import SpeechRules
    from compliance.transcription.words import Leg, Utterance
    from dialer.ami import Ami
    from scripts.catalog import Catalog
    from workstation.auditing import AuditRoom
    from workstation.browser.server import BrowserServer
    from workstation.desk.book import Gap, OpenCall
    from workstation.desk.talk import Span
    from workstation.exchange.post.settings import PostSettings
    from workstation.final_desk import FinalDesk
    from workstation.floor.client import Client
    from workstation.floor.livecall import CallFacts, Ears
    from workstation.floor.messages import CallEvent, CallSnapshot, Resume, SignIn
    from workstation.floor.session import Sessions
    from workstation.plant import Progress
    from workstation.store.book import SqlBook
    from workstation.ui.app import Workstation
    from workstation.writing import WritingDesk


UNDISPOSED_AFTER = timedelta(minutes=30)
"""A call without a disposition for this long is closed as one, and goes to the supervisor."""


class AlreadyRunning(Exception):
    """A switchboard runs for this home already."""


def open_book(settings: Settings) -> SqlBook:
    """Open the book of a home, creating or upgrading it where needed."""
    from workstation.desk.audit import Sampling
    from workstation.store.book import open_book as open_sql_book

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    book = open_sql_book(settings.book_url, callback_number=settings.company.callback_number)
    book.sampling = Sampling(settings.audit.random_percent, settings.audit.seed)
    return book


def recordings_of(settings: Settings) -> Path:
    """Where this home's Asterisk leaves its recordings, whether it runs or not."""
    from dialer.asterisk.errors import AsteriskError
    from dialer.asterisk.instance import Instance

    try:
        return Instance.open(settings.asterisk_home).recordings
    except AsteriskError:
        return settings.asterisk_home / "spool" / "monitor"


def client(settings: Settings) -> Client:
    """The way to this home's switchboard."""
    from workstation.floor.client import Client

    return Client(settings.switchboard_socket)


def post_settings(settings: Settings) -> PostSettings:
    """The post's own settings, checked. Raises ConfigError."""
    import msgspec

    from workstation.exchange.post.settings import PostSettings

    raw: dict[str, Any] = msgspec.to_builtins(settings.post)
    raw["smtp"].pop("password_file")
    raw.pop("pay_page")
    try:
        return msgspec.convert(raw, PostSettings)
    except msgspec.ValidationError as wrong:
        raise ConfigError(f"{settings.home / 'dunline.toml'}: [post]: {wrong}") from None


def writing(settings: Settings, book: SqlBook) -> WritingDesk:
    """What the account screen writes mails, letters and payment links with. Raises ConfigError."""
    from workstation.writing import WritingDesk

    page = settings.post.pay_page
    return WritingDesk(book, post_settings(settings), settings.home / page if page else None)


def audit_room(settings: Settings, book: SqlBook) -> AuditRoom:
    """What reviews need beyond the book: this home's recordings, and where clips and packs go."""
    from workstation.auditing import AuditRoom

    return AuditRoom(book, recordings_of(settings), settings.home / "audit")


def sessions(settings: Settings) -> Sessions:
    """What issues and checks the session tokens of a home; only processes on its machine can read the key."""
    from workstation.floor.session import Sessions

    return Sessions.from_file(settings.switchboard_key, timedelta(hours=settings.switchboard.session_hours))


def browser_server(settings: Settings, clock: Clock, *, secure: bool) -> BrowserServer:
    """What serves the workstation to web browsers; `secure` says that pages come over TLS."""
    from workstation.browser.server import BrowserServer, Refused
    from workstation.browser.sessions import BrowserSession
    from workstation.desk.book import BookError

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    book, tokens = open_book(settings), sessions(settings)

    def sign_in(username: str, password: str, code: str, extension: str) -> BrowserSession:
        now = clock()
        try:
            user = book.sign_in(username, password, now, code.strip())
        except BookError as wrong:
            raise Refused(str(wrong)) from None
        token, session = tokens.issue(user, extension or user.extension, now)
        return BrowserSession(user.username, token, datetime.fromtimestamp(session.expires_at, UTC))

    arguments = ["open", "--home", str(settings.home)]
    return BrowserServer(sign_in, arguments, settings.company.name, clock, secure=secure)


def final_desk(settings: Settings, book: SqlBook) -> FinalDesk:
    """The manager's last chance on a book; placement packs go below the home. Raises ConfigError."""
    from workstation.final_desk import FinalDesk

    return FinalDesk(book, post_settings(settings), packs=settings.home / "placements")


def workstation(
    settings: Settings, clock: Clock, *, credentials: SignIn | Resume | None = None, token: str = ""
) -> Workstation:
    """The terminal program; with credentials or a session's token it opens signed in. Raises SessionError."""
    from scripts.catalog import Catalog
    from workstation.floor.messages import Resume
    from workstation.store.portfolio import PortfolioDesk
    from workstation.strategy_desk import StrategyDesk
    from workstation.ui.app import Workstation

    user = None
    if token:
        user, credentials = sessions(settings).check(token, clock()).user(), Resume(token=token)
    book = open_book(settings)
    return Workstation(
        book,
        client(settings),
        Catalog.load(),
        letters=writing(settings, book),
        auditing=audit_room(settings, book),
        final=final_desk(settings, book),
        portfolios=PortfolioDesk(book),
        strategies=StrategyDesk(book),
        clock=clock,
        user=user,
        credentials=credentials,
        keys=settings.keys.map,
        high_contrast=settings.screen.high_contrast,
        wrap_seconds=settings.screen.wrap_seconds,
        pace_hints=settings.screen.pace_hints,
    )


@dataclass(frozen=True, slots=True)
class Judge:
    """The speech rules and scripts that calls are held against."""

    rules: SpeechRules
    catalog: Catalog
    company: str
    clock: Clock
    owed: Callable[[int, datetime], int | None] = lambda _account_id, _now: None
    """What is asked for on an account, in minor units, for "half of it" and "the full balance"."""
    recordings: Path | None = None
    """Where recordings are: that somebody spoke and no words came of it makes an absence doubtful."""

    def ears(self, facts: CallFacts) -> Ears:
        """What a live call is judged with."""
        from compliance.checks.live import LiveChecks
        from compliance.redaction.policy import policy_of
        from workstation.floor.livecall import Ears, ExcuseMatch
        from workstation.store.gate import rulebook

        def excuses(said: Utterance) -> Sequence[ExcuseMatch]:
            again = " ".join(word.text for word in said.second)
            found = self.catalog.recognise(said.text, facts.profile, facts.stage, again)
            return [ExcuseMatch(x.excuse.id, x.excuse.title, x.score, x.words) for x in found]

        return Ears(
            checks=LiveChecks(
                self.rules,
                facts.profile,
                party_name=facts.party_name,
                collector_name=facts.collector_name,
                company=self.company,
                authorities=facts.authorities,
                purpose=facts.purpose,
            ),
            excuses=excuses,
            facts=self._facts(facts),
            policy=policy_of(rulebook(), facts.profile, self.clock().date()),
        )

    def whole(
        self, call: OpenCall, heard: Sequence[Utterance], unheard: Sequence[Gap] = ()
    ) -> Sequence[Finding]:
        """Hold a whole transcript against the rules, absences included."""
        from compliance.checks.whole import judge_whole
        from workstation.floor.livecall import CallFacts

        facts = CallFacts.of(call, collector_id=call.collector_id, agent_leg=call.agent_leg)
        gaps = [(gap.leg, gap.start, gap.end) for gap in unheard]
        checks = self.ears(facts).checks
        for leg, spans in self._voiced(call.call_id):
            checks.voiced(leg, spans)
        return judge_whole(checks, heard, gaps=gaps)

    def _voiced(self, call_id: str) -> Iterator[tuple[Leg, Sequence[Span]]]:
        """When somebody spoke on each leg that has a recording."""
        from compliance.transcription.words import Leg
        from dialer.recording import RecordingError, file_names
        from workstation.floor.talktime import voiced

        if self.recordings is None:
            return
        for leg in Leg:
            # Without a recording an absence is judged by the words alone.
            try:
                spans = voiced(self.recordings / file_names(call_id)[leg.value])
            except (RecordingError, OSError):
                continue
            yield leg, spans

    def _facts(self, facts: CallFacts) -> Callable[[Utterance], Sequence[Caught]]:
        from compliance.checks.facts import FactFinder
        from workstation.desk.money import decimal_places

        began = self.clock().astimezone(facts.tz)
        finder = FactFinder(
            began.date(),
            exponent=decimal_places(facts.currency),
            party_name=facts.party_name,
            owed=lambda: self.owed(facts.account_id, began),
            began=began,
        )
        return finder.hear


async def run_switchboard(
    settings: Settings, clock: Clock, progress: Progress, on_ready: Callable[[int], None]
) -> None:
    """Run the switchboard of a home until cancelled; Asterisk and its calls stay up when it ends.

    `on_ready` is called with the number of calls that were taken over. Raises AlreadyRunning, PlantError,
    ModelError, ConfigError.
    """
    from compliance.checks.listen_for import phrases_to_listen_for
    from compliance.checks.rules import load_speech_rules
    from compliance.contact import CollectionPurpose
    from compliance.transcription.engine import Engine as SpeechEngine
    from compliance.transcription.live import LiveTranscriber, transcribe
    from compliance.transcription.model import find_model
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
        model = find_model(Path(settings.speech.model) if settings.speech.model else None, settings.cache)
        if model is None:
            raise ConfigError("there is no speech model: run 'dunline doctor --fix', or set speech.model")
        plant, hearing, catalog, rules, book = await asyncio.gather(
            asyncio.to_thread(Plant.start, settings, progress),
            asyncio.to_thread(
                lambda: SpeechEngine(model, listen_for=phrases_to_listen_for(load_speech_rules()))
            ),
            asyncio.to_thread(Catalog.load),
            asyncio.to_thread(load_speech_rules),
            asyncio.to_thread(open_book, settings),
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


def local_now(clock: Clock, zone: str) -> datetime:
    """The present in a zone, for lines printed at the terminal."""
    from zoneinfo import ZoneInfo

    return clock().astimezone(ZoneInfo(zone))
