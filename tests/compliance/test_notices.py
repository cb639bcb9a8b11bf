"""The validation period, and its vector worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from compliance.contact import ContactFacts, Medium, Notice, NoticeKind
from compliance.notices import ValidationPeriod
from compliance.rulebook import Rulebook

BOOK = Rulebook.load()
PERIOD = ValidationPeriod(5, 30)


def test_the_figures_stand_in_the_rulebook() -> None:
    day = date(2026, 11, 23)
    names = ("notice_days", "receipt_business_days", "days")
    assert [BOOK.figure("conduct/validation-period", name, day) for name in names] == [5, 5, 30]
    assert BOOK.figure("conduct/retention", "recording_years", day) == 3
    with pytest.raises(KeyError, match="sets no 'weeks'"):
        BOOK.figure("conduct/validation-period", "weeks", day)
    with pytest.raises(KeyError, match="1978-03-19"):
        BOOK.figure("conduct/validation-period", "days", date(1978, 3, 19))


@pytest.mark.parametrize(
    ("sent", "received", "last"),
    [
        (date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 31)),  # Thanksgiving in between
        (date(2026, 11, 16), date(2026, 11, 23), date(2026, 12, 23)),
        (date(2026, 11, 20), date(2026, 11, 30), date(2026, 12, 30)),  # a Friday, and Thanksgiving
        (date(2026, 11, 21), date(2026, 11, 30), date(2026, 12, 30)),  # a Saturday
        (date(2026, 12, 23), date(2026, 12, 31), date(2027, 1, 30)),  # Christmas
        (date(2026, 12, 28), date(2027, 1, 5), date(2027, 2, 4)),  # New Year's Day
        (date(2028, 1, 24), date(2028, 1, 31), date(2028, 3, 1)),  # leap day counts as a day
        (date(2026, 6, 29), date(2026, 7, 7), date(2026, 8, 6)),  # 4 July on a Saturday, observed on Friday
    ],
)
def test_receipt_is_assumed_and_thirty_days_follow(sent: date, received: date, last: date) -> None:
    notice = Notice(NoticeKind.VALIDATION, sent)
    assert PERIOD.assumed_receipt(sent) == received
    assert PERIOD.last_day(notice) == last


def test_a_known_day_of_receipt_counts_instead() -> None:
    notice = Notice(NoticeKind.VALIDATION, date(2026, 11, 23), received_on=date(2026, 11, 25))
    assert PERIOD.last_day(notice) == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("kind", "debts", "today", "runs"),
    [
        (NoticeKind.VALIDATION, frozenset[int](), date(2026, 12, 31), True),
        (NoticeKind.VALIDATION, frozenset[int](), date(2027, 1, 1), False),
        (NoticeKind.VALIDATION, frozenset({1}), date(2026, 12, 31), True),
        (NoticeKind.VALIDATION, frozenset({2}), date(2026, 12, 31), False),
        (NoticeKind.MEDICAL, frozenset({1}), date(2026, 12, 31), False),
    ],
)
def test_whether_it_runs(kind: NoticeKind, debts: frozenset[int], today: date, runs: bool) -> None:
    notice = Notice(kind, date(2026, 11, 23), debt_ids=debts)
    facts = ContactFacts("consumer-third-party", Medium.LETTER, 1, frozenset({1}), "US", notices=(notice,))
    assert PERIOD.runs(facts, today) is runs
    anything = ContactFacts("consumer-third-party", Medium.LETTER, 1, frozenset(), "US", notices=(notice,))
    assert PERIOD.runs(anything, today) is (kind is NoticeKind.VALIDATION and today <= date(2026, 12, 31))


def test_holidays_are_those_of_the_country() -> None:
    notice = Notice(NoticeKind.VALIDATION, date(2026, 4, 29))
    assert PERIOD.last_day(notice) == date(2026, 6, 5)
    assert PERIOD.last_day(notice, "GB") == date(2026, 6, 6)  # the bank holiday of 4 May
    here, there = (
        ContactFacts("uk-consumer", Medium.LETTER, 1, frozenset({1}), country, notices=(notice,))
        for country in ("US", "GB")
    )
    assert not PERIOD.runs(here, date(2026, 6, 6))
    assert PERIOD.runs(there, date(2026, 6, 6))
