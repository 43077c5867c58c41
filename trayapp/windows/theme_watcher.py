"""Following the theme of the settings, or else of the desktop, while a window is open."""

from __future__ import annotations

import queue
import threading
import tkinter as tk
from collections.abc import Callable

from trayapp.windows.theme_choice import wants_dark

ASK_SECONDS = 5.0
"""No signal tells of it on every desktop; asking takes some thousandths of a second."""
_LOOK_MILLISECONDS = 500


class ThemeWatcher:
    """Asks again and again, in a thread of its own, as long as the window can be seen.

    What a person chose by key stays until the desktop changes.
    """

    def __init__(
        self,
        root: tk.Misc,
        on_change: Callable[[bool], object],
        *,
        ask: Callable[[], bool] = wants_dark,
        seconds: float = ASK_SECONDS,
    ) -> None:
        """Begin; `on_change` is called in the window's thread, with whether it is dark now."""
        self._root, self._on_change = root, on_change
        self._ask, self._seconds = ask, seconds
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._wanted = threading.Event()
        self._last: bool | None = None
        threading.Thread(target=self._go_on, name="desktop theme", daemon=True).start()
        self._look()

    def _look(self) -> None:
        """Handle the answers that have come. Main thread."""
        if self._root.winfo_viewable():
            self._wanted.set()
        while not self._answers.empty():
            dark = self._answers.get()
            if self._last is not None and dark != self._last:
                self._on_change(dark)
            self._last = dark
        self._root.after(_LOOK_MILLISECONDS, self._look)

    def _go_on(self) -> None:
        """Worker thread; ends with the process."""
        pause = threading.Event()
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self._answers.put(self._ask())
            pause.wait(self._seconds)
