"""A last chance: a manager calls a debtor who refuses, gives one deadline, and does what he announced.

The call is made on a real Asterisk with the real recogniser; from the deadline on the clock is handed in.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from compliance.contact import HoldKind, Refused
from compliance.transcription.words import Leg
from dialer.practice.client import PracticeLine
from dialer.practice.persona import debtor_at, shipped_personas
from dialer.practice.say_aloud import in_breaths, words_to_say
from tests.floor.rig import Floor
from tests.floor.story_rig import LONG_S, Caller, practice_of
from workstation import bootstrap
from workstation.cli import app
from workstation.desk.audit import Why
from workstation.desk.book import CallRequest, ProofNeeded
from workstation.desk.disposition import dispositions
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import CheckId, CheckState, Outcome
from workstation.desk.final_views import DeadlineRow, Ending, FinalView
from workstation.desk.portfolio import portfolio
from workstation.desk.spoken import spoken_day
from workstation.desk.views import WrapUp
from workstation.final_desk import FinalDesk
from workstation.floor.nightly import run_night
from workstation.store.demo_final import PARTNER, seed_final_notices
from workstation.store.portfolio import PortfolioDesk
from workstation.store.tables import AuditEntry, OutboxRow

pytestmark = [pytest.mark.asterisk, pytest.mark.speech]

SPOKEN = (("last-chance", "consequence"), ("read-back",))
"""The steps said after the opening, in one turn each; all ten would take three minutes of talk."""


@pytest.fixture(autouse=True)
async def _leave(shared_floor: Floor) -> AsyncIterator[None]:
    """Close whatever a failed test left open."""
    yield
    while shared_floor.clients:
        await shared_floor.clients.pop().close()


def who_refuses(floor: Floor, accounts: tuple[int, ...]) -> tuple[int, int, int]:
    """Account, person and phone of an account at the final notice whose practice debtor refuses."""
    personas = shipped_personas()
    for account_id in accounts:
        for phone in floor.book.account(account_id, floor.clock()).phones:
            debtor = debtor_at(personas, phone.number)
            if phone.callable and debtor is not None and debtor.id == "refuses":
                return account_id, phone.party_id, phone.phone_id
    raise AssertionError("no debtor at the final notice refuses")


def logged(floor: Floor, action: str) -> int:
    """How often the audit log says that something was done."""
    with floor.book.database.read() as session:
        return len(session.scalars(select(AuditEntry.seq).where(AuditEntry.action == action)).all())


def begin(floor: Floor, desk: FinalDesk, account_id: int, kei: int) -> FinalView:
    """Begin the session: refused until the manager has just signed in, and only where all is in order."""
    now = floor.clock()
    missing = [c for c in desk.checks(account_id, kei, now) if c.state is CheckState.MISSING]
    assert [c.id for c in missing] == [CheckId.FRESH]
    with pytest.raises(ProofNeeded):
        desk.begin(account_id, kei, now)
    floor.book.sign_in("kei", floor.demo.passwords["kei"], now)
    desk.begin(account_id, kei, now)
    view = desk.view(account_id, kei, now)
    assert view.ready
    assert all(c.state in (CheckState.MET, CheckState.WAIVED) for c in view.checks)
    assert len(view.steps) == 10
    for step in view.steps:
        for part in in_breaths(" ".join(step.lines)):
            words_to_say(part)  # raises where it could not be spoken
    return view


async def refuse(kei: Caller, ids: tuple[int, int, int], view: FinalView) -> None:
    """The call: the opening, one deadline with what follows, the read-back; the debtor refuses."""
    steps = {step.id: step.lines for step in view.steps}
    turns = [steps["identify"][:1], *(tuple(" ".join(steps[s]) for s in turn) for turn in SPOKEN)]
    await kei.rehearse([line for turn in turns for line in turn])
    await kei.place(ids)
    await kei.watcher.state("talking", LONG_S)
    await kei.listen()
    for turn in turns:
        await kei.say(*turn)
        await kei.listen()
    await kei.say(steps["confirmation"][0])
    ended = await kei.watcher.state("ended", LONG_S)
    assert ended.outcome == "answered"


async def check_said(practice: PracticeLine, floor: Floor, kei: Caller, view: FinalView) -> None:
    """One date was said, and heard; the debtor's refusal too, and nothing stopped the session."""
    assert view.deadline is not None
    assert view.acts_on is not None
    number = floor.book.call(kei.call_id).number.lstrip("+")
    said = " ".join(line.text for line in await practice.spoken(kei.leg))
    answered = [line.text for line in await practice.spoken(number=number)]
    assert words_to_say(spoken_day(view.deadline)) in said
    named = {day for day in view.days if words_to_say(spoken_day(day)) in said}
    assert named <= {view.deadline, view.acts_on}, "one deadline, and the day of what follows it"
    assert any("not going to pay" in line for line in answered), answered
    heard = floor.book.utterances(kei.call_id)
    assert f"{view.deadline:%A}".lower() in " ".join(u.text for u in heard if u.leg is Leg.AGENT)
    # The small model may lose half of "we are not going to pay" over the telephone.
    refused = {word for u in heard if u.leg is Leg.DEBTOR for word in u.text.split()}
    assert refused & {"not", "going", "pay"}, refused


async def test_a_debtor_refuses_and_what_was_announced_is_done_in_time(shared_floor: Floor) -> None:
    floor, book = shared_floor, shared_floor.book
    ids = who_refuses(floor, await asyncio.to_thread(seed_final_notices, book, floor.clock()))
    desk = bootstrap.final_desk(floor.settings, book)
    kei_id, morgan_id = floor.demo.user_ids["kei"], floor.demo.user_ids["morgan"]
    view = await asyncio.to_thread(begin, floor, desk, ids[0], kei_id)

    client, _ = await floor.sign_in("kei")
    async with await practice_of(floor) as practice:
        kei = Caller(floor, client, practice, kei_id)
        await refuse(kei, ids, view)
        await kei.judged()
        await check_said(practice, floor, kei, view)
    await asyncio.to_thread(after_the_call, floor, desk, kei, view, morgan_id)
    (row,) = desk.deadlines(floor.clock(), (DeadlineState.RUNNING,))
    await asyncio.to_thread(lapse, floor, desk, row)
    await asyncio.to_thread(follow, floor, desk, row, ids, kei_id)


def after_the_call(floor: Floor, desk: FinalDesk, kei: Caller, view: FinalView, morgan: int) -> None:
    """The last chance is given once and confirmed in writing; the supervisor is to hear the call."""
    book, now, user = floor.book, floor.clock(), kei.user_id
    now_seen = desk.view(view.account_id, user, now)
    assert (now_seen.stopped, now_seen.calls) == ("", (kei.call_id,))
    assert view.session_id is not None
    ending = Ending(Outcome.LAST_CHANCE, read_back=True, deadline=view.deadline)
    assert desk.finish(view.session_id, ending, user, now).deadline_id is not None
    done = desk.confirm(view.session_id, user, now)
    assert done.queued, done.refused
    with book.database.read() as session:
        mails = session.scalars(select(OutboxRow).where(OutboxRow.account_id == view.account_id)).all()
    texts = [" ".join(row.body.split()) for row in mails]
    assert len([t for t in texts if view.deadline_text in t and PARTNER in t]) == len(done.queued)

    draft = book.draft_note(kei.call_id, now)
    assert draft.promise is None, "to have understood is to have promised nothing"
    book.wrap_up(WrapUp(kei.call_id, user, "RPC_REFUSED", draft.text), now)
    (listed,) = [r for r in book.audit_list(morgan, now).rows if r.place.call_id == kei.call_id]
    assert Why.ALWAYS in listed.place.why
    assert not dispositions()["RPC_REFUSED"].requires_audit, (
        "it is there because it is a call of the last stage"
    )


def lapse(floor: Floor, desk: FinalDesk, row: DeadlineRow) -> None:
    """The night after the deadline lapses it, once; run again it does nothing."""
    state = floor.settings.home / "nightly.db"
    before, night = row.at - timedelta(seconds=1), row.at + timedelta(hours=5)
    assert desk.tick(before) == Counter()
    counts = []
    for _ in range(2):
        counts.append(run_night(floor.book, night.date(), night, state).counts)
        (due,) = desk.deadlines(night)
        assert (due.state, due.state_at) == (DeadlineState.DUE, night)
    assert counts[0] == counts[1]
    assert counts[0]["placement due"] == 1
    assert logged(floor, "deadline: placement due") == 1


def follow(floor: Floor, desk: FinalDesk, row: DeadlineRow, ids: tuple[int, int, int], kei: int) -> None:
    """On the day announced it is done: pack, hold, figure; the log is whole."""
    book = floor.book
    morning = datetime.combine(row.acts_on, floor.clock().timetz()) + timedelta(minutes=1)
    with pytest.raises(ProofNeeded):
        desk.follow_through(row.deadline_id, kei, morning)
    book.prove(kei, floor.demo.passwords["kei"], morning)
    desk.follow_through(row.deadline_id, kei, morning)
    (done,) = desk.deadlines(morning)
    assert (done.state, done.in_time) == (DeadlineState.DONE, True)
    (pack,) = (floor.settings.home / "placements").iterdir()
    checked = CliRunner().invoke(app, ["placement", "check", str(pack)])
    assert checked.exit_code == 0, checked.output
    assert "every file is as it was written" in checked.output
    refused = book.authorise(CallRequest(*ids, kei, "practice:x"), morning)
    assert isinstance(refused, Refused)
    assert refused.reasons[0].rule_id == f"holds/{HoldKind.PLACED.value}"

    lines = PortfolioDesk(book).lines(kei, morning)
    shown = next(r for r in portfolio(lines, "USD").rows if r.kpi == "follow-through").last
    assert shown is not None
    assert shown.value == 100
    assert [p.value for p in shown.parts] == [1, 1]
    assert book.verify_audit().sound
