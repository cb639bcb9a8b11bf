"""Connections: how the book is reached, and the two scopes in which it is read and written."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from workstation.desk.book import BookUnavailable

BUSY_SECONDS = 15
"""How long a writer waits for another before it gives up (SQLite)."""


class StoreError(BookUnavailable):
    """The database cannot be opened, reached or written now; the message is the database's own."""


class Database:
    """One book's connections. Thread-safe: every scope takes a connection of its own from the pool."""

    def __init__(self, url: str) -> None:
        """Take ``sqlite:///path`` or ``postgresql://...``; nothing is opened yet. Raises StoreError."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError(f"{url!r} is not a database address: write sqlite:///book.db") from error
        if parsed.get_backend_name() == "sqlite":
            self.engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        elif parsed.get_backend_name() == "postgresql":
            self.engine = _postgres(parsed)
        else:
            raise StoreError(f"the book lives in SQLite or PostgreSQL, not in {parsed.get_backend_name()!r}")
        self._writer: Engine = self.engine.execution_options(immediate=True)
        self._turns = threading.Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite book."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look at the book; nothing is written."""
        with _reported(), Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end or rolled back whole; SQLite gives the turn first."""
        with (
            self._turn(),
            _reported(),
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Queue up: SQLite has one writer, and who finds it taken there sleeps before looking again."""
        if not self.is_sqlite:
            yield
            return
        if not self._turns.acquire(timeout=BUSY_SECONDS):
            raise StoreError("the book cannot be used now: another writer does not end")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def connect_for_schema(self) -> Iterator[Connection]:
        """A connection in one write transaction, for migrations."""
        with _reported(), self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every pooled connection back."""
        self.engine.dispose()


@contextmanager
def _reported() -> Iterator[None]:
    """Turn the database's troubles into StoreError; a broken constraint is our own mistake and stays."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout) as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else "no connection is free"
        raise StoreError(f"the book cannot be used now: {reason.strip().splitlines()[0]}") from error


def _postgres(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError("a PostgreSQL book needs: pip install 'dunline[postgres]'") from error


def describe(url: str) -> str:
    """Return one line about the book at `url` for ``dunline doctor``. Raises StoreError."""
    database = Database(url)
    place = database.engine.url.database or "memory"
    if database.is_sqlite and place != "memory" and not Path(place).exists():
        return f"not made yet: {place}"
    try:
        with _reported(), database.engine.connect() as connection:
            if database.is_sqlite:
                version = connection.execute(text("SELECT sqlite_version()")).scalar()
                connection.execute(text("SELECT count(*) FROM sqlite_master"))
                return f"SQLite {version}, {place}"
            version = connection.execute(text("SHOW server_version")).scalar()
            return f"PostgreSQL {version}, {place}"
    finally:
        database.close()


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL so that readers never wait; FULL so that a committed stop survives a power cut."""
    raw: Any = connection
    raw.isolation_level = None  # transactions are begun below, not by the driver's guess
    _set_wal(raw)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -32000", "temp_store = MEMORY"):
        raw.execute(f"PRAGMA {pragma}")


def _set_wal(raw: sqlite3.Connection) -> None:
    # Switching the journal does not honour the busy timeout, so two first openers may collide.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            raw.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
