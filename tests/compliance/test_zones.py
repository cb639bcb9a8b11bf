"""Where a person may be: numbers at exchange level, postal codes, and what says nothing."""

from __future__ import annotations

import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest

from compliance.zones import Candidates, candidate_zones


@pytest.mark.parametrize(
    ("number", "postal_code", "country", "zones", "places"),
    [
        ("+13125550151", "60601", "US", ["America/Chicago"], ["US-IL"]),
        ("+13125550151", None, "US", ["America/Chicago"], ["US-IL"]),
        ("+13125550151", "", "us", ["America/Chicago"], ["US-IL"]),
        # an area code of two zones, told apart by the exchange
        ("+18504340000", None, "US", ["America/Chicago"], ["US-FL"]),
        ("+18502220000", None, "US", ["America/New_York"], ["US-FL"]),
        ("+12084670000", None, "US", ["America/Denver"], ["US-ID"]),
        # number and address disagree: both
        ("+12125550100", "90001", "US", ["America/Los_Angeles", "America/New_York"], ["US-CA", "US-NY-NYC"]),
        # New York: the five boroughs, the rest of the state, and numbers that may be either
        (None, "11201", "US", ["America/New_York"], ["US-NY-NYC"]),
        (None, "12207", "US", ["America/New_York"], ["US-NY-REST"]),
        ("+17182220000", None, "US", ["America/New_York"], ["US-NY-NYC"]),
        ("+15185550100", None, "US", ["America/New_York"], ["US-NY"]),
        ("+15185550100", "12207", "US", ["America/New_York"], ["US-NY", "US-NY-REST"]),
        # toll-free says nothing; the address does
        ("+18005551212", "60601-1234", "US", ["America/Chicago"], ["US-IL"]),
        ("+18005551212", None, "US", [], ["US"]),
        # armed forces: anywhere, whatever the number
        ("+13125550151", "09012", "US", [], ["US"]),
        # nothing usable
        ("garbage", "x", "US", [], ["US"]),
        (None, None, "US", [], ["US"]),
        (None, "00000", "US", [], ["US"]),
        # a foreign number and an address somewhere in a country of many zones
        ("+12125550100", None, "AU", [], ["AU", "US-NY-NYC"]),
        ("+442079460000", None, "US", [], ["GB", "US"]),
        # a country of one zone stands for the address
        ("+442079460000", "SW1A 1AA", "GB", ["Europe/London"], ["GB"]),
        ("+12125550100", None, "GB", ["America/New_York", "Europe/London"], ["GB", "US-NY-NYC"]),
        (None, None, "FR", ["Europe/Paris"], ["FR"]),
        ("+16135550100", None, "CA", ["America/Toronto"], ["CA-ON"]),
        ("+12505550100", None, "CA", None, ["CA-BC"]),
        ("+79161234567", None, "RU", [], ["RU"]),
        # international freephone belongs to no country
        ("+80012345678", "60601", "US", ["America/Chicago"], ["US-IL"]),
        (None, None, "", [], [""]),
    ],
)
def test_candidates(
    number: str | None, postal_code: str | None, country: str, zones: list[str] | None, places: list[str]
) -> None:
    found = candidate_zones(number, postal_code, country)
    if zones is not None:
        assert list(found.zones) == zones
    assert list(found.jurisdictions) == places


def test_a_row_of_bad_data_falls_back_on_the_state() -> None:
    found = candidate_zones(None, "99634", "US")  # its zone is given as the name of the village
    assert "America/Anchorage" in found.zones
    assert found.jurisdictions == ("US-AK",)


def test_candidates_are_zones_that_exist() -> None:
    for number in ("+13125550151", "+12195550100", "+61412345678", "+5511912345678"):
        for name in candidate_zones(number, None, "US").zones:
            ZoneInfo(name)


def test_answers_are_sorted_and_equal() -> None:
    assert candidate_zones("+12125550100", "90001", "US") == Candidates(
        ("America/Los_Angeles", "America/New_York"), ("US-CA", "US-NY-NYC")
    )


def test_importing_the_module_costs_no_data_package() -> None:
    code = (
        "import sys, compliance.zones, compliance.gate, compliance.rulebook;"
        "print([m for m in ('phonenumbers', 'zipcodes', 'holidays') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
