"""`memtray report`: what happened to memory, as a page, a PDF or JSON to send to a colleague."""

from __future__ import annotations

import getpass
import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from trayapp import __version__
from trayapp.domain.records.series import Series
from trayapp.errors import UsageError
from trayapp.export.recorded import RecordedFiles, open_recorded
from trayapp.export.redaction import Redactor, hide_nothing
from trayapp.export.report.facts import Background, Report, outcome_of
from trayapp.export.report.gathering import gather_report
from trayapp.export.source import open_source
from trayapp.export.whole_file import whole_file
from trayapp.history.sources import SampleSource
from trayapp.language.catalogue import _, listed
from trayapp.language.moments import Moment
from trayapp.language.units import format_size
from trayapp.recording.instructions import NO_INSTRUCTIONS, Instructions
from trayapp.recording.summary import short_path

ENDINGS = (".html", ".pdf", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What the command line asks for, and what the caller knows."""

    history_file: Path
    output: Path | None
    """None: no file, only what `main` returns."""
    targets: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    """Recordings instead of the history."""
    instructions: Instructions = NO_INSTRUCTIONS
    """How the recordings are read."""
    since: Moment | None = None
    until: Moment | None = None
    is_private: bool = False
    """Leave out command lines, paths and the names of user and machine."""
    details: Mapping[str, str] = field(default_factory=dict)
    """How each target is found, by its name."""
    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the running applet says of each target, by its name."""


def main(
    options: ReportOptions,
    tell: Callable[[float], None],
    tell_note: Callable[[str], None] = lambda _note: None,
) -> Report:
    """Make the report; `tell` is called now and then with the share that is done, 0 to 1.

    Raises: UsageError, HistoryError, RecordingError or ExportError, with one line for the person;
    then, and after a KeyboardInterrupt, an older file of that name is as it was.
    """
    output = options.output
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise UsageError(
            _("cannot report in {name}; use one of {endings}").format(
                name=repr(output.name), endings=", ".join(ENDINGS)
            )
        )
    with open_recorded(
        options.history_file, options.files, tell_note, options.instructions
    ) as recorded:
        source = open_source(recorded, options.targets, options.since, options.until, tell)
        report = gather_report(source, _background(options, recorded))
    if output is not None:
        with whole_file(output) as part:
            _write(part, report)
    return report


def report_json(report: Report) -> dict[str, object]:
    """The report for machines: everything but the curves, with units in its keys."""
    told = {
        "memtray_version": __version__,
        "title": report.title,
        "made_unix_s": report.made_wall_seconds,
        "since_unix_s": report.since_wall_seconds,
        "until_unix_s": report.until_wall_seconds,
        "is_private": report.is_private,
        "facts": dict(report.facts),
        "findings": [finding._asdict() for finding in report.findings],
        "targets": [],
        "incidents": [_with_unix_seconds(asdict(one)) for one in report.incidents],
        "cleanups": [
            _with_unix_seconds(asdict(one))
            | {"freed_bytes": one.freed_bytes, "kept_bytes": one.kept_bytes}
            for one in report.cleanups
        ],
    }
    told["targets"] = [
        {
            "name": one.name,
            "verdict": outcome_of(one),
            "shape": one.shape,
            "score": one.score,
            "rate_bytes_per_second": one.rate_bytes_per_second,
            "growth_bytes": one.growth_bytes,
            "growing_since_unix_s": one.since_wall_seconds,
            "limit_bytes": one.limit_bytes,
            "seconds_to_limit": one.seconds_to_limit,
            "nearest_limit_source": one.limit_source,
            "leaked_since_unix_s": one.leaked[0] if one.leaked else None,
            "leaked_until_unix_s": one.leaked[1] if one.leaked else None,
            "evidence": one.evidence,
            "details": one.details or None,
            # What its processes take together; the older names were from when that was RSS.
            "current_bytes": one.summary.current,
            "peak_bytes": one.summary.peak,
            "minimum_bytes": one.summary.minimum,
            "current_rss_bytes": one.summary.current,
            "peak_rss_bytes": one.summary.peak,
            "minimum_rss_bytes": one.summary.minimum,
            "change_bytes": one.summary.growth,
            "first_seen_unix_s": one.summary.first_wall_seconds,
            "last_seen_unix_s": one.summary.last_wall_seconds,
            "restarts": one.counts.restarts,
            "alerts": one.counts.alerts,
            "tasks": [
                {"name": task.name, "kept_bytes": task.growth_bytes, "peak_bytes": task.peak_bytes}
                for task in one.tasks
            ],
        }
        for one in report.targets
    ]
    return told


def _with_unix_seconds(told: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("wall_seconds", "unix_s"): value for key, value in told.items()}


def _write(part: Path, report: Report) -> None:
    if part.suffix.lower() == ".html":
        from trayapp.export.report.html import write_html

        write_html(part, report)
    elif part.suffix.lower() == ".pdf":
        from trayapp.export.report.pdf import write_pdf

        write_pdf(part, report)
    else:
        part.write_text(json.dumps(report_json(report), indent=1) + "\n", encoding="ascii")


def _background(options: ReportOptions, recorded: SampleSource) -> Background:
    details = dict(options.details)
    if isinstance(recorded, RecordedFiles):
        details = {one.name: one.track.command_line for one in recorded.placed}
    is_own = not options.files
    user, machine = _user(), platform.node()
    hide: Callable[[str], str] = hide_nothing
    if options.is_private:
        hide = Redactor([user, machine, Path.home().name], details.values())
    private = () if options.is_private else ((_("Machine"), machine), (_("User"), user))
    facts = (*private, *_machine_facts(recorded)) if is_own else _file_facts(options)
    return Background(
        title=_title(options, "" if options.is_private or not is_own else machine),
        made_wall_seconds=time.time(),
        facts=tuple((label, value) for label, value in facts if value),
        details={} if options.is_private else details,
        live=options.live if is_own and options.until is None else {},
        hide=hide,
        is_private=options.is_private,
    )


def _title(options: ReportOptions, machine: str) -> str:
    if options.files:
        names = listed(short_path(path.name) for path in options.files[:3])
        return _("Memory report of {names}").format(names=names)
    return _("Memory report of {names}").format(names=machine) if machine else _("Memory report")


def _machine_facts(recorded: SampleSource) -> tuple[tuple[str, str], ...]:
    total = _latest(recorded, "total_bytes")
    reserved = _latest(recorded, "hugepages_reserved_bytes")
    return (
        (_("System"), platform.platform()),
        (_("Processors"), str(os.cpu_count() or "")),
        (_("Memory"), "" if total is None else format_size(total)),
        (_("Reserved as huge pages"), "" if reserved is None else format_size(reserved)),
        (_("Memtray"), __version__),
        (_("Python"), platform.python_version()),
        (_("Time zone"), time.strftime("%Z (UTC%z)")),
    )


def _latest(recorded: SampleSource, metric: str) -> float | None:
    """What was kept last of the machine."""
    span = recorded.span()
    if span is None:
        return None
    series = Series("system", "", metric)
    if series not in recorded.series():
        return None
    # It is stored rarely, since it hardly ever changes.
    for back in (600.0, 86_400.0):
        buckets = list(recorded.stream([series], span[1] - back, span[1]))
        if buckets:
            return buckets[-1].maximum
    return None


def _file_facts(options: ReportOptions) -> tuple[tuple[str, str], ...]:
    names = []
    for path in options.files:
        try:
            size = format_size(path.stat().st_size)
        except OSError:
            size = "–"
        names.append(f"{short_path(path.name)} ({size})")
    return ((_("Files"), listed(names)), (_("Time zone"), time.strftime("%Z (UTC%z)")))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
