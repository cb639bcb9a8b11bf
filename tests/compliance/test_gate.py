"""The gate: order of refusals, exact retry, purity, and the properties a limit must have."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from compliance.contact import (
    CheckVerdict,
    Designation,
    Flag,
    FlagKind,
    Hold,
    HoldKind,
    Level,
    Medium,
    NumberKind,
    PastConversation,
    Permitted,
    Refused,
)
from compliance.designations import Closing
from compliance.gate import decide, explain
from compliance.hours import Hours, Opening, first_open, public_holidays, zone
from compliance.permit import Permit, PermitError, mint
from compliance.rulebook import Rulebook, UnknownProfileError
from compliance.situation import FOREVER, Outcome, Wait, first_pass
from tests.compliance.drawn import BOOK, CHICAGO, NOON, attempt, facts


def test_a_permitted_verdict_carries_every_check_and_the_version() -> None:
    verdict = decide(facts(), BOOK, NOON)
    assert isinstance(verdict, Permitted)
    assert verdict.at == NOON
    assert verdict.at.utcoffset() == timedelta()
    assert verdict.rulebook == BOOK.version
    assert {check.rule_id for check in verdict.checks} >= {
        "us/calling-hours",
        "us/seven-in-seven",
        "holds/cease",
    }
    assert all(check.verdict is CheckVerdict.PASS and check.retry_at is None for check in verdict.checks)


def test_all_rules_are_judged_though_the_first_refuses() -> None:
    stops = tuple(Hold(kind, NOON) for kind in reversed(HoldKind))
    verdict = decide(facts(holds=stops, number_kind=NumberKind.WORK), BOOK, NOON.replace(hour=23))
    assert isinstance(verdict, Refused)
    assert [check.rule_id for check in verdict.reasons] == [
        "holds/bankruptcy",
        "holds/dispute",
        "holds/placed",
        "holds/cease",
        "holds/attorney",
        "holds/deceased",
        "holds/vulnerable",
        "holds/opt-out",
        "holds/work-forbidden",
        "holds/wrong-number",
        "us/calling-hours",
        "us/illinois/federal-default",
    ]
    assert verdict.retry_at is None
    assert verdict.reasons[-1].retry_at == datetime(2026, 11, 19, 8, tzinfo=CHICAGO)


def test_check_inputs_tell_level_and_whether_the_source_was_read() -> None:
    verdict = decide(facts(holds=(Hold(HoldKind.VULNERABLE, NOON, proposed=True),)), BOOK, NOON)
    assert isinstance(verdict, Refused)
    check = verdict.reasons[0]
    assert check.inputs["level"] == "supervisor"
    assert check.inputs["verified"] == "no"
    assert check.inputs["state"] == "proposed, not yet decided"
    assert check.rule_version == "2020-01-01"


def test_no_number_refuses_a_call_and_not_a_letter() -> None:
    verdict = decide(facts(number=None), BOOK, NOON)
    assert isinstance(verdict, Refused)
    assert verdict.reasons[0].rule_id == "contact/number"
    assert isinstance(decide(facts(number=None, medium=Medium.LETTER), BOOK, NOON), Permitted)


def test_a_letter_needs_no_zone() -> None:
    verdict = decide(facts(zones=(), medium=Medium.LETTER), BOOK, NOON)
    assert isinstance(verdict, Permitted)
    assert verdict.until == datetime(2026, 11, 19, tzinfo=UTC)


def test_the_zone_decides_for_every_rule_about_time() -> None:
    verdict = decide(facts(zones=()), BOOK, NOON)
    assert isinstance(verdict, Refused)
    assert {check.rule_id for check in verdict.reasons} >= {
        "contact/zone-known",
        "us/calling-hours",
        "us/seven-in-seven",
        "us/seven-after-talk",
    }


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        decide(facts(), BOOK, datetime(2026, 11, 18, 12))  # noqa: DTZ001 - that is the mistake under test


def test_an_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(UnknownProfileError, match="did you mean 'uk-consumer'"):
        decide(facts(profile="uk-consumr"), BOOK, NOON)


def test_only_a_permitted_verdict_mints_a_permit() -> None:
    permitted = decide(facts(), BOOK, NOON)
    assert isinstance(permitted, Permitted)
    permit = mint(permitted, "d1", "+13125550151")
    permit.check("+13125550151", NOON + timedelta(seconds=59))
    with pytest.raises(PermitError, match="expired"):
        permit.check("+13125550151", NOON + timedelta(seconds=60))
    with pytest.raises(PermitError, match="another number"):
        permit.check("+13125550152", NOON)
    refused = decide(facts(), BOOK, NOON.replace(hour=23))
    with pytest.raises(PermitError, match="only a Permitted"):
        mint(refused, "d2", "+13125550151")  # type: ignore[arg-type]  # that is the mistake under test


def test_a_permit_cannot_be_forged() -> None:
    with pytest.raises(PermitError, match="only"):
        Permit("d1", "+13125550151", NOON, object())
    permitted = decide(facts(), BOOK, NOON)
    assert isinstance(permitted, Permitted)
    permit = mint(permitted, "d1", "+13125550151")
    object.__setattr__(permit, "_token", None)
    with pytest.raises(PermitError, match="not minted"):
        permit.check("+13125550151", NOON)


def test_a_permit_ends_with_the_calling_hours() -> None:
    at = datetime(2026, 11, 18, 20, 49, 30, tzinfo=CHICAGO)
    permitted = decide(facts(), BOOK, at)
    assert isinstance(permitted, Permitted)
    permit = mint(permitted, "d1", "+13125550151")
    assert permit.expires == datetime(2026, 11, 18, 20, 50, tzinfo=CHICAGO)


# ---- explanations --------------------------------------------------------------------------------------


def test_explain_a_refusal() -> None:
    lines = explain(
        decide(facts(conversations=(PastConversation(NOON, frozenset({1})),)), BOOK, NOON), "America/Chicago"
    )
    assert lines[0] == "REFUSED: talked Wed 18 Nov: 7 days are not over"
    assert lines[1] == "  next eligible: Wed 25 Nov 2026 08:00 CST"
    assert lines[2].startswith("✗ refuse us/seven-after-talk")
    assert (
        lines[3] == "    12 CFR 1006.14(b)(2)(i)(B), (b)(3); alone it would pass: Wed 25 Nov 2026 00:00 CST"
    )
    assert lines[-1] == f"rulebook {BOOK.version}, judged Wed 18 Nov 2026 12:00 CST"


def test_explain_a_permission_and_a_hold_without_end() -> None:
    assert (
        explain(decide(facts(), BOOK, NOON), "America/Chicago")[0]
        == "PERMITTED until Wed 18 Nov 2026 20:50 CST"
    )
    lines = explain(decide(facts(holds=(Hold(HoldKind.CEASE, NOON),)), BOOK, NOON), "America/Chicago")
    assert lines[1] == "  next eligible: not by waiting: ask a supervisor"
    with pytest.raises(ZoneInfoNotFoundError):
        explain(decide(facts(), BOOK, NOON), "Europe/Nowhere")


# ---- levels, and values that change --------------------------------------------------------------------


def rulebook_with(tmp_path: Path, files: dict[str, str]) -> Rulebook:
    """The packaged rulebook with files changed or added."""
    from compliance.rulebook import PACKAGED

    for source in PACKAGED.rglob("*.toml"):
        name = source.relative_to(PACKAGED)
        if name.parts[0] != "speech":
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    return Rulebook.load(tmp_path)


def changed(rule_id: str, old: str, new: str) -> str:
    from compliance.rulebook import PACKAGED

    text = (PACKAGED / f"{rule_id}.toml").read_text()
    assert old in text
    return text.replace(old, new)


def test_a_warning_lets_contact_go_ahead(tmp_path: Path) -> None:
    name = "profiles/consumer-third-party.toml"
    text = changed(
        "profiles/consumer-third-party", '"policy/two-a-day" = "supervisor"', '"policy/two-a-day" = "warn"'
    )
    book = rulebook_with(tmp_path, {name: text})
    past = (attempt(NOON - timedelta(hours=4)), attempt(NOON - timedelta(hours=3)))
    verdict = decide(facts(attempts=past), book, NOON)
    assert isinstance(verdict, Permitted)
    (warning,) = [check for check in verdict.checks if check.verdict is CheckVerdict.WARN]
    assert warning.rule_id == "policy/two-a-day"
    assert warning.retry_at == datetime(2026, 11, 19, tzinfo=CHICAGO)
    lines = explain(verdict, "America/Chicago")
    assert lines[1] == "! warn   policy/two-a-day  2 of 2 attempts used today"
    late = decide(facts(attempts=past), book, NOON.replace(hour=23))
    assert isinstance(late, Refused)
    assert late.retry_at == datetime(2026, 11, 19, 8, tzinfo=CHICAGO)


def test_hours_that_only_warn_are_not_hours(tmp_path: Path) -> None:
    text = changed(
        "profiles/b2b-first-party", '"policy/business-hours" = "block"', '"policy/business-hours" = "warn"'
    )
    book = rulebook_with(tmp_path, {"profiles/b2b-first-party.toml": text})
    verdict = decide(facts(profile="b2b-first-party"), book, NOON)
    assert isinstance(verdict, Refused)
    assert verdict.reasons[0].rule_id == "contact/hours-known"


def test_the_search_uses_the_values_of_the_day_it_arrives_at(tmp_path: Path) -> None:
    later = '\n[[values]]\neffective = 2026-11-20\nvalue = { mon-sun = "10:00-12:00" }\n'
    text = changed("us/calling-hours", "[[values]]", f"{later}\n[[values]]")
    book = rulebook_with(tmp_path, {"us/calling-hours.toml": text})
    before = decide(facts(), book, datetime(2026, 11, 18, 22, tzinfo=CHICAGO))
    assert isinstance(before, Refused)
    assert before.retry_at == datetime(2026, 11, 19, 8, tzinfo=CHICAGO)
    over = decide(facts(), book, datetime(2026, 11, 19, 22, tzinfo=CHICAGO))
    assert isinstance(over, Refused)
    assert over.retry_at == datetime(2026, 11, 20, 10, tzinfo=CHICAGO)


def test_a_rule_that_is_repealed_stops_standing_in_the_way(tmp_path: Path) -> None:
    repeal = "\n[[values]]\neffective = 2026-11-20\nrepealed = true\n"
    text = changed("us/seven-after-talk", "[[values]]", f"{repeal}\n[[values]]")
    book = rulebook_with(tmp_path, {"us/seven-after-talk.toml": text})
    talked = (PastConversation(NOON, frozenset({1})),)
    verdict = decide(facts(conversations=talked), book, NOON)
    assert isinstance(verdict, Refused)
    assert verdict.retry_at == datetime(2026, 11, 20, 8, tzinfo=CHICAGO)


def test_where_no_instant_fits_today_a_rule_to_come_may_open_one(tmp_path: Path) -> None:
    later = '\n[[values]]\neffective = 2026-11-20\nvalue = { mon-sun = "00:00-24:00" }\n'
    text = changed("policy/business-hours", "[[values]]", f"{later}\n[[values]]")
    book = rulebook_with(tmp_path, {"policy/business-hours.toml": text})
    apart = facts(profile="b2b-first-party", zones=("America/New_York", "Asia/Tokyo"))
    today = decide(apart, BOOK, NOON)
    assert isinstance(today, Refused)
    assert today.retry_at is None
    to_come = decide(apart, book, NOON)
    assert isinstance(to_come, Refused)
    assert to_come.retry_at == datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert isinstance(decide(apart, book, to_come.retry_at), Permitted)


def test_conversations_may_be_counted_by_debt(tmp_path: Path) -> None:
    name = "us/west-virginia/ten-conversations-a-week"
    text = changed(name, 'limit = 10, days = 7, per = "person"', 'limit = 1, days = 30, per = "debt"')
    book = rulebook_with(tmp_path, {f"{name}.toml": text})
    for debts, permitted in ((frozenset({1}), False), (frozenset({2}), True), (frozenset({1, 2}), False)):
        talked = (PastConversation(NOON - timedelta(days=20), debts),)
        verdict = decide(facts(jurisdictions=("US-WV",), conversations=talked), book, NOON)
        assert isinstance(verdict, Permitted) is permitted
        check = next(c for c in verdict.checks if "conversations-a-week" in c.rule_id)
        assert check.message == f"{int(not permitted)} of 1 conversations used in 30 days"


def test_a_flag_that_ends_now_is_over() -> None:
    grown = decide(facts(flags=(Flag(FlagKind.MINOR, NOON, NOON),)), BOOK, NOON)
    assert {c.message for c in grown.checks if c.rule_id == "flags/minor"} == {"not flagged: minor"}


# ---- overrides -----------------------------------------------------------------------------------------


def test_a_refusal_says_whether_a_supervisor_may_override_it_and_whether_two_must() -> None:
    day = tuple(attempt(NOON - timedelta(hours=hours)) for hours in (3, 4))
    courtesy = decide(facts(attempts=day), BOOK, NOON)
    assert isinstance(courtesy, Refused)
    assert courtesy.overridable
    assert not courtesy.two_person
    licence = decide(facts(attempts=day, licences=frozenset({"US-TX"})), BOOK, NOON)
    assert isinstance(licence, Refused)
    assert licence.overridable
    assert licence.two_person
    late = decide(facts(attempts=day), BOOK, NOON.replace(hour=23))
    assert isinstance(late, Refused)
    assert not late.overridable
    assert [check.level for check in late.reasons] == [Level.BLOCK, Level.SUPERVISOR, Level.BLOCK]


def test_rules_that_never_meet_leave_nothing_to_wait_for() -> None:
    days = (
        [None if n else (time(9), time(17)) for n in range(7)],
        [(time(9), time(17)) if n else None for n in range(7)],
    )
    apart = [Outcome("", openings=(Opening(CHICAGO, Hours(tuple(spans))),)) for spans in days]
    assert first_pass(apart, NOON) is None
    assert first_pass([], NOON) == NOON
    far = NOON + timedelta(days=500)
    assert first_pass([Outcome("", far), Outcome("", openings=apart[1].openings)], NOON) == far


def test_a_wait_that_consent_lifts_for_a_while() -> None:
    at, excused, free = NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    wait = Wait(free, excused)
    assert (wait.opens(at), wait.closes(at)) == (at, excused)
    assert (wait.opens(excused), wait.closes(excused)) == (free, None)
    assert (wait.opens(free), wait.closes(free)) == (free, FOREVER)
    assert Wait(free, free).closes(at) == FOREVER
    longer = Wait(excused, free)
    assert (longer.opens(at), longer.closes(at)) == (at, FOREVER)
    assert (longer.opens(free), longer.closes(free)) == (free, FOREVER)


def test_told_times_over_midnight_and_their_tail_before_it() -> None:
    night = Designation(NOON, frozenset({4}), time(22), time(6))  # Friday night
    closing = Closing(CHICAGO, night, timedelta(minutes=10))
    friday = datetime(2026, 11, 20, tzinfo=CHICAGO)
    begins, ends = friday.replace(hour=21, minute=50), datetime(2026, 11, 21, 6, tzinfo=CHICAGO)
    assert closing.closes(friday) == begins
    for held in (begins, friday.replace(hour=23), datetime(2026, 11, 21, 0, 30, tzinfo=CHICAGO)):
        assert closing.closes(held) is None
        assert closing.opens(held) == ends
    assert closing.opens(ends) == ends
    assert closing.closes(ends) == begins + timedelta(days=7)
    saturdays = Closing(CHICAGO, Designation(NOON, frozenset({5})), timedelta(minutes=10))
    assert saturdays.opens(friday.replace(hour=23, minute=50)) == datetime(2026, 11, 22, tzinfo=CHICAGO)
    assert saturdays.closes(friday) == friday.replace(hour=23, minute=50)
    always = Closing(CHICAGO, Designation(NOON), timedelta())
    assert always.opens(friday) is None
    once = Closing(CHICAGO, Designation(NOON, until=NOON + timedelta(days=1)), timedelta())
    assert once.opens(NOON) == NOON + timedelta(days=1)
    assert once.closes(NOON + timedelta(days=1)) == FOREVER


def test_told_times_take_the_stricter_reading_on_the_days_clocks_change() -> None:
    early = Closing(CHICAGO, Designation(NOON, begins=time(1, 30), ends=time(2)), timedelta())
    assert early.closes(datetime(2026, 11, 1, 6, tzinfo=UTC)) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    late = Closing(CHICAGO, Designation(NOON, begins=time(0), ends=time(1, 30)), timedelta())
    assert late.opens(datetime(2026, 11, 1, 6, tzinfo=UTC)) == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)


# ---- opening hours -------------------------------------------------------------------------------------


def test_hours_around_a_clock_change_take_the_stricter_reading() -> None:
    new_york = ZoneInfo("America/New_York")
    early = Opening(new_york, Hours(((time(1, 30), time(6, 0)),) * 7))
    start, _ = early.stretch(date(2026, 11, 1)) or (None, None)
    assert start == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)  # the second 01:30, eastern standard time
    late = Opening(new_york, Hours(((time(0, 0), time(1, 30)),) * 7))
    _, end = late.stretch(date(2026, 11, 1)) or (None, None)
    assert end == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # the first 01:30, daylight time
    gap = Opening(new_york, Hours(((time(2, 30), time(6, 0)),) * 7))
    start, _ = gap.stretch(date(2026, 3, 8)) or (None, None)
    assert start == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 02:30 does not occur: 03:30 daylight time


def test_a_margin_longer_than_the_hours_never_opens() -> None:
    hours = Hours(((time(9), time(9, 5)),) * 7)
    opening = Opening(CHICAGO, hours, timedelta(minutes=10))
    assert opening.opens(NOON) is None
    assert first_open((opening,), NOON) is None


def test_round_the_clock_hours_are_open_till_midnight() -> None:
    opening = Opening(CHICAGO, Hours(((time(0), None),) * 7))
    assert opening.closes(NOON) == datetime(2026, 11, 19, tzinfo=CHICAGO)


def test_holidays_of_an_unknown_country_are_none() -> None:
    assert public_holidays("XX", 2026) == {}
    assert public_holidays("CA-ON", 2026)[date(2026, 2, 16)] == "Family Day"


@pytest.mark.parametrize("name", ["", "Napakiak", "../etc/passwd", "/etc/passwd", "America", "Etc/Nowhere"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone(name) is None
