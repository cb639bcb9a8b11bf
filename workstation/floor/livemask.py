"""What a live call remembers in order to show no card data: recent words, and what was cut out of them."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.redaction.mask import cut_words, mask_partial
from compliance.redaction.policy import Policy
from compliance.transcription.words import Leg, Utterance

RECENT = 24
"""Utterances looked back on when a partial result is judged."""


class LiveMask:
    """Masks partial results by the words before them, and quotes of words that were masked later."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._recent: dict[tuple[Leg, int], Utterance] = {}
        self._cut: list[tuple[list[str], str]] = []

    def heard(self, index: int, utterance: Utterance) -> None:
        """Remember final words, as heard or as stored."""
        self._recent[utterance.leg, index] = utterance
        while len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]

    def partial(self, utterance: Utterance) -> Utterance:
        """Return a partial result fit for a screen."""
        before = sorted(self._recent.values(), key=lambda u: u.start)
        return mask_partial(utterance, before, self._policy)

    def masked(self, index: int, before: Sequence[tuple[str, float, float]], after: Utterance) -> None:
        """Note that an utterance was masked; `before` are its words with their seconds, as shown."""
        self.heard(index, after)
        for word in after.words:
            phrase = [text for text, start, end in before if word.start <= start and end <= word.end]
            if phrase and phrase != [word.text]:
                self._cut.append((phrase, word.text))

    def clean(self, text: str) -> str:
        """Return a quotation without what was cut out of the words it quotes."""
        for phrase, mask in self._cut:
            text = cut_words(text, phrase, mask)
        return text
