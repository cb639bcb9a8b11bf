"""How a name of the call may be spoken, for comparing with what was heard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from compliance.checks.wordlist import word_set

_SUFFIXES = word_set(
    "inc incorporated llc llp ltd limited co corp corporation company plc gmbh ag sa bv pty lp"
)
_TITLES = word_set("mr mrs ms miss dr mx")


def spoken_forms(name: str, *, person: bool) -> tuple[str, ...]:
    """Return the forms a name is said in, letters joined: ``Jordan Reyes`` gives jordanreyes, jordan, reyes.

    Business suffixes and titles are left out. A person's first and last name count alone; of a business name
    of three words or more its first two do ("Harlow Tool" for Harlow Tool & Die LLC). Forms under three
    letters are dropped.
    """
    spelt = name.lower().replace("&", " and ").replace("\u2019", "").replace("'", "")
    words = [w for w in re.findall(r"[^\W\d_]+", spelt) if w not in _SUFFIXES and w not in _TITLES]
    forms = ["".join(words)]
    if person and len(words) > 1:
        forms += [words[0], words[-1]]
    if not person and len(words) > 2:
        forms.append("".join(words[:2]))
    return tuple(dict.fromkeys(f for f in forms if len(f) >= 3))


def names_of_call(*, party: str, collector: str, company: str) -> Mapping[str, Sequence[str]]:
    """Return what phrases may name in braces, each with its spoken forms."""
    return {
        "party": spoken_forms(party, person=True),
        "collector": spoken_forms(collector, person=True),
        "company": spoken_forms(company, person=False),
    }
