"""The live view on the wire: over WebSocket, and as server-sent events for what has none."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from trayapp import __version__
from trayapp.language.catalogue import _, spoken_language
from trayapp.language.units import unit_name
from trayapp.web.connections import EVENTS_PATH
from trayapp.web.context import Context
from trayapp.web.live import Viewer
from trayapp.web.problems import ProblemError

MOST_VIEWERS = 200
_MOST_SAID = 100
"""A viewer has nothing to say; who says so much is sent away."""
_VIOLATION = 1008
_MOMENT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")


def stream_routes(context: Context) -> list[BaseRoute]:
    """Return the routes of `/ws` and `/events`."""
    streams = _Streams(context)
    return [WebSocketRoute("/ws", streams.web_socket), Route(EVENTS_PATH, streams.events)]


class _Streams:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._live = context.live

    async def web_socket(self, socket: WebSocket) -> None:
        """Send everything new until either side ends it."""
        viewer = self._viewer(socket.scope)
        with self._live.watching(viewer):
            await socket.accept()
            tasks = [
                asyncio.create_task(self._send(socket, viewer)),
                asyncio.create_task(_listen(socket)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            await socket.close(_VIOLATION)

    async def _send(self, socket: WebSocket, viewer: Viewer) -> None:
        while True:
            await socket.send_text(await self._live.next_message(viewer))

    async def events(self, request: Request) -> Response:
        """The same messages, each as an event of its type."""
        viewer = self._viewer(request.scope)
        viewer.since = _moment(request.headers.get("last-event-id")) or viewer.since
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(viewer), headers=headers, media_type="text/event-stream"
        )

    async def _events(self, viewer: Viewer) -> AsyncIterator[str]:
        with self._live.watching(viewer):
            while True:
                message = await self._live.next_message(viewer)
                kind = message[len('{"type":"') :].partition('"')[0]
                # With the id, a browser asks for what it lacks when it comes back.
                yield f"id: {viewer.since or 0}\nevent: {kind}\ndata: {message}\n\n"

    def _viewer(self, scope: Any) -> Viewer:
        if self._live.viewers >= MOST_VIEWERS:
            text = _("Too many viewers; close a page that shows this dashboard")
            raise ProblemError(503, text, {"Retry-After": "10"})
        head = {
            "version": __version__,
            "role": scope["state"]["role"],
            "language": spoken_language(),
            "units": unit_name(),
        }
        return Viewer(head, _since(scope["query_string"].decode("latin-1")))


async def _listen(socket: WebSocket) -> None:
    """Wait until the viewer goes, or says more than it may."""
    for _count in range(_MOST_SAID):
        if (await socket.receive())["type"] == "websocket.disconnect":
            return


def _since(query: str) -> float | None:
    from urllib.parse import parse_qs

    try:
        return _moment(parse_qs(query, max_num_fields=10)["since"][0])
    except (KeyError, ValueError):
        return None


def _moment(text: str | None) -> float | None:
    """Return the wall time in a text from outside; None: there is none."""
    if text is None or _MOMENT.fullmatch(text) is None:
        return None
    return float(text) or None
