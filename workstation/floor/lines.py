"""Which lines of the script were said: each line's words against the collector's, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from compliance.transcription.words import Leg, Utterance
from workstation.desk.talk_search import spoken

SAID = 0.6
"""Share from which a line counts as said: words are misheard, and people put things their own way."""
FEWEST = 4
"""A line of fewer words says too little to be known by them."""


def lines_said(lines: Mapping[str, str], heard: Sequence[Utterance]) -> dict[str, tuple[float, float]]:
    """Return the lines that the collector said: second and share, by the line's id.

    The share is the similarity of the line's words to the stretch of the collector's that fits it best (twice
    the words in common and in order, over the words of both), 0 to 1.
    """
    words = [w for u in heard if u.final and u.leg is Leg.AGENT for w in u.words]
    said = [(token, word.start) for word in words for token in spoken(word.text)]
    tokens = [token for token, _ in said]
    found = {}
    for line_id, text in lines.items():
        line = spoken(text)
        if len(line) < FEWEST or len(tokens) < FEWEST:
            continue
        # Padded, so that the stretch is always looked for among the collector's words, however few there are.
        room = [*tokens, *[""] * len(line)]
        fit = fuzz.partial_ratio_alignment(line, room, score_cutoff=100 * SAID)
        if fit is not None and fit.dest_start < len(said):
            found[line_id] = said[fit.dest_start][1], round(fit.score / 100, 3)
    return found
