"""The curves of a chart and all that one trend chart shows, as records.

Imports numpy, so only child processes may import it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from trayapp.charts.selection import Selection
from trayapp.dataclass import dataclass, field
from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.records.series import Event, Point, Series

Floats = npt.NDArray[np.float64]

RATE_SECONDS = 300.0
RATE_POINTS = 30


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Curve:
    """One line of a chart; all arrays of shape (n,), times rising, NaN where nothing is known."""

    series: Series
    name: str
    """For people; already made harmless."""
    slot: int
    """Which colour and which dashes: the same whatever else is shown."""
    times: Floats
    """Wall seconds."""
    low: Floats
    mean: Floats
    high: Floats

    @property
    def is_known(self) -> bool:
        return bool(np.isfinite(self.mean).any())

    @property
    def current(self) -> float | None:
        """Return the last value; None if the curve ends in a gap."""
        return float(self.mean[-1]) if len(self.mean) and np.isfinite(self.mean[-1]) else None

    @property
    def peak(self) -> float | None:
        """Return the largest value, of the maxima where points stand for several samples."""
        return float(np.nanmax(self.high)) if self.is_known else None

    @property
    def rate(self) -> float | None:
        return recent_rate(self.times, self.mean)

    def value_at(self, wall_seconds: float) -> tuple[float, float, float] | None:
        """Return minimum, mean and maximum of the nearest point; None in and beyond gaps."""
        if not len(self.times):
            return None
        right = int(np.searchsorted(self.times, wall_seconds))
        nearby = [at for at in (right - 1, right) if 0 <= at < len(self.times)]
        at = min(nearby, key=lambda index: abs(self.times[index] - wall_seconds))
        if not np.isfinite(self.mean[at]):
            return None
        other = next((index for index in nearby if index != at), None)
        if other is None or not np.isfinite(self.mean[other]):
            # Beyond the last sample before a gap, as far as from one sample to the next.
            before = at - 1 if self.times[at] <= wall_seconds else at + 1
            reach = 1.0
            if 0 <= before < len(self.times) and np.isfinite(self.mean[before]):
                reach = abs(float(self.times[at] - self.times[before]))
            elif len(self.times) > 1:
                reach = float(np.median(np.diff(self.times)))
            if abs(self.times[at] - wall_seconds) > 3 * reach:
                return None
        return float(self.low[at]), float(self.mean[at]), float(self.high[at])


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Run:
    """One run of a target, laid over others."""

    start: float
    end: float
    """Wall seconds of its first and its last sample."""
    curve: Curve
    """Its times are seconds since the start."""
    slot: int
    """0: the latest."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class TrendData:
    """Everything that one picture shows, read at one moment."""

    since: float
    until: float
    """Wall seconds: the ends of the time axis."""
    last: float | None
    """The newest sample in the whole history."""
    selection: Selection
    targets: tuple[Curve, ...]
    system: tuple[Curve, ...] = ()
    """Used memory and used swap; empty unless chosen."""
    heaps: tuple[Curve, ...] = ()
    """What collections have left of the heaps of those targets whose runtimes tell; each has the
    name and the slot of its target."""
    total_bytes: float | None = None
    system_events: tuple[Event, ...] = ()
    target_events: tuple[Event, ...] = ()
    tasks: tuple[Event, ...] = ()
    """All tasks of the targets, where `target_events` has marks of some."""
    target_count: int = 0
    """How many there are to be chosen from."""
    recording: str | None = None
    """What is shown instead of the history, for people; None: it is the history."""
    growths: Mapping[str, Growth] = field(default_factory=dict)
    """Of those targets that have one, by name."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Of those targets that have one of their own now, in bytes, by name."""
    usual: Mapping[str, Sequence[tuple[float, float, float]]] = field(default_factory=dict)
    """What is usual for targets, by name: the wall time at which each hour begins, low, high."""
    heap_limits: Mapping[str, float] = field(default_factory=dict)
    """Of the heaps of those targets, likewise."""
    runs: tuple[Run, ...] | None = None
    """The runs of one target, newest first: their times, as `since` and `until`, are seconds since
    their starts, and there is nothing else to show. None: no runs were asked for."""


def make_curve(
    points: Sequence[Point],
    *,
    series: Series,
    name: str,
    slot: int,
    breaks: Sequence[float] = (),
    until: float | None = None,
) -> Curve:
    """Turn points into a curve that is interrupted at the times in `breaks`, too.

    A restart between two samples leaves no gap in the samples, but the line must not suggest
    that the memory of the old process became that of the new one. A curve whose points end well
    before `until` ends in a gap, so that it has no current value.
    """
    rows = [*points, *(Point(at, None, None, None) for at in breaks)] if points else []
    if points and until is not None:
        last = points[-1].wall_seconds
        step = (last - points[0].wall_seconds) / max(1, len(points) - 1)
        if until - last > max(60.0, 3 * step):
            rows.append(Point(last + 1.0, None, None, None))
    rows.sort(key=lambda row: row.wall_seconds)
    times, low, mean, high = np.array(rows, dtype=np.float64).reshape(len(rows), 4).T
    return Curve(series=series, name=name, slot=slot, times=times, low=low, mean=mean, high=high)


def recent_rate(times: Floats, values: Floats) -> float | None:
    """Return how fast the curve has risen lately, in bytes per second; None if it has ended.

    The median of the slopes between all pairs of points (Theil and Sen), so that single spikes
    do not count, over the unbroken stretch at the end of what is visible: its last five
    minutes, or its last 30 points where five minutes hold fewer. At least three points.
    """
    if not len(values) or not np.isfinite(values[-1]):
        return None
    unknown = np.flatnonzero(~np.isfinite(values))
    start = int(unknown[-1]) + 1 if len(unknown) else 0
    recent = int(np.searchsorted(times, times[-1] - RATE_SECONDS))
    start = max(start, min(recent, len(times) - RATE_POINTS))
    # A hundred points are five thousand pairs; more would only cost time.
    stride = max(1, (len(times) - start) // 100)
    at, value = times[start:][::-stride], values[start:][::-stride]
    if len(at) < 3:
        return None
    first, second = np.triu_indices(len(at), 1)
    elapsed = at[second] - at[first]
    apart = elapsed != 0
    if not apart.any():
        return None
    return float(np.median((value[second] - value[first])[apart] / elapsed[apart]))
