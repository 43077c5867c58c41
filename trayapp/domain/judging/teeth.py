"""Memory that swings again and again, as a collector's saw-tooth: the floor below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from trayapp.dataclass import NamedTuple
from trayapp.domain.records.median import median

LEAST_TEETH = 3
_LOADED, _SOON = 0.5, 0.25
"""A floor that begins so much of a tooth below the first trough is still being filled; and what is
filled within so much of the first tooth."""
_LATEST = 4
"""So many troughs tell where the floor of a tooth goes that has not fallen yet."""
_LEAST_RETURNED = 0.25
"""So much of its rise a tooth gives back at least."""
_UNEVEN = 4.0
"""Teeth of one row follow each other at most so many times slower or faster than its median."""


class Teeth(NamedTuple):
    """A stretch of a curve that swings."""

    first: int
    last: int
    """Its ends, as indices into the curve."""
    troughs: tuple[int, ...]
    height: float
    """The median of how far the curve falls."""
    fill: float
    """How much of what lies between floor and tops is below the curve: half of a saw-tooth, little
    where it is mostly at its floor."""


class _Tooth(NamedTuple):
    start: int
    top: int
    end: int


def find_teeth(times: Sequence[float], values: Sequence[float], least: float) -> list[Teeth]:
    """Return where the curve rises and falls by `least` or more, three times in a row or more.

    Shapes: both (n,). The stretches are in order and do not overlap. O(n).
    """
    found = []
    for row in _rows(list(_teeth(values, least)), times):
        troughs = (row[0].start, *sorted({at for one in row for at in (one.start, one.end)})[1:])
        period = median(times[one.top] - times[before.top] for before, one in pairwise(row))
        first, last = _with_cut_ones(times, values, troughs, period, least)
        heights = [values[tooth.top] - values[tooth.end] for tooth in row]
        row_found = Teeth(first, last, troughs, median(heights), 0.0)
        found.append(row_found._replace(fill=_fill(times, values, row_found)))
    # A cut-off tooth may reach into the next stretch.
    for at, following in enumerate(found[1:]):
        found[at] = found[at]._replace(last=min(found[at].last, following.first - 1))
    return found


def floored(times: Sequence[float], values: Sequence[float], rows: Sequence[Teeth]) -> list[float]:
    """Return the curve with a line through the troughs where it swings."""
    curve = list(values)
    for row in rows:
        for before, after in pairwise(row.troughs):
            low, high = values[before], values[after]
            if before == row.troughs[0] and 0 < low - high <= row.height:
                # The curve begins within a tooth.
                low = high
            seconds = times[after] - times[before]
            for at in range(before, after):
                curve[at] = low + (high - low) * (times[at] - times[before]) / seconds
            if before == row.troughs[0] and high - low > _LOADED * row.height:
                _load(times, values, curve, before, after)
        for at in range(row.first, row.troughs[0]):
            curve[at] = values[row.troughs[0]]
        end = row.troughs[-1]
        rate = _rate(times, values, row.troughs[-_LATEST:])
        for at in range(end, row.last + 1):
            curve[at] = values[end] + rate * (times[at] - times[end])
    return curve


def _load(
    times: Sequence[float], values: Sequence[float], curve: list[float], before: int, after: int
) -> None:
    """Let the floor rise at the beginning as the curve does, where that has reached it soon."""
    level = values[after]
    reached = next(at for at in range(before, after + 1) if values[at] >= level)
    if times[reached] - times[before] <= _SOON * (times[after] - times[before]):
        curve[before:reached] = values[before:reached]
        curve[reached:after] = [level] * (after - reached)


def _rate(times: Sequence[float], values: Sequence[float], troughs: Sequence[int]) -> float:
    first, last = troughs[0], troughs[-1]
    return (values[last] - values[first]) / (times[last] - times[first])


def _fill(times: Sequence[float], values: Sequence[float], row: Teeth) -> float:
    floor = floored(times, values, [row])
    above = [values[at] - floor[at] for at in range(row.first, row.last + 1)]
    return max(0.0, sum(above) / len(above) / row.height)


def _teeth(values: Sequence[float], least: float) -> Iterator[_Tooth]:
    """Yield each rise of `least` or more with the fall after it that gives part of it back."""
    start = top = 0
    bottom: int | None = None
    for at, value in enumerate(values):
        if bottom is None:
            if value > values[top]:
                top = at
            rise = values[top] - values[start]
            if rise < least and value < values[start]:
                start = top = at
            elif rise >= least and values[top] - value >= max(least, _LEAST_RETURNED * rise):
                bottom = at
        elif value < values[bottom]:
            bottom = at
        elif value - values[bottom] >= least:
            yield _Tooth(start, top, bottom)
            start, top, bottom = bottom, at, None
    # At the end of the curve it may still be falling.
    if bottom is not None and bottom < len(values) - 1:
        yield _Tooth(start, top, bottom)


def _rows(teeth: Sequence[_Tooth], times: Sequence[float]) -> Iterator[list[_Tooth]]:
    """Yield those that follow each other evenly, where there are enough of them."""
    row: list[_Tooth] = []
    for tooth in teeth:
        if len(row) > 1:
            periods = [times[after.top] - times[before.top] for before, after in pairwise(row)]
            ratio = (times[tooth.top] - times[row[-1].top]) / median(periods)
            if not 1 / _UNEVEN <= ratio <= _UNEVEN:
                if len(row) >= LEAST_TEETH:
                    yield row
                    row = []
                # The pause may be the row, and what came before it the odd one.
                del row[:-1]
        row.append(tooth)
    if len(row) >= LEAST_TEETH:
        yield row


def _with_cut_ones(
    times: Sequence[float],
    values: Sequence[float],
    troughs: Sequence[int],
    period: float,
    least: float,
) -> tuple[int, int]:
    """Return the ends of a row with the tooth at the end of the curve that has not fallen yet."""
    end = troughs[-1]
    while end + 1 < len(times) and values[end + 1] - values[troughs[-1]] < least:
        end += 1
    is_rising = end + 1 < len(times)
    if is_rising and times[-1] - times[end] <= 1.5 * period:
        return troughs[0], len(times) - 1
    return troughs[0], troughs[-1]
