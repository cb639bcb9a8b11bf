"""What is said on such calls, sentence by sentence, and which rules each keeps or breaks (docs/talk.md).

``*.tsv`` holds a sentence a line: the ids of the speech rules that it is an instance of, commas between them,
a tab, and the sentence. A sentence without an id is an instance of none: most are near misses, kept so that
what merely sounds alike is told apart. The file's name is the rule it was written for, which also says whose
leg it is of; ``agent``, ``debtor`` and ``either`` hold other talk, ``calls-`` lines of labelled calls, and
``heard-`` the same as a recogniser wrote them. Two things are made of all this: a speech model is taught how
the field talks (transcription/field_talk.py), and rules learn by example (checks/by_example.py).
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PLACE = re.compile(r"\{(\w+)\}")
"""A place for a name: ``{collector}``, ``{company}``, ``{party}``, ``{first}``."""
HEARD = "heard-"
"""What the files' names begin with whose sentences stand as a recogniser wrote them, mistakes and all."""
NAMED = 6
"""How often a sentence with places for names is said, each time with others."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as spoken, perhaps with places for names."""

    file: str
    """What it was written for: a rule's short name, or whose other talk it is."""
    rules: frozenset[str]
    """Ids of the rules that it is an instance of."""
    text: str


class TalkError(Exception):
    """A file of sentences is broken; the message names file and line."""


@cache
def sentences() -> tuple[Sentence, ...]:
    """Read every sentence, in the order of files and lines. Raises TalkError."""
    found = []
    for file in sorted(files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".tsv"):
            lines = file.read_text(encoding="utf-8").splitlines()
            found += [read_sentence(file.name, number, line) for number, line in enumerate(lines, 1)]
    return tuple(found)


def read_sentence(name: str, number: int, line: str) -> Sentence:
    """Read one line of a file; `name` and `number` are for errors. Raises TalkError."""
    rules, tab, text = line.partition("\t")
    if not tab or not text.strip():
        raise TalkError(f"{name}, line {number}: write rule ids, a tab and a sentence")
    ids = frozenset(rule.strip() for rule in rules.split(",") if rule.strip())
    return Sentence(name.removesuffix(".tsv"), ids, text)


def spoken() -> Iterator[str]:
    """Yield what a speech model is taught: each sentence, those with places for names `NAMED` times.

    The names are drawn by a fixed seed, so the same sentences always come of the same files.
    """
    data = tomllib.loads(files(__package__).joinpath("names.toml").read_text(encoding="utf-8"))
    first, last, firm, trade = (data[key].split() for key in ("first", "last", "firm", "trade"))
    chance = random.Random(20261127)  # noqa: S311 - a fixed draw of names, nothing secret
    for sentence in sentences():
        if sentence.file.startswith(HEARD):
            continue
        if PLACE.search(sentence.text) is None:
            yield sentence.text
            continue
        for _ in range(NAMED):
            person = chance.choice(first)
            names = {
                "collector": f"{chance.choice(first)} {chance.choice(last)}",
                "company": f"{chance.choice(firm)} {chance.choice(trade)} {chance.choice(data['kind'])}",
                "party": f"{person} {chance.choice(last)}",
                "first": person,
            }
            yield sentence.text.format_map(names)
