"""`memtray` while Memtray runs: its table, or where its icon is."""

from __future__ import annotations

import os
import sys

from trayapp.applet.first_start import greeting, no_tray_hint
from trayapp.cli.options import ask_applet
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _


def show_running() -> int:
    """Open the table of the Memtray that runs, and say so; return the exit code, 0.

    Where there is no display, say where its icon is and which command prints what it sees.
    """
    from trayapp.applet.children import start_window

    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        print(_("Memtray is already running; to see its figures: memtray status"))
        print(_where_the_icon_is())
        return 0
    print(_("Memtray is already running; opening its table."))
    print(_where_the_icon_is())
    sys.stdout.flush()
    start_window("table")
    return 0


def _where_the_icon_is() -> str:
    try:
        tray = ask_applet("status").get("tray")
    except MemtrayError:
        tray = None
    if isinstance(tray, dict) and tray.get("visible") is True:
        return greeting(sys.platform)
    return no_tray_hint(os.environ)
