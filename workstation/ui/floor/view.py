"""The floor as a screen knows it, built from the switchboard's events and from nothing else. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from workstation.desk.floor import ON_CALL, FloorState
from workstation.floor import messages as m

STALE_AFTER = timedelta(seconds=3)
"""Without news for longer than this, what is shown is not current, and says so."""

RANKED = (
    FloorState.TALKING,
    FloorState.CARD,
    FloorState.HOLD,
    FloorState.RINGING,
    FloorState.DIALLING,
    FloorState.WRAP_UP,
    FloorState.AVAILABLE,
    FloorState.PAUSED,
    FloorState.AWAY,
)
"""The states, those on a call first."""
_RANK = {state.value: rank for rank, state in enumerate(RANKED)}
_CALLS = frozenset(state.value for state in ON_CALL)


class Order(StrEnum):
    """How the rows are sorted; a call with an alarm comes first in all but by name."""

    ALARM = "alarms first"
    """Then whoever is on a call, then the others, by name."""
    STATE = "by state"
    TIME = "longest in state"
    NAME = "by name"


class Show(StrEnum):
    """Which rows are shown."""

    ALL = "everybody"
    CALLS = "on a call"
    FREE = "available"
    PAUSED = "on pause or away"
    ALARMS = "with an alarm"


_Key = tuple[Any, ...]
_SORT: Mapping[Order, Callable[[m.FloorRow], _Key]] = {
    Order.ALARM: lambda r: (not r.alarm, r.state not in _CALLS, r.name.casefold(), r.user_id),
    Order.STATE: lambda r: (not r.alarm, _RANK.get(r.state, 99), r.since, r.user_id),
    Order.TIME: lambda r: (not r.alarm, r.since, r.user_id),
    Order.NAME: lambda r: (r.name.casefold(), r.user_id),
}
_FITS: Mapping[Show, Callable[[m.FloorRow], bool]] = {
    Show.ALL: lambda r: True,
    Show.CALLS: lambda r: r.state in _CALLS,
    Show.FREE: lambda r: r.state == FloorState.AVAILABLE,
    Show.PAUSED: lambda r: r.state in (FloorState.PAUSED, FloorState.AWAY) or bool(r.pause),
    Show.ALARMS: lambda r: r.alarm,
}


class FloorView:
    """The rows in order, and how old the news is.

    ``apply`` says which places of the order must be drawn again; None means all of them.
    """

    def __init__(self) -> None:
        self._rows: dict[int, m.FloorRow] = {}
        self._keys: list[_Key] = []
        """Sort keys of the rows shown, in order; each ends in its user's id."""
        self._key_of: dict[int, _Key] = {}
        self.order = Order.ALARM
        self.show = Show.ALL
        self.lag_ms = 0
        self._news: datetime | None = None
        self._ahead = 0.0
        """Seconds by which the switchboard's clock is ahead of ours."""

    def apply(self, event: m.FloorSnapshot | m.FloorChanged, now: datetime) -> Sequence[int] | None:
        """Take an event in; return the places that changed, or None where the order did."""
        self._news, self.lag_ms = now, event.lag_ms
        self._ahead = event.at - now.timestamp()
        if isinstance(event, m.FloorSnapshot):
            self._rows = {row.user_id: row for row in event.rows}
            self._sort()
            return None
        key, fits = _SORT[self.order], _FITS[self.show]
        moved = False
        changed: list[int] = []
        for user_id in event.gone:
            if self._rows.pop(user_id, None) is not None:
                moved |= self._put(user_id, None)
        for row in event.rows:
            before, self._rows[row.user_id] = self._rows.get(row.user_id), row
            if self._put(row.user_id, key(row) if fits(row) else None):
                moved = True
            elif row.user_id in self._key_of and before != row:
                changed.append(row.user_id)
        return None if moved else [place for u in changed if (place := self.place_of(u)) is not None]

    def _put(self, user_id: int, key: _Key | None) -> bool:
        """Move a collector to where their key belongs (None: nowhere); whether that is another place."""
        before = self._key_of.get(user_id)
        if before == key:
            return False
        if before is not None:
            del self._keys[bisect_left(self._keys, before)]
            del self._key_of[user_id]
        if key is not None:
            insort(self._keys, key)
            self._key_of[user_id] = key
        return True

    def sort(self, order: Order | None = None, show: Show | None = None) -> None:
        """Order or choose the rows otherwise."""
        self.order, self.show = order or self.order, show or self.show
        self._sort()

    @property
    def rows(self) -> list[m.FloorRow]:
        """The rows shown, in order."""
        return [self._rows[key[-1]] for key in self._keys]

    def place_of(self, user_id: int) -> int | None:
        """Where a collector stands in the order; None where they are not shown."""
        key = self._key_of.get(user_id)
        return None if key is None else bisect_left(self._keys, key)

    def row(self, user_id: int) -> m.FloorRow | None:
        """A collector's row, shown or not."""
        return self._rows.get(user_id)

    def counts(self) -> Mapping[str, int]:
        """How many are in each state, and under ``alarm`` how many calls need a look."""
        counted = Counter(row.state for row in self._rows.values())
        counted["alarm"] = sum(row.alarm for row in self._rows.values())
        return counted

    def seconds(self, row: m.FloorRow, now: datetime) -> float:
        """How long a collector has been in their state, by the switchboard's clock."""
        return max(0.0, now.timestamp() + self._ahead - row.since)

    def silent_for(self, now: datetime) -> float | None:
        """Seconds since the last news where that is too long; None while what is shown is current."""
        if self._news is None or now - self._news <= STALE_AFTER:
            return None
        return (now - self._news).total_seconds()

    @property
    def begun(self) -> bool:
        """Whether anything has come at all."""
        return self._news is not None

    def _sort(self) -> None:
        key, fits = _SORT[self.order], _FITS[self.show]
        self._key_of = {user_id: key(row) for user_id, row in self._rows.items() if fits(row)}
        self._keys = sorted(self._key_of.values())
