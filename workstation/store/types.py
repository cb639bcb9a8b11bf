"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from compliance.redaction.mask import mask_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant: microseconds since the epoch on SQLite, timestamptz on PostgreSQL.

    A naive datetime is refused on the way in (ValueError), so that none can be misread later.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no time type; an integer sorts, compares and indexes exactly."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Aware datetime to what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: the book keeps aware UTC instants only")
        if dialect.name == "sqlite":
            return (value - _EPOCH) // _MICROSECOND
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What the database kept to aware UTC."""
        if value is None:
            return None
        if isinstance(value, int):
            return _EPOCH + timedelta(microseconds=value)
        instant: datetime = value
        return instant.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Free text. No card number, security code or expiry date gets into the book by it (docs/redaction.md).

    What people write is masked as it is bound, whoever writes it and by whichever path. What is heard is
    masked before, where several utterances can be looked at together.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text to masked text."""
        return mask_text(value) if value else value


class CleanString(TypeDecorator[str]):
    """The same for a short text."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text to masked text."""
        return mask_text(value) if value else value


class JsonText(TypeDecorator[Any]):
    """Plain JSON values as compact text with sorted keys, so that equal values have equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Value to text."""
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Text to value."""
        return None if value is None else msgspec.json.decode(value)


def canonical(value: Any) -> str:
    """Return the one compact JSON text of a value (keys sorted): what is hashed is what is stored."""
    return msgspec.json.encode(value, order="deterministic").decode()
