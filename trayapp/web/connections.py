"""Connections that do not hold the server up: the silent, the slow and the too many.

uvicorn waits for ever for a request that does not come, or comes byte by byte, and for a reader who
does not read. Here each has a time limit, and where all places are taken, who has asked nothing
yet has to go.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0
"""How long a request may take to come in, up to its body."""
WRITE_SECONDS = 30.0
"""How long a reader may take to read what is buffered for it."""
MOST_CONNECTIONS = 512
EVENTS_PATH = "/events"
_UNSENT_BYTES = 1024
"""So little waits in the kernel for a viewer: what it gets next is to be the newest."""


class Doors:
    """All connections of a server, those that have asked nothing yet by their age."""

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self._most = most
        self._all: set[object] = set()
        self._silent: OrderedDict[GuardedHttp, None] = OrderedDict()

    def enter(self, one: object) -> bool:
        """Make room for one more; False: there is none."""
        if len(self._all) >= self._most:
            if not self._silent:
                return False
            oldest, _none = self._silent.popitem(last=False)
            self._all.discard(oldest)
            oldest.transport.abort()
        self._all.add(one)
        return True

    def leave(self, one: object) -> None:
        self._all.discard(one)

    def set_silent(self, one: GuardedHttp, is_silent: bool) -> None:
        """Note whether a connection has asked nothing that is being answered."""
        self._silent.pop(one, None)
        if is_silent and one in self._all:
            self._silent[one] = None


class Writing:
    """Ends a connection whose reader does not read."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._timer: asyncio.TimerHandle | None = None

    def pause(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(WRITE_SECONDS, self._transport.abort)

    def resume(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class TimedWriting(asyncio.Protocol):
    """What a connection does where its reader does not keep up, before what its protocol does."""

    _writing: Writing

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._writing.resume()


class GuardedHttp(TimedWriting, H11Protocol):
    """A connection of a browser or program; made by the server's loop."""

    doors: Doors

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._writing = Writing(transport)
        self._deadline: asyncio.TimerHandle | None = None
        if not self.doors.enter(self):
            transport.abort()
            return
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._writing.resume()
        self.doors.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
            if self.scope["path"] == EVENTS_PATH:
                keep_little_unsent(self.transport)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Also of a body that nobody wanted to read.
        if self.cycle is not None and self.cycle.response_complete:
            self._await_request()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._stop_waiting()
        self._writing.resume()
        self.doors.leave(self)
        self.cycle = None  # type: ignore[assignment,unused-ignore]
        super().handle_websocket_upgrade(event)

    def _await_request(self) -> None:
        self._stop_waiting()
        self.doors.set_silent(self, True)
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        self.doors.set_silent(self, False)
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def keep_little_unsent(transport: asyncio.Transport) -> None:
    """Have a slow reader's messages wait here, where a newer one can take their place."""
    transport.set_write_buffer_limits(high=_UNSENT_BYTES)
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_NOTSENT_LOWAT"):
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
