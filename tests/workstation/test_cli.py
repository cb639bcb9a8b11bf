"""The command's twins of the screens, on a real book."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner, Result

from workstation import bootstrap, config
from workstation.cli import app
from workstation.clock import OFFSET_VARIABLE, system_clock
from workstation.exchange.demo_book import seed_demo_book

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 18, 16, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("home")
    book = bootstrap.open_book(config.load(where))
    seed_demo_book(book, NOW, accounts=12)
    book.close()
    return where


@pytest.fixture(autouse=True)
def _practice_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(OFFSET_VARIABLE, str((NOW - system_clock()).total_seconds()))
    yield
    import logging

    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "baseFilename", ""):
            logging.getLogger().removeHandler(handler)
            handler.close()


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=stdin)


def test_the_queue_as_lines_and_as_json(home: Path) -> None:
    lines = run("queue", "--home", str(home), "--limit", "3")
    assert lines.exit_code == 0, lines.output
    assert "HARLOW TOOL & DIE LLC" in lines.output.splitlines()[0]
    rows = json.loads(run("queue", "--home", str(home), "--json").output)
    assert rows[0]["due"] == {"minor": 842000, "currency": "USD"}
    assert len(rows[0]["reasons"]) == 2
    later = json.loads(run("queue", "--later", "--home", str(home), "--json").output)
    assert later
    assert all(not row["callable"] and row["reasons"] for row in later)


def test_the_gate_explains_itself(home: Path) -> None:
    said = json.loads(run("gate", "explain", "A-10482", "--home", str(home), "--json").output)
    assert said[0]["permitted"]
    assert all(check["citation"] for check in said[0]["checks"])
    night = run("gate", "explain", "A-10482", "--at", "2026-11-18T05:00:00", "--home", str(home))
    assert "REFUSED" in night.output
    assert "next eligible: Wed 18 Nov 09:00" in night.output


def test_an_unknown_account_is_said_in_one_line(home: Path) -> None:
    result = run("gate", "explain", "A-1", "--home", str(home))
    assert result.exit_code == 2
    assert result.stderr.startswith("dunline: no account 'A-1'")


def test_case_files_run(home: Path) -> None:
    result = run("gate", "cases", str(ROOT / "tests/compliance/cases"))
    assert result.exit_code == 0, result.output
    assert re.search(r"\d+ passed, 0 failed", result.output)


def test_the_audit_log_verifies(home: Path) -> None:
    result = run("audit", "verify", "--home", str(home))
    assert result.exit_code == 0
    assert "unbroken" in result.output


def test_users_are_managed_by_an_admin_and_no_password_is_an_argument(tmp_path: Path) -> None:
    at = ("--home", str(tmp_path))

    def users(*args: str, stdin: str = "") -> str:
        done = run("users", *args, *at, stdin=stdin)
        assert done.exit_code == 0, done.output + done.stderr
        return done.output

    early = run("users", "add", "bob", "Bob", *at, stdin="correct horse\n")
    assert early.exit_code == 2
    assert "no active admin" in early.stderr
    assert "nobody yet" in users("list")
    users("add", "ada", "Ada Byron", "--role", "admin", stdin="correct horse battery\n")
    bad = run("users", "add", "bob", "Bob", "--role", "boss", "--user", "ada", *at, stdin="correct horse\n")
    assert bad.exit_code == 2
    assert "collector" in bad.stderr
    users("add", "bob", "Bob", "--user", "ada", "--extension", "1001", stdin="correct horse\n")
    denied = run("users", "role", "bob", "--role", "admin", "--user", "bob", *at)
    assert denied.exit_code == 2
    assert "a collector may not manage users" in denied.stderr
    users("role", "bob", "--role", "senior", "--user", "ada")
    users("edit", "bob", "--name", "Bob R. [b]", "--extension", "", "--user", "ada")
    users("password", "bob", "--user", "ada", stdin="another horse\n")
    key = users("totp", "bob", "on", "--user", "ada")
    assert "otpauth://totp/Dunline:bob?secret=" in key
    assert "one-time codes" in users("list")
    users("totp", "bob", "off", "--user", "ada")
    users("deactivate", "bob", "--user", "ada")
    listed = json.loads(users("list", "--json"))
    assert [(u["username"], u["role"], u["active"], u["extension"]) for u in listed] == [
        ("ada", "admin", True, ""),
        ("bob", "senior", False, ""),
    ]
    assert "hash" not in json.dumps(listed)
    users("activate", "bob", "--user", "ada")
    assert run("users", "unlock", "bob", "--user", "ada", *at).exit_code == 2, "bob is not locked"
    assert run("users", "totp", "bob", "perhaps", "--user", "ada", *at).exit_code == 2


def test_the_floor_without_a_switchboard_is_said_with_its_remedy(home: Path) -> None:
    result = run("floor", "--user", "morgan", "--home", str(home), stdin="x\n")
    assert result.exit_code == 2
    assert "dunline switchboard" in result.stderr


def test_a_broken_settings_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "dunline.toml").write_text("[asterisk]\ncarier = 1\n")
    result = run("queue", "--home", str(tmp_path))
    assert result.exit_code == 2
    assert "did you mean asterisk.carrier?" in result.stderr


def test_no_switchboard_is_said_with_its_remedy(home: Path) -> None:
    result = run("call", "A-10482", "--user", "dana", "--home", str(home), stdin="x\n")
    assert result.exit_code == 2
    assert "dunline switchboard" in result.stderr


def test_the_demonstration_leaves_foreign_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    result = run("demo", "--headless", "--home", str(tmp_path))
    assert result.exit_code == 2
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_every_command_is_in_the_documents() -> None:
    told = (ROOT / "README.md").read_text() + "".join(p.read_text() for p in (ROOT / "docs").glob("*.md"))
    told += (ROOT / "CHANGELOG.md").read_text()
    group = typer.main.get_command(app)
    for name in group.commands:  # type: ignore[attr-defined]  # it is a group
        assert f"dunline {name}" in told or f"`{name}`" in told, name
