"""The base line of a program: what it has in use while nothing runs; months in little room."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import combinations

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.median import median

MOST_VALUES = 2048
SHORTEST_SECONDS = 10.0
DAY_SECONDS = 86_400
MOST_SLOPE_VALUES = 200


class Day(NamedTuple):
    """The base line of one day."""

    number: int
    """Days since 1970 by the clock of the log."""
    bytes: float
    time: float
    """The middle of what is known of it, in seconds."""


class IdleLine:
    """Medians of equal stretches of time; stretches are joined when they become too many."""

    def __init__(self) -> None:
        self.times = array("d")
        """Ever rising, in seconds."""
        self.values = array("d")
        """Bytes."""
        self.lives = array("d")
        """Another number: the program was started again."""
        self.days = array("l")
        self._width_seconds = SHORTEST_SECONDS
        self._end = float("-inf")
        self._gathered: list[float] = []
        self._place = (0.0, 0, 0)

    def add(self, at: float, day: int, life: int, value: float) -> None:
        """Take a value; the times never fall."""
        if at >= self._end or life != self._place[2] or day != self._place[1]:
            self.flush()
            self._place = (at, day, life)
            self._end = at + self._width_seconds
        self._gathered.append(value)

    def add_all(
        self, times: list[float], values: list[float], shift_seconds: float, life: int
    ) -> None:
        """Take several, by the clock of the log; the shift makes their times never fall."""
        first, last = times[0] + shift_seconds, times[-1] + shift_seconds
        day = int(times[-1] // DAY_SECONDS)
        if last < self._end and (day, life) == self._place[1:] and self._gathered:
            self._gathered += values
            return
        if last - first < self._width_seconds / 2 and day == int(times[0] // DAY_SECONDS):
            self.add(first, day, life, values[0])
            self._gathered += values[1:]
            return
        for at, value in zip(times, values, strict=True):
            self.add(at + shift_seconds, int(at // DAY_SECONDS), life, value)

    def flush(self) -> None:
        """Make a value of what was gathered."""
        if not self._gathered:
            return
        at, day, life = self._place
        # Lives that overlap, in files of several programs, are taken one after the other.
        self.times.append(max(at, self.times[-1]) if self.times else at)
        self.values.append(median(self._gathered))
        self.lives.append(life)
        self.days.append(day)
        self._gathered = []
        if len(self.times) >= MOST_VALUES:
            self._join()

    def by_day(self) -> Iterator[Day]:
        """Yield the median of each day that has any value."""
        first = 0
        for after in range(1, len(self.days) + 1):
            if after == len(self.days) or self.days[after] != self.days[first]:
                middle = (self.times[first] + self.times[after - 1]) / 2
                yield Day(self.days[first], median(self.values[first:after]), middle)
                first = after

    def slope_per_day(self) -> float | None:
        """Return by how much it rises in a day: by days, or within less than three; None: unknown.

        It is the median of the slopes between all pairs, so that a restart or a day unlike the
        others does not bend it.
        """
        days = list(self.by_day())
        if len(days) >= 3:
            times = [day.time / DAY_SECONDS for day in days]
            return _middle_slope(times, [day.bytes for day in days])
        step = max(1, len(self.times) // MOST_SLOPE_VALUES)
        times = [at / DAY_SECONDS for at in self.times[::step]]
        return _middle_slope(times, list(self.values[::step]))

    def _join(self) -> None:
        """Make one of every two neighbours of the same day and life."""
        self._width_seconds *= 2
        times, values, lives, days = array("d"), array("d"), array("d"), array("l")
        at = 0
        while at < len(self.times):
            value = self.values[at]
            step = 1
            after = at + 1
            if (
                after < len(self.times)
                and self.days[after] == self.days[at]
                and self.lives[after] == self.lives[at]
            ):
                value, step = (value + self.values[after]) / 2, 2
            times.append(self.times[at])
            values.append(value)
            lives.append(self.lives[at])
            days.append(self.days[at])
            at += step
        self.times, self.values, self.lives, self.days = times, values, lives, days


def _middle_slope(times: Sequence[float], values: Sequence[float]) -> float | None:
    step = max(1, len(times) // MOST_SLOPE_VALUES)
    points = list(zip(times[::step], values[::step], strict=True))
    slopes = [
        (value - before) / (at - since)
        for (since, before), (at, value) in combinations(points, 2)
        if at > since
    ]
    return median(slopes) if slopes else None
