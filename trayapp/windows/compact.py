"""`memtray compact`: a small window on top of all others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trayapp.windows.geometry import forget_place, forget_sizes
from trayapp.windows.opening import LiveOptions, WindowActions, run_window
from trayapp.windows.single_instance import Listener, claim

if TYPE_CHECKING:
    from trayapp.windows.compact_window import CompactWindow

PLACE_NAME = "compact.json"
"""The file in the folder of the windows that says where the compact view was."""


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


def reset_all_places(folder: Path, runtime: Path) -> None:
    """Put all windows back to the sizes and places they begin with, when next opened. Any thread.

    folder: where windows note their sizes. Raises: WindowError, as `reset_place`.
    """
    forget_sizes(folder)
    reset_place(folder / PLACE_NAME, runtime)
