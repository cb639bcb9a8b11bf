"""The ranking of calls for review, and the figures about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.checks.finding import FindingKind, Heard, Severity
from workstation.desk.audit import (
    CallFacts,
    Doubt,
    RuleRecord,
    Why,
    chance,
    drawn,
    place,
    rank,
    score,
    worth,
)
from workstation.desk.audit_figures import (
    FEW,
    Judged,
    PromiseCall,
    Reviewed,
    Share,
    VerdictLine,
    by_month,
    lift,
    line_figures,
    rule_figures,
    wilson,
)

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)
ARREST = Doubt(
    "finding:1", "forbidden.arrest", "2021-11-30", "Threat of arrest", Severity.CRITICAL,
    FindingKind.FORBIDDEN, Heard.HEARD, 0.61, 132.0,
)  # fmt: skip

doubts = st.builds(
    Doubt,
    target=st.integers(1, 9).map("finding:{}".format),
    rule_id=st.sampled_from(["a", "b", "c"]),
    rule_version=st.just("1"),
    title=st.just("something"),
    severity=st.sampled_from(Severity),
    kind=st.sampled_from([*FindingKind, None]),
    verdict=st.sampled_from(Heard),
    confidence=st.floats(0, 1),
)
records = st.builds(RuleRecord, st.integers(0, 200), st.integers(0, 200))
call_ids = st.text("0123456789abcdef", min_size=16, max_size=16)


@given(doubts, records)
def test_a_chance_is_one(doubt: Doubt, record: RuleRecord) -> None:
    assert 0 <= chance(doubt, record) <= 1


@given(st.lists(doubts, max_size=6), doubts)
def test_one_more_doubt_never_makes_a_call_better(known: list[Doubt], more: Doubt) -> None:
    assert score([*known, more]) >= score(known)


@given(doubts, st.floats(0, 1), records)
def test_surer_and_graver_are_worth_more(doubt: Doubt, surer: float, record: RuleRecord) -> None:
    low, high = sorted((doubt.confidence, surer))
    assert worth(replace(doubt, confidence=low), record) <= worth(replace(doubt, confidence=high), record)
    grades = [worth(replace(doubt, severity=s), record) for s in Severity]
    assert grades == sorted(grades, reverse=True)


@given(doubts, records)
def test_verdicts_teach(doubt: Doubt, record: RuleRecord) -> None:
    confirmed = RuleRecord(record.confirmed + 1, record.rejected)
    rejected = RuleRecord(record.confirmed, record.rejected + 1)
    assert chance(doubt, rejected) <= chance(doubt, record) <= chance(doubt, confirmed)


@given(
    st.lists(st.tuples(call_ids, st.lists(doubts, max_size=3), st.integers(1, 6)), unique_by=lambda c: c[0])
)
def test_the_list_is_in_order_and_whole(drawn_calls: list[tuple[str, list[Doubt], int]]) -> None:
    calls = [CallFacts(n, NOON, stage, tuple(found)) for n, found, stage in drawn_calls]
    places = rank(calls)
    assert all(a.score >= b.score for a, b in pairwise(places))
    listed = {p.call_id: p for p in places}
    assert len(listed) == len(places)
    for call in calls:
        wanted = score(call.doubts) > 0 or call.stage == 6 or drawn(call.call_id)
        assert (call.call_id in listed) is wanted
    assert all(p.why and 1 <= len(p.reasons) <= 2 for p in places)
    assert list(places) == list(rank(reversed(calls)))


def test_a_row_says_why_it_stands_there() -> None:
    missing = replace(ARREST, rule_id="disclosure.mini-miranda", title="Mini-Miranda",
                      kind=FindingKind.DISCLOSURE, severity=Severity.HIGH, verdict=Heard.MISSING)  # fmt: skip
    unsure = replace(missing, rule_id="x", title="Recording notice", verdict=Heard.INCONCLUSIVE)
    found = place(CallFacts("one-call-0", NOON, 4, (unsure, missing, ARREST)), percent=0)
    assert found is not None
    assert found.reasons == ("Threat of arrest 0.61", "Mini-Miranda: missing")
    assert found.why == (Why.FOUND,)
    for facts, reasons, why in (
        (CallFacts("one-call-0", NOON, 6), ("stage six",), (Why.ALWAYS,)),
        (
            CallFacts("one-call-0", NOON, 4, (), "CEASE", always=True),
            ("disposition CEASE",),
            (Why.ALWAYS,),
        ),
    ):
        got = place(facts, percent=0)
        assert got is not None
        assert (got.reasons, got.why) == (reasons, why)
    assert place(CallFacts("one-call-0", NOON, 4), percent=0) is None
    chosen = place(CallFacts("one-call-0", NOON, 4), percent=100)
    assert chosen is not None
    assert (chosen.reasons, chosen.sampled) == (("random sample",), True)


def test_a_heard_disclosure_is_nothing_to_look_at_and_a_cue_is_no_fault() -> None:
    said = replace(ARREST, kind=FindingKind.DISCLOSURE)
    cue = replace(ARREST, kind=FindingKind.CUE)
    assert (said.doubtful, chance(said)) == (False, 0)
    assert (cue.doubtful, cue.bad, ARREST.bad) == (True, False, True)


# ---- the random share ----


@given(call_ids, st.floats(0, 100), st.floats(0, 100))
def test_who_is_drawn_stays_drawn_for_a_larger_share(call_id: str, a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert drawn(call_id, high, "seed") or not drawn(call_id, low, "seed")
    assert drawn(call_id, 100)
    assert not drawn(call_id, 0)


def test_the_share_is_met_and_the_seed_matters() -> None:
    ids = [f"{n:016x}" for n in range(20_000)]
    picked = {n for n in ids if drawn(n, 10, "a")}
    assert 1_850 <= len(picked) <= 2_150  # 2,000 and 3.5 standard deviations
    other = {n for n in ids if drawn(n, 10, "b")}
    assert 120 <= len(picked & other) <= 280  # two seeds meet by chance: 200
    with pytest.raises(ValueError, match="0 to 100"):
        drawn("x", 101)


# ---- figures ----


def test_wilson_s_interval_against_a_known_value() -> None:
    # 81 of 263: Wilson 95 % is 0.2553 to 0.3662 (Newcombe 1998, table I).
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20)[0] == 0
    assert round(wilson(0, 20)[1], 4) == 0.1611
    assert wilson(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="no share"):
        wilson(3, 2)


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_share(a: int, b: int) -> None:
    hits, of = sorted((a, b))
    low, high = wilson(hits, of)
    assert 0 <= low <= high <= 1
    share = Share(hits, of).value
    assert share is None or low - 1e-9 <= share <= high + 1e-9


def reviewed(n: int, bad: int, *, score: float, sampled: bool, start: int = 0) -> list[Reviewed]:
    return [Reviewed(f"call-{start + i}", score, sampled, i < bad) for i in range(n)]


def test_lift_compares_the_top_with_the_sample() -> None:
    calls = [
        *reviewed(40, 30, score=5, sampled=False),
        *reviewed(100, 10, score=0, sampled=True, start=1000),
    ]
    found = lift(calls, 40)
    assert (found.top, found.random, found.unknown) == (Share(30, 40), Share(10, 100), "")
    assert found.value == pytest.approx(7.5)
    assert found.low is not None
    assert 1 < found.low < 7.5


def test_lift_is_not_known_of_few() -> None:
    calls = [
        *reviewed(40, 30, score=5, sampled=False),
        *reviewed(FEW - 1, 1, score=0, sampled=True, start=1000),
    ]
    assert lift(calls, 40).value is None
    assert "19 calls of the random sample" in lift(calls, 40).unknown
    assert "among the highest" in lift(calls, 5).unknown
    none_bad = [*reviewed(40, 30, score=5, sampled=False), *reviewed(30, 0, score=0, sampled=True, start=99)]
    assert lift(none_bad, 30).unknown == "no bad call in the random sample yet"


def test_precision_recall_and_months() -> None:
    def said(judged: Judged, *, sampled: bool = False, month: int = 11) -> VerdictLine:
        return VerdictLine("c", "r", "1", judged, NOON.replace(month=month), sampled)

    lines = [
        said(Judged.CONFIRMED, sampled=True),
        said(Judged.CONFIRMED, month=10),
        said(Judged.REJECTED),
        said(Judged.ADDED, sampled=True),
        said(Judged.ADDED),
    ]
    (figures,) = rule_figures(lines, {("r", "1"): (7, 5)})
    assert (figures.precision, figures.recall) == (Share(2, 3), Share(1, 2))
    assert (figures.findings, figures.calls) == (7, 5)
    assert by_month(lines) == (("2026-10", "r", Share(1, 1)), ("2026-11", "r", Share(1, 2)))


def test_lines_beside_promises() -> None:
    calls = [
        PromiseCall(frozenset({"ask", "close"}), kept=True),
        PromiseCall(frozenset({"ask"}), kept=False),
        PromiseCall(frozenset({"close"}), kept=True),
    ]
    ask, close = sorted(line_figures(calls), key=lambda f: f.line)
    assert (ask.said, ask.unsaid) == (Share(1, 2), Share(1, 1))
    assert (close.said, close.unsaid) == (Share(2, 2), Share(0, 1))
    assert line_figures(calls)[0] is not None
    assert line_figures(calls)[0].line == "close"
    assert line_figures([]) == ()


def test_the_newest_comes_first_among_equals() -> None:
    calls = [CallFacts(f"call-{n:04}", NOON + timedelta(hours=n), 4, (ARREST,)) for n in range(3)]
    assert [p.call_id for p in rank(calls)] == ["call-0002", "call-0001", "call-0000"]
