"""`memtray details NAME`: one target or application in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trayapp.domain.acting.acts import ActName
from trayapp.windows.opening import LiveOptions, WindowActions, run_window

if TYPE_CHECKING:
    from trayapp.windows.details_window import DetailsWindow
    from trayapp.windows.single_instance import Listener


def main(
    options: LiveOptions,
    actions: WindowActions,
    kind: str,
    name: str,
    act: ActName | None = None,
) -> int:
    """Show the details until the person closes them; see `run_window`.

    kind: "target" or "application"; name: its, or "memtray". Open details show this one instead.
    act: what to ask about at once.
    """

    def make(listener: Listener) -> DetailsWindow:
        from trayapp.windows.details_window import DetailsWindow

        return DetailsWindow(options, actions, listener, kind=kind, name=name, act=act)

    message = {"kind": kind, "name": name, "act": act}
    return run_window(options.runtime, "details", message, make, options.dark)
