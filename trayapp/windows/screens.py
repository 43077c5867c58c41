"""The screens as they are now, also after one was plugged in, removed or turned."""

from __future__ import annotations

import contextlib
import tkinter as tk
from typing import Any

from trayapp.domain.showing.window_places import Area


class Screens:
    """Asks anew each time; on X11 the X server, since Tk keeps what it learned at its start."""

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self._display: Any = None
        if root.tk.call("tk", "windowingsystem") == "x11":
            # pystray brings this library on every system with X11. Its errors are its own.
            with contextlib.suppress(Exception):
                from Xlib.display import Display

                self._display = Display(root.winfo_screen())

    def read(self) -> list[Area]:
        """Return every screen, the primary one first; all as one where the system does not tell."""
        if self._display is not None:
            with contextlib.suppress(Exception):
                return self._ask_server()
        root = self._root
        return [
            Area(
                root.winfo_vrootx(),
                root.winfo_vrooty(),
                max(root.winfo_vrootwidth(), root.winfo_screenwidth()),
                max(root.winfo_vrootheight(), root.winfo_screenheight()),
            )
        ]

    def _ask_server(self) -> list[Area]:
        window = self._display.screen().root
        if self._display.has_extension("RANDR"):
            monitors = window.xrandr_get_monitors().monitors
            found = [
                (not one.primary, Area(one.x, one.y, one.width_in_pixels, one.height_in_pixels))
                for one in monitors
            ]
            if found:
                return [area for _, area in sorted(found)]
        whole = window.get_geometry()
        return [Area(0, 0, whole.width, whole.height)]
