"""Linters: each flaw of a writing is named with rule, citation, words and remedy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from compliance.contact import (
    ConsequenceAuthority,
    ContactFacts,
    DebtFacts,
    Level,
    Medium,
    Notice,
    NoticeKind,
)
from compliance.linters.finding import Context
from compliance.linters.limited_content import lint_voicemail
from compliance.linters.writing import consequences, lint_writing
from compliance.rulebook import Rulebook

BOOK = Rulebook.load()
AT = datetime(2026, 12, 31, 18, tzinfo=UTC)
MIRANDA = (
    "This is an attempt to collect a debt, and any information obtained will be used for that purpose. "
    "This communication is from a debt collector."
)
STOP = "To stop these mails reply STOP. It costs nothing."


def context(**changes: object) -> Context:
    facts = ContactFacts(
        profile="consumer-third-party",
        medium=Medium.EMAIL,
        person_id=1,
        debt_ids=frozenset({1}),
        country="US",
        zones=("America/Chicago",),
        jurisdictions=("US-IL",),
    )
    own = {k: changes.pop(k) for k in list(changes) if k in ("first", "charges_agreed", "at")}
    given = {"at": AT, **own}
    return Context(replace(facts, **changes), BOOK, **given)  # type: ignore[arg-type]  # fields of dataclasses


def said(text: str, **changes: object) -> list[tuple[str, str]]:
    return [(found.rule_id, found.words) for found in lint_writing(text, context(**changes))]


def test_a_clean_mail() -> None:
    assert said(f"Dear Ms. Duarte, invoice 4711 is open. {STOP} {MIRANDA}", first=True) == []


def test_a_finding_says_rule_citation_level_words_and_remedy() -> None:
    (found,) = lint_writing(f"There will be a lawsuit. {STOP} {MIRANDA}", context())
    assert found.rule_id == "conduct/consequence-guard"
    assert found.citation == "15 USC 1692e(4), (5); 12 CFR 1006.18(c)(3)"
    assert found.level is Level.BLOCK
    assert found.words == "lawsuit"
    assert "(lawsuit)" in found.remedy


@pytest.mark.parametrize(
    ("text", "first", "missing"),
    [
        (MIRANDA, True, False),
        ("This is an attempt to collect a debt.", True, True),
        ("Any information obtained will be used for that purpose.", True, True),
        ("This communication is from a debt collector.", True, True),
        ("This communication is from a debt collector.", False, False),
        (
            "This is an attempt to collect a debt. Information we obtain will be used for that purpose.",
            False,
            False,
        ),
        (
            "This is an\n  attempt to collect\na debt; information obtained will be\nused for that purpose.",
            True,
            False,
        ),
        ("Please pay invoice 4711.", False, True),
    ],
)
def test_the_disclosure_first_and_later(text: str, first: bool, missing: bool) -> None:
    found = said(text, first=first, medium=Medium.LETTER)
    assert found == ([("conduct/mini-miranda", "")] if missing else [])
    assert said(text, first=first, medium=Medium.LETTER, profile="b2b-first-party") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (STOP, None),
        ("Click here to unsubscribe.", None),
        ("You may opt out by writing to us.", None),
        ("If you do not want to hear from us by e-mail, reply with the word STOP.", None),
        ("Have a nice day.", ""),
        ("We stop at nothing.", ""),
        ("Reply STOP. A fee of 50 cents applies.", "fee of"),
        ("To unsubscribe call our premium rate line.", "premium rate"),
    ],
)
def test_a_way_out_of_every_message(text: str, words: str | None) -> None:
    expected = [] if words is None else [("conduct/opt-out-line", words)]
    for medium in (Medium.EMAIL, Medium.TEXT):
        assert said(f"{text} {MIRANDA}", medium=medium, charges_agreed=True) == expected
    assert said(f"{text} {MIRANDA}", medium=Medium.LETTER, charges_agreed=True) == []


@pytest.mark.parametrize(
    "words",
    [
        "today only",
        "pay now",
        "must pay",
        "Final notice",
        "last chance",
        "within 10 days",
        "no later than",
        "act now",
    ],
)
def test_nothing_presses_during_the_validation_period(words: str) -> None:
    sent = (Notice(NoticeKind.VALIDATION, date(2026, 11, 23)),)
    text = f"{words}, please. {STOP} {MIRANDA}"
    assert said(text, notices=sent) == [("conduct/overshadowing", words)]
    # 31 December is its last day, where the person is: midnight in Chicago is six in the morning, UTC.
    assert said(text, notices=sent, at=datetime(2027, 1, 1, 5, 59, tzinfo=UTC)) != []
    assert said(text, notices=sent, at=datetime(2027, 1, 1, 6, 0, tzinfo=UTC)) == []
    assert said(text) == []
    assert said(text, notices=sent, profile="consumer-first-party") == []


def test_words_are_whole_words() -> None:
    assert said(f"The issue of pursuing interests in Suez; believe Clien. {STOP} {MIRANDA}") == []


@pytest.mark.parametrize("words", ["finance charge", "late fee", "interest", "collection costs", "penalty"])
def test_charges_need_a_basis(words: str) -> None:
    text = f"We add a {words} of 12 dollars. {STOP} {MIRANDA}"
    assert said(text) == [("conduct/charges", words)]
    assert said(text, profile="b2b-first-party")[0] == ("conduct/charges", words)
    assert said(text, charges_agreed=True) == []


CONSEQUENCES = {
    "lawsuit": "We will take legal action.",
    "garnishment": "We may garnish your wages.",
    "seizure": "We will repossess the car.",
    "lien": "We will file a lien.",
    "credit-reporting": "This will harm your credit rating.",
    "service-suspension": "We will suspend your account.",
    "agency-placement": "We will place your account with, that is, hand it over to a collection agency.",
}


def test_every_consequence_has_an_example() -> None:
    assert set(CONSEQUENCES) == set(consequences())


@pytest.mark.parametrize("action", sorted(CONSEQUENCES))
@pytest.mark.parametrize("profile", ["consumer-third-party", "b2b-first-party"])
def test_a_consequence_needs_its_authority(action: str, profile: str) -> None:
    text = f"{CONSEQUENCES[action]} {STOP} {MIRANDA}"
    authority = ConsequenceAuthority(
        action, "contract, section 9", "K. Mori", AT, datetime(2027, 1, 31, tzinfo=UTC)
    )
    assert {rule for rule, _ in said(text, profile=profile)} == {"conduct/consequence-guard"}
    assert said(text, profile=profile, authorities=(authority,)) == []
    early, late = AT.replace(minute=0, second=0, year=2025), datetime(2027, 1, 31, tzinfo=UTC)
    assert said(text, profile=profile, authorities=(authority,), at=early)
    assert said(text, profile=profile, authorities=(authority,), at=late)
    other = replace(authority, action="something-else")
    assert said(text, profile=profile, authorities=(other,))
    for debts, enough in ((frozenset({1}), True), (frozenset({1, 2}), True), (frozenset({2}), False)):
        found = said(text, profile=profile, authorities=(replace(authority, debt_ids=debts),))
        assert (found == []) is enough
    assert said(
        text,
        profile=profile,
        debt_ids=frozenset(),
        authorities=(replace(authority, debt_ids=frozenset({1})),),
    )


def test_nobody_is_arrested_whatever_was_approved() -> None:
    authority = ConsequenceAuthority("arrest", "none", "K. Mori", AT, datetime(2027, 1, 31, tzinfo=UTC))
    found = said(f"You will be arrested and go to jail. {STOP} {MIRANDA}", authorities=(authority,))
    assert found == [("conduct/consequence-guard", "arrested"), ("conduct/consequence-guard", "jail")]


def test_a_debt_barred_by_time_is_not_sued_for_whatever_was_approved() -> None:
    authority = ConsequenceAuthority("lawsuit", "contract", "K. Mori", AT, datetime(2027, 1, 31, tzinfo=UTC))
    text = f"We will sue you. {STOP} {MIRANDA}"

    def barred(day: date, debt: int = 1) -> list[tuple[str, str]]:
        debts = (DebtFacts(debt, time_barred_from=day),)
        return said(text, authorities=(authority,), debts=debts)

    assert barred(date(2026, 12, 31)) == [("conduct/time-barred", "sue")]
    assert barred(date(2027, 1, 1)) == []
    assert barred(date(2026, 12, 31), debt=2) == []
    unknown = (DebtFacts(7, time_barred_from=date(2026, 1, 1)),)
    assert said(text, authorities=(authority,), debts=unknown, debt_ids=frozenset())
    first_party = said(
        text,
        authorities=(authority,),
        debts=(DebtFacts(1, time_barred_from=date(2026, 1, 1)),),
        profile="consumer-first-party",
    )
    assert first_party == []


def test_where_no_zone_is_known_dates_are_utc() -> None:
    sent = (Notice(NoticeKind.VALIDATION, date(2026, 11, 23)),)
    text = f"Act now. {STOP} {MIRANDA}"
    assert said(text, notices=sent, zones=(), at=datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert said(text, notices=sent, zones=("Etc/Nowhere",), at=datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_a_rule_not_yet_in_force_finds_nothing() -> None:
    before = datetime(2021, 11, 29, 12, tzinfo=UTC)
    text = f"Have a nice day. {MIRANDA}"
    assert said(text, at=before) == []
    assert said(text, at=datetime(2021, 11, 30, 12, tzinfo=UTC)) == [("conduct/opt-out-line", "")]


NAMES = {
    "collector_name": "Dana Reyes",
    "company_voicemail": "Northwind Supply",
    "callback_number": "312-555-0100",
    "contact_name": "Sara Duarte",
    "contact_first_name": "Sara",
}
GOOD = "Hello. This is Dana Reyes from Northwind Supply. Please call me back at 312-555-0100."


def test_a_limited_content_message() -> None:
    call = context(medium=Medium.CALL)
    assert lint_voicemail(GOOD, NAMES, call) == ()
    (found,) = lint_voicemail(f"{GOOD} It is about your account.", NAMES, call)
    assert (found.rule_id, found.citation) == ("conduct/limited-content", "12 CFR 1006.2(j)")
    assert found.words == "It is about your account."
    assert found.remedy.startswith("not allowed in a limited-content message")
    assert (
        lint_voicemail("Anything goes.", NAMES, context(medium=Medium.CALL, profile="b2b-first-party")) == ()
    )


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "scripts/letters/consumer").glob("*.j2"))
)
def test_our_own_letters_to_consumers_press_and_threaten_nobody(path: Path) -> None:
    sent = (Notice(NoticeKind.VALIDATION, date(2026, 11, 23)),)
    text = f"{path.read_text(encoding='utf-8')} {STOP} {MIRANDA}"
    assert said(text, notices=sent) == []
