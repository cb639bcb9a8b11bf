"""The manager client on a scripted server."""

from collections.abc import AsyncIterator

import pytest

from dialer.ami import Ami
from tests.dialer.ami_stand_in import LONG, StandIn


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn() as started:
        yield started


@pytest.fixture
async def ami(server: StandIn) -> AsyncIterator[Ami]:
    client = Ami(server.address(), timeout=2.0, ping_every=LONG)
    await client.start()
    yield client
    await client.close()
