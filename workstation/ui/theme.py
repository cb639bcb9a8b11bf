"""Colours: a quiet ground, one accent, red only for stop; every colour also has a word or a sign."""

from __future__ import annotations

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

_CELLS = """
{kind} > .cell--title {{ color: $cell-title; text-style: bold; }}
{kind} > .cell--head {{ color: $cell-dim; text-style: bold; }}
{kind} > .cell--dim {{ color: $cell-dim; }}
{kind} > .cell--faint {{ color: $cell-faint; }}
{kind} > .cell--accent {{ color: $accent; }}
{kind} > .cell--strong {{ color: $cell-title; text-style: bold; }}
{kind} > .cell--stop {{ color: $error; text-style: bold; }}
{kind} > .cell--alarm {{ color: $cell-stop-text; background: $cell-stop-ground; text-style: bold; }}
{kind} > .cell--notice {{ color: $cell-title; background: $cell-notice-ground; text-style: bold; }}
{kind} > .cell--chosen {{ background: $cell-chosen-ground; }}
{kind} > .cell--key {{ color: $accent; text-style: bold; }}
"""

CSS = _CELLS.format(kind="Canvas") + _CELLS.format(kind="WindowedList")
"""What each span style looks like (kit.STYLES)."""
