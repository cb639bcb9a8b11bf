"""Statements that are compiled once and then run through the driver, on the session's own connection.

A call is decided while its collector waits, in some twenty statements. SQLAlchemy writes each statement and
converts each value; what it spends on every single execution costs more than the database's own work, so
here that part is passed by.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Connection, Dialect, Insert, Select, Table, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from workstation.store.tables import Base
from workstation.store.types import UtcDateTime

IDS: BindParameter[Any] = bindparam("ids", expanding=True)
"""Whom or what a statement is about: a list of ids."""
SINCE = bindparam("since", type_=UtcDateTime())
NOW = bindparam("now", type_=UtcDateTime())

_Convert = Callable[[Any], Any]


def table_of(mapped: type[Base]) -> Table:
    """Return a mapped class's table: statements on it pass the unit of work by."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


@dataclass(slots=True)
class _Compiled:
    """One statement's text for one dialect and one number of ids."""

    text: str
    names: tuple[str, ...]
    """Every parameter; for a driver with positions, in their order."""
    positional: bool
    binds: Mapping[str, _Convert]
    """How given values become the driver's, where they need it."""
    fixed: Mapping[str, Any]
    """Values that stand in the statement itself, as the driver takes them."""
    results: list[tuple[int, _Convert]] | None = None
    """Which columns of a row need converting, known from the first execution on."""

    def values(self, given: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver takes them."""
        values = dict(self.fixed)
        for name, value in given.items():
            convert = self.binds.get(name)
            values[name] = value if convert is None else convert(value)
        return [values[name] for name in self.names] if self.positional else values


@dataclass(slots=True)
class _Prepared:
    statement: Select[*tuple[Any, ...]] | UpdateBase
    _known: dict[tuple[str, int], _Compiled] = field(default_factory=dict)

    def _run(self, session: Session, given: Mapping[str, Any]) -> tuple[Any, _Compiled, Connection]:
        """Execute and return the driver's cursor. Raises DBAPIError as SQLAlchemy does."""
        session.flush()
        connection = session.connection()
        dialect = connection.dialect
        values = dict(given)
        ids: Sequence[Any] = values.pop("ids", ())
        count = len(ids)
        if count > 1:
            # A power of two, the last one again: few texts for any number, and an id twice finds no more.
            count = 1 << (count - 1).bit_length()
            ids = [*ids, *[ids[-1]] * (count - len(ids))]
        values.update((f"ids_{n}", one) for n, one in enumerate(ids, 1))
        compiled = self._known.get((dialect.name, count))
        if compiled is None:
            compiled = self._known[dialect.name, count] = self._compile(dialect, count)
        cursor = connection.connection.cursor()
        parameters = compiled.values(values)
        driver = dialect.loaded_dbapi
        try:
            cursor.execute(compiled.text, parameters)
        except driver.Error as wrong:
            cursor.close()
            raise DBAPIError.instance(
                compiled.text, parameters, wrong, driver.Error, dialect=dialect
            ) from wrong
        return cursor, compiled, connection

    def _compile(self, dialect: Dialect, count: int) -> _Compiled:
        compiled = self.statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        missing: dict[str, Any] = {name: None for name, bind in compiled.binds.items() if bind.required}
        state = compiled.construct_expanded_state({**missing, **({"ids": [0] * count} if count else {})})
        binds = {}
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                binds[name] = convert
        fixed = {
            name: binds[name](value) if name in binds else value
            for name, value in state.parameters.items()
            if name not in missing and not name.startswith("ids_")
        }
        names = tuple(state.positiontup or state.parameters)
        return _Compiled(state.statement, names, bool(compiled.positional), binds, fixed)


class Query(_Prepared):
    """A prepared question."""

    statement: Select[*tuple[Any, ...]]

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        """Take a select whose parameters are :data:`IDS` and named ones."""
        super().__init__(statement)
        self._columns = tuple(statement.selected_columns)
        self._row: Any = namedtuple("Row", [column.key for column in self._columns])  # type: ignore[misc]

    def rows(self, session: Session, **given: object) -> list[Any]:
        """Return the rows, named as the columns are; what the session has pending is written first."""
        if "ids" in given and not given["ids"]:
            return []
        cursor, compiled, connection = self._run(session, given)
        try:
            found = cursor.fetchall()
            if compiled.results is None:
                compiled.results = self._results(connection.dialect, cursor.description)
        finally:
            cursor.close()
        make = self._row._make
        if not compiled.results:
            return [make(row) for row in found]
        rows = []
        for row in found:
            values = list(row)
            for at, convert in compiled.results:
                values[at] = convert(values[at])
            rows.append(make(values))
        return rows

    def first(self, session: Session, **given: object) -> Any | None:
        """Return the first row, or None."""
        rows = self.rows(session, **given)
        return rows[0] if rows else None

    def _results(self, dialect: Dialect, description: Sequence[Sequence[Any]]) -> list[tuple[int, _Convert]]:
        found: list[tuple[int, _Convert]] = []
        for at, column in enumerate(self._columns):
            convert = column.type.dialect_impl(dialect).result_processor(dialect, description[at][1])
            if convert is not None:
                found.append((at, convert))
        return found


class Change(_Prepared):
    """A prepared insert or update."""

    def run(self, session: Session, **given: object) -> int:
        """Execute and return how many rows it touched."""
        cursor, _, _ = self._run(session, given)
        touched: int = cursor.rowcount
        cursor.close()
        return touched


class NewRow:
    """A prepared insert of one row, from the mapped object; the unit of work takes ten times as long.

    Columns that the object leaves open get their default; a key that the database gives stays open.
    """

    def __init__(self, mapped: type[Base]) -> None:
        """Take a mapped class whose defaults are plain values."""
        table = table_of(mapped)
        self._names = [c.name for c in table.c if c is not table.autoincrement_column]
        self._defaults = {
            c.name: c.default.arg for c in table.c if isinstance(c.default, ScalarElementColumnDefault)
        }
        self._change = Change(_insert_of(table, self._names))

    def put(self, session: Session, row: Base) -> None:
        """Write the row now."""
        given = vars(row)
        defaults = self._defaults
        self._change.run(session, **{name: given.get(name, defaults.get(name)) for name in self._names})


def _insert_of(table: Table, names: Iterable[str]) -> Insert:
    return table.insert().inline().values({name: bindparam(name, type_=table.c[name].type) for name in names})
