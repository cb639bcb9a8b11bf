"""What stands in the place of what was cut out, in words, texts and partial results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from compliance.redaction.find import Cut, Line, scan
from compliance.redaction.policy import CARDS, Kind, Policy
from compliance.redaction.tokens import Form, may_hold, may_matter, parse
from compliance.transcription.words import Utterance, Word

PARTIAL_MASK = "[digits]"
MOST_QUOTED = 3
"""Digits in a row that may stand in what cannot be changed later."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was cut out of an utterance: what, and from which second to which."""

    kind: Kind
    start: float
    end: float
    last_four: str = ""


@dataclass(frozen=True, slots=True)
class Masked:
    """An utterance as it may be kept."""

    index: int
    """Which of those given."""
    utterance: Utterance
    stretches: tuple[Stretch, ...]


def mask_of(kind: Kind, last_four: str = "") -> str:
    """Return what stands in the text: ``[card…1111]``, ``[security-code]``. No blanks: it is one word."""
    return f"[{kind.value}…{last_four}]" if last_four else f"[{kind.value}]"


def mask_text(text: str, policy: Policy = CARDS) -> str:
    """Return a text that somebody wrote, with what must not be kept cut out."""
    if not text or not may_hold(text):
        return text
    return _replaced(text, scan([Line.written_text(text)], policy))


def mask_quote(text: str) -> str:
    """Return heard words fit for a record that nobody can change: no more than three digits in a row stay.

    What is quoted today may turn out tomorrow to be the first part of a card number.
    """
    if not may_matter(text):
        return text
    cuts, run = [], []
    for group in [*parse(text), None]:
        if group is not None and group.form in (Form.DIGITS, Form.SOFT, Form.JOIN):
            run.append(group)
            continue
        digits = [g for g in run if g.form is Form.DIGITS]
        if sum(len(g.digits) for g in digits) > MOST_QUOTED:
            cuts.append(Cut(0, digits[0].start, digits[-1].end, Kind.CARD))
        run = []
    return _replaced(text, cuts, PARTIAL_MASK)


def cut_words(text: str, phrase: Sequence[str], mask: str) -> str:
    """Return a text with a masked phrase's words cut out, or three and more of them where only a part stands.

    For what quotes an utterance whose words turned out later to be a number's beginning.
    """
    words, phrase = text.split(" "), list(phrase)
    least = min(3, len(phrase))
    out: list[str] = []
    at = 0
    while at < len(words):
        length = max(
            (_common(words[at:], phrase[n:]) for n in range(len(phrase)) if phrase[n] == words[at]), default=0
        )
        if length >= least:
            out.append(mask)
            at += length
        else:
            out.append(words[at])
            at += 1
    return " ".join(out)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def found_in(text: str, policy: Policy = CARDS) -> tuple[Kind, ...]:
    """Return what must not be kept and stands in a written text all the same."""
    if not text or not may_hold(text):
        return ()
    return tuple(cut.kind for cut in scan([Line.written_text(text)], policy))


def mask_call(utterances: Sequence[Utterance], policy: Policy) -> list[Masked]:
    """Look at final utterances of both legs, in order of time; return those that must change.

    Give a stretch of the call long enough that what a number is can be known: find.CARD_TALK_S and more.
    """
    cuts = scan([Line.of(u) for u in utterances], policy)
    by_line: dict[int, list[Cut]] = {}
    for cut in cuts:
        by_line.setdefault(cut.line, []).append(cut)
    return [_masked(index, utterances[index], found) for index, found in sorted(by_line.items())]


def masked_call(utterances: Sequence[Utterance], policy: Policy) -> list[Utterance]:
    """Return the utterances of a call as they may be kept."""
    kept = list(utterances)
    for change in mask_call(utterances, policy):
        kept[change.index] = change.utterance
    return kept


def mask_partial(partial: Utterance, before: Sequence[Utterance], policy: Policy) -> Utterance:
    """Return a partial result fit for a screen; `before` are the final words of both legs so far."""
    if not may_matter(partial.text):
        return partial
    lines = [*(Line.of(u) for u in before), Line.of(partial)]
    cuts = [cut for cut in scan(lines, policy, partial=True) if cut.line == len(before)]
    if not cuts:
        return partial
    return replace(partial, text=_replaced(partial.text, cuts, PARTIAL_MASK), words=())


def _replaced(text: str, cuts: Iterable[Cut], mask: str = "") -> str:
    out, at = [], 0
    for cut in sorted(cuts, key=lambda c: c.start):
        if cut.start < at:
            continue
        out += [text[at : cut.start], mask or mask_of(cut.kind, cut.last_four)]
        at = cut.end
    return "".join([*out, text[at:]])


def _masked(index: int, utterance: Utterance, cuts: Sequence[Cut]) -> Masked:
    words: list[Word] = []
    stretches: list[Stretch] = []
    at, waiting = 0, sorted(cuts, key=lambda c: c.start)
    for word in utterance.words:
        end = at + len(word.text)
        while waiting and waiting[0].end <= at:
            waiting.pop(0)
        cut = waiting[0] if waiting and waiting[0].start < end else None
        if cut is None:
            words.append(word)
        elif cut.start < at and stretches:  # goes on from the word before
            last = stretches[-1] = replace(stretches[-1], end=word.end)
            words[-1] = replace(words[-1], end=last.end)
        else:
            mask = mask_of(cut.kind, cut.last_four)
            words.append(Word(mask, word.start, word.end, word.confidence))
            stretches.append(Stretch(cut.kind, word.start, word.end, cut.last_four))
        at = end + 1
    if not utterance.words:
        text = _replaced(utterance.text, cuts)
        found = tuple(Stretch(c.kind, utterance.start, utterance.end, c.last_four) for c in cuts)
        return Masked(index, replace(utterance, text=text), found)
    text = " ".join(w.text for w in words)
    masked = replace(utterance, text=text, words=tuple(words))
    return Masked(index, masked, tuple(stretches))


__all__ = [
    "Masked",
    "Stretch",
    "cut_words",
    "found_in",
    "mask_call",
    "mask_of",
    "mask_partial",
    "mask_quote",
    "mask_text",
    "masked_call",
]
