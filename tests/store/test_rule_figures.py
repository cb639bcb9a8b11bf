"""The rules' figures out of the book, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compliance.checks.finding import FindingKind, Heard
from compliance.transcription.words import Leg
from tests.fixtures.book import Shop
from tests.store.test_calls import ANSWERED, LATER, place, wrap
from tests.store.test_reviews import ARREST, said
from workstation.desk.audit import Sampling
from workstation.desk.audit_figures import Judged, Share
from workstation.desk.book import NotAllowed
from workstation.desk.mismatch import MismatchKind
from workstation.store.tables import CallRow, MismatchRow

MIRANDA_MADE = replace(
    ARREST, rule_id="disclosure.mini-miranda", kind=FindingKind.DISCLOSURE, verdict=Heard.HEARD
)


def talked(shop: Shop, now: datetime, reserved: datetime) -> str:
    """A call with a threat and a disclosure that was made, moved to when it is said to have been placed."""
    book = shop.book
    call_id = place(shop, now).call_id
    book.add_utterance(call_id, said("you will be arrested for this", 131.0), LATER)
    for finding in (ARREST, MIRANDA_MADE):
        book.add_finding(call_id, finding, LATER)
    book.end_call(call_id, ANSWERED)
    book.wrap_up(wrap(shop, call_id), LATER)
    book.mark_judged(call_id)
    with book.database.write() as session:
        session.get_one(CallRow, call_id).reserved_at = reserved
    return call_id


def test_what_rules_found_by_the_floor_s_months_and_the_findings_of_one(shop: Shop) -> None:
    book, morgan = shop.book, shop.morgan
    book.sampling = Sampling(100)
    # Half past eleven on the last of October in Chicago is the first of November in UTC.
    october = talked(shop, LATER, datetime(2026, 11, 1, 4, 30, tzinfo=UTC))
    long_ago = talked(shop, LATER + timedelta(days=1), datetime(2024, 2, 1, 18, tzinfo=UTC))
    november = talked(shop, LATER + timedelta(days=2), LATER + timedelta(days=2))
    now = LATER + timedelta(days=3)
    with book.database.write() as session:
        for kind, stands in ((MismatchKind.RIGHT_PARTY, True), (MismatchKind.DISPUTE, False)):
            session.add(
                MismatchRow(
                    call_id=november, at=now, kind=kind.name, disposition="WRONG_NUMBER", second=4.0,
                    words="yes [/b] this is", confidence=0.7, stands=stands,
                )
            )  # fmt: skip
    doubt, *_ = book.audit_sheet(november, morgan, now).doubts
    book.judge_finding(november, morgan, doubt.target, Judged.REJECTED, "=he denied it", now)
    book.add_missed(
        october,
        morgan,
        rule_id="forbidden.arrest",
        leg=Leg.AGENT,
        second=12.0,
        words="the police",
        reason="",
        now=now,
    )
    table = book.rule_table(morgan, now)
    assert table.calls == 3
    by_rule = {line.rule_id: line for line in table.lines}
    assert set(by_rule) == {"forbidden.arrest", MismatchKind.RIGHT_PARTY.rule_id}, (
        "a disclosure made is no doubt"
    )
    arrest = by_rule["forbidden.arrest"]
    assert (arrest.name.title, arrest.name.severity) == ("Threat of arrest or jail", "critical")
    assert (arrest.figures.findings, arrest.figures.calls, arrest.judged_calls) == (3, 3, 3)
    assert (arrest.figures.precision, arrest.missed) == (Share(0, 1), 1)
    assert [(m.month.month, m.calls, m.findings) for m in arrest.months[-2:]] == [(10, 1, 1), (11, 1, 1)]
    assert by_rule["mismatch.right-party"].name.title == MismatchKind.RIGHT_PARTY.value

    found = book.findings_of_rule("forbidden.arrest", morgan)
    assert found.total == 4
    assert [(f.call_id, f.second, f.verdict, f.judged) for f in found.rows] == [
        (november, 132.0, "heard", Judged.REJECTED),
        (october, 12.0, "", Judged.ADDED),
        (october, 132.0, "heard", None),
        (long_ago, 132.0, "heard", None),
    ]
    assert [(f.words, f.reason) for f in found.rows[:2]] == [
        ("arrested", "=he denied it"),
        ("the police", ""),
    ]
    paged = [book.findings_of_rule("forbidden.arrest", morgan, offset=n, limit=1).rows[0] for n in range(4)]
    assert tuple(paged) == found.rows
    (one,) = book.findings_of_rule("mismatch.right-party", morgan).rows
    assert (one.words, one.second, one.confidence) == ("yes [/b] this is", 4.0, 0.7)
    assert book.findings_of_rule("forbidden.arrest' OR 1=1", morgan).total == 0
    for refused in (
        lambda: book.rule_table(shop.dana, now),
        lambda: book.findings_of_rule("forbidden.arrest", shop.dana),
    ):
        with pytest.raises(NotAllowed):
            refused()
