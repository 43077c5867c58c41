"""A button that shows a colour and lets the person pick another."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable
from tkinter import colorchooser, ttk

from trayapp.domain.records.colors import parse_color
from trayapp.language.catalogue import _

_UNKNOWN = "#808080"


class ColorButton(ttk.Button):
    """Shows the colour that is in `text`, as "#rrggbb"; the system's own dialog picks another."""

    def __init__(
        self, parent: tk.Misc, text: tk.StringVar, choose: Callable[[str], object], side_px: int
    ) -> None:
        """Build it; `choose` gets what was picked, in the same form."""
        self._text = text
        self._choose = choose
        self._swatch = tk.PhotoImage(master=parent, width=side_px, height=side_px)
        super().__init__(parent, image=self._swatch, command=self._pick)
        self._side_px = side_px
        self._trace = text.trace_add("write", lambda *_: self._show())
        self.bind("<Destroy>", lambda _: text.trace_remove("write", self._trace), add="+")
        self._show()

    @property
    def _color(self) -> str:
        text = self._text.get().strip()
        try:
            parse_color(text)
        except ValueError:
            return _UNKNOWN
        return text

    def _show(self) -> None:
        self._swatch.put(self._color, to=(0, 0, self._side_px, self._side_px))

    def _pick(self) -> None:
        try:
            _rgb, picked = colorchooser.askcolor(
                self._color, parent=self.winfo_toplevel(), title=_("Choose a colour")
            )
        except tk.TclError:
            return  # The window was closed meanwhile.
        if picked:
            self._choose(picked.lower())
