"""Finding what was said: FTS5 on SQLite, text search on PostgreSQL; newest first on both.

The order is that in which words were stored, which both can walk from the end and stop: ranking by how well
a text fits would have to look at every hit of a common word first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.orm import Session

from compliance.transcription.words import Leg
from workstation.desk.book import InvalidEntry
from workstation.desk.talk_search import MOST_WORDS, Hit, TalkSearch, snippet, spoken
from workstation.store.tables import Account, CallRow, FindingRow, Party, Segment, User
from workstation.store.types import UtcDateTime

_DAY_US = 86_400_000_000
_TOGETHER = 32
"""Days under one coarse mark; both as Migration 0011 writes them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEW = 200
"""Calls with a finding, up to which the index is asked for them by name."""
_MOST_DAYS = 40 * 366
"""A range without an end is taken to be this long."""
_HITS = table("segment_words", column("rowid", Integer), column("segment_words", String))


def search(session: Session, wanted: TalkSearch) -> tuple[Hit, ...]:
    """Return the utterances that hold all words, newest first. Raises InvalidEntry."""
    words = spoken(wanted.words)
    if not words:
        raise InvalidEntry("nothing to search for: give one or more words")
    if len(words) > MOST_WORDS:
        raise InvalidEntry(f"{len(words)} words are too many to search for: give {MOST_WORDS} at most")
    if session.get_bind().dialect.name == "sqlite":
        calls = _few_calls(session, wanted.rule) if wanted.rule else None
        if calls == []:
            return ()
        found = _fts5(words, wanted, calls)
    else:
        found = _tsquery(words, wanted)
    rows = session.execute(_narrowed(found, wanted).limit(max(1, wanted.limit)))
    return tuple(
        Hit(
            call_id=call_id,
            second=_second(spoken_words, words, start),
            leg=Leg(leg),
            at=at,
            collector=collector,
            account_number=number,
            account_name=name,
            snippet=snippet(text, words),
        )
        for call_id, leg, start, text, spoken_words, at, collector, number, name in rows
    )


_FOUND = (
    select(
        Segment.call_id,
        Segment.leg,
        Segment.start,
        Segment.text,
        Segment.words,
        CallRow.reserved_at,
        User.full_name,
        Account.number,
        Party.name,
    )
    .join(CallRow, CallRow.id == Segment.call_id)
    .join(User, User.id == CallRow.collector_id)
    .join(Account, Account.id == CallRow.account_id)
    .join(Party, Party.id == Account.party_id)
)


def _few_calls(session: Session, rule: str) -> list[tuple[int, int]] | None:
    """Account and day of the calls on which a rule's finding stands; None where there are many.

    Among many, the newest hits are found soon by looking at each; among few, a common word would have every
    call of the book looked at, so the index is asked for those calls alone.
    """
    calls = (
        select(FindingRow.call_id)
        .where(FindingRow.rule_id == rule, FindingRow.superseded_at.is_(None))
        .distinct()
        .limit(_FEW + 1)
    )
    ids = session.scalars(calls).all()
    if len(ids) > _FEW:
        return None
    rows = session.execute(select(CallRow.account_id, CallRow.reserved_at).where(CallRow.id.in_(ids)))
    return [(account_id, (at - _EPOCH).days) for account_id, at in rows]


def _fts5(words: Sequence[str], wanted: TalkSearch, calls: Sequence[tuple[int, int]] | None) -> Select[Any]:
    """Every word in quotes, so that none is an operator; the calls wanted by their marks."""
    said = " AND ".join(_quoted(w) for w in words)
    asked = [f"text : ({said})"]
    if wanted.collector_id is not None:
        asked.append(f'marks : "c{int(wanted.collector_id)}"')
    if wanted.account_id is not None:
        asked.append(f'marks : "a{int(wanted.account_id)}"')
    if wanted.since is not None or wanted.until is not None:
        asked.append(f"marks : ({' OR '.join(_quoted(m) for m in _day_marks(wanted.since, wanted.until))})")
    if calls is not None:
        asked.append(" OR ".join(f'(marks : "a{account}" AND marks : "d{day}")' for account, day in calls))
    query = " AND ".join(f"({part})" for part in asked)
    hits = _HITS.c.segment_words.op("MATCH")(bindparam("asked", query, type_=Text))
    return _FOUND.join(_HITS, _HITS.c.rowid == Segment.id).where(hits).order_by(_HITS.c.rowid.desc())


def _quoted(word: str) -> str:
    """An FTS5 string: whatever is in it is text. ``spoken`` leaves no quotes; this does not rest on it."""
    return '"' + word.replace('"', '""') + '"'


def _day_marks(since: datetime | None, until: datetime | None) -> list[str]:
    """Cover a range of days: whole runs of 32 by one mark, the days at its ends one by one."""
    first = 0 if since is None else max(0, (since - _EPOCH).days)
    last = first + _MOST_DAYS if until is None else (until - _EPOCH).days
    if since is None:
        first = max(0, last - _MOST_DAYS)
    marks, day = [], first
    while day <= last:
        if day % _TOGETHER == 0 and day + _TOGETHER - 1 <= last:
            marks.append(f"w{day // _TOGETHER}")
            day += _TOGETHER
        else:
            marks.append(f"d{day}")
            day += 1
    return marks or ["d-none"]


def _tsquery(words: Sequence[str], wanted: TalkSearch) -> Select[Any]:
    """``plainto_tsquery`` takes text, never operators; the expression is that of the index, word for word."""
    said: ColumnElement[Any] = literal_column("to_tsvector('simple', segments.text)")
    asked = func.plainto_tsquery(literal_column("'simple'"), bindparam("asked", " ".join(words), type_=Text))
    found = _FOUND.where(said.op("@@")(asked), Segment.replaced_at.is_(None)).order_by(Segment.id.desc())
    if wanted.collector_id is not None:
        found = found.where(CallRow.collector_id == wanted.collector_id)
    if wanted.account_id is not None:
        found = found.where(CallRow.account_id == wanted.account_id)
    return found


def _narrowed(found: Select[Any], wanted: TalkSearch) -> Select[Any]:
    """What the index does not know, or knows by the day only."""
    limits: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        limits.append(CallRow.reserved_at >= bindparam("since", wanted.since, type_=UtcDateTime))
    if wanted.until is not None:
        limits.append(CallRow.reserved_at < bindparam("until", wanted.until, type_=UtcDateTime))
    if wanted.rule:
        limits.append(
            select(FindingRow.id)
            .where(
                FindingRow.rule_id == wanted.rule,
                FindingRow.call_id == Segment.call_id,
                FindingRow.superseded_at.is_(None),
            )
            .exists()
        )
    return found.where(*limits)


def _second(spoken_words: Sequence[Sequence[Any]], wanted: Sequence[str], start: float) -> float:
    """When the first of the words wanted begins."""
    asked = frozenset(wanted)
    for text, begins, *_ in spoken_words:
        if not asked.isdisjoint(spoken(text)):
            return float(begins)
    return start
