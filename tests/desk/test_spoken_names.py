from __future__ import annotations

import pytest

from workstation.desk.spoken import spoken_company


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("HARLOW TOOL & DIE LLC", "Harlow Tool and Die"),
        ("Blue Harbor Foods Inc.", "Blue Harbor Foods"),
        ("Granite Bolt & Fastener Co.", "Granite Bolt and Fastener"),
        ("Meridian Packaging", "Meridian Packaging"),
        ("IBM", "IBM"),
        ("Acme, L.L.C.", "Acme"),
        ("Co", "Co"),
        ("", ""),
        ("Smith [/b] {{ x }} Ltd", "Smith [/b] {{ x }}"),
    ],
)
def test_a_company_is_said_without_its_legal_form(written: str, said: str) -> None:
    assert spoken_company(written) == said
