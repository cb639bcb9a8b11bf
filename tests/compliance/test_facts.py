"""Promises, callbacks and addresses as spoken, and as Vosk wrote them. The call is on Wed 18 Nov 2026."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.checks.amounts import read_amount
from compliance.checks.dates import find_days
from compliance.checks.facts import FactFinder
from compliance.checks.finding import Caught, CaughtKind
from compliance.checks.hours import find_hour
from compliance.checks.numbers import read_number
from compliance.transcription.words import Leg, Utterance, Word

TODAY = date(2026, 11, 18)


def say(*texts: str, pause: float = 1.0, confidence: float = 1.0, exponent: int = 2) -> list[Caught]:
    finder = FactFinder(TODAY, exponent=exponent)
    out: list[Caught] = []
    at = 0.0
    for text in texts:
        words = tuple(
            Word(w, at + 0.3 * n, at + 0.3 * n + 0.3, confidence) for n, w in enumerate(text.split())
        )
        out += finder.hear(Utterance(Leg.DEBTOR, at, words[-1].end, text, words, True))
        at = words[-1].end + pause
    return out


@pytest.mark.parametrize(
    ("spoken", "value", "money"),
    [
        ("five thousand", 5000, True),
        ("five thousand and", 5000, True),
        ("twelve hundred", 1200, True),
        ("twenty five hundred", 2500, True),
        ("two thousand and five hundred dollars", 2500, True),
        ("six thousand one hundred and twenty five", 6125, True),
        ("eight thousand four hundred and twenty dollars", 8420, True),
        ("a thousand", 1000, True),
        ("a hundred and fifty bucks", 150, True),
        ("five grand", 5000, True),
        ("forty two dollars and fifty cents", "42.50", True),
        ("one million two hundred thousand", 1_200_000, True),
        ("$1,250.50", "1250.50", True),
        ("8,420", 8420, True),
        ("5k", 5000, True),
        ("5 thousand", 5000, True),
        ("850 dollars", 850, True),
        ("nineteen", 19, False),
        ("thirty five", 35, False),
        ("seven", 7, False),
    ],
)
def test_numbers(spoken: str, value: int | str, money: bool) -> None:
    number = read_number(spoken.split(), 0)
    assert number is not None
    assert (number.value, number.money) == (Decimal(value), money)


@pytest.mark.parametrize("spoken", ["and five", "a dog", "hundred", "friday", "thousandth"])
def test_no_number(spoken: str) -> None:
    assert read_number(spoken.split(), 0) is None


def test_who_has_understood_a_demand_has_promised_nothing() -> None:
    """The read-back of a last chance, as it is said and as Vosk wrote it; a plain read-back is a promise."""
    finder = FactFinder(TODAY)

    def promises(asked: str) -> list[Caught]:
        found: list[Caught] = []
        for leg, text in ((Leg.AGENT, asked), (Leg.DEBTOR, "yes i have understood that")):
            words = tuple(Word(w, 0.3 * n, 0.3 * n + 0.3, 1.0) for n, w in enumerate(text.split()))
            found += finder.hear(Utterance(leg, 0.0, words[-1].end, text, words, True))
        return [c for c in found if c.kind is CaughtKind.PROMISE]

    demand = (
        "let me read that back to you one thousand nine hundred five dollars by wednesday december second"
    )
    assert promises(f"{demand} or a plan agreed with me before then is that how you understood it") == []
    assert promises(f"{demand} or plan agreed with me before that is that are you understood it") == []
    assert [c.amount_minor for c in promises(f"{demand} is that right")] == [190_500]


ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
TENS = "x x twenty thirty forty fifty sixty seventy eighty ninety"


def spelt(n: int) -> str:
    if n < 20:
        return ONES.split()[n]
    if n < 100:
        return TENS.split()[n // 10] + (f" {spelt(n % 10)}" if n % 10 else "")
    if n < 1000:
        return f"{spelt(n // 100)} hundred" + (f" and {spelt(n % 100)}" if n % 100 else "")
    return f"{spelt(n // 1000)} thousand" + (f" {spelt(n % 1000)}" if n % 1000 else "")


@given(st.integers(0, 999_999))
def test_every_number_spelt_is_read_back(n: int) -> None:
    words = [*spelt(n).split(), "on", "friday"]
    number = read_number(words, 0)
    assert number is not None
    assert (int(number.value), number.end) == (n, len(words) - 2)


@pytest.mark.parametrize(
    ("spoken", "day"),
    [
        ("today", (2026, 11, 18)),
        ("tomorrow", (2026, 11, 19)),
        ("the day after tomorrow", (2026, 11, 20)),
        ("on friday", (2026, 11, 20)),
        ("on wednesday", (2026, 11, 25)),
        ("this friday", (2026, 11, 20)),
        ("next tuesday", (2026, 11, 24)),
        ("next friday", (2026, 11, 27)),
        ("by the end of the month", (2026, 11, 30)),
        ("the end of next month", (2026, 12, 31)),
        ("end of the week", (2026, 11, 20)),
        ("in two weeks", (2026, 12, 2)),
        ("within ten days", (2026, 11, 28)),
        ("in a month", (2026, 12, 18)),
        ("on the fifteenth", (2026, 12, 15)),
        ("on the eighteenth", (2026, 11, 18)),
        ("the thirty first", (2026, 12, 31)),
        ("the twenty second", (2026, 11, 22)),
        ("december first", (2026, 12, 1)),
        ("the fifth of december", (2026, 12, 5)),
        ("january 3rd", (2027, 1, 3)),
        ("november second", (2027, 11, 2)),
    ],
)
def test_days(spoken: str, day: tuple[int, int, int]) -> None:
    (found,) = find_days(spoken.split(), TODAY)
    assert found.day == date(*day)


@pytest.mark.parametrize(
    "spoken", ["the first time", "the second invoice", "in a minute", "february thirtieth", "soon"]
)
def test_no_day(spoken: str) -> None:
    assert find_days(spoken.split(), TODAY) == []


def test_next_weekday_is_less_sure_than_a_plain_one() -> None:
    assert find_days(["next", "tuesday"], TODAY)[0].sure < find_days(["tuesday"], TODAY)[0].sure == 1.0


def test_a_month_ahead_of_the_thirty_first_ends_with_the_month() -> None:
    assert find_days(["in", "a", "month"], date(2026, 10, 31))[0].day == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("spoken", "hour"),
    [
        ("at two", time(14)),
        ("at too", time(14)),
        ("it too", time(14)),
        ("at nine", time(9)),
        ("at nine in the evening", time(21)),
        ("at three thirty", time(15, 30)),
        ("around ten in the morning", time(10)),
        ("half past nine in the morning", time(9, 30)),
        ("at noon", time(12)),
        ("at twelve", time(12)),
        ("at twelve a m", time(0)),
        ("at seven p m", time(19)),
    ],
)
def test_hours(spoken: str, hour: time) -> None:
    found = find_hour(spoken.split())
    assert found is not None
    assert found[0] == hour


@pytest.mark.parametrize("spoken", ["at work", "it was", "about the invoice", "after that", "at thirteen"])
def test_no_hour(spoken: str) -> None:
    assert find_hour(spoken.split()) is None


@pytest.mark.parametrize(
    ("texts", "minor", "day", "method"),
    [
        (["i can pay five thousand and on friday"], 500_000, date(2026, 11, 20), ""),
        (["i will send twelve hundred by the end of the month"], 120_000, date(2026, 11, 30), ""),
        (
            ["let's to three thousand and no make that four thousand the next tuesday by cheque"],
            400_000,
            date(2026, 11, 24),
            "check",
        ),
        (
            ["we can do two thousand and five hundred dollars on the fifteenth by bank transfer"],
            250_000,
            date(2026, 12, 15),
            "transfer",
        ),
        (["i can give you a card for eight hundred and fifty dollars today"], 85_000, TODAY, "card"),
        (["how about five thousand", "on friday"], 500_000, date(2026, 11, 20), ""),
        (["i can pay five thousand", "on friday", "no make that four"], 400_000, date(2026, 11, 20), ""),
        (
            ["i can pay five thousand on friday", "sorry monday", "by wire"],
            500_000,
            date(2026, 11, 23),
            "transfer",
        ),
        (
            ["i could pay two hundred on the first and two hundred on the fifteenth"],
            20_000,
            date(2026, 12, 1),
            "",
        ),
        (["we will pay two invoices for nine hundred on monday"], 90_000, date(2026, 11, 23), ""),
    ],
)
def test_promises(texts: list[str], minor: int, day: date, method: str) -> None:
    caught = say(*texts)
    last = caught[-1]
    assert {c.kind for c in caught} == {CaughtKind.PROMISE}
    assert (last.amount_minor, last.day, last.method) == (minor, day, method)
    assert last.leg is Leg.DEBTOR
    assert last.at < 3.0


@pytest.mark.parametrize(
    "text",
    [
        "i can't pay five thousand on friday",
        "we will not pay the five thousand",
        "i already paid five thousand on friday",
        "you said five thousand dollars",
        "i can pay something on friday",
        "the invoice for five thousand is wrong",
        "i will check on friday",
        "i will call in ten days",
    ],
)
def test_no_promise(text: str) -> None:
    assert [c for c in say(text) if c.kind is CaughtKind.PROMISE] == []


def test_a_day_long_after_belongs_to_nothing() -> None:
    first = say("i can pay five thousand", "we are closed on friday", pause=60.0)
    assert [(c.amount_minor, c.day) for c in first] == [(500_000, None)]


def test_the_day_of_a_date_is_no_sum() -> None:
    """As the recogniser wrote a collector's words: the day alone is nothing that anybody promised."""
    heard = "it was due on september twenty nine so please tell me which day you will pay"
    assert [found.amount_minor for found in say(heard)] == []
    (caught,) = say("i will pay two hundred on december twenty nine")
    assert (caught.amount_minor, caught.day) == (20_000, date(2026, 12, 29))


def test_doubt_goes_into_the_confidence_and_the_currency_into_the_amount() -> None:
    (sure,) = say("i can pay five thousand on friday")
    (unsure,) = say("i can pay five thousand on friday", confidence=0.5)
    (yen,) = say("i can pay five thousand on friday", exponent=0)
    assert (sure.confidence, unsure.confidence) == (1.0, 0.5)
    assert yen.amount_minor == 5000


@pytest.mark.parametrize(
    ("text", "day", "hour"),
    [
        ("call me back tomorrow it too", date(2026, 11, 19), time(14)),
        ("can you call me next monday at half past nine in the morning", date(2026, 11, 23), time(9, 30)),
        ("try me again on friday", date(2026, 11, 20), None),
        ("please call back at three thirty", None, time(15, 30)),
    ],
)
def test_callbacks(text: str, day: date | None, hour: time | None) -> None:
    (caught,) = say(text)
    assert caught.kind is CaughtKind.CALLBACK
    assert (caught.day, caught.time_of_day) == (day, hour)


@pytest.mark.parametrize(
    "text",
    [
        "don't call me back tomorrow",
        "stop calling me on friday",
        "you never call me back on monday",
        "call me",
    ],
)
def test_no_callback(text: str) -> None:
    assert say(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my email is billing at harlow tool dot com", "billing@harlowtool.com"),
        ("send it to jordan dot raise a g male dot com please", "jordan.raise@gmail.com"),
        ("it's j underscore reyes two at out look dot com thanks", "j_reyes2@outlook.com"),
        ("accounts dash payable at harlow dash tool dot co dot uk", "accounts-payable@harlow-tool.co.uk"),
    ],
)
def test_emails(text: str, value: str) -> None:
    (caught,) = say(text)
    assert (caught.kind, caught.value) == (CaughtKind.EMAIL, value)
    assert caught.confidence < 0.9


@pytest.mark.parametrize(
    "text", ["look at the website dot com", "meet me at the office", "at home dot com", "a b at c"]
)
def test_no_email(text: str) -> None:
    assert say(text) == []


VOCABULARY = (
    f"{ONES} {TENS} hundred thousand and a at the dot com friday next end of month in week first december "
    "call back i can pay no make that not dollars cents half past $5 1,000 don't '"
).split()


@given(st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=14))
def test_no_words_break_it(words: list[str]) -> None:
    for caught in say(" ".join(words)):
        assert caught.amount_minor is None or caught.amount_minor > 0
        assert caught.day is None or caught.day >= TODAY
        assert 0 <= caught.confidence <= 1


def said_ways(n: int) -> list[str]:
    """Ways in which people say a sum under ten thousand aloud."""
    ways = [spelt(n)]
    if n >= 1000 and n % 100 == 0 and n // 100 % 10:
        ways.append(f"{spelt(n // 100)} hundred")
    if n % 1000 == 0:
        ways.append(f"{spelt(n // 1000)} grand")
    high, low = divmod(n, 100)
    if 1 <= high < 100 and low >= 10:
        ways.append(f"{spelt(high)} {spelt(low)}")
    if 1 <= high < 100 and 1 <= low < 10:
        ways.append(f"{spelt(high)} oh {spelt(low)}")
    return ways


@given(st.integers(100, 9_999))
def test_every_way_to_say_a_sum_is_read_back_as_that_sum(n: int) -> None:
    for way in said_ways(n):
        if way.split()[0] in TENS.split() and len(way.split()) == 3 and n // 100 % 10 == 0 and n % 100 >= 20:
            continue
        number = read_amount([*way.split(), "on", "friday"], 0)
        assert number is not None
        assert int(number.value) == n, way


@given(st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_days_near_and_far_are_real_days_that_have_not_passed(today: date) -> None:
    for text in ("the end of the month", "in a month", "the fifteenth", "friday week", "a week from monday"):
        (found,) = find_days(text.split(), today)
        assert today <= found.day <= today + timedelta(62), text
    (end,) = find_days(["month", "end"], today)
    assert (end.day + timedelta(1)).day == 1
