"""The table on screen: every target and application, sorted, filtered, with what can be done."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.process_rows import ProcessRows
from trayapp.domain.showing.table import (
    PAST,
    PROCESS,
    TARGET,
    Order,
    RowKey,
    TableKeeper,
    TableRow,
    as_number,
    filter_rows,
    name_text,
    row_from,
    share_text,
    sort_rows,
    status_text,
)
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_percent, format_size
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.column_chooser import ColumnChooser
from trayapp.windows.columns import (
    ALWAYS,
    FIGURES,
    TEXTS,
    TableColumn,
    load_columns,
    save_columns,
    title_of,
)
from trayapp.windows.grid import Grid
from trayapp.windows.grid_painter import TOGGLE_PIXELS
from trayapp.windows.grid_rows import GridCell, GridColumn, GridRow
from trayapp.windows.opening import LiveOptions, WindowActions
from trayapp.windows.row_actions import RowActions
from trayapp.windows.selecting import target_names
from trayapp.windows.single_instance import Listener

VISIBLE_ROWS = 10
EVERYTHING_SECONDS = 10.0
"""How often also those applications are asked for that the applet does not follow."""
NAME_LENGTH, HINT_LENGTH = 60, 360
_HINT_SECONDS = 8.0


class TableWindow(BaseWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "table"

    def __init__(
        self, options: LiveOptions, actions: WindowActions, listener: Listener | None
    ) -> None:
        applet = Applet(options.runtime)
        super().__init__(_("Memtray – Table"), applet, listener, dark=options.is_dark)
        self._options = options
        self._columns = load_columns(options.columns_file)
        self._keeper = TableKeeper()
        self._processes = ProcessRows()
        self._rows: list[TableRow] = []
        self._past: list[TableRow] = []
        """What has a history; also of targets, which are left out."""
        self._order = Order()
        self._asked_everything_at = float("-inf")
        self._empty = _("Waiting for the first sample…")
        self._filter = tk.StringVar(self.root)
        self._count = tk.StringVar(self.root)
        self._machine = tk.StringVar(self.root)
        self._hint = tk.StringVar(self.root)
        self._hint_until = 0.0
        self._row_actions = RowActions(
            self, actions,
            announce=self._announce, on_done=self._ask_everything, on_tracked=self._select_target,
        )  # fmt: skip
        self._build()
        self._filter.trace_add("write", lambda *_: self._show_rows())

    def _build(self) -> None:
        gap = self.px(10)
        bar = ttk.Frame(self.root, padding=(gap, gap))
        bar.pack(side="top", fill="x")
        ttk.Label(bar, text=_("Filter")).pack(side="left", padx=(0, self.px(6)))
        self._entry = ttk.Entry(bar, textvariable=self._filter, width=26)
        self._entry.pack(side="left")
        ttk.Label(bar, textvariable=self._count, style="Hint.TLabel").pack(side="left", padx=gap)
        self._chooser = ColumnChooser(bar, self._columns, self._choose_columns)
        self._chooser.pack(side="right", padx=(gap, 0))
        ttk.Label(bar, textvariable=self._machine).pack(side="right")
        foot = ttk.Frame(self.root, padding=(gap, self.px(4)))
        foot.pack(side="bottom", fill="x")
        hint = ttk.Label(foot, textvariable=self._hint, style="Hint.TLabel", justify="left")
        hint.pack(side="left")
        foot.bind("<Configure>", lambda event: hint.configure(wraplength=event.width - 2 * gap))
        self._grid = self._make_grid()
        self.root.bind("<Key>", self._on_key)
        self.bind_keys(("<Control-a>",), self._select_filter)
        self.bind_keys(("<Control-f>",), self._entry.focus_set)
        row_keys = ("<Right>", self._open_row), ("<Left>", self._close_row), ("<Delete>", self._end)
        for key, act in row_keys:
            self.root.bind(key, partial(self._on_row_key, act))
        for number in range(1, 10):
            self.bind_keys((f"<Control-Key-{number}>",), partial(self._sort_by_number, number))
        self.root.minsize(self.px(720), self.px(240))
        self._entry.focus_set()

    def _make_grid(self) -> Grid:
        grid = Grid(
            self.root,
            [
                GridColumn(column.key, title_of(column), column.width, column.right)
                for column in self._columns
            ],
            visible_rows=VISIBLE_ROWS,
            on_open=self._on_open, on_menu=self._on_menu, on_order=self._sort_by,
            on_toggle=self._on_toggle,
        )  # fmt: skip
        grid.pack(side="top", fill="both", expand=True)
        # Typing filters wherever the focus is, and arrows move in the table.
        grid.bind_keys(self.root)
        return grid

    def _choose_columns(self, columns: tuple[TableColumn, ...]) -> None:
        """Show these columns, from now on and the next time."""
        self._columns = columns
        save_columns(self._options.columns_file, columns)
        if self._order.column not in {column.key for column in self._columns}:
            self._order = Order(ALWAYS, descending=False)
        before, self._grid = self._grid, self._make_grid()
        self._grid.selected = before.selected
        before.destroy()
        self._fit()
        self._show_rows()

    def _fit(self) -> None:
        """Make room for all columns, as far as the screen has it."""
        root = self.root
        root.update_idletasks()
        width = min(max(root.winfo_width(), root.winfo_reqwidth()), root.winfo_screenwidth())
        root.geometry(f"{width}x{root.winfo_height()}")

    def show(self) -> None:
        """Show it in the size it asks for, which it keeps however long its texts become."""
        root = self.root
        root.update_idletasks()
        root.geometry(f"{root.winfo_reqwidth()}x{root.winfo_reqheight()}")
        super().show()

    def restyle(self) -> None:
        super().restyle()
        self._row_actions.restyle(self.palette)
        self._chooser.restyle(self.palette)
        self._show_rows()

    def refresh(self) -> None:
        """Ask for the rows, now and then for all of them."""
        if time.monotonic() > self._hint_until:
            self._hint.set(
                _(
                    "Type to filter  ·  Ctrl+1–9 or click a heading to sort  ·  Enter for details  "
                    "·  → for processes  ·  Del to end  ·  Menu key or right-click for more  "
                    "·  Esc to close"
                )
            )
        everything = time.monotonic() - self._asked_everything_at >= EVERYTHING_SECONDS
        arguments = {"all": everything, "open": self._processes.wanted}
        self.ask_once("table", arguments, self._on_answer, self._on_failure)

    # -- what the applet answers

    def _on_answer(self, answer: Answer) -> None:
        now = time.monotonic()
        complete = answer.get("complete") is True
        if complete:
            self._asked_everything_at = now
        found = answer.get("rows")
        listed = found if isinstance(found, list) else []
        rows = self._options.sections.rows(row_from(one) for one in listed if isinstance(one, dict))
        rows = self._keeper.merge(rows, now, complete=complete)
        self._processes.take(answer.get("processes"), time.time())
        if complete:
            self._past = self._read_past()
        followed = {row.name for row in rows if row.kind == TARGET}
        self._rows = rows + [row for row in self._past if row.name not in followed]
        system = answer.get("system")
        self._machine.set(
            _machine_text(system, paused=answer.get("paused") is True)
            if isinstance(system, dict)
            else ""
        )
        self._empty = _("No matches.")
        self._show_rows()

    def _on_failure(self, error: Exception) -> None:
        """Show without an applet what has a history: that can still be opened."""
        self._keeper = TableKeeper()
        self._ask_everything()
        self._rows = self._past = self._read_past()
        is_off = isinstance(error, NotRunningError)
        self._machine.set(_("Memtray is not running") if is_off else _("Memtray does not respond"))
        self._empty = str(error)
        self._announce(str(error))
        self._show_rows()

    def _read_past(self) -> list[TableRow]:
        """Return a row for each target that has a history, also those not followed any more."""
        file = self._options.history_file
        if not file.is_file():
            return []
        try:
            with HistoryReader(file) as reader:
                return [TableRow(kind=PAST, name=name) for name in target_names(reader.series())]
        except MemtrayError as error:
            self._announce(str(error))
            return []

    # -- showing

    def _show_rows(self) -> None:
        shown = sort_rows(filter_rows(self._rows, self._filter.get()), self._order)
        self._count.set(
            ngettext("{shown} of {count} row", "{shown} of {count} rows", len(self._rows)).format(
                shown=len(shown), count=len(self._rows)
            )
        )
        rows = self._processes.with_processes(shown, self._order)
        self._grid.show(
            [self._grid_row(row) for row in rows],
            self.palette,
            order=(self._order.column, self._order.descending),
            empty=self._empty,
        )

    def _grid_row(self, row: TableRow) -> GridRow:
        palette = self.palette
        is_bad = row.level > Level.NORMAL or row.verdict == "leaking"
        alarm = palette.levels[max(row.level, Level.WARNING)] if is_bad else None
        muted = None if row.is_running else palette.muted
        name = plain_name(name_text(row), NAME_LENGTH)
        has_limit = row.has_own_limit
        texts = {**TEXTS, **FIGURES}
        cells = {
            column.key: GridCell(text=texts[column.key](row), colour=muted)
            for column in self._columns
            if column.key in texts
        }
        cells["name"] = GridCell(
            text=f"⚠ {name}" if is_bad else name, colour=muted, bold=row.kind == TARGET,
            indent=TOGGLE_PIXELS * (2 if row.kind == PROCESS else 1),
        )  # fmt: skip
        cells["share"] = GridCell(
            text=share_text(row),
            colour=None if has_limit else palette.muted,
            share=row.limit_share if has_limit else None,
        )
        cells["status"] = GridCell(text=status_text(row), colour=alarm or muted)
        cells["chart"] = GridCell(
            text="" if row.bars else "–", bars=row.bars, colour=alarm or muted
        )
        mark = alarm or (palette.system if row.kind == TARGET and row.is_running else None)
        return GridRow(key=row.key, mark=mark, cells=cells, is_open=self._processes.is_open(row))

    def _sort_by_number(self, number: int) -> None:
        if number <= len(self._columns):
            self._sort_by(self._columns[number - 1].key)

    def _sort_by(self, column: str) -> None:
        self._order = self._order.chosen(column)
        self._show_rows()

    def _announce(self, text: str) -> None:
        """Show a line at the foot for some seconds."""
        self._hint.set(plain_name(text, HINT_LENGTH))
        self._hint_until = time.monotonic() + _HINT_SECONDS

    # -- keys

    def _on_key(self, event: tk.Event[tk.Misc]) -> None:
        """Put what is typed anywhere into the filter."""
        is_text = len(event.char) == 1 and event.char.isprintable()
        # Control, and on X11 Alt.
        if is_text and not int(event.state) & 0x000C and event.widget is not self._entry:
            self._entry.focus_set()
            self._entry.insert("end", event.char)
            self._entry.icursor("end")

    def _on_row_key(self, act: Callable[[], object], event: tk.Event[tk.Misc]) -> None:
        """Let the key be about the chosen row, unless it is about text that was typed."""
        if event.widget is not self._entry or not self._filter.get():
            act()

    def _select_filter(self) -> None:
        """Mark what is typed, wherever the focus is: the next key begins another filter."""
        self._entry.focus_set()
        self._entry.selection_range(0, "end")

    def on_escape(self) -> None:
        if self._filter.get():
            self._filter.set("")
        else:
            self.close()

    # -- doing

    def _row(self, key: Hashable) -> TableRow | None:
        found = next((row for row in self._rows if row.key == key), None)
        return found or self._processes.find(key)

    def _on_open(self, key: Hashable) -> None:
        if (row := self._row(key)) is not None:
            self._row_actions.open_details(row)

    def _on_menu(self, key: Hashable, x: int, y: int) -> None:
        if (row := self._row(key)) is not None:
            self._row_actions.open_menu(row, x, y)

    def _on_toggle(self, key: Hashable) -> None:
        if (row := self._row(key)) is not None:
            self._set_open(row, not self._processes.is_open(row))

    def _open_row(self) -> None:
        if (row := self._row(self._grid.selected)) is not None:
            self._set_open(row, wanted=True)

    def _close_row(self) -> None:
        """Hide the processes of the chosen row, or of the one that the chosen process is below."""
        row = self._row(self._grid.selected)
        if row is not None and (row := self._row(row.parent or row.key)) is not None:
            self._set_open(row, wanted=False)

    def _set_open(self, row: TableRow, wanted: bool) -> None:
        self._grid.selected = row.key
        self._processes.set_open(row, wanted)
        self._show_rows()
        self.refresh()

    def _end(self) -> None:
        if (row := self._row(self._grid.selected)) is not None:
            self._row_actions.end(row)

    def _ask_everything(self) -> None:
        """Ask for all rows the next time, also those that are not asked for each time."""
        self._asked_everything_at = float("-inf")

    def _select_target(self, name: str) -> None:
        self._grid.selected = RowKey(TARGET, name)


def _machine_text(system: Mapping[str, object], *, paused: bool) -> str:
    used, total, available = (
        as_number(system.get(key)) for key in ("used_bytes", "total_bytes", "available_bytes")
    )
    if used is None or not total or available is None:
        return ""
    text = _("Memory {share} – {available} of {total} available").format(
        share=format_percent(used / total),
        available=format_size(available),
        total=format_size(total),
    )
    return _("Paused: {figures}").format(figures=text) if paused else text
