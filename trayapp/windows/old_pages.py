"""Pages that are shown no more, kept until no key can be on its way to them.

X11 sends keys to the window below the pointer, and Tk drops those that wait for a window that is
destroyed: whoever types fast, or on a busy machine, would lose some (Tk 8.6).
"""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk

QUIET_MILLISECONDS = 2000
"""So long no key may have come, and no page been replaced."""


class OldPages:
    """Destroys pages later. Main thread only."""

    def __init__(self, root: tk.Tk) -> None:
        self._root = root
        self._pages: list[ttk.Frame] = []
        self._activity = self._seen = 0
        root.bind("<KeyPress>", lambda _: self._count(), add="+")

    def add(self, page: ttk.Frame) -> None:
        """Hide a page, and destroy it when it is quiet."""
        page.pack_forget()
        self._count()
        self._pages.append(page)
        if len(self._pages) == 1:
            self._root.after(QUIET_MILLISECONDS, self._look)

    def _count(self) -> None:
        self._activity += 1

    def _look(self) -> None:
        if self._activity != self._seen:
            self._seen = self._activity
            self._root.after(QUIET_MILLISECONDS, self._look)
            return
        for page in self._pages:
            page.destroy()
        self._pages.clear()
