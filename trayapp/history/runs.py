"""The runs of a target: when they began and ended, by what was recorded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from trayapp.domain.records.series import TRACKED, Event, Point, Series

if TYPE_CHECKING:
    # Brings numpy, which takes longer than a small window takes to open.
    from trayapp.history.sources import CurveSource

MOST_RUNS = 6
"""The latest, and five to compare it with."""
SHORTEST_SECONDS = 30.0
"""Shorter ones tell nothing, unless it is the latest."""
SMALLER = 0.75
"""What has so much less after a time without any record was started again meanwhile."""
_POINTS, _EDGE_POINTS = 1500, 300
_SAME_START_SECONDS, _JUST_BEFORE_SECONDS = 90.0, 90.0
_SAME_LOOK_SECONDS = 0.1
"""What came into the history with its first look was there before."""


def find_runs(reader: CurveSource, name: str, most: int = MOST_RUNS) -> list[tuple[float, float]]:
    """Return the wall times of the first and last sample of the latest runs, newest first.

    A run ends where the target was started again or was gone while Memtray looked. Where nothing
    was recorded at all (Memtray or the machine was off), it goes on unless it came back smaller.

    Raises: HistoryError if the store cannot be read.
    """
    span = reader.span()
    if span is None:
        return []
    series = Series("target", name, "rss_bytes"), Series("system", "", "used_bytes")
    own, system = reader.curves(series, *span, max_points=_POINTS)
    restarts = sorted(
        event.wall_seconds
        for event in reader.events(*span, kinds=("restart",))
        if event.subject == name
    )
    watched = [point.wall_seconds for point in system if point.mean is not None]
    known = [point for point in own if point.mean is not None]
    gaps = [point.wall_seconds for point in own if point.mean is None]
    runs: list[list[float]] = []
    for before, after in pairwise([None, *known]):
        if after is None:
            continue
        if before is None or _is_new(before, after, restarts, gaps, watched):
            # A stretch that holds a restart has samples of both runs; its moment is exact.
            at = bisect_left(restarts, before.wall_seconds if before else span[0])
            is_near = before is not None and at < len(restarts)
            start = restarts[at] if is_near and restarts[at] <= after.wall_seconds else None
            runs.append([start or after.wall_seconds, after.wall_seconds])
        runs[-1][1] = after.wall_seconds
    step = (span[1] - span[0]) / _POINTS
    # What began before the history did would be laid over the others from its middle.
    if len(runs) > 1 and not _is_begun(reader, series, runs[0], span[0], step):
        del runs[0]
    # Some of them may turn out too short.
    exact = [_refined(reader, series[0], run, step, restarts) for run in runs[-2 * most :]]
    latest = exact[-1:]
    kept = [run for run in exact if run[1] - run[0] >= SHORTEST_SECONDS or run in latest]
    return kept[: -most - 1 : -1]


def is_begun(reader: CurveSource, start: float, events: Iterable[Event]) -> bool:
    """Return whether this run began at `start`, rather than being seen from then on only.

    events: when its target was started again, or became one.

    Raises: HistoryError.
    """
    for event in events:
        near = abs(event.wall_seconds - start) <= _SAME_START_SECONDS
        if near and event.kind == "restart":
            return True
        since = event.data.get("since_wall_seconds")
        if event.kind == TRACKED and (
            near or (isinstance(since, int | float) and abs(since - start) <= _SAME_START_SECONDS)
        ):
            return False
    system = Series("system", "", "used_bytes")
    looks = reader.points(system, start - _JUST_BEFORE_SECONDS, start, _EDGE_POINTS)
    known = [point.wall_seconds for point in looks if point.mean is not None]
    return bool(known) and known[0] < start - _SAME_LOOK_SECONDS


def _is_begun(
    reader: CurveSource,
    series: tuple[Series, Series],
    run: Sequence[float],
    first: float,
    step: float,
) -> bool:
    """Return whether samples were taken before this run began, so that its beginning is known.

    first: the oldest sample of the history. Where only hours are left of it, an hour is as fine as
    that can be told.
    """
    own, system = reader.curves(series, first, run[0] + step, max_points=_EDGE_POINTS)
    starts = [point.wall_seconds for point in own if point.mean is not None]
    looks = [point.wall_seconds for point in system if point.mean is not None]
    return bool(starts and looks) and looks[0] < starts[0] - _SAME_LOOK_SECONDS


def _refined(
    reader: CurveSource,
    series: Series,
    run: Sequence[float],
    step: float,
    restarts: Sequence[float],
) -> tuple[float, float]:
    """Return the ends of a run as finely as recorded: a point may stand for many samples."""
    start, end = run
    if start not in restarts:
        start, _ = _part_around(reader, series, start, step)
    _, last = _part_around(reader, series, end, step)
    # What was started again without a pause has no gap there.
    following = bisect_right(restarts, end)
    if following < len(restarts):
        last = min(last, restarts[following])
    return start, max(start, last)


def _part_around(
    reader: CurveSource, series: Series, moment: float, step: float
) -> tuple[float, float]:
    """Return the ends of the part without a gap around a moment, as far as a step reaches."""
    parts: list[list[float]] = [[]]
    for point in reader.points(series, moment - step, moment + step, _EDGE_POINTS):
        if point.mean is None:
            parts.append([])
        else:
            parts[-1].append(point.wall_seconds)
    known = [part for part in parts if part]
    if not known:
        return moment, moment
    nearest = min(known, key=lambda part: max(part[0] - moment, moment - part[-1]))
    return nearest[0], nearest[-1]


def _is_new(
    before: Point,
    after: Point,
    restarts: Sequence[float],
    gaps: Sequence[float],
    watched: Sequence[float],
) -> bool:
    start, end = before.wall_seconds, after.wall_seconds
    if bisect_right(restarts, end) > bisect_right(restarts, start):
        return True
    gap = bisect_left(gaps, start)
    if gap == len(gaps) or gaps[gap] > end:
        return False
    if bisect_left(watched, end) - bisect_right(watched, start) > 0:
        return True
    return (after.mean or 0.0) < SMALLER * (before.mean or 0.0)
