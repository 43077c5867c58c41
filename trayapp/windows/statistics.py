"""`memtray statistics`: what Memtray and its targets did so far, as a small table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from trayapp.charts.labels import plain_name
from trayapp.errors import WindowError
from trayapp.language.catalogue import _
from trayapp.windows.opening import is_dark
from trayapp.windows.single_instance import Listener, claim

VALUE_LENGTH = 120

Rows = Sequence[tuple[str, str]]


def main(rows: Rows, *, runtime: Path | None = None, dark: bool | None = None) -> int:
    """Show `rows` of label and value until the person closes the window.

    A row with an empty value is a heading. They are asked for again of the applet that listens in
    the folder `runtime`; None: they stay. Without Tk or a display the table is printed. Main
    thread of a child process.

    Returns: the exit code, 0. Also 0 at once if an open window has come to the front instead.
    Raises: WindowError if an open one does not answer.
    """
    listener = None if runtime is None else claim(runtime, "statistics", {})
    if runtime is not None and listener is None:
        return 0
    try:
        _show(rows, runtime, listener, dark)
    except (ImportError, WindowError) as error:
        print(_("Cannot show a window here ({reason})").format(reason=error), file=sys.stderr)
        print(table_text(rows))
    finally:
        if listener is not None:
            listener.close()
    return 0


def _show(rows: Rows, runtime: Path | None, listener: Listener | None, dark: bool | None) -> None:
    from trayapp.windows.applet_client import Applet
    from trayapp.windows.statistics_window import StatisticsWindow

    applet = None if runtime is None else Applet(runtime)
    window = StatisticsWindow(rows, applet, listener, dark=is_dark(dark))
    window.run(follow_desktop=dark is None)


def table_text(rows: Rows) -> str:
    """Return the table for a terminal: labels left, values in one column."""
    cleaned = [
        (plain_name(label), plain_name(value, VALUE_LENGTH) if value else "")
        for label, value in rows
    ]
    width = max((len(label) for label, value in cleaned if value), default=0)
    return "\n".join(
        f"{label:<{width}}  {value}" if value else f"\n{label}" for label, value in cleaned
    ).lstrip("\n")
