"""Colours: a quiet ground, one accent, red only for stop; every colour also has a word or a sign."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.theme import Theme

QUIET = Theme(
    name="dunline",
    dark=True,
    background="#11151a",
    surface="#161b22",
    panel="#1f262e",
    foreground="#c8d0d9",
    primary="#6fb3d2",
    secondary="#8a97a6",
    accent="#6fb3d2",
    warning="#e3e9ef",
    error="#f0605a",
    success="#6fb3d2",
    variables={
        "cell-title": "#f2f5f8",
        "cell-dim": "#8b97a5",
        "cell-faint": "#4a5562",
        "cell-stop-text": "#ffffff",
        "cell-stop-ground": "#a3282f",
        "cell-notice-ground": "#26313b",
        "cell-chosen-ground": "#22303b",
        "input-cursor-background": "#6fb3d2",
        "input-cursor-foreground": "#11151a",
    },
)
"""The ordinary theme."""

HIGH_CONTRAST = Theme(
    name="dunline-contrast",
    dark=True,
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    foreground="#ffffff",
    primary="#ffe04d",
    secondary="#ffffff",
    accent="#ffe04d",
    warning="#ffffff",
    error="#ff7a70",
    success="#ffe04d",
    variables={
        "cell-title": "#ffffff",
        "cell-dim": "#d6d6d6",
        "cell-faint": "#9a9a9a",
        "cell-stop-text": "#000000",
        "cell-stop-ground": "#ff7a70",
        "cell-notice-ground": "#3a3a3a",
        "cell-chosen-ground": "#3d3d00",
        "input-cursor-background": "#ffe04d",
        "input-cursor-foreground": "#000000",
    },
)
"""Black ground, every text at 7:1 or better."""

THEMES = (QUIET, HIGH_CONTRAST)


def cell_styles(variables: Mapping[str, str]) -> dict[str, Style]:
    """What each span style (kit.STYLES) looks like in the theme that has these variables."""
    color = variables.get
    return {
        "title": Style(color=color("cell-title"), bold=True),
        "head": Style(color=color("cell-dim"), bold=True),
        "dim": Style(color=color("cell-dim")),
        "faint": Style(color=color("cell-faint")),
        "accent": Style(color=color("accent")),
        "strong": Style(color=color("cell-title"), bold=True),
        "stop": Style(color=color("error"), bold=True),
        "alarm": Style(color=color("cell-stop-text"), bgcolor=color("cell-stop-ground"), bold=True),
        "notice": Style(color=color("cell-title"), bgcolor=color("cell-notice-ground"), bold=True),
        "chosen": Style(bgcolor=color("cell-chosen-ground")),
        "key": Style(color=color("accent"), bold=True),
    }
