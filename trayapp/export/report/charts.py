"""The choice of charts in a report, and of the marks in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from trayapp.domain.records.identity import about_of, is_application, target_key
from trayapp.domain.records.median import median
from trayapp.domain.records.series import Event
from trayapp.export.report.collecting import SWAP, USED, Collector
from trayapp.export.report.facts import Chart, ChartCurve, CleanupFacts, Mark, TargetFacts
from trayapp.language.catalogue import _

MOST_IN_CHART = 7
MOST_OWN_CHARTS = 10
MARK_COLUMNS = 40


def charts_of(
    collector: Collector,
    targets: Sequence[TargetFacts],
    alerts: Sequence[Event],
    cleanups: Sequence[CleanupFacts],
    clean: Callable[[str], str],
) -> Iterable[Chart]:
    """Yield the machine, the largest targets together, then each with something to show."""
    used, swap = (collector.system[one][0].points for one in (USED, SWAP))
    if used:
        yield Chart(
            title=_("The machine"),
            curves=(
                ChartCurve(name=_("Used"), points=used),
                ChartCurve(name=_("Swap used"), points=swap),
            ),
            ceiling_bytes=collector.total_bytes,
            ceiling_name=_("Total"),
            marks=_bundled(_marks("system", alerts, (), clean), collector),
        )
    named = dict(zip(collector.targets, targets, strict=True))
    by_peak = sorted(named, key=lambda name: -(named[name].summary.peak or 0.0))
    largest = [name for name in by_peak if named[name].summary.peak is not None][:MOST_IN_CHART]
    if len(named) > 1 and largest:
        yield Chart(
            title=_("Largest programs, resident set (RSS)")
            if all(collector.targets[name].is_resident for name in largest)
            else _("Largest programs, memory in use"),
            curves=tuple(
                ChartCurve(name=named[name].name, points=collector.targets[name].curve.points)
                for name in largest
            ),
        )
    own = [
        name
        for name in by_peak
        if named[name].level != "healthy" or named[name].leaked or len(named) == 1
    ]
    for name in own[:MOST_OWN_CHARTS]:
        one = named[name]
        is_tracked = name not in collector.source.applications
        marks = [
            *_marks(name, alerts, cleanups, clean, is_tracked=is_tracked),
            *_restart_marks(collector, name),
        ]
        target = collector.targets[name]
        shown = _("Resident set (RSS)") if target.is_resident else _("Memory in use")
        curves = [ChartCurve(name=shown, points=target.curve.points)]
        if target.judged.points:
            curves.append(ChartCurve(name=_("Anonymous memory"), points=target.judged.points))
        yield Chart(
            title=one.name,
            curves=tuple(curves),
            ceiling_bytes=one.limit_bytes,
            ceiling_name=_("Limit"),
            growth=_growth_line(one, curves[-1]),
            marks=_bundled(marks, collector),
        )


def _growth_line(
    one: TargetFacts, curve: ChartCurve
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return a line of the verdict's slope through the middle of what was judged."""
    rate, since = one.rate_bytes_per_second, one.since_wall_seconds
    if one.level == "healthy" or rate is None or since is None:
        return None
    points = [point for point in curve.points if point is not None and point.wall_seconds >= since]
    if len(points) < 2:
        return None
    base = median([point.mean - rate * (point.wall_seconds - since) for point in points])
    first, last = points[0].wall_seconds, points[-1].wall_seconds
    return (
        (first, max(0.0, base + rate * (first - since))),
        (last, max(0.0, base + rate * (last - since))),
    )


def _bundled(marks: Iterable[Mark], collector: Collector) -> tuple[Mark, ...]:
    """Merge marks of one kind that would hide the curve into one with their number."""
    source = collector.source
    width = (source.until_wall_seconds - source.since_wall_seconds) / MARK_COLUMNS
    found: list[Mark] = []
    last: dict[str, int] = {}
    for mark in sorted(marks, key=lambda one: one.wall_seconds):
        place = last.get(mark.kind)
        if place is not None and mark.wall_seconds - found[place].wall_seconds < width:
            found[place] = found[place]._replace(number=found[place].number + 1)
        else:
            last[mark.kind] = len(found)
            found.append(mark)
    return tuple(found)


def _marks(
    subject: str,
    alerts: Iterable[Event],
    cleanups: Iterable[CleanupFacts],
    clean: Callable[[str], str],
    *,
    is_tracked: bool = True,
) -> Iterable[Mark]:
    for event in alerts:
        is_told = event.data.get("what") not in ("held", "acknowledged", "resolved")
        about = about_of(event)
        is_own = about == target_key(subject)
        if not is_tracked:
            is_own = is_application(about) and event.subject == subject
        if is_own and is_told and event.level not in ("", "normal"):
            yield Mark(event.wall_seconds, event.level, clean(event.text))
    for cleanup in cleanups:
        if cleanup.subject == clean(subject):
            yield Mark(cleanup.wall_seconds, "cleanup", cleanup.text)


def _restart_marks(collector: Collector, name: str) -> Iterable[Mark]:
    for at in collector.restarts.get(name, ()):
        yield Mark(at, "restart", _("restarted"))
