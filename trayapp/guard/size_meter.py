"""The size of a guarded command: cheap while it is small, exact when it nears a bound."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.sizes import Part, Proportion, size_of
from trayapp.readers.footprint import FootprintSource, ProcFootprints, PsutilFootprints

NEAR_SHARE = 0.9
"""From so much of a bound on, every measurement is an exact one."""
FRESH_SECONDS = 5.0
"""How long an exact figure below that is used, unless the command grows past it."""
REST_COSTS = 20.0
"""The pause after an exact measurement, in times of what it took."""


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
        """Private memory, where only that is known."""
        self._read_keys: frozenset[ProcessKey] = frozenset()
        self._read_at = float("-inf")
        self._cost_seconds = 0.0

    def measure(self, readings: Mapping[ProcessKey, MemoryReading]) -> int:
        """Return what these processes take together, in bytes; 0: none shows anything."""
        resident_bytes = sum(reading.rss_bytes for reading in readings.values())
        if self._bound_bytes is None or resident_bytes <= self._bound_bytes:
            return resident_bytes
        if self._is_due(readings):
            self._read_proportions(readings)
        return self._size(readings)

    def _is_due(self, readings: Mapping[ProcessKey, MemoryReading]) -> bool:
        age_seconds = self._clock() - self._read_at
        if age_seconds < REST_COSTS * self._cost_seconds:
            return False
        if self._read_keys != readings.keys() or age_seconds >= FRESH_SECONDS:
            return True
        return self._size(readings) > NEAR_SHARE * (self._bound_bytes or 0)

    def _size(self, readings: Mapping[ProcessKey, MemoryReading]) -> int:
        size = size_of(
            Part(reading, self._known.get(key), uss_bytes=self._own.get(key))
            for key, reading in readings.items()
        )
        return size.size_bytes if size else 0

    def _read_proportions(self, readings: Mapping[ProcessKey, MemoryReading]) -> None:
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
        self._read_keys = frozenset(readings)
        self._read_at = self._clock()
        self._cost_seconds = self._read_at - started
