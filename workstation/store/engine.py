"""Connections: how the book is reached, and the two scopes in which it is read and written."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 15
"""How long a writer waits for another before it gives up (SQLite)."""


class Database:
    """One book's connections. Thread-safe: every scope takes a connection of its own from the pool."""

    def __init__(self, url: str) -> None:
        """Take ``sqlite:///path`` or ``postgresql://...``; nothing is opened yet."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            self.engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        elif parsed.get_backend_name() == "postgresql":
            self.engine = create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)
        else:
            raise ValueError(f"the book lives in SQLite or PostgreSQL, not in {parsed.get_backend_name()!r}")
        self._writer: Engine = self.engine.execution_options(immediate=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a SQLite book."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look at the book; nothing is written."""
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed at the end or rolled back whole. SQLite: the writer's turn is taken first."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connect_for_schema(self) -> Iterator[Connection]:
        """A connection in one write transaction, for migrations."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every pooled connection back."""
        self.engine.dispose()


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
