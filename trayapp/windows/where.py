"""`memtray where --window`: where all memory is, in a window that reads it anew by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from trayapp.domain.records.account import Account
from trayapp.windows.opening import LiveOptions, run_window

if TYPE_CHECKING:
    from trayapp.windows.single_instance import Listener
    from trayapp.windows.where_window import WhereWindow


def main(options: LiveOptions, read: Callable[[], Account]) -> int:
    """Show it until the person closes it; see `run_window`.

    read: reads the account, in a thread of its own; may raise MemtrayError.
    """

    def make(listener: Listener) -> WhereWindow:
        from trayapp.windows.where_window import WhereWindow

        return WhereWindow(options, read, listener)

    return run_window(options.runtime, "where", {}, make, options.dark)
