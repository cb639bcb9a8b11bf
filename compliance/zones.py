"""Where a person may be: candidate time zones and places from the phone number and the address.

Number and address may disagree, and each may leave several zones open; all of them are candidates, and
contact must be lawful in every one (comment 6(b)(1)(i)-2 to 12 CFR 1006.6). An answer without zones means
unknown, and the gate refuses it. The data packages are imported on first use: together they cost over half a
second.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MANY = 10
"""A number or country with this many zones says nothing about where the person is (toll-free, Russia)."""

_MILITARY = frozenset({"AA", "AE", "AP"})
"""Postal codes of the armed forces: the person may be anywhere."""

_ZIP = re.compile(r"(\d{5})(?:[- ]?\d{4})?")
_CITY = re.compile(r".*, ([A-Z]{2})")

_PARTS: dict[str, dict[str, str]] = {
    "US": {
        "Alabama": "AL", "Alaska": "AK", "Arizona": "AZ", "Arkansas": "AR", "California": "CA",
        "Colorado": "CO", "Connecticut": "CT", "Delaware": "DE", "Washington D.C.": "DC",
        "Florida": "FL", "Georgia": "GA",
        "Hawaii": "HI", "Idaho": "ID", "Illinois": "IL", "Indiana": "IN", "Iowa": "IA", "Kansas": "KS",
        "Kentucky": "KY", "Louisiana": "LA", "Maine": "ME", "Maryland": "MD", "Massachusetts": "MA",
        "Michigan": "MI", "Minnesota": "MN", "Mississippi": "MS", "Missouri": "MO", "Montana": "MT",
        "Nebraska": "NE", "Nevada": "NV", "New Hampshire": "NH", "New Jersey": "NJ", "New Mexico": "NM",
        "New York": "NY", "North Carolina": "NC", "North Dakota": "ND", "Ohio": "OH", "Oklahoma": "OK",
        "Oregon": "OR", "Pennsylvania": "PA", "Rhode Island": "RI", "South Carolina": "SC",
        "South Dakota": "SD", "Tennessee": "TN", "Texas": "TX", "Utah": "UT", "Vermont": "VT",
        "Virginia": "VA", "Washington State": "WA", "West Virginia": "WV", "Wisconsin": "WI", "Wyoming": "WY",
    },
    "CA": {
        "Alberta": "AB", "British Columbia": "BC", "British Colombia": "BC",
        "Manitoba": "MB", "New Brunswick": "NB",
        "Newfoundland and Labrador": "NL", "Newfoundland": "NL", "Nova Scotia": "NS", "Ontario": "ON",
        "Prince Edward Island": "PE", "Quebec": "QC", "Saskatchewan": "SK",
    },
}  # fmt: skip
"""How phonenumbers names the parts of a country, and their ISO 3166-2 code."""


_NEW_YORK_CITY = frozenset(
    {"New York County", "Kings County", "Queens County", "Bronx County", "Richmond County"}
)
_NEW_YORK_NAMES = frozenset(
    {"New York, NY", "Brooklyn, NY", "Bronx, NY", "Flushing, NY", "Jamaica, NY", "Staten Island, NY"}
)
"""How phonenumbers names exchanges that are surely in the city; any other may be."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Every zone (IANA) and place the person may be in, sorted. No zones: unknown.

    Places are ISO 3166-1 or -2, and in New York ``US-NY-NYC`` or ``US-NY-REST`` where that is known.
    """

    zones: tuple[str, ...]
    jurisdictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Clue:
    """What one source says: no zones means it says nothing."""

    zones: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()


_NOTHING = _Clue()


def candidate_zones(number: str | None, postal_code: str | None, country: str) -> Candidates:
    """Return where the person may be, from an E.164 number, a postal code and the country of the address.

    Postal codes are looked up for the US; elsewhere the country's own zones stand for the address. Text
    that makes no sense raises nothing: it says nothing about the place, and where nothing else does, the
    answer has no zones.
    """
    country = country.strip().upper()
    address = _from_postal_code(postal_code) if country == "US" and postal_code else _from_country(country)
    if address is None:
        return Candidates((), (country,))
    phone = _from_number(number) if number else _NOTHING
    if not address.zones and phone.zones and not any(p.partition("-")[0] == country for p in phone.places):
        # A foreign number, and an address somewhere in a country of many zones.
        return Candidates((), tuple(sorted({country, *phone.places})))
    places = address.places | phone.places or {country}
    return Candidates(tuple(sorted(address.zones | phone.zones)), tuple(sorted(places)))


@lru_cache(maxsize=4096)
def _from_number(number: str) -> _Clue:
    import phonenumbers
    from phonenumbers import timezone

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return _NOTHING
    zones = frozenset(timezone.time_zones_for_number(parsed)) & _known()
    if not zones or len(zones) >= MANY:
        return _NOTHING
    region = phonenumbers.region_code_for_number(parsed)
    return _Clue(zones, frozenset({_part(parsed, region)}) if region else frozenset())


def _part(parsed: PhoneNumber, region: str) -> str:
    """Return the place of a number: the state or province where the exchange is known, else the country."""
    if region not in _PARTS:
        return region
    from phonenumbers import geocoder

    text = geocoder.description_for_number(parsed, "en")
    if text in _NEW_YORK_NAMES:
        return "US-NY-NYC"
    city = _CITY.fullmatch(text)
    code = city.group(1) if city else _PARTS[region].get(text)
    return f"{region}-{code}" if code else region


@lru_cache(maxsize=4096)
def _from_postal_code(postal_code: str) -> _Clue | None:
    """Return what a ZIP code says; None where it says that the person may be anywhere."""
    found = _ZIP.fullmatch(postal_code.strip())
    if not found:
        return _NOTHING
    import zipcodes

    rows = zipcodes.matching(found.group(1))  # type: ignore[no-untyped-call]  # the package has no types
    if any(row["state"] in _MILITARY for row in rows):
        return None
    zones = {row["timezone"] for row in rows} & _known()
    states = {row["state"] for row in rows}
    if rows and not zones:
        # The data holds a row with something else than a zone: any zone of the state will have to do.
        for state in states:
            zones |= {row["timezone"] for row in _of_state(state)} & _known()
    return _Clue(frozenset(zones), frozenset(_place(row) for row in rows))


def _place(row: dict[str, str]) -> str:
    """Return the state of a postal code; in New York whether it is the city, which has rules of its own."""
    if row["state"] != "NY":
        return f"US-{row['state']}"
    return "US-NY-NYC" if row["county"] in _NEW_YORK_CITY else "US-NY-REST"


def _of_state(state: str) -> list[dict[str, str]]:
    import zipcodes

    rows: list[dict[str, str]] = zipcodes.filter_by(state=state)  # type: ignore[no-untyped-call]  # as above
    return rows


@lru_cache(maxsize=256)
def _from_country(country: str) -> _Clue:
    zones = _country_zones().get(country, frozenset())
    return _Clue(zones, frozenset({country})) if 0 < len(zones) < MANY else _NOTHING


@lru_cache(maxsize=1)
def _country_zones() -> dict[str, frozenset[str]]:
    """Return the zones of each country, from the table that comes with the tz database."""
    table: dict[str, set[str]] = {}
    text = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            code, _, name = line.split("\t")[:3]
            table.setdefault(code, set()).add(name)
    return {code: frozenset(zones) & _known() for code, zones in table.items()}


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())
