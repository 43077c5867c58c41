"""`memtray about`: which Memtray this is, where its files are, and the way to its manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.windows.opening import LiveOptions, WindowActions, run_window

if TYPE_CHECKING:
    from trayapp.windows.about_window import AboutWindow
    from trayapp.windows.single_instance import Listener


def main(options: LiveOptions, actions: WindowActions) -> int:
    """Show it until the person closes it; see `run_window`."""

    def make(listener: Listener) -> AboutWindow:
        from trayapp.windows.about_window import AboutWindow

        return AboutWindow(options, actions, listener)

    return run_window(options.runtime, "about", {}, make, options.dark)
