"""The rulebook: packaged files are whole, broken ones are refused by file and key, values have dates."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance.contact import ContactFacts, Level, Medium
from compliance.frequency import CapRule
from compliance.profiles import REQUIRED
from compliance.rule import CHECKS, Step
from compliance.rulebook import PACKAGED, Rulebook, UnknownProfileError
from compliance.rulefile import RuleFileError

BOOK = Rulebook.load()
FACTS = ContactFacts("consumer-third-party", Medium.CALL, 1, frozenset({1}), "US")
PROFILES = {
    "b2b-first-party",
    "consumer-first-party",
    "consumer-third-party",
    "uk-consumer",
    "eu-consumer",
    "ontario-agency",
}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the packaged files to break."""
    target = tmp_path / "rules"
    shutil.copytree(PACKAGED, target, ignore=shutil.ignore_patterns("speech"))
    return target


def edit(rules: Path, name: str, old: str, new: str) -> None:
    path = rules / name
    text = path.read_text()
    assert old in text, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1))


def test_the_packaged_profiles() -> None:
    assert set(BOOK.profiles) == PROFILES


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_no_profile_goes_without_the_rules_that_bind_all(profile: str) -> None:
    for rule_id in REQUIRED:
        assert BOOK.level(profile, rule_id) is Level.BLOCK
    judged = {binding.rule.id for binding in BOOK.bindings(profile, date(2026, 11, 18))}
    assert judged >= {rule_id for rule_id in REQUIRED if BOOK.rules[rule_id].step is not Step.CONDUCT}


def test_every_rule_states_title_why_unit_and_citation() -> None:
    for rule in BOOK.rules.values():
        assert all((rule.title, rule.why, rule.unit, rule.citation)), rule.id


def test_the_mini_miranda_is_for_third_parties() -> None:
    assert BOOK.level("consumer-third-party", "conduct/mini-miranda") is Level.BLOCK
    assert BOOK.level("b2b-first-party", "conduct/mini-miranda") is Level.OFF
    assert BOOK.level("consumer-first-party", "conduct/mini-miranda") is Level.OFF


def test_the_order_of_the_gate() -> None:
    steps = [binding.rule.step for binding in BOOK.bindings("consumer-third-party", date(2026, 11, 18))]
    order = list(Step)
    assert steps == sorted(steps, key=order.index)
    assert steps[0] is Step.BANKRUPTCY


def test_a_rule_binds_from_its_date() -> None:
    def bound(day: date) -> set[str]:
        return {binding.rule.id for binding in BOOK.bindings("consumer-third-party", day)}

    assert "us/seven-in-seven" not in bound(date(2021, 11, 29))
    assert "us/seven-in-seven" in bound(date(2021, 11, 30))
    assert BOOK.rules["us/seven-in-seven"].value_at(date(2021, 11, 29)) is None


def test_the_version_is_a_digest_of_the_files(rules: Path) -> None:
    assert Rulebook.load(rules).version == BOOK.version
    edit(rules, "policy/one-a-day.toml", "One attempt a day", "One attempt daily")
    assert Rulebook.load(rules).version != BOOK.version


def test_the_newest_value_in_force_counts(rules: Path) -> None:
    added = "[[values]]\neffective = 2027-01-01\nvalue = { limit = 5, days = 7, per = 'debt' }\n\n[[values]]"
    edit(rules, "us/seven-in-seven.toml", "[[values]]", added)
    book = Rulebook.load(rules)
    rule = book.rules["us/seven-in-seven"]
    for day, limit in ((date(2026, 12, 31), 7), (date(2027, 1, 1), 5)):
        dated = rule.value_at(day)
        assert dated is not None
        assert isinstance(dated.judge, CapRule)
        assert dated.judge.limit == limit
    assert book.next_change(FACTS, date(2026, 12, 31)) == date(2027, 1, 1)
    assert book.next_change(FACTS, date(2027, 1, 1)) is None


def test_an_unknown_profile() -> None:
    with pytest.raises(UnknownProfileError, match="no profile 'b2b'"):
        BOOK.bindings("b2b", date(2026, 11, 18))


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "us/seven-in-seven.toml",
            "limit = 7",
            "limt = 7",
            "values[0].value.limit: missing: write a whole number",
        ),
        (
            "us/seven-in-seven.toml",
            "limit = 7,",
            "limit = 7, lmit = 8,",
            "values[0].value.lmit: unknown key; valid: at, conversations, media, unconnected",
        ),
        (
            "us/seven-in-seven.toml",
            "limit = 7",
            "limit = 0",
            "values[0].value.limit: must be from 1 to 1000, not 0",
        ),
        ("us/seven-in-seven.toml", "limit = 7", "limit = true", "must be a whole number, not True"),
        (
            "us/seven-in-seven.toml",
            "days = 7",
            "days = 999",
            "values[0].value.days: must be from 1 to 366, not 999",
        ),
        ("us/seven-in-seven.toml", '"debt"', '"debts"', "'debts' is not known; did you mean 'debt'?"),
        ("us/seven-in-seven.toml", "title = ", "titel = ", "title: missing: write a text"),
        ("us/seven-in-seven.toml", "unit = ", "untis = 'x'\nunit = ", "untis: unknown key; valid: never_off"),
        (
            "us/seven-in-seven.toml",
            "verified = true",
            "verified = 1",
            "verified: must be true or false, not 1",
        ),
        (
            "us/seven-in-seven.toml",
            'check = "cap"',
            'check = "caps"',
            "check: 'caps' is not known; did you mean 'cap'?",
        ),
        ("us/seven-in-seven.toml", 'step = "frequency"', 'step = "frequence"', "did you mean 'frequency'?"),
        (
            "us/seven-in-seven.toml",
            'step = "frequency"',
            'step = "conduct"',
            "step: rules with check = 'conduct'",
        ),
        (
            "us/seven-in-seven.toml",
            'roles = ["third-party"',
            'roles = ["thirdparty"',
            "did you mean 'third-party'?",
        ),
        (
            "us/seven-in-seven.toml",
            'media = ["call"]',
            "media = [1]",
            "applies_to.media: must be a list of texts",
        ),
        (
            "us/seven-in-seven.toml",
            "places =",
            "place =",
            "applies_to.place: unknown key; did you mean 'places'?",
        ),
        ("us/seven-in-seven.toml", "2021-11-30", '"2021-11-30"', "must be a date such as 2026-11-18"),
        ("us/seven-in-seven.toml", "2021-11-30", "2021-11-30T08:00:00Z", "must be a date such as 2026-11-18"),
        (
            "us/seven-in-seven.toml",
            "[[values]]",
            "[[values]]\neffective = 2021-11-30\nrepealed = true\n[[values]]",
            "values[1].effective: 2021-11-30 stands here twice",
        ),
        ("us/seven-in-seven.toml", "[[values]]", "[[value]]", "values: missing"),
        ("us/seven-in-seven.toml", "title", "= title", "cannot be read"),
        (
            "us/calling-hours.toml",
            "mon-sun =",
            "mon-son =",
            "values[0].value.mon-son: unknown key; write days as",
        ),
        ("us/calling-hours.toml", "mon-sun =", "sun-mon =", "values[0].value.sun-mon: unknown key"),
        ("us/calling-hours.toml", "{ mon-sun", '{ tue = "09:00-10:00", mon-sun', "tue has hours already"),
        ("us/calling-hours.toml", "08:00-21:00", "8-21", "must be hours such as 09:00-17:00, not '8-21'"),
        ("us/calling-hours.toml", "08:00-21:00", "08:00-25:00", "is not a time of day"),
        ("us/calling-hours.toml", "08:00-21:00", "21:00-08:00", "closes before it opens"),
        ("us/calling-hours.toml", 'mon-sun = "08:00-21:00"', 'holidays = "open"', "no day has hours"),
        ("policy/business-hours.toml", '"national"', '"nation"', "did you mean 'national'?"),
        (
            "policy/business-hours.toml",
            '"b2b-first-party"',
            '"b2b-frst-party"',
            "did you mean 'b2b-first-party'?",
        ),
        (
            "us/seven-in-seven.toml",
            '["US"]',
            '["USA"]',
            "applies_to.places: 'USA' is no place: write US, US-MA",
        ),
        (
            "us/seven-in-seven.toml",
            'except_persons = ["attorney"',
            'except_persons = ["atorney"',
            "did you mean 'attorney'?",
        ),
        ("us/seven-in-seven.toml", "consent_days = 7", "consent_days = -1", "consent_days: must be from 0"),
        ("us/seven-after-message.toml", '"message"', '"massage"', "did you mean 'message'?"),
        ("us/washington/one-a-week-at-work.toml", 'at = ["work"', 'at = ["wrk"', "did you mean 'work'?"),
        (
            "us/dc/four-in-seven.toml",
            "past_due_days = 30",
            "past_due_days = -1",
            "debts.past_due_days: must be",
        ),
        ("us/dc/four-in-seven.toml", "past_due_days", "past_due_day", "debts.past_due_day: unknown key"),
        (
            "us/california/commercial-hours.toml",
            "minor = 50000000",
            "major = 500000",
            "applies_to.debts.natural_person_up_to.minor: missing",
        ),
        (
            "us/california/commercial-hours.toml",
            'currency = "USD"',
            'currency = "USD", cents = 1',
            "natural_person_up_to.cents: unknown key",
        ),
        ("us/nevada/medical-notice.toml", '"medical"', '"medicine"', "did you mean 'medical'?"),
        (
            "us/nevada/medical-notice.toml",
            "days = 60",
            "days = 0",
            "values[0].value.days: must be from 1 to 366",
        ),
        ("us/number-confirmed.toml", "days = 60", "hours = 60", "values[0].value.days: missing"),
        ("us/recorded-voice.toml", '"recorded-voice" }', '"recorded" }', "did you mean 'recorded-voice'?"),
        ("us/dc/message-consent.toml", "asks = 1", "asks = 11", "values[0].value.asks: must be from 0 to 10"),
        (
            "contact/inconvenient.toml",
            "reply_minutes = 60",
            "reply_minutes = 99999",
            "must be from 0 to 10080",
        ),
        ("contact/party.toml", '"debtor", ', '"deptor", ', "did you mean 'debtor'?"),
        ("flags/minor.toml", 'flag = "minor"', 'flag = "miner"', "did you mean 'minor'?"),
        ("holds/cease.toml", '"required-notice"', '"notice"', "did you mean 'required-notice'?"),
        ("holds/work-forbidden.toml", 'consent = "work"', 'consent = "works"', "did you mean 'work'?"),
        ("us/calling-hours.toml", "consent = true", "consent = 1", "value.consent: must be true or false"),
        ("conduct/validation-period.toml", "days = 30", 'days = "30"', "days: must be a whole number"),
        ("contact/licence.toml", "two_person = true", "two_persons = true", "two_persons: unknown key"),
        ("policy/two-hours-apart.toml", '"person"', '"number-plate"', "'number-plate' is not known"),
        ("holds/cease.toml", 'hold = "cease"', 'hold = "ceased"', "did you mean 'cease'?"),
        ("holds/cease.toml", "never_off = true", "never_off = false", "never_off: must be true"),
        (
            "holds/cease.toml",
            "[[values]]",
            '[applies_to]\nroles = ["buyer"]\n\n[[values]]',
            "must reach everyone",
        ),
        (
            "profiles/b2b-first-party.toml",
            "[rules]",
            '[rules]\n"holds/cease" = "off"',
            "rules.holds/cease: no profile may set this to 'off'",
        ),
        (
            "profiles/b2b-first-party.toml",
            "[rules]",
            '[rules]\n"conduct/recording-notice" = "warn"',
            "no profile may set this to 'warn'",
        ),
        (
            "profiles/b2b-first-party.toml",
            '"policy/one-a-day"',
            '"policy/one-day"',
            "no such rule; did you mean 'policy/one-a-day'?",
        ),
        ("profiles/b2b-first-party.toml", '"supervisor"', '"superviser"', "did you mean 'supervisor'?"),
        ("profiles/b2b-first-party.toml", "tail_minutes = 10", "tail_minutes = 600", "must be from 0 to 120"),
        ("profiles/b2b-first-party.toml", "role =", "rol =", "role: missing: write a text"),
        ("profiles/b2b-first-party.toml", "why =", "whu = 1\nwhy =", "whu: unknown key"),
    ],
)
def test_a_broken_file_names_file_key_and_remedy(
    rules: Path, name: str, old: str, new: str, message: str
) -> None:
    edit(rules, name, old, new)
    with pytest.raises(RuleFileError) as caught:
        Rulebook.load(rules)
    assert str(caught.value).startswith(f"{name}: ")
    assert message in str(caught.value)


def test_nobody_hearing_is_no_rule(rules: Path) -> None:
    path = rules / "contact/party.toml"
    head, _, _ = path.read_text().partition("value =")
    path.write_text(f"{head}value = {{ hear = [] }}\n")
    with pytest.raises(RuleFileError, match=r"^contact/party\.toml: values\[0\]\.value\.hear: missing"):
        Rulebook.load(rules)


def test_what_is_kept_at_hand_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.rulebook._MOST_CACHED", 2)
    book = Rulebook.load()
    first = book.bindings("b2b-first-party", date(2026, 11, 18))
    for day in range(1, 10):
        book.bindings("b2b-first-party", date(2026, 11, day))
    assert book.bindings("b2b-first-party", date(2026, 11, 18)) == first
    assert len(book._cache) <= 2


def test_values_must_be_tables(rules: Path) -> None:
    text = (rules / "holds/cease.toml").read_text()
    head, _, _ = text.partition("[[values]]")
    (rules / "holds/cease.toml").write_text(f"{head}values = [1]\n")
    with pytest.raises(RuleFileError, match=r"^holds/cease\.toml: values\[0\]: must be a table, not 1"):
        Rulebook.load(rules)


def test_a_required_rule_cannot_be_left_out(rules: Path) -> None:
    (rules / "holds/opt-out.toml").unlink()
    with pytest.raises(RuleFileError, match=r"^holds/opt-out\.toml: missing"):
        Rulebook.load(rules)


def test_an_empty_directory_is_no_rulebook(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match="holds no rule files"):
        Rulebook.load(tmp_path)


def test_a_file_that_is_no_text(rules: Path) -> None:
    (rules / "policy/one-a-day.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RuleFileError, match=r"^policy/one-a-day\.toml: cannot be read"):
        Rulebook.load(rules)


def test_speech_rules_are_not_read_here(rules: Path) -> None:
    (rules / "speech").mkdir()
    (rules / "speech/anything.toml").write_text("not = 'ours'")
    assert Rulebook.load(rules).version == BOOK.version


def test_the_worked_examples_of_the_documents_load_and_hold(rules: Path, tmp_path: Path) -> None:
    from compliance.cases import run_cases

    text = (PACKAGED.parent.parent / "docs/rules.md").read_text(encoding="utf-8")
    rule, case = (part.partition("```")[0] for part in text.split("```toml\n")[1:3])
    (rules / "us/seven-in-seven.toml").write_text(rule)
    (tmp_path / "case.toml").write_text(case)
    (result,) = run_cases(tmp_path / "case.toml", Rulebook.load(rules))
    assert not result.failures


def test_every_check_step_and_level_is_documented() -> None:
    text = (PACKAGED.parent.parent / "docs/rules.md").read_text(encoding="utf-8")
    for word in (*CHECKS, *(step.value for step in Step), *(level.value for level in Level)):
        assert f"`{word}`" in text, word
