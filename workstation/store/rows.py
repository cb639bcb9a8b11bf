"""Writing many rows of one table through the driver itself: a night's run writes hundreds of thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


def put_rows(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]], key: str = "") -> None:
    """Insert rows that all name the same columns; with `key`, rows that are there by it are overwritten.

    Values are converted by the columns' own types, once a column: SQLAlchemy's own way costs more for each
    row than SQLite does.
    """
    if not rows:
        return
    connection = session.connection()
    dialect = connection.dialect
    target = cast(Table, table.__table__)
    statement = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(target).inline()
    if key:
        changed = {name: statement.excluded[name] for name in rows[0] if name != key}
        statement = statement.on_conflict_do_update(index_elements=[key], set_=changed)
    compiled = statement.compile(dialect=dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or list(rows[0])
    columns = []
    for name in names:
        convert = target.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[name] for row in rows]
        if convert is not None and isinstance(values[0], date):  # many rows, few days and instants
            known = {value: convert(value) for value in set(values)}
            values = [known[value] for value in values]
        elif convert is not None:
            values = [convert(value) for value in values]
        columns.append(values)
    given: Any = list(zip(*columns, strict=True))
    if not compiled.positional:
        given = [dict(zip(names, values, strict=True)) for values in given]
    connection.exec_driver_sql(str(compiled), given)
