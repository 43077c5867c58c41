"""Drawing the rows of a table on a canvas."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from tkinter import font as tkfont

from trayapp.charts.palette import LIGHT, Palette
from trayapp.domain.records.bars import zoomed_heights
from trayapp.windows.grid_rows import GridCell, GridColumn, GridRow

Places = Sequence[tuple[GridColumn, int, int]]
"""Columns with their left edges and widths."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom."""
TOGGLE_PIXELS = 16
"""The width of the triangle of a row that opens, on an ordinary screen."""
_MOST_CUTS = 4000


def bold_font(widget: tk.Misc) -> tkfont.Font:
    bold = tkfont.nametofont("TkDefaultFont", widget).copy()
    bold.configure(weight="bold")
    return bold


class GridPainter:
    """Draws on the canvases of a head and a body, in its palette."""

    def __init__(
        self, head: tk.Canvas, body: tk.Canvas, bold: tkfont.Font, row: int, pad: int, unit: float
    ) -> None:
        """row, pad: the height of a row, and the space beside texts; unit: an ordinary pixel."""
        self._head, self._body, self._bold = head, body, bold
        self._row, self._pad, self._unit = row, pad, unit
        self._font = tkfont.nametofont("TkDefaultFont", body)
        self._cuts: dict[tuple[str, int, bool], str] = {}
        self._widths: dict[tuple[str, bool], int] = {}
        self.palette: Palette = LIGHT

    def width_of(self, cell: GridCell) -> int:
        """Return how wide a column must be for all of a cell's text."""
        key = cell.text, cell.bold
        width = self._widths.get(key)
        if width is None:
            if len(self._widths) > _MOST_CUTS:
                self._widths.clear()
            font = self._bold if cell.bold else self._font
            width = self._widths[key] = font.measure(cell.text)
        return width + 2 * self._pad + round(cell.indent * self._unit)

    def draw_head(self, places: Places, sorted_by: str, descending: bool) -> None:
        """Draw the titles anew, with an arrow at the one that rows are sorted by."""
        head, middle = self._head, self._head.winfo_height() // 2
        head.delete("all")
        for column, left, width in places:
            is_sorted = column.key == sorted_by
            arrow = (" ▼" if descending else " ▲") if is_sorted else ""
            title = self._cut(column.title + arrow, width - 2 * self._pad, bold=is_sorted)
            head.create_text(
                left + width - self._pad if column.right else left + self._pad, middle,
                text=title, anchor="e" if column.right else "w",
                font=self._bold if is_sorted else self._font,
                fill=self.palette.text if is_sorted else self.palette.muted,
            )  # fmt: skip

    def draw_empty(self, text: str) -> None:
        width = self._body.winfo_width()
        self._body.create_text(
            width // 2, self._row * 2, text=text, fill=self.palette.muted, font=self._font,
            width=width - 4 * self._pad, justify="center",
        )  # fmt: skip

    def draw_focus(self, place: int | None) -> None:
        """Draw a frame around the row that keys are about, or around all before one is chosen."""
        top, bottom = 0, self._body.winfo_height()
        if place is not None:
            top, bottom = place * self._row, (place + 1) * self._row
        edge = round(2 * self._unit)
        half = edge // 2
        self._body.create_rectangle(
            half, top + half, self._body.winfo_width() - 1 - half, bottom - 1 - half,
            outline=self.palette.system, width=edge,
        )  # fmt: skip

    def draw_row(self, row: GridRow, top: int, places: Places, ground: str | None) -> None:
        """Draw a row at this height; ground: its colour, None: as the background is."""
        body, width, bottom = self._body, self._body.winfo_width(), top + self._row
        if ground is not None:
            body.create_rectangle(0, top, width, bottom, width=0, fill=ground)
        body.create_line(0, bottom - 1, width, bottom - 1, fill=self.palette.grid)
        if row.mark:
            mark = round(4 * self._unit)
            body.create_rectangle(0, top, mark, bottom - 1, width=0, fill=row.mark)
        if row.is_open is not None:
            self._draw_triangle(row.is_open, top)
        for column, left, column_width in places:
            if (cell := row.cells.get(column.key)) is None:
                continue
            start = left + self._pad + round(cell.indent * self._unit)
            inner = start, top, left + column_width - self._pad, bottom - 1
            if cell.bars:
                self._draw_bars(cell, inner)
            else:
                self._draw_text(cell, column, inner)

    def _draw_triangle(self, is_open: bool, top: int) -> None:
        """Draw what opens and closes a row, before its first text."""
        size, middle = round(4 * self._unit), top + self._row // 2
        at = self._pad + size
        points = (at - size, middle - size, at + size, middle, at - size, middle + size)
        if is_open:
            points = (at - size, middle - size, at + size, middle - size, at, middle + size)
        self._body.create_polygon(points, fill=self.palette.muted)

    def _draw_text(self, cell: GridCell, column: GridColumn, box: Box) -> None:
        left, top, right, bottom = box
        middle = (top + bottom) // 2
        if cell.share is not None:
            middle -= round(3 * self._unit)
            height, base = round(3 * self._unit), bottom - round(5 * self._unit)
            self._body.create_rectangle(
                left, base - height, right, base, width=0, fill=self.palette.grid
            )
            share = min(1.0, max(0.0, cell.share))
            if share:
                self._body.create_rectangle(
                    left, base - height, left + round((right - left) * share), base, width=0,
                    fill=cell.colour or self.palette.system,
                )  # fmt: skip
        self._body.create_text(
            right if column.right else left, middle,
            text=self._cut(cell.text, right - left, bold=cell.bold),
            anchor="e" if column.right else "w", fill=cell.colour or self.palette.text,
            font=self._bold if cell.bold else self._font,
        )  # fmt: skip

    def _draw_bars(self, cell: GridCell, box: Box) -> None:
        left, top, right, bottom = box
        gap = round(6 * self._unit)
        height = bottom - top - 2 * gap
        step = (right - left) / len(cell.bars)
        for number, share in enumerate(zoomed_heights(cell.bars)):
            start = left + number * step
            # Nothing known is a line at the foot, not a bar of no height.
            size = 1 if share is None else max(2, round(height * share / 100))
            colour = self.palette.muted if share is None else cell.colour or self.palette.system
            self._body.create_rectangle(
                round(start), bottom - gap - size, round(start + step * 0.75), bottom - gap,
                width=0, fill=colour,
            )  # fmt: skip

    def _cut(self, text: str, width: int, *, bold: bool) -> str:
        """Return as much of the text as there is room for."""
        key = text, width, bold
        font = self._bold if bold else self._font
        found = self._cuts.get(key)
        if found is None:
            if len(self._cuts) > _MOST_CUTS:
                self._cuts.clear()
            found = text
            if font.measure(text) > width:
                low, high = 0, len(text)
                while low < high:
                    half = (low + high + 1) // 2
                    fits = font.measure(text[:half].rstrip() + "…") <= width
                    low, high = (half, high) if fits else (low, half - 1)
                found = text[:low].rstrip() + "…"
            self._cuts[key] = found
        return found
