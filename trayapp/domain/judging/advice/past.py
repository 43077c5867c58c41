"""What the history tells of a target that advice goes by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.judging.advice.case import Past, TaskPast
from trayapp.domain.judging.advice.versions import compare_versions
from trayapp.domain.records.run_program import PROGRAM
from trayapp.domain.records.series import TASK, Event, Point, Series

DAYS = 14
MOST_POINTS = DAYS * 24 * 4
QUARTER_SECONDS = 900.0
DAY_SECONDS = 86_400.0
BUSY_PERCENT = 1.0
"""Of one core, at most, within a quarter of an hour: what has less is idle."""
MOST_TASKS = 1000
MOST_RUNS = 200
_METRICS = ("rss_bytes", "size_bytes", "heap_live_bytes", "cpu_percent")


class Reader(Protocol):
    """The part of a history that is read here."""

    def curves(
        self, series: Sequence[Series], since: float, until: float, max_points: int, /
    ) -> list[list[Point]]:
        """Return curves, as the history's reader does."""

    def events(
        self,
        since_wall_seconds: float,
        until_wall_seconds: float,
        kinds: Iterable[str] | None = None,
        limit: int = 1000,
        subject: str | None = None,
    ) -> list[Event]:
        """Return events, as the history's reader does."""


def past_of(reader: Reader, name: str, now: float) -> Past:
    """Read what is known of a target over 14 days; whatever `reader` raises is raised."""
    series = [Series("target", name, metric) for metric in _METRICS]
    curves = reader.curves(series, now - DAYS * DAY_SECONDS, now, MOST_POINTS)
    rss, size, live, cpu = [
        [point for point in curve if point.maximum is not None] for curve in curves
    ]
    sizes = size if len(size) >= len(rss) / 2 else rss
    highest = sorted(point.maximum or 0.0 for point in sizes)
    tasks = reader.events(now - DAY_SECONDS, now, (TASK,), MOST_TASKS, name)
    programs = reader.events(now - DAYS * DAY_SECONDS, now, (PROGRAM,), MOST_RUNS, name)
    return Past(
        days=covered_days(rss, now),
        p99_bytes=round(highest[int(0.99 * (len(highest) - 1))]) if highest else None,
        live_bytes=round(max(point.maximum or 0.0 for point in live)) if live else None,
        idle_seconds=_idle_seconds(cpu, now),
        task=worst_task(tasks),
        version=compare_versions(rss, programs),
    )


def worst_task(events: Iterable[Event]) -> TaskPast | None:
    """Return the task that kept most; None: none did. A single large run is no habit."""
    kept: dict[str, list[float]] = {}
    for event in events:
        size = kept_of(event)
        if size is not None:
            kept.setdefault(event.text, []).append(size)
    sums = {name: sum(sizes) - max(sizes) for name, sizes in kept.items() if len(sizes) > 1}
    total = sum(sum(sizes) for sizes in kept.values() if sum(sizes) > 0)
    if not sums or total <= 0:
        return None
    name = max(sums, key=sums.__getitem__)
    own = sum(kept[name])
    if own <= 0:
        return None
    return TaskPast(name, len(kept[name]), round(own), min(1.0, own / total))


def covered_days(points: Sequence[Point], now: float) -> float:
    """Return for how long there are samples; a stretch without any does not count."""
    if not points:
        return 0.0
    covered = min(len(points) * QUARTER_SECONDS, now - points[0].wall_seconds)
    return max(0.0, covered) / DAY_SECONDS


def _idle_seconds(points: Sequence[Point], now: float) -> float | None:
    """Return for how long it was idle without a break, gaps of an hour and more being breaks."""
    if not points or now - points[-1].wall_seconds > 4 * QUARTER_SECONDS:
        return None
    since = now
    for point in reversed(points):
        if (point.maximum or 0.0) >= BUSY_PERCENT or since - point.wall_seconds > (
            5 * QUARTER_SECONDS
        ):
            break
        since = point.wall_seconds
    return now - since
