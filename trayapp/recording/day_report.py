"""What Memtray's own history tells of one day: each target by hour, and its tasks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.judging.log_records import TaskUse
from trayapp.domain.judging.task_growth import GrowthByTask, TaskGrowth
from trayapp.domain.records.series import APPLICATION, TASK, Event, Point, Series
from trayapp.history.reader import HistoryReader
from trayapp.recording.log_report import guiltiest_first, task_json

MOST_EVENTS = 200_000
_MOST_APPLICATIONS = 15
_POINTS = 24 * 12
"""Of a day: one for five minutes."""
Json = dict[str, Any]


def day_json(reader: HistoryReader, day: date, names: Sequence[str] = ()) -> Json:
    """Return the day by the local clock; `names`: only of these targets.

    Raises: HistoryError.
    """
    since, until = _limits(day)
    recorded = [
        one
        for one in reader.series()
        if one.kind == "target" and one.metric == "rss_bytes" and (not names or one.name in names)
    ]
    events = reader.events(since, until, (TASK,), MOST_EVENTS)
    curves = reader.curves(recorded, since, until, _POINTS)
    found = [
        _target_json(series, curve, [event for event in events if event.subject == series.name])
        for series, curve in zip(recorded, curves, strict=True)
    ]
    targets = [each for each in found if each["hours"] or each["tasks"]]
    return {
        "date": day.isoformat(),
        "targets": targets,
        "applications": [] if targets else _applications(reader, since, until, names),
    }


def _applications(
    reader: HistoryReader, since: float, until: float, names: Sequence[str]
) -> list[Json]:
    """Return the largest applications of a day, largest first; `names`: only these."""
    known = {one.name for one in reader.series() if one.kind == APPLICATION}
    found: list[Json] = []
    for name in known & set(names) if names else known:
        points = _application_points(reader, name, since, until)
        if points:
            least = (point.mean if point.minimum is None else point.minimum for point in points)
            found.append(
                {
                    "name": name,
                    "least_bytes": round(min(size for size in least if size is not None)),
                    "mean_bytes": round(sum(point.mean or 0.0 for point in points) / len(points)),
                    "peak_bytes": round(max(point.maximum or 0.0 for point in points)),
                }
            )
    return sorted(found, key=lambda each: (-each["peak_bytes"], each["name"]))[:_MOST_APPLICATIONS]


def _application_points(
    reader: HistoryReader, name: str, since: float, until: float
) -> list[Point]:
    """Return what is known of its size, or where that is not kept of its resident sets."""
    for metric in ("size_bytes", "rss_bytes"):
        points = reader.points(Series(APPLICATION, name, metric), since, until, _POINTS)
        known = [point for point in points if point.mean is not None]
        if known:
            return known
    return []


def _limits(day: date) -> tuple[float, float]:
    """Return the first and last moment of a day; the same where no clock has such a day."""
    try:
        since = datetime.combine(day, time()).timestamp()
        return since, datetime.combine(day + timedelta(days=1), time()).timestamp() - 0.001
    except (OverflowError, ValueError, OSError):
        return 0.0, 0.0


def _target_json(series: Series, curve: Iterable[Point], events: Sequence[Event]) -> Json:
    uses, growth = _read_tasks(events)
    explained = sum(task.kept_bytes for task in growth.tasks.values())
    hours = list(_hours(curve, events))
    grown = growth.total_bytes if events else None
    return {
        "name": series.name,
        "hours": hours,
        "peak_bytes": max((hour["peak_bytes"] for hour in hours), default=None),
        "tasks": [
            task_json(name, use, growth.tasks.get(name, TaskGrowth()))
            for name, use in guiltiest_first(uses, growth.tasks)
        ],
        "growth_bytes": None if grown is None else round(grown),
        "unexplained_bytes": None if grown is None else round(grown - explained),
    }


def _read_tasks(events: Sequence[Event]) -> tuple[dict[str, TaskUse], GrowthByTask]:
    growth, uses = GrowthByTask(), dict[str, TaskUse]()
    moments: list[tuple[float, bool, int, float | None]] = []
    for at, event in enumerate(events):
        name, kept, before = event.text, kept_of(event), _number(event, "before_bytes")
        seconds, peak = _number(event, "seconds") or 0.0, _number(event, "peak_rss_bytes")
        use = uses.setdefault(name, TaskUse())
        use.count += 1
        use.failed += "failed" in event.data
        use.seconds += seconds
        if peak is not None:
            use.add(peak, 1, peak)
        if before is None or kept is None:
            growth.add_runs(name, 1, kept)
            continue
        moments.append((event.wall_seconds, True, at, before))
        moments.append((event.wall_seconds + seconds, False, at, before + kept))
    for _at, begins, key, level in sorted(moments):
        if begins:
            growth.start(key, events[key].text, level)
        else:
            growth.end(key, level)
    growth.finish()
    return uses, growth


def _hours(curve: Iterable[Point], events: Sequence[Event]) -> Iterator[Json]:
    gathered: dict[int, list[Point]] = {}
    for point in curve:
        if point.mean is not None:
            gathered.setdefault(datetime.fromtimestamp(point.wall_seconds).hour, []).append(point)
    kept: dict[int, float] = {}
    for event in events:
        hour = datetime.fromtimestamp(event.wall_seconds).hour
        kept[hour] = kept.get(hour, 0.0) + 1
    for hour, points in sorted(gathered.items()):
        means = [point.mean for point in points if point.mean is not None]
        yield {
            "hour": hour,
            "least_bytes": round(min(p.minimum for p in points if p.minimum is not None)),
            "mean_bytes": round(sum(means) / len(means)),
            "peak_bytes": round(max(p.maximum for p in points if p.maximum is not None)),
            "task_count": round(kept.get(hour, 0)),
        }


def _number(event: Event, name: str) -> float | None:
    value = event.data.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
