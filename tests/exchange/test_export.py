"""Exports: nothing a spreadsheet would run, amounts exact, a file whole or none."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from workstation.desk.money import Money
from workstation.exchange.export import Cell, ExportRefused, as_cell, export_table

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\u00a0=1", '=HYPERLINK("x")']


def test_csv_marks_every_text_that_could_be_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert export_table([[text, 1] for text in HOSTILE], ["=head", "n"], path) == len(HOSTILE)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][0] == "'=head"
    assert all(row[0] == f"'{text}" for row, text in zip(rows[1:], HOSTILE, strict=True))


@given(st.text())
def test_no_text_whatever_begins_a_formula(text: str) -> None:
    assert not as_cell(text).lstrip(" \n\u00a0").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_xlsx_holds_texts_as_texts_and_figures_as_figures(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    row: list[Cell] = [
        Money(-842_050, "USD"),
        date(2026, 11, 18),
        datetime(2026, 11, 18, 20, tzinfo=UTC),
        None,
        7,
    ]
    export_table([*[[text] for text in HOSTILE], ["a\0b\x07", *row]], ["=head"], path)
    cells = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [r[0] for r in cells[2:4]] == ["+1", "-1"]
    assert cells[-1][:4] == ["ab", -8420.5, date(2026, 11, 18), datetime(2026, 11, 18, 20)]  # noqa: DTZ001
    assert b"<f>" not in path.read_bytes()


def test_money_and_instants_in_csv_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    export_table([[Money(-5, "USD"), Money(12, "JPY"), True, -3]], ["a", "b", "c", "d"], path)
    assert path.read_text("utf-8-sig").splitlines()[1] == "-0.05,12,yes,-3"


def test_a_failing_export_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    export_table([["old"]], ["h"], path)

    def rows() -> object:
        yield ["new"]
        raise RuntimeError("the book went away")

    with pytest.raises(RuntimeError):
        export_table(rows(), ["h"], path)  # type: ignore[arg-type]  # a generator that breaks
    assert "old" in path.read_text("utf-8-sig")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ExportRefused, match=r"name it \.csv or \.xlsx"):
        export_table([], ["h"], tmp_path / "out.pdf")
    with pytest.raises(ExportRefused, match="No such file"):
        export_table([], ["h"], tmp_path / "none" / "out.csv")
