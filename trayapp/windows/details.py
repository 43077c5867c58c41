"""`memtray details NAME`: one target or application in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.windows.single_instance import claim
from trayapp.windows.table import LiveOptions, no_toolkit

if TYPE_CHECKING:
    from trayapp.windows.table_window import WindowActions


def main(options: LiveOptions, actions: WindowActions, kind: str, name: str) -> int:
    """Show the details until the person closes them. Main thread of a child process.

    kind: "target" or "application"; name: its, or "memtray".

    Returns: the exit code, 0. Also 0 at once if open details show this one from now on.
    Raises: WindowError, with one line for the person.
    """
    listener = claim(options.runtime, "details", {"kind": kind, "name": name})
    if listener is None:
        return 0
    try:
        try:
            from trayapp.windows.applet_client import Applet
            from trayapp.windows.details_window import DetailsWindow
        except ImportError as error:
            raise no_toolkit(error) from error
        DetailsWindow(
            Applet(options.runtime),
            listener,
            actions,
            options.history_file,
            options.runtime,
            kind=kind,
            name=name,
            dark=options.is_dark,
            sections=options.sections,
        ).run(follow_desktop=options.dark is None)
    finally:
        listener.close()
    return 0
