"""The steps of a call in order, one plan a profile, from ``talk.toml`` and its templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import ScriptFileError
from scripts.excuse import BUSINESS, CONSUMER
from scripts.render import Renderer, Text
from scripts.tomlfile import need, only, read_toml

LOCATION = "location"
"""The plan of calls to people who may hear nothing of the debt, whatever the profile (12 CFR 1006.10)."""

_PLAN_KEYS = frozenset({"debtor", "voicemail", "steps"})
_STEP_KEYS = frozenset({"id", "title", "template", "when"})
_SLUG = re.compile(r"[a-z][a-z0-9-]*")
_PATH = re.compile(r"[a-z][a-z0-9-]*(?:/[a-z][a-z0-9-]*)*\.j2")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to say."""

    id: str
    """``profile/name``, unique over all profiles."""
    title: str
    """Two or three words for the screen."""
    when: str
    """When to say it, for the collector."""
    text: Text


@dataclass(frozen=True, slots=True)
class TalkPlan:
    """What is said in one profile, or in a location call."""

    profile: str
    debtor: str
    steps: tuple[Step, ...]
    voicemail: Text | None
    """None where no message may be left."""


def read_talk(directory: Path, renderer: Renderer) -> dict[str, TalkPlan]:
    """Read talk.toml and every template it names. Raises ScriptFileError, also for a stray template."""
    file = "talk.toml"
    data = read_toml(directory / file)
    texts: dict[str, Text] = {}

    def template(name: str, where: str) -> Text:
        if not _PATH.fullmatch(name):
            raise ScriptFileError(
                file, where, f"{name!r} must be a template such as talk/business/opening.j2"
            )
        if name not in texts:
            try:
                source = (directory / name).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ScriptFileError(file, where, f"{name} cannot be read: {error}") from error
            texts[name] = renderer.check(source, name)
        return texts[name]

    plans: dict[str, TalkPlan] = {}
    for profile, plan in data.items():
        only(plan, _PLAN_KEYS, file, profile)
        debtor = need(plan, "debtor", str, file, profile)
        if debtor not in (BUSINESS, CONSUMER):
            raise ScriptFileError(file, f"{profile}.debtor", f"must be {BUSINESS!r} or {CONSUMER!r}")
        steps: list[Step] = []
        for i, entry in enumerate(need(plan, "steps", list, file, profile)):
            steps.append(_step(entry, file, f"{profile}.steps[{i}]", profile, template))
        if len({step.id for step in steps}) != len(steps):
            raise ScriptFileError(file, f"{profile}.steps", "two steps have the same id")
        voicemail = None
        if profile != LOCATION:
            voicemail = template(need(plan, "voicemail", str, file, profile), f"{profile}.voicemail")
        elif "voicemail" in plan:
            raise ScriptFileError(file, f"{profile}.voicemail", "in a location call no message is left")
        plans[profile] = TalkPlan(profile, debtor, tuple(steps), voicemail)
    _refuse_strays(directory, set(texts))
    return plans


def _step(entry: Mapping[str, Any], file: str, where: str, profile: str, template: Any) -> Step:
    only(entry, _STEP_KEYS, file, where)
    name = need(entry, "id", str, file, where)
    if not _SLUG.fullmatch(name):
        raise ScriptFileError(file, f"{where}.id", f"{name!r} must be lower-case letters, digits and hyphens")
    return Step(
        id=f"{profile}/{name}",
        title=need(entry, "title", str, file, where),
        when=need(entry, "when", str, file, where),
        text=template(need(entry, "template", str, file, where), f"{where}.template"),
    )


def _refuse_strays(directory: Path, used: set[str]) -> None:
    for folder in ("talk", "voicemail"):
        for path in sorted((directory / folder).rglob("*.j2")):
            name = path.relative_to(directory).as_posix()
            if name not in used:
                raise ScriptFileError(name, "", "no step of talk.toml names this template")
