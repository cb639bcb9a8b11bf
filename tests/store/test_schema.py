"""The schema: migrations and tables say the same, opening is quick and safe."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text, update
from sqlalchemy.exc import IntegrityError

from tests.fixtures.book import Shop
from workstation.store import migrations
from workstation.store.book import SqlBook, open_book
from workstation.store.engine import StoreError, describe
from workstation.store.schema import BookTooNew
from workstation.store.tables import Base, Note, Party

_REFUSED = (StoreError, IntegrityError)
"""How PostgreSQL and SQLite report what a trigger refused."""


def test_the_head_constant_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == migrations.HEAD


def test_migrations_build_exactly_the_tables(book: SqlBook) -> None:
    with book.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": not_of_the_words_index}
        )
        assert compare_metadata(context, Base.metadata) == []
        tables = {t for t in inspect(connection).get_table_names() if not_of_the_words_index(t, "table", {})}
        assert tables == {*Base.metadata.tables, "alembic_version"}


def not_of_the_words_index(name: str | None, kind: str, _parents: object) -> bool:
    """The index over what was said is made by hand for each database: no table of SQLAlchemy's stands for it.

    tests/store/test_talk_search.py holds it against what it is for.
    """
    return not (name or "").startswith("segment_words" if kind == "table" else "ix_segments_words")


def test_a_current_book_opens_without_alembic_and_location_data(sqlite_template: Path) -> None:
    code = (
        "import sys\n"
        "from workstation.store.book import open_book\n"
        f"open_book({str(sqlite_template)!r}).close()\n"
        "heavy = {'alembic', 'zipcodes', 'holidays', 'phonenumbers', 'argon2', 'jinja2', 'textual', 'vosk'}\n"
        "print(','.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_several_first_openers_agree(tmp_path: Path) -> None:
    path = tmp_path / "new.db"

    def first_open(_: int) -> int:
        book = open_book(path)
        try:
            return book.verify_audit().lines
        finally:
            book.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(first_open, range(4))) == [0, 0, 0, 0]


def test_a_newer_book_is_left_alone(book: SqlBook, book_url: str) -> None:
    with book.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BookTooNew, match="newer Dunline"):
        open_book(book_url)


def test_a_path_that_cannot_be_a_book_is_reported(tmp_path: Path) -> None:
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear Sir or Madam, " * 40)
    with pytest.raises(StoreError, match="not a database"):
        describe(f"sqlite:///{wrong}")
    with pytest.raises(StoreError):
        open_book(tmp_path / "nowhere" / "book.db")
    with pytest.raises(StoreError, match="SQLite or PostgreSQL"):
        describe("mysql://somewhere/book")
    assert describe(f"sqlite:///{tmp_path / 'new.db'}").startswith("not made yet")


def test_describe_names_the_database(book: SqlBook, book_url: str) -> None:
    assert describe(book_url).startswith("SQLite 3" if book.database.is_sqlite else "PostgreSQL ")


def test_instants_come_back_as_aware_utc(book: SqlBook) -> None:
    chicago = timezone(timedelta(hours=-6))
    for instant in (
        datetime(2026, 11, 1, 1, 30, 0, 123457, tzinfo=chicago),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ):
        with book.database.write() as session:
            party = Party(kind="business", name="x", created_at=instant)
            session.add(party)
            session.flush()
            party_id = party.id
        with book.database.read() as session:
            found = session.get_one(Party, party_id).created_at
        assert found == instant
        assert found.utcoffset() == timedelta(0)


def test_a_naive_instant_is_refused(book: SqlBook) -> None:
    naive = datetime(2026, 11, 1)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(Exception, match="no time zone"), book.database.write() as session:
        session.add(Party(kind="business", name="x", created_at=naive))


def test_what_is_append_only_cannot_be_changed(shop: Shop) -> None:
    book, now = shop.book, datetime(2026, 11, 18, tzinfo=UTC)
    for statement in ("UPDATE audit_log SET actor = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(_REFUSED, match="append-only"), book.database.write() as session:
            session.execute(text(statement))
    with pytest.raises(_REFUSED, match="append-only"), book.database.write() as session:  # noqa: PT012
        session.add(Note(account_id=shop.account, at=now, text="as it was"))
        session.flush()
        session.execute(update(Note).values(text="as we like it"))


def test_a_write_that_fails_leaves_nothing(book: SqlBook) -> None:
    now = datetime(2026, 11, 18, tzinfo=UTC)
    with pytest.raises(RuntimeError, match="half way"), book.database.write() as session:  # noqa: PT012
        session.add(Party(kind="business", name="x", created_at=now))
        session.flush()
        raise RuntimeError("half way")
    with book.database.read() as session:
        assert session.query(Party).count() == 0


def test_sqlite_is_safe_against_power_loss(sqlite_template: Path) -> None:
    book = open_book(sqlite_template)
    with book.database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    book.close()
