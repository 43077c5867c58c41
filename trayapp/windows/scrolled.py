"""A page of widgets that is higher than its window."""

from __future__ import annotations

import tkinter as tk
from tkinter import ttk


class Scrolled(ttk.Frame):
    """Scrolls `page` by bar, wheel and key; whatever gets the focus comes into view."""

    def __init__(self, parent: tk.Misc) -> None:
        super().__init__(parent)
        self._canvas = tk.Canvas(self, highlightthickness=0, borderwidth=0)
        # The bar's place stays where there is no bar: a page that just fits without one would
        # have its texts wrapped, be too high, get one, and so on without end.
        gutter = ttk.Frame(self)
        self._bar = ttk.Scrollbar(gutter, orient="vertical", command=self._canvas.yview)
        gutter.configure(width=self._bar.winfo_reqwidth())
        gutter.pack_propagate(False)
        gutter.pack(side="right", fill="y")
        self._canvas.configure(yscrollcommand=self._bar.set)
        self._canvas.pack(side="left", fill="both", expand=True)
        self.page = ttk.Frame(self._canvas)
        self._window = self._canvas.create_window(0, 0, anchor="nw", window=self.page)
        self.page.bind("<Configure>", lambda _: self._fit())
        self._canvas.bind("<Configure>", lambda _: self._fit())
        root = self.winfo_toplevel()
        root.bind("<Button-4>", lambda event: self._scroll(event, -2), add="+")
        root.bind("<Button-5>", lambda event: self._scroll(event, 2), add="+")
        root.bind(
            "<MouseWheel>", lambda event: self._scroll(event, -2 if event.delta > 0 else 2), add="+"
        )
        root.bind("<Prior>", lambda _: self._canvas.yview_scroll(-1, "pages"), add="+")
        root.bind("<Next>", lambda _: self._canvas.yview_scroll(1, "pages"), add="+")
        root.bind("<FocusIn>", lambda event: self._show(event.widget), add="+")
        # A wheel that scrolls the page must not change the value under the pointer.
        for event in ("<Button-4>", "<Button-5>", "<MouseWheel>"):
            root.unbind_class("TCombobox", event)

    def restyle(self, background: str) -> None:
        self._canvas.configure(background=background)

    def to_top(self) -> None:
        self._canvas.yview_moveto(0.0)

    def _fit(self) -> None:
        self._canvas.itemconfigure(self._window, width=self._canvas.winfo_width())
        self._canvas.configure(scrollregion=(0, 0, 1, self.page.winfo_reqheight()))
        if self._is_too_high():
            self._bar.pack(fill="both", expand=True)
        else:
            self._bar.pack_forget()

    def _is_too_high(self) -> bool:
        return self.page.winfo_reqheight() > self.winfo_height()

    def _scroll(self, event: tk.Event[tk.Misc], steps: int) -> None:
        # A list scrolls itself.
        if self._is_too_high() and not isinstance(event.widget, ttk.Treeview):
            self._canvas.yview_scroll(steps, "units")

    def _show(self, widget: object) -> None:
        if not isinstance(widget, tk.Widget) or not str(widget).startswith(str(self.page)):
            return
        height = max(1, self.page.winfo_reqheight())
        top = widget.winfo_rooty() - self.page.winfo_rooty()
        above, below = self._canvas.yview()
        if top < above * height:
            self._canvas.yview_moveto(max(0.0, (top - 40) / height))
        elif top + widget.winfo_height() > below * height:
            seen = self._canvas.winfo_height()
            self._canvas.yview_moveto((top + widget.winfo_height() + 40 - seen) / height)
