"""Reading script files: a missing key is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.catalog import PACKAGED, Catalog
from scripts.errors import ScriptFileError
from scripts.tomlfile import need


def test_a_missing_key_says_what_to_write() -> None:
    with pytest.raises(ScriptFileError, match=r"^x\.toml: a\.title: missing: write a text"):
        need({}, "title", str, "x.toml", "a")


def test_the_worked_examples_of_the_documents_load(tmp_path: Path) -> None:
    import shutil

    text = (PACKAGED.parent / "docs/scripts.md").read_text(encoding="utf-8")
    example = text.partition("```toml\n")[2].partition("```")[0]
    folder = tmp_path / "scripts"
    shutil.copytree(PACKAGED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "excuses/never-got-the-invoice.toml").write_text(example)
    catalog = Catalog.load(folder)
    assert catalog.recognise("we did not receive a bill", "b2b-first-party", 2)
