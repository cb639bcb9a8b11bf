"""How often the facts of a talk are found: promises, callbacks, consents, disputes, excuses.

``python -m bench.facts`` reads the talks of tests/compliance/talks (dev.toml; held.toml with ``--held``) and
prints for each kind how many were expected, found right, missed, found wrong and invented; ``--json`` prints
the same for programs. Each talk is heard three ways: as it was said; as Vosk wrote it down when a neural
voice spoke it (heard.json, made by bench.labelled.talks); misheard at random, the hardest: words replaced by
known mishearings and words of like sound, dropped and doubled at set rates (collector 5%, debtor 18%). Seeds
are fixed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from compliance.checks.facts import FactFinder
from compliance.checks.finding import WITHDRAWN, Caught, CaughtKind
from compliance.checks.match import consonants, heard_as
from compliance.transcription.words import Leg, Utterance, Word
from scripts.catalog import Catalog

TALKS = Path(__file__).parents[1] / "tests" / "compliance" / "talks"
KINDS = ("promise", "callback", "dispute", "consent", "reached", "email", "excuse")
ERROR_RATES = {Leg.AGENT: 0.05, Leg.DEBTOR: 0.18}
"""Share of words misheard: wideband collector, telephone debtor (as measured with the small model)."""
ZONE = ZoneInfo("America/Chicago")
OWED_MINOR = 842_000
PARTY = "Jordan Reyes"
WORD_SECONDS = 0.3
PAUSE_SECONDS = 1.0


@dataclass(slots=True)
class Score:
    """Counts of one kind."""

    expected: int = 0
    right: int = 0
    wrong: int = 0
    """Found where one was expected, with another amount, day, reason or person."""
    missed: int = 0
    invented: int = 0
    """Found where none was expected."""
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the expected that was found right."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def precision(self) -> float:
        """Share of the found that is right."""
        found = self.right + self.wrong + self.invented
        return self.right / found if found else 1.0


def talks(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return the talks of a set (``dev`` or ``held``)."""
    return tuple(tomllib.loads((TALKS / f"{name}.toml").read_text(encoding="utf-8"))["talk"])


@cache
def _heard() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads((TALKS / "heard.json").read_text(encoding="utf-8"))
    return found


def score_spoken(cases: Sequence[Mapping[str, Any]]) -> dict[str, Score]:
    """Score talks as Vosk heard them spoken."""
    scores = {kind: Score() for kind in KINDS}
    for case in cases:
        at, heard = 0.0, []
        for line, rows in zip(case["lines"], _heard()[case["id"]], strict=True):
            leg = Leg.AGENT if line.startswith("A") else Leg.DEBTOR
            words = tuple(Word(text, at + start, at + end, sure) for text, start, end, sure in rows)
            if words:
                text = " ".join(w.text for w in words)
                heard.append(Utterance(leg, words[0].start, words[-1].end, text, words, True))
                at = words[-1].end
            at += PAUSE_SECONDS
        found = facts_of(case, heard)
        for kind in KINDS:
            _count(scores[kind], case, kind, found.get(kind))
    return scores


def score(cases: Sequence[Mapping[str, Any]], variants: int = 0) -> dict[str, Score]:
    """Score talks as said (`variants` 0), or in so many misheard variants each."""
    scores = {kind: Score() for kind in KINDS}
    for case in cases:
        for seed in range(1, variants + 1) if variants else [0]:
            rng = random.Random(f"{case['id']}-{seed}") if variants else None
            heard = list(utterances(case["lines"], rng))
            found = facts_of(case, heard)
            for kind in KINDS:
                _count(scores[kind], case, kind, found.get(kind))
    return scores


def utterances(lines: Sequence[str], rng: random.Random | None) -> Iterator[Utterance]:
    """Make utterances of a talk's lines, misheard where a generator is given."""
    at = 0.0
    for line in lines:
        side, _, text = line.partition(": ")
        leg = Leg.AGENT if side == "A" else Leg.DEBTOR
        said = [(w, 0.97) for w in text.split()]
        words = [
            Word(w, at + WORD_SECONDS * n, at + WORD_SECONDS * (n + 1), sure)
            for n, (w, sure) in enumerate(said if rng is None else mishear(said, ERROR_RATES[leg], rng))
        ]
        if words:
            yield Utterance(leg, at, words[-1].end, " ".join(w.text for w in words), tuple(words), True)
            at = words[-1].end
        at += PAUSE_SECONDS


def mishear(words: Sequence[tuple[str, float]], rate: float, rng: random.Random) -> list[tuple[str, float]]:
    """Replace, drop and double words at a rate, as recognisers do: replaced mostly, with low confidence."""
    out: list[tuple[str, float]] = []
    for word, _ in words:
        if rng.random() >= rate:
            out.append((word, round(rng.uniform(0.82, 1.0), 3)))
            continue
        what = rng.random()
        if what < 0.2:
            continue
        wrong = round(rng.uniform(0.3, 0.8), 3)
        if what < 0.3:
            out += [(word, 0.9), (rng.choice(("the", "and", "a", "uh")), wrong)]
        else:
            out += [(part, wrong) for part in _sounding_like(word, rng).split()]
    return out


def _sounding_like(word: str, rng: random.Random) -> str:
    known = heard_as()[0].get(word, ())
    if known:
        return rng.choice(sorted(known))
    near = [w for w in _vocabulary() if w != word and consonants(w) == consonants(word)]
    if not near:
        near = [w for w in _vocabulary() if w != word and w[:1] == word[:1] and abs(len(w) - len(word)) < 2]
    return rng.choice(near or ["the"])


@cache
def _catalog() -> Catalog:
    return Catalog.load()


@cache
def _vocabulary() -> tuple[str, ...]:
    """The words of all cues, phrases and talks: what a recogniser of this trade would fall for."""
    words: set[str] = set()
    for excuse in _catalog().excuses("b2b-first-party", 4):
        words |= {w for cue in excuse.cues for w in cue.words}
    for name in ("dev", "held"):
        words |= {w for case in talks(name) for line in case["lines"] for w in line.split()[1:]}
    return tuple(sorted(w for w in words if w.isalpha()))


def facts_of(case: Mapping[str, Any], heard: Sequence[Utterance]) -> dict[str, Any]:
    """Return what is found in a talk, as in its expected facts."""
    today: date = case.get("today", date(2026, 11, 18))
    began = datetime.combine(today, time(14, 7), ZONE)
    finder = FactFinder(today, party_name=PARTY, owed=lambda: OWED_MINOR, began=began)
    last: dict[CaughtKind, Caught] = {}
    excuses: list[tuple[float, str]] = []
    for utterance in heard:
        for caught in finder.hear(utterance):
            last[caught.kind] = caught
        if utterance.leg is Leg.DEBTOR:
            excuses += [
                (m.score, m.excuse.id) for m in _catalog().recognise(utterance.text, "b2b-first-party", 4)
            ]
    found: dict[str, Any] = {}
    promise = last.get(CaughtKind.PROMISE)
    if promise is not None and promise.value != WITHDRAWN and promise.amount_minor and promise.day:
        found["promise"] = promise
    for kind in (
        CaughtKind.CALLBACK,
        CaughtKind.DISPUTE,
        CaughtKind.CONSENT,
        CaughtKind.REACHED,
        CaughtKind.EMAIL,
    ):
        if kind in last:
            found[kind.value] = last[kind]
    if excuses:
        found["excuse"] = max(excuses)[1]
    if "callback" in found and "minutes" in case.get("callback", {}):
        found["callback"] = (found["callback"], began.astimezone(UTC))
    return found


def _count(total: Score, case: Mapping[str, Any], kind: str, found: Any) -> None:
    want = case.get(kind)
    if want is None:
        # Talks say what they are about; an excuse heard beside it is not held against the talk.
        if found is not None and kind != "excuse":
            total.invented += 1
            total.misses.append(f"{case['id']}: invented {_show(found)}")
        return
    total.expected += 1
    if found is None:
        total.missed += 1
        total.misses.append(f"{case['id']}: missed")
    elif _fits(kind, want, found):
        total.right += 1
    else:
        total.wrong += 1
        total.misses.append(f"{case['id']}: {_show(found)}")


def _fits(kind: str, want: Any, found: Any) -> bool:
    if kind == "promise":
        return bool(
            (found.amount_minor, found.day) == (want["amount"], want["day"])
            and found.conditional == want.get("conditional", False)
            and ("confirmed" not in want or found.confirmed == want["confirmed"])
            and ("method" not in want or found.method == want["method"])
            and found.who == want.get("who", "")
        )
    if kind == "callback":
        if "minutes" in want:
            caught, began = found
            if caught.day is None or caught.time_of_day is None:
                return False
            at = datetime.combine(caught.day, caught.time_of_day, ZONE).astimezone(UTC)
            late: timedelta = at - began - timedelta(minutes=want["minutes"])
            return timedelta() <= late <= timedelta(minutes=6)
        return bool(found.day == want.get("day") and found.time_of_day == want.get("time"))
    value = found if kind == "excuse" else found.value
    return bool(value == want)


def _show(found: Any) -> str:
    caught = found[0] if isinstance(found, tuple) else found
    if not isinstance(caught, Caught):
        return str(caught)
    parts = [
        caught.kind.value,
        caught.value,
        caught.amount_minor,
        caught.day,
        caught.time_of_day,
        caught.method,
    ]
    flags = [name for name in ("conditional", "confirmed") if getattr(caught, name)]
    return " ".join(str(p) for p in [*parts, *flags] if p)


def table(scores: Mapping[str, Score]) -> list[str]:
    """Return the scores as lines of text."""
    lines = [
        f"{'':<10}{'expected':>9}{'right':>7}{'wrong':>7}{'missed':>8}{'invented':>10}{'precision':>11}{'recall':>8}"
    ]
    for kind, s in scores.items():
        lines.append(
            f"{kind:<10}{s.expected:>9}{s.right:>7}{s.wrong:>7}{s.missed:>8}{s.invented:>10}"
            f"{s.precision:>11.3f}{s.recall:>8.3f}"
        )
    return lines


def main() -> None:
    """Print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held", action="store_true", help="the held set, for final figures")
    parser.add_argument("--variants", type=int, default=5, help="misheard variants of each talk")
    parser.add_argument("--misses", action="store_true", help="name every talk that is not right")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cases = talks("held" if chosen.held else "dev")
    out: dict[str, Any] = {}
    ways: list[tuple[str, dict[str, Score]]] = [("as said", score(cases))]
    if (TALKS / "heard.json").exists():
        ways.append(("as Vosk heard it spoken", score_spoken(cases)))
    ways.append((f"misheard at random, {chosen.variants} ways", score(cases, chosen.variants)))
    for name, scores in ways:
        out[name] = {
            kind: {
                "expected": s.expected, "right": s.right, "wrong": s.wrong, "missed": s.missed,
                "invented": s.invented, "precision": round(s.precision, 4), "recall": round(s.recall, 4),
            }
            for kind, s in scores.items()
        }  # fmt: skip
        if chosen.json:
            continue
        lines = [f"{name}: {len(cases)} talks", *table(scores)]
        if chosen.misses:
            lines += [f"  {kind}: {miss}" for kind, s in scores.items() for miss in s.misses]
        sys.stdout.write("\n".join(lines) + "\n\n")
    if chosen.json:
        sys.stdout.write(json.dumps(out, indent=2) + "\n")


if __name__ == "__main__":
    main()
