"""Whether a run's memory and its performance go together, and which of them goes first.

Both are compared by the ranks of their values in equal stretches of time (Spearman), without what
each does steadily over the run: two things that only rise at the same time prove nothing. A few
stretches of lag either way are tried. Chance is what remains when one of them is cut into blocks,
as long as neighbouring values are alike, and the blocks are shuffled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import mul
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.chance import MORE_THAN_CHANCE, ranks_of
from trayapp.domain.records.median import median
from trayapp.domain.records.series import Point

Measure = Literal["tasks", "stalls", "cpu"]
Finding = Literal["together", "memory first", "memory later", "trend", "none", "too little"]

LEAST_PAIRS = 30
"""With fewer, nothing is said, unless somebody wants otherwise."""
MOST_PAIRS = 80
_MOST_LAG = 3
_SHUFFLES = 200
_LEAST_BLOCKS = 6
_ALIKE = 0.2
"""Values are independent where their correlation is lower."""
_BOTH_RISE = 0.6


class Connection(NamedTuple):
    """What is found of memory and one measure of performance."""

    measure: Measure
    """"tasks": how long these took; "stalls": how long programs waited for memory; "cpu": processor
    time."""
    finding: Finding
    """"trend": both only rise or fall all the time; "none": no connection is seen."""
    pairs: int
    """How many pairs of values were compared."""
    correlation: float | None = None
    """-1 to 1, of the ranks; None: too little to say."""
    probability: float | None = None
    """How often chance alone would make one as strong."""
    lag_seconds: float | None = None
    """How long after the one the other follows; 0: at once."""
    with_little: float | None = None
    """Its median in the quarter with least memory: seconds relative to the task's usual, or
    percent."""
    with_much: float | None = None
    """The same in the quarter with most memory."""

    @property
    def is_seen(self) -> bool:
        """Whether there is more than chance."""
        return self.finding in ("together", "memory first", "memory later")


def compare_curves(
    measure: Measure, sizes: Sequence[Point], values: Sequence[Point], least: int = LEAST_PAIRS
) -> Connection:
    """Compare a run's size with another curve of the same time."""
    known = [point for point in sizes if point.mean is not None]
    others = [point for point in values if point.mean is not None]
    if not known or not others:
        return Connection(measure, "too little", 0)
    start = max(known[0].wall_seconds, others[0].wall_seconds)
    end = min(known[-1].wall_seconds, others[-1].wall_seconds)
    count = min(MOST_PAIRS, len(known), len(others))
    if end <= start:
        return Connection(measure, "too little", 0)
    width = (end - start) / count
    one, other = (_stretches(points, start, width, count) for points in (known, others))
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return _compare(measure, pairs, width, least)


def compare_tasks(
    sizes: Sequence[Point],
    tasks: Sequence[tuple[str, float, float]],
    least: int = LEAST_PAIRS,
) -> Connection:
    """Compare a run's size with how long its tasks took, each against its usual time.

    tasks: name, wall seconds of the beginning, seconds; in order. Names that occur less than four
    times say nothing.
    """
    by_name: dict[str, list[float]] = {}
    for name, _began, seconds in tasks:
        by_name.setdefault(name, []).append(seconds)
    usual = {name: median(each) for name, each in by_name.items() if len(each) >= 4}
    known = [point for point in sizes if point.mean is not None]
    pairs: list[tuple[float, float]] = []
    at = 0
    for name, began, seconds in tasks:
        while at + 1 < len(known) and known[at + 1].wall_seconds <= began:
            at += 1
        size = known[at].mean if known else None
        if size is not None and usual.get(name, 0.0) > 0:
            pairs.append((size, seconds / usual[name]))
    if len(pairs) > 4 * MOST_PAIRS:
        pairs = pairs[:: len(pairs) // (4 * MOST_PAIRS) + 1]
    return _compare("tasks", pairs, None, least)


def _stretches(
    points: Sequence[Point], start: float, width: float, count: int
) -> list[float | None]:
    """Return the mean of each stretch of time; None: nothing is known of it."""
    sums = [[0.0, 0.0] for _ in range(count)]
    for point in points:
        place = int((point.wall_seconds - start) / width)
        if point.wall_seconds >= start and place <= count and point.mean is not None:
            one = sums[min(place, count - 1)]
            one[0] += point.mean
            one[1] += 1
    return [total / number if number else None for total, number in sums]


def _compare(
    measure: Measure, pairs: Sequence[tuple[float, float]], width: float | None, least: int
) -> Connection:
    """Compare pairs in order of time; width: seconds from one to the next, None: irregular."""
    count = len(pairs)
    if count < max(least, 4 * _LEAST_BLOCKS // 3):
        return Connection(measure, "too little", count)
    sizes, values = [a for a, _b in pairs], [b for _a, b in pairs]
    one, other = _steadied(ranks_of(sizes)), _steadied(ranks_of(values))
    block = max(_block(one), _block(other))
    if count // block < _LEAST_BLOCKS:
        return Connection(measure, "too little", count)
    lags = range(-_MOST_LAG, _MOST_LAG + 1) if width is not None else range(1)
    found = {lag: _lagged(one, other, lag) for lag in lags}
    lag = max(found, key=lambda each: (abs(found[each]), -abs(each)))
    strength = abs(found[lag])
    # The same every time: what is shown does not flicker.
    draw = _draws(count)
    stronger = sum(
        max(abs(_lagged(one, mixed, each)) for each in lags) >= strength
        for mixed in (_shuffled(other, block, draw) for _ in range(_SHUFFLES))
    )
    probability = (1 + stronger) / (1 + _SHUFFLES)
    finding: Finding = "none"
    if probability <= MORE_THAN_CHANCE:
        finding = "memory first" if lag > 0 else "memory later" if lag < 0 else "together"
    elif _rises(sizes) * _rises(values):
        finding = "trend"
    quarter = max(1, count // 4)
    ordered = [value for _size, value in sorted(pairs)]
    return Connection(
        measure,
        finding,
        count,
        round(found[lag], 3),
        probability,
        abs(lag) * width if width is not None else None,
        median(ordered[:quarter]),
        median(ordered[-quarter:]),
    )


def _steadied(ranks: Sequence[float]) -> list[float]:
    """Return ranks less the line through them, as distances from their mean."""
    count = len(ranks)
    middle, mean = (count - 1) / 2, sum(ranks) / count
    spread = sum((at - middle) ** 2 for at in range(count))
    slope = sum((at - middle) * rank for at, rank in enumerate(ranks)) / spread
    return [rank - mean - slope * (at - middle) for at, rank in enumerate(ranks)]


def _rises(values: Sequence[float]) -> int:
    """Return 1 for what rises nearly all the time, -1 for what falls, 0 for all else."""
    ranks = ranks_of(values)
    mean = sum(ranks) / len(ranks)
    places = [at - (len(ranks) - 1) / 2 for at in range(len(ranks))]
    strength = _lagged([rank - mean for rank in ranks], places, 0)
    return 0 if abs(strength) < _BOTH_RISE else 1 if strength > 0 else -1


def _lagged(one: Sequence[float], other: Sequence[float], lag: int) -> float:
    """Return the correlation of the one with the other so many places later."""
    first = one[: len(one) - lag] if lag >= 0 else one[-lag:]
    second = other[lag:] if lag >= 0 else other[: len(other) + lag]
    spread = sum(map(mul, first, first)) * sum(map(mul, second, second))
    return sum(map(mul, first, second)) / spread**0.5 if spread > 0 else 0.0


def _block(values: Sequence[float]) -> int:
    """Return after how many places values are as good as independent."""
    for lag in range(1, len(values) // 2):
        if _lagged(values, values, lag) < _ALIKE:
            return 2 * lag
    return len(values)


def _draws(seed: int) -> Callable[[int], int]:
    """Return a function that draws a number below its argument, by Knuth's MMIX generator."""
    state = seed

    def draw(below: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) * below >> 31

    return draw


def _shuffled(values: Sequence[float], block: int, draw: Callable[[int], int]) -> list[float]:
    """Return the values with their blocks in another order; where these begin is random, too."""
    shift = draw(len(values))
    turned = [*values[shift:], *values[:shift]]
    edges = [*range(0, len(turned) - block // 2, block), len(turned)]
    blocks = [turned[first:last] for first, last in pairwise(edges)]
    for place in range(len(blocks) - 1, 0, -1):
        other = draw(place + 1)
        blocks[place], blocks[other] = blocks[other], blocks[place]
    return [value for each in blocks for value in each]
