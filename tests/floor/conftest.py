"""One real floor for the tests of this folder; those that break it make their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialer.asterisk.instance import Instance
from tests.floor.rig import Floor


@pytest.fixture(scope="session")
def shared_floor(
    tmp_path_factory: pytest.TempPathFactory,
    asterisk_installation: object,
    speech_model: Path,
    practice_line: object,
) -> Iterator[Floor]:
    """A floor with its switchboard up, for tests that leave it whole."""
    made = Floor(tmp_path_factory.mktemp("floor") / "home")
    made.start_plant()
    asyncio.run(made.start_switchboard())
    yield made
    made.stop()


@pytest.fixture
def floor(
    tmp_path: Path, asterisk_installation: object, speech_model: Path, practice_line: object
) -> Iterator[Floor]:
    """A floor, its telephony up and no switchboard yet; the fixtures named skip it where a part is absent."""
    made = Floor(tmp_path / "home")
    made.start_plant()
    assert isinstance(made.plant.asterisk, Instance)
    yield made
    made.stop()
