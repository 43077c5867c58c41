"""Published rules that call something a leak, written as they are usually written, to be beaten.

Each takes one sample after the other and says whether it would raise an alarm now.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from itertools import combinations, pairwise
from statistics import median
from typing import Protocol

KIB, MIB = 1024, 1024**2


class Rule(Protocol):
    """What every rule can do."""

    def fold(self, seconds: float, size: float) -> bool:
        """Take in one sample; whether this is an alarm."""


class MovingAverage:
    """Moving average of the change (weight 0.3) above 10 KB/s, held."""

    def __init__(self, held_seconds: float) -> None:
        self._held = held_seconds
        self._last: tuple[float, float] | None = None
        self._average: float | None = None
        self._since: float | None = None

    def fold(self, seconds: float, size: float) -> bool:
        if self._last is not None and seconds > self._last[0]:
            rate = (size - self._last[1]) / (seconds - self._last[0])
            self._average = (
                rate if self._average is None else self._average + 0.3 * (rate - self._average)
            )
        self._last = seconds, size
        if self._average is None or self._average <= 10_000:
            self._since = None
            return False
        if self._since is None:
            self._since = seconds
        return seconds - self._since >= self._held


class Windowed:
    """A rule over the newest so many seconds, thinned to means of 15 s."""

    def __init__(
        self, window_seconds: float, judge: Callable[[list[tuple[float, float]]], bool]
    ) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=round(window_seconds / 15))
        self._judge = judge
        self._block: list[float] = []
        self._ends: float | None = None

    def fold(self, seconds: float, size: float) -> bool:
        if self._ends is None:
            self._ends = seconds + 15
        is_alarm = False
        if seconds >= self._ends:
            self._points.append((self._ends, sum(self._block) / len(self._block)))
            self._ends = seconds + 15
            self._block = []
            if len(self._points) == self._points.maxlen:
                is_alarm = self._judge(list(self._points))
        self._block.append(size)
        return is_alarm


def share_of_rises(points: list[tuple[float, float]]) -> bool:
    """At least 0.7 of the steps rise, by more than 10 % together."""
    steps = [after[1] > before[1] for before, after in pairwise(points)]
    return sum(steps) >= 0.7 * len(steps) and points[-1][1] > 1.1 * points[0][1]


def mann_kendall(points: list[tuple[float, float]]) -> bool:
    """Mann–Kendall's trend test at 1 %, and Sen's slope above 1 KB/s."""
    sizes = [size for _, size in points]
    count = len(sizes)
    statistic = sum((b > a) - (b < a) for a, b in combinations(sizes, 2))
    z = (statistic - 1) / math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    if z < 2.33:
        return False
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2)) > 1000


def least_squares(points: list[tuple[float, float]]) -> bool:
    """A straight line with R² of 0.85, 8 KiB/s and 32 MiB."""
    count = len(points)
    mean_t, mean_s = (sum(point[at] for point in points) / count for at in (0, 1))
    tt = sum((t - mean_t) ** 2 for t, _ in points)
    ss = sum((s - mean_s) ** 2 for _, s in points)
    ts = sum((t - mean_t) * (s - mean_s) for t, s in points)
    if ss <= 0 or ts <= 0:
        return False
    slope = ts / tt
    grown = slope * (points[-1][0] - points[0][0])
    return ts * ts / (tt * ss) >= 0.85 and slope >= 8 * KIB and grown >= 32 * MIB


BASELINES: dict[str, Callable[[], Rule]] = {
    "moving average of delta > 10 KB/s, held 60 s": lambda: MovingAverage(60),
    "the same, held 600 s": lambda: MovingAverage(600),
    "share of rising samples ≥ 0.7 and > 10 %": lambda: Windowed(300, share_of_rises),
    "Mann–Kendall and Sen's slope, 10 min": lambda: Windowed(600, mann_kendall),
    "Mann–Kendall and Sen's slope, 20 min": lambda: Windowed(1200, mann_kendall),
    "least squares over 20 min": lambda: Windowed(1200, least_squares),
}
