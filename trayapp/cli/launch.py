"""Starting the applet, apart from the verbs: what is loaded for it stays resident."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from trayapp.dataclass import NamedTuple
from trayapp.language.units import parse_duration
from trayapp.paths import current_paths

SHORTEST_SECONDS, LONGEST_SECONDS = 0.2, 30.0
"""Between two samples, as `--interval` may say."""


class StartOptions(NamedTuple):
    """How the applet is to be started."""

    headless: bool = False
    interval_seconds: float | None = None
    config_file: Path | None = None


def plain_start(arguments: Sequence[str]) -> StartOptions | None:
    """Return what a command line asks for that only starts the applet.

    None: it is another command, or not as it should be; the parser, which would stay resident,
    says what is wrong.
    """
    options = StartOptions()
    waiting = iter(arguments[1:] if arguments[:1] == ["start"] else arguments)
    for argument in waiting:
        name, is_joined, value = argument.partition("=")
        if argument == "--headless":
            options = options._replace(headless=True)
            continue
        if name not in ("--interval", "--config"):
            return None
        value = value if is_joined else next(waiting, "")
        if not value or (value.startswith("-") and not is_joined):
            return None
        if name == "--config":
            options = options._replace(config_file=Path(value))
            continue
        try:
            seconds = parse_duration(value)
        except ValueError:
            return None
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            return None
        options = options._replace(interval_seconds=seconds)
    return options


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
    if app.is_updated:
        # The same process, so that whoever started it (a session, systemd) still has it.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    if any(not thread.daemon for thread in threading.enumerate()[1:]):
        # A toolkit that failed leaves a thread of pystray's waiting for it for ever.
        os._exit(code)
    return code
