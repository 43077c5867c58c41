"""From the history to what one chart shows: curves with gaps, events, a stretch of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from trayapp.domain.grouping.identity import about_of, target_key
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import TASK, Event, Point, Series
from trayapp.history.sources import CurveSource
from trayapp.language.catalogue import _, ngettext
from trayapp.windows.growth_lines import Growth, judge_again
from trayapp.windows.labels import plain_name
from trayapp.windows.recordings import RecordingSource
from trayapp.windows.runs import find_runs
from trayapp.windows.selection import Selection, target_names

Floats = npt.NDArray[np.float64]

POINTS_PER_CURVE = 1200
"""About one per pixel of a wide window."""
POINTS_IN_ALL = 30_000
LEAST_POINTS = 200
"""Where there are many curves, each gets fewer, so that a hundred take no longer than twenty."""
RATE_SECONDS = 300.0
RATE_POINTS = 30
LEAST_SECONDS, LEAST_RECORDED_SECONDS = 1.0, 0.01
"""No time axis is shorter: that of the history, and that of a recording."""
EVENT_KINDS = ("alert", "cleanup", "restart", "snapshot")
"""Beside tasks, of which there may be so many that they are read for themselves."""
MOST_TASKS = 5000
"""As many as the history keeps, so that those of one target do not hide another's."""
BUNDLED = "bundled"
"""Under which a mark's event says for how many it stands."""
LONGEST_TASK_SECONDS = 86_400.0
"""What began earlier before the chart does not reach into it."""
EVENT_COLUMNS, TASK_COLUMNS = 150, 20
"""Events closer together than this fraction of the chart share one mark, the worst."""


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
        """Whether there is anything to draw."""
        return bool(np.isfinite(self.mean).any())

    @property
    def current(self) -> float | None:
        """The last value; None if the curve ends in a gap."""
        return float(self.mean[-1]) if len(self.mean) and np.isfinite(self.mean[-1]) else None

    @property
    def peak(self) -> float | None:
        """The largest value, of the maxima where points stand for several samples."""
        return float(np.nanmax(self.high)) if self.is_known else None

    @property
    def rate(self) -> float | None:
        """Bytes per second lately; see `recent_rate`."""
        return recent_rate(self.times, self.mean)

    def value_at(self, wall_seconds: float) -> tuple[float, float, float] | None:
        """Minimum, mean and maximum of the point nearest in time; None in and beyond gaps."""
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
            is_there = 0 <= before < len(self.times) and np.isfinite(self.mean[before])
            reach = (
                abs(float(self.times[at] - self.times[before]))
                if is_there
                else float(np.median(np.diff(self.times)))
                if len(self.times) > 1
                else 1.0
            )
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
    """All that one picture shows, read at one moment."""

    since: float
    until: float
    """Wall seconds: the ends of the time axis."""
    last: float | None
    """The newest sample in the whole history."""
    selection: Selection
    system: tuple[Curve, ...]
    """Used memory and used swap; empty unless chosen."""
    total_bytes: float | None
    targets: tuple[Curve, ...]
    system_events: tuple[Event, ...]
    target_events: tuple[Event, ...]
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
    runs: tuple[Run, ...] | None = None
    """The runs of one target, newest first: their times, as `since` and `until`, are seconds since
    their starts, and there is nothing else to show. None: no runs were asked for."""


def read_trends(
    reader: CurveSource,
    selection: Selection,
    live: Mapping[str, Growth] | None = None,
    limits: Mapping[str, float] | None = None,
) -> TrendData:
    """Read what `selection` asks for.

    `live` is what the running applet says of growth; it holds where the present is shown. Without
    it, and for the past, the samples are judged again. `limits` are those of targets, in bytes.

    Raises: HistoryError if the store cannot be read.
    """
    if selection.runs_of is not None:
        return _read_runs(reader, selection, selection.runs_of)
    span = reader.span()
    is_recording = isinstance(reader, RecordingSource)
    least = LEAST_RECORDED_SECONDS if is_recording else LEAST_SECONDS
    since, until = _time_axis(span, selection, least)
    names = target_names(reader.series())
    events = reader.events(since, until, EVENT_KINDS)

    metric = f"{selection.metric}_bytes"
    chosen = [
        (slot, Series("target", name, metric), plain_name(name))
        for slot, name in enumerate(names)
        if name in selection.targets
    ]
    if selection.app:
        chosen.append((len(names), Series("app", "", metric), _("Memtray itself")))
    wanted = list(chosen)
    if selection.system:
        wanted += [
            (0, Series("system", "", "used_bytes"), _("Used")),
            (1, Series("system", "", "swap_used_bytes"), _("Swap used")),
            (2, Series("system", "", "total_bytes"), _("Total")),
        ]
    most = max(LEAST_POINTS, min(POINTS_PER_CURVE, POINTS_IN_ALL // max(1, len(wanted))))
    read = reader.curves([one[1] for one in wanted], since, until, most)
    curves = [
        make_curve(
            points,
            series=series,
            name=name,
            slot=slot,
            breaks=[one.wall_seconds for one in events if _is_restart(one, series)],
            until=until,
        )
        for (slot, series, name), points in zip(wanted, read, strict=True)
    ]
    targets, machine = curves[: len(chosen)], curves[len(chosen) :]
    shown_names = [curve.series.name for curve in targets if curve.series.kind == "target"]
    is_present = span is not None and until >= span[1]
    if live is not None and is_present:
        growths = {name: live[name] for name in shown_names if name in live}
    else:
        growths = judge_again(reader, shown_names, since, until)
    own = {*selection.targets, *(["memtray"] if selection.app else [])}
    own_keys = {target_key(name) for name in own}
    hidden = {target_key(name) for name in (*names, "memtray")} - own_keys
    shown = [
        one
        for one in events
        if _is_marked(one) and (about_of(one) not in hidden or one.kind == "snapshot")
    ]
    here = [one for one in shown if about_of(one) in own_keys or not selection.system]
    there = [one for one in shown if one not in here]
    tasks = [one for one in _read_tasks(reader, since, until) if one.subject in own]
    return TrendData(
        since=since,
        until=until,
        last=span[1] if span else None,
        selection=selection,
        system=tuple(machine[:2]),
        total_bytes=machine[2].peak if machine else None,
        targets=tuple(targets),
        system_events=_thin(there, since, until),
        target_events=(
            *_thin(here, since, until),
            *_thin(tasks, since, until, columns=TASK_COLUMNS, weight=task_growth),
        ),
        tasks=tuple(tasks),
        target_count=len(names),
        recording=reader.title if isinstance(reader, RecordingSource) else None,
        growths=growths,
        limits={name: limits[name] for name in shown_names if limits and name in limits},
    )


def _read_runs(reader: CurveSource, selection: Selection, name: str) -> TrendData:
    series = Series("target", name, f"{selection.metric}_bytes")
    found = []
    for slot, (start, end) in enumerate(find_runs(reader, name)):
        points = reader.points(series, start, end, POINTS_PER_CURVE // 2)
        curve = make_curve(points, series=series, name=plain_name(name), slot=slot)
        found.append(
            Run(start=start, end=end, curve=replace(curve, times=curve.times - start), slot=slot)
        )
    since, until = 0.0, max((run.end - run.start for run in found), default=0.0)
    if selection.window is not None:
        since, until = selection.window
    return TrendData(
        since=since,
        until=max(until, since + LEAST_SECONDS),
        last=None,
        selection=selection,
        system=(),
        total_bytes=None,
        targets=tuple(run.curve for run in found),
        system_events=(),
        target_events=(),
        runs=tuple(found),
    )


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
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 4)
    return Curve(
        series=series,
        name=name,
        slot=slot,
        times=table[:, 0],
        low=table[:, 1],
        mean=table[:, 2],
        high=table[:, 3],
    )


def recent_rate(times: Floats, values: Floats) -> float | None:
    """How fast the curve has been rising lately, in bytes per second; None if it has ended.

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


def _time_axis(
    span: tuple[float, float] | None, selection: Selection, least_seconds: float
) -> tuple[float, float]:
    if selection.window is not None:
        since, until = selection.window
    elif span is None:
        since, until = 0.0, 0.0
    else:
        until = span[1]
        since = span[0] if selection.span_seconds is None else until - selection.span_seconds
    return (since, until) if until - since >= least_seconds else (until - least_seconds, until)


def _is_restart(event: Event, series: Series) -> bool:
    return event.kind == "restart" and series.kind == "target" and event.subject == series.name


def _is_marked(event: Event) -> bool:
    # A resolved alert is good news and would double every mark.
    if event.kind != "alert":
        return True
    told = event.data.get("what") != "acknowledged"
    return told and event.level in ("warning", "critical", "emergency")


def task_growth(event: Event) -> float:
    """How much a task kept; 0 where nobody knows."""
    return kept_of(event) or 0.0


def bundled_count(event: Event) -> int:
    """For how many events of its kind a mark stands."""
    count = event.data.get(BUNDLED)
    return count if isinstance(count, int) else 1


def task_end(event: Event) -> float | None:
    """The wall time at which a task was over; None: it is none, or nobody said."""
    seconds = event.data.get("seconds") if event.kind == TASK else None
    return event.wall_seconds + seconds if isinstance(seconds, int | float) else None


def _read_tasks(reader: CurveSource, since: float, until: float) -> list[Event]:
    """Those that ran in this time, also if they began before it."""
    tasks = reader.events(since - LONGEST_TASK_SECONDS, until, (TASK,), MOST_TASKS)
    return [one for one in tasks if (task_end(one) or one.wall_seconds) >= since]


def _severity(event: Event) -> float:
    return float(Level[event.level.upper()]) if event.level else 0.0


def _thin(
    events: Sequence[Event],
    since: float,
    until: float,
    *,
    columns: int = EVENT_COLUMNS,
    weight: Callable[[Event], float] = _severity,
) -> tuple[Event, ...]:
    """Keep the worst event of each kind and place, and say how many it stands for."""
    width = (until - since) / columns
    places: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        places.setdefault((event.kind, int((event.wall_seconds - since) / width)), []).append(event)
    kept = []
    for together in places.values():
        worst = max(together, key=weight)
        if len(together) > 1:
            more = len(together) - 1
            text = ngettext("{text} (and {count} more)", "{text} (and {count} more)", more)
            worst = replace(
                worst,
                text=text.format(text=worst.text, count=more),
                data={**worst.data, BUNDLED: len(together)},
            )
        kept.append(worst)
    return tuple(kept)
