"""Ticks of sampling, evenly spaced on a clock that never jumps."""

from __future__ import annotations

import math


def next_tick_seconds(tick_seconds: float, now_seconds: float, interval_seconds: float) -> float:
    """Return when the tick after the one at `tick_seconds` is due, on the same clock.

    Ticks fall on multiples of the interval, so that all programs that do the same wake the
    machine together. After a late tick the next comes at least half an interval later: late is
    late, never two in a row; missed ticks are not made up for.
    """
    earliest = max(tick_seconds + interval_seconds / 2, now_seconds)
    return math.ceil(earliest / interval_seconds) * interval_seconds
