"""When the next sample is due: a grid of absolute times, so that being late does not add up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

LONGEST_SLEEP_SECONDS = 0.1
"""A sleep goes on after a signal, so that this is how long Ctrl-C may have to wait."""
PRECISE_BELOW_SECONDS = 0.05


class Ticks:
    """The ticks of one recording; each is taken once, late, or not at all.

    Tick n is due n intervals after the start. One that is not taken before its successor is due
    is missed; nothing is ever taken twice to make up for it.
    """

    def __init__(self, interval_seconds: float, clock: Callable[[], float]) -> None:
        self._interval = interval_seconds
        self._clock = clock
        self._start = clock()
        self._due = 0
        self.taken = 0
        self.missed = 0
        self.late = 0
        """Taken more than half of an interval after they were due."""
        self.latest_seconds = 0.0
        """The longest time from when a sample was due to when one was taken."""

    def elapsed(self) -> float:
        return self._clock() - self._start

    @property
    def due_seconds(self) -> float:
        """When the next tick is due, in seconds since the start."""
        return self._due * self._interval

    def count_sample(self, elapsed_seconds: float) -> None:
        """Note that a sample is taken now, not before the next tick is due."""
        number = max(self._due, int(elapsed_seconds / self._interval))
        self.missed += number - self._due
        self.late += elapsed_seconds - number * self._interval > self._interval / 2
        self.latest_seconds = max(self.latest_seconds, elapsed_seconds - self.due_seconds)
        self.taken += 1
        self._due = number + 1


class Precision:
    """Lets the process wake up on time, also on a busy machine, where the system permits it.

    On Linux that is the lowest real-time priority, for which root or a limit of `ulimit -r` is
    needed. Children do not inherit it. It is handed back where the recorder turns out to need
    more than half a core, which real-time processes would take away from everybody.
    """

    def __init__(self, interval_seconds: float) -> None:
        self._is_on = False
        self._cpu_seconds = time.process_time()
        self._at = time.perf_counter()
        if interval_seconds < PRECISE_BELOW_SECONDS and hasattr(os, "SCHED_RESET_ON_FORK"):
            with suppress(OSError):
                policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
                os.sched_setscheduler(0, policy, os.sched_param(1))
                self._is_on = True

    def check(self) -> None:
        """Hand the priority back if this costs too much; called about once a second."""
        cpu_seconds, at = time.process_time(), time.perf_counter()
        if self._is_on and cpu_seconds - self._cpu_seconds > 0.5 * (at - self._at):
            self.release()
        self._cpu_seconds, self._at = cpu_seconds, at

    def release(self) -> None:
        """Be an ordinary process again."""
        if self._is_on:
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
            self._is_on = False
