"""Recordings are kept three years to the day, longer where an account is contested, and deleted whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.contact import HoldKind
from compliance.rulebook import Rulebook
from dialer.recording import file_names
from tests.fixtures.book import WEDNESDAY, Shop
from workstation.desk.book import Authorised, CallEnd, CallRequest
from workstation.floor.retention import delete, ended_before, kept_until
from workstation.store import holds

YEARS = Rulebook.load().figure("conduct/retention", "recording_years", WEDNESDAY.date())


@pytest.fixture
def call(shop: Shop) -> str:
    placed = shop.book.authorise(
        CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "1001"), WEDNESDAY
    )
    assert isinstance(placed, Authorised)
    shop.book.record_recording(placed.call_id, file_names(placed.call_id), WEDNESDAY)
    shop.book.end_call(placed.call_id, CallEnd(WEDNESDAY, "answered", True, True, 60.0, {}))
    return placed.call_id


def over(shop: Shop, now: datetime) -> list[str]:
    return [one.call_id for one in shop.book.recordings_ended_before(ended_before(now, YEARS))]


def test_three_years_to_the_second(shop: Shop, call: str) -> None:
    last = kept_until(WEDNESDAY, YEARS)
    assert over(shop, last + timedelta(days=900)) == [], "a call that was not judged is kept"
    shop.book.mark_judged(call)
    assert over(shop, last - timedelta(seconds=1)) == []
    assert over(shop, last) == []
    assert over(shop, last + timedelta(seconds=1)) == [call]


@pytest.mark.parametrize("kind", [HoldKind.DISPUTE, HoldKind.ATTORNEY, HoldKind.BANKRUPTCY])
def test_a_contested_account_keeps_all(shop: Shop, call: str, kind: HoldKind) -> None:
    shop.book.mark_judged(call)
    with shop.book.database.write() as session:
        holds.place(
            session,
            account_id=shop.account,
            party_id=shop.jordan,
            kind=kind,
            now=WEDNESDAY,
            source="letter",
            actor="test",
        )
    assert over(shop, WEDNESDAY + timedelta(days=4000)) == []


def test_deleting_is_noted_and_may_be_done_again(shop: Shop, call: str, tmp_path: Path) -> None:
    shop.book.mark_judged(call)
    later = WEDNESDAY + timedelta(days=4000)
    other = tmp_path / "another-call.wav16"
    for name in file_names(call).values():
        (tmp_path / name).write_bytes(b"x")
    other.write_bytes(b"x")
    assert delete(tmp_path, call) == 3
    assert over(shop, later) == [call], "a crash between files and note is made good by the next run"
    assert delete(tmp_path, call) == 0
    shop.book.recordings_deleted(call, "kept 3 years", later)
    shop.book.recordings_deleted(call, "kept 3 years", later)
    assert over(shop, later) == []
    assert other.exists()
    assert shop.book.verify_audit().sound


LEAP = datetime(2024, 2, 29, 15, tzinfo=UTC)


@settings(max_examples=400)
@example(LEAP)
@example(LEAP.replace(hour=0))
@example(datetime(2021, 2, 28, 15, tzinfo=UTC))
@given(
    st.integers(0, 40 * 366 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
)
def test_what_is_over_was_kept_long_enough(ended: datetime) -> None:
    last = kept_until(ended, YEARS)
    assert last - ended >= timedelta(days=365 * YEARS)
    assert not ended < ended_before(last - timedelta(microseconds=1), YEARS)
    assert ended < ended_before(last + timedelta(days=2), YEARS)
