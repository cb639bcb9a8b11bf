from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workstation.desk.views import SignedInUser
from workstation.floor.session import SessionError, Sessions

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
DANA = SignedInUser(7, "dana", "Dana Whitfield", "collector", "1001")


def sessions(tmp_path: Path) -> Sessions:
    return Sessions.from_file(tmp_path / "switchboard.key", timedelta(hours=8))


def test_a_token_comes_back_as_the_session_it_was_issued_for(tmp_path: Path) -> None:
    token, session = sessions(tmp_path).issue(DANA, "1001", NOW)
    assert sessions(tmp_path).check(token, NOW + timedelta(hours=7, minutes=59)) == session
    assert (session.user_id, session.role, session.extension) == (7, "collector", "1001")


def test_the_key_file_is_private_and_kept(tmp_path: Path) -> None:
    sessions(tmp_path)
    key = (tmp_path / "switchboard.key").read_bytes()
    sessions(tmp_path)
    assert (tmp_path / "switchboard.key").read_bytes() == key
    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "switchboard.key").stat().st_mode) == 0o600


def test_an_expired_token_is_refused(tmp_path: Path) -> None:
    token, _ = sessions(tmp_path).issue(DANA, "", NOW)
    with pytest.raises(SessionError, match="expired"):
        sessions(tmp_path).check(token, NOW + timedelta(hours=8))


@pytest.mark.parametrize(
    "spoil", [lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), lambda t: "x" + t, lambda t: ""]
)
def test_a_changed_token_is_refused(tmp_path: Path, spoil: object) -> None:
    token, _ = sessions(tmp_path).issue(DANA, "", NOW)
    with pytest.raises(SessionError, match="not valid here"):
        sessions(tmp_path).check(spoil(token), NOW)  # type: ignore[operator]  # a lambda over str


def test_another_switchboards_token_is_refused(tmp_path: Path) -> None:
    token, _ = Sessions(b"k" * 32, timedelta(hours=1)).issue(DANA, "", NOW)
    with pytest.raises(SessionError):
        sessions(tmp_path).check(token, NOW)
