"""How large a guarded command is: cheaply while it is small, exactly when it nears a bound."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.sizes import Part, Proportion, size_of
from trayapp.readers.footprint import FootprintSource, ProcFootprints, PsutilFootprints

NEAR_SHARE = 0.9
"""From so much of a bound on every look is an exact one."""
FRESH_SECONDS = 5.0
"""How long an exact figure below that is gone by, unless the command grows past it."""
REST_COSTS = 20.0
"""But so many times what an exact look took are waited before the next."""


class SizeMeter:
    """Measures one command. One thread.

    The resident sets together are never less than what the command takes, so below the bounds they
    are enough. Above, all processes are asked for their proportional sets: pages that they share,
    or that one maps several times, count once.
    """

    def __init__(
        self,
        least_bound_bytes: int | None,
        source: FootprintSource | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`least_bound_bytes`: the lowest of the bounds; None: there is none to be near to."""
        self._bound_bytes = least_bound_bytes
        self._source = source
        self._clock = clock
        self._known: dict[ProcessKey, Proportion] = {}
        self._own: dict[ProcessKey, int] = {}
        """Private memory, where only that is told."""
        self._asked: frozenset[ProcessKey] = frozenset()
        self._asked_at = float("-inf")
        self._cost_seconds = 0.0

    def measure(self, readings: Mapping[ProcessKey, MemoryReading]) -> int:
        """Return what these processes take together, in bytes; 0: nothing is told of any."""
        resident_bytes = sum(reading.rss_bytes for reading in readings.values())
        if self._bound_bytes is None or resident_bytes <= self._bound_bytes:
            return resident_bytes
        if self._is_due(readings):
            self._ask_all(readings)
        return self._size(readings)

    def _is_due(self, readings: Mapping[ProcessKey, MemoryReading]) -> bool:
        age_seconds = self._clock() - self._asked_at
        if age_seconds < REST_COSTS * self._cost_seconds:
            return False
        if self._asked != readings.keys() or age_seconds >= FRESH_SECONDS:
            return True
        return self._size(readings) > NEAR_SHARE * (self._bound_bytes or 0)

    def _size(self, readings: Mapping[ProcessKey, MemoryReading]) -> int:
        size = size_of(
            Part(reading, self._known.get(key), uss_bytes=self._own.get(key))
            for key, reading in readings.items()
        )
        return size.size_bytes if size else 0

    def _ask_all(self, readings: Mapping[ProcessKey, MemoryReading]) -> None:
        if self._source is None:
            self._source = ProcFootprints() if sys.platform == "linux" else PsutilFootprints()
        started = self._clock()
        self._known, self._own = {}, {}
        for key, reading in readings.items():
            try:
                rollup = self._source.read(key.pid)
            except (OSError, ValueError):  # ended, or not to be asked
                continue
            footprint = rollup.footprint
            if footprint.pss_bytes is not None:
                self._known[key] = Proportion(
                    footprint.pss_bytes, reading, footprint.uss_bytes, rollup.shared_pss_bytes
                )
            elif footprint.uss_bytes is not None:
                self._own[key] = footprint.uss_bytes
        self._asked = frozenset(readings)
        self._asked_at = self._clock()
        self._cost_seconds = self._asked_at - started
