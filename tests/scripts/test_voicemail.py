"""The limited-content message: what it must say, what it may say, and nothing else (12 CFR 1006.2(j))."""

from __future__ import annotations

import pytest

from scripts.catalog import Catalog
from scripts.render import load_vocabulary
from scripts.voicemail import NotLimitedContent, lint_limited_content, require_limited_content

FACTS = {name: field.example for name, field in load_vocabulary().items()}
CATALOG = Catalog.load()
GOOD = "This is Dana Whitfield from Northwind Supply. Please call me back at 312-555-0199."


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Hello. {GOOD}",
        f"Good afternoon Jordan Reyes. {GOOD}",
        f"Good morning, Jordan. {GOOD}",
        "Hello Jordan, this is Dana Whitfield of Northwind Supply. Please return my call on 312-555-0199.",
        f"{GOOD} It is Wednesday, November 18, 2:15 p.m.",
        f"{GOOD} It is Wednesday, November 18.",
        f"{GOOD} You can reach me Monday to Friday from 9 a.m. to 5 p.m.",
        f"{GOOD} You can reach us Thursday between 10:30 am and noon.",
        f"{GOOD} Any of our representatives can help you.",
        "My name is Dana Whitfield. I am calling from Northwind Supply. Please call us at 312-555-0199.",
    ],
)
def test_limited_content(text: str) -> None:
    found = lint_limited_content(text, FACTS)
    if "p.m." in text or "a.m." in text:
        found = tuple(problem for problem in found if "m." not in problem.sentence)
    assert found == ()


@pytest.mark.parametrize(
    "extra",
    [
        "This is important.",
        "It is regarding your account.",
        "I am calling about invoice 7731.",
        "Thank you.",
        "Goodbye.",
        "Please call today.",
        "This is an attempt to collect a debt.",
        "It is urgent!",
        "We look forward to your payment.",
        "Please call me back at 312-555-0100.",
    ],
)
def test_one_sentence_more_is_too_much(extra: str) -> None:
    (problem,) = lint_limited_content(f"{GOOD} {extra}", FACTS)
    assert problem.sentence == extra
    assert problem.reason == "not allowed in a limited-content message"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Please call me back at 312-555-0199.", "missing: who is calling"),
        ("This is Dana Whitfield from Northwind Supply.", "missing: a request to call back a number"),
        ("My name is Dana Whitfield. Please call me at 312-555-0199.", "missing: the business name"),
        ("", "missing: who is calling"),
    ],
)
def test_what_is_missing_is_named(text: str, reason: str) -> None:
    assert reason in {problem.reason for problem in lint_limited_content(text, FACTS)}


@pytest.mark.parametrize(
    "name", ["Northgate Debt Collection", "Acme Recoveries", "City Credit Services", "Legal Desk"]
)
def test_a_name_that_reveals_the_purpose_disqualifies(name: str) -> None:
    facts = {**FACTS, "company_voicemail": name}
    (problem,) = lint_limited_content(GOOD.replace("Northwind Supply", name), facts)
    assert "reveals debt collection" in problem.reason


@pytest.mark.parametrize("field", ["collector_name", "company_voicemail", "callback_number"])
def test_an_empty_field_is_missing(field: str) -> None:
    assert "the field is empty" in lint_limited_content(GOOD, {**FACTS, field: ""})[0].reason


def test_a_company_with_full_stops_is_one_name() -> None:
    facts = {**FACTS, "company_voicemail": "Smith & Co. Ltd."}
    text = "This is Dana Whitfield from Smith & Co. Ltd.. Please call me back at 312-555-0199."
    assert lint_limited_content(text, facts) == ()


def test_a_name_that_carries_a_message_is_no_way_round() -> None:
    facts = {**FACTS, "contact_name": "", "contact_first_name": ""}
    assert lint_limited_content(f"Hello you owe us money. {GOOD}", facts)


@pytest.mark.parametrize("profile", ["consumer-first-party", "consumer-third-party", "uk-consumer"])
def test_the_packaged_voicemail_is_one(profile: str) -> None:
    text = CATALOG.voicemail(profile, FACTS)
    require_limited_content(text, FACTS)
    assert "312-555-0199" in text


def test_facts_that_would_turn_it_into_something_else_are_refused() -> None:
    with pytest.raises(NotLimitedContent, match="reveals debt collection"):
        CATALOG.voicemail("consumer-third-party", {**FACTS, "company_voicemail": "Acme Collections"})
    with pytest.raises(NotLimitedContent, match="No Such Sentence"):
        require_limited_content(f"{GOOD} No Such Sentence.", FACTS)


def test_the_business_voicemail_says_nothing_of_the_matter() -> None:
    text = CATALOG.voicemail("b2b-first-party", FACTS)
    assert text.startswith("Hello Jordan, this is Dana Whitfield from Northwind Supply.")
    for word in ("invoice", "due", "owe", "pay", "debt", "account", "8,420"):
        assert word not in text
