"""Scores: what the product made of labelled calls against what is true of them.

A row is a rule that was kept or broken (``disclosure.recording``), or a disclosure that was not made
(``missing disclosure.recording``). A disclosure or a forbidden phrase counts as found only where the finding
is certain; a cue counts where it was proposed at all, since a person looks at every proposal. The groups
are ``disclosures`` (the collector's own statements), ``right-party`` (his question and the debtor's answer),
``missing``, ``forbidden``, ``cues``, and ``stop-words``: the cues that stop collecting.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from compliance.checks.finding import WITHDRAWN, Caught, CaughtKind, Finding, FindingKind, Heard
from compliance.checks.rules import SpeechRules
from compliance.evaluation.heard import HeardCall
from compliance.evaluation.labels import Expected, Fact, LabelError, LabelledCall
from compliance.evaluation.wer import WordErrors, word_errors
from compliance.transcription.words import Leg

MISSING = "missing "
"""What a row about a disclosure that was not made begins with."""
STOP_WORDS = ("cue.stop-calling", "cue.attorney", "cue.dispute", "cue.bankruptcy", "cue.wrong-number")
_LABELLED_WHOLE = (CaughtKind.PROMISE, CaughtKind.CALLBACK, CaughtKind.EMAIL)
"""Facts of which a complete label names all; the others count only where they are labelled."""
TOLERANCE_SECONDS = 3.0
"""How far a finding may lie outside the seconds expected."""
GROUPS = ("disclosures", "right-party", "missing", "forbidden", "cues", "stop-words")
_GROUPS = {
    FindingKind.DISCLOSURE: "disclosures",
    FindingKind.FORBIDDEN: "forbidden",
    FindingKind.CUE: "cues",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the product made of one call."""

    findings: Sequence[Finding]
    caught: Sequence[Caught] = ()
    """Facts in the order they were caught; a later one stands in place of an earlier of its kind."""
    excuses: Sequence[str] = ()
    """Ids of the excuses offered, best first within a stretch of talk."""
    seconds: float = 0.0
    """CPU seconds that judging took."""


@dataclass(slots=True)
class Tally:
    """Counts of one row."""

    expected: int = 0
    found: int = 0
    inconclusive: int = 0
    """Expected, and brought up only with doubt."""
    false: int = 0
    """Found, and not so."""
    twins: int = 0
    """Calls made to test the rule's silence."""
    twins_spared: int = 0

    @property
    def recall(self) -> float | None:
        """Found over expected; None where nothing was expected."""
        return self.found / self.expected if self.expected else None

    @property
    def precision(self) -> float | None:
        """Found over all that was reported; None where nothing was."""
        return self.found / (self.found + self.false) if self.found + self.false else None

    @property
    def inconclusive_share(self) -> float | None:
        """Inconclusive over expected."""
        return self.inconclusive / self.expected if self.expected else None

    def __iadd__(self, other: Tally) -> Tally:
        for name in ("expected", "found", "inconclusive", "false", "twins", "twins_spared"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing the product got wrong."""

    call: str
    row: str
    what: str
    words: str = ""
    second: float | None = None


@dataclass(slots=True)
class Scores:
    """All figures of a number of calls."""

    calls: int = 0
    rows: dict[str, Tally] = field(default_factory=dict)
    groups: dict[str, Tally] = field(default_factory=dict)
    words: dict[Leg, WordErrors] = field(default_factory=lambda: {leg: WordErrors() for leg in Leg})
    facts: Counter[str] = field(default_factory=Counter)
    """``promise``, ``promise.found``, ``.amount``, ``.day``, ``.method``, ``.all``, ``.false``, and so on."""
    excuses: Counter[str] = field(default_factory=Counter)
    """``labelled``, ``first`` (the right one came first), ``offered`` (it was among those offered)."""
    slips: list[Slip] = field(default_factory=list)
    audio_seconds: float = 0.0
    decoding_seconds: float = 0.0
    judging_seconds: float = 0.0


def score(calls: Iterable[tuple[HeardCall, Judged]], rules: SpeechRules) -> Scores:
    """Score judged calls. Raises LabelError where a label names a rule that there is not for its call."""
    scores = Scores()
    for heard, judged in calls:
        label = heard.label
        _check_rules(label, rules)
        scores.calls += 1
        for leg in Leg:
            said = " ".join(s.text for s in sorted(label.said, key=lambda s: s.start) if s.leg is leg)
            if label.said:
                scores.words[leg] += word_errors(said, " ".join(u.text for u in heard.legs[leg].utterances))
            scores.audio_seconds += heard.legs[leg].seconds
            scores.decoding_seconds += heard.legs[leg].decoding
        scores.judging_seconds += judged.seconds
        _findings(label, judged.findings, rules, scores)
        _facts(label, judged.caught, scores)
        _excuse(label, judged.excuses, scores)
    _group(scores, rules)
    return scores


def _check_rules(label: LabelledCall, rules: SpeechRules) -> None:
    known = {r.id for r in rules.rules}
    for key, ids in (("expect.rule", [e.rule for e in label.expected]), ("silent", label.silent)):
        for rule in ids:
            if rule not in known:
                raise LabelError(f"call {label.id}: key {key!r}: there is no speech rule {rule!r}")
    judged = {r.id for r in rules.for_call(label.profile, label.purpose)}
    for expected in label.expected:
        if expected.rule not in judged:
            raise LabelError(
                f"call {label.id}: key 'expect.rule': {expected.rule!r} does not apply to a "
                f"{label.purpose} call under {label.profile}: leave it out"
            )


# ---- findings ------------------------------------------------------------------------------------------


def _findings(label: LabelledCall, findings: Sequence[Finding], rules: SpeechRules, scores: Scores) -> None:
    used: set[int] = set()
    for expected in label.expected:
        row = expected.rule if Heard.HEARD in expected.verdicts else MISSING + expected.rule
        tally = scores.rows.setdefault(row, Tally())
        tally.expected += 1
        cue = rules[expected.rule].kind is FindingKind.CUE
        wanted = expected.verdicts | ({Heard.INCONCLUSIVE} if cue else set())
        here = [n for n, f in enumerate(findings) if f.rule_id == expected.rule and _meets(expected, f)]
        right = [n for n in here if findings[n].verdict in wanted]
        doubtful = [
            n
            for n, f in enumerate(findings)
            if f.rule_id == expected.rule and f.verdict is Heard.INCONCLUSIVE
        ]
        used.update(right)
        certain = any(findings[n].verdict is not Heard.INCONCLUSIVE for n in right)
        if doubtful and not certain:
            tally.inconclusive += 1
        if right:
            tally.found += 1
        else:
            what = "inconclusive" if doubtful else "not found"
            reason = findings[doubtful[0]].reason if doubtful else ""
            scores.slips.append(Slip(label.id, row, what, reason, expected.start))
    false_rules: set[str] = set()
    for n, finding in enumerate(findings):
        if n in used or not _alarms(finding):
            continue
        if label.complete or finding.rule_id in label.silent:
            row = MISSING * (finding.verdict is Heard.MISSING) + finding.rule_id
            scores.rows.setdefault(row, Tally()).false += 1
            false_rules.add(finding.rule_id)
            words = " ".join(w.text for w in finding.words)
            scores.slips.append(Slip(label.id, row, "false alarm", words, finding.start))
    for rule in label.silent:
        tally = scores.rows.setdefault(rule, Tally())
        tally.twins += 1
        tally.twins_spared += rule not in false_rules


def _meets(expected: Expected, finding: Finding) -> bool:
    if expected.start is None or expected.end is None:
        return True
    return (
        finding.start <= expected.end + TOLERANCE_SECONDS
        and finding.end >= expected.start - TOLERANCE_SECONDS
    )


def _alarms(finding: Finding) -> bool:
    """Whether somebody is told of it as a fact, or as a proposal."""
    return finding.verdict is not Heard.INCONCLUSIVE or finding.kind is FindingKind.CUE


def _group(scores: Scores, rules: SpeechRules) -> None:
    scores.groups = {name: Tally() for name in GROUPS}
    for row, tally in scores.rows.items():
        if row.startswith(MISSING):
            scores.groups["missing"] += tally
            continue
        rule = rules[row]
        scores.groups["right-party" if rule.answer is not None else _GROUPS[rule.kind]] += tally
        if row in STOP_WORDS:
            scores.groups["stop-words"] += tally


# ---- facts and excuses ---------------------------------------------------------------------------------


def _facts(label: LabelledCall, caught: Sequence[Caught], scores: Scores) -> None:
    for kind in CaughtKind:
        wanted = next((f for f in label.facts if f.kind is kind), None)
        found = _standing(kind, caught)
        counts, name = scores.facts, kind.value
        if wanted is None:
            if found is not None and label.complete and kind in _LABELLED_WHOLE:
                counts[f"{name}.false"] += 1
                scores.slips.append(Slip(label.id, name, "false alarm", found.text, found.at))
            continue
        counts[name] += 1
        if found is None:
            scores.slips.append(Slip(label.id, name, "not found"))
            continue
        counts[f"{name}.found"] += 1
        wrong = []
        for part, is_right in _compare(wanted, found):
            counts[f"{name}.{part}.labelled"] += 1
            counts[f"{name}.{part}"] += is_right
            if not is_right:
                wrong.append(part)
        counts[f"{name}.all"] += not wrong
        if wrong:
            scores.slips.append(Slip(label.id, name, f"wrong {' and '.join(wrong)}", found.text, found.at))


def _standing(kind: CaughtKind, caught: Sequence[Caught]) -> Caught | None:
    """The fact that stands at the end: the debtor's own last word, else the collector's read-back."""
    of_kind = [c for c in caught if c.kind is kind]
    if of_kind and of_kind[-1].value == WITHDRAWN:
        return None
    own = [c for c in of_kind if c.leg is Leg.DEBTOR]
    return next(reversed(own or of_kind), None)


def _compare(wanted: Fact, found: Caught) -> list[tuple[str, bool]]:
    pairs = (
        ("amount", wanted.amount_minor, found.amount_minor),
        ("day", wanted.day, found.day),
        ("method", wanted.method, found.method),
        ("time", wanted.time_of_day, found.time_of_day),
        ("value", wanted.value, found.value),
    )
    return [(part, want == got) for part, want, got in pairs if want not in (None, "")]


def _excuse(label: LabelledCall, offered: Sequence[str], scores: Scores) -> None:
    if label.excuse is None:
        return
    scores.excuses["labelled"] += 1
    first = offered[0] if offered else "none"
    scores.excuses["first"] += first == label.excuse
    scores.excuses["offered"] += label.excuse in (offered or ["none"])
    if first != label.excuse:
        scores.slips.append(Slip(label.id, "excuse", f"first offered {first}, given {label.excuse}"))


# ---- figures by name, and floors -----------------------------------------------------------------------

CEILINGS = frozenset({"inconclusive", "false_per_100", "wer"})
"""Figures that must not exceed what a floor names; all others must not fall under it."""


def figures(scores: Scores) -> dict[str, dict[str, float | None]]:
    """Return every figure by row, group, leg or fact, and name; None where there was nothing to measure."""
    out: dict[str, dict[str, float | None]] = {}
    for name, tally in (*scores.groups.items(), *sorted(scores.rows.items())):
        out[name] = {
            "recall": tally.recall,
            "precision": tally.precision,
            "inconclusive": tally.inconclusive_share,
            "false_per_100": 100 * tally.false / scores.calls if scores.calls else None,
            "twins": tally.twins_spared / tally.twins if tally.twins else None,
        }
    for leg in Leg:
        out[leg.value] = {"wer": scores.words[leg].rate}
    for kind in CaughtKind:
        out[kind.value] = _fact_figures(kind.value, scores.facts, scores.calls)
    total = scores.excuses["labelled"]
    out["excuse"] = {name: scores.excuses[name] / total if total else None for name in ("first", "offered")}
    return out


def _fact_figures(kind: str, counts: Mapping[str, int], calls: int) -> dict[str, float | None]:
    total = counts.get(kind, 0)
    out: dict[str, float | None] = {
        "recall": counts.get(f"{kind}.found", 0) / total if total else None,
        "all": counts.get(f"{kind}.all", 0) / total if total else None,
        "false_per_100": 100 * counts.get(f"{kind}.false", 0) / calls if calls else None,
    }
    for part in ("amount", "day", "method", "time", "value"):
        if labelled := counts.get(f"{kind}.{part}.labelled", 0):
            out[part] = counts.get(f"{kind}.{part}", 0) / labelled
    return out


@dataclass(frozen=True, slots=True)
class Floor:
    """A figure that must be reached (or, for CEILINGS, not exceeded)."""

    name: str
    figure: str
    value: float

    @classmethod
    def parse(cls, text: str) -> Floor:
        """Read ``forbidden:recall=0.92``. Raises LabelError."""
        name, colon, rest = text.rpartition(":")
        figure, equals, number = rest.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not (colon and equals and name and value >= 0):
            raise LabelError(
                f"floor {text!r}: write it as RULE_OR_GROUP:FIGURE=NUMBER (forbidden:recall=0.92)"
            )
        return cls(name, figure, value)

    def check_name(self, rules: SpeechRules) -> None:
        """Raise LabelError where no call could ever have a figure of that name."""
        ids = [rule.id for rule in rules.rules]
        known = [*GROUPS, *ids, *(f"{MISSING}{rule_id}" for rule_id in ids)]
        known += [*(leg.value for leg in Leg), *(kind.value for kind in CaughtKind), "excuse"]
        if self.name not in known:
            hint = difflib.get_close_matches(self.name, known, 1, 0.5)
            raise LabelError(
                f"floor {self.name}: nothing has that name"
                + (f" (did you mean {hint[0]!r}?)" if hint else f"; there are {_listed(known)}")
            )

    def broken(self, by_name: Mapping[str, Mapping[str, float | None]]) -> str:
        """Return why it does not hold, in one line; empty where it does. Raises LabelError if unknown."""
        row = by_name.get(self.name)
        if row is None:
            raise LabelError(
                f"floor {self.name}: these calls have nothing of it; they have {_listed(by_name)}"
            )
        if self.figure not in row:
            raise LabelError(f"floor {self.name}: {self.figure!r} is no figure of it; it has {_listed(row)}")
        got = row[self.figure]
        if got is None:
            return f"{self.name}: {self.figure} cannot be measured on these calls"
        if self.figure in CEILINGS:
            return f"{self.name}: {self.figure} is {got:.3f}, over {self.value:g}" if got > self.value else ""
        return f"{self.name}: {self.figure} is {got:.3f}, under {self.value:g}" if got < self.value else ""


def _listed(names: Collection[str]) -> str:
    return ", ".join(names)
