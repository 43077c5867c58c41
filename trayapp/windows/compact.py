"""`memtray compact`: a small window on top of all others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.windows.geometry import forget_place
from trayapp.windows.opening import LiveOptions, WindowActions, run_window
from trayapp.windows.single_instance import Listener, claim

if TYPE_CHECKING:
    from trayapp.windows.compact_window import CompactWindow


def main(options: LiveOptions, actions: WindowActions) -> int:
    """Show the compact view until the person closes it; see `run_window`."""

    def make(listener: Listener) -> CompactWindow:
        from trayapp.windows.compact_window import CompactWindow

        return CompactWindow(options, actions, listener)

    return run_window(options.runtime, "compact", {}, make, options.dark)


def reset_place(place_file: Path, runtime: Path) -> None:
    """Put the compact view back into its corner, now or when it is opened. Any thread.

    Raises: WindowError if an open one does not answer.
    """
    forget_place(place_file)
    listener = claim(runtime, "compact", {"reset": True})
    if listener is not None:
        listener.close()
