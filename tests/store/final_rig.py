"""What the tests of the manager's last chance share: its days, what spoils it, and how it is given."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from compliance.contact import Refused
from tests.fixtures.book import WEDNESDAY
from tests.fixtures.final import Final
from workstation.desk.book import Authorised, CallRequest
from workstation.desk.dispute import Reason
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import CheckId, CheckState, Outcome
from workstation.desk.final_views import Ending
from workstation.desk.money import Money
from workstation.store.tables import AuditEntry

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FRIDAY = date(2026, 12, 4)
"""A business day sixteen days on."""
CLOSE = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
"""17:00 in Chicago on that day."""
MONDAY = datetime(2026, 12, 7, 16, 0, tzinfo=UTC)
"""In the morning of the day announced."""
USD_8420 = Money(842_000, "USD")


def last_chance(day: date = FRIDAY) -> Ending:
    return Ending(Outcome.LAST_CHANCE, read_back=True, deadline=day)


def given(final: Final, day: date = FRIDAY) -> int:
    """Hold a session that ends with a last chance; returns the deadline's id."""
    session = final.desk.begin(final.account, final.kei, WEDNESDAY)
    ended = final.desk.finish(session, last_chance(day), final.kei, WEDNESDAY + 9 * MINUTE)
    assert ended.deadline_id is not None
    return ended.deadline_id


def prove(final: Final, now: datetime) -> None:
    """The manager gives the password again."""
    final.book.prove(final.kei, "correct horse", now)


def state_of(final: Final, deadline_id: int) -> DeadlineState:
    return next(d.state for d in final.desk.deadlines(WEDNESDAY) if d.deadline_id == deadline_id)


def logged(final: Final) -> list[str]:
    with final.book.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))


def missing(final: Final, now: datetime = WEDNESDAY, user: int | None = None) -> set[CheckId]:
    found = final.desk.checks(final.account, user or final.kei, now)
    return {c.id for c in found if c.state is CheckState.MISSING}


def call(final: Final, now: datetime) -> Authorised | Refused:
    phone = final.shop.jordan_phone
    return final.book.authorise(
        CallRequest(final.account, final.shop.jordan, phone, final.kei, "practice"), now
    )


def dispute(final: Final) -> None:
    final.book.open_dispute(
        final.account, "IA-1", 10_000, Reason.PRICE, WEDNESDAY.date(), final.shop.dana, WEDNESDAY
    )


def barred(final: Final) -> None:
    final.book.set_debt_facts(
        final.account, final.shop.morgan, WEDNESDAY, time_barred_from=WEDNESDAY.date() - DAY
    )


def revoked(final: Final) -> None:
    final.book.revoke_authority(final.authority, final.shop.morgan, WEDNESDAY, "the partner withdrew")
