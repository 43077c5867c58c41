"""When a guarded run is told of and when it is started again; no clock of its own."""

from __future__ import annotations

from collections import deque

REARM_SHARE = 0.95
"""A bound is told again after the size has fallen to this share of it."""
LOOKS = 3
"""So many looks in a row must be over a bound: a fork counts twice for a moment."""
PER_HOUR = 4
"""Most restarts within an hour."""
GROWTH_RATES = (1e6, 5e6, 10e6)
"""Bytes per second, each of which is told once."""
GROWTH_SECONDS = 6.0
"""Growth must last so long: while it starts, a program may grow as it likes."""
REARM_RATE_SHARE = 0.5
"""Growth is over below this share of the lowest rate."""

_GROWTH_LOOKS = 12
"""In the window; those that come sooner are left out."""
_HOUR_SECONDS = 3600.0


class BoundWatch:
    """Tells that a size goes over a bound: once, until it has been clearly below."""

    def __init__(self, bound_bytes: int, looks: int = LOOKS) -> None:
        """looks: so many in a row must be over the bound."""
        self.bound_bytes = bound_bytes
        self._needed_looks = looks
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
        if self._is_told or self._looks < self._needed_looks:
            return False
        self._is_told = True
        return True

    @property
    def is_over(self) -> bool:
        """Whether it has been over the bound for long enough, reported or not."""
        return self._looks >= self._needed_looks


class GrowthWatch:
    """Tells that a size has been growing steadily: once for each rate, until that is over."""

    def __init__(self, window_seconds: float = GROWTH_SECONDS) -> None:
        self.window_seconds = window_seconds
        self.bytes_per_second = 0.0
        """Over the window: of its slower half, so that a jump is no growth."""
        self.fastest_bytes_per_second = 0.0
        self._sizes: deque[tuple[float, int]] = deque()
        self._told = 0

    def add_size(self, size_bytes: int, now: float) -> bool:
        """Take in one size; return whether it grows faster than was said. `now` is monotonic."""
        sizes = self._sizes
        if sizes and now - sizes[-1][0] < self.window_seconds / _GROWTH_LOOKS:
            return False
        sizes.append((now, size_bytes))
        # One that is older than the window stays, so that the window is full.
        while len(sizes) > 1 and now - sizes[1][0] >= self.window_seconds:
            sizes.popleft()
        if now - sizes[0][0] < self.window_seconds:
            return False
        middle = next(each for each in sizes if each[0] >= now - self.window_seconds / 2)
        halves = ((sizes[0], middle), (middle, sizes[-1]))
        self.bytes_per_second = min((b[1] - a[1]) / (b[0] - a[0]) for a, b in halves)
        self.fastest_bytes_per_second = max(self.fastest_bytes_per_second, self.bytes_per_second)
        level = sum(self.bytes_per_second > rate for rate in GROWTH_RATES)
        is_new = level > self._told
        if is_new or self.bytes_per_second < REARM_RATE_SHARE * GROWTH_RATES[0]:
            self._told = level
        return is_new


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
