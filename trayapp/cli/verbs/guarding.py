"""`memtray run` and `memtray attach`: a command under guard, and a probe for what runs already."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from trayapp.cli.options import add_json, option_type, print_answer
from trayapp.dataclass import asdict
from trayapp.domain.records.names import short_name
from trayapp.guard.environment import PROBE_CHOICES
from trayapp.guard.run_limits import AFTER_CRITICAL, AFTER_HIGH, parse_limits
from trayapp.guard.run_options import CHECK_SECONDS, RunOptions
from trayapp.guard.run_records import RunRecord
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size, parse_duration, parse_size
from trayapp.paths import current_paths

MOST_LISTED = 50
LONGEST_LIMITS = 100


class Run:
    """`memtray run`: run the command and return its exit code. Raises: UsageError, OSError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        size = option_type(parse_size)
        add(
            "--high",
            type=size,
            metavar="500M",
            help=_("print a warning on standard error above this size"),
        )
        add(
            "--critical",
            type=size,
            metavar="1G",
            help=_("print a critical warning above this size"),
        )
        add(
            "--restart",
            action="store_true",
            help=_("restart the command when --critical is exceeded"),
        )
        add(
            "--probe",
            choices=PROBE_CHOICES,
            default="program",
            help=_("who gets a probe: the program, its children as well, or nobody"),
        )
        add(
            "--on-high",
            type=option_type(parse_limits),
            default=AFTER_HIGH,
            metavar="LIMITS",
            help=_("limits of the next run after one that was restarted above --high"),
        )
        add(
            "--on-critical",
            type=option_type(parse_limits),
            default=AFTER_CRITICAL,
            metavar="LIMITS",
            help=_("limits of the next run after one that was restarted above --critical"),
        )
        add(
            "--cooldown",
            type=option_type(parse_duration),
            metavar="5s",
            help=_("pause before a restart (default: 1, 2, 4, 8 s)"),
        )
        add(
            "--interval",
            type=option_type(parse_duration),
            default=CHECK_SECONDS,
            metavar="500ms",
            help=_("time between two samples, from 1ms (default: 500ms)"),
        )
        add("--list", action="store_true", help=_("list the latest runs instead"))
        add_json(parser)
        add("command", nargs="*", metavar="-- COMMAND", help=_("the command with its arguments"))

    def run(self, options: Namespace) -> int:
        from trayapp.guard.run import main
        from trayapp.guard.run_records import FILE_NAME, RunRecords, read

        paths = current_paths()
        if options.list:
            records = read(paths.data / FILE_NAME)[-MOST_LISTED:]
            found = [asdict(record) for record in records]
            return print_answer(options, found, lambda: _run_lines(records))
        return main(
            RunOptions(
                command=tuple(options.command),
                high_bytes=options.high,
                critical_bytes=options.critical,
                restart=options.restart,
                probe=options.probe,
                on_high=options.on_high,
                on_critical=options.on_critical,
                cooldown_seconds=options.cooldown,
                interval_seconds=options.interval,
            ),
            paths.shared_runtime,
            records=RunRecords(paths.data / FILE_NAME, paths.runtime),
        )


class Attach:
    """`memtray attach`: exit code 0 if the probe answers, 1 if it is yet to be started.

    Raises: UsageError, ControlError.
    """

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add_json(parser)
        parser.add_argument("pid", type=int, metavar="PID", help=_("a Python program that runs"))

    def run(self, options: Namespace) -> int:
        from trayapp.guard.attaching import attach

        found = attach(options.pid, current_paths().shared_runtime)
        text = (
            _("Process {pid} (Python {version}) has the probe now.")
            if found.has_probe
            else _(
                "Process {pid} (Python {version}) was asked, and starts the probe as soon as its "
                "main thread runs Python code again."
            )
        )
        lines = [text.format(pid=found.pid, version=found.version)]
        print_answer(options, found._asdict(), lambda: lines)
        return 0 if found.has_probe else 1


def _run_lines(records: Sequence[RunRecord]) -> Iterator[str]:
    """One line for each run, the latest last."""
    if not records:
        yield _("No guarded runs recorded yet.")
    for record in records:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.began_wall_seconds))
        parts = [
            short_name(record.name),
            _("lasted {time}").format(time=format_duration(record.seconds)),
            _("peak {size}").format(size=format_size(record.peak_bytes)),
            _pressure_text(record.pressure),
            _("restarted")
            if record.restarted
            else _("exit code {code}").format(code=record.exit_code),
        ]
        if record.limits:
            parts.append(
                _("limits {limits}").format(limits=short_name(record.limits, LONGEST_LIMITS))
            )
        yield f"{began}  " + " · ".join(parts)


def _pressure_text(pressure: str) -> str:
    if pressure == "critical":
        return _("critical memory pressure")
    return _("high memory pressure") if pressure else _("no memory pressure")
