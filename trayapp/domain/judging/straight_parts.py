"""A curve as few straight parts: neighbours are joined while one line is as good as two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import accumulate, pairwise

from trayapp.domain.records.median import median

_NORMAL_SPREAD = 1.4826
"""Of normal noise the standard deviation is so many times the median distance from the median."""
_PENALTY = 6.0
"""A further part must explain so many variances of the noise, times the logarithm of the number of
points. Half of it would do for independent noise; that of programs is not."""


def noise_of(values: Sequence[float]) -> float:
    """Return the standard deviation of what changes from one value to the next, less any trend.

    Steps and slopes count for nothing while they are in the minority.
    """
    changes = [after - before for before, after in pairwise(values)]
    if not changes:
        return 0.0
    middle = median(changes)
    return _NORMAL_SPREAD * median(abs(one - middle) for one in changes) / math.sqrt(2)


def straight_parts(
    times: Sequence[float], values: Sequence[float], noise: float
) -> list[tuple[int, int]]:
    """Return the first and last index of each part, in order; together they are all of it.

    Shapes: both (n,), n >= 1, times rising. noise: standard deviation, above 0. O(n log n).
    """
    count = len(times)
    curve = _Curve(times, values)
    penalty = _PENALTY * noise * noise * math.log(max(3, count))
    last = {first: min(first + 1, count - 1) for first in range(0, count, 2)}
    before = {first: first - 2 for first in last}
    after = {first: first + 2 for first in last}
    costs = dict.fromkeys(last, 0.0)
    heap = [
        (curve.misfit(first, last[first + 2]), first, last[first], last[first + 2])
        for first in last
        if first + 2 in last
    ]
    heapify(heap)
    while heap:
        gained, first, end, next_end = heappop(heap)
        # What was joined meanwhile stands in the heap anew.
        following = after.get(first)
        if last.get(first) != end or following is None or last.get(following) != next_end:
            continue
        if gained >= penalty:
            break
        last[first], costs[first] = next_end, costs[first] + costs[following] + gained
        after[first] = after[following]
        del last[following]
        before[after[first]] = first
        for one in (before[first], first):
            other = after.get(one, count)
            if one in last and other in last:
                more = curve.misfit(one, last[other]) - costs[one] - costs[other]
                heappush(heap, (more, one, last[one], last[other]))
    return _moved(curve, [(first, last[first]) for first in sorted(last)])


def _moved(curve: _Curve, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the parts with each border where both its neighbours fit best."""
    borders = [first for first, _last in parts] + [parts[-1][1] + 1]
    for place in range(1, len(borders) - 1):
        start, end = borders[place - 1], borders[place + 1]
        reach = max(2, min(end - start, 24) // 2)
        near = range(max(start + 1, borders[place] - reach), min(end, borders[place] + reach + 1))
        borders[place] = min(
            near,
            key=lambda at: curve.misfit(start, at - 1) + curve.misfit(at, end - 1),
            default=borders[place],
        )
    return [(first, following - 1) for first, following in pairwise(borders)]


class _Curve:
    """A curve with the sums by which the misfit of a line through any part is known at once."""

    def __init__(self, times: Sequence[float], values: Sequence[float]) -> None:
        # Near zero, so that squares lose nothing.
        middle_time, middle = times[len(times) // 2], median(values)
        xs = [time - middle_time for time in times]
        ys = [value - middle for value in values]
        self._sums = [
            (0.0, *accumulate(each))
            for each in (
                xs,
                ys,
                (x * x for x in xs),
                (x * y for x, y in zip(xs, ys, strict=True)),
                (y * y for y in ys),
            )
        ]

    def misfit(self, first: int, last: int) -> float:
        """Return the sum of the squared distances from the best line through this part."""
        count = last - first + 1
        if count < 3:
            return 0.0
        x, y, xx, xy, yy = (each[last + 1] - each[first] for each in self._sums)
        spread = xx - x * x / count
        total = yy - y * y / count
        if spread <= 0:
            return max(0.0, total)
        along = xy - x * y / count
        return max(0.0, total - along * along / spread)
