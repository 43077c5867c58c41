"""Reading a trend chart: from the history to curves with gaps, events and a stretch of time."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence

from trayapp.charts.curves import Run, TrendData, make_curve
from trayapp.charts.events import bundle_events, task_end, task_growth
from trayapp.charts.labels import plain_name
from trayapp.charts.selection import Selection
from trayapp.dataclass import replace
from trayapp.domain.judging.growth_line import Growth
from trayapp.domain.judging.learned import Learned, hour_of_week
from trayapp.domain.records.identity import about_of, is_application, target_key
from trayapp.domain.records.series import (
    APPLICATION,
    PROGRAM_KINDS,
    TASK,
    TRACKED,
    Event,
    Series,
)
from trayapp.history.growth_verdicts import judge_again
from trayapp.history.learned_file import load_lessons
from trayapp.history.runs import find_runs
from trayapp.history.sources import CurveSource
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.windows.recordings import RecordingSource
from trayapp.windows.selecting import program_names, target_names

HEAP_METRIC = "heap_live_bytes"
POINTS_PER_CURVE = 1200
"""About one per pixel of a wide window."""
POINTS_IN_ALL = 30_000
LEAST_POINTS = 200
"""Where there are many curves, each gets fewer, so that a hundred take no longer than twenty."""
LEAST_SECONDS, LEAST_RECORDED_SECONDS = 1.0, 0.01
"""No time axis is shorter: that of the history, and that of a recording."""
EVENT_KINDS = ("alert", "cleanup", "restart", "snapshot", TRACKED)
"""Beside tasks, of which there may be so many that they are read for themselves."""
MOST_TASKS = 5000
"""As many as the history keeps, so that those of one target do not hide another's."""
LONGEST_TASK_SECONDS = 86_400.0
"""What began earlier before the chart does not reach into it."""
HOUR_SECONDS = 3600.0
MOST_USUAL_SECONDS = 21 * 86_400.0
EVENT_COLUMNS, TASK_COLUMNS = 150, 20
"""Events closer together than this fraction of the chart share one mark, the worst."""


def read_trends(
    reader: CurveSource,
    selection: Selection,
    live: Mapping[str, Growth] | None = None,
    limits: Mapping[str, float] | None = None,
    heap_limits: Mapping[str, float] | None = None,
    learned: Mapping[str, Learned] | None = None,
) -> TrendData:
    """Read what `selection` asks for.

    `live` is what the running applet says of growth; it holds where the present is shown. Without
    it, and for the past, the samples are judged again. `limits` are those of targets, and
    `heap_limits` those of their heaps, in bytes; `learned` is what is usual for targets.

    Raises: HistoryError if the store cannot be read.
    """
    if selection.runs_of is not None:
        return _read_runs(reader, selection, selection.runs_of)
    span = reader.span()
    is_recording = isinstance(reader, RecordingSource)
    least = LEAST_RECORDED_SECONDS if is_recording else LEAST_SECONDS
    since, until = _time_axis(span, selection, least)
    recorded = reader.series()
    targets_known, names = target_names(recorded), program_names(recorded)
    events = reader.events(since, until, EVENT_KINDS)

    metric = f"{selection.metric}_bytes"
    chosen = [
        _curve_of(slot, name, metric, is_target=name in targets_known)
        for slot, name in enumerate(names)
        if name in selection.targets
    ]
    if selection.app:
        chosen.append((len(names), Series("app", "", metric), _("Memtray itself")))
    heaps = _heaps_of(chosen, selection, recorded)
    wanted = [*chosen, *heaps]
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
    targets, machine = curves[: len(chosen)], curves[len(chosen) + len(heaps) :]
    heap_curves = curves[len(chosen) :][: len(heaps)]
    programs = [curve.series for curve in targets if curve.series.kind in PROGRAM_KINDS]
    shown_names = [one.name for one in programs if one.kind == "target"]
    is_present = span is not None and until >= span[1]
    if live is not None and is_present:
        growths = {one.name: live[one.name] for one in programs if one.name in live}
    else:
        growths = judge_again(reader, programs, since, until)
    own = {*selection.targets, *(["memtray"] if selection.app else [])}
    own_keys = {target_key(name) for name in own if name not in names or name in targets_known}
    applications = {one.name for one in programs if one.kind == APPLICATION}
    hidden = {target_key(name) for name in (*targets_known, "memtray")} - own_keys
    shown = [
        one
        for one in events
        if _is_marked(one) and (about_of(one) not in hidden or one.kind == "snapshot")
    ]
    here = [
        one
        for one in shown
        if about_of(one) in own_keys
        or (one.subject in applications and is_application(about_of(one)))
        or not selection.system
    ]
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
        heaps=tuple(heap_curves),
        system_events=bundle_events(there, since, until, columns=EVENT_COLUMNS),
        target_events=(
            *bundle_events(here, since, until, columns=EVENT_COLUMNS),
            *bundle_events(tasks, since, until, columns=TASK_COLUMNS, weight=task_growth),
        ),
        tasks=tuple(tasks),
        target_count=len(targets_known),
        recording=reader.title if isinstance(reader, RecordingSource) else None,
        growths=growths,
        limits={name: limits[name] for name in shown_names if limits and name in limits},
        heap_limits={
            curve.series.name: heap_limits[curve.series.name]
            for curve in heap_curves
            if heap_limits and curve.series.name in heap_limits
        },
        usual={
            name: usual_hours(learned[name], since, until)
            for name in shown_names
            if learned and name in learned
        },
    )


def learned_now() -> dict[str, Learned]:
    """Return what was learned of targets, from the file in which the applet keeps it."""
    lessons = load_lessons(current_paths().learned_file)
    return {name: lesson.learned for name, lesson in lessons.items()}


def usual_hours(learned: Learned, since: float, until: float) -> list[tuple[float, float, float]]:
    """Return begin, low and high of every hour between two wall times that something is known of.

    None for longer than three weeks: there would be more hours than a chart has pixels.
    """
    if until - since > MOST_USUAL_SECONDS:
        return []
    found = []
    at = since - since % HOUR_SECONDS
    while at < until:
        offset = float(time.localtime(at).tm_gmtoff)
        usual = learned.usual(hour_of_week(at, offset))
        if usual is not None:
            found.append((at, float(usual.low_bytes), float(usual.high_bytes)))
        at += HOUR_SECONDS
    return found


def _curve_of(slot: int, name: str, metric: str, *, is_target: bool) -> tuple[int, Series, str]:
    """Return colour, series and shown name of one program."""
    if is_target:
        return slot, Series("target", name, metric), plain_name(name)
    shown = _("{name} (not tracked)").format(name=plain_name(name))
    return slot, Series(APPLICATION, name, metric), shown


def _heaps_of(
    chosen: Sequence[tuple[int, Series, str]], selection: Selection, recorded: Collection[Series]
) -> list[tuple[int, Series, str]]:
    """Return what of heaps is drawn beside the sizes: in a stack it would count twice."""
    if selection.stacked or selection.metric == "swap":
        return []
    found = []
    for slot, series, name in chosen:
        heap = series._replace(metric=HEAP_METRIC)
        if heap in recorded:
            found.append((slot, heap, _("{name}: heap after collection").format(name=name)))
    return found


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
        targets=tuple(run.curve for run in found),
        runs=tuple(found),
    )


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


def _read_tasks(reader: CurveSource, since: float, until: float) -> list[Event]:
    """Read the tasks that ran in this time, also if they began before it."""
    tasks = reader.events(since - LONGEST_TASK_SECONDS, until, (TASK,), MOST_TASKS)
    return [one for one in tasks if (task_end(one) or one.wall_seconds) >= since]
