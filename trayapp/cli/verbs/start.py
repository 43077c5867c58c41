"""`memtray start`, which `memtray` alone is, too: the resident applet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from trayapp.cli.launch import LONGEST_SECONDS, SHORTEST_SECONDS, start_app
from trayapp.cli.options import option_type
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration


class Start:
    """`memtray start`: run the applet until it is stopped. Raises: UsageError, SettingsError."""

    def prepare_parser(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        duration = option_type(parse_duration)
        add("--headless", action="store_true", help=_("run in the terminal, without a tray icon"))
        add(
            "--interval",
            type=duration,
            metavar="1s",
            help=_("time between two samples, 0.2s to 30s"),
        )
        add("--config", type=Path, metavar="FILE", help=_("use this settings file"))
        # Taken out before the parser, as every verb has it; here for its help.
        add("--profile", metavar="PROFILE", help=_("use separate settings, history and windows"))

    def run(self, options: Namespace) -> int:
        seconds = options.interval
        if seconds is not None and not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            text = _("--interval must be 0.2s to 30s, not {seconds}s")
            raise UsageError(text.format(seconds=f"{seconds:g}"))
        return start_app(
            headless=options.headless, interval_seconds=seconds, config_file=options.config
        )
