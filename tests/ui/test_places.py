"""The way from place to place: what a role is offered, where it begins, what a step back means."""

from __future__ import annotations

import pytest

from tests.ui.conftest import Opened
from workstation.desk.roles import Role
from workstation.ui import action
from workstation.ui.places import PLACES, home, places_for


def test_every_place_has_the_keys_of_places() -> None:
    assert {place.screen for place in PLACES} == action.PLACES


@pytest.mark.parametrize("role", list(Role))
def test_a_role_begins_at_a_place_it_is_offered(role: Role) -> None:
    offered = [place.screen for place in places_for(role)]
    assert home(role) in (offered or ["queue"])


def test_an_unknown_role_is_offered_nothing() -> None:
    assert places_for("janitor") == ()


async def test_a_collector_goes_to_the_callbacks_and_back(opened: Opened) -> None:
    async with opened() as s:
        await s.keys("f10")
        assert "PLACES" in s.grid
        assert "calls that were asked for" in s.grid
        await s.keys(*"callb", "enter")
        assert "CALLBACKS" in s.grid
        await s.keys("escape")
        assert s.app.screen is s.app.queue
        await s.keys("escape")
        assert s.app.screen is s.app.queue
        assert "leaves the workstation" in s.grid
