"""The six stages from invoice to last chance, by name."""

from __future__ import annotations

STAGES: dict[int, str] = {
    1: "notify",
    2: "confirm delivery",
    3: "remind",
    4: "inquire",
    5: "press",
    6: "final notice",
}


def stage_name(stage: int) -> str:
    """Return the stage's name. Raises KeyError for a number outside 1 to 6."""
    return STAGES[stage]
