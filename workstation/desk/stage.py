"""The six stages from invoice to last chance, by name, and the three ways out of them."""

from __future__ import annotations

STAGES: dict[int, str] = {
    1: "notify",
    2: "confirm delivery",
    3: "remind",
    4: "inquire",
    5: "press",
    6: "final notice",
}

FINAL = 6

ENDINGS: dict[int, str] = {7: "placed", 8: "paid", 9: "written off"}
"""Placed with an agency or a lawyer; paid; written off."""

PLACED, PAID, WRITTEN_OFF = ENDINGS


def stage_name(stage: int) -> str:
    """Return the stage's or the ending's name. Raises KeyError for a number outside 1 to 9."""
    return STAGES[stage] if stage in STAGES else ENDINGS[stage]
