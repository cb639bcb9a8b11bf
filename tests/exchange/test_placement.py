"""Placement packs: the same bytes each time, hostile text kept harmless, a change found."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.fixtures.book import WEDNESDAY
from tests.fixtures.final import Final
from workstation.desk.book import InvalidEntry, NotFound
from workstation.exchange.placement import MANIFEST, check_pack, write_pack
from workstation.store.tables import Account, Contact, Party

HOSTILE = '=HYPERLINK("http://x.example";"y")\r\n../../etc/passwd'


def spoil(final: Final) -> None:
    """Names from outside that a spreadsheet, a shell or an unpacker might obey."""
    with final.book.database.write() as session:
        session.execute(update(Party).values(name=HOSTILE))
        session.execute(update(Contact).values(role="@SUM(1)"))
        session.execute(update(Account).values(number="../../=A1", terms="+1+1"))


def test_the_same_book_at_the_same_instant_gives_the_same_bytes(final: Final, tmp_path: Path) -> None:
    final.desk.begin(final.account, final.kei, WEDNESDAY)
    one = write_pack(final.book, final.account, tmp_path / "one.zip", WEDNESDAY)
    two = write_pack(final.book, final.account, tmp_path / "two.zip", WEDNESDAY)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert one.sha256 == two.sha256 == hashlib.sha256((tmp_path / "one.zip").read_bytes()).hexdigest()
    assert check_pack(tmp_path / "one.zip") == ()
    assert set(one.files) == {
        "account.json", "authority.json", "contacts.csv", "disputes.csv", "final-notice.json", "history.csv",
        "invoices.csv", "payments.csv", "plans.csv", "promises.csv", "proof-of-delivery.csv",
        "statement.csv", "statement.pdf",
    }  # fmt: skip
    later = write_pack(final.book, final.account, tmp_path / "later.zip", WEDNESDAY + timedelta(days=1))
    assert later.sha256 != one.sha256


def test_text_never_becomes_a_formula_a_row_or_a_file_name(final: Final, tmp_path: Path) -> None:
    spoil(final)
    write_pack(final.book, final.account, tmp_path / "pack.zip", WEDNESDAY)
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        for name in archive.namelist():
            assert name.replace("-", "").replace(".", "").isalpha(), name
            if not name.endswith(".csv"):
                continue
            rows = list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
            for cells in rows:
                assert len(cells) == len(rows[0])
                for cell in cells:
                    assert cell[:1] not in ("=", "+", "@", "\t", "\r"), (name, cell)
        assert json.loads(archive.read("account.json"))["number"] == "../../=A1"


def test_a_file_that_was_changed_is_found(final: Final, tmp_path: Path) -> None:
    path, other = tmp_path / "pack.zip", tmp_path / "other.zip"
    write_pack(final.book, final.account, path, WEDNESDAY)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(other, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "history.csv":
                continue
            changed.writestr(name, content + b"x" if name == "invoices.csv" else content)
        changed.writestr("more.txt", "hello")
    assert check_pack(other) == (
        "more.txt: not in the manifest",
        "history.csv: missing",
        "invoices.csv: was changed",
    )
    with zipfile.ZipFile(other, "w") as empty:
        empty.writestr("a", "b")
    with pytest.raises(InvalidEntry, match=MANIFEST):
        check_pack(other)


def test_what_cannot_be_written_or_found_is_said(final: Final, tmp_path: Path) -> None:
    with pytest.raises(InvalidEntry, match="No such file"):
        write_pack(final.book, final.account, tmp_path / "nowhere" / "pack.zip", WEDNESDAY)
    with pytest.raises(NotFound):
        write_pack(final.book, 9_999, tmp_path / "pack.zip", WEDNESDAY)
    assert list(tmp_path.glob("*.zip")) == []
