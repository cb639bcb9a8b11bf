"""The ARI client: against the real Asterisk, and against a stand-in that breaks and misbehaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from dialer.ari import Ari, AriLogin, AriLost, AriRefused, AriTimeout, AriUnreachable, _Route
from dialer.asterisk.addresses import AriAddress
from dialer.asterisk.instance import Instance

Answer = Callable[[ServerConnection, dict[str, str]], Awaitable[None]]


def address(server: Server) -> AriAddress:
    host, port = server.sockets[0].getsockname()[:2]
    return AriAddress(host, port, "user", "secret")


async def stand_in(answer: Answer, refuse: HTTPStatus | None = None) -> Server:
    async def talk(connection: ServerConnection) -> None:
        async for text in connection:
            await answer(connection, json.loads(text))

    def door(connection: ServerConnection, _request: Request) -> Response | None:
        return connection.respond(refuse, "no") if refuse else None

    return await serve(talk, "127.0.0.1", 0, process_request=door)


async def ok(connection: ServerConnection, request: dict[str, str]) -> None:
    await connection.send(
        json.dumps({"type": "RESTResponse", "request_id": request["request_id"], "status_code": 204})
    )


async def test_answers_find_their_questions_in_any_order() -> None:
    waiting: list[dict[str, str]] = []

    async def backwards(connection: ServerConnection, request: dict[str, str]) -> None:
        waiting.append(request)
        if len(waiting) == 2:
            for late in reversed(waiting):
                body = json.dumps({"value": late["uri"].split("=")[-1]})
                answer = {"request_id": late["request_id"], "status_code": 200, "message_body": body}
                await connection.send(json.dumps({"type": "RESTResponse", **answer}))

    async with await stand_in(backwards) as server:
        ari = Ari(address(server))
        await ari.start()
        one, two = await asyncio.gather(ari.variable("a", "one"), ari.variable("b", "two"))
        assert (one, two) == ("one", "two")
        await ari.close()


async def test_names_cannot_change_the_path() -> None:
    seen: list[str] = []

    async def keep(connection: ServerConnection, request: dict[str, str]) -> None:
        seen.append(f"{request['method']} {request['uri']}")
        await ok(connection, request)

    async with await stand_in(keep) as server:
        ari = Ari(address(server))
        await ari.start()
        await ari.hang_up("x/../../channels?endpoint=PJSIP/1@carrier")
        await ari.close()
    assert seen == ["DELETE channels/x%2F..%2F..%2Fchannels%3Fendpoint%3DPJSIP%2F1%40carrier"]


async def test_refusals_silence_and_rubbish() -> None:
    async def rude(connection: ServerConnection, request: dict[str, str]) -> None:
        if "silence" in request["uri"]:
            return
        for rubbish in ("{", "[]", '{"type": 1}', '{"type": "StasisStart"}', '{"type": "RESTResponse"}'):
            await connection.send(rubbish)
        status = next((code for code in (404, 409) if f"gone{code}" in request["uri"]), 422)
        answer = {"request_id": request["request_id"], "status_code": status, "reason_phrase": "no"}
        await connection.send(json.dumps({"type": "RESTResponse", **answer}))

    async with await stand_in(rude) as server:
        ari = Ari(address(server), timeout=0.3)
        await ari.start()
        await ari.hang_up("gone404")
        await ari.unbridge("gone404")
        await ari.unbridge("gone409")
        with pytest.raises(AriRefused, match="409"):
            await ari.hang_up("gone409")
        with pytest.raises(AriRefused, match="422") as caught:
            await ari.bridge("b", "c")
        assert caught.value.status == 422
        with pytest.raises(AriTimeout, match="silence"):
            await ari.hang_up("silence")
        await ari.close()
        with pytest.raises(AriLost):
            await ari.channels()


async def test_a_broken_connection_fails_what_waits_and_comes_back() -> None:
    async def drop_once(connection: ServerConnection, request: dict[str, str]) -> None:
        if "drop" in request["uri"]:
            await connection.close()
        else:
            await ok(connection, request)

    async with await stand_in(drop_once) as server:
        ari = Ari(address(server))
        await ari.start()
        with pytest.raises(AriLost):
            await ari.variable("drop", "x")
        async with asyncio.timeout(3):
            while not ari.connected:
                await asyncio.sleep(0.02)
        await ari.hang_up("there")
        await ari.close()


async def test_wrong_password_and_nobody_there() -> None:
    async with await stand_in(ok, HTTPStatus.UNAUTHORIZED) as server:
        with pytest.raises(AriLogin, match="'user'"):
            await Ari(address(server)).start()
        gone = address(server)
    with pytest.raises(AriUnreachable, match=str(gone.port)):
        await Ari(gone).start()
    async with await stand_in(ok, HTTPStatus.NOT_FOUND) as server:
        with pytest.raises(AriUnreachable, match=r"http\.conf"):
            await Ari(address(server)).start()


@pytest.mark.asterisk
async def test_bridges_on_the_real_asterisk(asterisk: Instance) -> None:
    ari = Ari(asterisk.ari, app="dunline-test")
    await ari.start()
    with pytest.raises(AriRefused) as caught:
        await ari.bridge("dunline-test-bridge", "no-such-channel")
    assert caught.value.status in (400, 404)
    assert "dunline-test-bridge" in await ari.bridges()
    await ari.unbridge("dunline-test-bridge")
    await ari.unbridge("dunline-test-bridge")
    async with asyncio.timeout(5):  # Asterisk's list is of snapshots, which outlive the bridge by a moment
        while "dunline-test-bridge" in await ari.bridges():
            await asyncio.sleep(0.02)
    with pytest.raises(AriRefused):
        await ari.snoop("no-such-channel", "s")
    await ari.close()


def test_no_route_can_start_or_move_a_call() -> None:
    """ARI places calls by POST channels and channels/create, and moves them by redirect and continue."""
    posts = {route.value[1] for route in _Route if route.value[0] not in ("GET", "DELETE")}
    assert posts == {"channels/{id}/snoop", "channels/externalMedia", "bridges", "bridges/{id}/addChannel"}
