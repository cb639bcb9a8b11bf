"""The commands of the manager's last chance, on a demonstration's book, up to a placement pack."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.workstation.test_cli import NOW, run
from workstation import bootstrap, config
from workstation.clock import OFFSET_VARIABLE, system_clock
from workstation.exchange.demo_book import seed_demo_book
from workstation.store.demo_final import seed_final_notices


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("home")
    book = bootstrap.open_book(config.load(where))
    PASSWORDS.update(seed_demo_book(book, NOW, accounts=30).passwords)
    seed_final_notices(book, NOW, ready=1)
    book.close()
    return where


@pytest.fixture(autouse=True)
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    """Set the clock: `at[0] = instant` moves it."""

    class Hand(list[datetime]):
        def __setitem__(self, index: object, value: object) -> None:
            assert isinstance(value, datetime)
            monkeypatch.setenv(OFFSET_VARIABLE, str((value - system_clock()).total_seconds()))

    hand = Hand([NOW])
    hand[0] = NOW
    yield hand
    import logging

    for handler in logging.getLogger().handlers[:]:
        if getattr(handler, "baseFilename", ""):
            logging.getLogger().removeHandler(handler)
            handler.close()


PASSWORDS: dict[str, str] = {}
"""Of the book's users."""


def says(home: Path, *words: str, code: int = 0, password: str = "") -> str:
    done = run(*words, "--home", str(home), stdin=f"{password}\n")
    assert done.exit_code == code, done.output
    return done.output


def test_from_the_list_to_the_placement_pack(home: Path, at: list[datetime], tmp_path: Path) -> None:
    shown = says(home, "final", "list", "--user", "kei")
    assert shown.startswith("1 ready · 2 blocked")
    assert "is disputed" in shown
    assert "nobody confirmed that" in shown
    rows = json.loads(says(home, "final", "list", "--user", "kei", "--json"))
    ready = next(row["number"] for row in rows if not row["blocked"])
    blocked = [row["number"] for row in rows if row["blocked"]]

    assert "- delivery" in says(home, "final", "check", blocked[-1], "--user", "kei", code=1) + says(
        home, "final", "check", blocked[0], "--user", "kei", code=1
    )
    shown = says(home, "final", "check", ready, "--user", "kei", code=1)
    assert shown.count("\n+ ") == 15
    assert "- fresh sign-in" in shown
    begin = ("final", "session", ready, "--user", "kei", "--begin")
    assert "wrong" in says(home, *begin, code=2, password="a guess")
    assert "session running" in says(home, *begin, password=PASSWORDS["kei"])
    refused = says(home, "final", "session", blocked[0], "--user", "kei", "--begin", code=2)
    assert "not yet" in refused
    assert "may not hold final-notice" in says(
        home, "final", "session", ready, "--user", "morgan", "--begin", code=2
    )
    too_soon = ("--outcome", "last-chance", "--deadline", "2026-11-20", "--read-back")
    assert "7 days off" in says(home, "final", "session", ready, "--user", "kei", *too_soon, code=2)
    ended = says(
        home, "final", "session", ready, "--user", "kei",
        "--outcome", "last-chance", "--deadline", "2026-12-04", "--read-back",
    )  # fmt: skip
    assert "session last chance given" in ended
    assert "Northgate Recoveries" in ended
    assert "nothing to do" in says(home, "final", "clock")

    at[0] = NOW + timedelta(days=19)
    assert json.loads(says(home, "final", "clock", "--json"))["placement due"] == 1
    assert "nothing to do" in says(home, "final", "clock")
    (due,) = json.loads(says(home, "final", "deadlines", "--due", "--json"))
    number = str(due["deadline_id"])
    says(home, "final", "follow-through", number, "--user", "kei", password=PASSWORDS["kei"])
    assert "followed through" in says(home, "final", "deadlines")
    packs = list((home / "placements").iterdir())
    assert len(packs) == 1
    assert "every file is as it was written" in run("placement", "check", str(packs[0])).output

    pack = tmp_path / "pack.zip"
    made = json.loads(says(home, "placement", "pack", ready, "--to", str(pack), "--json"))
    assert set(made["files"]) >= {"statement.csv", "statement.pdf", "authority.json", "final-notice.json"}
    with zipfile.ZipFile(pack) as archive:
        notice = json.loads(archive.read("final-notice.json"))
        table = list(csv.reader(io.StringIO(archive.read("proof-of-delivery.csv").decode("utf-8-sig"))))
    assert notice["deadlines"][0]["until"].startswith("2026-12-04T23:00")
    assert table[0][:3] == ["invoice", "sent", "delivered"]


def test_a_waiver_and_a_delivery_are_written_down(home: Path) -> None:
    rows = json.loads(says(home, "final", "list", "--user", "kei", "--json"))
    row = next(r for r in rows if any(c["id"] == "delivery" for c in r["blocked"]))
    number = row["number"]
    assert "nobody may waive" in says(
        home, "final", "waive", number, "dispute", "--user", "kei", "--reason", "x", code=2
    )
    says(home, "final", "waive", number, "delivery", "--user", "kei", "--reason", "signed note in the file")
    assert "~ delivery" in says(home, "final", "check", number, "--user", "kei", code=1)
    assert "reconciled" in says(home, "final", "reconcile", number, "--user", "kei")
    view = json.loads(says(home, "final", "session", number, "--user", "kei", "--json"))
    assert [c["id"] for c in view["checks"] if c["todo"]] in ([], ["fresh sign-in"])
    assert "no invoice" in says(
        home, "final", "delivered", number, "X", "--by", "Al", "--on", "2026-10-01", "--user", "kei", code=2
    )


def test_the_portfolio_by_stage_and_the_accounts_behind(home: Path) -> None:
    shown = says(home, "report", "portfolio", "--user", "morgan", "--by", "stage")
    assert "6 final notice" in shown
    rows = json.loads(says(home, "report", "portfolio", "--user", "morgan", "--json"))
    assert {"receivables", "dso", "follow-through"} <= {row["figure"] for row in rows}
    behind = json.loads(
        says(home, "report", "portfolio", "--user", "morgan", "--why", "receivables", "--json")
    )
    assert len(behind) > 10
    for words, complaint in (
        (("--user", "dana"), "may not see the portfolio"),
        (("--user", "kei", "--by", "moon"), "no cut"),
        (("--user", "kei", "--by", "stage", "--group", "9"), "no group"),
        (("--user", "kei", "--why", "luck"), "no figure"),
    ):
        assert complaint in says(home, "report", "portfolio", *words, code=2)


def test_a_strategy_is_tried_out_and_saved(home: Path, tmp_path: Path) -> None:
    assert "packaged" in says(home, "strategy", "list", "--user", "kei")
    file = tmp_path / "standard.toml"
    text = says(home, "strategy", "show", "standard", "--user", "kei")
    file.write_text(
        text.replace('channels = ["call"]', 'channels = ["letter"]\ntemplates = { letter = "statement" }')
    )
    done = says(home, "strategy", "preview", str(file), "--limit", "1")
    assert "treated differently" in done
    assert "-> letter" in done
    found = json.loads(says(home, "strategy", "preview", str(file), "--json"))
    assert sum(t["after"] - t["before"] for t in found["by_channel"] if t["key"] == "call") < 0
    assert "may not change strategies" in says(
        home, "strategy", "save", str(file), "--user", "morgan", "--reason", "x", code=2
    )
    says(home, "strategy", "save", str(file), "--user", "kei", "--reason", "letters first")
    assert "letters first" in says(home, "strategy", "list", "--user", "kei")
    file.write_text("title = 'x'")
    assert "standard.toml: why: is missing" in says(home, "strategy", "preview", str(file), code=2)
