"""Who is covered: from debtor, purpose and collector to a profile, with reasons."""

from __future__ import annotations

from itertools import product

import pytest

from compliance.coverage import EU, CollectorRole, Undertaking, coverage
from compliance.rulebook import Rulebook

BOOK = Rulebook.load()
C = CollectorRole


def undertaking(collector: CollectorRole = C.CREDITOR, **changes: object) -> Undertaking:
    given: dict[str, object] = {"country": "US", "debtor_natural": True, "commercial": False, **changes}
    return Undertaking(collector=collector, **given)  # type: ignore[arg-type]  # fields of the dataclass


@pytest.mark.parametrize(
    ("collector", "default", "profile", "reason"),
    [
        (C.CREDITOR, None, "consumer-first-party", "own name"),
        (C.CREDITOR, True, "consumer-first-party", "own name"),
        (C.CREDITOR_OTHER_NAME, None, "consumer-third-party", "suggests a third party"),
        (C.AGENCY, None, "consumer-third-party", "for others"),
        (C.OUTSOURCER, False, "consumer-third-party", "though in its name"),
        (C.BUYER, False, "consumer-third-party", "principal purpose"),
        (C.BUYER, True, "consumer-third-party", "principal purpose"),
        (C.SERVICER, False, "consumer-first-party", "before default"),
        (C.SERVICER, True, "consumer-third-party", "was in default"),
        (C.SERVICER, None, "consumer-third-party", "may have been in default"),
    ],
)
def test_a_consumer_debt_in_the_united_states(
    collector: CollectorRole, default: bool | None, profile: str, reason: str
) -> None:
    found = coverage(undertaking(collector, default_at_acquisition=default))
    assert found.profile == profile
    assert found.debt_collector is (profile == "consumer-third-party")
    assert reason in found.reasons[-1].text
    assert all(step.citation for step in found.reasons)


@pytest.mark.parametrize("collector", list(C))
@pytest.mark.parametrize(
    ("natural", "commercial", "first"),
    [(False, False, "a business owes"), (False, True, "commercial"), (True, True, "commercial")],
)
def test_a_business_debt_is_no_consumer_debt(
    collector: CollectorRole, natural: bool, commercial: bool, first: str
) -> None:
    found = coverage(undertaking(collector, debtor_natural=natural, commercial=commercial))
    assert found.profile == "b2b-first-party"
    assert not found.debt_collector
    assert first in found.reasons[0].text


@pytest.mark.parametrize(
    ("places", "country", "natural", "guarantor", "overlay"),
    [
        (("US-CA",), "US", False, True, True),
        (("US-CA",), "US", True, False, True),
        (("US-CA",), "US", False, False, False),
        (("US-NV", "US-CA"), "US", False, True, True),
        (("US-NV",), "US", False, True, False),
        (("US",), "US", False, True, True),
        ((), "US", False, True, True),
        ((), "CA", False, True, False),
    ],
)
def test_a_guaranteed_business_debt_in_california_has_its_overlay(
    places: tuple[str, ...], country: str, natural: bool, guarantor: bool, overlay: bool
) -> None:
    found = coverage(
        undertaking(
            country=country,
            places=places,
            debtor_natural=natural,
            commercial=True,
            guarantor_natural=guarantor,
        )
    )
    assert any("California" in step.text for step in found.reasons) is overlay


@pytest.mark.parametrize(
    ("country", "profile"),
    [("GB", "uk-consumer"), ("DE", "eu-consumer"), ("FR", "eu-consumer"), ("CA", "ontario-agency")],
)
@pytest.mark.parametrize("collector", list(C))
def test_abroad(country: str, profile: str, collector: CollectorRole) -> None:
    assert coverage(undertaking(collector, country=country)).profile == profile


def test_every_answer_is_a_profile_of_the_rulebook() -> None:
    everything = product(["US", "GB", "DE", "CA", "MX"], [True, False], [True, False], C, [True, False, None])
    for country, natural, commercial, collector, default in everything:
        found = coverage(Undertaking(country, natural, commercial, collector, default))
        assert found.profile in BOOK.profiles


def test_the_union_has_twenty_seven_members() -> None:
    assert len(EU) == 27
