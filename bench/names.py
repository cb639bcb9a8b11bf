"""How well names are known by their sound, against likeness of letters: ``python -m bench.names``.

On the collectors' legs of the kept held calls: a firm's or a party's full name that was said should be found
in what was heard of that line; another call's name should not. Prints one JSON line: for either kind the
names said, the share found by sound and by letters (a ratio of 0.72, as names were known by before), and the
share of other names that each takes wrongly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rapidfuzz import fuzz

from compliance.checks.names import head_is_name, spoken_forms
from compliance.evaluation.heard import HeardCall, read_kept
from compliance.evaluation.labels import Part
from compliance.transcription.words import Leg

KEPT = Path(__file__).with_name("labelled") / "heard.jsonl.gz"
LETTERS = 0.72
_LONGEST = 5


@dataclass
class Count:
    """Lines in which a name was said, or another was not, and how often each way found it."""

    lines: int = 0
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))

    def add(self, name: str, heard: Sequence[str]) -> None:
        """Look for a name in what was heard of one line, every way."""
        self.lines += 1
        for way, knows in WAYS.items():
            self.found[way] += knows(name, heard)

    def shares(self) -> dict[str, float]:
        """Return the share of lines in which each way found the name."""
        return {way: round(found / max(1, self.lines), 3) for way, found in self.found.items()}


def by_sound(name: str, heard: Sequence[str]) -> bool:
    return any(head_is_name((name,), tuple(heard[at:])) for at in range(len(heard)))


def by_letters(name: str, heard: Sequence[str]) -> bool:
    wanted = name.replace(" ", "")
    runs = ("".join(heard[at : at + n]) for at in range(len(heard)) for n in range(1, _LONGEST + 1))
    return any(fuzz.ratio(wanted, run) >= 100 * LETTERS for run in runs)


WAYS: dict[str, Callable[[str, Sequence[str]], bool]] = {"sound": by_sound, "letters": by_letters}


def main() -> None:
    """Measure and print."""
    calls = [call for call in read_kept(KEPT) if call.label.part is Part.HELD]
    counts = {kind: (Count(), Count()) for kind in ("company", "party")}
    names = {kind: sorted({name_of(call, kind) for call in calls}) for kind in counts}
    for number, call in enumerate(calls):
        for said, heard in lines(call):
            for kind, (right, wrong) in counts.items():
                mine = name_of(call, kind)
                if mine in said:
                    right.add(mine, heard)
                other = names[kind][number % len(names[kind])]
                if not set(other.split()) & set(said.split()):
                    wrong.add(other, heard)
    result = {
        kind: {
            "said": right.lines,
            "found": right.shares(),
            "not_said": wrong.lines,
            "wrongly": wrong.shares(),
        }
        for kind, (right, wrong) in counts.items()
    }
    print(json.dumps({"bench": "names", **result}))


def name_of(call: HeardCall, kind: str) -> str:
    """Return a call's firm or party, as spoken in full."""
    label = call.label
    name = label.company if kind == "company" else label.party
    return spoken_forms(name, person=kind == "party")[0]


def lines(call: HeardCall) -> Iterator[tuple[str, list[str]]]:
    """Yield each line the collector said, in spoken words, and the words heard while he said it."""
    heard = [word for u in call.legs[Leg.AGENT].utterances for word in u.words]
    for line in call.label.said:
        if line.leg is Leg.AGENT:
            words = [w.text for w in heard if w.end > line.start - 0.2 and w.start < line.end + 0.2]
            if words:
                yield " ".join(re.findall(r"[^\W\d_]+", line.text.lower())), words


if __name__ == "__main__":
    main()
