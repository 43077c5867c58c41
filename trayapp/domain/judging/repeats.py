"""How soon something may be told again: at growing distances, also when it ended in between."""

from __future__ import annotations

from collections.abc import Iterable

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.levels import Level

DAY_SECONDS = 86_400.0
"""So long it is remembered what was told, and no distance is longer."""
HOUR_SECONDS = 3600.0
_MOST_KEYS = 1000
_LEVELS = (Level.WARNING, Level.CRITICAL, Level.EMERGENCY)


class Telling(NamedTuple):
    """How often something was told at a level or a worse one, within a day of each other."""

    key: str
    level: Level
    at: float
    """The last time; monotonic, or where it is kept, how many seconds ago."""
    times: int


class Tellings:
    """Remembers what was told of each incident, by its key. Bounded; times are monotonic."""

    def __init__(self) -> None:
        self._last: dict[str, dict[Level, tuple[float, int]]] = {}

    def note(self, key: str, level: Level, now: float) -> None:
        last = self._last.pop(key, {})
        # To the end: the one that was told longest ago goes first.
        self._last[key] = last
        for each in _LEVELS:
            if each <= level:
                at, count = last.get(each, (now, 0))
                last[each] = now, (count if now - at < DAY_SECONDS else 0) + 1
        while len(self._last) > _MOST_KEYS:
            del self._last[next(iter(self._last))]

    def move(self, key: str, new_key: str) -> None:
        """Remember under another key what was told."""
        if key in self._last:
            self._last[new_key] = self._last.pop(key)

    def forget(self, key: str) -> None:
        self._last.pop(key, None)

    def last(self, key: str, level: Level) -> tuple[float, int] | None:
        """Return when it was last told at this level or worse, and how often; None: long ago."""
        return self._last.get(key, {}).get(level)

    def distance(
        self, key: str, level: Level, now: float, first: float, factor: float, free: int = 0
    ) -> float:
        """Return how far apart two tellings must be, if the last is nearer; 0: it may be told.

        The first distance is `first` seconds, each further one `factor` times as long, up to an
        hour, or twice and more after `first` where that is an hour itself. The first `free`
        tellings come as they may.
        """
        told = self.last(key, level)
        if told is None:
            return 0.0
        at, count = told
        if count < free:
            return 0.0
        longest = HOUR_SECONDS if first < HOUR_SECONDS else DAY_SECONDS
        # So many powers are enough for any factor, and none overflows.
        distance = min(longest, first * factor ** min(count - max(1, free), 20))
        return distance if now - at < distance else 0.0

    def kept(self, now: float) -> tuple[Telling, ...]:
        """All of it, for the next run: how many seconds ago each was."""
        return tuple(
            Telling(key, level, now - at, count)
            for key, last in self._last.items()
            for level, (at, count) in last.items()
            if now - at < DAY_SECONDS
        )

    def restore(self, kept: Iterable[Telling], now: float) -> None:
        """Continue with what an earlier run kept."""
        for key, level, age, count in kept:
            if 0 <= age < DAY_SECONDS and count > 0:
                self._last.setdefault(key, {})[level] = now - age, count
