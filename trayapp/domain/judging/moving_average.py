"""A rate that is averaged over irregular intervals, with weights that decay with time."""

from __future__ import annotations

import math


class MovingAverage:
    """The exponential moving average of a rate of change. O(1).

    Its weights decay with a time constant, so that they do not depend on the interval:
    alpha = 1 - exp(-dt / time constant), as for irregular samples (Eckner, "Algorithms for unevenly
    spaced time series: moving averages and other rolling operators", 2012). They are divided by
    their sum, so that the first interval weighs no more than the time it covers.
    """

    __slots__ = ("_time_constant_seconds", "_weight", "count", "rate")

    def __init__(self, time_constant_seconds: float) -> None:
        self._time_constant_seconds = time_constant_seconds
        self.forget()

    def forget(self) -> None:
        self.rate: float | None = None
        """Change per second; None before the first interval."""
        self.count = 0
        """How many intervals it rests on."""
        self._weight = 0.0

    def add(self, elapsed_seconds: float, change: float) -> None:
        """Add what changed within an interval of more than 0 s."""
        latest = change / elapsed_seconds
        alpha = 1 - math.exp(-elapsed_seconds / self._time_constant_seconds)
        self._weight += alpha * (1 - self._weight)
        before = latest if self.rate is None else self.rate
        self.rate = before + alpha / self._weight * (latest - before)
        self.count += 1
