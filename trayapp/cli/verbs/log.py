"""`memtray log analyze` and `day`: what daily memory logs, or the history, tell of tasks."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.cli.options import add_json, option_type, print_answer
from trayapp.errors import RecordingError, UsageError
from trayapp.language.catalogue import _
from trayapp.language.moments import Moment, parse_moment
from trayapp.language.units import parse_size
from trayapp.paths import current_paths

if TYPE_CHECKING:
    from trayapp.recording.log_files import LogContent


class Log:
    """`memtray log`: read memory logs. Raises: RecordingError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        what = parser.add_subparsers(
            title=_("commands"), metavar="VERB", dest="what", required=True
        )
        text = _("Show which task keeps memory, peaks, jumps, and the trend while no task runs")
        analyze = what.add_parser("analyze", help=text, description=text)
        add = analyze.add_argument
        moment, size = option_type(parse_moment), option_type(parse_size)
        add("files", nargs="+", type=Path, metavar="FILE", help=_("memory logs, or their folders"))
        add_json(analyze)
        add("--top", type=int, default=20, metavar="N", help=_("how many peaks and jumps"))
        add("--since", type=moment, metavar="24h", help=_("only the end: a duration, or from when"))
        add(
            "--compare",
            type=Path,
            action="append",
            default=[],
            metavar="OLD",
            help=_("logs from before a change"),
        )
        add(
            "--warning",
            type=size,
            default=parse_size("1000MB"),
            metavar="1000MB",
            help=_("the size that counts as a warning"),
        )
        add(
            "--critical",
            type=size,
            default=parse_size("1500MB"),
            metavar="1500MB",
            help=_("the size that counts as critical"),
        )

    def run(self, options: Namespace) -> int:
        from trayapp.cli.log_text import log_lines
        from trayapp.recording.log_report import log_json

        content = _read(options, options.files, options.since)
        old = _read(options, options.compare, None) if options.compare else None
        found = log_json(content, old)
        return print_answer(options, found, lambda: log_lines(found))


def _read(options: Namespace, paths: list[Path], since: Moment | None) -> LogContent:
    from trayapp.domain.judging.log_records import LogLimits
    from trayapp.recording.log_files import find_logs, last_time, read_logs
    from trayapp.recording.log_report import time_text
    from trayapp.recording.progress import Progress

    limits = LogLimits(
        top=max(0, options.top),
        warning_bytes=options.warning,
        critical_bytes=max(options.warning, options.critical),
    )
    progress = Progress(sys.stderr)
    text = _("reading {file}")
    try:
        logs = find_logs(paths)
        end = None if since is None else last_time(logs)
        start = None if since is None else _start(since, end)
        if start is not None and end is not None and end < start:
            said = _("the logs end before --since, at {moment}")
            raise RecordingError(said.format(moment=time_text(end)))
        return read_logs(
            logs,
            limits,
            since=start,
            progress=lambda file: progress.show(text.format(file=file.name)),
        )
    except OSError as error:
        raise RecordingError(str(error)) from error
    finally:
        progress.clear()


def _start(since: Moment, end: float | None) -> float | None:
    """Return the moment by the clock of the log, which is a local one."""
    from time import localtime

    if since.wall_seconds is None:
        return None if end is None else since.before(end)
    return since.wall_seconds + localtime(since.wall_seconds).tm_gmtoff


class Day:
    """`memtray day`: the same of Memtray's own history. Raises: HistoryError, UsageError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        text = _("such as 2026-03-16, or yesterday; default: today")
        add("date", nargs="?", default="today", metavar="DATE", help=text)
        add("targets", nargs="*", metavar="TARGET", help=_("only these targets"))
        add_json(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.cli.log_text import day_lines
        from trayapp.history.reader import HistoryReader
        from trayapp.recording.day_report import day_json

        day = _day_of(options.date)
        with HistoryReader(current_paths().history_file) as reader:
            found = day_json(reader, day, options.targets)
        return print_answer(options, found, lambda: day_lines(found))


def _day_of(text: str) -> date:
    """Return the day that a person means. Raises: UsageError."""
    if text in ("today", "yesterday"):
        return date.today() - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = _("{text} is not a date; write it like 2026-03-16")
        raise UsageError(said.format(text=repr(text))) from None
