"""The past of a target for its details: read from the history and computed, not yet drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trayapp.dataclass import dataclass, replace
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.judging.changes import hourly_changes
from trayapp.domain.judging.health import Health, run_health
from trayapp.domain.judging.phases import Phase, find_phases
from trayapp.domain.records.identity import about_of, is_application, target_key
from trayapp.domain.records.levels import Level, as_level
from trayapp.domain.records.series import (
    APPLICATION,
    GUARDED_RUN,
    TASK,
    TRACKED,
    Event,
    Point,
    Series,
)
from trayapp.history.reader import HistoryReader
from trayapp.history.runs import MOST_RUNS, find_runs, is_begun

HOUR_SECONDS = 3600.0
HOURS = 24
SAME_END_SECONDS = 15.0
"""The last sample of a run may be so far from its end."""
EVENT_KINDS = ("alert", "cleanup", "restart", TRACKED)
_RUN_POINTS, _HOUR_POINTS, _DAY_POINTS = 210, 900, 1440
_PHASE_POINTS, _HEAD_POINTS = 600, 150
_HEAD_SECONDS = 600.0
"""So long a run's beginning is read more finely than the rest of it."""
_MOST_TASKS = 1000
_MINUTE_SECONDS, _BEFORE_SECONDS = 60.0, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One life of a target, from its start to its end or to now."""

    start: float
    end: float
    """Wall seconds."""
    peak_bytes: float | None
    change_bytes: float | None
    """From its first to its last size."""
    first_bytes: float | None
    last_bytes: float | None
    mean_bytes: float | None
    alert_count: int
    health: Health | None
    """None: too short to tell."""
    pressure: str = ""
    """Of a run under `memtray run`: how its memory was at its end, "high" or "critical"."""
    phases: tuple[Phase, ...] = ()
    """What its memory did, in order; empty: too short to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The last hour, the last day, and the events in them."""

    hour: tuple[Point, ...] = ()
    events: tuple[Event, ...] = ()
    """Alerts, cleanups and restarts of the last hour."""
    hourly: tuple[float | None, ...] = ()
    """Change in each of the last hours, oldest first."""
    tasks: tuple[float, ...] = ()
    """What each of the last tasks kept, where the program tells of tasks."""
    highest: tuple[str, float] | None = None
    """Of those the one with the highest peak, and how far that was above its beginning."""


def read_past(reader: HistoryReader, name: str, now: float, kind: str = "target") -> Past:
    """Read the past of a target or application; `name` "memtray" is Memtray itself.

    Raises: HistoryError if the store cannot be read.
    """
    day = now - HOURS * HOUR_SECONDS
    found = reader.events(day, now, EVENT_KINDS, subject=name)
    events = _own(found, name, kind)
    restarts = [event.wall_seconds for event in events if event.kind == "restart"]
    told = reader.events(0.0, now, (TASK,), limit=_MOST_TASKS, subject=name)
    tasks = [grown for event in told if (grown := kept_of(event)) is not None]
    return Past(
        hour=tuple(_points(reader, name, now - HOUR_SECONDS, now, _HOUR_POINTS, kind)),
        events=tuple(
            event
            for event in events
            if event.wall_seconds >= now - HOUR_SECONDS
            and event.data.get("what") not in ("held", "acknowledged", "resolved")
        ),
        hourly=tuple(
            hourly_changes(_points(reader, name, day, now, _DAY_POINTS, kind), now, HOURS, restarts)
        ),
        tasks=tuple(tasks),
        highest=_highest(told),
    )


def _highest(tasks: Iterable[Event]) -> tuple[str, float] | None:
    peaks = [
        (float(peak), task.text)
        for task in tasks
        if isinstance(peak := task.data.get("peak_growth_bytes"), (int, float))
    ]
    peak, name = max(peaks, default=(0.0, ""))
    return (name, peak) if peak > 0 else None


def read_runs(
    reader: HistoryReader, name: str, limit_bytes: float | None, most: int = MOST_RUNS
) -> list[Run]:
    """Read the latest runs of a target, newest first, each with its health and phases.

    limit_bytes: its own limit as it is now; None: it has none. Takes about 0.1 s.

    Raises: HistoryError if the store cannot be read.
    """
    span = reader.span()
    if span is None:
        return []
    alerts = _own(reader.events(*span, ("alert",), subject=name), name)
    guarded = _own(reader.events(*span, (GUARDED_RUN,), subject=name), name)
    starts = [
        event
        for event in reader.events(*span, ("restart", TRACKED), subject=name)
        if about_of(event) == target_key(name)
    ]
    runs: list[Run] = []
    for start, end in find_runs(reader, name, most):
        points = _points(reader, name, start, end, _RUN_POINTS)
        run = _judge(points, start, end, alerts, limit_bytes)
        points = _points_of_run(reader, name, start, _last_whole(start, end) if runs else end)
        phases = find_phases(points, is_begun=is_begun(reader, start, starts))
        if phases:
            phases[-1] = phases[-1]._replace(end=end)
        runs.append(replace(run, pressure=_pressure_at(end, guarded), phases=tuple(phases)))
    return runs


def _last_whole(start: float, end: float) -> float:
    """Return until when what is kept of a run that is over is of nothing else.

    Its end is the first sample of the next one where there was no pause between them; of a long run
    only minutes are left, and the last of them may be of both.
    """
    is_long = end - start > HOUR_SECONDS
    return (end - end % _MINUTE_SECONDS if is_long else end) - _BEFORE_SECONDS


def _points_of_run(reader: HistoryReader, name: str, start: float, end: float) -> list[Point]:
    """Read the sizes of a run, its first minutes finely: a long one's first point is beyond."""
    if end - start <= 2 * _HEAD_SECONDS:
        return _points(reader, name, start, end, _PHASE_POINTS)
    since = start + _HEAD_SECONDS
    head = _points(reader, name, start, since, _HEAD_POINTS)
    # From the last that is known: what was not recorded may reach over the border.
    last = head[-1].wall_seconds if head else start
    rest = _points(reader, name, last, end, _PHASE_POINTS)
    return head + [point for point in rest if point.wall_seconds > last]


def _pressure_at(end: float, guarded: Sequence[Event]) -> str:
    """Return the pressure of the guarded run that has ended then; "": none, or there was none."""
    return next(
        (
            str(event.data.get("pressure", ""))
            for event in guarded
            if abs(event.wall_seconds - end) <= SAME_END_SECONDS
        ),
        "",
    )


def _judge(
    points: Sequence[Point],
    start: float,
    end: float,
    alerts: Sequence[Event],
    limit_bytes: float | None,
) -> Run:
    sizes = [point.mean for point in points if point.mean is not None]
    peaks = [point.maximum for point in points if point.maximum is not None]
    own = [alert for alert in alerts if start <= alert.wall_seconds <= end]
    told = [alert for alert in own if alert.data.get("what") in ("raised", "escalated", None)]
    peak = max(peaks, default=None)
    return Run(
        start=start,
        end=end,
        peak_bytes=peak,
        change_bytes=sizes[-1] - sizes[0] if sizes else None,
        first_bytes=sizes[0] if sizes else None,
        last_bytes=sizes[-1] if sizes else None,
        mean_bytes=sum(sizes) / len(sizes) if sizes else None,
        alert_count=len(told),
        health=run_health(
            sizes,
            end - start,
            peak_bytes=peak,
            limit_bytes=limit_bytes,
            worst=max((as_level(alert.level) for alert in own), default=Level.NORMAL),
        ),
    )


def _points(
    reader: HistoryReader, name: str, since: float, until: float, most: int, kind: str = "target"
) -> list[Point]:
    """Read the sizes of a program or of Memtray; before any were kept, its resident sets."""
    if name == "memtray":
        return reader.points(Series("app", "", "rss_bytes"), since, until, most)
    series = [Series(kind, name, metric) for metric in ("size_bytes", "rss_bytes")]
    sizes, resident = reader.curves(series, since, until, most)
    known = [point.wall_seconds for point in sizes if point.maximum is not None]
    if not known:
        return resident
    before = [point for point in resident if point.wall_seconds < known[0]]
    return before + [point for point in sizes if point.wall_seconds >= known[0]]


def _own(events: Sequence[Event], name: str, kind: str = "target") -> list[Event]:
    """Return the events of a target itself, or of an application that goes by its name."""
    if kind == APPLICATION:
        return [event for event in events if is_application(about_of(event))]
    return [event for event in events if about_of(event) == target_key(name)]
