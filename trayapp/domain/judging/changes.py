"""How much a curve changed: over the last minutes, hour by hour, and task by task."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.series import Point
from trayapp.language.units import KIB

HOUR_SECONDS = 3600.0
_LEAST_TOLERANCE_SECONDS = 15.0
_MOST_BETWEEN_SECONDS = 120.0
_MOST_BINS = 9
_LEAST_FOR_OUTLIERS = 8
_OUTLIER_REACH = 3.0
"""What lies so many times the middle half's width beyond it is an outlier (Tukey's outer fence)."""
_HIDING_FACTOR = 4.0


class Bin(NamedTuple):
    """One bar of a histogram: how many values lie in [low, high)."""

    low: float
    high: float
    number: int
    extreme: float | None = None
    """Of a bin for outliers, which is wider than the others: what lies farthest off."""


def change_over(points: Sequence[Point], seconds: float, now: float) -> float | None:
    """Return how much larger it is than `seconds` ago; None where either is not known.

    points: in order of time; now: wall seconds. What was nearest to that moment counts, by a tenth
    of the time or 15 s off at most; between two minutes, what lies on the line between them.
    """
    tolerance = max(_LEAST_TOLERANCE_SECONDS, seconds / 10)
    known = [(point.wall_seconds, point.mean) for point in points if point.mean is not None]
    if not known or now - known[-1][0] > tolerance:
        return None
    moment, before = min(known, key=lambda pair: abs(pair[0] - (now - seconds)))
    if abs(moment - (now - seconds)) > tolerance:
        between = _between(points, now - seconds)
        return None if between is None else known[-1][1] - between
    return known[-1][1] - before


def _between(points: Sequence[Point], moment: float) -> float | None:
    """Return what lies on the line between two neighbours that are not far from each other."""
    for left, right in pairwise(points):
        width = right.wall_seconds - left.wall_seconds
        is_around = left.wall_seconds <= moment <= right.wall_seconds
        if is_around and left.mean is not None and right.mean is not None:
            if not 0 < width <= _MOST_BETWEEN_SECONDS:
                return None
            return left.mean + (right.mean - left.mean) * (moment - left.wall_seconds) / width
    return None


def hourly_changes(
    points: Sequence[Point], now: float, count: int = 24, breaks: Iterable[float] = ()
) -> list[float | None]:
    """Change in each of the last `count` hours before `now`, oldest first; None: nothing known.

    A gap, and a restart at one of the wall times `breaks`, is no change.
    """
    changes: list[float | None] = [None] * count
    borders = sorted(breaks)
    for before, after in pairwise(points):
        if before.mean is None or after.mean is None:
            continue
        if any(before.wall_seconds < border <= after.wall_seconds for border in borders):
            continue
        age = int((now - after.wall_seconds) // HOUR_SECONDS)
        if 0 <= age < count:
            changes[-1 - age] = (changes[-1 - age] or 0.0) + after.mean - before.mean
    return changes


def histogram(values: Sequence[float]) -> list[Bin]:
    """At most ten bins, whose edges are round and among which 0 is one; empty without values.

    All are equal, but for one at either end with the values that lie so far off that the others
    would all be in one bin beside them. A width is a power of two times 1 KiB: what is told in KiB,
    MiB or GiB is round then.
    """
    if not values:
        return []
    low, high = _usual_range(values)
    width = float(KIB)
    beyond = (min(values) < low) + (max(values) > high)
    while math.floor(high / width) - math.floor(low / width) > _MOST_BINS - beyond:
        width *= 2
    first, last = math.floor(low / width), math.floor(high / width)
    counts = [0] * (last - first + 1)
    below, above = [], []
    for value in values:
        place = math.floor(value / width) - first
        if place < 0:
            below.append(value)
        elif place >= len(counts):
            above.append(value)
        else:
            counts[place] += 1
    bins = [
        Bin((first + at) * width, (first + at + 1) * width, number)
        for at, number in enumerate(counts)
    ]
    if below:
        start = math.floor(min(below) / width) * width
        bins.insert(0, Bin(start, bins[0].low, len(below), min(below)))
    if above:
        end = (math.floor(max(above) / width) + 1) * width
        bins.append(Bin(bins[-1].high, end, len(above), max(above)))
    return bins


def _usual_range(values: Sequence[float]) -> tuple[float, float]:
    """From where to where the values lie, without outliers that would hide how they differ."""
    ranked = sorted(values)
    low, high = ranked[0], ranked[-1]
    if len(ranked) < _LEAST_FOR_OUTLIERS:
        return low, high
    first, third = ranked[len(ranked) // 4], ranked[-1 - len(ranked) // 4]
    reach = _OUTLIER_REACH * max(third - first, float(KIB))
    usual = [value for value in ranked if first - reach <= value <= third + reach]
    # Where they are no farther off than some bins, equal bins show them better.
    if (usual[-1] - usual[0] or float(KIB)) * _HIDING_FACTOR > high - low:
        return low, high
    return usual[0], usual[-1]
