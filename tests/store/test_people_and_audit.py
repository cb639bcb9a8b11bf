"""Sign-in, and the audit log that finds any change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.fixtures.book import WEDNESDAY, Shop
from workstation.desk.book import (
    CallRequest,
    InvalidEntry,
    NotAllowed,
    NotFound,
    ProofNeeded,
    SignInRefused,
)
from workstation.desk.roles import Right, Role
from workstation.store import people
from workstation.store.book import SqlBook
from workstation.store.people import LOCK_LASTS, WRONG_TRIES


@pytest.fixture
def dana(book: SqlBook) -> int:
    return book.create_user(
        "Dana", "Dana Whitfield", Role.COLLECTOR, "correct horse", WEDNESDAY, extension="1001"
    )


def test_signing_in(book: SqlBook, dana: int) -> None:
    user = book.sign_in(" DANA ", "correct horse", WEDNESDAY)
    assert (user.user_id, user.username, user.full_name, user.role, user.extension) == (
        dana, "dana", "Dana Whitfield", "collector", "1001",
    )  # fmt: skip
    assert book.find_user("dana") == user


def test_a_wrong_name_and_a_wrong_password_sound_alike(book: SqlBook, dana: int) -> None:
    with pytest.raises(SignInRefused) as wrong_password:
        book.sign_in("dana", "correct house", WEDNESDAY)
    with pytest.raises(SignInRefused) as wrong_name:
        book.sign_in("nobody", "correct horse", WEDNESDAY)
    assert str(wrong_password.value) == str(wrong_name.value)


def test_five_wrong_tries_lock_the_name_for_a_while(book: SqlBook, dana: int) -> None:
    for _ in range(WRONG_TRIES):
        with pytest.raises(SignInRefused, match="wrong user name"):
            book.sign_in("dana", "guess", WEDNESDAY)
    with pytest.raises(SignInRefused, match="try again in 15 min"):
        book.sign_in("dana", "correct horse", WEDNESDAY)
    with pytest.raises(SignInRefused, match="try again in 1 min"):
        book.sign_in("dana", "correct horse", WEDNESDAY + LOCK_LASTS - timedelta(seconds=1))
    assert book.sign_in("dana", "correct horse", WEDNESDAY + LOCK_LASTS).user_id == dana


def test_a_right_password_forgets_wrong_tries(book: SqlBook, dana: int) -> None:
    for _ in range(2):
        for _ in range(WRONG_TRIES - 1):
            with pytest.raises(SignInRefused, match="wrong user name"):
                book.sign_in("dana", "guess", WEDNESDAY)
        assert book.sign_in("dana", "correct horse", WEDNESDAY).user_id == dana


def test_who_cannot_be_added(book: SqlBook, dana: int) -> None:
    for name, password, says in (
        ("dana", "long enough", "already"),
        ("new", "short", "8 characters"),
        ("", "long enough", "user name"),
        ("a b", "long enough", "user name"),
    ):
        with pytest.raises(InvalidEntry, match=says):
            book.create_user(name, "Somebody", Role.COLLECTOR, password, WEDNESDAY)
    with pytest.raises(NotFound):
        book.find_user("new")


def test_a_password_is_kept_as_a_hash_only(book: SqlBook, dana: int) -> None:
    with book.database.read() as session:
        stored = session.execute(text("SELECT password_hash FROM users")).scalar_one()
    assert stored.startswith("$argon2id$")
    assert "correct" not in stored


# ---- a fresh proof ----


def fresh(book: SqlBook, user_id: int, now: datetime, right: Right = Right.WORK_ACCOUNTS) -> str:
    with book.database.read() as session:
        return people.need_fresh(session, user_id, right, now, within=timedelta(minutes=15)).username


def test_some_things_want_the_password_given_not_long_ago(book: SqlBook, dana: int) -> None:
    with pytest.raises(ProofNeeded, match="give your password again"):
        fresh(book, dana, WEDNESDAY)
    book.sign_in("dana", "correct horse", WEDNESDAY)
    later = WEDNESDAY + timedelta(minutes=15)
    assert fresh(book, dana, later) == "dana"
    with pytest.raises(ProofNeeded):
        fresh(book, dana, later + timedelta(seconds=1))
    with pytest.raises(ProofNeeded):
        fresh(book, dana, WEDNESDAY - timedelta(seconds=1))  # a clock set back proves nothing
    with pytest.raises(NotAllowed, match="a collector may not"):
        fresh(book, dana, later, Right.FINAL_NOTICE)
    with pytest.raises(SignInRefused, match="wrong password"):
        book.prove(dana, "correct house", later)
    with pytest.raises(ProofNeeded):
        fresh(book, dana, later + timedelta(minutes=1))
    book.prove(dana, "correct horse", later)
    assert fresh(book, dana, later + timedelta(minutes=15)) == "dana"


def test_wrong_proofs_lock_like_wrong_sign_ins(book: SqlBook, dana: int) -> None:
    for _ in range(WRONG_TRIES):
        with pytest.raises(SignInRefused, match="wrong password"):
            book.prove(dana, "guess", WEDNESDAY)
    with pytest.raises(SignInRefused, match="too many wrong tries"):
        book.prove(dana, "correct horse", WEDNESDAY)
    with pytest.raises(SignInRefused, match="too many wrong tries"):
        book.sign_in("dana", "correct horse", WEDNESDAY)
    with pytest.raises(SignInRefused):
        book.prove(10**6, "correct horse", WEDNESDAY)


# ---- the log ----


def write_some(shop: Shop) -> None:
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    shop.book.authorise(request, WEDNESDAY)
    shop.book.audit("dana", "looked", "A-1", {"screen": "account"}, WEDNESDAY)
    shop.book.report_unknown_leg("PJSIP/carrier-0001", "+13125550141", WEDNESDAY)


def tamper(shop: Shop, *statements: str) -> None:
    """Change the book as somebody with the database's password could: without the guards."""
    with shop.book.database.write() as session:
        if shop.book.database.is_sqlite:
            for table in ("audit_log", "decisions"):
                for verb in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            session.execute(text(statement))


def test_an_untouched_log_is_sound(shop: Shop) -> None:
    write_some(shop)
    verified = shop.book.verify_audit()
    assert (verified.sound, verified.lines) == (True, 6)  # three users, one decision, two more


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit_log SET actor = 'sam' WHERE seq = 5", "line 5 was changed"),
        ("UPDATE audit_log SET detail = '{}' WHERE seq = 4", "line 4 was changed"),
        ("DELETE FROM audit_log WHERE seq = 5", "line 5 is missing"),
        ("DELETE FROM audit_log WHERE seq = 6", "ends at 5, its head says 6"),
        ("UPDATE audit_log SET before = digest WHERE seq = 6", "line 6 does not follow"),
        ("UPDATE decisions SET checks = '[]'", "was changed or removed"),
        ("UPDATE decisions SET number = '+13125550199'", "was changed or removed"),
    ],
)
def test_any_change_is_found(shop: Shop, statement: str, says: str) -> None:
    write_some(shop)
    tamper(shop, statement)
    verified = shop.book.verify_audit()
    assert not verified.sound
    assert says in verified.reason
