"""Keeping the words by which accounts are found."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workstation.store.queue_read import words_of
from workstation.store.tables import SearchWord


def index_words(session: Session, texts: Iterable[tuple[int, str]]) -> None:
    """Add the words of (account id, text) pairs; those that are there already stay."""
    pairs = sorted({(word, account_id) for account_id, text in texts for word in words_of(text)})
    if not pairs:
        return
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        make(SearchWord).on_conflict_do_nothing(), [{"word": w, "account_id": a} for w, a in pairs]
    )
