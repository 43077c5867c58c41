"""The phases of a run: how it started, warmed up, stayed, grew and gave memory back.

A run's curve is thinned, swings are replaced by their floor (see `teeth`), and what is left becomes
straight parts (see `straight_parts`). A part is growth or release where it changes the size by more
than `material_change`; else it is steady. What rises first is the start and the warm-up, if it is
known that the run began there and if it came to rest afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from trayapp.dataclass import NamedTuple
from trayapp.domain.judging.slopes import MOST_SLOPES, Slope, direction_of, join_slopes, together
from trayapp.domain.judging.straight_parts import noise_of, straight_parts
from trayapp.domain.judging.teeth import Teeth, find_teeth, floored
from trayapp.domain.records.median import median
from trayapp.domain.records.series import Point
from trayapp.language.units import MIB

PhaseKind = Literal["start", "warm-up", "steady", "growth", "release"]

MOST_PHASES = MOST_SLOPES
"""Of one run."""
MOST_READ, MOST_POINTS = 6000, 480
"""Longer curves are thinned before swings are looked for, and before lines are."""
LEAST_POINTS = 8
SHORTEST_SECONDS = 20.0
"""Shorter runs, or those with fewer points, have no phases."""
_HEAD_SECONDS = 600.0
"""A quarter of all points is for the first minutes, which are over before a long run's next."""
_LEAST_BYTES, _LEAST_SHARE, _LEAST_RANGE_SHARE = 1.0 * MIB, 0.03, 0.06
_TOOTH_SHARE = 0.6
"""Swings are looked for from this share of that on."""
_LEAST_TOOTH_SHARE = 0.2
_NOISES, _TOOTH_NOISES = 4.0, 8.0
"""Smaller changes than so many standard deviations of the noise are noise, and smaller swings."""
_LEAST_NOISE = 0.05
_START_SECONDS = 120.0
_STEEPER = 4.0
"""The start is so many times steeper than what follows."""
_REST_SHARE = 0.5
"""A warm-up is over where the size has stayed for so much of the time that it took."""


class Phase(NamedTuple):
    """A stretch of a run in which its size did one thing."""

    kind: PhaseKind
    start: float
    end: float
    """Wall seconds."""
    from_bytes: float
    to_bytes: float
    """Its size at both ends, without noise; where it swings, the floor of that."""
    rate_bytes_per_second: float | None
    """None: it was not watched for most of the time."""
    swing_bytes: float | None = None
    """How far it swings above its floor, again and again; None: it does not."""

    @property
    def change_bytes(self) -> float:
        return self.to_bytes - self.from_bytes


def find_phases(points: Sequence[Point], *, is_begun: bool = True) -> list[Phase]:
    """Return the phases of a run in order, without a pause between them; [] if it is too short.

    points: of one run, times rising, a gap as None; however many, however spaced.
    is_begun: whether the first point is the beginning of the run; else it has no start.
    """
    known = [
        (point.wall_seconds, point.mean)
        for point in points
        if point.mean is not None and math.isfinite(point.mean)
    ]
    if len(known) < LEAST_POINTS or known[-1][0] - known[0][0] < SHORTEST_SECONDS:
        return []
    if len(known) > MOST_READ:
        known = _thinned(known, MOST_READ)
    times, raw = [time for time, _size in known], [size for _time, size in known]
    sizes = _without_spikes(raw)
    least = max(_TOOTH_SHARE * material_change(sizes), _TOOTH_NOISES * noise_of(raw))
    rows = find_teeth(times, sizes, least)
    thin = _thinned(list(zip(times, floored(times, sizes, rows), strict=True)), MOST_POINTS)
    moments, floor = [time for time, _size in thin], [size for _time, size in thin]
    least = max(material_change(floor), _least_beside(rows, times))
    # Neighbouring medians are alike and would make it seem less.
    independent = noise_of(floored(times, raw, rows)) / math.sqrt(len(raw) / len(thin))
    noise = max(noise_of(floor), independent, _LEAST_NOISE * least)
    least = max(least, _NOISES * noise)
    slopes = _slopes(moments, floor, straight_parts(moments, floor, noise))
    slopes[0] = slopes[0]._replace(start=known[0][0])
    slopes[-1] = slopes[-1]._replace(end=known[-1][0])
    slopes = join_slopes(slopes, least)
    gaps = _gaps(points)
    kinds = _kinds(slopes, least, is_begun=is_begun)
    slopes, kinds = _one_of_each(slopes, kinds)
    if kinds[0] in ("start", "warm-up"):
        # Of a steep beginning the line through it says least.
        slopes[0] = slopes[0]._replace(low=min(slopes[0].low, raw[0]))
    return [
        Phase(
            kind,
            slope.start,
            slope.end,
            slope.low,
            slope.high,
            _rate(slope, gaps),
            _swing(slope, rows, times),
        )
        for kind, slope in zip(kinds, slopes, strict=True)
    ]


def material_change(sizes: Sequence[float]) -> float:
    """Return by how many bytes a run must change for it to be a phase of its own.

    1 MiB, 3 % of its median size or 6 % of its range, whichever is most.
    """
    ordered = sorted(sizes)
    outside = len(ordered) // 50
    spread = ordered[-1 - outside] - ordered[outside]
    return max(_LEAST_BYTES, _LEAST_SHARE * median(ordered), _LEAST_RANGE_SHARE * spread)


def _least_beside(rows: Sequence[Teeth], times: Sequence[float]) -> float:
    """Return which change counts beside swings, if these last long enough."""
    span = times[-1] - times[0]
    heights = [
        row.height * min(1.0, 2 * row.fill)
        for row in rows
        if times[row.last] - times[row.first] > 0.25 * span
    ]
    return _LEAST_TOOTH_SHARE * max(heights, default=0.0)


def _without_spikes(sizes: Sequence[float]) -> list[float]:
    """Return each size, or the one in the middle of it and its neighbours; steps stay."""
    inner = (
        max(min(a, b), min(max(a, b), c))
        for a, b, c in zip(sizes, sizes[1:], sizes[2:], strict=False)
    )
    return [sizes[0], *inner, sizes[-1]]


def _thinned(known: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return at most so many: medians of stretches, which are finer at the beginning."""
    if len(known) <= most:
        return list(known)
    first, last = known[0][0], known[-1][0]
    head_seconds, head_count = min(_HEAD_SECONDS, (last - first) / 4), most // 4
    head_width = head_seconds / head_count
    width = (last - first - head_seconds) / (most - head_count - 1)

    def place(time: float) -> int:
        since = time - first
        if since < head_seconds:
            return int(since / head_width)
        return head_count + int((since - head_seconds) / width)

    slots: dict[int, list[tuple[float, float]]] = {}
    for time, size in known:
        slots.setdefault(place(time), []).append((time, size))
    return [
        (sum(time for time, _size in slot) / len(slot), median(size for _time, size in slot))
        for slot in slots.values()
    ]


def _slopes(
    times: Sequence[float], sizes: Sequence[float], parts: Sequence[tuple[int, int]]
) -> list[Slope]:
    """Return the lines through the parts, and those that lead from one to the next."""
    slopes: list[Slope] = []
    for first, last in parts:
        low, high = _ends(times, sizes, first, last)
        if slopes:
            slopes.append(Slope(slopes[-1].end, times[first], slopes[-1].high, low))
        if last > first:
            slopes.append(Slope(times[first], times[last], low, high))
    return [slope for slope in slopes if slope.seconds > 0] or [
        Slope(times[0], times[-1], sizes[0], sizes[-1])
    ]


def _ends(
    times: Sequence[float], sizes: Sequence[float], first: int, last: int
) -> tuple[float, float]:
    """Return the sizes at both ends of the best line through a part."""
    count = last - first + 1
    if count < 3:
        return sizes[first], sizes[last]
    xs, ys = times[first : last + 1], sizes[first : last + 1]
    x, y = sum(xs) / count, sum(ys) / count
    spread = sum((one - x) ** 2 for one in xs)
    along = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True))
    slope = along / spread if spread else 0.0
    return y + slope * (xs[0] - x), y + slope * (xs[-1] - x)


def _kinds(slopes: Sequence[Slope], least: float, *, is_begun: bool) -> list[PhaseKind]:
    names: dict[int, PhaseKind] = {0: "steady", 1: "growth", -1: "release"}
    kinds = [names[direction_of(slope, least)] for slope in slopes]
    rising = 0
    while is_begun and rising < len(kinds) and kinds[rising] == "growth":
        rising += 1
    if not rising:
        return kinds
    if _is_start(slopes, rising):
        kinds[0] = "start"
    at = 1 if kinds[0] == "start" else 0
    warm = _warm_up_end(slopes, at, rising)
    kinds[at:warm] = ["warm-up"] * (warm - at)
    return kinds


def _warm_up_end(slopes: Sequence[Slope], first: int, rising: int) -> int:
    """Return the slope before which a warm-up ends; `first`: there is none.

    rising: the first slope that does not rise.
    """
    for end in range(rising, first, -1):
        rest = slopes[end] if end < len(slopes) else None
        seconds = slopes[end - 1].end - slopes[first].start
        if rest is None or rest.seconds < _REST_SHARE * seconds:
            continue
        rate = (slopes[end - 1].high - slopes[first].low) / seconds
        # It goes on, but far more slowly.
        if end == rising or rest.change / rest.seconds * _STEEPER <= rate:
            return end
    return first


def _is_start(slopes: Sequence[Slope], rising: int) -> bool:
    """Return whether the first slope is what a program takes to be loaded."""
    first = slopes[0]
    if first.seconds > _START_SECONDS:
        return False
    if rising == 1:
        return len(slopes) > 1
    following = slopes[1].change / slopes[1].seconds
    return first.change / first.seconds >= _STEEPER * following


def _one_of_each(
    slopes: Sequence[Slope], kinds: Sequence[PhaseKind]
) -> tuple[list[Slope], list[PhaseKind]]:
    """Join the parts of a warm-up: that it slows down is what it does."""
    found: list[Slope] = []
    names: list[PhaseKind] = []
    for slope, kind in zip(slopes, kinds, strict=True):
        if names and names[-1] == kind == "warm-up":
            found[-1] = together(found[-1], slope)
        else:
            found.append(slope)
            names.append(kind)
    return found, names


def _gaps(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Return from when to when nothing was measured."""
    gaps = []
    for before, point in pairwise(points):
        if point.mean is None and before.mean is not None:
            gaps.append([before.wall_seconds, before.wall_seconds])
        if gaps and point.mean is not None and before.mean is None:
            gaps[-1][1] = point.wall_seconds
    return [(start, end) for start, end in gaps if end > start]


def _rate(slope: Slope, gaps: Sequence[tuple[float, float]]) -> float | None:
    unknown = sum(max(0.0, min(slope.end, end) - max(slope.start, start)) for start, end in gaps)
    return slope.change / slope.seconds if unknown < 0.5 * slope.seconds else None


def _swing(slope: Slope, rows: Sequence[Teeth], times: Sequence[float]) -> float | None:
    """Return how high the teeth are that fill at least half of it."""
    for row in rows:
        start, end = max(slope.start, times[row.first]), min(slope.end, times[row.last])
        if end - start >= 0.5 * slope.seconds:
            return row.height
    return None
