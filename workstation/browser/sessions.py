"""Who is signed in by browser: a random cookie for each, kept here and nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

COOKIE = "dunline"


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """One browser that signed in."""

    username: str
    token: str
    """The switchboard session's token: what the workstation behind the page resumes with."""
    ends: datetime


class BrowserSessions:
    """The sessions of one server. A restart ends them all: a cookie names nothing that is on a disk."""

    def __init__(self) -> None:
        self._open: dict[str, BrowserSession] = {}

    def begin(self, session: BrowserSession, now: datetime) -> str:
        """Keep a session and return the cookie's value; what has ended is forgotten meanwhile."""
        self._open = {key: one for key, one in self._open.items() if one.ends > now}
        key = secrets.token_urlsafe(32)
        self._open[key] = session
        return key

    def find(self, cookie: str | None, now: datetime) -> BrowserSession | None:
        """Return the session of a cookie; None where there is none, or it has ended."""
        session = self._open.get(cookie or "")
        return session if session is not None and session.ends > now else None

    def end(self, cookie: str | None) -> None:
        """Forget a session."""
        self._open.pop(cookie or "", None)
