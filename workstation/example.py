"""A guided example: a real list of invoices lived through day by day, with a mail server of its own.

Each morning the list is imported as it stood that day (new invoices come in, settlements become payments),
the stages are run, letters are put in the post as PDF files, and mails go by SMTP to a server on loopback
that keeps what it is given. Nobody makes the calls that the stages ask for: they stay open, and no invoice
gets past a stage that needs a talk.
"""

from __future__ import annotations

import csv
import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from workstation import bootstrap, reports
from workstation.config import Settings, load
from workstation.desk.post import PostState
from workstation.desk.roles import Role
from workstation.desk.stage import stage_name
from workstation.exchange.bulk import import_file
from workstation.exchange.importing import import_book
from workstation.exchange.mapping import Mapping, propose_mapping
from workstation.exchange.post.mail import post_letter, send_due
from workstation.exchange.post.settings import PostSettings, SmtpSettings
from workstation.exchange.post.smtp import Smtp
from workstation.exchange.report import Defaults, FileReport, Progress
from workstation.floor.nightly_post import OutboxPost
from workstation.store.book import SqlBook
from workstation.store.intake import SqlIntake
from workstation.store.post import Outbox
from workstation.store.stages import run_stages
from workstation.store.stages_read import open_calls, refused_messages, stage_tally

USER = "ann"
MORNING = time(15, 0)
"""When a day's run is (UTC): the working day has begun everywhere in the United States' central zone."""

_CONFIG = """\
# Written by `dunline example`: everybody in this book is fictional.
[company]
name = "Bradford Supply"
callback_number = "+13125550100"

[post]
sender_address = "receivables@bradford.example"
letterhead = ["400 Industrial Parkway", "Bradford, IL 61421"]

[post.bank]
Bank = "First Prairie Bank"
Routing = "071000013"
Account = "000123456789"
"""
_NAMES = (
    "Alma Hale",
    "Bernard Novak",
    "Celia Tran",
    "Dario Voss",
    "Edith Young",
    "Farid Keller",
    "Greta Sato",
)
_STREETS = ("Mill Street", "Foundry Road", "Harbor Avenue", "Station Lane", "Depot Street")


class ExampleError(Exception):
    """The example cannot be run here; the message says what to do."""


@dataclass(slots=True)
class Outcome:
    """What happened in the days of the example."""

    home: Path
    first: date
    last: date
    mails: int = 0
    """Taken by the mail server, and kept in ``mails/``."""
    letters: list[Path] = field(default_factory=list)
    payments: int = 0
    calls_open: int = 0
    tally: dict[int, int] = field(default_factory=dict)
    """Invoices at each stage at the end."""
    refused: tuple[tuple[str, int], ...] = ()
    """Why messages were not sent, and how many."""


def run_example(
    source: Path,
    home: Path,
    first: date,
    days: int,
    say: Callable[[str], None],
    progress: Progress,
    *,
    customers: int = 0,
) -> Outcome:
    """Live through `days` days of a list of invoices in a new home, and say what happens week by week.

    `customers` takes that many of the list's customers only; 0: all. Raises ExampleError, and ImportRefused
    for a file that cannot be read.
    """
    settings, mapping = _prepare(home), propose_mapping(source).mapping
    if mapping.kind != "invoices" or "account_number" not in mapping.columns:
        raise ExampleError(f"{source}: this is no list of invoices with account numbers")
    if customers:
        source = _slice(source, mapping, home / "invoices.csv", customers)
        mapping = propose_mapping(source).mapping
    book = bootstrap.open_book(settings)
    outcome = Outcome(home, first, first + timedelta(days=days - 1))
    try:
        with _mail_server(home / "mails") as smtp_settings:
            post = PostSettings(
                sender_address=settings.post.sender_address,
                letterhead=settings.post.letterhead,
                bank=settings.post.bank,
                smtp=smtp_settings,
            )
            example = _Example(book, source, mapping, post, outcome, say)
            example.open_accounts()
            say(_HEADING)
            for n in range(days):
                example.live(first + timedelta(days=n))
                progress("Day by day", n + 1, days)
        outcome.calls_open = len(open_calls(book, limit=1_000_000))
        outcome.tally, outcome.refused = stage_tally(book), refused_messages(book)
        _tell_the_end(book, outcome, say)
    finally:
        book.close()
    return outcome


_HEADING = (
    "\nweek ending   new  paid  mails  letters  calls open"
    "   invoices at stage 1     2     3     4     5     6"
)


class _Example:
    """The days, one after another."""

    def __init__(
        self,
        book: SqlBook,
        source: Path,
        mapping: Mapping,
        post: PostSettings,
        outcome: Outcome,
        say: Callable[[str], None],
    ) -> None:
        self._book, self._source, self._mapping = book, source, mapping
        self._post, self._outcome, self._say = post, outcome, say
        self._smtp = Smtp(post.smtp, "")
        self._week = [0, 0, 0, 0]
        self._user = 0

    def open_accounts(self) -> None:
        """Import the list as it stood the evening before, and how its customers can be reached."""
        now = _morning(self._outcome.first - timedelta(days=1))
        self._user = self._book.create_user(USER, "Ann Ellery", Role.MANAGER, secrets.token_urlsafe(12), now)
        before = self._import(self._outcome.first - timedelta(days=1))
        contacts = _write_contacts(self._source, self._mapping, self._outcome.home / "contacts.csv")
        (reached,) = import_book(SqlIntake(self._book), now, contacts=contacts)
        self._say(
            f"{before.created} invoices of {before.accounts_created} customers up to {now:%d %b %Y}, "
            f"{before.receipts_created} of them paid; contacts for {reached.changed} from {contacts.name}"
        )
        if reached.rejects:
            # Customers who have no invoice yet come with their first one.
            self._say(f"({reached.rejects} customers have no invoice yet)")

    def live(self, day: date) -> None:
        """One day: what came in, the stages, the post."""
        now = _morning(day)
        came = self._import(day)
        if came.accounts_created:
            contacts = self._outcome.home / "contacts.csv"
            import_book(SqlIntake(self._book), now, contacts=contacts)
        run_stages(self._book, day, now, post=OutboxPost(self._book, self._user, self._post))
        letters = self._post_letters(now)
        sent = len(send_due(self._book, self._smtp, now, 10_000, settings=self._post).sent)
        self._outcome.mails += sent
        self._outcome.payments += came.receipts_created
        for at, count in enumerate((came.created, came.receipts_created, sent, letters)):
            self._week[at] += count
        if day.weekday() == 6 or day == self._outcome.last:
            self._tell_the_week(day)

    def _import(self, day: date) -> FileReport:
        return import_file(
            SqlIntake(self._book),
            self._source,
            self._mapping,
            _morning(day),
            defaults=Defaults(company="Bradford Supply"),
            create_accounts=True,
            as_of=day,
            reject_dir=self._outcome.home,
        )

    def _post_letters(self, now: datetime) -> int:
        outbox, folder = Outbox(self._book), self._outcome.home / "letters"
        folder.mkdir(exist_ok=True)
        posted = 0
        for view in outbox.list(state=PostState.QUEUED, limit=10_000):
            if view.medium != "letter":
                continue
            pdf = post_letter(self._book, view.outbox_id, self._user, now)
            if isinstance(pdf, bytes):
                file = folder / f"{now:%Y-%m-%d}-{view.outbox_id}-{view.template}.pdf"
                file.write_bytes(pdf)
                self._outcome.letters.append(file)
                posted += 1
        return posted

    def _tell_the_week(self, day: date) -> None:
        new, paid, mails, letters = self._week
        tally = stage_tally(self._book)
        calls = len(open_calls(self._book, limit=1_000_000))
        at = "".join(f"{tally.get(stage, 0):>6}" for stage in range(1, 7))
        self._say(f"{day:%d %b %Y} {new:>6}{paid:>6}{mails:>7}{letters:>9}{calls:>12}{'':>20}{at}")
        self._week = [0, 0, 0, 0]


def _tell_the_end(book: SqlBook, outcome: Outcome, say: Callable[[str], None]) -> None:
    stages = ", ".join(f"{n} at {stage_name(stage)}" for stage, n in sorted(outcome.tally.items()))
    say(
        f"\n{outcome.mails} mails sent and received, {len(outcome.letters)} letters put in the post, "
        f"{outcome.payments} payments, {outcome.calls_open} calls still to be made.\n"
        f"Invoices on their way: {stages or 'none'}."
    )
    for reason, count in outcome.refused:
        say(f"{count} messages refused: {reason}")
    if not outcome.refused:
        say("No message was refused.")
    months = math.ceil((outcome.last - outcome.first).days / 31) or 1
    say("")
    say(reports.render_kpis(book, outcome.last, min(months, 36)))


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING, UTC)


def _prepare(home: Path) -> Settings:
    """Make a home for the example, in a folder that holds nothing else. Raises ExampleError."""
    mark = home / "example"
    if home.exists() and any(home.iterdir()):
        if not mark.exists():
            raise ExampleError(
                f"{home} is not empty and was not made by the example: name another with --home"
            )
        import shutil

        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch()
    (home / "dunline.toml").write_text(_CONFIG, encoding="utf-8")
    return load(home)


def _slice(source: Path, mapping: Mapping, target: Path, customers: int) -> Path:
    """Write the rows of the first customers by number into a file of their own."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index(mapping.columns["account_number"])
    kept = set(sorted({row[at] for row in rows[1:] if row})[:customers])
    with target.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([rows[0], *(row for row in rows[1:] if row and row[at] in kept)])
    return target


def _write_contacts(source: Path, mapping: Mapping, target: Path) -> Path:
    """Write a contacts file for the list's customers, who are numbers only: everybody in it is made up.

    Who gets bills on paper in the list (column PaperlessBill, most of their rows) has no mail address.
    """
    paper: dict[str, int] = {}
    with source.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            number = row[mapping.columns["account_number"]].strip()
            paper[number] = paper.get(number, 0) + (1 if row.get("PaperlessBill") == "Paper" else -1)
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["account_number", "contact_name", "contact_role", "phone", "email", "address"])
        for n, number in enumerate(sorted(paper)):
            mail = "" if paper[number] > 0 else f"payables@{number.casefold()}.example.com"
            street = f"{100 + 7 * n} {_STREETS[n % len(_STREETS)]}"
            phone = f"+1312555{100 + n % 100:04}"  # 555-0100 to 555-0199 belong to nobody
            address = f"{street} | Chicago, IL 60607"
            out.writerow([number, _NAMES[n % len(_NAMES)], "accounts payable", phone, mail, address])
    return target


@contextmanager
def _mail_server(folder: Path) -> Iterator[SmtpSettings]:
    """A mail server on loopback that keeps every mail it is given as a file. Raises ExampleError."""
    try:
        from aiosmtpd.controller import Controller
    except ImportError:
        raise ExampleError(
            "the example needs a mail server of its own: pip install 'dunline[example]'"
        ) from None
    folder.mkdir(exist_ok=True)

    class Box:
        taken = 0

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
            self.taken += 1
            (folder / f"{self.taken:05}.eml").write_bytes(envelope.content)
            return "250 taken"

    controller = Controller(Box(), hostname="127.0.0.1", port=_free_port())
    controller.start()
    try:
        yield SmtpSettings(
            host="127.0.0.1", port=controller.port, security="none", local_name="floor.bradford.example"
        )
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
