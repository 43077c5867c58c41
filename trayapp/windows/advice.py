"""`memtray advice --window`: what to do about memory, with its evidence, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.windows.opening import LiveOptions, WindowActions, run_window

if TYPE_CHECKING:
    from trayapp.windows.advice_window import AdviceWindow
    from trayapp.windows.single_instance import Listener


def main(options: LiveOptions, _actions: WindowActions) -> int:
    """Show it until the person closes it; see `run_window`."""

    def make(listener: Listener) -> AdviceWindow:
        from trayapp.windows.advice_window import AdviceWindow

        return AdviceWindow(options, listener)

    return run_window(options.runtime, "advice", {}, make, options.dark)
