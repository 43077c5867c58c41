"""Summary of a recording: as text for people, as JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trayapp.dataclass import asdict, dataclass
from trayapp.domain.records.names import short_name
from trayapp.language.catalogue import N_, _, format_count, format_number, ngettext, paragraph
from trayapp.language.units import format_duration, format_percent, format_size

ENDINGS = {
    "process": N_("Recording ended: all its processes have exited."),
    "command": N_("Recording ended: the command has finished."),
    "duration": N_("Recording ended: the time given with --for is up."),
    "signal": N_("Recording ended: it was interrupted."),
    "error": N_("Recording ended: the file could not be written."),
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
    """Summary that `memtray record --json` prints."""

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
    due = summary.samples + summary.missed
    text = _(
        "{count} samples in {time}: {rate} a second, {missed} missed, {late} late "
        "(by at most {latest} ms)"
    )
    if due:
        text = _(
            "{count} samples in {time} ({share} of those due): {rate} a second, "
            "{missed} missed, {late} late (by at most {latest} ms)"
        )
    rate = summary.samples_per_second
    yield text.format(
        count=format_count(summary.samples),
        time=_seconds(summary.duration_seconds),
        share=format_percent(1 - summary.missed_percent / 100, 1),
        rate=format_count(round(rate))
        if rate >= 1000
        else format_number(_shortened(rate, 4), None),
        missed=format_count(summary.missed),
        late=format_count(summary.late),
        latest=format_number(summary.latest_seconds * 1000, 1),
    )
    ended = _(ENDINGS[summary.ended_by])
    if summary.command_exit_code is not None:
        text = _("Recording ended: the command finished with exit code {code}.")
        ended = text.format(code=summary.command_exit_code)
    took = _("The recorder used {share} of a core.").format(
        share=format_percent(summary.recorder_cpu_percent / 100, 1)
    )
    yield paragraph(ended, took)
    if summary.processes:
        yield ""
        heads = "".join(f"{head:>12}" for head in (_("START"), _("PEAK"), _("END"), _("GROWTH")))
        process, samples = _("PROCESS"), _("SAMPLES")
        yield f"{process:<28}{heads}{samples:>10}"
    shown = sorted(summary.processes, key=lambda one: -(one.peak_bytes or 0))[:MOST_SHOWN]
    for one in shown:
        title = f"{short_name(one.name)[:18]} {one.pid}{' †' if one.ended else ''}"
        sizes = (one.start_bytes, one.peak_bytes, one.end_bytes, one.growth_bytes)
        cells = "".join(f"{format_size(size):>12}" for size in sizes)
        yield f"{title:<28}{cells}{format_count(one.samples):>10}"
    if len(shown) < len(summary.processes):
        count = len(summary.processes) - len(shown)
        text = ngettext("and {count} smaller one", "and {count} smaller ones", count)
        yield text.format(count=format_count(count))
    if any(one.ended for one in shown):
        yield _("† has exited")
    if summary.processes_left_out:
        count = summary.processes_left_out
        text = ngettext(
            "{count} more process was not recorded (at most ten at a time, 250 in all).",
            "{count} more processes were not recorded (at most ten at a time, 250 in all).",
            count,
        )
        yield text.format(count=format_count(count))
    yield ""
    from shlex import quote

    file = short_path(summary.file)
    text = _("Written to {file}; to see it: {command}")
    yield text.format(file=file, command=f"memtray trends {quote(file)}")


def short_path(path: str | Path) -> str:
    """A path that can be printed whatever bytes it holds."""
    return str(path).encode(errors="replace").decode()


def _seconds(seconds: float) -> str:
    if seconds >= 60:
        return format_duration(seconds)
    return _("{number} s").format(number=format_number(_shortened(seconds, 3), None))


def _shortened(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
