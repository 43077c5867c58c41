"""The button with which a person chooses the columns of the table."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk

from trayapp.charts.palette import Palette
from trayapp.language.catalogue import _
from trayapp.windows.columns import ALWAYS, TABLE_COLUMNS, TableColumn, columns_of, title_of
from trayapp.windows.style import style_menu


class ColumnChooser(ttk.Menubutton):
    """A menu of all columns, ticked where they are shown; `on_choice` gets the new ones."""

    def __init__(
        self,
        parent: tk.Misc,
        shown: Sequence[TableColumn],
        on_choice: Callable[[tuple[TableColumn, ...]], object],
    ) -> None:
        super().__init__(parent, text=_("Columns"))
        self._on_choice = on_choice
        self.menu = tk.Menu(self, tearoff=False)
        self._marks: dict[str, tk.BooleanVar] = {}
        for column in TABLE_COLUMNS:
            if column.key != ALWAYS:
                mark = self._marks[column.key] = tk.BooleanVar(self, column in shown)
                self.menu.add_checkbutton(
                    label=title_of(column), variable=mark, command=self._choose
                )
        self.configure(menu=self.menu)

    def restyle(self, palette: Palette) -> None:
        style_menu(self.menu, palette)

    def _choose(self) -> None:
        self._on_choice(columns_of([key for key, mark in self._marks.items() if mark.get()]))
