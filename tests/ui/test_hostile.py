"""Text from outside can look odd and do no more, in every widget that shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from compliance.contact import HoldKind
from tests.ui.conftest import Opened
from tests.ui.fakes import HOSTILE, NOW, FakeDesk, account
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
