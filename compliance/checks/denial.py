"""Whether words are denied, or somebody else's: "nobody will be arrested" is not a threat.

Nor is "did you say they would sue you", a question about another's words. Both are looked for in the few
words before, and end where a new clause begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from compliance.checks.match import Match, Token
from compliance.checks.wordlist import word_set

_NEGATIONS = word_set("not never nobody none neither nor without noone nothing hardly")
_SUBJECTS = word_set("i you we us he she they it that this who somebody someone")
_BREAKS = word_set("but if because or so then otherwise unless and")
_NEW_CLAUSE = _BREAKS - {"or", "and"}
"""What ends a denial; "your house or your car" goes on with it."""
_REPORTING = word_set(
    "say says saying said tell telling told think thinking mean means meaning suggest suggesting imply "
    "implying believe call calling called ask asking asked worried afraid claim claims claiming heard hear "
    "threaten threatening"
)
_MODALS = word_set("will would shall")
_NO_SUBJECT = word_set("nobody none neither no noone nothing")
_NO_DENIAL = {("nothing", "but"), ("not", "make"), ("no", "wrong")}
"""A negation and the word after it that make something else of it."""
_COUNTED = word_set("more hundred thousand time day week month payment last final dollar of other")
_NOR, _NOR_WITHIN = word_set("nor or"), 8
_AFTER_NEITHER = word_set("of am is are was were do does did have has had can could will would shall should")
_OTHERS = word_set("you they he she somebody someone anybody anyone who people folks guys callers scammers")


def negated(match: Match, tokens: Sequence[Token]) -> bool:
    """Whether the phrase is denied: a negation inside it, or before it in the same clause."""
    tokens = _without_but(tokens)
    filled = set(match.matched)
    if any(tokens[i].text in _NEGATIONS for i in range(match.first, match.last + 1) if i not in filled):
        return True
    at = match.first
    if at and tokens[at - 1].text == "no":
        # "no lawsuit"; further off it is an answer: "no, she does not live here".
        return True
    if tokens[at].text not in _SUBJECTS:
        for at in range(match.first - 1, max(-1, match.first - 7), -1):
            text = tokens[at].text
            if text in _NEGATIONS:
                return True
            if text in _BREAKS:
                return False
            if text in _MODALS:
                # "If I don't see it, we'll garnish" loses its "we" when heard: a clause begins here.
                before = [t.text for t in tokens[max(0, at - 4) : at]]
                if any(word in _NO_SUBJECT for word in before) or before[-1:] in (["not"], ["never"]):
                    return True
                return _denied_report(tokens, at)
            if text in _SUBJECTS:
                break
        else:
            return False
    return _denied_report(tokens, at)


def denied_near(tokens: Sequence[Token], places: Iterable[int], reach: int) -> bool:
    """Whether a negation stands up to `reach` words before any of some tokens, with no new clause between."""
    tokens = _without_but(tokens)
    for place in places:
        for at in range(place - 1, max(-1, place - 1 - reach), -1):
            if tokens[at].text in _NEGATIONS:
                return True
            if tokens[at].text in _NEW_CLAUSE:
                break
            if tokens[at].text in _SUBJECTS:
                if _denied_report(tokens, at):
                    return True
                break
    return False


def _without_but(tokens: Sequence[Token]) -> Sequence[Token]:
    """Take for "only" what denies nothing: nothing but a deadbeat; do not make me call; no, wrong number.

    "No one" is nobody, unless something is counted ("no, one more month"). "Neither" denies where English
    lets it; elsewhere it is a misheard name ("reach bill and neither").
    """
    texts = [t.text for t in tokens]
    out = [
        replace(t, text="only") if _only(t.text, texts[at + 1 : at + 1 + _NOR_WITHIN]) else t
        for at, t in enumerate(tokens)
    ]
    for at in range(1, len(texts)):
        if texts[at - 1 : at + 1] == ["no", "one"] and not _COUNTED.intersection(texts[at + 1 : at + 2]):
            out[at] = replace(out[at], text="nobody")
    return out


def _only(text: str, after: Sequence[str]) -> bool:
    if text == "neither":
        return not (_NOR.intersection(after) or _AFTER_NEITHER.intersection(after[:1]))
    return (text, *after[:1]) in _NO_DENIAL


def _denied_report(tokens: Sequence[Token], subject: int) -> bool:
    """Whether "I'm not saying", "nobody said" stands right before the clause's subject."""
    before = [t.text for t in tokens[max(0, subject - 5) : subject]]
    for n in range(len(before) - 1, max(-1, len(before) - 4), -1):
        if before[n] in _REPORTING:
            return any(w in _NEGATIONS for w in before[max(0, n - 3) : n])
    return False


def quoted(match: Match, tokens: Sequence[Token]) -> bool:
    """Whether the phrase reports or asks about somebody else's words ("did you say", "are you worried")."""
    return _reported([t.text for t in tokens[max(0, match.first - 7) : match.first]])


def _reported(before: Sequence[str]) -> bool:
    return any(
        word in _REPORTING
        and before[n + 1 : n + 2] != ["from"]  # "the next thing you hear from us" reports nothing
        and any(w in _OTHERS for w in before[max(0, n - 2) : n])
        for n, word in enumerate(before)
    )


def quoted_near(tokens: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether the foremost of some tokens reports or asks about somebody else's words."""
    return bool(places) and _reported([t.text for t in tokens[max(0, places[0] - 7) : places[0]]])
