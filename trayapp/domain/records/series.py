"""What is kept: the names of series and the events beside them."""

from __future__ import annotations

from collections.abc import Mapping

from trayapp.dataclass import NamedTuple, dataclass, field

JsonValue = str | int | float | bool | None

TASK = "task"
"""The kind of the events of which programs tell themselves: of these there may be very many."""
APPLICATION = "application"
"""The kind of the series of what nobody tracks: a mean and a maximum for each minute."""
PROGRAM_KINDS = ("target", APPLICATION)
"""The kinds of the series of programs."""
TRACKED = "tracked"
"""The kind of the event that an application is tracked from then on."""


class Series(NamedTuple):
    """The name of one curve in the history."""

    kind: str
    """"system", "app" (Memtray itself), "target" or "application"."""
    name: str
    """That of the target or application; empty for "system" and "app"."""
    metric: str
    """What is measured, with its unit: "rss_bytes", "available_bytes", "cpu_percent"."""


class ApplicationMinute(NamedTuple):
    """One minute of one curve of an application."""

    wall_seconds: int
    """When the minute begins."""
    series: Series
    mean_bytes: float
    maximum_bytes: float


class Inheritance(NamedTuple):
    """A target that was an application until now: the past of that one belongs to it."""

    target: str
    application: str


class Point(NamedTuple):
    """One stretch of a curve: a raw sample has three equal values; a gap has three None."""

    wall_seconds: float
    minimum: float | None
    mean: float | None
    maximum: float | None


GUARDED_RUN = "guarded_run"
"""The kind of the events of a run under `memtray run` that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at one moment and belongs beside the curves."""

    wall_seconds: float
    kind: str
    """What: "alert", "cleanup", "cleanup_follow_up", "snapshot", "start", "stop", "restart",
    "action" for what Memtray does or does not do by itself, "task" for what a program says it did
    from then on (its name as "task", how long as "seconds", what it kept as "kept_bytes", of the
    "heap" or "resident" as "kept_from", how much larger its resident set was after it as
    "growth_bytes", its peak as "peak_rss_bytes" and "peak_growth_bytes", by what it "failed"),
    "guarded_run" when a run under `memtray run` has ended (after "seconds", with its "peak_bytes",
    the "pressure" at its end, whether another followed as "restarted", and its "limits"),
    "tracked" when an application became a target (since when it is known as "since_wall_seconds"),
    "program" for what a run of a target runs (see `run_program`),
    or "history" when samples were lost or the file was damaged."""
    subject: str = ""
    """The target's name; "system"; "memtray"."""
    level: str = ""
    """For alerts: "normal" (resolved), "warning", "critical", "emergency"; else empty."""
    text: str = ""
    """One sentence for people."""
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    """Figures, with units in their names."""
