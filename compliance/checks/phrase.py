"""The small language rules write phrases in.

A phrase is a line of words in the order they are said::

    (we|i) will garnish your (wages|pay|salary)
    you ... arrested

- ``(a|b|c)`` any one of these words, at this place
- ``word?``   may be left out
- ``word!``   must be there as written, whatever the score
- ``...``     up to five other words may come here (one stray word is forgiven anywhere)
- ``{company}`` ``{collector}`` ``{party}``  a name of the call, matched by its sound and spelling
- ``{collector~}``  the same, and it need only be faintly like: for where the words around ask for a name
- ``^``      first of all: the phrase opens what is said, after "uh", "well" or a greeting at most

Short everyday words ("the", "to", "is") weigh a quarter of the others, since recognisers drop and add them;
"not", "no" and "never" weigh in full. Contractions are written out before matching, in phrases as in speech:
"don't" is "do not".
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from compliance.checks.wordlist import word_set

GAP = 5
"""Words that ``...`` lets pass."""
SLACK = 1
"""Words that pass anywhere between two slots."""
WEAK = 0.25
"""Weight of an everyday word."""

_EVERYDAY = word_set(
    "a an the of to in on at for and or is are was be been am i you we us he she it this that these those my "
    "your our me him her his their them they will would can could do does did have has had may might so if "
    "with by as from there here any some just please going get got"
)
_CONTRACTIONS = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "let's": "let us",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "y'all": "you all",
    "nobody's": "nobody is",
    "there's": "there is",
    "that's": "that is",
    "it's": "it is",
    "he's": "he is",
    "she's": "she is",
    "who's": "who is",
    "what's": "what is",
    "here's": "here is",
    "i'm": "i am",
}
_ENDINGS = (("n't", " not"), ("'ll", " will"), ("'re", " are"), ("'ve", " have"), ("'d", " would"))
_ITEM = re.compile(r"\.\.\.|\{(\w+~?)\}([?!]?)|\(([^()]*)\)([?!]?)|([\w']+)([?!]?)")


class PhraseError(ValueError):
    """A phrase cannot be read; the message shows the place."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a phrase."""

    words: frozenset[str]
    """What may stand here; empty for a name."""
    weight: float
    optional: bool = False
    required: bool = False
    gap: int = SLACK
    """How many other words may come before it."""
    name: str = ""
    """The name meant, such as ``company``."""
    faint: bool = False
    """Whether the name need only be faintly like."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A parsed phrase."""

    text: str
    slots: tuple[Slot, ...]
    opens: bool = False
    """Whether it must open an utterance: "it is" as an answer, not as a part of any sentence."""
    weight: float = field(init=False, compare=False)
    """What a full match weighs; optional slots do not count."""
    telling: tuple[Slot, ...] = field(init=False, compare=False)
    """The slots that are not optional, those first whose want rules the phrase out soonest."""

    def __post_init__(self) -> None:
        needed = sorted((s for s in self.slots if not s.optional), key=lambda s: (not s.required, -s.weight))
        object.__setattr__(self, "telling", tuple(needed))
        object.__setattr__(self, "weight", sum(s.weight for s in needed))

    @property
    def named(self) -> bool:
        """Whether a name must stand in it."""
        return any(s.name for s in self.telling)


def spell_out(word: str) -> list[str]:
    """Return a spoken word without contraction: ``don't`` gives do, not; a possessive loses its ending."""
    low = word.lower().replace("\u2019", "'")
    if low in _CONTRACTIONS:
        return _CONTRACTIONS[low].split()
    for ending, full in _ENDINGS:
        if low.endswith(ending) and len(low) > len(ending):
            return [low[: -len(ending)], full.strip()]
    low = low.removesuffix("'s").replace("'", "")
    return [low] if low else []


def parse_phrase(text: str, names: Sequence[str] = (), *, everyday: bool = False) -> Phrase:
    """Read a phrase. Raises PhraseError for anything the language has not, and for a name not in `names`.

    A phrase of everyday words alone ("this is he") is refused unless `everyday` says that it is meant.
    """
    slots: list[Slot] = []
    gap = SLACK
    at = 0
    line = text.strip().lower()
    opens = line.startswith("^")
    line = line.removeprefix("^")
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        item = _ITEM.match(line, at)
        if item is None:
            raise PhraseError(
                f"{text!r}: cannot read from {line[at:]!r}: "
                "write words, (a|b), word?, ..., {name}, and ^ at the head only"
            )
        at = item.end()
        if item[0] == "...":
            gap = GAP
            continue
        slots += _slots(item, text, names, gap)
        gap = SLACK
    if not slots or (not everyday and not any(s.weight == 1.0 and not s.optional for s in slots)):
        raise PhraseError(f"{text!r}: holds only everyday words; it would match anything")
    return Phrase(text.strip(), tuple(slots), opens)


def _slots(item: re.Match[str], text: str, names: Sequence[str], gap: int) -> list[Slot]:
    name, name_mark, group, group_mark, word, word_mark = item.groups()
    if name is not None:
        faint = name.endswith("~")
        name = name.removesuffix("~")
        if name not in names:
            raise PhraseError(f"{text!r}: {{{name}}} is no name of a call: use {', '.join(names) or 'none'}")
        return [Slot(frozenset(), 1.0, name_mark == "?", name_mark == "!", gap, name, faint)]
    if group is not None:
        words = {w.strip() for w in group.split("|")}
        if "" in words or any(len(spell_out(w)) != 1 for w in words):
            raise PhraseError(
                f"{text!r}: ({group}) must hold single words, without contractions, parted by |"
            )
        spelt = frozenset(spell_out(w)[0] for w in words)
        return [Slot(spelt, _weight(spelt), group_mark == "?", group_mark == "!", gap)]
    return [
        Slot(frozenset({w}), _weight({w}), word_mark == "?", word_mark == "!", gap if n == 0 else SLACK)
        for n, w in enumerate(spell_out(word))
    ]


def _weight(words: Set[str]) -> float:
    return WEAK if words <= _EVERYDAY else 1.0
