"""`memtray report`: what happened to memory, as a page, a PDF or JSON to send to a colleague."""

from __future__ import annotations

import getpass
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trayapp import __version__
from trayapp.dataclass import dataclass, field
from trayapp.domain.records.account import Account
from trayapp.domain.records.series import Series
from trayapp.export import REPORTS, find_kind
from trayapp.export.recorded import RecordedFiles, Selection, open_selection
from trayapp.export.redaction import Redactor, hide_nothing
from trayapp.export.report.facts import Background, Report
from trayapp.export.report.gathering import gather_report
from trayapp.export.whole_file import whole_file
from trayapp.history.sources import SampleSource
from trayapp.language.catalogue import _, listed
from trayapp.language.units import format_size
from trayapp.paths import home_folder
from trayapp.recording.summary import short_path


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions(Selection):
    """What the command line asks for, and what the caller knows."""

    output: Path | None
    """None: no file, only what `main` returns."""
    is_private: bool = False
    """Leave out command lines, paths and the names of user and machine."""
    details: Mapping[str, str] = field(default_factory=dict)
    """How each target is found, by its name."""
    live: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The running applet's figures for each target, by its name."""
    read_account: Callable[[], Account | None] = lambda: None
    """Reads where all memory of this machine is now; None: unknown."""
    advice: Sequence[Mapping[str, Any]] = ()
    """What it advises, as in `advice --json`."""


def main(
    options: ReportOptions,
    on_progress: Callable[[float], None],
    on_note: Callable[[str], None] = lambda _note: None,
) -> Report:
    """Make the report; `on_progress` is called now and then with the share that is done, 0 to 1.

    Raises: UsageError, HistoryError, RecordingError or ExportError, with one line for the person;
    then, and after a KeyboardInterrupt, an older file of that name is as it was.
    """
    output = options.output
    if output is not None:
        text = _("cannot write a report as {name}; use one of {endings}")
        kind = find_kind(REPORTS, output, text)
    with open_selection(options, on_progress, on_note) as source:
        report = gather_report(source, _background(options, source.reader))
    if output is not None:
        with whole_file(output) as part:
            kind.load().write(part, report)
    return report


def _background(options: ReportOptions, recorded: SampleSource) -> Background:
    details = dict(options.details)
    if isinstance(recorded, RecordedFiles):
        details = {one.name: one.track.command_line for one in recorded.placed}
    is_own = not options.files
    user, machine = _user(), platform.node()
    hide: Callable[[str], str] = hide_nothing
    if options.is_private:
        hide = Redactor([user, machine, home_folder().name], details.values())
    private = () if options.is_private else ((_("Machine"), machine), (_("User"), user))
    facts = (*private, *_machine_facts(recorded)) if is_own else _file_facts(options)
    return Background(
        title=_title(options, "" if options.is_private or not is_own else machine),
        made_wall_seconds=time.time(),
        facts=tuple((label, value) for label, value in facts if value),
        details={} if options.is_private else details,
        live=options.live if is_own and options.until is None else {},
        account=options.read_account() if is_own and options.until is None else None,
        # It names tasks, caches and folders.
        advice=options.advice if is_own and not options.is_private else (),
        hide=hide,
        is_private=options.is_private,
        has_all_runs=options.output is None or options.output.suffix.lower() == ".json",
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
    """Return the newest value of the machine that is on record."""
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
