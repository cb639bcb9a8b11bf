"""One-time codes by time (RFC 6238): six digits, thirty seconds, SHA-1, as authenticator apps expect them."""

from __future__ import annotations

import hmac
from datetime import datetime

STEP_S = 30
WINDOW = 1
"""Steps before and after the present one whose codes are taken: clocks differ, and people type."""
ISSUER = "Dunline"


def new_secret() -> str:
    """Return a fresh key as base32, 160 bits."""
    import pyotp  # only for those who use codes

    return str(pyotp.random_base32(32))


def uri(secret: str, username: str) -> str:
    """Return the address an authenticator app takes, as text or as a QR code."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


def step_of(secret: str, code: str, now: datetime, used: int) -> int | None:
    """Return the time step a code belongs to; None for a wrong code, and for one of step `used` or older.

    A code is good once: the caller keeps the step that is returned.
    """
    import pyotp

    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit() and len(digits) == 6):
        return None
    maker = pyotp.TOTP(secret)
    here = int(now.timestamp()) // STEP_S
    found = None
    for step in range(here - WINDOW, here + WINDOW + 1):
        # Every step is compared: how long it takes must not tell which one fitted.
        fits = hmac.compare_digest(maker.generate_otp(step).encode(), digits.encode())
        if fits and step > used:
            found = step
    return found
