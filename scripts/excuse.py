"""Excuses: what debtors say instead of paying, the question that finds the cause, the answer that helps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import ScriptFileError, nearest
from scripts.matching import Cue
from scripts.render import Renderer, Text
from scripts.tomlfile import need, need_texts, only, read_toml

BUSINESS = "business"
CONSUMER = "consumer"
_DEBTORS = frozenset({BUSINESS, CONSUMER})
CAUSES = frozenset({"ours", "theirs", "dispute", "ability", "willingness", "party", "legal"})
"""Why money has not come: our fault, their process, a dispute, no money, no wish, wrong person, the law."""

_KEYS = frozenset(
    {"title", "rank", "cause", "applies", "stages", "cues", "probe", "next", "action", "forbidden", "replies"}
)
_REPLY_KEYS = frozenset({"text", "debtor", "stages"})
_CODE = re.compile(r"[A-Z][A-Z_]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """One variant of the answer; None fits every debtor or stage."""

    text: Text
    debtor: str | None
    stages: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Excuse:
    """One reason for not paying, with its answer. Compared by identity of id."""

    id: str
    title: str
    rank: int
    """1 is the commonest."""
    cause: str
    applies: frozenset[str]
    stages: frozenset[int]
    cues: tuple[Cue, ...]
    probe: Text
    replies: tuple[Reply, ...]
    next: str
    """Code of what follows, such as ``DELIVERY_FIX``."""
    action: str
    """What to do after the call, for the collector."""
    forbidden: tuple[str, ...]
    """Phrases that must not be used in answering."""

    def reply(self, debtor: str, stage: int) -> Text:
        """Return the variant that fits best: named stage before named debtor before general."""
        fitting = [
            reply
            for reply in self.replies
            if reply.debtor in (None, debtor) and (reply.stages is None or stage in reply.stages)
        ]
        return max(fitting, key=lambda r: (r.stages is not None, r.debtor is not None)).text


def read_excuses(directory: Path, renderer: Renderer) -> tuple[Excuse, ...]:
    """Read every excuse file. Raises ScriptFileError."""
    return tuple(_read(path, renderer) for path in sorted(directory.glob("*.toml")))


def _read(path: Path, renderer: Renderer) -> Excuse:
    file = f"excuses/{path.name}"
    data = read_toml(path)
    only(data, _KEYS, file)
    cause = need(data, "cause", str, file)
    if cause not in CAUSES:
        raise ScriptFileError(file, "cause", f"{cause!r} is not known; {nearest(cause, CAUSES)}")
    applies = need_texts(data, "applies", file)
    for debtor in applies:
        if debtor not in _DEBTORS:
            raise ScriptFileError(file, "applies", f"{debtor!r} is not known; {nearest(debtor, _DEBTORS)}")
    code = need(data, "next", str, file)
    if not _CODE.fullmatch(code):
        raise ScriptFileError(file, "next", f"{code!r} must be a code such as DELIVERY_FIX")
    excuse = Excuse(
        id=path.stem,
        title=need(data, "title", str, file),
        rank=need(data, "rank", int, file),
        cause=cause,
        applies=frozenset(applies),
        stages=_stages(data, file, ""),
        cues=tuple(_cue(cue, file) for cue in need_texts(data, "cues", file)),
        probe=renderer.check(need(data, "probe", str, file), file),
        replies=_replies(data, renderer, file),
        next=code,
        action=need(data, "action", str, file),
        forbidden=need_texts(data, "forbidden", file) if "forbidden" in data else (),
    )
    for debtor in applies:
        if not any(reply.debtor in (None, debtor) and reply.stages is None for reply in excuse.replies):
            raise ScriptFileError(file, "replies", f"no reply for a {debtor} at every stage")
    return excuse


def _cue(phrase: str, file: str) -> Cue:
    cue = Cue.of(phrase)
    if phrase != phrase.lower() or len(cue.words) < 2:
        raise ScriptFileError(file, "cues", f"{phrase!r} must be two or more words in lower case")
    return cue


def _stages(data: Mapping[str, Any], file: str, where: str) -> frozenset[int]:
    stages = need(data, "stages", list, file, where)
    if not all(type(stage) is int and 1 <= stage <= 6 for stage in stages):
        raise ScriptFileError(file, f"{where}.stages" if where else "stages", "must hold numbers from 1 to 6")
    return frozenset(stages)


def _replies(data: Mapping[str, Any], renderer: Renderer, file: str) -> tuple[Reply, ...]:
    replies: list[Reply] = []
    for i, entry in enumerate(need(data, "replies", list, file)):
        where = f"replies[{i}]"
        if not isinstance(entry, dict):
            raise ScriptFileError(file, where, "must be a table: write [[replies]]")
        only(entry, _REPLY_KEYS, file, where)
        debtor = entry.get("debtor")
        if debtor is not None and debtor not in _DEBTORS:
            raise ScriptFileError(
                file, f"{where}.debtor", f"{debtor!r} is not known; {nearest(str(debtor), _DEBTORS)}"
            )
        stages = _stages(entry, file, where) if "stages" in entry else None
        replies.append(Reply(renderer.check(need(entry, "text", str, file, where), file), debtor, stages))
    return tuple(replies)
