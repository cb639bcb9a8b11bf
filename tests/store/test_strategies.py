"""Strategies tried out on the real book and kept by date; what is said is what the run then does."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, Demo
from tests.fixtures.final import Final
from workstation.desk.book import InvalidEntry, NotAllowed
from workstation.desk.strategy_edit import Setting, settings, with_value
from workstation.desk.treatment import StrategyFileError, read_strategy, strategies
from workstation.store.stages import run_stages
from workstation.store.strategies import strategies_at, texts_at
from workstation.store.tables import AuditEntry, StageAction
from workstation.store.tables.stages import StageEvent, StageRun
from workstation.strategy_desk import StrategyDesk

TODAY = WEDNESDAY.date()


def text_of(demo: Demo, name: str) -> str:
    with demo.book.database.read() as session:
        return next(t.text for t in texts_at(session, TODAY) if t.id == name)


def slower(text: str) -> str:
    """The same strategy with every step two months later, and pressing from the ninetieth day."""
    for setting in settings(text):
        if setting.section == "step" and setting.key == "days":
            text = with_value(text, setting, (setting.value or 0) + 60)
    found = {s.path: s for s in settings(text)}
    text = with_value(text, found["timing.final"], 120)
    return with_value(text, found["timing.press"], 90)


def test_the_same_strategy_changes_nothing(demo_book: Demo) -> None:
    desk = StrategyDesk(demo_book.book)
    found = desk.preview("standard", text_of(demo_book, "standard"), WEDNESDAY)
    assert found.as_of == TODAY
    assert found.changed == ()
    assert all(t.more == 0 for t in (*found.by_channel, *found.by_stage, *found.by_segment))
    assert found.accounts == 60


def test_what_the_preview_says_is_what_the_run_then_does(demo_book: Demo) -> None:
    book, desk = demo_book.book, StrategyDesk(demo_book.book)
    kei = demo_book.seeded.user_ids["kei"]
    edited = slower(text_of(demo_book, "standard"))
    said = desk.preview("standard", edited, WEDNESDAY)
    assert said.changed, "an edit that changes nothing would test nothing"
    with book.database.read() as session:
        for table in (StageAction, StageEvent, StageRun):
            assert session.scalars(select(table)).first() is None, "a preview writes nothing"
    desk.save("standard", edited, TODAY, "fewer calls before the holidays", kei, WEDNESDAY)
    done = run_stages(book, TODAY, WEDNESDAY)
    contacts = {kind: done.counts[kind] for kind in ("email", "letter", "call")}
    assert contacts == {
        kind: next((t.after for t in said.by_channel if t.key == kind), 0) for kind in contacts
    }
    by_account = {line.account_id: f"{line.channel} {line.step}" for line in done.lines if line.channel}
    for one in said.changed:
        assert by_account.get(one.account_id, "–") == one.after
    with book.database.read() as session:
        assert "strategy saved" in list(session.scalars(select(AuditEntry.action)))
    assert desk.tonight(WEDNESDAY) == TODAY + timedelta(days=1)


def test_a_version_holds_from_its_day(final: Final) -> None:
    desk = StrategyDesk(final.book)
    with final.book.database.read() as session:
        text = next(t.text for t in texts_at(session, TODAY) if t.id == "late")
    tomorrow = TODAY + timedelta(days=1)
    desk.save("late", slower(text), tomorrow, "slower", final.kei, WEDNESDAY)
    with final.book.database.read() as session:
        assert strategies_at(session, TODAY) == strategies()
        after = {s.id: s for s in strategies_at(session, tomorrow)}
        assert after["late"].timing.press == 90
        assert after.keys() == {s.id for s in strategies()}
        (late,) = (t for t in texts_at(session, tomorrow) if t.id == "late")
        assert (late.effective_on, late.saved_by, late.reason) == (tomorrow, "Kei Imai", "slower")


def test_what_cannot_be_saved_is_named(final: Final) -> None:
    desk = StrategyDesk(final.book)
    with final.book.database.read() as session:
        text = next(t.text for t in texts_at(session, TODAY) if t.id == "late")
    yesterday = TODAY - timedelta(days=1)
    for args, complaint in (
        (("late", text.replace("press = 8", "press = 800"), TODAY, "x"), r"late.toml: timing.press: must be"),
        (("late", "title = ", TODAY, "x"), "late.toml"),
        (("late", text, yesterday, "x"), "from today at the earliest"),
        (("late", text, TODAY, " "), "say why"),
        (("../late", text, TODAY, "x"), "no name for a strategy"),
    ):
        with pytest.raises(InvalidEntry, match=complaint):
            desk.save(*args, final.kei, WEDNESDAY)
    with pytest.raises(NotAllowed, match="change strategies"):
        desk.save("late", text, TODAY, "x", final.shop.morgan, WEDNESDAY)
    with pytest.raises(InvalidEntry, match="unknown key"):
        desk.preview("late", text.replace("press", "pres"), WEDNESDAY)


@pytest.mark.parametrize("strategy", strategies(), ids=lambda s: str(s.id))
def test_every_number_can_be_changed_and_nothing_else_is(demo_book: Demo, strategy: object) -> None:
    name = getattr(strategy, "id")  # noqa: B009 - parametrize gives an object
    text = text_of(demo_book, name)
    for setting in settings(text):
        value = setting.value if setting.value is not None else 1
        changed = with_value(text, setting, value + 1)
        again = {s.path: s.value for s in settings(changed)}
        expected = {s.path: s.value for s in settings(text)} | {setting.path: value + 1}
        assert again == expected
        with contextlib.suppress(StrategyFileError):  # out of bounds: named, and tested above
            read_strategy(changed, f"{name}.toml")


def test_a_setting_that_is_not_there() -> None:
    with pytest.raises(StrategyFileError, match=r"no step\[3\].days"):
        with_value("[[step]]\ndays = 1\n", Setting("step", 2, "days", "x", 1), 3)
    assert with_value("title = 'x'\n", Setting("caps", 0, "days_between", "caps", None), 3).endswith(
        "[caps]\ndays_between = 3\n"
    )
