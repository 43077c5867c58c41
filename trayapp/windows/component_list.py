"""The components of a program: name, a bar for its share, size and share, one below the other."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import font as tkfont
from typing import Literal

from trayapp.charts.labels import plain_name
from trayapp.charts.palette import Palette
from trayapp.language.catalogue import ngettext
from trayapp.language.units import format_percent, format_size
from trayapp.windows.probe_reports import Component

_GAP = 8
"""Pixels between columns, on an ordinary screen."""
_BAR_SHARE = 0.22
"""What the bars take of the width."""


class ComponentList(tk.Canvas):
    """A canvas that is as high as the components it shows."""

    def __init__(self, parent: tk.Misc, *, scale: float) -> None:
        super().__init__(parent, width=1, height=1, highlightthickness=0)
        self._scale = scale
        self._font = tkfont.nametofont("TkDefaultFont", self).copy()
        self._font.configure(size=9)
        self._shown: tuple[Sequence[Component], int, Palette] | None = None
        self.bind("<Configure>", lambda _: self._redraw())

    def show(self, components: Sequence[Component], count: int, palette: Palette) -> None:
        """Show these components; `count` is how many there are in all."""
        self._shown = components, count, palette
        rows = len(components) + (count > len(components))
        self.configure(background=palette.background, height=max(1, rows * self._row()))
        self._redraw()

    def _row(self) -> int:
        return self._font.metrics("linespace") + round(2 * self._scale)

    def _redraw(self) -> None:
        self.delete("all")
        if self._shown is None or self.winfo_width() <= 1:
            return
        components, count, palette = self._shown
        gap, row, right = round(_GAP * self._scale), self._row(), self.winfo_width()
        shares = [format_percent(one.share) for one in components]
        sizes = [format_size(one.bytes) for one in components]
        sizes_end = right - self._widest(shares) - gap
        bars_end = sizes_end - self._widest(sizes) - gap
        bars_begin = bars_end - round(_BAR_SHARE * right)
        for number, one in enumerate(components):
            middle = number * row + row // 2
            name = self._fitting(one.name, bars_begin - gap)
            self._write(0, middle, name, palette.text, "w")
            self._write(sizes_end, middle, sizes[number], palette.text, "e")
            self._write(right, middle, shares[number], palette.muted, "e")
            thick = round(3 * self._scale)
            self.create_rectangle(
                bars_begin, middle - thick, bars_end, middle + thick, fill=palette.grid, width=0
            )
            if one.share is not None:
                end = bars_begin + min(1.0, one.share) * (bars_end - bars_begin)
                self.create_rectangle(
                    bars_begin, middle - thick, end, middle + thick, fill=palette.system, width=0
                )
        more = count - len(components)
        if more > 0:
            text = ngettext("and {count} more", "and {count} more", more).format(count=more)
            middle = len(components) * row + row // 2
            self._write(0, middle, text, palette.muted, "w")

    def _write(self, x: int, y: int, text: str, colour: str, anchor: Literal["w", "e"]) -> None:
        self.create_text(x, y, text=text, fill=colour, font=self._font, anchor=anchor)

    def _widest(self, texts: Sequence[str]) -> int:
        return max(map(self._font.measure, texts), default=0)

    def _fitting(self, name: str, width: int) -> str:
        """Return as much of a name as there is room for."""
        shown, length = plain_name(name), len(name)
        while length > 1 and self._font.measure(shown) > width:
            length -= 1
            shown = plain_name(name, length)
        return shown
