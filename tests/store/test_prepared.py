"""Prepared statements say what SQLAlchemy's own would, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, text, update

from workstation.desk.book import BookUnavailable
from workstation.store.book import SqlBook
from workstation.store.prepared import IDS, SINCE, Change, NewRow, Query, table_of
from workstation.store.tables import Party

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
NAMES = ["Harlow", "O'Brien; DROP TABLE parties --", "%s %(id)s ? :id", "Zoë 雪"]

BY_ID = Query(select(table_of(Party)).where(Party.id.in_(IDS)).order_by(Party.id))
SINCE_THEN = Query(select(Party.id).where(Party.id.in_(IDS), Party.created_at >= SINCE).order_by(Party.id))
NEW_PARTY = NewRow(Party)
RENAME = Change(update(table_of(Party)).where(Party.id == bindparam("which")).values(name=bindparam("to")))


@pytest.fixture
def people(book: SqlBook) -> list[int]:
    with book.database.write() as session:
        for n, name in enumerate(NAMES):
            row = Party(kind="business", name=name, created_at=NOW + timedelta(days=n))
            NEW_PARTY.put(session, row)
        return [row.id for row in session.execute(select(Party.id).order_by(Party.id))]


def test_rows_are_those_of_the_mapped_objects(book: SqlBook, people: list[int]) -> None:
    with book.database.read() as session:
        rows = BY_ID.rows(session, ids=people)
        mapped = session.scalars(select(Party).order_by(Party.id)).all()
        names = [column.name for column in table_of(Party).c]
        assert [[getattr(row, n) for n in names] for row in rows] == [
            [getattr(party, n) for n in names] for party in mapped
        ]
        assert [row.name for row in rows] == NAMES


@given(chosen=st.lists(st.integers(0, len(NAMES) + 5), max_size=9), days=st.integers(-1, 5))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_number_of_ids_with_repeats(
    book: SqlBook, people: list[int], chosen: list[int], days: int
) -> None:
    ids = [people[0] + n for n in chosen]
    since = NOW + timedelta(days=days)
    with book.database.read() as session:
        plain = select(Party.id).where(Party.id.in_(ids), Party.created_at >= since).order_by(Party.id)
        expected = [row.id for row in session.execute(plain)]
        assert [row.id for row in SINCE_THEN.rows(session, ids=ids, since=since)] == expected


def test_pending_work_is_seen_and_a_change_tells_how_many(book: SqlBook, people: list[int]) -> None:
    with book.database.write() as session:
        session.get_one(Party, people[0]).name = "Pending"
        assert BY_ID.rows(session, ids=people[:1])[0].name == "Pending"
        assert RENAME.run(session, which=people[1], to="Renamed") == 1
        assert RENAME.run(session, which=people[-1] + 99, to="Nobody") == 0
    with book.database.read() as session:
        assert [row.name for row in BY_ID.rows(session, ids=people[:2])] == ["Pending", "Renamed"]


def test_a_new_row_is_what_the_unit_of_work_would_write(book: SqlBook) -> None:
    with book.database.write() as session:
        NEW_PARTY.put(session, Party(kind="natural", name="Jordan Reyes", created_at=NOW))
        session.add(Party(kind="natural", name="Jordan Reyes", created_at=NOW))
    with book.database.read() as session:
        ours, theirs = session.execute(select(table_of(Party)).order_by(Party.id)).all()
        assert ours[1:] == theirs[1:]


def test_a_refused_statement_is_told_as_the_books_trouble(book: SqlBook) -> None:
    broken = Query(select(Party.id).where(text("no_such_column = 1")))
    with pytest.raises(BookUnavailable, match="no_such_column"), book.database.read() as session:
        broken.rows(session)
