"""Strategies in force: the packaged ones, with what managers wrote since laid over them, by date."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.roles import Right
from workstation.desk.strategy_edit import StrategyText
from workstation.desk.treatment import Strategy, StrategyFileError, in_order, read_strategy, strategies
from workstation.store import audit, people
from workstation.store.tables import User
from workstation.store.tables.stages import StrategyVersion


def texts_at(session: Session, as_of: date) -> tuple[StrategyText, ...]:
    """Return every strategy as it is written on a day, the packaged ones and those that were added."""
    folder = files("workstation.desk").joinpath("strategies")
    found = {
        entry.name.removesuffix(".toml"): StrategyText(
            entry.name.removesuffix(".toml"), entry.read_text("utf-8"), None
        )
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }
    for row, who in _versions(session, as_of):
        found[row.strategy_id] = StrategyText(row.strategy_id, row.text, row.effective_on, who, row.reason)
    return tuple(found[name] for name in sorted(found))


def strategies_at(session: Session, as_of: date) -> tuple[Strategy, ...]:
    """Return the strategies in force on a day, the most particular first. Raises StrategyFileError."""
    written = _versions(session, as_of)
    if not written:
        return strategies()
    found = {s.id: s for s in strategies()}
    for row, _ in written:
        found[row.strategy_id] = read_strategy(row.text, f"{row.strategy_id}.toml")
    return in_order(found.values())


def _versions(session: Session, as_of: date) -> list[tuple[StrategyVersion, str]]:
    """Versions in force or before, oldest first: the last of each strategy is the one that holds."""
    rows = session.execute(
        select(StrategyVersion, User.full_name)
        .join(User, User.id == StrategyVersion.user_id)
        .where(StrategyVersion.effective_on <= as_of)
        .order_by(StrategyVersion.effective_on, StrategyVersion.id)
    )
    return [(row, who) for row, who in rows]


def save(
    session: Session,
    strategy_id: str,
    text: str,
    effective_on: date,
    reason: str,
    user_id: int,
    today: date,
    now: datetime,
) -> int:
    """Keep a new version of a strategy from a day on; returns its id.

    Raises NotAllowed, and InvalidEntry naming file and key where it cannot be read.
    """
    user = people.need(session, user_id, Right.EDIT_STRATEGIES)
    if effective_on < today:
        raise InvalidEntry(f"a version holds from today at the earliest, not from {effective_on:%d %b %Y}")
    if not reason.strip():
        raise InvalidEntry("say why the strategy changes: it is kept with the version")
    if not strategy_id.replace("-", "").isalnum() or not strategy_id.isascii():
        raise InvalidEntry(f"{strategy_id!r} is no name for a strategy: use letters, digits and hyphens")
    try:
        read_strategy(text, f"{strategy_id}.toml")
    except StrategyFileError as wrong:
        raise InvalidEntry(str(wrong)) from wrong
    row = StrategyVersion(
        strategy_id=strategy_id,
        effective_on=effective_on,
        text=text,
        reason=reason.strip(),
        user_id=user.id,
        saved_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"strategy": strategy_id, "from": effective_on.isoformat(), "reason": row.reason}
    audit.append(session, user.username, "strategy saved", str(row.id), detail, now)
    return row.id
