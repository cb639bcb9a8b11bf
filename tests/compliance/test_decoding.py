"""Searching harder: another model directory with a conf of its own, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.transcription.decoding import THOROUGH, Decoding, as_decoded
from compliance.transcription.engine import EngineError
from compliance.transcription.whisper import PACKAGE, WhisperEngine, find_whisper, stretches

CONF = "--min-active=200\n--max-active=3000\n--beam=10.0\n--lattice-beam=2.0\n--acoustic-scale=1.0\n"


def model(tmp_path: Path) -> Path:
    made = tmp_path / "model-x"
    for name, text in (("am/final.mdl", "m"), ("conf/model.conf", CONF), ("conf/mfcc.conf", "--a=1\n")):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    return made


def test_only_the_search_is_changed(tmp_path: Path) -> None:
    original = model(tmp_path)
    with as_decoded(original, Decoding(13, 7000, 6.5)) as place:
        assert place.name == "model-x"
        lines = (place / "conf/model.conf").read_text().splitlines()
        assert set(lines) == {
            "--min-active=200", "--acoustic-scale=1.0",
            "--beam=13", "--max-active=7000", "--lattice-beam=6.5",
        }  # fmt: skip
        assert (place / "am/final.mdl").read_text() == "m"
        assert (place / "conf/mfcc.conf").read_text() == "--a=1\n"
    assert not place.exists()
    assert (original / "conf/model.conf").read_text() == CONF


def test_a_model_that_keeps_its_options_elsewhere_comes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "final.mdl").write_text("m")
    with as_decoded(tmp_path, THOROUGH) as place:
        assert place == tmp_path
    with as_decoded(model(tmp_path), None) as place:
        assert place == tmp_path / "model-x"


@pytest.mark.parametrize("setting", ["package:no_such_package", "package:../etc", "package:json"])
def test_a_package_without_a_model_is_named(setting: str) -> None:
    with pytest.raises(EngineError, match=r"ships a Whisper model \(a model.bin\)"):
        find_whisper(setting)


def test_a_directory_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="ct2-transformers-converter"):
        WhisperEngine(str(tmp_path))


def test_a_model_in_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = tmp_path / "a_model_package" / "model" / "model.bin"
    weights.parent.mkdir(parents=True)
    (tmp_path / "a_model_package" / "__init__.py").write_text("raise RuntimeError('never run')\n")
    weights.write_bytes(b"w")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_whisper(f"{PACKAGE}a_model_package") == weights.parent


def test_silence_is_never_given_to_an_engine_that_would_invent_words() -> None:
    assert stretches(bytes(16000 * 2 * 10), 16000) == []
