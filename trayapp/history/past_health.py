"""How well the machine did at the end of a stretch of the history."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from trayapp.domain.judging.machine_health import MachineHealth, MachineHealthTracker
from trayapp.domain.judging.monitor_values import STALL_SOME, SWAP_USED, TOTAL, USED
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import SystemSample
from trayapp.domain.records.series import Point
from trayapp.history.reader import HistoryReader

_SECONDS = 3900.0
"""An hour for the trend, and what it takes to begin."""
_MOST_POINTS = 600
_OLDEST_SECONDS = 120.0
"""Total memory is kept every half minute."""


def read_machine_health(reader: HistoryReader, until: float, worst: Level) -> MachineHealth | None:
    """Judge the machine as it was then; None: too little was recorded.

    worst: of the incidents that were open then.

    Raises: HistoryError.
    """
    series = (USED, TOTAL, STALL_SOME, SWAP_USED)
    used, *others = reader.curves(series, until - _SECONDS, until, _MOST_POINTS)
    known = [[point for point in curve if point.mean is not None] for curve in others]
    tracker, sample = MachineHealthTracker(), None
    for point in used:
        total, stall, swap = (_latest(curve, point.wall_seconds) for curve in known)
        if point.mean is None or total is None:
            continue
        sample = SystemSample(
            total_bytes=round(total),
            available_bytes=max(0, round(total - point.mean)),
            swap_used_bytes=None if swap is None else round(swap),
            stall_some_percent=stall,
        )
        tracker.fold(point.wall_seconds, sample)
    return None if sample is None else tracker.health(sample, worst)


def _latest(points: Sequence[Point], moment: float) -> float | None:
    """Return the value that was read last, if that is not too long ago."""
    at = bisect_right(points, moment + 0.5, key=lambda point: point.wall_seconds) - 1
    if at < 0 or moment - points[at].wall_seconds > _OLDEST_SECONDS:
        return None
    return points[at].mean
