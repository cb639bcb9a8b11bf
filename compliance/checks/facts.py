"""Facts for the note, drawn from the talk: promises, callback times, disputes, consents, who was reached.

They are offers: the collector accepts or changes them. Each later Caught of a kind stands in place of the one
before. What the collector says becomes a fact only by the other side's yes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from compliance.checks.callbacks import read_callback
from compliance.checks.emails import read_emails
from compliance.checks.finding import Caught, CaughtKind, Reached
from compliance.checks.match import Match, Token, text_of, tokens_of, words_of
from compliance.checks.names import spoken_forms
from compliance.checks.promises import ANSWER_SECONDS, Promises
from compliance.checks.said import Reply, hear, reply_of
from compliance.transcription.words import Leg, Utterance


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the collector asked, waiting for a yes."""

    fact: Caught
    end: float


class FactFinder:
    """Finds facts in one call's final utterances. Pure: the same words give the same facts."""

    def __init__(
        self,
        today: date,
        *,
        exponent: int = 2,
        party_name: str = "",
        owed: Callable[[], int | None] = lambda: None,
        began: datetime | None = None,
    ) -> None:
        """Prepare for one call.

        `today`: the debtor's local date; `exponent`: the currency's decimal places (ISO 4217); `owed`
        returns what is asked for, in minor units, when "half" or "all of it" is heard; `began`: the call's
        second 0, aware, in the debtor's zone.
        """
        self._today = today
        self._began = began
        self._names: Mapping[str, Sequence[str]] = {"party": spoken_forms(party_name, person=True)}
        self._promises = Promises(today, exponent=exponent, owed=owed)
        self._asked: list[_Asked] = []
        self._last: dict[CaughtKind, Caught] = {}

    def hear(self, utterance: Utterance) -> list[Caught]:
        """Return the facts that final words bring, or change; a partial brings none."""
        if not utterance.final or not utterance.words:
            return []
        tokens = tokens_of(utterance.words)
        if not tokens:
            return []
        found = read_emails(utterance.leg, tokens)
        if utterance.leg is Leg.AGENT:
            self._collector(tokens)
        else:
            found += self._debtor(tokens)
        return found

    # ---- inside ----------------------------------------------------------------------------------------

    def _collector(self, tokens: Sequence[Token]) -> None:
        """Take note of what the collector asks."""
        callback = read_callback(Leg.AGENT, tokens, self._today, self._began)
        asked = hear("asked", Leg.AGENT, tokens, self._names)
        if callback is not None:
            self._ask(callback, tokens)
        elif asked is not None and asked[0] != "name":
            self._ask(_fact(CaughtKind.CONSENT, Leg.AGENT, asked, tokens), tokens)
        elif asked is not None:
            fact = _fact(CaughtKind.REACHED, Leg.AGENT, asked, tokens)
            self._ask(replace(fact, value=Reached.RIGHT_PARTY), tokens)
        else:
            self._promises.collector(tokens)

    def _ask(self, fact: Caught, tokens: Sequence[Token]) -> None:
        self._asked = [
            *(a for a in self._asked if a.fact.kind is not fact.kind),
            _Asked(fact, tokens[-1].word.end),
        ]

    def _debtor(self, tokens: Sequence[Token]) -> list[Caught]:
        words = [t.text for t in tokens]
        reply = reply_of(words)
        found: list[Caught] = []
        callback = read_callback(Leg.DEBTOR, tokens, self._today, self._began)
        consent = hear("consent", Leg.DEBTOR, tokens, self._names)
        if callback is not None and consent is not None and not {"back", "again", "later"} & set(words):
            # "You can call me on Friday" allows a call; it asks for one only where an hour is named.
            callback = callback if callback.time_of_day is not None else None
        elif callback is not None:
            consent = None
        if callback is not None:
            found.append(callback)
        if consent is not None:
            found.append(_fact(CaughtKind.CONSENT, Leg.DEBTOR, consent, tokens))
        for kind, table in ((CaughtKind.REACHED, "reached"), (CaughtKind.DISPUTE, "dispute")):
            said = hear(table, Leg.DEBTOR, tokens, self._names)
            if said is not None:
                found.append(_fact(kind, Leg.DEBTOR, said, tokens))
        known = {fact.kind for fact in found}
        found += [fact for fact in self._agreed(tokens, reply, words) if fact.kind not in known]
        if callback is None and consent is None and (promise := self._promises.debtor(tokens)) is not None:
            found.append(promise)
        return [fact for fact in found if self._is_news(fact)]

    def _agreed(self, tokens: Sequence[Token], reply: Reply | None, words: Sequence[str]) -> list[Caught]:
        """Return what was asked and is agreed to by these words."""
        start = tokens[0].word.start
        waiting = [a for a in self._asked if start <= a.end + ANSWER_SECONDS]
        yes = reply is Reply.YES or (reply is None and words[0] == "speaking")
        self._asked = [] if yes or reply is Reply.NO else waiting
        if not yes:
            return []
        sure = max(t.word.confidence for t in tokens)
        return [
            replace(
                a.fact,
                text=f"{a.fact.text} … {text_of(tokens)}",
                confidence=round(min(a.fact.confidence, sure), 3),
                confirmed=True,
            )
            for a in waiting
        ]

    def _is_news(self, fact: Caught) -> bool:
        """Whether a fact says more than the one of its kind before it."""
        before = self._last.get(fact.kind)
        same = before is not None and replace(before, at=0, text="", confidence=0, leg=fact.leg) == replace(
            fact, at=0, text="", confidence=0
        )
        self._last[fact.kind] = fact
        return not same


def _fact(kind: CaughtKind, leg: Leg, said: tuple[str, Match], tokens: Sequence[Token]) -> Caught:
    value, match = said
    return Caught(
        kind=kind,
        leg=leg,
        at=words_of(tokens[match.first : match.last + 1])[0].start,
        text=text_of(tokens),
        confidence=round(match.score * match.confidence, 3),
        value=value,
    )


__all__ = ["FactFinder"]
