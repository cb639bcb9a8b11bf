from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from workstation import bootstrap, clock, config, log
from workstation.demo import first_day, next_business_day
from workstation.desk.final_terms import Terms


def write(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "dunline.toml").write_text(text)
    return home


def test_an_absent_file_is_a_whole_installation(tmp_path: Path) -> None:
    settings = config.load(tmp_path)
    assert settings.book_url == f"sqlite:///{tmp_path / 'book.db'}"
    assert settings.asterisk.carrier == ""
    assert settings.switchboard_socket.parent == tmp_path


def test_what_is_written_is_taken(tmp_path: Path) -> None:
    settings = config.load(
        write(
            tmp_path / "h",
            '[company]\nname = "Acme"\n[asterisk]\nphones = ["2001"]\ncarrier = "10.0.0.5:5060"\n',
        )
    )
    assert (settings.company.name, settings.asterisk.phones) == ("Acme", ("2001",))


def test_the_manager_s_authority_is_the_floor_s_to_say(tmp_path: Path) -> None:
    assert bootstrap.final_terms(config.load(tmp_path)) == Terms(80, 6, True, 7, 14)
    text = "[final]\nleast_settlement_percent = 90\nlongest_plan_months = 3\nfees_waivable = false\n"
    own = config.load(write(tmp_path / "h", text + "first_payment_days = 0\nsettlement_days = 5\n"))
    assert bootstrap.final_terms(own) == Terms(90, 3, False, 0, 5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[asterisk]\ncarier = "x:1"\n', "unknown key asterisk.carier; did you mean asterisk.carrier?"),
        ("[asterix]\n", "unknown key asterix; did you mean asterisk?"),
        ("[asterisk]\nring_seconds = 'long'\n", "ring_seconds"),
        ("[book\n", "not valid TOML"),
        ("home = '/etc'\n", "unknown key home"),
        ("[final]\nleast_settlement_percent = 101\n", "<= 100 - at `$.final.least_settlement_percent`"),
        ("[final]\nleast_settlement_percent = 79.5\n", "$.final.least_settlement_percent"),
        ("[final]\nlongest_plan_months = 0\n", ">= 1 - at `$.final.longest_plan_months`"),
        ("[final]\nfees_waivable = 1\n", "$.final.fees_waivable"),
        ("[final]\nsettlement_day = 3\n", "did you mean final.settlement_days?"),
        ('[switchboard]\nlisten = "0.0.0.0:7000"\n', "tls_certificate"),
    ],
)
def test_a_broken_file_is_named_with_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.load(write(tmp_path / "h", text))
    assert "dunline.toml" in str(caught.value)
    assert said in str(caught.value)


def test_a_deep_home_has_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)
    assert len(str(config.load(deep).switchboard_socket)) < 100
    assert config.load(deep).switchboard_socket == config.load(deep).switchboard_socket
    assert config.load(deep).switchboard_socket != config.load(tmp_path / ("y" * 90)).switchboard_socket


def test_the_clock_is_the_systems_or_a_set_way_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.OFFSET_VARIABLE, raising=False)
    assert abs(clock.clock_from_environment()() - datetime.now(UTC)) < timedelta(seconds=5)
    monkeypatch.setenv(clock.OFFSET_VARIABLE, "-86400")
    assert abs(clock.clock_from_environment()() + timedelta(days=1) - datetime.now(UTC)) < timedelta(
        seconds=5
    )
    monkeypatch.setenv(clock.OFFSET_VARIABLE, "yesterday")
    with pytest.raises(ValueError, match="not a number of seconds"):
        clock.clock_from_environment()


@pytest.mark.parametrize(
    ("today", "first"),
    [
        (date(2026, 11, 22), date(2026, 11, 18)),
        (date(2026, 11, 18), date(2026, 11, 11) - timedelta(days=7)),  # the eleventh is Veterans Day
        (date(2026, 11, 19), date(2026, 11, 18)),
    ],
)
def test_practice_begins_on_a_working_wednesday_before_today(today: date, first: date) -> None:
    assert first_day(today) == first


def test_the_next_practice_day_is_a_business_day() -> None:
    assert next_business_day(date(2026, 11, 25)) == date(2026, 11, 27)  # Thanksgiving between
    assert next_business_day(date(2026, 11, 27)) == date(2026, 11, 30)


def test_card_numbers_never_reach_the_log(tmp_path: Path) -> None:
    import logging

    import structlog

    file = tmp_path / "log" / "dunline.log"
    before = logging.getLogger().handlers[:]
    try:
        log.set_up(file)
        structlog.get_logger("t").info("paid", words="4111 1111 1111 1111 please", account="A-10482")
        said = ["card four one one one two three four", {"n": 4111111111111111}]
        structlog.get_logger("t").info(
            "heard", said=said, error=ValueError("cvv 737"), took=0.4111111111111111
        )
        logging.getLogger("x").warning("refused %s", "5555555555554444")
        text = file.read_text()
    finally:
        for handler in logging.getLogger().handlers:
            handler.close()
        logging.getLogger().handlers[:] = before
        structlog.reset_defaults()
    assert "4111" not in text.replace("0.4111111111111111", "")
    assert "5555" not in text
    assert "737" not in text
    assert "four one one one" not in text
    assert text.count("[card]") == 4
    assert "[security-code]" in text
    assert "0.4111111111111111" in text, "a fraction is no card number"
    assert "A-10482" in text
