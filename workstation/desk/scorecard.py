"""Scorecards: questions with weights, read from TOML; findings and figures answer some, people the others.

The score is the weighted share of what was done, of what applies::

    score = 100 x sum(weight x value) / sum(weight)   over the questions that apply

A value is 1 for yes, 0 for no, n / scale on a scale. A question that does not apply drops out of both sums. A
fatal question answered no makes the score 0, whatever else went well.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeGuard

from compliance.checks.finding import Finding, Heard
from workstation.desk.audit_figures import Judged
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.review import Sheet
from workstation.desk.talk import TalkMetrics

MOST_ASKED = 6
"""Questions to people that a card holds: as many as a form on screen."""
DEFAULT = "standard"
NOT_APPLICABLE = "n/a"


class ScorecardError(InvalidEntry):
    """A scorecard's file cannot be used; the message names file, key and what would be right."""


class Auto(StrEnum):
    """How a question answers itself."""

    HEARD = "heard"
    """A disclosure: heard is yes, missing is no, what cannot be said does not apply."""
    ABSENT = "absent"
    """No finding of these rules (``forbidden.*``) that stands: rejected ones are none, open ones not yet."""
    AT_MOST = "at-most"
    AT_LEAST = "at-least"
    """A figure of the talk against a limit."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a card."""

    id: str
    text: str
    weight: float
    short: str = ""
    """At most nine characters: the field's name on screen; needed where people answer."""
    fatal: bool = False
    scale: int = 0
    """People answer from 0 to this; 0: yes or no."""
    auto: Auto | None = None
    of: str = ""
    """Rule id or pattern, or a figure of workstation.desk.talk.TalkMetrics."""
    limit: float = 0.0


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A card, with the digest of its file: a score is worth what its card says."""

    id: str
    title: str
    questions: tuple[Question, ...]
    version: str

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions people answer."""
        return tuple(q for q in self.questions if q.auto is None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to."""

    question: Question
    value: float | None
    """0 to 1; None: does not apply."""
    said: str
    """yes, no, n/a, or the number of a scale."""
    why: str = ""
    """What an automatic answer rests on."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A filled-in card."""

    card: Scorecard
    answers: tuple[Answer, ...]

    @property
    def fatal(self) -> tuple[str, ...]:
        """Fatal questions answered no."""
        return tuple(a.question.id for a in self.answers if a.question.fatal and a.value == 0)

    @property
    def score(self) -> int | None:
        """0 to 100, rounded half up; None where nothing applies."""
        counted = [a for a in self.answers if a.value is not None and a.question.weight]
        if self.fatal:
            return 0
        whole = sum(a.question.weight for a in counted)
        if not whole:
            return None
        return int(100 * sum(a.question.weight * (a.value or 0.0) for a in counted) / whole + 0.5)

    def detail(self) -> dict[str, Any]:
        """What the review keeps of it."""
        return {
            "card": self.card.id,
            "title": self.card.title,
            "version": self.card.version,
            "score": self.score,
            "fatal": list(self.fatal),
            "answers": {a.question.id: a.said for a in self.answers},
        }


def fill(card: Scorecard, sheet: Sheet, given: Mapping[str, str]) -> Scored:
    """Answer a card: what people gave by question id, the rest from the call. Raises InvalidEntry.

    A question to people that is not in `given`, or is empty, does not apply yet.
    """
    asked = {q.id for q in card.asked}
    for name in given:
        if name not in asked:
            raise InvalidEntry(f"{card.id}: no question {name!r} to answer{_near(name, asked)}")
    return Scored(
        card,
        tuple(
            read_answer(q, given.get(q.id, "")) if q.auto is None else _automatic(q, sheet)
            for q in card.questions
        ),
    )


def read_answer(question: Question, text: str) -> Answer:
    """Read what a person gave: y, yes, n, no, n/a, -, a number of the scale. Raises InvalidEntry."""
    bare = text.strip().lower()
    if bare in ("", "-", NOT_APPLICABLE, "na"):
        return Answer(question, None, NOT_APPLICABLE)
    if question.scale:
        if not bare.isdecimal() or int(bare) > question.scale:
            raise InvalidEntry(f"{question.short}: {text.strip()!r}; give 0 to {question.scale} or n/a")
        return Answer(question, int(bare) / question.scale, str(int(bare)))
    if bare in ("y", "yes"):
        return Answer(question, 1.0, "yes")
    if bare in ("n", "no"):
        return Answer(question, 0.0, "no")
    raise InvalidEntry(f"{question.short}: {text.strip()!r}; give yes, no or n/a")


def _automatic(question: Question, sheet: Sheet) -> Answer:
    if question.auto in (Auto.AT_MOST, Auto.AT_LEAST):
        return _by_figure(question, sheet.metrics)
    verdicts = sheet.stands()
    found = [
        (finding, verdicts[f"finding:{n}"].judged if f"finding:{n}" in verdicts else None)
        for n, finding in sheet.findings
        if fnmatchcase(finding.rule_id, question.of)
    ]
    return (_heard if question.auto is Auto.HEARD else _absent)(question, found, sheet)


_Found = Sequence[tuple[Finding, Judged | None]]


def _heard(question: Question, found: _Found, sheet: Sheet) -> Answer:
    for finding, judged in reversed(found):
        if finding.verdict is Heard.HEARD or judged is Judged.REJECTED:
            return Answer(question, 1.0, "yes", finding.title)
        if finding.verdict is Heard.MISSING or judged is Judged.CONFIRMED:
            return Answer(question, 0.0, "no", finding.title)
        return Answer(question, None, NOT_APPLICABLE, finding.reason or "not clear yet")
    return Answer(question, None, NOT_APPLICABLE, "no such rule on this call")


def _absent(question: Question, found: _Found, sheet: Sheet) -> Answer:
    added = [v for v in sheet.added() if fnmatchcase(v.rule_id, question.of)]
    if added:
        return Answer(question, 0.0, "no", f"{added[0].rule_id}, added")
    standing = [
        (f, judged) for f, judged in found if f.verdict is Heard.HEARD and judged is not Judged.REJECTED
    ]
    if not standing:
        return Answer(question, 1.0, "yes", "none found")
    confirmed = next((f for f, judged in standing if judged is Judged.CONFIRMED), None)
    if confirmed is None:
        return Answer(question, None, NOT_APPLICABLE, f"{standing[0][0].title}: not judged yet")
    return Answer(question, 0.0, "no", confirmed.title)


def _by_figure(question: Question, metrics: TalkMetrics | None) -> Answer:
    if metrics is None:
        return Answer(question, None, NOT_APPLICABLE, "not measured")
    value = float(getattr(metrics, question.of))
    kept = value <= question.limit if question.auto is Auto.AT_MOST else value >= question.limit
    return Answer(question, float(kept), "yes" if kept else "no", f"{value:.2f}")


# ---- reading the files ---------------------------------------------------------------------------------


_KEYS = {"id", "text", "weight", "short", "fatal", "scale", "auto", "of", "limit"}
_FIGURES = {*TalkMetrics.__dataclass_fields__, "agent_share"}


def read_scorecard(name: str, text: str) -> Scorecard:
    """Read a card's file. Raises ScorecardError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScorecardError(f"{name}: {error}") from None
    _only(name, raw, {"id", "title", "questions"})
    for key in ("id", "title"):
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise ScorecardError(f"{name}: {key}: a text is needed")
    rows = raw.get("questions")
    if not isinstance(rows, list) or not rows:
        raise ScorecardError(f"{name}: questions: at least one is needed")
    questions = tuple(_question(f"{name}: questions[{n}]", row) for n, row in enumerate(rows, 1))
    ids = [q.id for q in questions]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise ScorecardError(f"{name}: questions: {twice[0]!r} is there twice")
    card = Scorecard(raw["id"], raw["title"], questions, hashlib.sha256(text.encode()).hexdigest()[:12])
    if len(card.asked) > MOST_ASKED:
        raise ScorecardError(
            f"{name}: questions: {len(card.asked)} are for people; a form holds {MOST_ASKED}"
        )
    return card


def _question(where: str, row: Any) -> Question:
    if not isinstance(row, dict):
        raise ScorecardError(f"{where}: a table is needed")
    _only(where, row, _KEYS)
    for key in ("id", "text"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise ScorecardError(f"{where}.{key}: a text is needed")
    weight, scale, limit = row.get("weight"), row.get("scale", 0), row.get("limit", 0.0)
    if not _number(weight) or weight < 0:
        raise ScorecardError(f"{where}.weight: a number of 0 or more is needed, not {weight!r}")
    if not isinstance(row.get("fatal", False), bool):
        raise ScorecardError(f"{where}.fatal: true or false")
    if not isinstance(scale, int) or isinstance(scale, bool) or not 0 <= scale <= 9:
        raise ScorecardError(f"{where}.scale: a whole number from 1 to 9, or none")
    if not _number(limit):
        raise ScorecardError(f"{where}.limit: a number is needed")
    auto = _auto(where, row)
    short = row.get("short", "")
    if auto is None and (not isinstance(short, str) or not 1 <= len(short) <= 9):
        raise ScorecardError(f"{where}.short: a name of 1 to 9 characters is needed where people answer")
    return Question(
        id=row["id"],
        text=row["text"],
        weight=float(weight),
        short=short,
        fatal=row.get("fatal", False),
        scale=scale,
        auto=auto,
        of=row.get("of", ""),
        limit=float(limit),
    )


def _auto(where: str, row: Mapping[str, Any]) -> Auto | None:
    if "auto" not in row:
        for key in ("of", "limit"):
            if key in row:
                raise ScorecardError(f"{where}.{key}: only a question with 'auto' has it")
        return None
    kinds = [kind.value for kind in Auto]
    if row["auto"] not in kinds:
        raise ScorecardError(f"{where}.auto: {row['auto']!r}; there are {', '.join(kinds)}")
    auto, of = Auto(row["auto"]), row.get("of")
    if not isinstance(of, str) or not of:
        raise ScorecardError(f"{where}.of: name the rule or the figure it looks at")
    if auto in (Auto.AT_MOST, Auto.AT_LEAST):
        if of not in _FIGURES:
            raise ScorecardError(f"{where}.of: no figure {of!r}{_near(of, _FIGURES)}")
        if "limit" not in row:
            raise ScorecardError(f"{where}.limit: a number is needed")
    elif not any(fnmatchcase(known, of) for known in _rules()):
        raise ScorecardError(f"{where}.of: no speech rule {of!r}{_near(of, _rules())}")
    return auto


@cache
def _rules() -> frozenset[str]:
    from compliance.checks.rules import load_speech_rules

    return frozenset(rule.id for rule in load_speech_rules().rules)


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _only(where: str, row: Mapping[str, Any], known: set[str]) -> None:
    for key in row:
        if key not in known:
            raise ScorecardError(f"{where}: no key {key!r}{_near(key, known)}")


def _near(name: str, known: set[str] | frozenset[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


@cache
def _packaged() -> Mapping[str, Scorecard]:
    return _cards(files("workstation.desk").joinpath("scorecards"))


def _cards(folder: Traversable) -> dict[str, Scorecard]:
    found: dict[str, Scorecard] = {}
    names: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as wrong:
            raise ScorecardError(f"{file.name}: cannot be read: {wrong}") from None
        card = read_scorecard(file.name, text)
        if card.id in found:
            raise ScorecardError(f"{file.name}: id: {card.id!r} is the id of {names[card.id]} too")
        found[card.id], names[card.id] = card, file.name
    return found


def scorecards(folder: Path | None = None) -> Mapping[str, Scorecard]:
    """Return the cards by id, the standard one first: the packaged ones, and those of a floor's own folder.

    A card of the folder takes the place of a packaged one with the same id. Raises ScorecardError naming the
    file and the key.
    """
    own = _cards(folder) if folder is not None and folder.is_dir() else {}
    cards = {**_packaged(), **own}
    return dict(sorted(cards.items(), key=lambda item: (item[0] != DEFAULT, item[0])))


def scorecard(card_id: str, folder: Path | None = None) -> Scorecard:
    """Return a card by id. Raises NotFound and ScorecardError."""
    cards = scorecards(folder)
    try:
        return cards[card_id]
    except KeyError:
        raise NotFound(f"no scorecard {card_id!r}; there are {', '.join(cards)}") from None
