"""What all tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

from workstation.store.types import JsonText, UtcDateTime

#: SQLite gives row ids automatically to INTEGER PRIMARY KEY only.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Declarative base. There are no relationships: every join is written where it is used."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - the name and form SQLAlchemy reads
        datetime: UtcDateTime,
        dict[str, str]: JsonText,
        dict[str, Any]: JsonText,
        list[str]: JsonText,
        list[int]: JsonText,
        list[Any]: JsonText,
        int: BigInteger,
    }
