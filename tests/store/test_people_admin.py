"""Managing users, one-time codes (RFC 6238), and locks that hold when many guess at once."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast

import pyotp
import pytest
from sqlalchemy import select, text

from tests.fixtures.book import WEDNESDAY
from tests.store.racing import guess_passwords, race, use_one_code
from workstation.desk.book import CodeNeeded, InvalidEntry, NotAllowed, NotFound, SignInRefused
from workstation.desk.roles import Role
from workstation.store import otp
from workstation.store.book import SqlBook
from workstation.store.people import LOCK_LASTS, TICKET_LASTS, WRONG_TRIES
from workstation.store.tables import AuditEntry, User

NOW = WEDNESDAY
PASSWORD = "correct horse"


@pytest.fixture
def staffed(book: SqlBook) -> SqlBook:
    """A book with an admin and a collector."""
    book.add_user(None, "ada", "Ada Byron", Role.ADMIN, PASSWORD, NOW)
    book.add_user("ada", "dana", "Dana Whitfield", Role.COLLECTOR, PASSWORD, NOW, extension="1001")
    return book


def said(book: SqlBook, username: str) -> list[tuple[str, str, dict[str, str]]]:
    with book.database.read() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == username).order_by(AuditEntry.seq)
        )
        return [(r.actor, r.action, dict(r.detail)) for r in rows]


def era(book: SqlBook, username: str = "dana") -> int:
    user_id = book.find_user(username).user_id
    return book.standings([user_id])[user_id].era


# ---- who may -----------------------------------------------------------------------------------------


def test_whoever_holds_the_machine_adds_the_first_admin_and_nobody_else(book: SqlBook) -> None:
    with pytest.raises(NotAllowed, match="add one first"):
        book.add_user(None, "dana", "Dana", Role.COLLECTOR, PASSWORD, NOW)
    book.add_user(None, "ada", "Ada", Role.ADMIN, PASSWORD, NOW)
    assert said(book, "ada") == [("the machine", "user created", {"role": "admin"})]
    with pytest.raises(NotAllowed, match="say who does it"):
        book.add_user(None, "eve", "Eve", Role.ADMIN, PASSWORD, NOW)
    with pytest.raises(InvalidEntry, match="8 characters"):
        book.add_user("ada", "dana", "Dana", Role.COLLECTOR, "short", NOW)


def test_only_an_admin_manages_users(staffed: SqlBook) -> None:
    book = staffed
    lines = book.verify_audit().lines
    for act, *given in (
        (book.add_user, "dana", "eve", "Eve", Role.ADMIN, PASSWORD, NOW),
        (book.set_role, "dana", "dana", Role.ADMIN, NOW),
        (book.set_password, "dana", "ada", "another horse", NOW),
        (book.unlock, "dana", "ada", NOW),
        (book.set_active, "dana", "ada", False, NOW),
        (book.set_codes, "dana", "ada", True, NOW),
    ):
        with pytest.raises(NotAllowed, match="a collector may not manage users"):
            cast(Callable[..., object], act)(*given)
    with pytest.raises(NotFound):
        book.set_role("nobody", "dana", Role.ADMIN, NOW)
    with pytest.raises(NotFound):
        book.set_role("ada", "nobody", Role.ADMIN, NOW)
    assert book.verify_audit().lines == lines


def test_each_change_is_on_record_and_ends_what_it_must(staffed: SqlBook) -> None:
    book = staffed
    before = era(book)
    book.set_details("ada", "dana", NOW, full_name="Dana W.", extension="1002")
    assert era(book) == before, "a name changes no session"
    book.set_role("ada", "dana", Role.SENIOR, NOW)
    book.set_password("ada", "dana", "another horse", NOW)
    book.set_active("ada", "dana", False, NOW)
    assert era(book) == before + 3
    with pytest.raises(SignInRefused):
        book.sign_in("dana", "another horse", NOW)
    book.set_active("ada", "dana", True, NOW)
    user = book.sign_in("dana", "another horse", NOW)
    assert (user.full_name, user.extension, user.role, user.era) == ("Dana W.", "1002", "senior", before + 4)
    assert [action for _, action, _ in said(book, "dana")][1:-1] == [
        "user changed", "role changed", "password set", "deactivated", "activated",
    ]  # fmt: skip
    same: tuple[Callable[[], object], ...] = (
        lambda: book.set_role("ada", "dana", Role.SENIOR, NOW),
        lambda: book.set_active("ada", "dana", True, NOW),
        lambda: book.unlock("ada", "dana", NOW),
        lambda: book.set_details("ada", "dana", NOW, full_name=None, extension=None),
        lambda: book.set_details("ada", "dana", NOW, full_name=None, extension="PJSIP/1001"),
        lambda: book.set_details("ada", "dana", NOW, full_name=" ", extension=None),
        lambda: book.set_codes("ada", "dana", False, NOW),
    )
    for wrong in same:
        with pytest.raises(InvalidEntry):
            wrong()
    assert book.verify_audit().sound


def test_the_last_admin_stays(staffed: SqlBook) -> None:
    book = staffed
    with pytest.raises(NotAllowed, match="nobody would be left"):
        book.set_role("ada", "ada", Role.MANAGER, NOW)
    with pytest.raises(NotAllowed, match="nobody would be left"):
        book.set_active("ada", "ada", False, NOW)
    book.add_user("ada", "eve", "Eve", Role.ADMIN, PASSWORD, NOW)
    book.set_active("ada", "ada", False, NOW)
    with pytest.raises(NotAllowed, match="not signed in as an active user"):
        book.unlock("ada", "dana", NOW)


def test_a_lock_is_lifted_by_an_admin_and_a_list_shows_it(staffed: SqlBook) -> None:
    book = staffed
    for _ in range(WRONG_TRIES):
        with pytest.raises(SignInRefused):
            book.sign_in("dana", "guess", NOW)
    by_name = {u.username: u for u in book.users(NOW)}
    assert by_name["dana"].locked_until == NOW + LOCK_LASTS
    assert by_name["ada"].locked_until is None
    assert {u.username: u for u in book.users(NOW + LOCK_LASTS)}["dana"].locked_until is None
    book.unlock("ada", "dana", NOW)
    assert book.sign_in("dana", PASSWORD, NOW).username == "dana"


# ---- one-time codes ----------------------------------------------------------------------------------

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "eight"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(seconds: int, eight: str) -> None:
    """SHA-1; the appendix prints eight digits, of which the last six are the six-digit code."""
    at = datetime.fromtimestamp(seconds, UTC)
    assert otp.step_of(RFC_SECRET, eight[-6:], at, 0) == seconds // 30
    assert otp.step_of(RFC_SECRET, f" {eight[2:5]} {eight[5:]} ", at, 0) == seconds // 30
    assert otp.step_of(RFC_SECRET, eight[-6:], at, seconds // 30) is None, "used already"
    assert otp.step_of(RFC_SECRET, eight[-6:], at + timedelta(seconds=30), 0) == seconds // 30
    assert otp.step_of(RFC_SECRET, eight[-6:], at + timedelta(seconds=90), 0) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345６", "'; --"])
def test_what_is_no_code_is_none(code: str) -> None:
    assert otp.step_of(RFC_SECRET, code, NOW, 0) is None


def code_of(address: str, now: datetime) -> str:
    maker = pyotp.parse_uri(address)
    assert isinstance(maker, pyotp.TOTP)
    return str(maker.at(now))


def test_signing_in_with_codes(staffed: SqlBook) -> None:
    book = staffed
    address = book.set_codes("ada", "dana", True, NOW)
    assert address.startswith("otpauth://totp/Dunline:dana?secret=")
    code = code_of(address, NOW)
    with pytest.raises(CodeNeeded):
        book.sign_in("dana", PASSWORD, NOW)
    with pytest.raises(SignInRefused, match="wrong user name or password"):
        book.sign_in("dana", "guess", NOW, code)
    with pytest.raises(SignInRefused, match="wrong one-time code"):
        book.sign_in("dana", PASSWORD, NOW, f"{(int(code) + 1) % 10**6:06}")
    user = book.sign_in("dana", PASSWORD, NOW, code)
    assert user.ticket
    assert user.ticket not in repr(user)
    with pytest.raises(SignInRefused, match="used already"):
        book.sign_in("dana", PASSWORD, NOW, code)

    # The ticket opens one session at the switchboard, once, and not for ever.
    assert book.redeem(user.ticket, NOW).username == "dana"
    for ticket in (user.ticket, "", "guess"):
        with pytest.raises(SignInRefused):
            book.redeem(ticket, NOW)
    later = NOW + timedelta(seconds=60)
    late = book.sign_in("dana", PASSWORD, later, code_of(address, later))
    with pytest.raises(SignInRefused):
        book.redeem(late.ticket, later + TICKET_LASTS)

    # Lost the device: an admin resets it. Neither key nor ticket is in any log.
    book.set_codes("ada", "dana", False, NOW)
    assert book.sign_in("dana", PASSWORD, NOW).ticket == ""
    secret = address.partition("secret=")[2].partition("&")[0]
    with book.database.read() as session:
        for row in session.execute(text("SELECT detail FROM audit_log")):
            assert secret not in str(row)
            assert user.ticket not in str(row)
        assert user.ticket not in session.scalars(select(User.ticket)).all()


def test_wrong_codes_lock_like_wrong_passwords(staffed: SqlBook) -> None:
    book = staffed
    address = book.set_codes("ada", "dana", True, NOW)
    wrong = f"{(int(code_of(address, NOW)) + 7) % 10**6:06}"
    for _ in range(WRONG_TRIES):
        with pytest.raises(SignInRefused, match="wrong one-time code"):
            book.sign_in("dana", PASSWORD, NOW, wrong)
    with pytest.raises(SignInRefused, match="too many wrong tries"):
        book.sign_in("dana", PASSWORD, NOW, code_of(address, NOW))


# ---- races -------------------------------------------------------------------------------------------


def test_many_who_guess_at_once_lock_the_name_once_and_nobody_gets_in(
    staffed: SqlBook, book_url: str
) -> None:
    """Each process guesses wrong as often as locks, then knows the password: by then the name is locked."""
    given = [("dana", PASSWORD, WRONG_TRIES, NOW)] * 4
    assert race(guess_passwords, book_url, given) == [0] * 4
    assert [action for _, action, _ in said(staffed, "dana")].count("locked out") == 1
    assert staffed.verify_audit().sound


def test_one_code_lets_one_in_however_many_try_it_at_once(staffed: SqlBook, book_url: str) -> None:
    address = staffed.set_codes("ada", "dana", True, NOW)
    given = [("dana", PASSWORD, code_of(address, NOW), NOW)] * 4
    assert sorted(race(use_one_code, book_url, given)) == [0, 0, 0, 1]
