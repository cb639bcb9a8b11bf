"""The placement pack: one ZIP file with an account's papers, for the agency or law firm that takes it over.

The same book at the same instant gives the same bytes. File names are ours and never text from outside; no
cell is a formula; the manifest names every file with its SHA-256.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from workstation.desk.book import BookError, InvalidEntry
from workstation.exchange.export import cell_text
from workstation.exchange.post.settings import PostSettings
from workstation.store.book import SqlBook
from workstation.store.placement import Cell, Sheet, gather

MANIFEST = "manifest.json"
_WHEN = (1980, 1, 1, 0, 0, 0)
"""Every entry's time: the files' own dates are inside them."""


@dataclass(frozen=True, slots=True)
class Written:
    """A pack that was written."""

    path: Path
    files: Mapping[str, str]
    """SHA-256 by file name."""
    sha256: str
    """Of the whole pack."""


def write_pack(
    book: SqlBook, account_id: int, path: Path, now: datetime, settings: PostSettings | None = None
) -> Written:
    """Write an account's papers into a ZIP file that appears whole or not at all.

    Raises NotFound, and InvalidEntry where the file cannot be written.
    """
    with book.database.read() as session:
        pack = gather(session, account_id, now, book.home_zone)
    files: dict[str, bytes] = {f"{sheet.name}.csv": _csv(sheet) for sheet in pack.sheets}
    files.update({name: _json(document) for name, document in pack.documents.items()})
    statement = _statement(book, account_id, pack.signer_id, now, settings)
    if statement is not None:
        files["statement.pdf"] = statement
    sums = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    manifest = {
        "account": pack.documents["account.json"]["number"],
        "as of": now.isoformat(),
        "files": {name: {"sha256": sums[name], "bytes": len(files[name])} for name in sums},
    }
    whole = _zip({MANIFEST: _json(manifest), **{name: files[name] for name in sums}})
    _put(path, whole)
    return Written(path, sums, hashlib.sha256(whole).hexdigest())


def check_pack(path: Path) -> tuple[str, ...]:
    """Hold a pack against its manifest; returns what does not fit, one line each. Raises InvalidEntry."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if MANIFEST not in names:
                raise InvalidEntry(f"{path} has no {MANIFEST}: it is not a placement pack")
            listed = json.loads(archive.read(MANIFEST))["files"]
            wrong = [f"{name}: not in the manifest" for name in sorted(names - set(listed) - {MANIFEST})]
            for name, entry in sorted(listed.items()):
                if name not in names:
                    wrong.append(f"{name}: missing")
                elif hashlib.sha256(archive.read(name)).hexdigest() != entry["sha256"]:
                    wrong.append(f"{name}: was changed")
            return tuple(wrong)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise InvalidEntry(f"{path} cannot be read as a placement pack: {error}") from error


def _statement(
    book: SqlBook, account_id: int, signer_id: int, now: datetime, settings: PostSettings | None
) -> bytes | None:
    """The statement as it is sent to the debtor; None where nothing is open, or nobody signs."""
    from workstation.exchange.post.mail import DEFAULTS, render_letter

    if not signer_id:
        return None
    try:
        return render_letter(
            book, account_id, "statement", now, user_id=signer_id, settings=settings or DEFAULTS
        )
    except BookError:
        return None


def _csv(sheet: Sheet) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.headers)
    for row in sheet.rows:
        writer.writerow([cell_text(_plain(cell)) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> Cell:
    """Line breaks stay out of cells: some programs take what follows one for a new row."""
    return " ".join(cell.split()) if isinstance(cell, str) else cell


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, default=_day) + "\n").encode()


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            entry.create_system = 3  # so that every machine writes the same bytes
            archive.writestr(entry, content)
    return out.getvalue()


def _put(path: Path, content: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=".pack-", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o600)  # a debtor's whole file: for whoever placed it
        Path(name).replace(path)
    except OSError as error:
        raise InvalidEntry(f"{path}: {error.strerror or error}") from error
