"""The ten steps of a manager's final notice, and the authorised words for what follows, from ``final.toml``.

Loading reads and checks every template. A line that names a consequence, or a deadline, is left out where the
field is empty: without an authority there is nothing to say, and nothing that could be read out by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.errors import ScriptFileError, UnknownScript, nearest
from scripts.excuse import BUSINESS, CONSUMER
from scripts.render import Renderer, Text, load_vocabulary
from scripts.tomlfile import need, need_texts, only, read_toml

PACKAGED = Path(__file__).parent
FILE = "final.toml"

OWN, CREDITOR = "own", "creditor"
"""Whose consequence it is: ours, or that of the creditor we collect for."""

_STEP_KEYS = frozenset({"id", "title", "when", "lines"})
_LINE_KEYS = frozenset({"template", "debtor", "profiles", "needs"})
_PATH = re.compile(r"(?:final|talk)/(?:[a-z][a-z0-9-]*/)*[a-z][a-z0-9-]*\.j2")


@dataclass(frozen=True, slots=True)
class _Line:
    text: Text
    debtor: str
    profiles: frozenset[str]
    needs: str
    """A field without which the line is left out."""

    def suits(self, profile: str, debtor: str) -> bool:
        return (not self.debtor or self.debtor == debtor) and (not self.profiles or profile in self.profiles)


@dataclass(frozen=True, slots=True)
class FinalStep:
    """One of the ten steps."""

    id: str
    title: str
    when: str
    """When to say it, for the manager."""
    lines: tuple[_Line, ...]


@dataclass(frozen=True, slots=True)
class SpokenStep:
    """A step with the account's own facts in it."""

    id: str
    title: str
    when: str
    lines: tuple[str, ...]
    """What to say; empty where there is nothing to be said."""


class FinalScript:
    """The final notice's words, checked. Safe to share between threads."""

    def __init__(
        self,
        renderer: Renderer,
        steps: Sequence[FinalStep],
        consequences: Mapping[str, Mapping[str, Text]],
    ) -> None:
        self._renderer = renderer
        self._steps = tuple(steps)
        self._consequences = consequences

    @classmethod
    def load(cls, directory: Path = PACKAGED) -> FinalScript:
        """Read and check final.toml and every template it names. Raises ScriptFileError."""
        renderer = Renderer(load_vocabulary(directory / "vocabulary.toml"))
        return _Reader(directory, renderer).read()

    def steps(self, fields: Mapping[str, str]) -> tuple[SpokenStep, ...]:
        """Return the ten steps for the account the fields are of. Raises RenderError."""
        profile = fields.get("profile", "")
        debtor = BUSINESS if fields.get("debtor_company") else CONSUMER
        return tuple(
            SpokenStep(
                step.id,
                step.title,
                step.when,
                tuple(
                    self._renderer.fill(line.text, fields)
                    for line in step.lines
                    if line.suits(profile, debtor) and (not line.needs or fields.get(line.needs))
                ),
            )
            for step in self._steps
        )

    def consequence(self, side: str, action: str, fields: Mapping[str, str]) -> str:
        """Return the one sentence that names a consequence. Raises UnknownScript and RenderError."""
        words = self._consequences[side].get(action)
        if words is None:
            raise UnknownScript(f"no words for {action!r}; {nearest(action, self._consequences[side])}")
        return self._renderer.fill(words, fields)

    def actions(self, side: str) -> frozenset[str]:
        """Return the consequences there are words for."""
        return frozenset(self._consequences[side])


class _Reader:
    def __init__(self, directory: Path, renderer: Renderer) -> None:
        self._directory = directory
        self._renderer = renderer
        self._used: set[str] = set()

    def read(self) -> FinalScript:
        data = read_toml(self._directory / FILE)
        only(data, frozenset({"steps", "consequences"}), FILE)
        steps = [self._step(entry, f"steps[{i}]") for i, entry in enumerate(need(data, "steps", list, FILE))]
        if len({step.id for step in steps}) != len(steps):
            raise ScriptFileError(FILE, "steps", "two steps have the same id")
        consequences = need(data, "consequences", dict, FILE)
        only(consequences, frozenset({OWN, CREDITOR}), FILE, "consequences")
        words = {
            side: self._words(need(consequences, side, dict, FILE, "consequences"), f"consequences.{side}")
            for side in (OWN, CREDITOR)
        }
        for path in sorted((self._directory / "final").rglob("*.j2")):
            name = path.relative_to(self._directory).as_posix()
            if name not in self._used:
                raise ScriptFileError(name, "", f"nothing in {FILE} names this template")
        return FinalScript(self._renderer, steps, words)

    def _step(self, entry: Any, where: str) -> FinalStep:
        only(entry, _STEP_KEYS, FILE, where)
        lines = tuple(
            self._line(line, f"{where}.lines[{i}]")
            for i, line in enumerate(need(entry, "lines", list, FILE, where))
        )
        return FinalStep(
            need(entry, "id", str, FILE, where),
            need(entry, "title", str, FILE, where),
            need(entry, "when", str, FILE, where),
            lines,
        )

    def _line(self, entry: Any, where: str) -> _Line:
        if not isinstance(entry, dict):
            raise ScriptFileError(FILE, where, "must be a table")
        only(entry, _LINE_KEYS, FILE, where)
        debtor = entry.get("debtor", "")
        if debtor not in ("", BUSINESS, CONSUMER):
            raise ScriptFileError(FILE, f"{where}.debtor", f"must be {BUSINESS!r} or {CONSUMER!r}")
        needs = entry.get("needs", "")
        if needs and needs not in self._renderer.vocabulary:
            hint = nearest(str(needs), self._renderer.vocabulary)
            raise ScriptFileError(FILE, f"{where}.needs", f"unknown field {needs!r}; {hint}")
        profiles = need_texts(entry, "profiles", FILE, where) if "profiles" in entry else ()
        name = need(entry, "template", str, FILE, where)
        text = self._template(name, f"{where}.template")
        if "consequence" in text.fields and needs != "consequence":
            raise ScriptFileError(FILE, f"{where}.needs", "a line that names a consequence needs one")
        return _Line(text, debtor, frozenset(profiles), needs)

    def _template(self, name: str, where: str) -> Text:
        if not _PATH.fullmatch(name):
            raise ScriptFileError(FILE, where, f"{name!r} must be a template such as final/why.j2")
        self._used.add(name)
        try:
            source = (self._directory / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScriptFileError(FILE, where, f"{name} cannot be read: {error}") from error
        return self._renderer.check(source, name)

    def _words(self, entry: Mapping[str, Any], where: str) -> dict[str, Text]:
        found: dict[str, Text] = {}
        for action in entry:
            text = self._renderer.check(need(entry, action, str, FILE, where), f"{FILE}: {where}.{action}")
            for needed in ("demand", "deadline", "consequence_day"):
                if needed not in text.fields:
                    raise ScriptFileError(FILE, f"{where}.{action}", f"must name {{{{ {needed} }}}}")
            found[action] = text
        return found
