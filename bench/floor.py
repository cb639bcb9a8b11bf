"""How quick the floor board is: a snapshot of 200 collectors and 1,000 changes applied to the screen's view.

``python -m bench.floor`` prints one line of JSON. Beside it stands a raw loop in the same process: the same
messages put into a dict and sorted once at the end, which is the least that showing them in order can take.
Figures are CPU seconds, the median of several rounds; ``ratio`` is the view's time over the raw loop's. The
view keeps the order right after every single change.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from workstation.floor import messages as m
from workstation.ui.floor.rows import floor_row
from workstation.ui.floor.view import FloorView

PEOPLE = 200
CHANGES = 1_000
ROUNDS = 9
NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
_STATES = ("talking", "on hold", "wrap-up", "available", "ringing", "dialling", "paused", "card pause")


def _row(n: int, turn: int) -> m.FloorRow:
    return m.FloorRow(
        user_id=n,
        name=f"Collector {n:03}",
        role="collector",
        extension="",
        state=_STATES[(n + turn) % len(_STATES)],
        since=NOW.timestamp() - turn,
        account=f"A-{n} Some Account LLC",
        calls=turn,
        alarm=(n + turn) % 17 == 0,
    )


def _cpu(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    snapshot = m.FloorSnapshot(at=NOW.timestamp(), lag_ms=5, rows=tuple(_row(n, 0) for n in range(PEOPLE)))
    changes = [
        m.FloorChanged(at=NOW.timestamp(), lag_ms=5, rows=(_row(n * 7 % PEOPLE, n // PEOPLE + 1),))
        for n in range(CHANGES)
    ]
    encoded = [msgspec.json.encode(change) for change in changes]
    decoder = msgspec.json.Decoder(m.FloorChanged)

    def view() -> None:
        floor = FloorView()
        floor.apply(snapshot, NOW)
        for change in changes:
            floor.apply(change, NOW)

    def raw() -> None:
        kept = {row.user_id: row for row in snapshot.rows}
        for change in changes:
            for row in change.rows:
                kept[row.user_id] = row
        sorted(kept.values(), key=lambda r: (not r.alarm, r.name, r.user_id))

    def decoded() -> None:
        for data in encoded:
            decoder.decode(data)

    floor = FloorView()
    floor.apply(snapshot, NOW)
    rows = floor.rows

    def drawn() -> None:
        for row in rows:
            floor_row(row, floor, NOW, 132, False)

    applied, least = _cpu(view), _cpu(raw)
    print(
        json.dumps(
            {
                "people": PEOPLE,
                "changes": CHANGES,
                "apply_s": round(applied, 5),
                "raw_loop_s": round(least, 6),
                "ratio": round(applied / max(least, 1e-9), 1),
                "apply_us_a_change": round(applied / CHANGES * 1e6, 1),
                "decode_s": round(_cpu(decoded), 5),
                "draw_200_rows_s": round(_cpu(drawn), 5),
            }
        )
    )


if __name__ == "__main__":
    main()
