"""`memtray start`, which `memtray` alone is, too: the resident applet."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.cli.options import option_type
from trayapp.errors import UsageError
from trayapp.language.catalogue import _
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths

if TYPE_CHECKING:
    import argparse


class Start:
    """`memtray start`: run the applet until it is stopped. Raises: UsageError, SettingsError."""

    def prepare_parser(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        duration = option_type(parse_duration)
        add("--headless", action="store_true", help=_("no tray: run in the terminal"))
        add("--interval", type=duration, metavar="1s", help=_("0.2s to 30s"))
        add("--config", type=Path, metavar="FILE", help=_("another settings file"))
        # Taken out before the parser, as every verb has it; here for its help.
        add("--profile", metavar="NAME", help=_("settings, history and windows of their own"))

    def run(self, options: argparse.Namespace) -> int:
        seconds = options.interval
        if seconds is not None and not 0.2 <= seconds <= 30:
            text = _("--interval must be 0.2s to 30s, not {seconds}s")
            raise UsageError(text.format(seconds=f"{seconds:g}"))
        return start_app(
            headless=options.headless, interval_seconds=seconds, config_file=options.config
        )


def start_app(
    *,
    headless: bool = False,
    interval_seconds: float | None = None,
    config_file: Path | None = None,
) -> int:
    """Run the applet in this process and return its exit code. The main thread."""
    from trayapp.applet.app import App

    app = App(
        current_paths(),
        headless=headless,
        interval_seconds=interval_seconds,
        config_file=config_file,
    )
    code = app.run()
    sys.stdout.flush()
    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        # A toolkit that failed leaves a thread of pystray's waiting for it for ever.
        os._exit(code)
    return code
