"""A table drawn on a canvas: only the rows that can be seen, at once, so that nothing flickers.

Tk's own table has no pictures but in its first column, one colour per row, and forgets where it
was when its rows are put in anew.
"""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Hashable, Sequence
from tkinter import ttk

from trayapp.charts.palette import Palette
from trayapp.windows.grid_painter import TOGGLE_PIXELS, GridPainter, bold_font
from trayapp.windows.grid_rows import GridColumn, GridRow, fitting_widths, widened
from trayapp.windows.style import pixel_scale

ROW_PIXELS, HEAD_PIXELS, PAD_PIXELS = 30, 32, 10
"""On an ordinary screen."""
_WHEEL_ROWS = 3


def _nothing(*_: object) -> None:
    """Leave what was clicked as it is."""


class Grid(ttk.Frame):
    """A table with header and scroll bar; the selection stays on its row, wherever that goes.

    A click chooses a row. `on_open` is called with the key of one that was double-clicked or
    entered, `on_menu` with that of one whose menu is wanted and where, `on_order` with the key of a
    column, `on_toggle` with the key of a row whose triangle was clicked.
    """

    def __init__(
        self,
        parent: tk.Misc,
        columns: Sequence[GridColumn],
        *,
        visible_rows: int,
        on_open: Callable[[Hashable], object] = _nothing,
        on_menu: Callable[[Hashable, int, int], object] = _nothing,
        on_order: Callable[[str], object] = _nothing,
        on_toggle: Callable[[Hashable], object] = _nothing,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._on_open, self._on_menu, self._on_order = on_open, on_menu, on_order
        self._on_toggle = on_toggle
        self._rows: Sequence[GridRow] = ()
        self._order: tuple[str, bool] = "", True
        self._empty = ""
        self._palette: Palette | None = None
        self._first = 0
        self._hovered: int | None = None
        self._pending = ""
        self.selected: Hashable | None = None
        """The key of the chosen row; it may be of a row that is not there at the moment."""
        scale = pixel_scale(self.winfo_toplevel())  # type: ignore[arg-type]
        self._row, self._pad = round(ROW_PIXELS * scale), round(PAD_PIXELS * scale)
        self._toggle = round(TOGGLE_PIXELS * scale)
        bold = bold_font(self)
        # In some languages titles are long.
        self._titles = [bold.measure(f"{column.title} ▼") + 2 * self._pad for column in columns]
        self._widths = [
            max(round(column.width * scale), title)
            for column, title in zip(columns, self._titles, strict=True)
        ]
        self._needed = [0] * len(columns)
        """What the cells that were seen so far take: columns do not become narrower again."""
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._on_scrollbar)
        # Kept free where there is no bar: it must not cover the last column when rows come.
        wanted = sum(self._widths) + self._bar.winfo_reqwidth()
        self._head = tk.Canvas(
            self, height=round(HEAD_PIXELS * scale), width=wanted, highlightthickness=0
        )
        self.body = tk.Canvas(
            self,
            height=self._row * visible_rows,
            width=wanted,
            highlightthickness=0,
            takefocus=True,
        )
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self._head.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.body.grid(row=1, column=0, sticky="nsew")
        self._bar.grid(row=1, column=1, sticky="ns")
        self._painter = GridPainter(self._head, self.body, bold, self._row, self._pad, scale)
        self._bind()

    def _bind(self) -> None:
        self._head.bind("<Button-1>", self._on_head)
        self._head.bind("<Configure>", lambda _: self._draw_soon())
        body = self.body
        for event, action in (
            ("<Configure>", lambda _: self._draw_soon()),
            ("<FocusIn>", lambda _: self._draw_soon()),
            ("<FocusOut>", lambda _: self._draw_soon()),
            ("<Motion>", lambda event: self._hover(event.y)),
            ("<Leave>", lambda _: self._hover(-1)),
            ("<Button-1>", self._on_click),
            ("<Double-Button-1>", lambda event: self._on_click(event, is_double=True)),
            ("<Button-2>" if self.tk.call("tk", "windowingsystem") == "aqua" else "<Button-3>",
             lambda event: self._on_click(event, wants_menu=True)),
            ("<Button-4>", lambda _: self._scroll(-_WHEEL_ROWS)),
            ("<Button-5>", lambda _: self._scroll(_WHEEL_ROWS)),
            ("<MouseWheel>",
             lambda event: self._scroll(-_WHEEL_ROWS if event.delta > 0 else _WHEEL_ROWS)),
        ):  # fmt: skip
            body.bind(event, action)

    # -- from outside

    def bind_keys(self, widget: tk.Misc) -> None:
        """Let keys pressed in `widget` move through the table, open rows and their menus."""
        for key, step in (
            ("<Up>", lambda: -1), ("<Down>", lambda: 1),
            ("<Prior>", lambda: -self._seen()), ("<Next>", lambda: self._seen()),
            ("<Control-Home>", lambda: -len(self._rows)),
            ("<Control-End>", lambda: len(self._rows)),
        ):  # fmt: skip
            widget.bind(key, lambda _, step=step: self._move(step()))  # type: ignore[misc]
        widget.bind("<Return>", lambda _: self._open())
        widget.bind("<KP_Enter>", lambda _: self._open())
        menu_key = "<App>" if self.tk.call("tk", "windowingsystem") == "win32" else "<Menu>"
        for key in ("<Shift-F10>", menu_key):
            widget.bind(key, lambda _: self._open_menu())

    def show(
        self,
        rows: Sequence[GridRow],
        palette: Palette,
        *,
        order: tuple[str, bool],
        empty: str,
    ) -> None:
        """Show other rows; the selection and the scrolled position stay as they are.

        order: key of the column it is sorted by, and whether from the top; empty: what to say where
        there are no rows.
        """
        self._rows, self._palette, self._order, self._empty = rows, palette, order, empty
        self.body.configure(background=palette.background)
        self._head.configure(background=palette.surface)
        self._draw_soon()

    # -- moving

    def _seen(self) -> int:
        return max(1, self.body.winfo_height() // self._row)

    def _index(self) -> int | None:
        for index, row in enumerate(self._rows):
            if row.key == self.selected:
                return index
        return None

    def _move(self, step: int) -> str:
        if self._rows:
            before = self._index()
            start = (-1 if step > 0 else len(self._rows)) if before is None else before
            index = min(len(self._rows) - 1, max(0, start + step))
            self.selected = self._rows[index].key
            self._see(index)
        return "break"

    def _see(self, index: int) -> None:
        self._first = min(self._first, index)
        self._first = max(self._first, index - self._seen() + 1)
        self._draw_soon()

    def _scroll(self, rows: int) -> None:
        self._first += rows
        self._draw_soon()

    def _on_scrollbar(self, action: str, amount: str, unit: str = "") -> None:
        if action == "moveto":
            self._first = round(float(amount) * len(self._rows))
        else:
            self._first += int(amount) * (self._seen() if unit == "pages" else 1)
        self._draw_soon()

    # -- choosing

    def _row_at(self, y: int) -> int | None:
        index = self._first + y // self._row
        return index if y >= 0 and index < len(self._rows) else None

    def _hover(self, y: int) -> None:
        row = self._row_at(y)
        if row != self._hovered:
            self._hovered = row
            self._draw_soon()

    def _on_click(
        self, event: tk.Event[tk.Misc], *, wants_menu: bool = False, is_double: bool = False
    ) -> None:
        self.body.focus_set()
        if (index := self._row_at(event.y)) is not None:
            self.selected = self._rows[index].key
            self._draw_soon()
            is_toggle = event.x < self._pad + self._toggle
            if wants_menu:
                self._on_menu(self.selected, event.x_root, event.y_root)
            elif is_toggle and self._rows[index].is_open is not None:
                self._on_toggle(self.selected)
            elif is_double:
                self._on_open(self.selected)

    def _meant(self) -> int | None:
        """Return the row that a key is for: the chosen one, or the only one there is."""
        index = self._index()
        return 0 if index is None and len(self._rows) == 1 else index

    def _open(self) -> str:
        index = self._meant()
        if index is not None:
            self._on_open(self._rows[index].key)
        return "break"

    def _open_menu(self) -> str:
        index = self._meant()
        if index is not None:
            self._see(index)
            y = (index - self._first + 1) * self._row
            self._on_menu(
                self._rows[index].key,
                self.body.winfo_rootx() + 3 * self._pad,
                self.body.winfo_rooty() + y,
            )
        return "break"

    def _on_head(self, event: tk.Event[tk.Misc]) -> None:
        for column, left, width in self._places():
            if left <= event.x < left + width:
                self._on_order(column.key)

    # -- drawing

    def _places(self) -> list[tuple[GridColumn, int, int]]:
        """Return each column with its left edge and width; narrower in a narrow window."""
        room = self.winfo_width() - self._bar.winfo_reqwidth()
        widths = fitting_widths(self._widths, self._titles, room)
        widths = widened(widths, self._needed, room)
        places, left = [], 0
        for column, width in zip(self._columns, widths, strict=True):
            places.append((column, left, width))
            left += width
        return places

    def _measure(self, rows: Sequence[GridRow]) -> None:
        for place, column in enumerate(self._columns):
            cells = (row.cells.get(column.key) for row in rows)
            widths = (self._painter.width_of(cell) for cell in cells if cell is not None)
            self._needed[place] = max(self._needed[place], max(widths, default=0))

    def _draw_soon(self) -> None:
        if not self._pending:
            self._pending = self.after_idle(self._draw)

    def _draw(self) -> None:
        self._pending = ""
        palette = self._palette
        if palette is None:
            return
        seen = self._seen()
        self._first = max(0, min(self._first, len(self._rows) - seen))
        self._measure(self._rows[self._first : self._first + seen + 1])
        places, painter = self._places(), self._painter
        painter.palette = palette
        painter.draw_head(places, *self._order)
        self.body.delete("all")
        if not self._rows:
            painter.draw_empty(self._empty)
        # One more than fits whole: the last may be cut.
        for index in range(self._first, min(len(self._rows), self._first + seen + 1)):
            row = self._rows[index]
            is_selected = row.key == self.selected
            ground = palette.surface if index == self._hovered else None
            top = (index - self._first) * self._row
            painter.draw_row(row, top, places, palette.pressed if is_selected else ground)
        if self.body.focus_get() is self.body:
            chosen = self._index()
            is_seen = chosen is not None and self._first <= chosen <= self._first + seen
            painter.draw_focus(chosen - self._first if is_seen and chosen is not None else None)
        if len(self._rows) > seen:
            total = len(self._rows)
            self._bar.set(str(self._first / total), str((self._first + seen) / total))
            self._bar.grid()
        else:
            self._bar.grid_remove()
