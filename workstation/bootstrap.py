"""Puts everything together: with `bootstrap_switchboard` it alone names concrete classes of several rooms.

Imports are made where they are used: a terminal that opens must not pay for the recogniser or the migrations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.clock import Clock
from workstation.config import ConfigError, Settings

if TYPE_CHECKING:
    from compliance.checks.finding import Caught, Finding
    from compliance.checks.rules import SpeechRules
    from compliance.transcription.words import Leg, Utterance
    from scripts.catalog import Catalog
    from workstation.auditing import AuditRoom
    from workstation.browser.server import BrowserServer
    from workstation.desk.book import Gap, OpenCall
    from workstation.desk.final_terms import Terms
    from workstation.desk.talk import Span
    from workstation.exchange.post.settings import PostSettings
    from workstation.final_desk import FinalDesk
    from workstation.floor.client import Client
    from workstation.floor.ears import Ears
    from workstation.floor.livecall import CallFacts
    from workstation.floor.messages import Resume, SignIn
    from workstation.floor.session import Sessions
    from workstation.store.book import SqlBook
    from workstation.ui.app import Workstation
    from workstation.writing import WritingDesk


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

    return AuditRoom(book, recordings_of(settings), settings.home / "audit", settings.home / "scorecards")


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


def final_terms(settings: Settings) -> Terms:
    """How far a manager may go in a session, as the settings say."""
    from workstation.desk.final_terms import Terms

    said = settings.final
    return Terms(
        least_share=said.least_settlement_percent,
        longest_months=said.longest_plan_months,
        fees_waivable=said.fees_waivable,
        first_payment_days=said.first_payment_days,
        settlement_days=said.settlement_days,
    )


def final_desk(settings: Settings, book: SqlBook) -> FinalDesk:
    """The manager's last chance on a book; placement packs go below the home. Raises ConfigError."""
    from workstation.final_desk import FinalDesk

    post, packs = post_settings(settings), settings.home / "placements"
    return FinalDesk(book, post, terms=final_terms(settings), packs=packs)


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
        from workstation.floor.ears import Ears, ExcuseMatch
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
