"""``dunline redact``: what leaks is named without its digits, masked and muted, and then nothing leaks."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from compliance.contact import HoldKind
from dialer.recording import file_names
from tests.compliance.redaction.test_cases import conversation
from tests.compliance.test_audio import read, write
from tests.fixtures.book import WEDNESDAY, Shop
from tests.store.test_calls import ANSWERED, LATER, place, wrap
from workstation.cli import app
from workstation.store.redactions import pack
from workstation.store.tables import Note, Segment


@pytest.fixture(autouse=True)
def _no_log_left() -> Iterator[None]:
    yield
    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "baseFilename", ""):
            logging.getLogger().removeHandler(handler)
            handler.close()


NUMBER = "four one one one one one one one one one one one one one one one"


@pytest.fixture
def leaking(shop: Shop, tmp_path: Path) -> tuple[Shop, str, Path]:
    """A book with a call stored before there was a filter, and its recordings."""
    call_id = place(shop).call_id
    said = conversation(["a: and the card number", f"d: {NUMBER}"])
    with shop.book.database.write() as session:
        for u in said:
            session.add(
                Segment(
                    call_id=call_id, leg=u.leg.value, start=u.start, end=u.end, text=u.text,
                    words=pack(u.words), source="live",
                )
            )  # fmt: skip
    shop.book.end_call(call_id, ANSWERED)
    hold = shop.book.place_hold(shop.account, shop.jordan, HoldKind.CEASE, shop.dana, WEDNESDAY)
    with shop.book.database.write() as session:
        said_so = {"said": "his visa is 4111 1111 1111 1111", "id": hold}
        session.execute(text("UPDATE holds SET source = :said WHERE id = :id"), said_so)
    home = tmp_path / "home"
    folder = home / "asterisk" / "spool" / "monitor"
    folder.mkdir(parents=True)
    for name in file_names(call_id).values():
        write(folder / name, (np.arange(20 * 16000) % 2000 + 1).astype(np.int16))
    url = shop.book.database.engine.url.render_as_string(hide_password=False)
    (home / "dunline.toml").write_text(f"[book]\nurl = {json.dumps(url)}\n", encoding="utf-8")
    return shop, call_id, home


def run(home: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["redact", *arguments, "--home", str(home), "--json"])
    assert "4111" not in done.output
    assert NUMBER[:18] not in done.output
    return done.exit_code, json.loads(done.stdout)


def test_a_leak_is_named_then_masked_and_muted(leaking: tuple[Shop, str, Path]) -> None:
    shop, call_id, home = leaking
    status, said = run(home, "--verify")
    assert status == 1
    assert {(x["table"], x["column"]) for x in said["leaks"]} == {("segments", "text"), ("holds", "source")}
    status, said = run(home, "--all")
    assert (status, said["masked"], said["muted"], said["leaks"]) == (0, 2, 3, [])
    assert [u.text for u in shop.book.utterances(call_id)][-1] == "[card…1111]"
    assert shop.book.account(shop.account, LATER).holds[0].source == "his visa is [card…1111]"
    assert run(home, "--verify", "--audio") == (0, {"masked": 0, "muted": 0, "leaks": [], "audio": []})
    assert shop.book.verify_audit().sound
    file = home / "asterisk" / "spool" / "monitor" / file_names(call_id)["mixed"]
    assert (read(file) == 0).any()
    write(file, np.ones(20 * 16000, dtype=np.int16))
    status, said = run(home, call_id, "--verify", "--audio")
    assert status == 1
    problems = [p["problem"] for p in said["audio"]]
    assert problems[-1] == "changed since it was muted"
    assert problems[0].startswith("not silent from ")


def test_one_call_alone(leaking: tuple[Shop, str, Path]) -> None:
    _, call_id, home = leaking
    assert run(home, call_id)[0] == 0
    status, said = run(home, "--verify")
    assert (status, [x["table"] for x in said["leaks"]]) == (1, ["holds"])


def test_a_file_that_cannot_be_muted_stays_owed(leaking: tuple[Shop, str, Path]) -> None:
    shop, call_id, home = leaking
    file = home / "asterisk" / "spool" / "monitor" / file_names(call_id)["agent"]
    file.write_bytes(b"no wav")
    status, said = run(home, call_id)
    assert status == 1
    assert "is not a WAV file" in said["audio"][0]["problem"]
    status, said = run(home, "--verify", call_id)
    assert said["audio"] == [{"call": call_id, "problem": "the recordings are owed their muting"}]
    assert [o.call_id for o in shop.book.redactions_owed()] == [call_id]


def test_what_it_is_asked_must_be_clear(tmp_path: Path) -> None:
    for arguments in ([], ["x", "--all"], ["--all", "--audio"]):
        done = CliRunner().invoke(app, ["redact", *arguments, "--home", str(tmp_path)])
        assert done.exit_code == 2


def test_what_people_type_is_masked_by_whichever_path(shop: Shop) -> None:
    call_id = place(shop).call_id
    shop.book.end_call(call_id, ANSWERED)
    note = "Took card 4111 1111 1111 1111, exp 04/27, cvv 737. Routing 021000021."
    shop.book.wrap_up(replace(wrap(shop, call_id), note=note), LATER)
    shop.book.audit("dana", "tried", "x", {"words": "card 5555555555554444"}, LATER)
    with shop.book.database.write() as session:
        at = datetime(2026, 11, 18, tzinfo=UTC)
        session.add(Note(account_id=shop.account, at=at, text="4111-1111-1111-1111"))
    with shop.book.database.read() as session:
        notes = [n.text for n in session.query(Note).order_by(Note.id)]
    assert notes == [
        "Took card [card…1111], exp [expiry], cvv [security-code]. Routing 021000021.",
        "[card…1111]",
    ]
    assert shop.book.leaks() == ()
    assert shop.book.verify_audit().sound
