"""Connections of viewers, who must not hold the server up either: see `connections`."""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

from trayapp.web.connections import Doors, TimedWriting, Writing, keep_little_unsent


class GuardedWebSocket(TimedWriting, WSProtocol):
    """A connection of a viewer."""

    def __init__(self, doors: Doors, **surroundings: Any) -> None:
        """surroundings: what the server gives each connection."""
        super().__init__(**surroundings)
        self.doors = doors

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._writing = Writing(transport)
        keep_little_unsent(transport)
        if not self.doors.enter(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._writing.resume()
        self.doors.leave(self)
        super().connection_lost(exc)
