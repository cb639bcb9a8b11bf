"""Word lists as they are written in code: one text, words parted by blanks."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def numbered(text: str, start: int = 0) -> dict[str, int]:
    """Return the words of a text, each with its number, counted from `start`."""
    return {word: n for n, word in enumerate(text.split(), start)}
