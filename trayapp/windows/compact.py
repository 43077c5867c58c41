"""`memtray compact`: a small window on top of all others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.windows.kept_places import forget_place
from trayapp.windows.single_instance import claim
from trayapp.windows.table import LiveOptions, no_toolkit

if TYPE_CHECKING:
    from trayapp.windows.table_window import WindowActions


def main(options: LiveOptions, actions: WindowActions) -> int:
    """Show the compact view until the person closes it. Main thread of a child process.

    Returns: the exit code, 0. Also 0 at once if an open one has come to the front instead.
    Raises: WindowError, with one line for the person.
    """
    listener = claim(options.runtime, "compact", {})
    if listener is None:
        return 0
    try:
        try:
            from trayapp.windows.applet_client import Applet
            from trayapp.windows.compact_window import CompactWindow
        except ImportError as error:
            raise no_toolkit(error) from error
        CompactWindow(
            Applet(options.runtime),
            listener,
            actions,
            options.place_file,
            dark=options.is_dark,
            sections=options.sections,
        ).run(follow_desktop=options.dark is None)
    finally:
        listener.close()
    return 0


def reset_place(place_file: Path, runtime: Path) -> None:
    """Put the compact view back into its corner, now or when it is opened. Any thread.

    Raises: WindowError if an open one does not answer.
    """
    forget_place(place_file)
    listener = claim(runtime, "compact", {"reset": True})
    if listener is not None:
        listener.close()
