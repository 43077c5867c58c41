"""What a report says, gathered in one pass: findings first, then what they rest on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple

from trayapp.domain.language import _, ngettext
from trayapp.domain.leaks import LeakDetector, Load, Signal, Verdict
from trayapp.domain.middle import median
from trayapp.domain.records import Event, Series
from trayapp.domain.units import (
    format_duration,
    format_estimate,
    format_percent,
    format_rate,
    format_size,
)
from trayapp.export.source import Cell, Counts, Row, Source, Summary, find_step
from trayapp.export.texts import plain_text

MOST_ROWS = 4000
WIDEST_ROW_SECONDS = 600.0
"""The detector takes no longer intervals."""
LONGEST_JUDGED_SECONDS = 14 * 86_400.0
"""Growth that is older than this has been told of, or has ended."""
CHART_POINTS = 400
MOST_IN_CHART = 7
MOST_OWN_CHARTS = 10
MOST_EVENTS = 200
_NEAR_LIMIT = 0.75
_LEAST_JUDGED_SECONDS = 300.0
_LEAST_GAP_SECONDS = 90.0
_USED, _SWAP, _TOTAL = (
    Series("system", "", metric) for metric in ("used_bytes", "swap_used_bytes", "total_bytes")
)

_NEEDED = (
    *("used_bytes", "swap_used_bytes", "total_bytes"),
    *("rss_bytes", "anon_bytes", "swap_bytes", "process_count"),
)
"""Metrics; the others would only take time."""

Weight = Literal["bad", "warning", "good", "note"]


class Finding(NamedTuple):
    """One thing to know, the worst first."""

    weight: Weight
    title: str
    text: str
    subject: str = ""


class ChartPoint(NamedTuple):
    """One stretch of a curve; bytes."""

    wall_seconds: float
    low: float
    mean: float
    high: float


@dataclass(slots=True, kw_only=True)
class ChartCurve:
    """One line of a chart."""

    name: str
    points: list[ChartPoint | None] = field(default_factory=list)
    """In order of time; None where nothing is known."""


class Mark(NamedTuple):
    """Something that happened, beside the curves."""

    wall_seconds: float
    kind: str
    """"warning", "critical", "emergency", "cleanup" or "restart"."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One picture."""

    title: str
    curves: tuple[ChartCurve, ...]
    ceiling_bytes: float | None = None
    """A line to stay below."""
    ceiling_name: str = ""
    growth: tuple[tuple[float, float], tuple[float, float]] | None = None
    """A straight line: wall seconds and bytes of both its ends."""
    marks: tuple[Mark, ...] = ()
    starts_at_zero: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """One target, or one series of a recording."""

    name: str
    summary: Summary
    counts: Counts
    level: str
    """"healthy", "growing" or "leaking"."""
    shape: str
    score: float
    rate_bytes_per_second: float | None
    growth_bytes: float | None
    since_wall_seconds: float | None
    limit_bytes: float | None
    seconds_to_limit: float | None
    evidence: str
    leaked: tuple[float, float] | None = None
    """From when to when it was called leaking, where it no longer is at the end."""
    details: str = ""
    """How it is found, or its command line; empty where that is private or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """One incident from its first alert to its last."""

    subject: str
    title: str
    text: str
    level: str
    """The highest."""
    begun_wall_seconds: float
    ended_wall_seconds: float | None
    """None: still open at the end."""
    told: int
    """How often the person was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupFacts:
    """One cleanup, and what had come back a minute later."""

    wall_seconds: float
    subject: str
    before_bytes: float | None
    after_bytes: float | None
    later_bytes: float | None
    text: str

    @property
    def freed_bytes(self) -> float | None:
        """At once."""
        if self.before_bytes is None or self.after_bytes is None:
            return None
        return self.before_bytes - self.after_bytes

    @property
    def kept_bytes(self) -> float | None:
        """A minute later."""
        if self.before_bytes is None or self.later_bytes is None:
            return None
        return self.before_bytes - self.later_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is said, with nothing left in it that was to be hidden."""

    title: str
    made_wall_seconds: float
    since_wall_seconds: float
    until_wall_seconds: float
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    charts: tuple[Chart, ...]
    targets: tuple[TargetFacts, ...]
    incidents: tuple[IncidentFacts, ...]
    cleanups: tuple[CleanupFacts, ...]
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the records alone do not tell."""

    title: str
    made_wall_seconds: float
    facts: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    """By the target's name: how it is found, or its command line."""
    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the target's name: what the running applet says of it, as `status --json`."""
    hide: Callable[[str], str] = plain_text
    is_private: bool = False


def gather_report(source: Source, background: Background) -> Report:
    """Read all of `source` once and draw the conclusions.

    Raises: HistoryError.
    """
    needed = tuple(one for one in source.series if one.metric in _NEEDED)
    collector = _Collector(replace(source, series=needed))
    collector.read()

    def said(text: str) -> str:
        return plain_text(background.hide(text))

    alerts = list(source.events(("alert",)))
    targets = tuple(_target(name, collector, background, said) for name in source.targets)
    incidents = tuple(_incidents(alerts, said))
    cleanups = tuple(_cleanups(source.events(("cleanup", "cleanup_follow_up")), said))
    return Report(
        title=said(background.title),
        made_wall_seconds=background.made_wall_seconds,
        since_wall_seconds=source.since_wall_seconds,
        until_wall_seconds=source.until_wall_seconds,
        facts=tuple((label, said(value)) for label, value in background.facts),
        findings=tuple(_findings(collector, targets, incidents, cleanups)),
        charts=tuple(_charts(collector, targets, alerts, cleanups, said)),
        targets=targets,
        incidents=incidents,
        cleanups=cleanups,
        is_private=background.is_private,
    )


class _Target:
    """What is gathered of one target while the rows go by."""

    def __init__(self, name: str, source: Source, restarts: Sequence[float]) -> None:
        self.summary, self.curve = Summary(), _CurveMaker(source)
        self.judged = _CurveMaker(source)
        """Of what the verdict is about, where that is not the resident set."""
        places = {
            one.metric: place
            for place, one in enumerate(source.series)
            if one.kind == "target" and one.name == name
        }
        self._size = places.get("rss_bytes")
        self._judged = places.get("anon_bytes", self._size)
        self._swap = places.get("swap_bytes")
        self._count = places.get("process_count")
        signal: Signal = "anonymous memory" if "anon_bytes" in places else "resident set"
        self._detector = LeakDetector(signal=signal)
        self._last_swap = 0.0
        self.leaked: tuple[float, float] | None = None
        """When it was called leaking for the first time, and the last."""
        self._restarts = list(restarts)[::-1]

    def add(self, row: Row, *, is_judged: bool) -> None:
        """Take in the next row."""
        size = row.cells.get(self._size) if self._size is not None else None
        self.curve.add(row.wall_seconds, size)
        if size is not None:
            self.summary.add(row.wall_seconds, size)
        judged = row.cells.get(self._judged) if self._judged is not None else None
        if judged is None:
            return
        swap = row.cells.get(self._swap) if self._swap is not None else None
        self._last_swap = swap.mean if swap is not None else self._last_swap
        restarted = False
        while self._restarts and self._restarts[-1] <= row.wall_seconds:
            self._restarts.pop()
            restarted = True
        if self._judged != self._size:
            self.judged.add(row.wall_seconds, judged)
        if not is_judged:
            return
        # Its floors are judged, as they are live.
        size_bytes = judged.minimum + self._last_swap
        count = row.cells.get(self._count) if self._count is not None else None
        verdict = self._detector.fold(
            row.wall_seconds,
            size_bytes,
            load=None if count is None else Load(children=round(count.mean)),
            restarted=restarted,
        )
        if verdict.level == "leaking":
            begun = row.wall_seconds if self.leaked is None else self.leaked[0]
            self.leaked = begun, row.wall_seconds

    def verdict(self) -> Verdict:
        """As of the last row."""
        return self._detector.refresh()


class _CurveMaker:
    """Makes few points of many rows, keeping the least and the greatest."""

    def __init__(self, source: Source) -> None:
        self._since = source.since_wall_seconds
        span = source.until_wall_seconds - source.since_wall_seconds
        self._width = max(span / CHART_POINTS, 1e-3)
        self._place = -1
        self._cell: Cell | None = None
        self._last: float | None = None
        self.points: list[ChartPoint | None] = []

    def add(self, wall_seconds: float, cell: Cell | None) -> None:
        """Take in one row; None: nothing is known."""
        if cell is None:
            return
        place = int((wall_seconds - self._since) / self._width)
        if place != self._place:
            self.finish()
            limit = max(3 * self._width, _LEAST_GAP_SECONDS)
            if self._last is not None and wall_seconds - self._last > limit:
                self.points.append(None)
            self._place = place
        if self._cell is None:
            self._cell = Cell(cell.minimum, cell.mean, cell.maximum, max(1, cell.count))
        else:
            count = self._cell.count + max(1, cell.count)
            self._cell.mean += (cell.mean - self._cell.mean) * max(1, cell.count) / count
            self._cell.minimum = min(self._cell.minimum, cell.minimum)
            self._cell.maximum = max(self._cell.maximum, cell.maximum)
            self._cell.count = count
        self._last = wall_seconds

    def finish(self) -> None:
        """Make a point of what was gathered last."""
        if self._cell is not None and self._last is not None:
            moment = self._since + (self._place + 0.5) * self._width
            self.points.append(
                ChartPoint(
                    min(moment, self._last), self._cell.minimum, self._cell.mean, self._cell.maximum
                )
            )
            self._cell = None


class _Collector:
    """One pass over all rows."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.counts = source.counts()
        restarts: dict[str, list[float]] = {}
        for event in source.events(("restart",)):
            restarts.setdefault(event.subject, []).append(event.wall_seconds)
        self.restarts = restarts
        self.targets = {
            name: _Target(name, source, restarts.get(name, ())) for name in source.targets
        }
        self.system = {one: (_CurveMaker(source), Summary()) for one in (_USED, _SWAP)}
        self._places = {one: place for place, one in enumerate(source.series)}
        self.total_bytes: float | None = None
        self.peak_used: tuple[float, float] | None = None
        """Wall seconds and bytes."""

    def read(self) -> None:
        """Let all rows pass."""
        source = self.source
        span = source.until_wall_seconds - source.since_wall_seconds
        judged_from = source.until_wall_seconds - LONGEST_JUDGED_SECONDS
        for row in source.rows(min(WIDEST_ROW_SECONDS, find_step(span, MOST_ROWS))):
            total = self._cell(row, _TOTAL)
            if total is not None:
                self.total_bytes = total.maximum
            for series, (curve, summary) in self.system.items():
                cell = self._cell(row, series)
                curve.add(row.wall_seconds, cell)
                if cell is not None:
                    summary.add(row.wall_seconds, cell)
                    if series is _USED and cell.maximum > (self.peak_used or (0.0, -1.0))[1]:
                        self.peak_used = row.wall_seconds, cell.maximum
            for target in self.targets.values():
                target.add(row, is_judged=row.wall_seconds >= judged_from)
        for curve, _summary in self.system.values():
            curve.finish()
        for target in self.targets.values():
            target.curve.finish()
            target.judged.finish()

    def _cell(self, row: Row, series: Series) -> Cell | None:
        place = self._places.get(series)
        return None if place is None else row.cells.get(place)


def _target(
    name: str, collector: _Collector, background: Background, said: Callable[[str], str]
) -> TargetFacts:
    target = collector.targets[name]
    verdict = target.verdict()
    live = background.live.get(name, {})
    limit = _number(live.get("limit_bytes"))
    level, evidence = str(verdict.level), verdict.evidence
    rate, growth = verdict.rate_bytes_per_second, verdict.growth_bytes
    shape, score, since = str(verdict.shape), verdict.score, verdict.onset_monotonic_seconds
    left = None
    if live.get("verdict") in ("healthy", "growing", "leaking"):
        # Who watched every sample knows best.
        level, evidence = str(live["verdict"]), str(live.get("evidence") or evidence)
        rate = _number(live.get("leak_rate_bytes_per_second"))
        growth = _number(live.get("leak_growth_bytes"))
        shape = str(live.get("shape") or shape)
        score = _number(live.get("leak_score")) or 0.0
        since = _number(live.get("leak_since"))
        left = _number(live.get("leak_seconds_to_limit"))
    current = target.summary.current
    if left is None and level != "healthy" and limit and rate and rate > 0 and current is not None:
        left = max(0.0, limit - current) / rate
    return TargetFacts(
        name=said(name),
        summary=target.summary,
        counts=collector.counts[name],
        level=level,
        shape=shape,
        score=score,
        rate_bytes_per_second=rate,
        growth_bytes=growth,
        since_wall_seconds=since,
        limit_bytes=limit,
        seconds_to_limit=left,
        evidence=said(evidence),
        leaked=target.leaked if level != "leaking" else None,
        details=said(background.details.get(name, "")),
    )


def _incidents(alerts: Iterable[Event], said: Callable[[str], str]) -> Iterable[IncidentFacts]:
    """One per incident and time that it was raised, the newest last."""
    open_ones: dict[str, list[Event]] = {}
    done: list[list[Event]] = []
    for event in alerts:
        key = str(event.data.get("incident") or f"{event.subject}: {event.text}")
        what = event.data.get("what")
        if key not in open_ones and what == "resolved":
            continue
        open_ones.setdefault(key, []).append(event)
        if what == "resolved":
            done.append(open_ones.pop(key))
    everything = sorted([*done, *open_ones.values()], key=lambda events: events[0].wall_seconds)
    levels = ("", "normal", "warning", "critical", "emergency")
    for events in everything:
        is_over = events[-1].data.get("what") == "resolved"
        worst = max(events, key=lambda e: levels.index(e.level) if e.level in levels else 0)
        told = [e for e in events if e.data.get("what") not in ("held", "acknowledged", "resolved")]
        yield IncidentFacts(
            subject=said(worst.subject),
            title=said(worst.text),
            text=said(str(worst.data.get("body") or "")),
            level=worst.level,
            begun_wall_seconds=events[0].wall_seconds,
            ended_wall_seconds=events[-1].wall_seconds if is_over else None,
            told=len(told),
        )


def _cleanups(events: Iterable[Event], said: Callable[[str], str]) -> Iterable[CleanupFacts]:
    waiting: dict[str, Event] = {}
    found: list[tuple[Event, Event | None]] = []
    for event in events:
        if event.kind == "cleanup":
            if event.subject in waiting:
                found.append((waiting.pop(event.subject), None))
            waiting[event.subject] = event
        elif event.subject in waiting:
            found.append((waiting.pop(event.subject), event))
    found += [(event, None) for event in waiting.values()]
    for first, later in sorted(found, key=lambda pair: pair[0].wall_seconds):
        yield CleanupFacts(
            wall_seconds=first.wall_seconds,
            subject=said(first.subject),
            before_bytes=_number(first.data.get("before_bytes")),
            after_bytes=_number(first.data.get("after_bytes")),
            later_bytes=_number(later.data.get("later_bytes")) if later else None,
            text=said(first.text),
        )


def _findings(
    collector: _Collector,
    targets: Sequence[TargetFacts],
    incidents: Sequence[IncidentFacts],
    cleanups: Sequence[CleanupFacts],
) -> Iterable[Finding]:
    """The worst first."""
    growing = [one for one in targets if one.level != "healthy"]
    growing.sort(key=lambda one: (one.level != "leaking", -(one.growth_bytes or 0.0)))
    yield from map(_growth_finding, growing)
    ended = [one for one in targets if one.leaked is not None and one.level == "healthy"]
    yield from map(_ended_finding, ended)
    yield from _limit_findings(collector, targets)
    yield from _incident_findings(incidents)
    span = collector.source.until_wall_seconds - collector.source.since_wall_seconds
    judged = min(span, LONGEST_JUDGED_SECONDS)
    if targets and judged < _LEAST_JUDGED_SECONDS:
        yield Finding(
            "note",
            _("Too short to judge growth"),
            _("It takes at least {time} to tell growth from a warm-up.").format(
                time=format_duration(_LEAST_JUDGED_SECONDS)
            ),
        )
    elif targets and not growing and not ended:
        yield Finding(
            "good",
            _("Nothing keeps growing"),
            ngettext(
                "{count} series was judged over the last {time}.",
                "{count} series were judged over the last {time}.",
                len(targets),
            ).format(count=len(targets), time=format_duration(judged)),
        )
    yield from _cleanup_findings(cleanups)


def _growth_finding(one: TargetFacts) -> Finding:
    text = one.evidence
    if one.seconds_to_limit is not None and one.limit_bytes:
        text += " " + _("At this rate it reaches its limit of {limit} in about {time}.").format(
            limit=format_size(one.limit_bytes), time=format_estimate(one.seconds_to_limit)
        )
    if one.leaked is not None:
        since, until = map(clock, one.leaked)
        text += " " + _("From {since} to {until} it was called a leak.").format(
            since=since, until=until
        )
    if one.level == "leaking":
        return Finding("bad", _("{name} leaks").format(name=one.name), text, one.name)
    return Finding("warning", _("{name} keeps growing").format(name=one.name), text, one.name)


def _ended_finding(one: TargetFacts) -> Finding:
    since, until = one.leaked or (0.0, 0.0)
    text = _(
        "From {since} to {until} it grew as a leak does; then it was given back, or it ended or was"
        " started again."
    ).format(since=clock(since), until=clock(until))
    return Finding("warning", _("{name} leaked for a while").format(name=one.name), text, one.name)


def _limit_findings(collector: _Collector, targets: Sequence[TargetFacts]) -> Iterable[Finding]:
    for one in targets:
        peak = one.summary.peak
        if one.limit_bytes and peak is not None and peak >= _NEAR_LIMIT * one.limit_bytes:
            yield Finding(
                "warning",
                _("{name} came near its limit").format(name=one.name),
                _("It reached {size}, {share} of its limit of {limit}.").format(
                    size=format_size(peak),
                    share=format_percent(peak / one.limit_bytes),
                    limit=format_size(one.limit_bytes),
                ),
                one.name,
            )
    if collector.peak_used and collector.total_bytes:
        share = collector.peak_used[1] / collector.total_bytes
        is_near = share >= _NEAR_LIMIT
        yield Finding(
            "warning" if is_near else "note",
            _("The machine came near its limit") if is_near else _("The machine had room"),
            _("At most {share} of its memory was in use: {size} of {total}.").format(
                share=format_percent(share),
                size=format_size(collector.peak_used[1]),
                total=format_size(collector.total_bytes),
            ),
            "system",
        )


def _incident_findings(incidents: Sequence[IncidentFacts]) -> Iterable[Finding]:
    if not incidents:
        return
    still_open = [one for one in incidents if one.ended_wall_seconds is None]
    title = ngettext("{count} incident", "{count} incidents", len(incidents)).format(
        count=len(incidents)
    )
    if still_open:
        names = ", ".join(dict.fromkeys(one.title for one in still_open[:5]))
        text = ngettext(
            "{count} is still open: {names}.", "{count} are still open: {names}.", len(still_open)
        ).format(count=len(still_open), names=names)
        yield Finding("warning", title, text)
    else:
        yield Finding("note", title, _("All are over."))


def _cleanup_findings(cleanups: Sequence[CleanupFacts]) -> Iterable[Finding]:
    freed = [one.freed_bytes for one in cleanups if one.freed_bytes is not None]
    if not freed:
        return
    kept = [one.kept_bytes for one in cleanups if one.kept_bytes is not None]
    text = _("They gave back {size} at once.").format(size=format_size(max(0.0, sum(freed))))
    if kept:
        text += " " + _("A minute later {size} of it was still free.").format(
            size=format_size(max(0.0, sum(kept)))
        )
    title = ngettext("{count} cleanup", "{count} cleanups", len(freed)).format(count=len(freed))
    yield Finding("note", title, text)


def _charts(
    collector: _Collector,
    targets: Sequence[TargetFacts],
    alerts: Sequence[Event],
    cleanups: Sequence[CleanupFacts],
    said: Callable[[str], str],
) -> Iterable[Chart]:
    used, swap = (collector.system[one][0].points for one in (_USED, _SWAP))
    if used:
        yield Chart(
            title=_("The machine"),
            curves=(
                ChartCurve(name=_("Used"), points=used),
                ChartCurve(name=_("Swap used"), points=swap),
            ),
            ceiling_bytes=collector.total_bytes,
            ceiling_name=_("Total"),
            marks=tuple(_marks("system", alerts, (), said)),
        )
    named = dict(zip(collector.targets, targets, strict=True))
    by_peak = sorted(named, key=lambda name: -(named[name].summary.peak or 0.0))
    largest = [name for name in by_peak if named[name].summary.peak is not None][:MOST_IN_CHART]
    if len(named) > 1 and largest:
        yield Chart(
            title=_("The largest, resident set (RSS)"),
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
        marks = [*_marks(name, alerts, cleanups, said), *_restart_marks(collector, name)]
        target = collector.targets[name]
        curves = [ChartCurve(name=_("Resident set (RSS)"), points=target.curve.points)]
        if target.judged.points:
            curves.append(ChartCurve(name=_("Anonymous memory"), points=target.judged.points))
        yield Chart(
            title=one.name,
            curves=tuple(curves),
            ceiling_bytes=one.limit_bytes,
            ceiling_name=_("Limit"),
            growth=_growth_line(one, curves[-1]),
            marks=tuple(marks),
            starts_at_zero=False,
        )


def _growth_line(
    one: TargetFacts, curve: ChartCurve
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """A line of the verdict's slope through the middle of what was judged."""
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


def _marks(
    subject: str,
    alerts: Iterable[Event],
    cleanups: Iterable[CleanupFacts],
    said: Callable[[str], str],
) -> Iterable[Mark]:
    for event in alerts:
        is_told = event.data.get("what") not in ("held", "acknowledged", "resolved")
        if event.subject == subject and is_told and event.level not in ("", "normal"):
            yield Mark(event.wall_seconds, event.level, said(event.text))
    for cleanup in cleanups:
        if cleanup.subject == said(subject):
            yield Mark(cleanup.wall_seconds, "cleanup", cleanup.text)


def _restart_marks(collector: _Collector, name: str) -> Iterable[Mark]:
    for at in collector.restarts.get(name, ()):
        yield Mark(at, "restart", _("started again"))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def figures_of(one: TargetFacts) -> tuple[tuple[str, str], ...]:
    """What a table says of a target: heading and text of each column."""
    levels = {
        "healthy": _("healthy"), "growing": _("growing"), "leaking": _("leaking"),
    }  # fmt: skip
    share = None
    if one.limit_bytes and one.summary.current is not None:
        share = one.summary.current / one.limit_bytes
    return (
        (_("Name"), one.name),
        (_("Verdict"), levels.get(one.level, one.level)),
        (_("Now"), format_size(one.summary.current)),
        (_("Peak"), format_size(one.summary.peak)),
        (_("Change"), _signed(one.summary.growth)),
        (_("Rate"), format_rate(one.rate_bytes_per_second)),
        (_("Of its limit"), format_percent(share)),
        (_("Restarts"), str(one.counts.restarts)),
        (_("Alerts"), str(one.counts.alerts)),
    )


def clock(wall_seconds: float | None) -> str:
    """Local date and time."""
    if wall_seconds is None:
        return "–"
    return f"{datetime.fromtimestamp(wall_seconds):%Y-%m-%d %H:%M:%S}"


def length_of(report: Report) -> str:
    """How long the time is that the report is about."""
    return format_duration(report.until_wall_seconds - report.since_wall_seconds)


def _signed(size_bytes: float | None) -> str:
    sign = "+" if size_bytes is not None and size_bytes > 0 else ""
    return sign + format_size(size_bytes)
