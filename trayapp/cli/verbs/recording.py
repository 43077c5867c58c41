"""Verbs about programs and recordings of them: record, run under guard, analyze."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.options import add_json, add_reading_options, option_type, reading_instructions
from trayapp.guard.environment import PROBE_CHOICES
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration, parse_size
from trayapp.paths import current_paths


class Record:
    """`memtray record`: write a recording. Raises: UsageError, RecordingError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        duration = option_type(parse_duration)
        add_json(parser)
        text = _("record this process; may be repeated")
        add("--pid", type=int, action="append", default=[], metavar="N", help=text)
        add(
            "--match", metavar="TEXT", help=_("all processes whose command line contains this text")
        )
        add(
            "--interval",
            type=duration,
            default=0.001,
            metavar="1ms",
            help=_("time between two samples, 1ms to 1h (default: 1ms)"),
        )
        add(
            "--for",
            type=duration,
            dest="for_seconds",
            metavar="10s",
            help=_("how long to record (default: until the processes exit)"),
        )
        text = _("the file; its ending chooses the format")
        add("-o", "--output", type=Path, required=True, metavar="FILE.memrec|csv", help=text)
        add(
            "command",
            nargs="*",
            metavar="-- COMMAND",
            help=_("run this command and record it with its children"),
        )

    def run(self, options: Namespace) -> int:
        from trayapp.recording.record import RecordOptions, main

        return main(
            RecordOptions(
                output=options.output,
                pids=tuple(options.pid),
                match=options.match,
                command=tuple(options.command),
                interval_seconds=options.interval,
                for_seconds=options.for_seconds,
                json=options.json,
            )
        )


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
        add("command", nargs="*", metavar="-- COMMAND", help=_("the command with its arguments"))

    def run(self, options: Namespace) -> int:
        from trayapp.guard.run import RunOptions, main

        return main(
            RunOptions(
                command=tuple(options.command),
                high_bytes=options.high,
                critical_bytes=options.critical,
                restart=options.restart,
                probe=options.probe,
            ),
            current_paths().shared_runtime,
        )


class Analyze:
    """`memtray analyze`: judge the recordings and return the exit code. Raises: RecordingError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add_json(parser)
        add("files", nargs="+", type=Path, metavar="FILE")
        add(
            "--expect-seconds",
            type=option_type(parse_duration),
            default=0.0,
            metavar="SECONDS",
            help=_("exit with 4 if a recording is shorter than this"),
        )
        add(
            "--fail-on",
            choices=("leaking", "growing"),
            default="leaking",
            help=_("the verdict that exits with 1 (default: leaking)"),
        )
        add_reading_options(parser)

    def run(self, options: Namespace) -> int:
        from trayapp.recording.analyze import main

        return main(
            options.files,
            json=options.json,
            expected_seconds=options.expect_seconds,
            fails_on_growing=options.fail_on == "growing",
            instructions=reading_instructions(options),
        )
