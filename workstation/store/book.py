"""SqlBook: the book behind the protocols of workstation.desk, on SQLite or PostgreSQL.

This facade only opens the scope of each call (a read, or one committed write) and names the room that acts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from compliance.checks.finding import Caught, Finding
from compliance.contact import HoldKind, Refused
from compliance.transcription.words import Utterance
from workstation.desk.book import Authorised, CallEnd, CallRequest, Gap, OpenCall, TransitionRecord
from workstation.desk.entry import AccountEntry, ContactEntry, History, InvoiceEntry, Put
from workstation.desk.redaction import Kept
from workstation.desk.roles import Right, Role
from workstation.desk.views import (
    AccountView,
    NoteDraft,
    QueueCounts,
    QueuePage,
    QueueRow,
    Saved,
    SignedInUser,
    WrapUp,
)
from workstation.store import (
    account_intake,
    accounts,
    audit,
    calls,
    decisions,
    hearing,
    holds,
    invoices,
    leases,
    past,
    people,
    queue_build,
    queue_read,
    schema,
    script_facts,
    wrapup,
)
from workstation.store.audit import Verified
from workstation.store.book_audit import AuditBook
from workstation.store.book_floor import FloorActs
from workstation.store.book_hearing import HearingBook
from workstation.store.book_people import PeopleBook
from workstation.store.engine import Database
from workstation.store.gate import PACKAGED, Gate

HEAL_ROWS = 150
"""Stale queue entries worked out when a page is opened: what a screen shows is then current."""

REFRESH_CHUNK = 40
"""Entries worked out in one transaction by ``refresh_queue``, so that writers seldom wait long."""


def open_book(
    url: str | Path,
    *,
    gate: Gate = PACKAGED,
    home_zone: str = "America/Chicago",
    callback_number: str = "+13125550199",
) -> SqlBook:
    """Open a book, creating or upgrading it where needed; a path means SQLite.

    ``home_zone`` is where the floor is: its day is the day of the head line's figures. ``callback_number``
    (E.164) is what scripts give people to call back on. Raises BookTooNew.
    """
    address = f"sqlite:///{url}" if isinstance(url, Path) or "://" not in url else url
    database = Database(address)
    try:
        schema.make_current(database)
    except BaseException:
        database.close()
        raise
    return SqlBook(database, gate, ZoneInfo(home_zone), callback_number)


class SqlBook(AuditBook, HearingBook, FloorActs, PeopleBook):
    """Implements Desk, CallBook and Intake. Thread-safe; every write is committed when the call returns."""

    def __init__(self, database: Database, gate: Gate, home_zone: ZoneInfo, callback_number: str) -> None:
        self.database = database
        self.gate = gate
        self.home_zone = home_zone
        self.callback_number = callback_number

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

    # ---- people -------------------------------------------------------------------------------------

    def create_user(
        self, username: str, full_name: str, role: Role, password: str, now: datetime, *, extension: str = ""
    ) -> int:
        """Add a user. Raises InvalidEntry."""
        return people.create_user(
            self.database, username, full_name, role, password, now, extension=extension
        )

    def sign_in(self, username: str, password: str, now: datetime, code: str = "") -> SignedInUser:
        """See Desk."""
        return people.sign_in(self.database, username, password, now, code)

    def redeem(self, ticket: str, now: datetime) -> SignedInUser:
        """See Desk."""
        return people.redeem(self.database, ticket, now)

    def prove(self, user_id: int, password: str, now: datetime) -> None:
        """See Desk."""
        people.prove(self.database, user_id, password, now)

    def find_user(self, username: str) -> SignedInUser:
        """Return a user by name, for commands run on the machine itself. Raises NotFound."""
        with self.database.read() as session:
            return people.find(session, username)

    # ---- the queue ----------------------------------------------------------------------------------

    def queue_page(
        self, user_id: int, now: datetime, offset: int, limit: int, *, later: bool = False
    ) -> QueuePage:
        """See Desk. Opening the first page works out the foremost entries that time has overtaken."""
        if offset == 0:
            self.refresh_queue(now, limit=HEAL_ROWS)
        with self.database.read() as session:
            return queue_read.page(session, user_id, now, offset, limit, later=later)

    def queue_counts(self, user_id: int, now: datetime) -> QueueCounts:
        """See Desk."""
        local = now.astimezone(self.home_zone)
        day_start = datetime.combine(local.date(), time(), self.home_zone).astimezone(UTC)
        with self.database.read() as session:
            return queue_read.counts(session, user_id, now, day_start)

    def search_accounts(self, text: str, now: datetime, limit: int) -> tuple[QueueRow, ...]:
        """See Desk."""
        with self.database.read() as session:
            ids = queue_read.search(session, text, limit)
            stale = queue_build.stale_of(session, ids, now)
        if stale:
            with self.database.write() as session:
                queue_build.rebuild(session, self.gate, stale, now)
        with self.database.read() as session:
            return queue_read.rows(session, ids, 0, now)

    def refresh_queue(self, now: datetime, *, limit: int | None = None) -> int:
        """Work out entries that are stale at `now` (all, or up to `limit`), in short transactions.

        Returns how many. Whoever runs the floor calls this now and then; pages heal themselves meanwhile.
        """
        done = 0
        while limit is None or done < limit:
            chunk = REFRESH_CHUNK if limit is None else min(REFRESH_CHUNK, limit - done)
            with self.database.read() as session:
                if not queue_build.any_stale(session, now):
                    break
            with self.database.write() as session:
                worked = queue_build.refresh(session, self.gate, now, chunk)
            done += worked
            if not worked:
                break
        return done

    def rebuild_queue(self, now: datetime, progress: Callable[[int], None] | None = None) -> int:
        """Measure what is large in this book, give every account an entry, work out all that are stale."""
        with self.database.write() as session:
            queue_build.place_all(session)
            queue_build.measure(session, now.astimezone(self.home_zone).date())
        done = 0
        while worked := self.refresh_queue(now, limit=REFRESH_CHUNK):
            done += worked
            if progress is not None:
                progress(done)
        return done

    # ---- leases -------------------------------------------------------------------------------------

    def take_account(self, user_id: int, now: datetime, account_id: int | None = None) -> int | None:
        """See Desk."""
        if account_id is None:
            self.refresh_queue(now, limit=HEAL_ROWS)
        return leases.take(self.database, user_id, now, account_id)

    def keep_account(self, user_id: int, account_id: int, now: datetime) -> None:
        """See Desk."""
        with self.database.write() as session:
            leases.keep(session, user_id, account_id, now)

    def release_account(self, user_id: int, account_id: int) -> None:
        """See Desk."""
        with self.database.write() as session:
            leases.release(session, user_id, account_id)

    # ---- accounts -----------------------------------------------------------------------------------

    def find_account(self, number: str) -> int:
        """Return an account's id by its number. Raises NotFound."""
        with self.database.read() as session:
            return accounts.find(session, number)

    def account(self, account_id: int, now: datetime) -> AccountView:
        """See Desk."""
        with self.database.read() as session:
            return accounts.view(session, self.gate, account_id, now)

    def script_facts(self, account_id: int, party_id: int, user_id: int, now: datetime) -> Mapping[str, str]:
        """See Desk."""
        with self.database.read() as session:
            return script_facts.script_facts(
                session, self.gate, account_id, party_id, user_id, now, self.callback_number
            )

    def place_hold(
        self,
        account_id: int,
        party_id: int,
        kind: HoldKind,
        user_id: int,
        now: datetime,
        *,
        number: str | None = None,
    ) -> int:
        """See Desk."""
        with self.database.write() as session:
            user = people.need(session, user_id, Right.WORK_ACCOUNTS)
            return holds.place(
                session,
                account_id=account_id,
                party_id=party_id,
                kind=kind,
                now=now,
                source=user.full_name,
                actor=user.username,
                number=number,
                confirmed_by=user_id,
            )

    def resolve_hold(self, hold_id: int, user_id: int, now: datetime, *, confirm: bool, reason: str) -> None:
        """See Desk."""
        with self.database.write() as session:
            holds.resolve(session, hold_id, user_id, now, confirm=confirm, reason=reason)

    # ---- wrap-up ------------------------------------------------------------------------------------

    def draft_note(self, call_id: str, now: datetime) -> NoteDraft:
        """See Desk."""
        with self.database.read() as session:
            return wrapup.draft(session, call_id)

    def wrap_up(self, wrap: WrapUp, now: datetime) -> Saved:
        """See Desk."""
        with self.database.write() as session:
            saved = wrapup.save(session, self.gate, wrap, now)
        self.look_again(wrap.call_id)
        return saved

    def unwrapped_call(self, user_id: int) -> tuple[str, int] | None:
        """See Desk."""
        with self.database.read() as session:
            return calls.unwrapped(session, user_id)

    def close_undisposed(self, older_than: datetime, now: datetime) -> int:
        """Close calls left without an outcome since before `older_than`, failing safe; returns how many."""
        closed = 0
        while True:
            with self.database.write() as session:
                if not wrapup.close_one_undisposed(session, older_than, now):
                    return closed
            closed += 1

    # ---- calls --------------------------------------------------------------------------------------

    def authorise(self, request: CallRequest, now: datetime) -> Authorised | Refused:
        """See CallBook."""
        with self.database.write() as session:
            return decisions.authorise(session, self.gate, request, now)

    def decision_is_valid(self, decision_id: str, call_id: str, number: str) -> bool:
        """See CallBook."""
        with self.database.read() as session:
            return decisions.is_valid(session, decision_id, call_id, number)

    def open_calls(self) -> tuple[OpenCall, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return calls.open_calls(session)

    def call(self, call_id: str) -> OpenCall:
        """See CallBook."""
        with self.database.read() as session:
            return calls.call_facts(session, call_id)

    def calls_to_judge(self) -> tuple[str, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return calls.calls_to_judge(session)

    def calls_with_words(self) -> tuple[str, ...]:
        """Return the calls of which words are stored, oldest first."""
        with self.database.read() as session:
            return hearing.calls_with_words(session)

    def mark_judged(self, call_id: str) -> None:
        """See CallBook."""
        with self.database.write() as session:
            calls.mark_judged(session, call_id)
        self.look_again(call_id)

    def record_transition(self, call_id: str, step: TransitionRecord) -> None:
        """See CallBook."""
        with self.database.write() as session:
            calls.record_transition(session, call_id, step)

    def record_recording(self, call_id: str, files: Mapping[str, str], started_at: datetime) -> None:
        """See CallBook."""
        with self.database.write() as session:
            calls.record_recording(session, call_id, files, started_at)

    def end_call(self, call_id: str, end: CallEnd) -> None:
        """See CallBook."""
        with self.database.write() as session:
            calls.end_call(session, call_id, end)

    # ---- what was heard -----------------------------------------------------------------------------

    def add_utterance(self, call_id: str, utterance: Utterance, now: datetime) -> Kept:
        """See CallBook."""
        with self.database.write() as session:
            return hearing.add_utterance(session, call_id, utterance, now)

    def add_finding(self, call_id: str, finding: Finding, now: datetime) -> int | None:
        """See CallBook."""
        with self.database.write() as session:
            return hearing.add_finding(session, call_id, finding, now)

    def add_caught(self, call_id: str, caught: Caught) -> None:
        """See CallBook."""
        with self.database.write() as session:
            hearing.add_caught(session, call_id, caught)

    def add_excuse(self, call_id: str, excuse_id: str, score: float, second: float, text: str) -> None:
        """See CallBook."""
        with self.database.write() as session:
            hearing.add_excuse(session, call_id, excuse_id, score, second, text)

    def record_gap(self, call_id: str, gap: Gap) -> None:
        """See CallBook."""
        with self.database.write() as session:
            hearing.record_gap(session, call_id, gap)

    def gaps(self) -> tuple[tuple[str, Gap], ...]:
        """See CallBook."""
        with self.database.read() as session:
            return hearing.gaps(session)

    def unheard(self, call_id: str) -> tuple[Gap, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return hearing.unheard(session, call_id)

    def fill_gap(self, call_id: str, gap: Gap, heard: Sequence[Utterance] | None, now: datetime) -> None:
        """See CallBook."""
        with self.database.write() as session:
            hearing.fill_gap(session, call_id, gap, heard, now)

    def utterances(self, call_id: str) -> tuple[Utterance, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return hearing.utterances(session, call_id)

    def findings(self, call_id: str) -> tuple[Finding, ...]:
        """See CallBook."""
        with self.database.read() as session:
            return hearing.findings(session, call_id)

    # ---- what comes in ------------------------------------------------------------------------------

    def put_accounts(self, entries: Sequence[AccountEntry], now: datetime) -> Put:
        """See Intake."""
        with self.database.write() as session:
            return account_intake.put_accounts(session, self.gate, entries, now)

    def put_contacts(self, entries: Sequence[tuple[str, ContactEntry]], now: datetime) -> Put:
        """See Intake."""
        with self.database.write() as session:
            return account_intake.put_contacts(session, self.gate, entries, now)

    def put_invoices(self, entries: Sequence[InvoiceEntry], now: datetime) -> Put:
        """See Intake."""
        with self.database.write() as session:
            return invoices.put_invoices(session, entries, now)

    def put_history(self, account_number: str, history: History, now: datetime) -> int:
        """See Intake."""
        with self.database.write() as session:
            return past.put_history(session, account_number, history, now)

    # ---- the audit log ------------------------------------------------------------------------------

    def report_unknown_leg(self, channel: str, number: str, now: datetime) -> None:
        """See CallBook."""
        self.audit("switchboard", "unknown leg hung up", channel, {"number": number}, now)

    def audit(self, actor: str, action: str, subject: str, detail: Mapping[str, str], now: datetime) -> None:
        """See CallBook."""
        with self.database.write() as session:
            audit.append(session, actor, action, subject, detail, now)

    def verify_audit(self) -> Verified:
        """Recompute the whole audit log and the decisions it vouches for."""
        with self.database.read() as session:
            return audit.verify(session)
