"""Card data in a live call: masked before it is stored or shown, and where it was shown in part."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from compliance.checks.finding import Heard, Severity
from compliance.checks.rules import load_speech_rules
from compliance.redaction.tokens import Form, parse
from compliance.transcription.words import Leg, Utterance, Word
from dialer.recording import file_names
from scripts.catalog import Catalog
from tests.compliance.redaction.test_cases import conversation
from tests.compliance.test_audio import read, write
from tests.fixtures.book import WEDNESDAY, Shop
from tests.store.test_calls import ANSWERED, place
from workstation.bootstrap import Judge
from workstation.floor import messages as m
from workstation.floor.aftercall import AfterCall
from workstation.floor.livecall import CallFacts, LiveCall
from workstation.store.tables import AuditEntry, CaughtRow, ExcuseHeard, FindingRow, RedactionRow, Segment
from workstation.ui.callview import CallView

NOW = WEDNESDAY + timedelta(minutes=1)
JUDGE = Judge(load_speech_rules(), Catalog.load(), "Northwind Supply", lambda: NOW)
SPLIT = [
    "a: how would you like to pay",
    "d: four one one one",
    "a: mm-hm",
    "d: one one one one",
    "a: go on",
    "d: one one one one one one one one",
    "d: and i can pay two hundred dollars on friday",
]


async def hear(shop: Shop, said: list[Utterance]) -> tuple[str, list[m.CallEvent], LiveCall]:
    granted = place(shop)
    events: list[m.CallEvent] = []
    facts = CallFacts.of(granted, collector_id=shop.dana, agent_leg="practice")
    call = LiveCall(facts, JUDGE.ears(facts), shop.book, lambda: NOW, events.append, lambda _: None)
    for utterance in said:
        call.hear(utterance)
    await call.settle()
    return granted.call_id, events, call


def digits_in(text: str) -> int:
    return sum(len(g.digits) for g in parse(text) if g.form is Form.DIGITS)


def everything_stored(shop: Shop, call_id: str) -> str:
    with shop.book.database.read() as session:
        texts = [s.text + " " + " ".join(w[0] for w in s.words) for s in session.scalars(select(Segment))]
        texts += [f"{c.text} {c.value}" for c in session.scalars(select(CaughtRow))]
        texts += [e.text for e in session.scalars(select(ExcuseHeard))]
        texts += [" ".join(w[0] for w in f.words) for f in session.scalars(select(FindingRow))]
    return " | ".join(texts)


async def test_a_number_over_three_utterances_is_masked_where_it_was_stored_and_shown(shop: Shop) -> None:
    call_id, events, call = await hear(shop, conversation(SPLIT))
    said = [u.text for u in shop.book.utterances(call_id)]
    assert [t for t in said if "[card" in t] == ["[card]", "[card]", "[card…1111]"]
    assert digits_in(everything_stored(shop, call_id)) == 0
    first = next(e for e in events if isinstance(e, m.Heard) and e.text == "four one one one")
    redrawn = [e for e in events if isinstance(e, m.Redrawn)]
    assert [h.text for e in redrawn for h in e.heard] == ["[card]", "[card]"]
    assert (redrawn[0].heard[0].leg, redrawn[0].heard[0].index) == (first.leg, first.index)
    assert [e.seq for e in events] == sorted(e.seq for e in events)
    view = CallView(call_id)
    for event in events:
        view.apply(event)
    shown = " ".join(h.text for h in view.said())
    assert digits_in(shown) == 0
    fresh = CallView(call_id)
    fresh.apply(call.snapshot())
    assert [h.text for h in fresh.said()] == [h.text for h in view.said()]
    assert any(c.kind == "promise" and c.amount_minor == 20_000 for c in view.caught), "the promise is caught"
    await call.close()


async def test_the_supervisor_gets_one_incident_and_the_log_no_digits(shop: Shop) -> None:
    call_id, events, call = await hear(
        shop, conversation([*SPLIT, "a: the security code", "d: one two three"])
    )
    incidents = [f for f in shop.book.findings(call_id) if f.rule_id == "incident.card-data"]
    assert [(f.severity, f.verdict, f.title) for f in incidents] == [
        (Severity.HIGH, Heard.HEARD, "card data spoken outside a pause")
    ]
    assert [e.advice for e in events if isinstance(e, m.FindingRaised) and e.kind == "incident"] == [
        "card number heard: masked"
    ]
    with shop.book.database.read() as session:
        rows = session.scalars(select(RedactionRow).order_by(RedactionRow.start)).all()
        kinds = [(r.kind, r.leg, r.last_four, r.muted_at) for r in rows]
        details = [
            e.detail for e in session.scalars(select(AuditEntry).where(AuditEntry.action == "redacted"))
        ]
    assert {k[0] for k in kinds} == {"card", "security-code"}
    assert all(k[1] == "debtor" and k[3] is None for k in kinds)
    assert "1111" in {k[2] for k in kinds}
    assert rows[0].rule == "conduct/card-data 2020-01-01"
    assert details
    assert all(set(d) == {"kind", "leg", "from", "to", "rule"} for d in details)
    assert shop.book.verify_audit().sound
    await call.close()


async def test_partials_show_no_long_run_and_amounts_stay(shop: Shop) -> None:
    first, second = conversation(["d: my card is four one one one one one one", "d: one one one one one two"])
    partials = [
        Utterance(Leg.DEBTOR, u.start, u.end, " ".join(w.text for w in u.words[:n]), (), False)
        for u in (first, second)
        for n in range(1, len(u.words) + 1)
    ]
    amount = Utterance(Leg.DEBTOR, 60.0, 64.0, "i pay eight thousand four hundred twenty dollars", (), False)
    middle = len(first.words)
    _, events, call = await hear(shop, [*partials[:middle], first, *partials[middle:], second, amount])
    shown = [e.text for e in events if isinstance(e, m.Heard) and not e.final]
    assert shown[-1] == amount.text
    assert max(digits_in(text) for text in shown[:-1]) < 4, "a card is talked about: four are too many"
    assert all(not e.words for e in events if isinstance(e, m.Heard) and "[digits]" in e.text)
    await call.close()


def recordings(folder: Path, call_id: str, seconds: float) -> dict[str, Path]:
    """Three files in which no sample is 0."""
    made = {}
    for part, rate in (("agent", 16000), ("debtor", 8000), ("mixed", 16000)):
        samples = (np.arange(int(seconds * rate)) % 2000 + 1).astype(np.int16)
        made[part] = write(folder / file_names(call_id)[part], samples, rate)
    return made


def after(shop: Shop, folder: Path) -> AfterCall:
    class Deaf:
        def transcribe(self, *_: object) -> list[Utterance]:
            raise AssertionError("there is no gap to hear")

    return AfterCall(book=shop.book, ear=Deaf(), judge=JUDGE.whole, recordings=folder, clock=lambda: NOW)


async def test_every_file_is_muted_with_a_margin_and_nothing_else_is(shop: Shop, tmp_path: Path) -> None:
    call_id, _, call = await hear(shop, conversation(SPLIT))
    await call.close()
    files = recordings(tmp_path, call_id, 40.0)
    assert await asyncio.to_thread(after(shop, tmp_path).work) == 0, "the call is up"
    assert all((read(f) != 0).all() for f in files.values())
    shop.book.end_call(call_id, ANSWERED)
    await asyncio.to_thread(after(shop, tmp_path).work)
    with shop.book.database.read() as session:
        rows = session.scalars(select(RedactionRow)).all()
    assert rows
    for file in files.values():
        rate = 8000 if "debtor" in file.name else 16000
        samples = read(file)[:, 0]
        quiet = np.zeros(len(samples), dtype=bool)
        for row in rows:
            quiet[round((row.start - 0.79) * rate) : round((row.end + 0.79) * rate)] = True
            assert row.files[file.name] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert (samples[quiet] == 0).all()
        assert (samples == 0).sum() <= quiet.sum() + len(rows) * rate * 0.05
    assert shop.book.redactions_owed() == ()


async def test_a_crash_between_masking_and_muting_is_made_good(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_id, _, call = await hear(shop, conversation(SPLIT))
    await call.close()
    shop.book.end_call(call_id, ANSWERED)
    files = recordings(tmp_path, call_id, 40.0)
    whole = Path.replace
    done: list[Path] = []

    def dies(self: Path, target: Path) -> Path:
        if done:
            raise KeyboardInterrupt  # as a kill would: nothing after it runs
        done.append(target)
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(after(shop, tmp_path).work)
    monkeypatch.undo()
    loud = [f for f in files.values() if (read(f) != 0).all()]
    assert len(loud) == 2, "one file was muted, two were not"
    assert [o.call_id for o in shop.book.redactions_owed()] == [call_id]
    await asyncio.to_thread(after(shop, tmp_path).work)
    assert not any((read(f) != 0).all() for f in files.values())
    assert shop.book.redactions_owed() == ()


async def test_without_recordings_nothing_stays_owed(shop: Shop, tmp_path: Path) -> None:
    call_id, _, call = await hear(shop, conversation(SPLIT))
    await call.close()
    shop.book.end_call(call_id, ANSWERED)
    await asyncio.to_thread(after(shop, tmp_path).work)
    assert shop.book.redactions_owed() == ()
    assert [w for w in shop.book.utterances(call_id) if isinstance(w.words[0], Word)]
