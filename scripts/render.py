"""Filling script texts. The only module of this room that knows Jinja2.

Templates are files of this package; what is merged into them comes from outside and stays data: values are
plain text, never parsed again, with control characters and line breaks taken out. Every template is parsed
and its fields checked against ``vocabulary.toml`` before it is accepted; it is compiled when first used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import RenderError, ScriptFileError, nearest

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

VOCABULARY_FILE = Path(__file__).parent / "vocabulary.toml"

_ALLOWED = frozenset(
    [
        "Template",
        "Output",
        "TemplateData",
        "Name",
        "Const",
        "If",
        "Compare",
        "Operand",
        "And",
        "Or",
        "Not",
        "Filter",
        "Keyword",
    ]
)
"""Parts of Jinja2's grammar that a script may be made of: fields, conditions and filters."""

_ONLY = "only fields, {% if %} and filters may stand here"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_SPACE = re.compile(r"[ \t]*\n[ \t]*|[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class Field:
    """One merge field of the vocabulary."""

    name: str
    meaning: str
    example: str


def load_vocabulary(path: Path = VOCABULARY_FILE) -> dict[str, Field]:
    """Read the merge fields by name. Raises ScriptFileError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScriptFileError(path.name, "", f"cannot be read: {error}") from error
    fields: dict[str, Field] = {}
    for name, entry in data.items():
        if not isinstance(entry, dict) or set(entry) != {"meaning", "example"}:
            raise ScriptFileError(path.name, name, "write meaning and example, and nothing else")
        if not all(isinstance(value, str) and value for value in entry.values()):
            raise ScriptFileError(path.name, name, "meaning and example must be texts")
        fields[name] = Field(name, entry["meaning"], entry["example"])
    return fields


def plain(value: object) -> str:
    """Return a merge value as one line of plain text; anything but text is refused. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"a merge field must be text, not {type(value).__name__}")
    return _CONTROL.sub(" ", value).strip()


def _spoken(value: object) -> str:
    """Let text through; an undefined field raises of itself when it is made text."""
    return value if isinstance(value, str) else str(value)


class Renderer:
    """Checks templates against the vocabulary, and fills them."""

    def __init__(self, vocabulary: Mapping[str, Field]) -> None:
        self.vocabulary = vocabulary
        self._env: ImmutableSandboxedEnvironment | None = None
        self._compiled: dict[str, Template] = {}

    def check(self, source: str, file: str, line: int = 1) -> Text:
        """Accept one template that starts at `line` of `file`.

        Raises ScriptFileError naming file, line and, for an unknown field, the nearest valid one.
        """
        if "{" not in source:
            return Text(source, file)
        from jinja2 import TemplateSyntaxError, nodes

        try:
            tree = self._environment().parse(source)
        except TemplateSyntaxError as error:
            raise ScriptFileError(file, f"line {line + error.lineno - 1}", str(error.message)) from error
        for node in tree.find_all(nodes.Node):
            if type(node).__name__ not in _ALLOWED:
                raise ScriptFileError(file, f"line {line + node.lineno - 1}", _ONLY)
            if isinstance(node, nodes.Filter) and node.name not in self._environment().filters:
                raise ScriptFileError(file, f"line {line + node.lineno - 1}", f"no filter {node.name!r}")
            if isinstance(node, nodes.Name) and node.name not in self.vocabulary:
                hint = nearest(node.name, self.vocabulary)
                raise ScriptFileError(
                    file, f"line {line + node.lineno - 1}", f"unknown field {node.name!r}; {hint}"
                )
        printed = {
            name.name for output in tree.find_all(nodes.Output) for name in output.find_all(nodes.Name)
        }
        return Text(source, file, frozenset(printed))

    def fill(self, text: Text, facts: Mapping[str, str]) -> str:
        """Return the text with its fields filled, as one paragraph. Raises RenderError."""
        if "{" not in text.source:
            return _SPACE.sub(" ", text.source).strip()
        from jinja2 import TemplateError

        try:
            values = {name: plain(facts[name]) for name in self.vocabulary if name in facts}
            template = self._compiled.get(text.source)
            if template is None:
                template = self._compiled[text.source] = self._environment().from_string(text.source)
            filled = template.render(values)
        except (TemplateError, TypeError) as error:
            raise RenderError(f"{text.file}: {error}") from error
        return _SPACE.sub(" ", filled).strip()

    def _environment(self) -> ImmutableSandboxedEnvironment:
        if self._env is None:
            from jinja2 import StrictUndefined
            from jinja2.sandbox import ImmutableSandboxedEnvironment

            # Autoescape is for HTML; these are words to speak, and what they hold is kept plain by finalize.
            self._env = ImmutableSandboxedEnvironment(
                undefined=StrictUndefined,
                autoescape=False,
                finalize=_spoken,
                trim_blocks=True,
                lstrip_blocks=True,
            )
            self._env.globals.clear()
        return self._env


@dataclass(frozen=True, slots=True)
class Text:
    """A template that was checked."""

    source: str
    file: str
    fields: frozenset[str] = frozenset()
    """The merge fields it prints, whatever the conditions around them."""
