"""The final notice for screens and commands: the book's handlers, the script, and the written confirmation.

Imports that cost time are made at the first use, which is in a worker thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.contact import Refused
from workstation.desk.book import BookError, BookUnavailable, InvalidEntry, NotAllowed
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import NoticeCheck
from workstation.desk.final_terms import Terms
from workstation.desk.final_views import (
    Confirmed,
    DeadlineRow,
    Ended,
    Ending,
    FinalOrder,
    FinalRow,
    FinalView,
)
from workstation.desk.money import Money
from workstation.desk.stage import FINAL
from workstation.desk.standing import AuthorityView, Consequence
from workstation.store import final_deadlines, final_list, final_notices, final_view

if TYPE_CHECKING:
    from workstation.exchange.post.links import LinkProvider
    from workstation.exchange.post.settings import PostSettings
    from workstation.store.book import SqlBook


class FinalDesk:
    """Implements FinalNotices on a book. Thread-safe; every write is committed when the call returns."""

    def __init__(
        self,
        book: SqlBook,
        settings: PostSettings | None = None,
        *,
        terms: Terms | None = None,
        packs: Path | None = None,
        provider: Callable[[], LinkProvider | None] = lambda: None,
    ) -> None:
        """`terms` is how far the manager may go: without them deadlines are judged, and nothing is offered.

        `packs` is the folder that placement packs go to; without one none is written.
        """
        self._book = book
        self._settings = settings
        self._packs = packs
        self._provider = provider
        self._terms = terms

    @property
    def terms(self) -> Terms:
        """See FinalNotices. Raises NotAllowed where none were given."""
        if self._terms is None:
            raise NotAllowed("no final notice is held here: the manager's authority is not set")
        return self._terms

    @property
    def _place(self) -> final_notices.Place:
        book = self._book
        return final_notices.Place(book.gate, book.home_zone, book.callback_number, self.terms)

    # ---- before -------------------------------------------------------------------------------------

    def order(self, user_id: int, now: datetime, /) -> FinalOrder:
        """See FinalNotices."""
        with self._book.database.read() as session:
            return final_list.order(session, self._place, user_id, now)

    def accounts(
        self, user_id: int, now: datetime, /, account_ids: Sequence[int] | None = None
    ) -> tuple[FinalRow, ...]:
        """See FinalNotices."""
        with self._book.database.read() as session:
            if account_ids is None:
                account_ids = final_list.order(session, self._place, user_id, now).account_ids
            return final_list.rows(session, self._place, user_id, now, account_ids)

    def checks(self, account_id: int, user_id: int, now: datetime, /) -> tuple[NoticeCheck, ...]:
        """See FinalNotices."""
        with self._book.database.read() as session:
            return final_notices.checks(session, self._place, account_id, user_id, now)

    def waive(self, account_id: int, check: str, reason: str, user_id: int, now: datetime, /) -> None:
        """See FinalNotices."""
        with self._book.database.write() as session:
            final_notices.waive(session, self._place, account_id, check, reason, user_id, now)

    def reconcile(self, account_id: int, user_id: int, now: datetime, /) -> Money:
        """See FinalNotices."""
        with self._book.database.write() as session:
            return final_notices.reconcile(session, account_id, user_id, now)

    def ask_authority(
        self,
        account_id: int,
        action: Consequence,
        target: str,
        basis: str,
        until: date,
        user_id: int,
        now: datetime,
        /,
    ) -> int:
        """See FinalNotices."""
        ends = datetime.combine(until + timedelta(days=1), time(), self._book.home_zone).astimezone(UTC)
        return self._book.ask_authority(account_id, action, basis, ends, user_id, now, target=target)

    def waiting_authorities(self, account_id: int, now: datetime, /) -> tuple[AuthorityView, ...]:
        """See FinalNotices."""
        found = self._book.authorities(account_id)
        return tuple(a for a in found if not a.approved_by and not a.revoked and now < a.expires)

    def approve_authority(self, authority_id: int, user_id: int, now: datetime, /) -> None:
        """See FinalNotices."""
        self._book.approve_authority(authority_id, user_id, now)

    # ---- the session --------------------------------------------------------------------------------

    def begin(self, account_id: int, user_id: int, now: datetime, /) -> int:
        """See FinalNotices."""
        with self._book.database.write() as session:
            return final_notices.begin(session, self._place, account_id, user_id, now)

    def view(self, account_id: int, user_id: int, now: datetime, /, day: date | None = None) -> FinalView:
        """See FinalNotices. A stop that is found is kept before anything is shown."""
        with self._book.database.read() as session:
            found = final_view.view(session, self._place, account_id, user_id, now, day)
        if found.stopped and found.session_id is not None and not found.outcome:
            with self._book.database.write() as session:
                final_notices.stop(session, self._place, found.session_id, now)
        return found

    def finish(self, session_id: int, ending: Ending, user_id: int, now: datetime, /) -> Ended:
        """See FinalNotices."""
        with self._book.database.write() as session:
            return final_notices.finish(session, self._place, session_id, ending, user_id, now)

    def confirm(self, session_id: int, user_id: int, now: datetime, /) -> Confirmed:
        """See FinalNotices. Each medium is one message, and none is queued twice for a session."""
        from workstation.exchange.post.mail import DEFAULTS, queue_message
        from workstation.store.post import Outbox

        with self._book.database.read() as session:
            said = final_view.said(session, self._place, session_id, user_id, now)
        party_id = Outbox(self._book).addressee(said.account_id)
        queued, refused = [], []
        for template in said.templates:
            if template in said.queued:
                continue
            try:
                answer = queue_message(
                    self._book,
                    said.account_id,
                    party_id,
                    template,
                    user_id,
                    now,
                    settings=self._settings or DEFAULTS,
                    provider=self._provider(),
                    stage=FINAL,
                    said=said.fields,
                )
            except BookUnavailable:
                raise
            except BookError as wrong:
                refused.append(f"{_medium(template)}: {wrong}")
                continue
            if isinstance(answer, Refused):
                first = answer.reasons[0]
                refused.append(f"{_medium(template)}: {first.message} · {first.citation}")
            else:
                queued.append(f"{answer.medium.value} to {answer.recipient.splitlines()[0]}")
        if queued:
            with self._book.database.write() as session:
                final_view.note_confirmed(session, session_id, user_id, now, queued)
        elif not refused:
            raise InvalidEntry("the confirmation is in the outbox already")
        return Confirmed(tuple(queued), tuple(refused))

    # ---- afterwards ---------------------------------------------------------------------------------

    def deadlines(self, now: datetime, /, states: Sequence[DeadlineState] = ()) -> tuple[DeadlineRow, ...]:
        """See FinalNotices."""
        with self._book.database.read() as session:
            return final_deadlines.rows(session, states)

    def tick(self, now: datetime, progress: Callable[[int], None] | None = None) -> Counter[str]:
        """Judge the deadlines that run, and close forgotten sessions; twice is the same as once."""
        with self._book.database.write() as session:
            closed = final_notices.close_forgotten(session, now)
        counts = final_deadlines.tick(self._book.database, now, progress)
        if closed:
            counts["sessions closed"] = closed
        return counts

    def follow_through(self, deadline_id: int, user_id: int, now: datetime, /) -> None:
        """See FinalNotices. The placement pack is written first: nothing is placed without one."""
        with self._book.database.read() as session:
            account_id = final_deadlines.check_following(session, deadline_id, user_id, now).account_id
        if self._packs is not None:
            from workstation.exchange.placement import write_pack

            day = now.astimezone(self._book.home_zone).date()
            self._packs.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_pack(self._book, account_id, self._packs / f"placement-{account_id}-{day}.zip", now)
        with self._book.database.write() as session:
            final_deadlines.follow_through(session, deadline_id, user_id, now)

    def let_lapse(self, deadline_id: int, reason: str, user_id: int, now: datetime, /) -> None:
        """See FinalNotices."""
        with self._book.database.write() as session:
            final_deadlines.let_lapse(session, deadline_id, reason, user_id, now)


def _medium(template: str) -> str:
    return "mail" if template.endswith("-mail") else "letter"
