"""Verbs about recordings of programs: record, analyze."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.options import add_json, add_reading_options, option_type, reading_instructions
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration


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
