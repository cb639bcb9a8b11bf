"""Statements that are built once and run many times, on the session's own connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Executable, Row, Table, bindparam
from sqlalchemy.orm import Session

from workstation.store.tables import Base
from workstation.store.types import UtcDateTime

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
"""Whom or what a statement is about: a list of ids."""
SINCE = bindparam("since", type_=UtcDateTime())
NOW = bindparam("now", type_=UtcDateTime())


def table_of(mapped: type[Base]) -> Table:
    """Return a mapped class's table: statements on it pass the unit of work by."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


def rows_of(session: Session, statement: Executable, **given: object) -> Sequence[Row[Any]]:
    """Run a prepared statement and return its rows; what the session has pending is written first."""
    session.flush()
    return session.connection().execute(statement, given).all()
