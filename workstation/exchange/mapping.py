"""Which column of a foreign file means what: proposed from headings and values, or read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from workstation.exchange.figures import AmountEvidence, DateEvidence, DateOrder, DecimalMark
from workstation.exchange.headings import (
    AMOUNT_FIELDS,
    DATE_FIELDS,
    INVOICE_FIELDS,
    PAYMENT_FIELDS,
    SYSTEMS,
    System,
    normalise,
    usual_names,
)
from workstation.exchange.report import ImportRefused
from workstation.exchange.sheet import Sheet, judge_by, open_sheet

_SURE, _USUAL, _ALIKE = 1.0, 0.8, 0.6
_USUAL_NAMES: Final = {kind: usual_names(kind) for kind in ("invoices", "payments")}
_FIELDS: Final = {"invoices": INVOICE_FIELDS, "payments": PAYMENT_FIELDS}


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a file's columns mean. ``dates`` and ``decimal`` None: not decided, and the import refuses."""

    kind: str
    """invoices or payments."""
    columns: dict[str, str]
    """Field of headings.INVOICE_FIELDS or PAYMENT_FIELDS, and the file's heading for it."""
    dates: DateOrder | None = None
    decimal: DecimalMark | None = None
    currency: str = ""
    """Of every row; empty: the column's, or each account's own."""
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    whole_if_empty: bool = False
    """Whether an empty open amount means the whole; else such a row is refused, for lists differ in it."""

    def to_toml(self) -> str:
        """Return the mapping as a file that ``load_mapping`` reads."""
        values = {
            "kind": self.kind, "dates": self.dates, "decimal": self.decimal, "currency": self.currency,
            "sheet": self.sheet, "encoding": self.encoding, "delimiter": self.delimiter,
        }  # fmt: skip
        lines = [f"{name} = {_quoted(str(value))}" for name, value in values.items() if value]
        lines += ["", "[columns]"]
        lines += [f"{name} = {_quoted(heading)}" for name, heading in self.columns.items()]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Guess:
    """One column as proposed."""

    field: str
    heading: str
    confidence: float
    """1 the system's own heading, 0.8 a usual name, 0.6 a name like it."""
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to show and confirm."""

    mapping: Mapping
    system: str
    """Whose headings they look like."""
    guesses: tuple[Guess, ...]
    notes: tuple[str, ...]
    """How dates and amounts were decided, what an absent column means."""
    questions: tuple[str, ...]
    """What only a person can answer; while there are any, the import refuses."""
    unused: tuple[str, ...]
    """Headings that will not be read."""


def propose_mapping(path: Path, *, kind: str = "") -> Proposal:
    """Propose what the columns mean; every row is looked at to tell how dates and amounts are written.

    ``kind`` (invoices or payments) settles what headings leave open. Raises ImportRefused.
    """
    sheet = open_sheet(path, lambda row: _best(row, kind)[0])
    _, system, found = _best(sheet.heading, kind)
    assert system is not None  # open_sheet refuses a heading that no system fits
    columns = {g.field: g.heading for g in found}
    draft = Mapping(
        system.kind, columns, sheet=sheet.name, encoding=sheet.encoding, delimiter=sheet.delimiter
    )
    _check_required(path, draft)
    mapping, notes, questions = _settle(sheet, draft)
    if "currency" not in columns:
        notes.append("no currency column: amounts are taken in each account's own currency")
    if system.kind == "invoices" and "open" not in columns and "settled_on" not in columns:
        notes.append("no column says what is open: the whole amount is taken as open")
    unused = tuple(h for h in sheet.heading if h and h not in columns.values())
    return Proposal(mapping, system.name, found, tuple(notes), tuple(questions), unused)


def load_mapping(path: Path, source: Path) -> Mapping:
    """Read a mapping file and complete it from the values of `source`, the file to import.

    What neither the mapping states nor the values decide stays None. Raises ImportRefused.
    """
    try:
        with path.open("rb") as file:
            raw = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ImportRefused(f"{path}: {error}") from error
    stated = _parse(path, raw)
    sheet = open_stated(source, stated)
    mapping, _, _ = _settle(sheet, stated)
    return mapping


def open_stated(path: Path, mapping: Mapping) -> Sheet:
    """Open a file whose columns are known. Raises ImportRefused naming the missing ones."""
    try:
        return open_sheet(
            path,
            judge_by(mapping.columns.values()),
            sheet=mapping.sheet if path.suffix.casefold() != ".csv" else "",
            encoding=mapping.encoding,
            delimiter=mapping.delimiter,
        )
    except ImportRefused as error:
        if "no heading line" not in str(error):
            raise
        names = ", ".join(repr(h) for h in mapping.columns.values())
        raise ImportRefused(f"{path}: no line in the first 40 has all the columns {names}") from None


def settle(path: Path, mapping: Mapping) -> tuple[Mapping, tuple[str, ...]]:
    """Decide what the mapping leaves open from the file's values; returns the questions left, too."""
    settled, _, questions = _settle(open_stated(path, mapping), mapping)
    return settled, tuple(questions)


# ---- from headings ----------------------------------------------------------------------------------


def _best(row: Sequence[str], kind: str) -> tuple[int, System | None, tuple[Guess, ...]]:
    """The system whose headings these are: the most columns found, then the most of them its own."""
    best: tuple[int, System | None, tuple[Guess, ...]] = (0, None, ())
    for system in SYSTEMS:
        if kind and system.kind != kind:
            continue
        found = _guess(row, system)
        fields = {g.field for g in found}
        dated = "received_on" if system.kind == "payments" else "invoice_number"
        if dated not in fields or not fields & AMOUNT_FIELDS or not _names_account(fields):
            continue
        score = sum(int(g.confidence * 10) for g in found)
        if score > best[0]:
            best = (score, system, found)
    return best


def _names_account(fields: set[str]) -> bool:
    return bool(fields & {"account_number", "customer_name"})


def _guess(row: Sequence[str], system: System) -> tuple[Guess, ...]:
    headings = {normalise(cell): cell.strip() for cell in reversed(row) if cell.strip()}
    found: dict[str, Guess] = {}

    def offer(name: str, heading: str, confidence: float, why: str) -> None:
        if name not in found and all(g.heading != headings[heading] for g in found.values()):
            found[name] = Guess(name, headings[heading], confidence, why)

    for name, own in system.columns.items():
        for heading in own:
            if heading in headings:
                offer(name, heading, _SURE, f"a heading of {system.name}")
    usual = _USUAL_NAMES[system.kind]
    for heading in headings:
        if heading in usual:
            offer(usual[heading], heading, _USUAL, "a usual name for it")
    for heading in headings:
        if len(found) > 1 and len(heading) > 4:  # a row of data is not worth the search
            for near in get_close_matches(heading, usual, n=1, cutoff=0.87):
                offer(usual[near], heading, _ALIKE, f"a name like {near!r}")
    return tuple(found[name] for name in _FIELDS[system.kind] if name in found)


# ---- from values ------------------------------------------------------------------------------------


def _settle(sheet: Sheet, mapping: Mapping) -> tuple[Mapping, list[str], list[str]]:
    """Decide date order and decimal mark from all rows, where they are not stated."""
    notes: list[str] = []
    questions: list[str] = []
    dates, decimal = mapping.dates, mapping.decimal
    if dates is None or decimal is None:
        date_evidence, amount_evidence = _look_at(sheet, mapping)
        if dates is None:
            names = ", ".join(h for f, h in mapping.columns.items() if f in DATE_FIELDS) or "dates"
            verdict = date_evidence.decide(names)
            dates = None if verdict.choice is None else DateOrder(verdict.choice)
            (questions if verdict.question else notes).append(verdict.question or f"{names}: {verdict.why}")
        if decimal is None:
            names = ", ".join(h for f, h in mapping.columns.items() if f in AMOUNT_FIELDS)
            verdict = amount_evidence.decide(names)
            decimal = None if verdict.choice is None else DecimalMark(verdict.choice)
            (questions if verdict.question else notes).append(verdict.question or f"{names}: {verdict.why}")
    settled = replace(mapping, dates=dates, decimal=decimal)
    return settled, notes, questions


def _look_at(sheet: Sheet, mapping: Mapping) -> tuple[DateEvidence, AmountEvidence]:
    places = {name: sheet.heading.index(h.strip()) for name, h in mapping.columns.items()}
    dated = [i for name, i in places.items() if name in DATE_FIELDS]
    amounts = [i for name, i in places.items() if name in AMOUNT_FIELDS]
    days, shapes = DateEvidence(), AmountEvidence()
    block: list[list[str]] = []

    def take() -> None:
        for index in dated:
            days.add([row[index] for row in block if len(row) > index])
        for index in amounts:
            shapes.add([row[index] for row in block if len(row) > index])
        block.clear()

    for _, row in sheet.rows():
        block.append(row)
        if len(block) >= 10_000:
            take()
    take()
    return days, shapes


# ---- mapping files ----------------------------------------------------------------------------------


def _parse(path: Path, raw: dict[str, Any]) -> Mapping:
    known = {"kind", "dates", "decimal", "currency", "sheet", "encoding", "delimiter", "columns"}
    for name in raw:
        if name not in known:
            raise ImportRefused(f"{path}: no setting {name!r}; there are {', '.join(sorted(known))}")
    texts = {name: raw.get(name, "") for name in known - {"columns"}}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise ImportRefused(f"{path}: {name} must be a text in quotes")
    kind = _one_of(path, "kind", texts["kind"], tuple(_FIELDS))
    columns = raw.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(v, str) for v in columns.values()):
        raise ImportRefused(f'{path}: write a table [columns] with lines such as invoice_number = "Num"')
    for name in columns:
        _one_of(path, "columns", name, _FIELDS[kind])
    currency = texts["currency"].upper()
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ImportRefused(f"{path}: currency {currency!r}: write its three letters, such as USD")
    dates = texts["dates"] and _one_of(path, "dates", texts["dates"], tuple(DateOrder))
    decimal = texts["decimal"] and _one_of(path, "decimal", texts["decimal"], tuple(DecimalMark))
    mapping = Mapping(
        kind,
        dict(columns),
        DateOrder(dates) if dates else None,
        DecimalMark(decimal) if decimal else None,
        currency,
        texts["sheet"],
        texts["encoding"],
        texts["delimiter"],
    )
    _check_required(path, mapping)
    return mapping


def _one_of(path: Path, name: str, value: str, options: Sequence[str]) -> str:
    if value not in options:
        raise ImportRefused(f"{path}: {name}: {value!r} is not known; there are {', '.join(options)}")
    return value


def _check_required(path: Path, mapping: Mapping) -> None:
    fields = set(mapping.columns)
    missing = []
    if not _names_account(fields):
        missing.append("account_number or customer_name")
    if not fields & AMOUNT_FIELDS:
        missing.append("amount")
    needed = ("received_on",) if mapping.kind == "payments" else ("invoice_number", "issued")
    missing += [name for name in needed if name not in fields]
    if mapping.kind == "invoices" and not fields & {"due", "terms"}:
        missing.append("due or terms")
    if missing:
        raise ImportRefused(
            f"{path}: no column is known to hold {', '.join(missing)}: "
            "name it in a mapping file (docs/import.md)"
        )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'
