"""Holding what was said against a rule's example sentences, stretch by stretch; what silences a likeness."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from compliance.checks.by_example import NOTICE_WORDS, plain, short_stretches, windows, words_of_names
from compliance.checks.denial import denied_near, quoted_near
from compliance.checks.guards import disowned
from compliance.checks.learning import learned
from compliance.checks.match import Match, Token
from compliance.checks.rules import Rule
from compliance.transcription.words import Leg

STRETCHES = (24, 12)
"""Words that are held against examples at once."""
STRETCH_STEP = 4
"""Words by which the next such stretch of a longer utterance begins later."""
LEAST_WORDS = 3
"""Fewer words than these are left to the phrases."""
RIVAL = 0.5
"""Log odds by which another rule's likeness to the same words makes them that rule's alone."""
THREATENED = -0.6
"""Log odds from which early talk is a threat or an insult, and told as that alone, though it names a debt."""
DENIAL_WEIGHED = 1.0
"""Log odds over the certain ones from which only a plain denial counts: the examples hold denials enough, and
"not our concern, we're slapping a lien on it" denies no lien."""
PLAIN_DENIAL, LOOSE_DENIAL = 3, 4
"""How many words before a decisive one its denial may stand: "not going to sue"."""
SHARED = 0.6
"""Share of a stretch's words from which another, that has them too, speaks of the same."""
DECISIVE = 3
"""Words that make most of a likeness: none of them may be denied."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some words in a row, and how like each rule's examples they are."""

    first: int
    last: int
    """Index after the last token."""
    odds: Mapping[str, float]
    """Log odds by rule."""


@dataclass(frozen=True, slots=True)
class Alike:
    """The words that are most like a rule's examples."""

    odds: float
    first: int
    last: int
    """Index after the last token."""
    beside: float
    """Log odds of the likest other stretch that shares most of these words; their own where there is none."""
    silenced: str = ""
    """Why it does not count, in one line; empty where it counts."""

    @property
    def likely(self) -> float:
        """The odds as a probability."""
        return 1 / (1 + math.exp(-self.odds))


class Likeness:
    """Holds one call's words against the examples."""

    def __init__(self, *people: str) -> None:
        """`people`: names of those on the call, which say nothing about what is said."""
        self._weights = learned()
        self._people = words_of_names(*people)

    def stretches(self, leg: Leg, tokens: Sequence[Token]) -> list[Stretch]:
        """Return the stretches of a leg's words that hold something new, and what they are like."""
        return list(self._held(leg, tokens, _stretches(tokens), self._weights[leg].rivals))

    def _held(
        self, leg: Leg, tokens: Sequence[Token], stretches: Iterable[tuple[int, int]], matter: Collection[str]
    ) -> Iterator[Stretch]:
        held = [(first, last, self._plain(tokens[first:last])) for first, last in stretches]
        held = [h for h in held if len(h[2]) >= LEAST_WORDS]
        odds = self._weights[leg].odds([words for *_, words in held], matter)
        for (first, last, _), mine in zip(held, odds, strict=True):
            yield Stretch(first, last, mine)

    def _plain(self, tokens: Sequence[Token]) -> list[str]:
        return plain((t.text for t in tokens), self._people)

    def best(
        self, rule: Rule, stretches: Sequence[Stretch], tokens: Sequence[Token], matches: Iterable[Match]
    ) -> Alike | None:
        """Return the stretch most like a rule's examples that nothing silences, from the rule's doubt on.

        Where every one is silenced, the likest; None where none reaches the doubt. `matches`: where phrases
        of the rule stand; where one is silenced ("nobody will be arrested"), its words do not count here.
        """
        like = rule.by_example
        if like is None:
            return None
        alike = [s for s in stretches if s.odds[rule.id] >= like.doubt]
        if not alike:
            return None
        quiet = [m for m in matches if like.negation and disowned(rule, m, tokens)]
        denied: set[int] = set()
        likest: Alike | None = None
        for stretch in sorted(alike, key=lambda s: -s.odds[rule.id]):
            why = self._silenced(rule, stretch, tokens, quiet, denied)
            first, last = stretch.first, stretch.last
            if rule.before:  # it matters when it was said, not what was said along with it
                decisive = self._decisive(rule.leg, rule.id, tokens, stretch)
                first, last = min(decisive), max(decisive) + 1
                if not tokens[last - 1].new:
                    continue
            found = Alike(stretch.odds[rule.id], first, last, _beside(stretch, stretches, rule.id), why)
            if not why:
                return found
            likest = likest or found
        return likest

    def stated(
        self, rules: Sequence[Rule], leg: Leg, stretches: Sequence[Stretch], tokens: Sequence[Token]
    ) -> Mapping[str, Sequence[Alike | None]]:
        """Return for each element of some disclosures of a leg, by id, the words most like its examples.

        From the doubt on: None where there are none.
        """
        if not rules:
            return {}
        every = [*stretches, *self._held(leg, tokens, _short_stretches(tokens), _taught(rules))]
        return {r.id: [self._stated(r, taught, every, tokens) for taught in r.taught] for r in rules}

    def _stated(
        self, rule: Rule, taught: str, stretches: Sequence[Stretch], tokens: Sequence[Token]
    ) -> Alike | None:
        assert rule.by_example is not None
        for stretch in sorted(stretches, key=lambda s: -s.odds[taught]):
            if stretch.odds[taught] < rule.by_example.doubt:
                break
            decisive = self._decisive(rule.leg, taught, tokens, stretch)
            if not (rule.negation and denied_near(tokens, decisive, LOOSE_DENIAL)):
                beside = _beside(stretch, stretches, taught)
                return Alike(stretch.odds[taught], min(decisive), max(decisive) + 1, beside)
        return None

    def _silenced(
        self,
        rule: Rule,
        stretch: Stretch,
        tokens: Sequence[Token],
        quiet: Sequence[Match],
        denied: set[int],
    ) -> str:
        """Why a stretch does not count; adds to `denied` the tokens found to be denied in it."""
        assert rule.by_example is not None
        weights = self._weights[rule.leg]
        odds = stretch.odds[rule.id]
        weighed = odds >= rule.by_example.certain + DENIAL_WEIGHED and rule.id not in weights.early
        if not weighed and any(m.first < stretch.last and stretch.first <= m.last for m in quiet):
            return "a phrase in it is denied or quoted"
        rival = max(weights.rivals, key=stretch.odds.__getitem__, default="")
        enough = THREATENED if rule.id in weights.early else odds + RIVAL
        if rival and stretch.odds[rival] >= enough:
            return f"it is more like {rival}"
        if rule.leg is not Leg.AGENT or not rule.by_example.negation:
            return ""  # a debtor's "I never got it" is what is looked for
        decisive = self._decisive(rule.leg, rule.id, tokens, stretch)
        if not denied.isdisjoint(decisive):
            return "denied in the same clause"
        reach = PLAIN_DENIAL if weighed else LOOSE_DENIAL
        if denied_near(tokens, decisive, reach) or quoted_near(tokens, decisive):
            denied.update(decisive)
            return "denied in the same clause, or somebody else's words"
        return ""

    def _decisive(self, leg: Leg, taught: str, tokens: Sequence[Token], stretch: Stretch) -> list[int]:
        """Return which tokens make most of a stretch's likeness to `taught`, the foremost first."""
        weights = self._weights[leg]
        words = [t.text for t in tokens[stretch.first : stretch.last]]
        without = [
            weights.odds_by_words(plain(words[:n] + words[n + 1 :], self._people), taught)
            for n in range(len(words))
        ]
        return [stretch.first + n for n in sorted(range(len(words)), key=without.__getitem__)[:DECISIVE]]


def _taught(rules: Iterable[Rule]) -> set[str]:
    return {taught for rule in rules for taught in rule.taught}


def _beside(stretch: Stretch, stretches: Iterable[Stretch], taught: str) -> float:
    most = SHARED * (stretch.last - stretch.first)
    others = [
        s.odds[taught]
        for s in stretches
        if s is not stretch and min(s.last, stretch.last) - max(s.first, stretch.first) >= most
    ]
    return max(others, default=stretch.odds[taught])


def unsupported(rule: Rule, stretches: Iterable[Stretch], match: Match) -> bool:
    """Whether what is said around a phrase's words is unlike any instance of the rule."""
    if rule.by_example is None or rule.by_example.support is None:
        return False
    around = [s.odds[rule.id] for s in stretches if s.first <= match.last and match.first < s.last]
    return bool(around) and max(around) < rule.by_example.support


def _short_stretches(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield which tokens to hold against examples of a notice, of what is new and a few words before."""
    first = max(0, len(tokens) - sum(t.new for t in tokens) - NOTICE_WORDS // 2)
    for a, b in short_stretches(len(tokens) - first):
        yield first + a, first + b


def _stretches(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield which tokens to hold against examples: a sentence or two, and about half a one, of what is new.

    What was said just before on the leg goes along, up to half as long: a pause may have cut a sentence.
    """
    old = len(tokens) - sum(t.new for t in tokens)
    found = set()
    for longest in STRETCHES:
        first = max(0, old - longest // 2)
        found |= {(first + a, first + b) for a, b in windows(len(tokens) - first, longest, STRETCH_STEP)}
        found |= {(old + a, old + b) for a, b in windows(len(tokens) - old, longest, STRETCH_STEP)}
    yield from sorted(stretch for stretch in found if stretch[1] > old)
