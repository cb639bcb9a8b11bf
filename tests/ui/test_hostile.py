"""Text from outside can look odd and do no more, in every widget that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compliance.contact import HoldKind
from tests.ui.conftest import Opened
from tests.ui.fake_letters import FakeLetters
from tests.ui.fakes import NOW, FakeDesk
from tests.ui.hostile import HOSTILE
from tests.ui.ledger_views import callback, ledger
from tests.ui.views import account, queue_row
from workstation.desk.account_ledger import LedgerView, Treatment
from workstation.desk.customer import ContactLine, NoteLine
from workstation.desk.views import HistoryLine, HoldView
from workstation.floor import messages as m
from workstation.ui.kit import plain
from workstation.ui.text import clean, cut, fit, width_of, wrap


@pytest.mark.parametrize(
    ("name", "size"), [(name, ((132, 43), (80, 24))[i % 2]) for i, name in enumerate(HOSTILE)]
)
async def test_a_hostile_name_everywhere(opened: Opened, name: str, size: tuple[int, int]) -> None:
    width, height = size
    base = account(1)
    one = replace(
        base,
        name=name,
        number=name,
        stage_name=name,
        terms=name,
        reasons=(name, name),
        phones=tuple(replace(p, party_name=name, party_role=name, kind=name) for p in base.phones),
        history=tuple(HistoryLine(NOW, name, name) for _ in range(3)),
        invoices=tuple(replace(i, number=name) for i in base.invoices),
        holds=(HoldView(1, name, NOW, True, name),),
    )
    async with opened(width, height, desk=FakeDesk([one])) as s:
        await s.keys("enter", "f4")
        s.client.state_of("talking")
        s.client.heard("debtor", 0, 3.0, name or "…", unsure=(name,))
        s.client.heard("agent", 0, 5.0, name or "…", final=False)
        s.client.lamps((name, "heard", 1.0), (name, "missing", None), (name, name, 2.0))
        s.client.finding(name, start=3.0, text=name, advice=name)
        s.client.finding(name, leg="debtor", start=4.0, text=name, hold=HoldKind.CEASE.value)
        s.client.excuse(name or "x", name, 0.7)
        s.client.send(
            m.FactCaught(
                call_id="call-0001-aaaa",
                seq=s.client.next(),
                kind="email",
                leg="debtor",
                second=9.0,
                text=name,
                confidence=0.5,
            )
        )
        s.client.line(book=name or "ok", recogniser=name or "ok")
        await s.idle()
        s.app.tell(name, "refused")
        for keys in (("f2",), ("escape", "f5"), ("0",), ("escape", "1")):
            await s.keys(*keys)
            _sound(s.grid, width, height)
        for field in ("amount", "day", "method", "who"):
            s.app.cockpit.panel.inputs[field].value = clean(name)
        await s.keys("enter", "escape", "6", "tab")
        _sound(s.grid, width, height)


# The pages, forms and letters share the cells of the screens above: every second name is enough of a check.
@pytest.mark.parametrize(
    ("name", "size"), [(name, ((80, 24), (132, 43))[i % 2]) for i, name in enumerate(HOSTILE[::2])]
)
async def test_a_hostile_ledger_letter_and_callback(opened: Opened, name: str, size: tuple[int, int]) -> None:
    width, height = size
    base = account(1, name=name)
    one = replace(
        base,
        history=tuple(HistoryLine(NOW, name, name) for _ in range(3)),
        invoices=tuple(replace(i, number=name or str(n)) for n, i in enumerate(base.invoices)),
    )
    desk, letters = FakeDesk([one]), FakeLetters()
    desk.ledgers[1] = _hostile(ledger(one), name)
    desk.callback_rows = [
        callback(1, NOW, replace(queue_row(1, name), reasons=(name, name)), asked_by=name, owner=name)
    ]
    letters.text, letters.to, letters.flaws = f"{name}\n  {name}\n\n{name}", name, (name,)
    async with opened(width, height, desk=desk, letters=letters) as s:
        await s.keys("c")
        _sound(s.grid, width, height)
        await s.keys("escape", "enter", "v")
        for _ in range(6):
            _sound(s.grid, width, height)
            await s.keys("right")
        for key in ("p", "d", "r", "i", "s"):
            await s.keys(key)
            panel = s.app.cockpit.form_panel
            assert panel.form is not None
            for field in panel.inputs:
                field.value = clean(name)
            await s.keys("enter")
            _sound(s.grid, width, height)
            assert panel.form is not None, "nothing like it is saved"
            await s.keys("escape")
        assert not desk.done
        await s.keys("y", "enter")
        _sound(s.grid, width, height)
        await s.keys("e", "enter")
        _sound(s.grid, width, height)
        await s.keys("enter")
        _sound(s.grid, width, height)


def _hostile(found: LedgerView, name: str) -> LedgerView:
    """A ledger with the name in every text."""
    around = found.customer
    return replace(
        found,
        items=tuple(
            replace(i, number=name, kind=name, lines=tuple(replace(x, text=name) for x in i.lines))
            for i in found.items
        ),
        promises=tuple(
            replace(p, promise=replace(p.promise, who=name, method=name, state=name)) for p in found.promises
        ),
        stages=tuple(
            replace(x, invoice=name, stage_name=name, parked=name, missing=name, waived=(name,))
            for x in found.stages
        ),
        story=(name, name),
        treatment=Treatment(name, name, (name,), found.today),
        customer=replace(
            around,
            terms=name,
            contacts=(ContactLine(100, name, name, name, (name,)),),
            notes=(NoteLine(NOW, name, name, name),),
            related=tuple(replace(r, name=name, number=name) for r in around.related),
            disputes=tuple(
                replace(d, invoice=name, reason=name, cause=name, detail=name, owner=name, answer=name)
                for d in around.disputes
            ),
            plans=tuple(replace(p, who=name, method=name) for p in around.plans),
            offers=tuple(replace(o, offered_by=name, approved_by=name + "x") for o in around.offers),
            discounts=tuple(replace(q, number=name) for q in around.discounts),
        ),
    )


def _sound(grid: str, width: int, height: int) -> None:
    """The grid is whole: no control characters, every line as wide as the screen or less."""
    lines = grid.splitlines()
    assert len(lines) == height
    for line in lines:
        assert width_of(line) <= width
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u202c\u2028\u2029" for c in line)


async def test_markup_is_shown_as_it_is_written(opened: Opened) -> None:
    async with opened(desk=FakeDesk([account(1, name="Smith [/b] & [VIP]")])) as s:
        assert "Smith [/b] & [VIP]" in s.line("▸")
        await s.keys("enter")
        assert "Smith [/b] & [VIP]" in s.grid
        await s.keys("escape", "slash", *"smith")
        assert "Smith [/b] & [VIP]" in s.grid


def test_plain_is_content_without_markup() -> None:
    assert plain("[b]x[/b]\x1b[2J").plain == "[b]x[/b][2J"
    assert plain("[b]x").spans == []


@pytest.mark.parametrize("text", HOSTILE)
def test_cleaning_cutting_and_wrapping_keep_to_their_cells(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    for width in (0, 1, 2, 3, 7, 20, 80):
        assert width_of(cut(cleaned, width)) <= width
        assert width_of(fit(text, width)) == width
        assert width_of(fit(text, width, right=True)) == width
        assert all(width_of(line) <= max(width, 2) for line in wrap(text, width))
    assert "".join(wrap(text, 12)).replace(" ", "") == cleaned.replace(" ", "")
