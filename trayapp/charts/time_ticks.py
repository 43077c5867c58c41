"""The ticks of a chart's time axis, and their labels."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

_TIME_STEPS = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 1_209_600, 2_592_000,
)  # fmt: skip
_DAY = 86_400


def time_ticks(since: float, until: float, count: int = 7) -> list[tuple[float, str]]:
    """Return round local times between two wall times, with their labels."""
    span = max(until - since, 1.0)
    step = next((one for one in _TIME_STEPS if span / one <= count), _TIME_STEPS[-1])
    start = datetime.fromtimestamp(since)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    ticks: list[tuple[float, str]] = []
    at = midnight + timedelta(seconds=math.ceil((start - midnight).total_seconds() / step) * step)
    while (moment := at.timestamp()) <= until and len(ticks) < 100:
        ticks.append((moment, _time_label(at, step)))
        at += timedelta(seconds=step)
    return ticks


def _time_label(at: datetime, step: int) -> str:
    if step >= _DAY or (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at:%Y-%m-%d}" if step >= 14 * _DAY else f"{at:%m-%d}"
    return f"{at:%H:%M:%S}" if step < 60 else f"{at:%H:%M}"
