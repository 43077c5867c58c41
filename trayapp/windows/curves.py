"""From the history to what one chart shows: curves with gaps, events, a stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trayapp.domain.levels import Level
from trayapp.domain.records import Event, Point, Series
from trayapp.windows.labels import plain_name
from trayapp.windows.recordings import RecordingSource, TrendSource
from trayapp.windows.selection import Selection, target_names

Floats = npt.NDArray[np.float64]

POINTS_PER_CURVE = 1200
"""About one per pixel of a wide window."""
RATE_SECONDS = 300.0
RATE_POINTS = 30
LEAST_SECONDS, LEAST_RECORDED_SECONDS = 1.0, 0.01
"""No time axis is shorter: that of the history, and that of a recording."""
EVENT_KINDS = ("alert", "cleanup", "restart")
EVENT_COLUMNS = 150
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
        steps = np.diff(self.times)
        reach = float(np.median(steps)) if len(steps) else 1.0
        if len(nearby) == 1 and abs(self.times[at] - wall_seconds) > 3 * reach:
            return None
        return float(self.low[at]), float(self.mean[at]), float(self.high[at])


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
    recording: str | None = None
    """What is shown instead of the history, for people; None: it is the history."""


def read_trends(reader: TrendSource, selection: Selection) -> TrendData:
    """Read what `selection` asks for.

    Raises: HistoryError if the store cannot be read.
    """
    span = reader.span()
    is_recording = isinstance(reader, RecordingSource)
    least = LEAST_RECORDED_SECONDS if is_recording else LEAST_SECONDS
    since, until = _time_axis(span, selection, least)
    names = target_names(reader.series())
    events = reader.events(since, until, EVENT_KINDS)

    def read(slot: int, series: Series, name: str) -> Curve:
        restarts = [one.wall_seconds for one in events if _is_restart(one, series)]
        points = reader.points(series, since, until, max_points=POINTS_PER_CURVE)
        return make_curve(points, series=series, name=name, slot=slot, breaks=restarts, until=until)

    system: tuple[Curve, ...] = ()
    total = None
    if selection.system:
        system = (
            read(0, Series("system", "", "used_bytes"), "Used"),
            read(1, Series("system", "", "swap_used_bytes"), "Swap used"),
        )
        total = read(0, Series("system", "", "total_bytes"), "Total").peak
    targets = [
        read(slot, Series("target", name, "rss_bytes"), plain_name(name))
        for slot, name in enumerate(names)
        if name in selection.targets
    ]
    if selection.app:
        targets.append(read(len(names), Series("app", "", "rss_bytes"), "Memtray itself"))
    own = {*selection.targets, *(["memtray"] if selection.app else [])}
    hidden = {*names, "memtray"} - own
    shown = [one for one in events if one.subject not in hidden and _is_marked(one)]
    here = [one for one in shown if one.subject in own or not selection.system]
    there = [one for one in shown if one not in here]
    return TrendData(
        since=since,
        until=until,
        last=span[1] if span else None,
        selection=selection,
        system=system,
        total_bytes=total,
        targets=tuple(targets),
        system_events=_thin(there, since, until),
        target_events=_thin(here, since, until),
        recording=reader.title if isinstance(reader, RecordingSource) else None,
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
    return event.kind == "cleanup" or (
        event.kind == "alert" and event.level in ("warning", "critical", "emergency")
    )


def _thin(events: Sequence[Event], since: float, until: float) -> tuple[Event, ...]:
    """Keep the worst event of each kind and place, and say how many it stands for."""
    width = (until - since) / EVENT_COLUMNS
    places: dict[tuple[str, int], list[Event]] = {}
    for event in events:
        places.setdefault((event.kind, int((event.wall_seconds - since) / width)), []).append(event)
    kept = []
    for together in places.values():
        worst = max(together, key=_severity)
        if len(together) > 1:
            worst = replace(worst, text=f"{worst.text} (and {len(together) - 1} more)")
        kept.append(worst)
    return tuple(kept)


def _severity(event: Event) -> int:
    return int(Level[event.level.upper()]) if event.level else 0
