"""The latest run of each target in a report: its health, and the phases of its memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trayapp.domain.judging.phases import find_phases
from trayapp.domain.records.series import Point
from trayapp.domain.showing.phase_lines import phase_name, phase_rate
from trayapp.export.report.collecting import Collector
from trayapp.export.report.facts import LatestRun, TargetFacts, by_peak, clock
from trayapp.history.reader import HistoryReader
from trayapp.history.run_performance import read_performance
from trayapp.history.target_history import read_runs
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size

MOST_SHOWN = 10
"""The runs of the largest programs have their phases in the report."""


def latest_run(name: str, collector: Collector, limit_bytes: float | None) -> LatestRun:
    """Return the latest run of a target, whole, or the end of the curve of a recording.

    Raises: HistoryError.
    """
    source = collector.source
    if isinstance(source.reader, HistoryReader) and name not in source.applications:
        runs = read_runs(source.reader, name, limit_bytes, most=1)
        if not runs:
            return LatestRun()
        (run,) = runs
        found = read_performance(source.reader, name, run.start, run.end)
        return LatestRun(run.phases, run.health, found)
    points = []
    last: float | None = None
    restarts = collector.restarts.get(name, ())
    since = max(restarts, default=source.since_wall_seconds)
    for point in collector.targets[name].curve.points:
        if point is None:
            if last is not None:
                points.append(Point(last, None, None, None))
        elif point.wall_seconds >= since:
            points.append(Point(*point))
            last = point.wall_seconds
    return LatestRun(tuple(find_phases(points, is_begun=bool(restarts))))


def phase_headings() -> list[str]:
    return [
        _("Name"),
        _("Phase"),
        _("From"),
        _("Duration"),
        _("Size at its start"),
        _("Size at its end"),
        _("Rate"),
    ]


def phase_rows(targets: Iterable[TargetFacts]) -> Iterator[list[str]]:
    """Yield the cells of each phase of the largest programs; the first of each names it."""
    shown = [one for one in by_peak([*targets]) if one.run.phases]
    for one in shown[:MOST_SHOWN]:
        yield from _rows(one.name, one.run)


def _rows(name: str, run: LatestRun) -> Iterator[list[str]]:
    title = name
    if run.health is not None:
        text = _("{name} (health {score} of 100)")
        title = text.format(name=name, score=run.health.score)
    for phase in run.phases:
        yield [
            title,
            phase_name(phase.kind),
            clock(phase.start),
            format_duration(phase.end - phase.start),
            format_size(phase.from_bytes),
            format_size(phase.to_bytes),
            phase_rate(phase),
        ]
        title = ""
