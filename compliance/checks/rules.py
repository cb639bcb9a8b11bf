"""Speech rules: one TOML file a rule in ``compliance/rules/speech``, read and checked in full when loaded.

A rule says which words matter on which leg, when they matter, and what follows. Its phrases are lines in a
small language that a compliance officer can read (see :mod:`compliance.checks.phrase`). Names come in as
``{company}``, ``{collector}`` and ``{party}``; ``<goods>`` stands for the words that the file's table
``[words]`` lists under ``goods``, so that one phrase covers what would be twenty. The keys of a file are the
fields of :class:`Rule`; docs in each field.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

from compliance.checks.finding import FindingKind, Severity
from compliance.checks.learning import digest as examples_digest
from compliance.checks.learning import example_rules
from compliance.checks.phrase import Phrase, PhraseError, parse_phrase
from compliance.contact import CollectionPurpose, HoldKind
from compliance.transcription.words import Leg

NAMES = ("company", "collector", "party")
"""What a phrase may name in braces."""


_Choice = TypeVar("_Choice", bound=StrEnum)


class RuleError(Exception):
    """A rule file is wrong; the message names the file, the key, and what would be right."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when a disclosure must be heard."""

    seconds: float
    after: str
    """``talk``: since the debtor's answer; else the id of a rule: since that rule was satisfied."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other leg must say for a question to count as settled (the right party confirms)."""

    leg: Leg
    phrases: tuple[Phrase, ...]
    """Any of these within `seconds` after the question."""
    alone: tuple[Phrase, ...]
    """Any of these settles it without a question: "this is Jordan"."""
    refusals: tuple[Phrase, ...]
    """Any of these within `seconds` means it is not settled, whatever else was said."""
    asks: tuple[Phrase, ...]
    """Ways to ask in which the name itself was not made out: not settled by them, and doubtful after them."""
    perhaps: tuple[Phrase, ...]
    """What may be an answer whose name was not made out: not settled by it, and doubtful after it."""
    elsewhere: tuple[Phrase, ...]
    """What the asking leg says to somebody else about the one asked for: "your husband"."""
    back: tuple[Phrase, ...]
    """What asks back, and so settles nothing: "can I ask why"."""
    others: tuple[Phrase, ...]
    """What shows, said right after something, that whoever heard it was somebody else: "I just live here"."""
    seconds: float


@dataclass(frozen=True, slots=True)
class ByExample:
    """From where words that are like the rule's example sentences count (compliance/checks/by_example.py)."""

    certain: float
    """Log odds from which it is certain."""
    doubt: float
    """Log odds from which it is reported as inconclusive."""
    support: float | None
    """Log odds under which a phrase's words are a doubt ("courthouse" in an address), or no cue at all.

    None for a disclosure, whose phrases stand by themselves.
    """
    beside: float | None = None
    """Log odds that another stretch which shares most of the words must have, for these to be certain.

    None asks for no other.
    """
    negation: bool = True
    """Whether "not" before the words that matter silences them; "could not run a lemonade stand" insults."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One speech rule."""

    id: str
    title: str
    kind: FindingKind
    leg: Leg
    severity: Severity
    citation: str
    verified: bool
    """Whether the citation was checked at its source."""
    effective: date
    """The rule's version: the day this wording took effect."""
    elements: tuple[tuple[Phrase, ...], ...]
    """Every element must be heard, each by any of its phrases; most rules have one."""
    taught: tuple[str, ...] = ()
    """The label of each element's example sentences: the rule's id, and the element's name if it has one."""
    window: float = 20.0
    """Seconds within which all elements must lie."""
    profiles: frozenset[str] = frozenset()
    """Where it applies; empty means everywhere."""
    score: float = 0.84
    """Match score from which the phrase counts as heard (0 to 1)."""
    floor: float = 1.0
    """Match score from which it is reported as inconclusive; 1 means never."""
    confidence: float = 0.55
    """Mean confidence of the matched words under which a match is inconclusive."""
    negation: bool = True
    """Whether "not", "nobody" and the like before the phrase, or inside it, silence it."""
    quotation: bool = False
    """Whether "did you say", "are you asking" and the like right before the phrase silence it."""
    near: frozenset[str] = frozenset()
    """Words of which one must lie within four words of the match; empty asks for nothing."""
    calls: frozenset[CollectionPurpose] = frozenset()
    """What a call must be for (``collect``, ``location``) for the rule to apply; empty means anything."""
    not_near: frozenset[str] = frozenset()
    """Words that silence a match within four words of it: "do not call me at work" asks for less."""
    by_example: ByExample | None = None
    """How like its example sentences words must be; None: phrases alone decide."""
    before: str = ""
    """Id of a disclosure: the words matter only until it is satisfied."""
    unless_authority: frozenset[str] = frozenset()
    """Consequence authorities of the account, any of which permits these words."""
    deadline: Deadline | None = None
    answer: Answer | None = None
    hold: HoldKind | None = None
    advice: str = ""
    """What to do now, one line."""
    lamp: str = ""
    """Short title of the disclosure's lamp; empty: `title`."""

    @property
    def version(self) -> str:
        """The rule's version as findings quote it, ISO 8601."""
        return self.effective.isoformat()


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """All rules, and the digest of their files."""

    rules: tuple[Rule, ...]
    digest: str
    _by_id: Mapping[str, Rule] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, rule_id: str) -> Rule:
        """Return a rule by id; KeyError if there is none."""
        return self._by_id[rule_id]

    def for_call(self, profile: str, purpose: CollectionPurpose) -> tuple[Rule, ...]:
        """Return the rules that apply to a call in a profile."""
        return tuple(
            r
            for r in self.rules
            if (not r.profiles or profile in r.profiles) and (not r.calls or purpose in r.calls)
        )


_Shape = Mapping[str, type | tuple[type, ...]]

_TOP: _Shape = {
    "id": str,
    "title": str,
    "kind": str,
    "leg": str,
    "severity": str,
    "citation": str,
    "verified": bool,
    "effective": date,
    "phrases": list,
    "element": list,
    "window": (int, float),
    "profiles": list,
    "score": (int, float),
    "floor": (int, float),
    "confidence": (int, float),
    "negation": bool,
    "quotation": bool,
    "near": list,
    "calls": list,
    "not_near": list,
    "before": str,
    "unless_authority": list,
    "deadline": dict,
    "answer": dict,
    "hold": str,
    "advice": str,
    "lamp": str,
    "words": dict,
    "by_example": dict,
}
_CLASS = re.compile(r"<([^<>]*)>")
_REQUIRED = ("id", "title", "kind", "leg", "severity", "citation", "verified", "effective")
_PLAIN = ("title", "citation", "verified", "window", "score", "floor", "confidence", "negation", "quotation")
_OPTIONAL_TEXT = ("before", "advice", "lamp")


@cache
def load_speech_rules() -> SpeechRules:
    """Load the rules that ship with the product. Raises RuleError."""
    return load_rules_from(files("compliance").joinpath("rules", "speech"))


def load_rules_from(folder: Traversable) -> SpeechRules:
    """Load every ``*.toml`` of a folder. Raises RuleError naming file and key."""
    rules: dict[str, Rule] = {}
    digest = hashlib.sha256()
    for entry in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        text = entry.read_text(encoding="utf-8")
        digest.update(entry.name.encode() + b"\0" + text.encode() + b"\0")
        rule = read_rule(text, entry.name)
        if rule.id in rules:
            raise RuleError(f"{entry.name}: key 'id': {rule.id!r} is taken by another file")
        rules[rule.id] = rule
    if any(rule.by_example for rule in rules.values()):
        digest.update(examples_digest().encode())
    for rule in rules.values():
        _check_references(rule, rules)
    return SpeechRules(tuple(rules.values()), digest.hexdigest()[:16], rules)


def read_rule(text: str, name: str) -> Rule:
    """Read one rule file's text; `name` is the file's, for errors. Raises RuleError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise RuleError(f"{name}: not TOML: {e}") from e
    return _Reader(name).rule(data)


def _check_references(rule: Rule, rules: Mapping[str, Rule]) -> None:
    wanted = {"before": rule.before}
    if rule.deadline is not None and rule.deadline.after != "talk":
        wanted["deadline.after"] = rule.deadline.after
    for key, other in wanted.items():
        if other and (other not in rules or rules[other].kind is not FindingKind.DISCLOSURE):
            raise RuleError(
                f"rule {rule.id}: key {key!r}: no disclosure has the id {other!r}{_hint(other, rules)}"
            )


def _hint(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""


class _Reader:
    """Reads one file's table; every complaint begins with the file's name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._classes: Mapping[str, tuple[str, ...]] = {}

    def rule(self, data: Mapping[str, Any]) -> Rule:
        self._keys(data, _TOP, "")
        self._classes = {
            name: self._texts(words, f"words.{name}") for name, words in data.get("words", {}).items()
        }
        for key in _REQUIRED:
            if key not in data:
                raise self._error(key, "is missing")
        kind = self._choice(data, "kind", FindingKind)
        plain: dict[str, Any] = {k: data[k] for k in (*_PLAIN, *_OPTIONAL_TEXT) if k in data}
        for key in ("profiles", "near", "not_near", "unless_authority"):
            plain[key] = frozenset(self._texts(data.get(key, []), key))
        rule = Rule(
            id=data["id"],
            kind=kind,
            leg=self._choice(data, "leg", Leg),
            severity=self._choice(data, "severity", Severity),
            effective=data["effective"],
            elements=self._elements(data),
            taught=tuple(self._taught(data)),
            deadline=self._deadline(data.get("deadline")),
            answer=self._answer(data.get("answer")),
            hold=self._choice(data, "hold", HoldKind) if "hold" in data else None,
            calls=self._calls(data),
            by_example=self._by_example(data),
            **plain,
        )
        if not 0 < rule.score <= 1:
            raise self._error("score", f"must be over 0 and at most 1, not {rule.score}")
        if kind is not FindingKind.DISCLOSURE and (rule.deadline or rule.answer):
            raise self._error("deadline" if rule.deadline else "answer", "is for disclosures only")
        return rule

    def _calls(self, data: Mapping[str, Any]) -> frozenset[CollectionPurpose]:
        named = self._texts(data.get("calls", []), "calls")
        return frozenset(self._choice({"calls": name}, "calls", CollectionPurpose) for name in named)

    def _elements(self, data: Mapping[str, Any]) -> tuple[tuple[Phrase, ...], ...]:
        if ("phrases" in data) == ("element" in data):
            raise self._error(
                "phrases", "give either phrases, or one or more [[element]] tables with phrases"
            )
        if "phrases" in data:
            return (self._phrases(data["phrases"], "phrases"),)
        out = []
        for n, element in enumerate(data["element"]):
            self._keys(element, {"name": str, "phrases": list}, f"element[{n}].")
            out.append(self._phrases(element.get("phrases", []), f"element[{n}].phrases"))
        return tuple(out)

    @staticmethod
    def _taught(data: Mapping[str, Any]) -> Iterator[str]:
        for element in data.get("element", [{}]):
            yield ".".join((data["id"], *([element["name"]] if "name" in element else [])))

    def _deadline(self, data: Mapping[str, Any] | None) -> Deadline | None:
        if data is None:
            return None
        self._keys(data, {"seconds": (int, float), "after": str}, "deadline.")
        if "seconds" not in data or data["seconds"] <= 0:
            raise self._error("deadline.seconds", "must be a number of seconds over 0")
        return Deadline(float(data["seconds"]), data.get("after", "talk"))

    def _by_example(self, data: Mapping[str, Any]) -> ByExample | None:
        if "by_example" not in data:
            return None
        given = data["by_example"]
        owed = data["kind"] == FindingKind.DISCLOSURE
        odds = ("certain", "doubt") if owed else ("certain", "doubt", "support")
        shape: _Shape = {**dict.fromkeys((*odds, "beside"), (int, float)), "negation": bool}
        self._keys(given, shape, "by_example.")
        for key in odds:
            if key not in given:
                raise self._error(f"by_example.{key}", "is missing: log odds, such as 0.5")
        for lower in (*odds[1:], "beside"):
            if given.get(lower, given["certain"]) > given["certain"]:
                raise self._error(f"by_example.{lower}", f"must not exceed certain ({given['certain']})")
        for taught in self._taught(data):
            if taught not in example_rules():
                raise self._error("by_example", f"no sentence of compliance/talk is an instance of {taught}")
        support = None if owed else float(given["support"])
        return ByExample(
            certain=float(given["certain"]),
            doubt=float(given["doubt"]),
            support=support,
            beside=given.get("beside"),
            negation=given.get("negation", True),
        )

    def _answer(self, data: Mapping[str, Any] | None) -> Answer | None:
        if data is None:
            return None
        shape: _Shape = {
            "leg": str,
            "phrases": list,
            "alone": list,
            "asks": list,
            "perhaps": list,
            "elsewhere": list,
            "back": list,
            "others": list,
            "refusals": list,
            "seconds": (int, float),
        }
        self._keys(data, shape, "answer.")
        return Answer(
            leg=self._choice(data, "leg", Leg, "answer."),
            phrases=self._phrases(data.get("phrases", []), "answer.phrases"),
            alone=self._phrases(data.get("alone", []), "answer.alone", empty=True),
            asks=self._phrases(data.get("asks", []), "answer.asks", empty=True),
            perhaps=self._phrases(data.get("perhaps", []), "answer.perhaps", empty=True),
            elsewhere=self._phrases(data.get("elsewhere", []), "answer.elsewhere", empty=True),
            back=self._phrases(data.get("back", []), "answer.back", empty=True),
            others=self._phrases(data.get("others", []), "answer.others", empty=True),
            refusals=self._phrases(data.get("refusals", []), "answer.refusals", empty=True),
            seconds=float(data.get("seconds", 10.0)),
        )

    def _phrases(self, lines: object, key: str, *, empty: bool = False) -> tuple[Phrase, ...]:
        texts = self._texts(lines, key)
        if not texts and not empty:
            raise self._error(key, "needs at least one phrase")
        everyday = key.startswith("answer.")
        try:
            return tuple(parse_phrase(self._in_full(text, key), NAMES, everyday=everyday) for text in texts)
        except PhraseError as e:
            raise self._error(key, str(e)) from e

    def _in_full(self, phrase: str, key: str) -> str:
        """Write the phrase's ``<name>`` out; ``<wages|goods>`` and ``(you|<wages>)`` work too."""

        def expand(found: re.Match[str]) -> str:
            words: list[str] = []
            for name in found[1].split("|"):
                if name not in self._classes:
                    hint = _hint(name, self._classes)
                    raise self._error(key, f"<{name}> is not in the table [words] of this file{hint}")
                words += self._classes[name]
            listed = "|".join(words)
            return listed if found.string[: found.start()].endswith(("(", "|")) else f"({listed})"

        return _CLASS.sub(expand, phrase)

    def _texts(self, value: object, key: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise self._error(key, "must be a list of texts")
        return tuple(value)

    def _choice(self, data: Mapping[str, Any], key: str, kind: type[_Choice], where: str = "") -> _Choice:
        try:
            return kind(data.get(key, ""))
        except ValueError:
            known = [str(k) for k in kind]
            hint = _hint(str(data.get(key, "")), known)
            raise self._error(where + key, f"must be one of {', '.join(known)}{hint}") from None

    def _keys(self, data: object, shape: _Shape, where: str) -> None:
        if not isinstance(data, Mapping):
            raise self._error(where.rstrip("."), "must be a table")
        for key, value in data.items():
            if key not in shape:
                raise self._error(where + key, f"is not a key of a speech rule{_hint(key, shape)}")
            wanted = shape[key]
            if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
                raise self._error(where + key, f"must be {_kind_name(wanted)}, not {value!r}")

    def _error(self, key: str, what: str) -> RuleError:
        return RuleError(f"{self._name}: key {key!r}: {what}")


def _kind_name(kind: type | tuple[type, ...]) -> str:
    names = {str: "a text", bool: "true or false", date: "a date", list: "a list", dict: "a table"}
    return "a number" if isinstance(kind, tuple) else names[kind]
