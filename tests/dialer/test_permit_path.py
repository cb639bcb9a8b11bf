"""No code path reaches Originate without a permit: proved over the source, and at run time."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from compliance.contact import Permitted, Refused
from compliance.permit import Permit, PermitError, mint
from dialer.asterisk.instance import Instance
from dialer.engine import NotPermitted
from tests.dialer.rig import permit_for, rig

ROOT = Path(__file__).resolve().parents[2]
NAMES = re.compile(r"\b(originate|atxfer|blindtransfer)\b", re.IGNORECASE)
PACKAGES = ("workstation", "dialer", "scripts", "compliance")
MAY_SAY_ORIGINATE = re.compile(r"dialer/(ami|engine)\.py")


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def code_strings_and_names(path: Path) -> list[str]:
    """Every string and attribute in a module's code; docstrings and comments are prose and left out."""
    text = path.read_text(encoding="utf-8")
    if not NAMES.search(text):
        return []
    tree = ast.parse(text)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found.append(node.value)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
    return found


def test_only_the_engine_and_the_manager_client_name_originate() -> None:
    assert len(sources()) > 30
    guilty = [
        (path.relative_to(ROOT).as_posix(), text)
        for path in sources()
        if not MAY_SAY_ORIGINATE.fullmatch(path.relative_to(ROOT).as_posix())
        for text in code_strings_and_names(path)
        if NAMES.search(text)
        # The event of the state machine, and log lines, do nothing.
        and not (path.name == "call.py" and text in ("originate", "ORIGINATE"))
        and " " not in text
    ]
    assert guilty == []


def test_the_engine_originates_in_one_place_with_the_permit() -> None:
    tree = ast.parse((ROOT / "dialer/engine.py").read_text(encoding="utf-8"))
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "originate"
    ]
    assert len(calls) == 1
    first = calls[0].args[0]
    assert isinstance(first, ast.Name)
    assert first.id == "permit"


def test_a_phone_of_the_house_is_the_only_other_thing_rung_and_nothing_of_it_is_the_callers() -> None:
    tree = ast.parse((ROOT / "dialer/ami.py").read_text(encoding="utf-8"))
    sends: dict[str, ast.Call] = {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and ast.unparse(node).startswith("SafeAction('Originate'"):
                sends[function.name] = node
    assert set(sends) == {"originate", "ring_own_phone"}
    headers, variables = sends["ring_own_phone"].args[1:3]
    assert ast.unparse(headers) == "{**order.headers(), 'Async': 'true'}"
    assert ast.unparse(variables) == "order.variables()"
    rings = [
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if "ring_own_phone" in path.read_text(encoding="utf-8")
    ]
    assert rings == ["dialer/ami.py", "dialer/own_phones.py"]


def test_a_permit_cannot_be_made_by_hand() -> None:
    with pytest.raises(PermitError):
        Permit("d", "+13125550101", datetime.now(UTC) + timedelta(minutes=1), object())
    now = datetime.now(UTC)
    with pytest.raises(PermitError):
        mint(cast(Permitted, Refused(now, (), (), None, "r")), "d", "+13125550101")


class Forged:
    """Looks like a permit and agrees to everything."""

    decision_id = "forged"
    number = "+13125550190"
    expires = datetime.max.replace(tzinfo=UTC)

    def check(self, number: str, now: datetime) -> None:
        return None


@pytest.mark.asterisk
async def test_the_engine_refuses_what_the_gate_did_not_allow(asterisk: Instance) -> None:
    number = "+13125550190"
    past = datetime.now(UTC) - timedelta(minutes=5)
    late = mint(Permitted(past, past + timedelta(hours=1), (), "r"), "late", number)
    tampered = permit_for(number)
    object.__setattr__(tampered, "_token", object())
    other = permit_for("+13125550191", "other")
    async with rig(asterisk) as line:
        bad = (late, tampered, other, cast(Permit, Forged()), cast(Permit, None), cast(Permit, "permit"))
        for n, permit in enumerate(bad):
            with pytest.raises(NotPermitted):
                await line.engine.place(
                    permit, f"refused-{n:04}", number, line.practice_agent(), caller_id="", ring_seconds=5
                )
        assert line.steps == []
        good = permit_for(number, "once")
        await line.engine.place(good, "permitted-0001", number, line.practice_agent(), caller_id="")
        with pytest.raises(NotPermitted):
            await line.engine.place(good, "permitted-0001", number, line.practice_agent(), caller_id="")
        with pytest.raises(NotPermitted, match="used"):
            await line.engine.place(good, "permitted-0002", number, line.practice_agent(), caller_id="")
        rows = await line.ami.list("CoreShowChannels")
        assert len({row.get("Linkedid") for row in rows}) <= 1
        await line.finish("permitted-0001")
