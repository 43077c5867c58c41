"""Connections that are silent, slow or too many hold nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from tests.web.serving import PATIENCE_SECONDS, Served, WebSocketClient
from trayapp.web import connections
from trayapp.web.connections import Doors
from trayapp.web.serving import guarded_protocols

MANY = 1000


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * MANY:
        pytest.skip("no so many descriptors here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * MANY), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_descriptors")
def test_a_thousand_idle_connections_keep_nobody_out(served: Served) -> None:
    with contextlib.ExitStack() as opened:
        viewer = opened.enter_context(WebSocketClient(served))
        assert viewer.next()["type"] == "state"
        for _ in range(MANY):
            silent = socket.create_connection(("127.0.0.1", served.port), PATIENCE_SECONDS)
            opened.enter_context(silent)
        assert served.ask("/api/status").status == 200
        # Who is being served stays.
        assert viewer.next()["type"] == "update"


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


async def flood(_scope: Any, _receive: Any, send: Any) -> None:
    """Send without end, as fast as it is taken."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def listening(application: Any, most: int = 100) -> Any:
    """A bare server with guarded connections, and where it is."""
    http, web_socket = guarded_protocols(Doors(most))
    config = uvicorn.Config(
        application, http=http, ws=web_socket, lifespan="off", log_config=None, interface="asgi3"
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listener = socket.create_server(("127.0.0.1", 0))
    await server.startup(sockets=[listener])
    try:
        yield listener.getsockname()[1]
    finally:
        for connection in [*server.server_state.connections]:
            if connection.transport is not None:
                connection.transport.abort()
        for one in server.servers:
            one.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"],
    ids=["silent", "in the middle", "without its body"],
)
def test_a_slow_writer_is_sent_away(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.2)

    async def run() -> None:
        async with listening(hello) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
            writer.close()

    asyncio.run(run())


def test_a_slow_reader_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WRITE_SECONDS", 0.2)
    ended = asyncio.Event()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def until_lost() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        flooding = asyncio.create_task(flood(scope, receive, send))
        await until_lost()
        flooding.cancel()
        ended.set()

    async def run() -> None:
        async with listening(watched) as port:
            _reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.wait_for(ended.wait(), PATIENCE_SECONDS)
            writer.transport.abort()

    asyncio.run(run())


def test_the_silent_make_room_for_those_who_ask() -> None:
    async def run() -> None:
        async with listening(hello, most=3) as port:
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)
            assert answer.startswith(b"HTTP/1.1 200")
            for _reader, other in (*silent, (reader, writer)):
                other.transport.abort()

    asyncio.run(run())
