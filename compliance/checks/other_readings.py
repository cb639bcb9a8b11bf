"""How far another reading of the same sound is believed, knowing what a call is about.

The engine says how much less likely a reading is in everyday English; on a collector's leg a phrase of the
rules is likelier than in everyday English by ``LIKELIER``. Odds of a reading `behind` by so much against the
best: ``LIKELIER - behind`` (natural logarithms), which gives its words their confidence. Measured on labelled
calls: docs/hearing-options.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from compliance.checks.match import Token, tokens_of
from compliance.transcription.words import Leg, Reading

READ_OTHERWISE = Leg.AGENT
"""The leg whose other readings are looked at: the collector's words are judged."""
LIKELIER = 4.0
"""Log odds by which a rule's phrase is likelier on a collector's leg than in everyday English."""
REASON = "heard so by another reading of the same sound: listen to it"


def believed(readings: Sequence[Reading]) -> Iterator[list[Token]]:
    """Give the tokens of each reading, nearest first, with the confidence its place gives."""
    for reading in readings:
        confidence = 1 / (1 + math.exp(reading.behind - LIKELIER))
        yield tokens_of(replace(word, confidence=confidence) for word in reading.words)
