"""The only place that asks what time it is. Everything else takes a Clock or an instant."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the present instant as an aware UTC datetime."""

OFFSET_VARIABLE = "DUNLINE_CLOCK_OFFSET"


def system_clock() -> datetime:
    """The machine's time, as aware UTC."""
    return datetime.now(UTC)


def shifted_clock(offset: timedelta) -> Clock:
    """A clock that runs at the machine's pace, `offset` away from it (practice and demonstrations)."""
    return lambda: system_clock() + offset


def clock_from_environment() -> Clock:
    """The system clock, or one that runs DUNLINE_CLOCK_OFFSET seconds away from it.

    Practice uses the offset so that the calling window is open whatever the hour; a switchboard with a
    carrier refuses to start with it set. Raises ValueError if it is not a number.
    """
    text = os.environ.get(OFFSET_VARIABLE)
    if not text:
        return system_clock
    try:
        return shifted_clock(timedelta(seconds=float(text)))
    except ValueError:
        raise ValueError(f"{OFFSET_VARIABLE}={text!r} is not a number of seconds") from None
