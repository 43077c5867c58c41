"""The content of a report as records: findings, and the figures they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from trayapp import __version__
from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.domain.judging.health import Health
from trayapp.domain.judging.machine_health import MachineHealth
from trayapp.domain.judging.performance import Connection
from trayapp.domain.judging.phases import Phase
from trayapp.domain.records.account import Account
from trayapp.export.report.account import AccountRow
from trayapp.export.safe_names import plain_text
from trayapp.export.source import Counts, Summary
from trayapp.language.catalogue import _, paragraph
from trayapp.language.units import format_duration, format_percent, format_rate, format_size
from trayapp.recording.outcomes import NOT_ENOUGH, outcome_name

MOST_EVENTS = 200
"""Incidents and cleanups in a table."""
MOST_SIZES = 5
"""About so many stand beside a chart."""
_MARK_ROWS = 3

Weight = Literal["bad", "warning", "good", "note"]
WEIGHTS: tuple[Weight, ...] = ("bad", "warning", "good", "note")
"""The worst first."""


class Finding(NamedTuple):
    """A conclusion, in a list with the worst first."""

    weight: Weight
    title: str
    text: str
    subject: str = ""


class ChartPoint(NamedTuple):
    """A stretch of a curve; sizes in bytes."""

    wall_seconds: float
    low: float
    mean: float
    high: float


@dataclass(slots=True, kw_only=True)
class ChartCurve:
    """A named line of a chart."""

    name: str
    points: list[ChartPoint | None] = field(default_factory=list)
    """In order of time; None where nothing is known."""


class Mark(NamedTuple):
    """An event that is marked beside the curves."""

    wall_seconds: float
    kind: str
    """A level above normal, "cleanup" or "restart"."""
    text: str
    number: int = 1
    """For how many of its kind, near each other, it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart with its curves, limit and marks."""

    title: str
    curves: tuple[ChartCurve, ...]
    ceiling_bytes: float | None = None
    """A line to stay below."""
    ceiling_name: str = ""
    growth: tuple[tuple[float, float], tuple[float, float]] | None = None
    """A straight line: wall seconds and bytes of both its ends."""
    marks: tuple[Mark, ...] = ()


class TaskFacts(NamedTuple):
    """All tasks that share one name."""

    name: str
    growth_bytes: float
    """What they kept, added up."""
    peak_bytes: float | None = None
    """The most that one of them took above its beginning; None: not known."""


class LatestRun(NamedTuple):
    """The run of a program that goes on at the end of the report, or was the last."""

    phases: tuple[Phase, ...] = ()
    """What its memory did, in order; empty: too short to tell."""
    health: Health | None = None
    """None: too short to tell, or a recording."""
    performance: tuple[Connection, ...] = ()
    """Whether memory and performance go together; empty: a recording."""


NO_RUN = LatestRun()


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """The figures of a target, or of a series of a recording."""

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
    limit_source: str | None
    """Who sets the limit that is reached first."""
    limit_sentence: str
    """When that is, unless the evidence has it; then empty."""
    evidence: str
    inside: str = ""
    """What its heap consisted of at the end; empty: nothing has told of it."""
    leaked: tuple[float, float] | None = None
    """From when to when it was called leaking, where it no longer is at the end."""
    is_enough: bool = True
    """Whether it was watched long enough for growth to have been called growth."""
    details: str = ""
    """How it is found, or its command line; empty where that is private or unknown."""
    tasks: tuple[TaskFacts, ...] = ()
    """Those during which it grew most, the worst first; empty where that is private or unknown."""
    run: LatestRun = NO_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFacts:
    """An incident from its first alert to its last."""

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
    """A cleanup, and what had come back a minute later."""

    wall_seconds: float
    subject: str
    before_bytes: float | None
    after_bytes: float | None
    later_bytes: float | None
    text: str
    told_kept_bytes: float | None = None
    """What was said then to have stayed free, by its trend of before."""

    @property
    def freed_bytes(self) -> float | None:
        """What was freed immediately."""
        if self.before_bytes is None or self.after_bytes is None:
            return None
        return self.before_bytes - self.after_bytes

    @property
    def kept_bytes(self) -> float | None:
        """What had not come back a minute later; growth since does not count as that."""
        if self.freed_bytes is None or self.later_bytes is None or self.after_bytes is None:
            return None
        freed = max(0.0, self.freed_bytes)
        if self.told_kept_bytes is not None:
            return min(freed, max(0.0, self.told_kept_bytes))
        return min(freed, max(0.0, freed - (self.later_bytes - self.after_bytes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything a report shows; what was to be hidden is not in it."""

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
    account: tuple[AccountRow, ...] = ()
    """Where all memory was when it was made; empty where that is not this machine, or now."""
    machine_health: MachineHealth | None = None
    """At the end; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What a report needs beyond the records."""

    title: str
    made_wall_seconds: float
    facts: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    """By the target's name: how it is found, or its command line."""
    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The running applet's figures by the target's name, as in `status --json`."""
    account: Account | None = None
    """Where all memory is; None: not asked, or not this machine's."""
    advice: Sequence[Mapping[str, Any]] = ()
    """What the running applet advises, as in `advice --json`."""
    hide: Callable[[str], str] = plain_text
    is_private: bool = False
    has_all_runs: bool = True
    """The latest run of each target is told, not only those that a page has room for."""


def shown_marks(chart: Chart) -> list[tuple[str, str]]:
    """Return the kinds of marks in a chart, each with what the legend calls it."""
    labels = {
        "warning": _("Warning"),
        "critical": _("Critical"),
        "emergency": _("Emergency"),
        "cleanup": _("Memory freed"),
        "restart": _("Restarted"),
    }
    kinds = {mark.kind for mark in chart.marks}
    return [(kind, label) for kind, label in labels.items() if kind in kinds]


def last_known(curve: ChartCurve) -> ChartPoint | None:
    return next((point for point in reversed(curve.points) if point is not None), None)


def mark_rows(marks: Sequence[Mark], apart_seconds: float) -> list[int]:
    """Return a row for each mark, so that those of one moment do not cover each other.

    apart_seconds: how far two of one row are from each other.
    """
    ends = [float("-inf")] * _MARK_ROWS
    rows = [0] * len(marks)
    for number in sorted(range(len(marks)), key=lambda each: marks[each].wall_seconds):
        at = marks[number].wall_seconds
        free = [row for row, end in enumerate(ends) if at - end >= apart_seconds]
        row = free[0] if free else ends.index(min(ends))
        rows[number], ends[row] = row, at
    return rows


def outcome_of(one: TargetFacts) -> str:
    """Return the verdict, or "not enough to judge" where nothing could have been found yet."""
    is_quiet = one.level == "healthy" and one.leaked is None
    return NOT_ENOUGH if is_quiet and not one.is_enough else one.level


def figures_of(one: TargetFacts) -> tuple[tuple[str, str], ...]:
    """Return heading and text of each column about a target."""
    levels = {
        "healthy": _("healthy"), "growing": _("growing"), "leaking": _("leaking"),
    }  # fmt: skip
    share = None
    if one.limit_bytes and one.summary.current is not None:
        share = one.summary.current / one.limit_bytes
    return (
        (_("Name"), one.name),
        (_("Verdict"), levels.get(outcome_of(one)) or outcome_name(outcome_of(one))),
        (_("Now"), format_size(one.summary.current)),
        (_("Peak"), format_size(one.summary.peak)),
        (_("Change"), _signed(one.summary.growth)),
        (_("Rate"), format_rate(one.rate_bytes_per_second)),
        (_("% of limit"), format_percent(share)),
        (_("Restarts"), str(one.counts.restarts)),
        (_("Alerts"), str(one.counts.alerts)),
    )


def clock(wall_seconds: float | None) -> str:
    if wall_seconds is None:
        return "–"
    return f"{datetime.fromtimestamp(wall_seconds):%Y-%m-%d %H:%M:%S}"


def minute(wall_seconds: float) -> str:
    """Return local date and time as finely as a sentence needs it."""
    return f"{datetime.fromtimestamp(wall_seconds):%Y-%m-%d %H:%M}"


def by_peak(targets: Sequence[TargetFacts]) -> list[TargetFacts]:
    """Sort targets by the most they had, the largest first."""
    return sorted(targets, key=lambda one: -(one.summary.peak or 0.0))


def cleanup_headings() -> list[str]:
    return [
        _("When"),
        _("What"),
        _("Before"),
        _("After"),
        _("Freed"),
        _("Still free a minute later"),
    ]


def sizes_of(one: CleanupFacts) -> list[str]:
    """Return the texts of a cleanup's sizes, in the order of their headings."""
    sizes = (one.before_bytes, one.after_bytes, one.freed_bytes, one.kept_bytes)
    return [format_size(size) for size in sizes]


def time_of(report: Report) -> str:
    """Return from when to when the report is, and how long that is."""
    since, until = (clock(at) for at in (report.since_wall_seconds, report.until_wall_seconds))
    return _("{since} to {until} ({length})").format(
        since=since,
        until=until,
        length=format_duration(report.until_wall_seconds - report.since_wall_seconds),
    )


def made_by(report: Report) -> str:
    """Return a line on what made the report, when, and what was left out."""
    text = _("Made by Memtray {version} on {date}.").format(
        version=__version__, date=clock(report.made_wall_seconds)
    )
    if report.is_private:
        text = paragraph(
            text, _("Command lines, paths and the names of user and machine are left out.")
        )
    return text


def _signed(size_bytes: float | None) -> str:
    sign = "+" if size_bytes is not None and size_bytes > 0 else ""
    return sign + format_size(size_bytes)
