"""Looking through everything the book keeps for what must not be there, and masking it where it is.

Every column of text is looked at, unless it is named here as an identifier: a new column is looked at until
somebody says that it holds none but our own numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Table, Text, select, update
from sqlalchemy.orm import Session

from compliance.redaction.mask import found_in, mask_call, mask_text
from compliance.redaction.policy import CARDS, Kind, Policy
from compliance.transcription.words import Leg, Source, Utterance
from workstation.store.redactions import policy_for, unpack
from workstation.store.tables import Base, CallRow, Segment
from workstation.store.types import CleanString, CleanText, JsonText

APPEND_ONLY = frozenset({"audit_log", "decisions", "call_steps", "notes", "outbox_steps"})
"""Tables whose rows nobody can change: masked on the way in, and named by a scan for good if not."""

IDENTIFIERS = frozenset(
    {
        ("accounts", "number"),
        ("debts", "loan_account"),
        ("invoices", "number"),
        ("invoices", "po_number"),
        ("payments", "reference"),
        ("payments", "key"),
        ("credits", "reference"),
        ("bank_receipts", "key"),
        ("payment_links", "reference"),
        ("payment_links", "provider_ref"),
        ("payment_links", "url"),
        ("link_receipts", "provider_payment"),
        ("outbox", "message_id"),
        ("outbox", "template_digest"),
        ("outbox", "claim_token"),
        ("audit_log", "before"),
        ("audit_log", "digest"),
        ("audit_head", "digest"),
        ("users", "password_hash"),
        ("users", "totp_secret"),
        ("users", "ticket"),
        ("phones", "number"),
        ("calls", "number"),
        ("attempts", "number"),
        ("decisions", "number"),
        ("holds", "number"),
        ("overrides", "number"),
        ("queue_entries", "number"),
        ("search_words", "word"),
        ("segments", "text"),
        ("segments", "words"),
        ("redactions", "files"),
        ("redactions", "last_four"),
    }
)
"""Our own numbers, other people's references, telephone numbers, digests. Segments are looked at as calls."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Where something stands that must not; never what it says."""

    table: str
    row: str
    column: str
    kinds: tuple[Kind, ...]
    call_id: str = ""


def in_calls(session: Session, call_id: str | None = None) -> Iterator[Leak]:
    """Look at the words of every call (or one), both legs together, under the call's profile."""
    wanted = select(CallRow).order_by(CallRow.reserved_at)
    if call_id is not None:
        wanted = wanted.where(CallRow.id == call_id)
    for call in session.scalars(wanted.execution_options(yield_per=200)):
        rows = session.scalars(
            select(Segment).where(Segment.call_id == call.id).order_by(Segment.start, Segment.id)
        ).all()
        heard = [
            Utterance(Leg(r.leg), r.start, r.end, r.text, unpack(r.words), True, Source(r.source))
            for r in rows
        ]
        for change in mask_call(heard, policy_for(call)):
            kinds = tuple(stretch.kind for stretch in change.stretches)
            yield Leak("segments", str(rows[change.index].id), "text", kinds, call.id)


def in_texts(session: Session, call_id: str | None = None) -> Iterator[Leak]:
    """Look at every other text of the book, or at those that belong to one call."""
    for table in Base.metadata.sorted_tables:
        columns = [c for c in table.columns if _is_text(table, c)]
        if not columns or (call_id is not None and "call_id" not in table.columns):
            continue
        keys = list(table.primary_key.columns)
        statement = select(*keys, *columns)
        if call_id is not None:
            statement = statement.where(table.columns["call_id"] == call_id)
        for row in session.execute(statement.execution_options(yield_per=1000)):
            for column, value in zip(columns, row[len(keys) :], strict=True):
                kinds = _found(column, value)
                if kinds:
                    place = "/".join(str(key) for key in row[: len(keys)])
                    yield Leak(table.name, place, column.name, kinds, call_id or "")


def mask_texts(session: Session, leaks: list[Leak]) -> list[Leak]:
    """Mask what can be masked; returns what cannot: append-only lines, and values that are no text."""
    left = []
    for leak in leaks:
        table = Base.metadata.tables[leak.table]
        column = table.columns[leak.column]
        keys = list(table.primary_key.columns)
        if leak.table in APPEND_ONLY or len(keys) != 1 or isinstance(column.type, JsonText):
            left.append(leak)
            continue
        key = keys[0]
        place: Any = leak.row if isinstance(key.type, String) else int(leak.row)
        value = session.scalar(select(column).where(key == place))
        session.execute(update(table).where(key == place).values({column.name: mask_text(value or "")}))
    return left


def _is_text(table: Table, column: Column[Any]) -> bool:
    kind = isinstance(column.type, String | Text | CleanText | CleanString | JsonText)
    return kind and not column.foreign_keys and (table.name, column.name) not in IDENTIFIERS


def _found(column: Column[Any], value: Any, policy: Policy = CARDS) -> tuple[Kind, ...]:
    if column.name == "words" and isinstance(value, list):
        value = " ".join(str(word[0]) for word in value)
    return tuple(kind for text in _texts(value) for kind in found_in(text, policy))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


__all__ = ["APPEND_ONLY", "IDENTIFIERS", "Leak", "in_calls", "in_texts", "mask_texts"]
