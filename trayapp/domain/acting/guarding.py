"""When a guarded run is told of and when it is started again; no clock of its own."""

from __future__ import annotations

from collections import deque

REARM_SHARE = 0.95
"""A bound is told again after the size has fallen to this share of it."""
LOOKS = 3
"""So many looks in a row must be over a bound: a fork counts twice for a moment."""
PER_HOUR = 4
"""Most restarts within an hour."""

_HOUR_SECONDS = 3600.0


class BoundWatch:
    """Tells that a size goes over a bound: once, until it has been clearly below."""

    def __init__(self, bound_bytes: int) -> None:
        self.bound_bytes = bound_bytes
        self._looks = 0
        self._is_told = False

    def add_size(self, size_bytes: int) -> bool:
        """Take in one size; return whether it is the one at which to warn."""
        if size_bytes <= self.bound_bytes:
            self._looks = 0
            if size_bytes <= REARM_SHARE * self.bound_bytes:
                self._is_told = False
            return False
        self._looks += 1
        if self._is_told or self._looks < LOOKS:
            return False
        self._is_told = True
        return True

    @property
    def is_over(self) -> bool:
        """Whether it has been over the bound for long enough, reported or not."""
        return self._looks >= LOOKS


class RestartBudget:
    """How often something may be started again, and how soon. Times are monotonic."""

    def __init__(self, per_hour: int = PER_HOUR) -> None:
        self.per_hour = per_hour
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        """Return how many there were within the last hour."""
        while self._times and now - self._times[0] >= _HOUR_SECONDS:
            self._times.popleft()
        return len(self._times)

    def spend(self, now: float) -> float | None:
        """Take one; the pause in seconds before the new start, or None: there is none left."""
        count = self.count(now)
        if count >= self.per_hour:
            return None
        self._times.append(now)
        return float(2**count)

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the next may be spent; 0: now."""
        if self.count(now) < self.per_hour:
            return 0.0
        return self._times[0] + _HOUR_SECONDS - now
