"""Reviews of calls: levels, locks, verdicts, and that nothing reviewed changes unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.transcription.words import Leg, Source, Utterance, Word
from tests.fixtures.book import WEDNESDAY, Shop
from tests.store.test_calls import ANSWERED, LATER, place, wrap
from workstation.desk.audit import Sampling, Why
from workstation.desk.audit_figures import Judged, Share
from workstation.desk.book import InvalidEntry, LeaseHeld, NotAllowed, NotFound
from workstation.desk.hearing import HeardAgain, LegAgain
from workstation.desk.money import Money
from workstation.desk.review import LOCK_LASTS, Act, Changed, State
from workstation.desk.roles import Role
from workstation.desk.views import DraftPromise, WrapUp

ARREST = Finding(
    "forbidden.arrest", "2021-11-30", FindingKind.FORBIDDEN, "Threat of arrest or jail", Severity.CRITICAL,
    "15 USC 1692e(4)", Leg.AGENT, Heard.HEARD, 132.0, 133.0, 0.61,
    (Word("arrested", 132.0, 133.0, 0.61),),
)  # fmt: skip
FILES = {"mixed.wav16": "aa", "agent.wav16": "bb"}


@dataclass(frozen=True)
class Floor:
    """A shop with a talk worth a review and people of each level."""

    shop: Shop
    call_id: str
    kei: int
    iris: int

    @property
    def target(self) -> str:
        (number, _), *_ = self.shop.book.numbered_findings(self.call_id)
        return f"finding:{number}"


def said(words: str, start: float, leg: Leg = Leg.AGENT) -> Utterance:
    spoken = tuple(Word(w, start + i * 0.3, start + i * 0.3 + 0.28, 0.9) for i, w in enumerate(words.split()))
    return Utterance(leg, start, spoken[-1].end, words, spoken, True)


@pytest.fixture
def floor(shop: Shop) -> Floor:
    book = shop.book
    call_id = place(shop).call_id
    book.add_utterance(call_id, said("you will be arrested for this", 131.0), LATER)
    book.add_utterance(call_id, said("please do not say that", 135.0, Leg.DEBTOR), LATER)
    book.add_finding(call_id, ARREST, LATER)
    book.end_call(call_id, ANSWERED)
    book.wrap_up(wrap(shop, call_id), LATER)
    book.mark_judged(call_id)
    kei = book.create_user("kei", "Kei Tester", Role.MANAGER, "correct horse", WEDNESDAY)
    iris = book.create_user("iris", "Iris Tester", Role.COMPLIANCE, "correct horse", WEDNESDAY)
    book.sampling = Sampling(percent=0)
    return Floor(shop, call_id, kei, iris)


def commit(floor: Floor, files: Mapping[str, str] = FILES) -> None:
    book, shop = floor.shop.book, floor.shop
    book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.CONFIRMED, "", LATER)
    book.commit_review(floor.call_id, shop.morgan, files, "rules-1", LATER)


def changed(floor: Floor, files: Mapping[str, str] = FILES) -> tuple[Changed, ...]:
    return floor.shop.book.verify_reviews(lambda _call_id: files)


# ---- the list ----


def test_the_list_says_why_and_what_is_open(floor: Floor) -> None:
    page = floor.shop.book.audit_list(floor.shop.morgan, LATER)
    (row,) = page.rows
    assert (page.total, page.calls) == (1, 1)
    assert (row.collector, row.account, row.party, row.state) == (
        "Dana Tester",
        "A-1",
        "Jordan Reyes",
        State.NEW,
    )
    assert row.place.reasons == ("Threat of arrest or jail 0.61",)
    assert row.place.why == (Why.FOUND,)
    assert (row.open_doubts, row.holder) == (1, "")
    with pytest.raises(NotAllowed):
        floor.shop.book.audit_list(floor.shop.dana, LATER)


def test_a_committed_call_leaves_the_list_and_stands_among_those_done(floor: Floor) -> None:
    commit(floor)
    book = floor.shop.book
    assert book.audit_list(floor.shop.morgan, LATER).rows == ()
    (row,) = book.audit_list(floor.shop.morgan, LATER, done=True).rows
    assert row.place.call_id == floor.call_id
    assert row.state is State.COMMITTED


def test_false_alarms_lower_a_rule_s_calls(floor: Floor) -> None:
    book = floor.shop.book
    before = book.audit_list(floor.shop.morgan, LATER).rows[0].place.score
    book.judge_finding(floor.call_id, floor.shop.morgan, floor.target, Judged.REJECTED, "he denied it", LATER)
    assert book.audit_list(floor.shop.morgan, LATER).rows[0].place.score < before


# ---- levels and locks ----


def test_one_reviewer_at_a_time_until_the_lock_expires(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    book.take_review(floor.call_id, shop.morgan, LATER)
    with pytest.raises(LeaseHeld, match="Morgan Tester"):
        book.take_review(floor.call_id, floor.kei, LATER + LOCK_LASTS - timedelta(seconds=1))
    assert book.audit_list(floor.kei, LATER).rows[0].holder == "Morgan Tester"
    stands = book.take_review(floor.call_id, floor.kei, LATER + LOCK_LASTS)
    assert stands.people == {1: (shop.morgan, floor.kei)}
    with pytest.raises(LeaseHeld, match="Kei Tester"):
        book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.CONFIRMED, "", LATER + LOCK_LASTS)
    book.release_review(floor.call_id, floor.kei)
    book.take_review(floor.call_id, shop.morgan, LATER + LOCK_LASTS)


def test_going_on_adds_no_second_taking(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    for _ in range(3):
        book.take_review(floor.call_id, shop.morgan, LATER)
    sheet = book.audit_sheet(floor.call_id, shop.morgan, LATER)
    assert [s.act for s in sheet.steps] == [Act.TAKEN]
    assert sheet.steps[0].detail["score"] == pytest.approx(8 * 0.61)
    assert (sheet.holder_id, sheet.standing.level) == (shop.morgan, 1)


def test_each_level_is_another_person_s_and_the_third_a_manager_s(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    assert book.pass_review(floor.call_id, shop.morgan, LATER) == 2
    with pytest.raises(NotAllowed, match="another person's"):
        book.take_review(floor.call_id, shop.morgan, LATER)
    second = book.create_user("sol", "Sol Tester", Role.SUPERVISOR, "correct horse", WEDNESDAY)
    assert book.pass_review(floor.call_id, second, LATER) == 3
    third = book.create_user("ada", "Ada Tester", Role.SUPERVISOR, "correct horse", WEDNESDAY)
    with pytest.raises(NotAllowed, match="level 3"):
        book.take_review(floor.call_id, third, LATER)
    with pytest.raises(InvalidEntry, match="the last"):
        book.pass_review(floor.call_id, floor.iris, LATER)
    book.judge_finding(floor.call_id, floor.iris, floor.target, Judged.CONFIRMED, "", LATER)
    book.commit_review(floor.call_id, floor.iris, FILES, "rules-1", LATER)
    acts = [(s.level, s.act) for s in book.audit_sheet(floor.call_id, shop.morgan, LATER).steps]
    assert acts == [
        (1, Act.TAKEN), (1, Act.PASSED), (2, Act.TAKEN), (2, Act.PASSED), (3, Act.TAKEN), (3, Act.FINISHED),
        (3, Act.COMMITTED),
    ]  # fmt: skip


def test_who_took_the_call_may_not_review_it(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    with pytest.raises(NotAllowed, match="a collector may not audit calls"):
        book.take_review(floor.call_id, shop.dana, LATER)
    with book.database.write() as session:
        session.execute(text("UPDATE users SET role = 'supervisor' WHERE username = 'dana'"))
    with pytest.raises(NotAllowed, match="you took this call"):
        book.take_review(floor.call_id, shop.dana, LATER)


def test_a_finding_left_open_keeps_a_review_open(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    with pytest.raises(InvalidEntry, match="1 open: confirm or reject Threat of arrest"):
        book.finish_review(floor.call_id, shop.morgan, LATER)
    with pytest.raises(InvalidEntry, match="say why"):
        book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.REJECTED, "  ", LATER)
    with pytest.raises(NotFound, match="no 'finding:99'"):
        book.judge_finding(floor.call_id, shop.morgan, "finding:99", Judged.CONFIRMED, "", LATER)
    book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.CONFIRMED, "", LATER)
    book.finish_review(floor.call_id, shop.morgan, LATER)
    with pytest.raises(NotAllowed, match="finished"):
        book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.REJECTED, "no", LATER)
    book.commit_review(floor.call_id, shop.morgan, FILES, "rules-1", LATER)
    for act in (book.take_review, book.pass_review, book.finish_review):
        with pytest.raises(NotAllowed, match="committed"):
            act(floor.call_id, shop.morgan, LATER)


def test_what_has_nothing_to_review_cannot_be_taken(shop: Shop) -> None:
    call_id = place(shop).call_id
    with pytest.raises(NotFound, match="nothing to review"):
        shop.book.take_review(call_id, shop.morgan, LATER)
    with pytest.raises(NotFound):
        shop.book.take_review("no-such-call", shop.morgan, LATER)


# ---- verdicts and figures ----


def test_verdicts_feed_the_rule_s_figures(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    book.sampling = Sampling(percent=100)
    book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.REJECTED, "mistaken", LATER)
    book.judge_finding(floor.call_id, shop.morgan, floor.target, Judged.CONFIRMED, "", LATER)
    book.add_missed(
        floor.call_id, shop.morgan, rule_id="forbidden.arrest", leg=Leg.AGENT, second=140.0,
        words="the police will visit", reason="", now=LATER,
    )  # fmt: skip
    (figures,) = book.rule_figures()
    assert (figures.precision, figures.recall, figures.findings, figures.calls) == (
        Share(1, 1),
        Share(1, 2),
        1,
        1,
    )
    assert book.precision_by_month() == (("2026-11", "forbidden.arrest", Share(1, 1)),)
    assert book.audit_lift(10).top == Share(0, 0)  # not committed yet
    book.commit_review(floor.call_id, shop.morgan, FILES, "rules-1", LATER)
    found = book.audit_lift(10)
    assert (found.top, found.random, found.value) == (Share(1, 1), Share(1, 1), None)


def test_what_was_missed_must_be_a_rule_s_and_lie_in_the_call(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop

    def add(rule_id: str, second: float, words: str) -> None:
        book.add_missed(
            floor.call_id, shop.morgan, rule_id=rule_id, leg=Leg.AGENT, second=second, words=words,
            reason="", now=LATER,
        )  # fmt: skip

    with pytest.raises(NotFound, match="no speech rule"):
        add("forbidden.yodelling", 1, "x")
    with pytest.raises(InvalidEntry, match="no second 9999"):
        add("forbidden.arrest", 9999, "x")
    with pytest.raises(InvalidEntry, match="which words"):
        add("forbidden.arrest", 1, " ")


def test_lines_heard_stand_beside_promises_kept(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    now = LATER + timedelta(days=1)
    promise = DraftPromise(Money(100_000, "USD"), date(2026, 11, 20), "bank transfer", "Jordan Reyes")
    call_id = place(shop, now).call_id
    book.end_call(call_id, ANSWERED)
    book.wrap_up(WrapUp(call_id, shop.dana, "RPC_PROMISE", "Will pay.", promise), now)
    book.keep_lines(call_id, {"b2b-first-party/ask": (20.0, 0.9)})
    book.keep_lines(call_id, {"b2b-first-party/ask": (21.0, 0.95)})
    assert book.line_figures(now) == ()  # it is not due yet
    (figures,) = book.line_figures(now + timedelta(days=20))
    assert (figures.line, figures.said, figures.unsaid) == ("b2b-first-party/ask", Share(0, 1), Share(0, 0))


# ---- what was reviewed does not change unseen ----


def test_an_untouched_review_is_sound(floor: Floor) -> None:
    commit(floor)
    assert changed(floor) == ()
    assert floor.shop.book.verify_audit().sound


def test_what_was_altered_after_the_commit_is_named(floor: Floor) -> None:
    commit(floor)
    for statement, what in (
        ("UPDATE segments SET text = 'have a nice day' WHERE leg = 'agent'", "words of the agent at 02:11"),
        ("DELETE FROM segments WHERE leg = 'debtor'", "words 2 were removed"),
        ("UPDATE findings SET severity = 'info'", "finding 1 (forbidden.arrest)"),
        ("DELETE FROM findings", "finding 1 was removed"),
    ):
        with floor.shop.book.database.write() as session:
            session.execute(text(statement))
        found = changed(floor)
        assert what in {c.what for c in found}
        assert not any(c.sound for c in found)
        assert {c.call_id for c in found} == {floor.call_id}


def test_a_review_s_own_rows_are_vouched_for(floor: Floor) -> None:
    commit(floor)
    book = floor.shop.book
    for table, statement, what in (
        ("review_verdicts", "UPDATE review_verdicts SET judged = 'rejected'", "review verdict 1 was changed"),
        ("review_verdicts", "DELETE FROM review_verdicts", "review verdict 1 was removed"),
        ("review_steps", "UPDATE review_steps SET detail = '{}' WHERE id = 3", "review step 3 was changed"),
    ):
        if "DELETE" not in statement:
            with pytest.raises(Exception, match=r"append-only|refuse"), book.database.write() as session:
                session.execute(text(statement))
        with book.database.write() as session:
            if book.database.is_sqlite:
                for verb in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
            else:
                session.execute(text("SET LOCAL session_replication_role = replica"))
            session.execute(text(statement))
        assert what in {c.what for c in changed(floor) if not c.sound}


def test_recordings_are_bound_by_their_digests(floor: Floor) -> None:
    commit(floor)
    found = {c.what: c.because for c in changed(floor, {"mixed.wav16": "cc"})}
    assert found == {"recording mixed.wav16": "", "recording agent.wav16 is gone": ""}
    floor.shop.book.recordings_deleted(floor.call_id, "kept 3 years", LATER)  # it has none on record
    assert {c.because for c in changed(floor, {})} == {""}
    floor.shop.book.record_recording(floor.call_id, {"mixed": "mixed.wav16"}, LATER)
    floor.shop.book.recordings_deleted(floor.call_id, "kept 3 years", LATER)
    assert {c.because for c in changed(floor, {})} == {"retention"}


def test_a_redaction_after_the_review_is_said_to_be_one(floor: Floor) -> None:
    book = floor.shop.book
    book.add_utterance(floor.call_id, said("sure it is four one one one", 150.0, Leg.DEBTOR), LATER)
    commit(floor)
    rest = "one one one one one one one one one one one one"
    book.add_utterance(floor.call_id, said(rest, 152.0, Leg.DEBTOR), LATER)
    (owing,) = book.redacted_calls(floor.call_id)
    book.redaction_paid(owing, {"mixed.wav16": "muted"}, LATER)
    found = {c.what: c.because for c in changed(floor, {**FILES, "mixed.wav16": "muted"})}
    assert found.pop("words of the debtor at 02:30") == "redaction #1"
    assert found.pop("recording mixed.wav16") == "redaction #1"
    assert found.pop("finding 2 (incident.card-data) was added") == "redaction #1"
    # The words that came after the commit are no redaction's doing, nor was the call heard again.
    assert set(found.values()) == {""}
    assert [w for w in found if "were added" in w]
    with book.database.write() as session:
        session.execute(text("UPDATE segments SET text = 'thank you' WHERE leg = 'agent'"))
        session.execute(text("UPDATE segments SET text = 'sure it is fine' WHERE text LIKE 'sure it is%'"))
    altered = {c.what for c in changed(floor) if not c.sound}
    assert {"words of the agent at 02:11", "words of the debtor at 02:30"} <= altered


def test_a_call_heard_again_after_the_review_is_said_to_be_so(floor: Floor) -> None:
    commit(floor)
    book = floor.shop.book
    ((number, _),) = book.numbered_findings(floor.call_id)
    better = replace(said("nobody will be arrested", 131.0), source=Source.THOROUGH)
    book.begin_hearing(floor.call_id)
    again = HeardAgain("vosk", {Leg.AGENT: LegAgain((better,), 200.0)}, {}, (), (number,), 1.0)
    assert book.hear_again(floor.call_id, again, LATER + timedelta(minutes=1))
    found = changed(floor)
    assert found
    assert {c.because for c in found} == {"heard again"}


# ---- coaching ----


def test_a_coaching_thread_is_kept_and_counted(floor: Floor) -> None:
    book, shop = floor.shop.book, floor.shop
    first = book.coach(floor.call_id, shop.morgan, "Never say arrest.", LATER, second=132.0)
    assert (book.coaching_unread(shop.dana), book.coaching_unread(shop.morgan)) == (1, 0)
    (note,) = book.coaching_of(shop.dana)
    assert (note.author, note.to, note.text, note.second, note.unread) == (
        "Morgan Tester", "Dana Tester", "Never say arrest.", 132.0, True,
    )  # fmt: skip
    reply = book.answer_coaching(first, shop.dana, "Understood.", LATER)
    assert (book.coaching_unread(shop.dana), book.coaching_unread(shop.morgan)) == (0, 1)
    book.see_coaching(first, shop.morgan, LATER)
    assert book.coaching_unread(shop.morgan) == 0
    assert [(n.id, n.thread) for n in book.coaching_of(shop.morgan)] == [(first, first), (reply, first)]
    with pytest.raises(NotAllowed, match="two other people"):
        book.answer_coaching(first, shop.sam, "Me too.", LATER)
    with pytest.raises(InvalidEntry, match="nothing written"):
        book.coach(floor.call_id, shop.morgan, " ", LATER)
    with pytest.raises(NotAllowed):
        book.coach(floor.call_id, shop.sam, "I am no reviewer.", LATER)
    with pytest.raises(NotFound):
        book.answer_coaching(99, shop.dana, "?", LATER)
