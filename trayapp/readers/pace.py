"""When to look: evenly spaced ticks on a clock that never jumps."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


def next_tick_seconds(tick_seconds: float, now_seconds: float, interval_seconds: float) -> float:
    """When the tick after the one at `tick_seconds` is due, on the same clock.

    Ticks fall on multiples of the interval, so that all programs that do the same wake the
    machine together. After a late tick the next comes at least half an interval later: late is
    late, never two in a row; missed ticks are not made up for.
    """
    earliest = max(tick_seconds + interval_seconds / 2, now_seconds)
    return math.ceil(earliest / interval_seconds) * interval_seconds


class Pace:
    """Tells one thread when to tick; any other thread may change the pace or wake it.

    The first `wait` returns at once.
    """

    def __init__(
        self, interval_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_seconds = interval_seconds
        self._clock = clock
        self._tick_seconds: float | None = None
        self._tick_now = True
        self._stopped = False
        self._event = threading.Event()

    @property
    def interval_seconds(self) -> float:
        """The interval in force."""
        return self._interval_seconds

    def set_interval(self, interval_seconds: float) -> None:
        """Change the interval, also of the wait that is going on. Any thread."""
        self._interval_seconds = interval_seconds
        self._event.set()

    def wake(self) -> None:
        """Tick now, once, and keep the pace afterwards. Any thread."""
        self._tick_now = True
        self._event.set()

    def stop(self) -> None:
        """End the wait that is going on and all later ones. Any thread."""
        self._stopped = True
        self._event.set()

    def wait(self) -> bool:
        """Wait for the next tick; False: stopped. The ticking thread; blocks."""
        waiting_since = self._clock()
        while True:
            # Cleared before looking: what is asked for from now on wakes the wait below.
            self._event.clear()
            if self._stopped:
                return False
            now = self._clock()
            due = self._due_seconds(waiting_since)
            if self._tick_now or now >= due:
                self._tick_now = False
                self._tick_seconds = now
                return True
            self._event.wait(due - now)

    def _due_seconds(self, waiting_since: float) -> float:
        if self._tick_seconds is None:
            return waiting_since
        return next_tick_seconds(self._tick_seconds, waiting_since, self._interval_seconds)
