"""Bringing a book to the present schema, quickly when there is nothing to do."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from workstation.desk.book import BookError
from workstation.store.engine import Database
from workstation.store.migrations import HEAD

_LOCK = 0x64756E6C
"""PostgreSQL advisory lock: one process upgrades, the others wait and find it done."""


class BookTooNew(BookError):
    """The book was written by a newer Dunline; opening it with this one could spoil it."""


def make_current(database: Database) -> bool:
    """Create or upgrade the schema; returns whether there was anything to do.

    Raises BookTooNew. One short query when the book is current: Alembic costs half a second to import.
    """
    if _revision(database) == HEAD:
        return False
    with database.connect_for_schema() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        upgrade(connection)
    return True


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations on a connection that is in a write transaction."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        if "Can't locate revision" in str(error):
            raise BookTooNew("this book was written by a newer Dunline: update this installation") from error
        raise


def _revision(database: Database) -> str | None:
    with database.read() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None  # an empty database
        found: str | None = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return found
