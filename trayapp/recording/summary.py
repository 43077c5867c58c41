"""What a recording came to: as text for people, as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from trayapp.domain.names import short_name
from trayapp.domain.units import format_duration, format_size

ENDINGS = {
    "process": "all its processes have ended",
    "command": "the command has ended",
    "duration": "its time was over",
    "signal": "it was interrupted",
    "error": "the file could not be written any further",
}


MOST_SHOWN = 20
"""Processes in the text, the largest; all are in the JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSummary:
    """One process of a recording; the sizes are resident sets, None if none was ever read."""

    pid: int
    name: str
    samples: int
    first_seconds: float | None
    last_seconds: float | None
    """Of its first and last sample, since the start of the recording."""
    start_bytes: int | None
    peak_bytes: int | None
    end_bytes: int | None
    growth_bytes: int | None
    """From start to end."""
    ended: bool
    """Before the recording did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What `memtray record --json` prints."""

    file: str
    started_wall_seconds: float
    duration_seconds: float
    interval_seconds: float
    samples: int
    """Ticks taken; each reads every process."""
    missed: int
    """Ticks that passed before they could be taken."""
    late: int
    """Ticks taken more than half an interval after they were due."""
    latest_seconds: float
    samples_per_second: float
    missed_percent: float
    recorder_cpu_percent: float
    """Share of one core that recording took."""
    ended_by: str
    """A key of `ENDINGS`."""
    command_exit_code: int | None
    """As a shell tells it, 128 and the signal's number if one ended it; None: still running, or
    ended by the recorder, or no command."""
    processes_left_out: int
    """Children of the command for whom there was no room."""
    processes: tuple[ProcessSummary, ...]


def summary_json(summary: Summary) -> dict[str, object]:
    """The summary as JSON takes it."""
    return {**asdict(summary), "processes": [asdict(one) for one in summary.processes]}


def summary_lines(summary: Summary) -> Iterator[str]:
    """The summary for people."""
    due = summary.samples + summary.missed
    kept = "" if not due else f" ({100 - summary.missed_percent:.1f} % of those due)"
    yield (
        f"{summary.samples:,} samples in {_seconds(summary.duration_seconds)}{kept}: "
        f"{summary.samples_per_second:,.4g} a second, {summary.missed:,} missed, "
        f"{summary.late:,} late, at most by {summary.latest_seconds * 1000:.1f} ms"
    )
    ended_by = ENDINGS[summary.ended_by]
    if summary.command_exit_code is not None:
        ended_by = f"the command has ended with exit code {summary.command_exit_code}"
    yield (
        f"The recording ended because {ended_by}. "
        f"It took {summary.recorder_cpu_percent:.1f} % of a core."
    )
    if summary.processes:
        yield ""
        yield f"{'PROCESS':<28}{'START':>12}{'PEAK':>12}{'END':>12}{'GROWTH':>12}{'SAMPLES':>10}"
    shown = sorted(summary.processes, key=lambda one: -(one.peak_bytes or 0))[:MOST_SHOWN]
    for one in shown:
        title = f"{short_name(one.name)[:18]} {one.pid}{' †' if one.ended else ''}"
        sizes = (one.start_bytes, one.peak_bytes, one.end_bytes, one.growth_bytes)
        cells = "".join(f"{format_size(size):>12}" for size in sizes)
        yield f"{title:<28}{cells}{one.samples:>10,}"
    if len(shown) < len(summary.processes):
        yield f"and {len(summary.processes) - len(shown)} smaller ones"
    if any(one.ended for one in shown):
        yield "† has ended"
    if summary.processes_left_out:
        count = summary.processes_left_out
        yield f"{count} more processes were not recorded: ten at a time are, and 250 in all."
    yield ""
    yield f"Written to {short_path(summary.file)}; memtray trends FILE shows it."


def short_path(path: str | Path) -> str:
    """A path that can be printed whatever bytes it holds."""
    return str(path).encode(errors="replace").decode()


def _seconds(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 60 else format_duration(seconds)
