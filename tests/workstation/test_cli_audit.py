"""``dunline audit``: from the list to an evidence pack that verifies itself, on a home of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import wave
import zipfile
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from compliance.transcription.words import Leg
from dialer.recording import file_names
from tests.fixtures.book import make_shop
from tests.store.test_calls import ANSWERED, LATER, place, wrap
from tests.store.test_reviews import ARREST, said
from workstation import bootstrap
from workstation.cli import app
from workstation.config import load
from workstation.desk.audit_figures import Judged
from workstation.exchange.pack import PackError, check
from workstation.store.book import SqlBook

SECONDS = 140


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path, light_hashing: None) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(sqlite_template, home / "book.db")
    return home


@pytest.fixture
def book(home: Path) -> Iterator[SqlBook]:
    opened = bootstrap.open_book(load(home))
    yield opened
    opened.close()


@pytest.fixture
def call_id(home: Path, book: SqlBook) -> str:
    """A call with a threat, recorded: loud from 131 to 133 s on the collector's leg."""
    shop = make_shop(book)
    call_id = place(shop).call_id
    book.add_utterance(call_id, said("=cmd()|' you will be arrested", 131.0), LATER)
    book.add_utterance(call_id, said("please do not", 135.0, Leg.DEBTOR), LATER)
    book.add_finding(call_id, ARREST, LATER)
    book.end_call(call_id, ANSWERED)
    book.wrap_up(wrap(shop, call_id), LATER)
    book.mark_judged(call_id)
    recordings = bootstrap.recordings_of(load(home))
    recordings.mkdir(parents=True, exist_ok=True)
    for kind, name in file_names(call_id).items():
        level = 0 if kind == "debtor" else 20_000
        samples = array("h", bytes(2 * 8000 * SECONDS))
        samples[131 * 8000 : 133 * 8000] = array("h", [level, -level] * 8000)
        with wave.open(str(recordings / name), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(8000)
            f.writeframes(samples.tobytes())
    return call_id


def audit(home: Path, *words: str, fails: int = 0) -> Result:
    done = CliRunner().invoke(app, ["audit", *words, "--home", str(home)])
    assert done.exit_code == fails, done.output
    return done


def test_from_the_list_to_a_pack_that_verifies_itself(
    home: Path, book: SqlBook, call_id: str, tmp_path: Path
) -> None:
    (row,) = json.loads(audit(home, "list", "--user", "morgan", "--json").stdout)["rows"]
    assert row["place"]["call_id"] == call_id
    shown = audit(home, "show", call_id, "--user", "morgan").stdout
    assert "finding:1" in shown
    assert "02:11  agent   =cmd()|' you will be arrested" in shown
    audit(home, "list", "--user", "dana", fails=2)
    audit(home, "commit", call_id, "--user", "morgan", fails=2)  # the finding is open
    audit(home, "confirm", call_id, "1", "--user", "morgan")
    audit(
        home, "add", call_id, "--user", "morgan", "--rule", "forbidden.legal-action", "--at", "132",
        "--words", "or we will sue", "--json",
    )  # fmt: skip
    asked = json.loads(audit(home, "score", call_id, "--user", "morgan", "--json").stdout)
    assert (asked["saved"], asked["answers"]["courtesy"]) == (False, "n/a")
    audit(home, "score", call_id, "--user", "morgan", "--answer", "courtesy=5", fails=2)
    scored = audit(home, "score", call_id, "--user", "morgan", "--answer", "courtesy=3").stdout
    assert "fatal  no-forbidden-words" in scored
    assert "score 0 (standard " in scored
    own = home / "scorecards"
    own.mkdir()
    (own / "tone.toml").write_text(TONE, "utf-8")
    toned = ("score", call_id, "--user", "morgan", "--card", "tone")
    assert "score 50 (tone " in audit(home, *toned, "--answer", "courtesy=2").stdout
    (own / "tone.toml").write_text(TONE.replace("scale", "scales"), "utf-8")
    assert "tone.toml: questions[1]: no key 'scales'" in audit(home, *toned, fails=2).stderr
    audit(home, "coach", call_id, "Nobody is arrested for a bill.", "--user", "morgan", "--at", "132")
    audit(home, "commit", call_id, "--user", "morgan")
    assert "✓ reviews are as they were committed" in audit(home, "verify").stdout

    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    audit(home, "pack", call_id, "--user", "morgan", "--to", str(first))
    audit(home, "pack", call_id, "--user", "morgan", "--to", str(second))
    assert first.read_bytes() == second.read_bytes()
    assert (first.stat().st_mode & 0o777) == 0o600
    checked = check(first)
    assert (checked.wrong, checked.since) == ((), ())
    assert checked.counts["things the review is bound to"] == 2 + 1 + 3
    with zipfile.ZipFile(first) as zipped:
        names = zipped.namelist()
        zipped.extractall(tmp_path / "unpacked")
    assert {"audio/agent.wav", "audio/debtor.wav", "audio/mixed.wav", "verify.py", "decision.json"} < set(
        names
    )
    assert all(n.replace("/", "").replace(".", "").replace("-", "").isalpha() for n in names)
    for arguments in (("unpacked/verify.py",), ("unpacked/verify.py", "a.zip")):
        ran = subprocess.run(
            [sys.executable, "-I", "-S", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert ran.stdout.startswith("Verified: ")
    assert "✓ " in CliRunner().invoke(app, ["audit", "check-pack", str(first)]).stdout

    spoken = tmp_path / "unpacked" / "transcript.txt"
    spoken.write_text(spoken.read_text().replace("arrested", "welcome"))
    ran = subprocess.run(
        [sys.executable, "unpacked/verify.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "WRONG    transcript.txt was changed\n")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("audit-log.jsonl", b"morgan", b"someone", "line "),
        ("rows.jsonl", b"confirmed", b"rejected!", "review verdict 1 was changed"),
        ("decision.json", b"+1312", b"+1414", "the decision is not the one"),
        ("bound.json", b"segments", b"segmenta", "bound.json is not what"),
    ],
)
def test_a_forged_manifest_does_not_help(
    home: Path, book: SqlBook, call_id: str, tmp_path: Path, name: str, old: bytes, new: bytes, says: str
) -> None:
    user = book.find_user("morgan").user_id
    book.judge_finding(call_id, user, "finding:1", Judged.CONFIRMED, "", LATER)
    room = bootstrap.audit_room(load(home), book)
    room.commit_review(call_id, user, LATER)
    real = room.pack(call_id, user, LATER)
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(real) as source, zipfile.ZipFile(forged, "w") as target:
        parts = {n: source.read(n) for n in source.namelist()}
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)
        manifest = json.loads(parts["manifest.json"])
        import hashlib

        manifest["sha256"][name] = hashlib.sha256(parts[name]).hexdigest()
        parts["manifest.json"] = json.dumps(manifest).encode()
        for part, data in parts.items():
            target.writestr(part, data)
    assert any(w.startswith(says) for w in check(forged).wrong), check(forged).wrong


def test_what_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04 nonsense"):
        (tmp_path / "x.zip").write_bytes(content)
        with pytest.raises(PackError, match="no evidence pack"):
            check(tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as zipped:
        zipped.writestr("manifest.json", '{"sha256": {"../../etc/passwd": "0"}}')
    assert check(tmp_path / "x.zip").wrong == ("../../etc/passwd is missing",)


def test_an_altered_review_fails_the_audit(home: Path, book: SqlBook, call_id: str) -> None:
    audit(home, "reject", call_id, "1", "--user", "morgan", "--reason", "he was joking")
    audit(home, "commit", call_id, "--user", "morgan")
    with book.database.write() as session:
        session.execute(text("UPDATE segments SET text = 'have a nice day' WHERE leg = 'agent'"))
    said_of_it = audit(home, "verify", fails=1).stdout
    assert "✗ call" in said_of_it
    assert "words of the agent at 02:11: ALTERED" in said_of_it


def test_a_clip_is_cut_and_named_by_the_call_alone(home: Path, book: SqlBook, call_id: str) -> None:
    said_of_it = audit(
        home, "clip", call_id, "--user", "morgan", "--from", "131", "--until", "132.5", "--leg", "agent",
        "--json",
    ).stdout  # fmt: skip
    path = Path(json.loads(said_of_it)["clip"])
    assert path.name == f"{call_id}-agent-001310.wav"
    with wave.open(str(path)) as f:
        assert f.getnframes() / f.getframerate() == pytest.approx(1.5)
    audit(home, "clip", call_id, "--user", "morgan", "--from", "500", "--until", "510", fails=2)
    audit(home, "clip", call_id, "--user", "dana", "--from", "1", "--until", "2", fails=2)


def test_the_waveform_stands_where_somebody_spoke(home: Path, book: SqlBook, call_id: str) -> None:
    room = bootstrap.audit_room(load(home), book)
    wave_of = room.waveform(call_id, 70)
    loud = [n for n, peak in enumerate(wave_of[Leg.AGENT]) if peak > 0.5]
    assert loud == [65, 66]  # two seconds a column
    assert max(wave_of[Leg.DEBTOR]) == 0
    assert room.length(call_id) == SECONDS
    assert room.waveform("0123456789abcdef", 10) == {}


TONE = """
id = "tone"
title = "Tone only"

[[questions]]
id = "courtesy"
short = "courtesy"
text = "Was courteous throughout"
weight = 10
scale = 4
"""


def test_figures_say_what_is_not_known(home: Path, book: SqlBook, call_id: str) -> None:
    said_of_it = audit(home, "figures").stdout
    assert "forbidden.arrest 2021-11-30: 1 findings on 1 calls; precision none yet" in said_of_it
    assert "lift: not known yet: 0 calls" in said_of_it
    assert json.loads(audit(home, "figures", "--json").stdout)["lift"]["value"] is None
