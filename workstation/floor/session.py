"""Signed session tokens: who sits at a workstation, until when. Only the switchboard holds the key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from workstation.desk.views import SignedInUser


class SessionError(Exception):
    """A token that is forged, broken or expired; sign in again."""


class Session(msgspec.Struct, frozen=True):
    """The content of a token."""

    session_id: str
    user_id: int
    username: str
    full_name: str
    role: str
    extension: str
    expires_at: float
    """Seconds since the epoch."""
    era: int = 0
    """The user's when it was issued: once theirs is another, the session is over."""

    def user(self) -> SignedInUser:
        """Who it is, as screens know them."""
        return SignedInUser(
            self.user_id, self.username, self.full_name, self.role, self.extension, era=self.era
        )


class Sessions:
    """Issues and checks tokens: ``payload.signature``, HMAC-SHA256 over the payload."""

    def __init__(self, key: bytes, lifetime: timedelta) -> None:
        if len(key) < 32:
            raise ValueError("the session key must have at least 32 bytes")
        self._key = key
        self._lifetime = lifetime

    @classmethod
    def from_file(cls, file: Path, lifetime: timedelta) -> Sessions:
        """Read the key, or make one (mode 0600) where there is none."""
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "wb") as out:
                out.write(secrets.token_bytes(32))
        return cls(file.read_bytes(), lifetime)

    def issue(self, user: SignedInUser, extension: str, now: datetime) -> tuple[str, Session]:
        """Open a session for a user who has just proved who they are."""
        session = Session(
            session_id=secrets.token_hex(8),
            user_id=user.user_id,
            username=user.username,
            full_name=user.full_name,
            role=user.role,
            extension=extension,
            expires_at=(now + self._lifetime).timestamp(),
            era=user.era,
        )
        payload = base64.urlsafe_b64encode(msgspec.json.encode(session)).decode()
        return f"{payload}.{self._sign(payload)}", session

    def check(self, token: str, now: datetime) -> Session:
        """Return the session behind a token. Raises SessionError."""
        payload, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(payload).encode(), signature.encode()):
            raise SessionError("this session is not valid here: sign in again")
        session = msgspec.json.decode(base64.urlsafe_b64decode(payload), type=Session)
        if session.expires_at <= now.timestamp():
            raise SessionError("the session has expired: sign in again")
        return session

    def _sign(self, payload: str) -> str:
        return hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()
