"""Starting the applet, apart from the verbs: what is loaded for it stays resident."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from trayapp.paths import current_paths


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
