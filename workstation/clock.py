"""The only place that asks what time it is. Everything else takes a Clock or an instant."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""


def system_clock() -> datetime:
    """The machine's time, as aware UTC."""
    return datetime.now(UTC)


def shifted_clock(offset: timedelta) -> Clock:
    """A clock that runs at the machine's pace, `offset` away from it (practice and demonstrations)."""
    return lambda: system_clock() + offset


def clock_from_environment() -> Clock:
    """The system clock, or one set by DUNLINE_NOW (ISO 8601 with a zone) that runs on from there.

    Practice uses it so that the calling window is open whatever the hour; the switchboard of a production
    book refuses to start with it set. Raises ValueError if the text is not an aware ISO 8601 time.
    """
    text = os.environ.get("DUNLINE_NOW")
    if not text:
        return system_clock
    start = datetime.fromisoformat(text)
    if start.tzinfo is None:
        raise ValueError(f"DUNLINE_NOW={text!r} has no time zone: write 2026-11-18T14:00:00-06:00")
    return shifted_clock(start.astimezone(UTC) - system_clock())
