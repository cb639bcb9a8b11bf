"""Deleting recordings when their time is over (12 CFR 1006.100): files first, then the note in the book."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

from dialer.recording import file_names


def kept_until(ended_at: datetime, years: int) -> datetime:
    """Return until when a call's recordings are kept: the same day, `years` later."""
    return _shifted(ended_at, years)


def ended_before(now: datetime, years: int) -> datetime:
    """Return the instant before which a call must have ended for its recordings to be over now."""
    return _shifted(now, -years)


def _shifted(at: datetime, years: int) -> datetime:
    """The same day in another year; 29 February becomes the 28th going back, the end of it going on."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        if years < 0:
            return at.replace(year=at.year + years, day=28)
        return datetime.combine(date(at.year + years, 3, 1), time(), at.tzinfo)


def delete(recordings: Path, call_id: str) -> int:
    """Delete a call's files; returns how many there were. Doing it again after a crash does no harm.

    The names come from the call's id, never from what the book says they are. Raises OSError, RecordingError.
    """
    gone = 0
    for name in file_names(call_id).values():
        file = recordings / name
        if file.exists():
            file.unlink()
            gone += 1
    return gone
