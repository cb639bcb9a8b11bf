"""Tables of the desk: dispositions, holds, roles, spoken forms."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from compliance.contact import HoldKind, Medium
from workstation.desk.disposition import DispositionFileError, dispositions, read_dispositions
from workstation.desk.hold import LABEL, REACH
from workstation.desk.money import Money
from workstation.desk.roles import Right, Role, may
from workstation.desk.spoken import greeting, spoken_day, spoken_money, spoken_number


def test_the_keys_of_the_wrap_up_row() -> None:
    keys = {d.key: d.label for d in dispositions().values() if d.key}
    assert list(keys.items()) == [
        ("1", "promise"), ("2", "plan"), ("3", "says paid"), ("4", "dispute"), ("5", "callback"),
        ("6", "refused"), ("7", "hardship"), ("8", "wrong number"), ("9", "voicemail left"),
    ]  # fmt: skip


def test_every_stop_has_a_disposition_that_starts_it() -> None:
    started = {d.starts_hold for d in dispositions().values()}
    # Placing an account is a manager's decision after the last chance; nobody says it on the telephone.
    assert started - {None} == set(HoldKind) - {HoldKind.PLACED}


def test_no_disposition_frees_a_slot_that_telephony_counted() -> None:
    assert {d.counts_to_cap for d in dispositions().values()} <= {"yes", "evidence"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[A]\nlable = "x"', "A: no column 'lable'; did you mean 'label'?"),
        ('[A]\nlabel = "x"', "A: 'counts_to_cap' is missing"),
        ('[A]\nlabel = "x"\ncounts_to_cap = "maybe"', "evidence, yes or no"),
        (
            '[A]\nlabel = "x"\ncounts_to_cap = "yes"\nstarts_hold = "stop"',
            "no hold 'stop'; there are bankruptcy",
        ),
        ('[A]\nlabel = "x"\ncounts_to_cap = "yes"\nneeds = "money"', "promise or callback"),
        (
            '[A]\nlabel = "x"\ncounts_to_cap = "yes"\nkey = "1"\n'
            '[B]\nlabel = "y"\ncounts_to_cap = "yes"\nkey = "1"',
            "key '1' is given twice",
        ),
        ("[A", "dispositions.toml"),
    ],
)
def test_a_wrong_file_is_explained(text: str, says: str) -> None:
    with pytest.raises(DispositionFileError, match=says.replace("?", r"\?")):
        read_dispositions(text)


def test_every_hold_has_a_reach_and_a_label() -> None:
    assert set(REACH) == set(LABEL) == set(HoldKind)
    assert REACH[HoldKind.OPT_OUT].medium is Medium.CALL
    assert REACH[HoldKind.BANKRUPTCY].whole_debtor
    assert REACH[HoldKind.WRONG_NUMBER].this_number


def test_who_may_do_what() -> None:
    assert may("collector", Right.WORK_ACCOUNTS)
    assert not may("collector", Right.LIFT_HOLDS)
    assert may("supervisor", Right.LIFT_HOLDS)
    assert not may("compliance", Right.WORK_ACCOUNTS)
    assert [r for r in Role if may(r, Right.FINAL_NOTICE)] == [Role.MANAGER]
    assert not may("stranger", Right.WORK_ACCOUNTS)


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (842_000, "USD", "8,420 dollars"),
        (842_050, "USD", "8,420 dollars and 50 cents"),
        (101, "USD", "1 dollar and 1 cent"),
        (250, "GBP", "2 pounds and 50 pence"),
        (500, "JPY", "500 JPY"),
    ],
)
def test_amounts_as_they_are_said(minor: int, currency: str, said: str) -> None:
    assert spoken_money(Money(minor, currency)) == said


def test_days_greetings_and_numbers_as_they_are_said() -> None:
    assert spoken_day(date(2026, 11, 27)) == "Friday, November 27"
    assert spoken_day(date(2026, 10, 8), weekday=False) == "October 8"
    assert [greeting(datetime(2026, 1, 1, h, tzinfo=UTC)) for h in (9, 12, 17, 18)] == [
        "Good morning", "Good afternoon", "Good afternoon", "Good evening",
    ]  # fmt: skip
    assert spoken_number("+13125550199") == "312-555-0199"
    assert spoken_number("+442079460000") == "+442079460000"
