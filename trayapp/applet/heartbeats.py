"""Whether Memtray's threads get on: each says what it begins and when it waits; hangs are found."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Callable

from trayapp.dataclass import NamedTuple

Pulse = Callable[[float | None], None]
"""Called by a thread: with how many seconds what begins now may take, 0.0 for no more than three
intervals; with None before it waits for something to do."""
_LEAST_ANSWER_SECONDS = 1.0
_FRAMES = 3


class _Work(NamedTuple):
    """What a thread does now."""

    since_seconds: float
    limit_seconds: float
    is_answer: bool = False
    """It was woken, and is to answer; its limit alone counts."""


class Heartbeats:
    """Since when each thread has been at what it does. Any thread."""

    def __init__(self) -> None:
        self._work: dict[str, _Work] = {}
        self._excused_seconds = -math.inf
        self.patience_seconds = 6.0
        """What any work may take: three intervals."""

    def pulse(self, name: str) -> Pulse:
        """Return the pulse of the thread with this name."""

        def beat(limit_seconds: float | None) -> None:
            if limit_seconds is None:
                self._work.pop(name, None)
            else:
                self._work[name] = _Work(time.monotonic(), limit_seconds)

        return beat

    def knock(self, name: str, wake: Callable[[Callable[[], None]], bool]) -> None:
        """Find out whether a loop of somebody else's turns: it is to answer in half the patience.

        `wake` is given what the loop is to call; it returns False where there is no such loop now.
        """
        limit_seconds = max(_LEAST_ANSWER_SECONDS, self.patience_seconds / 2)
        self._work.setdefault(name, _Work(time.monotonic(), limit_seconds, is_answer=True))

        def answer() -> None:
            self._work.pop(name, None)

        if not wake(answer):
            answer()

    def excuse(self) -> None:
        """Begin anew: nobody could run for a while."""
        self._excused_seconds = time.monotonic()

    @property
    def due_seconds(self) -> float:
        """When the first of them will be late, monotonic; infinite: all wait."""
        return min(map(self._due, tuple(self._work.values())), default=math.inf)

    def late(self) -> dict[str, float]:
        """Return who hangs, and since when (wall clock)."""
        now = time.monotonic()
        offset_seconds = time.time() - now
        return {
            name: offset_seconds + work.since_seconds
            for name, work in tuple(self._work.items())
            if now >= self._due(work)
        }

    def _due(self, work: _Work) -> float:
        since_seconds = max(work.since_seconds, self._excused_seconds)
        if work.is_answer:
            return since_seconds + work.limit_seconds
        return since_seconds + max(self.patience_seconds, work.limit_seconds)


def place_of(thread: threading.Thread | None) -> str:
    """Return where a thread is: its innermost calls, for the log."""
    frame = sys._current_frames().get(thread.ident or 0) if thread is not None else None
    places: list[str] = []
    while frame is not None and len(places) < _FRAMES:
        code = frame.f_code
        file = "/".join(code.co_filename.replace("\\", "/").split("/")[-2:])
        places.append(f"{code.co_qualname} ({file}:{frame.f_lineno})")
        frame = frame.f_back
    return ", called by ".join(places) or "nowhere"
