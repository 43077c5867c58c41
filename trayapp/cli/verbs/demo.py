"""`memtray demo`: a small leaking program, and what Memtray does about it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from trayapp.cli.options import option_type
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration

_SHORTEST_SECONDS, _LONGEST_SECONDS = 10.0, 600.0


class Demo:
    """`memtray demo`: show a leak from its start to its end. Raises: UsageError, MemtrayError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add(
            "--for",
            type=option_type(parse_duration),
            default=180.0,
            dest="for_seconds",
            metavar="3min",
            help=_("how long the program leaks, 10s to 10min (default: 3min)"),
        )
        add("--no-window", action="store_true", help=_("do not open a window"))

    def run(self, options: Namespace) -> int:
        seconds = options.for_seconds
        if not _SHORTEST_SECONDS <= seconds <= _LONGEST_SECONDS:
            raise UsageError(_("--for must be 10s to 10min"))
        from trayapp.cli.demo import run_demo

        return run_demo(seconds, with_window=not options.no_window)
