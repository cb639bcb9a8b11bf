"""Mails and letters: which there are, for whom, and the words of each with an account's own facts in them.

A letter's template is a text of paragraphs, parted by empty lines. Each paragraph is a template of its own,
so that nothing merged into one can reach another; one that comes out empty is left out. Lines that begin with
``|`` are kept as lines. Two marks stand alone in a paragraph: ``[invoices]`` for the list of open invoices
and ``[payment]`` for how to pay. What a profile requires in writing (a disclosure, how to opt out) is added
here, so that no template can forget it.

No form letters: a template that does not name an invoice, an amount, a date and the last talk is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from scripts.errors import RenderError, ScriptFileError, UnknownScript, nearest
from scripts.excuse import BUSINESS, CONSUMER
from scripts.render import Renderer, Text, load_vocabulary
from scripts.tomlfile import need, need_texts, only, read_toml

PACKAGED = Path(__file__).parent
FILE = "letters.toml"

EMAIL, LETTER = "email", "letter"

PERSONAL: Mapping[str, frozenset[str]] = {
    "an invoice by its number": frozenset({"oldest_invoice"}),
    "an amount": frozenset(
        {
            "oldest_invoice_amount",
            "amount_due",
            "total_open",
            "open_promise_amount",
            "promise_amount",
            "demand",
        }
    ),
    "a date": frozenset(
        {"oldest_due_date_written", "oldest_invoice_issued_written", "open_promise_date", "oldest_due_date"}
    ),
    "the last talk": frozenset({"last_talk_date_written", "last_talk_date"}),
}
"""What every template must name, and the fields that do; only the last talk may be empty when filled."""

_MAY_BE_EMPTY = frozenset({"the last talk"})
_LETTER_KEYS = frozenset(
    {"title", "medium", "subject", "template", "debtors", "stages", "needs", "attach", "when", "session"}
)
_PROFILE_KEYS = frozenset({"debtor", "opt_out", "disclosure"})
_SLUG = re.compile(r"[a-z][a-z0-9-]*")
_PATH = re.compile(r"letters/(?:[a-z][a-z0-9-]*/)*[a-z][a-z0-9-]*\.j2")
_BREAK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


class Mark(StrEnum):
    """A paragraph that the sender fills with more than words."""

    INVOICES = "[invoices]"
    PAYMENT = "[payment]"


@dataclass(frozen=True, slots=True)
class _Paragraph:
    lines: tuple[Text, ...]
    """One text, or several that are kept as lines."""


_Block = _Paragraph | Mark


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail or letter of the catalog."""

    id: str
    title: str
    medium: str
    """``email`` or ``letter``."""
    when: str
    """When to send it, for whoever chooses."""
    debtors: frozenset[str]
    stages: frozenset[int]
    needs: tuple[str, ...]
    """Fields that must be filled, beyond the personal facts."""
    attach: str
    """Letter sent along as a PDF; empty if none."""
    digest: str
    """SHA-256 of subject and template: which words were current when something was sent."""
    subject: Text
    blocks: tuple[_Block, ...]
    session: bool = False
    """Only a final-notice session can write it: it says what was said there."""

    @property
    def fields(self) -> frozenset[str]:
        """Return the merge fields it prints, subject included."""
        return self.subject.fields.union(
            *(line.fields for block in self.blocks if isinstance(block, _Paragraph) for line in block.lines)
        )


@dataclass(frozen=True, slots=True)
class LetterRules:
    """What a profile asks of everything in writing."""

    debtor: str
    opt_out: bool
    """Whether every mail says how to get no more (12 CFR 1006.6(e))."""
    disclosure: Text | None
    """Whether, and in which words, a debt collector says so (12 CFR 1006.18(e))."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words to print; line breaks in them are meant."""

    text: str
    small: bool = False
    """True for what is added below the signature."""


@dataclass(frozen=True, slots=True)
class Written:
    """A mail or letter with the account's facts in it."""

    letter: Letter
    subject: str
    blocks: tuple[Paragraph | Mark, ...]


class LetterCatalog:
    """The mails and letters of one directory, checked. Safe to share between threads."""

    def __init__(
        self,
        renderer: Renderer,
        letters: Mapping[str, Letter],
        rules: Mapping[str, LetterRules],
        opt_out: Text,
    ) -> None:
        self._renderer = renderer
        self._letters = letters
        self._rules = rules
        self._opt_out = opt_out

    @classmethod
    def load(cls, directory: Path = PACKAGED) -> LetterCatalog:
        """Read and check letters.toml and every template. Raises ScriptFileError."""
        renderer = Renderer(load_vocabulary(directory / "vocabulary.toml"))
        return _Reader(directory, renderer).read()

    def letter(self, letter_id: str) -> Letter:
        """Return one mail or letter. Raises UnknownScript."""
        try:
            return self._letters[letter_id]
        except KeyError:
            raise UnknownScript(f"no letter {letter_id!r}; {nearest(letter_id, self._letters)}") from None

    def letters(self, profile: str = "", stage: int = 0, medium: str = "") -> tuple[Letter, ...]:
        """Return what may be sent in a profile, at a stage, by a medium, in the catalog's order.

        What only a session can write is left out.

        Raises UnknownScript for an unknown profile.
        """
        debtor = self.rules(profile).debtor if profile else ""
        return tuple(
            letter
            for letter in self._letters.values()
            if not letter.session
            and (not debtor or debtor in letter.debtors)
            and (not stage or stage in letter.stages)
            and (not medium or medium == letter.medium)
        )

    def rules(self, profile: str) -> LetterRules:
        """Return what a profile asks of everything in writing. Raises UnknownScript."""
        try:
            return self._rules[profile]
        except KeyError:
            raise UnknownScript(
                f"no letters for profile {profile!r}; {nearest(profile, self._rules)}"
            ) from None

    def write(self, letter_id: str, fields: Mapping[str, str]) -> Written:
        """Return a mail or letter with the account's facts in it; ``profile`` says whose rules hold.

        Raises UnknownScript; RenderError where the letter is not for this debtor, or a fact it must name is
        not there.
        """
        letter = self.letter(letter_id)
        rules = self.rules(fields.get("profile", ""))
        if rules.debtor not in letter.debtors:
            raise RenderError(f"{letter.title} is not for a {rules.debtor} debtor")
        self._check_facts(letter, fields)
        blocks: list[Paragraph | Mark] = []
        for block in letter.blocks:
            if isinstance(block, Mark):
                blocks.append(block)
                continue
            lines = [self._renderer.fill(line, fields) for line in block.lines]
            if any(lines):
                blocks.append(Paragraph("\n".join(line for line in lines if line)))
        if rules.disclosure is not None:
            blocks.append(Paragraph(self._renderer.fill(rules.disclosure, fields), small=True))
        if rules.opt_out and letter.medium == EMAIL:
            if not fields.get("opt_out_address", ""):
                raise RenderError("this profile requires an opt-out line: set opt_out in the post settings")
            blocks.append(Paragraph(self._renderer.fill(self._opt_out, fields), small=True))
        return Written(letter, self._renderer.fill(letter.subject, fields), tuple(blocks))

    def _check_facts(self, letter: Letter, fields: Mapping[str, str]) -> None:
        for name in letter.needs:
            if not fields.get(name, ""):
                meaning = self._renderer.vocabulary[name].meaning
                raise RenderError(f"{letter.title} needs {name}, which is empty here: {meaning}")
        for what, names in PERSONAL.items():
            if what not in _MAY_BE_EMPTY and not any(fields.get(name) for name in names & letter.fields):
                raise RenderError(f"{letter.title} names {what}, and this account has none to name")


class _Reader:
    """Reads letters.toml and its templates."""

    def __init__(self, directory: Path, renderer: Renderer) -> None:
        self._directory = directory
        self._renderer = renderer
        self._used: set[str] = set()

    def read(self) -> LetterCatalog:
        data = read_toml(self._directory / FILE)
        only(data, frozenset({"opt_out", "profiles", "letters"}), FILE)
        rules = {
            profile: self._rules(profile, entry)
            for profile, entry in need(data, "profiles", dict, FILE).items()
        }
        letters: dict[str, Letter] = {}
        for letter_id, entry in need(data, "letters", dict, FILE).items():
            letters[letter_id] = self._letter(letter_id, entry)
        for letter in letters.values():
            self._check_attached(letter, letters)
        opt_out = self._plain(need(data, "opt_out", str, FILE), "opt_out")
        if "opt_out_address" not in opt_out.fields:
            raise ScriptFileError(opt_out.file, "", "an opt-out line must name {{ opt_out_address }}")
        for path in sorted((self._directory / "letters").rglob("*.j2")):
            name = path.relative_to(self._directory).as_posix()
            if name not in self._used:
                raise ScriptFileError(name, "", f"nothing in {FILE} names this template")
        return LetterCatalog(self._renderer, letters, rules, opt_out)

    def _rules(self, profile: str, entry: Any) -> LetterRules:
        where = f"profiles.{profile}"
        if not isinstance(entry, dict):
            raise ScriptFileError(FILE, where, "must be a table")
        only(entry, _PROFILE_KEYS, FILE, where)
        opt_out = entry.get("opt_out")
        if not isinstance(opt_out, bool):
            raise ScriptFileError(FILE, f"{where}.opt_out", "write true or false")
        disclosure = None
        if "disclosure" in entry:
            disclosure = self._plain(need(entry, "disclosure", str, FILE, where), f"{where}.disclosure")
        return LetterRules(_debtor(need(entry, "debtor", str, FILE, where), where), opt_out, disclosure)

    def _letter(self, letter_id: str, entry: Any) -> Letter:
        where = f"letters.{letter_id}"
        if not _SLUG.fullmatch(letter_id) or not isinstance(entry, dict):
            raise ScriptFileError(
                FILE, where, "must be a table named in lower-case letters, digits and hyphens"
            )
        only(entry, _LETTER_KEYS, FILE, where)
        medium = need(entry, "medium", str, FILE, where)
        if medium not in (EMAIL, LETTER):
            raise ScriptFileError(FILE, f"{where}.medium", f"must be {EMAIL!r} or {LETTER!r}")
        stages = need(entry, "stages", list, FILE, where)
        if any(type(stage) is not int or not 1 <= stage <= 6 for stage in stages):
            raise ScriptFileError(FILE, f"{where}.stages", "must hold whole numbers from 1 to 6")
        needs = need_texts(entry, "needs", FILE, where) if "needs" in entry else ()
        for name in needs:
            if name not in self._renderer.vocabulary:
                hint = nearest(name, self._renderer.vocabulary)
                raise ScriptFileError(FILE, f"{where}.needs", f"unknown field {name!r}; {hint}")
        subject_source = need(entry, "subject", str, FILE, where)
        name = need(entry, "template", str, FILE, where)
        source = self._source(name, f"{where}.template")
        letter = Letter(
            id=letter_id,
            title=need(entry, "title", str, FILE, where),
            medium=medium,
            when=need(entry, "when", str, FILE, where),
            debtors=frozenset(_debtor(d, where) for d in need_texts(entry, "debtors", FILE, where)),
            stages=frozenset(stages),
            needs=needs,
            attach=need(entry, "attach", str, FILE, where) if "attach" in entry else "",
            digest=hashlib.sha256(f"{subject_source}\0{source}".encode()).hexdigest(),
            subject=self._renderer.check(subject_source, f"{FILE}: {where}.subject"),
            blocks=self._blocks(source, name),
            session=need(entry, "session", bool, FILE, where) if "session" in entry else False,
        )
        for what, fields in PERSONAL.items():
            if not fields & letter.fields:
                valid = ", ".join(sorted(fields))
                raise ScriptFileError(name, "", f"must name {what}: print one of {valid}")
        return letter

    def _check_attached(self, letter: Letter, letters: Mapping[str, Letter]) -> None:
        if not letter.attach:
            return
        where = f"letters.{letter.id}.attach"
        attached = letters.get(letter.attach)
        if letter.medium != EMAIL or attached is None or attached.medium != LETTER:
            raise ScriptFileError(FILE, where, "only a mail may attach, and only a letter of this file")
        if not letter.debtors <= attached.debtors:
            raise ScriptFileError(FILE, where, f"{letter.attach} is not for every debtor this mail is for")

    def _source(self, name: str, where: str) -> str:
        if not _PATH.fullmatch(name):
            raise ScriptFileError(FILE, where, f"{name!r} must be a template such as letters/common/x.j2")
        self._used.add(name)
        try:
            return (self._directory / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ScriptFileError(FILE, where, f"{name} cannot be read: {error}") from error

    def _plain(self, name: str, where: str) -> Text:
        return self._renderer.check(self._source(name, where), name)

    def _blocks(self, source: str, name: str) -> tuple[_Block, ...]:
        blocks: list[_Block] = []
        at = 0
        for part in [*_BREAK.finditer(source), None]:
            end = len(source) if part is None else part.start()
            piece = source[at:end]
            line = source.count("\n", 0, at) + 1
            at = end if part is None else part.end()
            if piece.strip():
                blocks.append(self._block(piece, name, line))
        for mark in Mark:
            if blocks.count(mark) > 1:
                raise ScriptFileError(name, "", f"{mark.value} stands here twice")
        return tuple(blocks)

    def _block(self, piece: str, name: str, line: int) -> _Block:
        bare = piece.strip()
        if bare.startswith("[") and bare.endswith("]") and "\n" not in bare:
            try:
                return Mark(bare)
            except ValueError:
                hint = nearest(bare, [mark.value for mark in Mark])
                raise ScriptFileError(name, f"line {line}", f"unknown mark {bare}; {hint}") from None
        rows = piece.strip("\n").split("\n")
        if rows[0].startswith("|"):
            texts = []
            for offset, row in enumerate(rows):
                if not row.startswith("|"):
                    raise ScriptFileError(name, f"line {line + offset}", "every line here must begin with |")
                texts.append(self._renderer.check(row[1:].strip(), name, line + offset))
            return _Paragraph(tuple(texts))
        return _Paragraph((self._renderer.check(piece.strip("\n"), name, line),))


def _debtor(word: str, where: str) -> str:
    if word not in (BUSINESS, CONSUMER):
        raise ScriptFileError(FILE, where, f"a debtor is {BUSINESS!r} or {CONSUMER!r}, not {word!r}")
    return word
