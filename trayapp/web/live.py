"""The live view: one subscription to the running Memtray, however many watch, or none.

Everything here runs in the server's event loop, apart from reading the history.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from trayapp.control.client import call, follow, result_in
from trayapp.control.protocol import ANSWER_LIMIT_BYTES
from trayapp.errors import MemtrayError
from trayapp.web.live_state import STEP_SECONDS, Ring, State, changes, nothing, sizes_of, state_of

FIRST_POINTS, MOST_POINTS = 100, 1000
HEARTBEAT_SECONDS = 15.0
_RETRY_SECONDS = 1.0
PastPoints = Callable[[float, list[str]], Mapping[float, Mapping[str, float | None]]]
"""Reads the samples of these curves since a moment from the history."""


class Viewer:
    """Somebody who watches: what was sent last, and whether there is something newer."""

    def __init__(self, head: Mapping[str, Any], since: float | None) -> None:
        """head: what the first message says beside the state. since: the last point it has."""
        self.head = head
        self.since = since
        self.sequence = -1
        self.is_told = asyncio.Event()


class Live:
    """The latest state, the points before it, and all who watch."""

    def __init__(self, runtime: Path, past_points: PastPoints) -> None:
        self._runtime = runtime
        self._past_points = past_points
        self._viewers: set[Viewer] = set()
        self._task: asyncio.Task[None] | None = None
        self._state = nothing()
        self._ring = Ring(MOST_POINTS)
        self._sequence = 0
        self._update = ""
        """The message that makes the latest state of the one before."""
        self.last_left_seconds = time.monotonic()
        """When somebody watched last."""

    @property
    def viewers(self) -> int:
        return len(self._viewers)

    @contextlib.contextmanager
    def watching(self, viewer: Viewer) -> Iterator[None]:
        """Count somebody in; the first one starts the subscription, the last one ends it."""
        self._viewers.add(viewer)
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        elif self._sequence:
            viewer.is_told.set()
        try:
            yield
        finally:
            self._viewers.discard(viewer)
            self.last_left_seconds = time.monotonic()
            if not self._viewers and self._task is not None:
                self._task.cancel()
                self._task = None

    async def next_message(self, viewer: Viewer) -> str:
        """Return what this viewer is to be sent next; waits for it, but for a heartbeat at most."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                while True:
                    await viewer.is_told.wait()
                    if (message := self._newer(viewer)) is not None:
                        return message
                    viewer.is_told.clear()
        except TimeoutError:
            return '{"type":"heartbeat"}'

    def _newer(self, viewer: Viewer) -> str | None:
        """Return what this viewer does not have yet; None: it has everything."""
        if viewer.sequence == self._sequence:
            return None
        is_next = 0 <= viewer.sequence == self._sequence - 1
        message = self._update if is_next else self._whole(viewer)
        viewer.sequence = self._sequence
        viewer.since = self._state["taken_at"]
        return message

    def _whole(self, viewer: Viewer) -> str:
        """Return the whole state, with the points that this viewer lacks."""
        since, taken_at = viewer.since, self._state["taken_at"]
        if since is not None and taken_at is not None and since > taken_at + STEP_SECONDS:
            # The clock was set back since then.
            since = None
        moment = self._ring.newest(FIRST_POINTS) if since is None else since
        message = {
            "type": "state",
            "sequence": self._sequence,
            **viewer.head,
            **self._state,
            "points": self._ring.since(moment, sizes_of(self._state)),
            "points_since": since,
        }
        return _encoded(message)

    async def _follow(self) -> None:
        """Follow the running Memtray, and wait for one to run. A task."""
        while True:
            try:
                connection = await asyncio.to_thread(follow, self._runtime, "follow")
            except MemtrayError:
                connection = None
            if connection is not None:
                with contextlib.suppress(OSError, ValueError, MemtrayError):
                    await self._read(connection)
            self._tell(nothing(self._state["taken_at"]))
            await asyncio.sleep(_RETRY_SECONDS)

    async def _read(self, connection: socket.socket) -> None:
        """Pass on what comes until it ends. Raises: OSError, ValueError, MemtrayError."""
        connection.setblocking(False)
        try:
            reader, writer = await asyncio.open_connection(
                sock=connection, limit=ANSWER_LIMIT_BYTES
            )
        except BaseException:
            connection.close()
            raise
        is_filled = False
        try:
            while line := await reader.readline():
                state = state_of(result_in(line))
                if not is_filled and state["taken_at"] is not None:
                    await self._fill(state)
                    is_filled = True
                self._tell(state)
        finally:
            writer.close()

    async def _fill(self, state: State) -> None:
        """Read the points before this state, also those that have only just been sampled."""
        seconds = MOST_POINTS * (state["interval_seconds"] or 1.0)
        since, keys = state["taken_at"] - seconds, [*sizes_of(state)]
        with contextlib.suppress(MemtrayError):
            await asyncio.to_thread(call, self._runtime, "write")
        with contextlib.suppress(MemtrayError):
            self._ring.merge(await asyncio.to_thread(self._past_points, since, keys))

    def _tell(self, state: State) -> None:
        """Take a new state, and wake all who watch."""
        difference = changes(self._state, state)
        is_first = self._sequence == 0
        if not difference and state["running"] == self._state["running"] and not is_first:
            return
        is_new = state["running"] and state["taken_at"] != self._state["taken_at"]
        if is_new and state["taken_at"] is not None:
            self._ring.add(state["taken_at"], sizes_of(state))
        known = self._state["taken_at"] is not None
        has_changed_side = not known or state["running"] != self._state["running"]
        self._state = state
        # Who knows only the side before is sent everything.
        self._sequence += 2 if has_changed_side or is_first else 1
        self._update = _encoded({"type": "update", "sequence": self._sequence, **difference})
        self._wake()

    def _wake(self) -> None:
        for viewer in self._viewers:
            viewer.is_told.set()


def _encoded(message: Mapping[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False)
