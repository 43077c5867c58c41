"""The table on screen: every target and application, sorted, filtered, with what can be done."""

from __future__ import annotations

import shlex
import time
import tkinter as tk
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import messagebox, ttk
from typing import Protocol

from trayapp.charts.labels import plain_name
from trayapp.domain.records.levels import Level
from trayapp.domain.showing.table import (
    APP,
    APPLICATION,
    PAST,
    TARGET,
    Order,
    RowKey,
    TableKeeper,
    TableRow,
    filter_rows,
    memory_text,
    name_text,
    rate_text,
    row_from,
    share_text,
    sort_rows,
    status_text,
    trend_text,
)
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.language.catalogue import _, ngettext
from trayapp.language.units import format_percent, format_size
from trayapp.windows.applet_client import Applet
from trayapp.windows.column_chooser import ColumnChooser
from trayapp.windows.columns import (
    ALWAYS,
    FIGURES,
    TableColumn,
    load_columns,
    save_columns,
    title_of,
)
from trayapp.windows.grid import Grid, GridCell, GridColumn, GridRow
from trayapp.windows.live_window import LiveWindow
from trayapp.windows.sections import ALL_SECTIONS, Sections
from trayapp.windows.single_instance import Listener
from trayapp.windows.style import style_menu

VISIBLE_ROWS = 10
EVERYTHING_SECONDS = 10.0
"""How often also those applications are asked for that the applet does not follow."""
NAME_LENGTH, HINT_LENGTH = 60, 360
_HINT_SECONDS = 8.0


class WindowActions(Protocol):
    """What a window can do beside asking the applet; each may raise MemtrayError."""

    def open_window(self, verb: str, *names: str, options: Sequence[str] = ()) -> None:
        """Start another window."""

    def open_folder(self, pid: int, started_wall_seconds: float | None) -> None:
        """Show the folder of the program that this process runs."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the context menu."""

    label: str
    act: Callable[[TableRow], object]
    enabled: bool = True


class TableWindow(LiveWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "table"

    def __init__(
        self,
        applet: Applet,
        listener: Listener | None,
        actions: WindowActions,
        past_names: Callable[[], Sequence[str]],
        columns_file: Path,
        *,
        dark: bool,
        sections: Sections = ALL_SECTIONS,
    ) -> None:
        """Make it.

        past_names: reads which targets have a history, also those not followed any more;
        columns_file: keeps which columns are shown.
        """
        super().__init__(_("Memtray – Table"), applet, listener, dark=dark)
        self._actions, self._past_names = actions, past_names
        self._columns_file, self._sections = columns_file, sections
        self._columns = load_columns(columns_file)
        self._keeper = TableKeeper()
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
        self._build()
        self._filter.trace_add("write", lambda *_: self._show())

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
        self._menu = tk.Menu(self.root, tearoff=False)
        self.root.bind("<Key>", self._on_key)
        self.root.bind("<Escape>", lambda _: self._escape())
        self.root.bind("<Control-f>", lambda _: self._entry.focus_set())
        for number in range(1, 10):
            self.root.bind(
                f"<Control-Key-{number}>",
                lambda _, number=number: self._sort_by_number(number),  # type: ignore[misc]
            )
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
            on_open=self._open, on_menu=self._open_menu, on_order=self._sort_by,
        )  # fmt: skip
        grid.pack(side="top", fill="both", expand=True)
        # Typing filters wherever the focus is, and arrows move in the table.
        grid.bind_keys(self.root)
        return grid

    def _choose_columns(self, columns: tuple[TableColumn, ...]) -> None:
        """Show these, from now on and the next time."""
        self._columns = columns
        save_columns(self._columns_file, columns)
        if self._order.column not in {column.key for column in self._columns}:
            self._order = Order(ALWAYS, descending=False)
        before, self._grid = self._grid, self._make_grid()
        self._grid.selected = before.selected
        before.destroy()
        self._fit()
        self._show()

    def _fit(self) -> None:
        """Make room for all columns, as far as the screen has it."""
        root = self.root
        root.update_idletasks()
        width = min(max(root.winfo_width(), root.winfo_reqwidth()), root.winfo_screenwidth())
        root.geometry(f"{width}x{root.winfo_height()}")

    def show(self) -> None:
        """Show it in the size it asks for, which it keeps whatever long text comes."""
        root = self.root
        root.update_idletasks()
        root.geometry(f"{root.winfo_reqwidth()}x{root.winfo_reqheight()}")
        super().show()

    def restyle(self) -> None:
        """Colour everything anew."""
        super().restyle()
        style_menu(self._menu, self.palette)
        self._chooser.restyle(self.palette)
        self._show()

    def refresh(self) -> None:
        """Ask for the rows, now and then for all of them."""
        if time.monotonic() > self._hint_until:
            self._hint.set(
                _(
                    "Type to filter  ·  Ctrl+1–9 or a click on a title sorts  ·  "
                    "Enter opens details  ·  Menu key or right click for more  ·  Esc closes"
                )
            )
        everything = time.monotonic() - self._asked_everything_at >= EVERYTHING_SECONDS
        self.ask_once("table", {"all": everything}, self._take, self._miss)

    # -- what the applet tells

    def _take(self, told: Mapping[str, object]) -> None:
        now = time.monotonic()
        complete = told.get("complete") is True
        if complete:
            self._asked_everything_at = now
        found = told.get("rows")
        listed = found if isinstance(found, list) else []
        rows = self._sections.rows(row_from(one) for one in listed if isinstance(one, dict))
        rows = self._keeper.fold(rows, now, complete=complete)
        if complete:
            self._past = self._read_past()
        followed = {row.name for row in rows if row.kind == TARGET}
        self._rows = rows + [row for row in self._past if row.name not in followed]
        system = told.get("system")
        self._machine.set(
            _machine_text(system, paused=told.get("paused") is True)
            if isinstance(system, dict)
            else ""
        )
        self._empty = _("Nothing fits the filter.")
        self._show()

    def _miss(self, error: Exception) -> None:
        """Without an applet, what was followed once can still be opened."""
        self._keeper = TableKeeper()
        self._asked_everything_at = float("-inf")
        self._rows = self._past = self._read_past()
        is_off = isinstance(error, NotRunningError)
        self._machine.set(_("Memtray is not running") if is_off else _("Memtray does not answer"))
        self._empty = str(error)
        self._say(str(error))
        self._show()

    def _read_past(self) -> list[TableRow]:
        try:
            return [TableRow(kind=PAST, name=name) for name in self._past_names()]
        except MemtrayError as error:
            self._say(str(error))
            return []

    # -- showing

    def _show(self) -> None:
        shown = sort_rows(filter_rows(self._rows, self._filter.get()), self._order)
        self._count.set(
            ngettext("{shown} of {count} row", "{shown} of {count} rows", len(self._rows)).format(
                shown=len(shown), count=len(self._rows)
            )
        )
        self._grid.show(
            [self._grid_row(row) for row in shown],
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
        return GridRow(
            key=row.key,
            mark=alarm or (palette.system if row.kind == TARGET and row.is_running else None),
            cells={
                "name": GridCell(
                    text=f"⚠ {name}" if is_bad else name, colour=muted, bold=row.kind == TARGET
                ),
                "memory": GridCell(text=memory_text(row), colour=muted),
                "share": GridCell(
                    text=share_text(row),
                    colour=None if row.has_own_limit else palette.muted,
                    share=row.limit_share if row.has_own_limit else None,
                ),
                "status": GridCell(text=status_text(row), colour=alarm or muted),
                "delta": GridCell(text=rate_text(row), colour=muted),
                "trend": GridCell(text=trend_text(row), colour=muted),
                "chart": GridCell(
                    text="" if row.bars else "–", bars=row.bars, colour=alarm or muted
                ),
                **{
                    column.key: GridCell(text=FIGURES[column.key](row), colour=muted)
                    for column in self._columns
                    if column.key in FIGURES
                },
            },
        )

    def _sort_by_number(self, number: int) -> None:
        if number <= len(self._columns):
            self._sort_by(self._columns[number - 1].key)

    def _sort_by(self, column: str) -> None:
        self._order = self._order.chosen(column)
        self._show()

    def _say(self, text: str) -> None:
        """Show a line at the foot for some seconds."""
        self._hint.set(plain_name(text, HINT_LENGTH))
        self._hint_until = time.monotonic() + _HINT_SECONDS

    # -- keys

    def _on_key(self, event: tk.Event[tk.Misc]) -> None:
        """Typing anywhere goes into the filter."""
        is_text = len(event.char) == 1 and event.char.isprintable()
        # Control, and on X11 Alt.
        if is_text and not int(event.state) & 0x000C and event.widget is not self._entry:
            self._entry.focus_set()
            self._entry.insert("end", event.char)
            self._entry.icursor("end")

    def _escape(self) -> None:
        if self._filter.get():
            self._filter.set("")
        else:
            self.close()

    # -- doing

    def _row(self, key: Hashable) -> TableRow | None:
        return next((row for row in self._rows if row.key == key), None)

    def _open(self, key: Hashable) -> None:
        row = self._row(key)
        if row is not None:
            kind = "application" if row.kind == APPLICATION else "target"
            self._act(lambda: self._actions.open_window("details", row.name, kind))

    def _open_menu(self, key: Hashable, x: int, y: int) -> None:
        row = self._row(key)
        if row is None:
            return
        menu = self._menu
        menu.delete(0, "end")
        for entry in self._entries(row):
            if entry is None:
                menu.add_separator()
            else:
                menu.add_command(
                    label=entry.label,
                    command=lambda act=entry.act: act(row),  # type: ignore[misc]
                    state="normal" if entry.enabled else "disabled",
                )
        try:
            menu.tk_popup(x, y, 0)
        finally:
            menu.grab_release()

    def _entries(self, row: TableRow) -> Sequence[_Entry | None]:
        has_past = row.kind in (TARGET, PAST)
        return (
            _Entry(_("Details…"), lambda row: self._open(row.key)),
            _Entry(_("Trends…"), self._open_trends, enabled=has_past or row.kind == APP),
            None,
            _Entry(
                _("Make it a target"), self._track,
                enabled=row.kind == APPLICATION and row.is_running,
            ),
            _Entry(_("Stop following"), self._untrack, enabled=row.kind == TARGET),
            _Entry(_("Forget its history…"), self._forget, enabled=has_past),
            _Entry(
                _("Clean up memory"), self._clean_up,
                enabled=row.kind == APP or (row.kind == TARGET and row.is_running),
            ),
            None,
            _Entry(_("Open its folder"), self._open_folder, enabled=row.is_running),
            _Entry(_("Copy command line"), self._copy_command, enabled=row.is_running),
        )  # fmt: skip

    def _open_trends(self, row: TableRow) -> None:
        self._act(lambda: self._actions.open_window("trends", row.name))

    def _track(self, row: TableRow) -> None:
        def told(answer: Mapping[str, object]) -> None:
            self._say(_("{name} is a target now.").format(name=answer.get("name")))
            self._grid.selected = RowKey(TARGET, str(answer.get("name")))

        self._ask("track", row, told)

    def _untrack(self, row: TableRow) -> None:
        self._ask(
            "untrack",
            row,
            lambda _told: self._say(
                _("{name} is not followed any more; its history stays.").format(name=row.name)
            ),
        )

    def _forget(self, row: TableRow) -> None:
        is_sure = messagebox.askyesno(
            parent=self.root,
            title=_("Forget its history"),
            message=_("Delete everything that was recorded of {name}?").format(
                name=plain_name(row.name, NAME_LENGTH)
            ),
            detail=_(
                "Its curves, alerts and runs go for good. It is followed on if it is a target."
            ),
            icon="warning",
            default="no",
        )
        if is_sure:
            self._ask(
                "forget",
                row,
                lambda _told: self._say(
                    _("The history of {name} is forgotten.").format(name=row.name)
                ),
            )

    def _clean_up(self, row: TableRow) -> None:
        self._say(_("Cleaning up {name}…").format(name=name_text(row)))
        targets = [] if row.kind == APP else [row.name]
        self.applet.ask("cleanup", {"targets": targets}, self._tell_cleanup, self._fail)

    def _tell_cleanup(self, told: Mapping[str, object]) -> None:
        results = told.get("results")
        for result in results if isinstance(results, list) else []:
            self._say(str(result.get("text", "")))

    def _open_folder(self, row: TableRow) -> None:
        def open_it(told: Mapping[str, object]) -> None:
            pid, started = told.get("pid"), told.get("started_at")
            if isinstance(pid, int):
                moment = float(started) if isinstance(started, (int, float)) else None
                self._act(lambda: self._actions.open_folder(pid, moment))

        self._ask("describe", row, open_it)

    def _copy_command(self, row: TableRow) -> None:
        def copy(told: Mapping[str, object]) -> None:
            arguments = told.get("arguments")
            words = [str(word) for word in arguments] if isinstance(arguments, list) else []
            # What is no text (half of a character) cannot be in a clipboard.
            text = shlex.join(words) or str(told.get("name", ""))
            self.root.clipboard_clear()
            self.root.clipboard_append(text.encode("utf-8", "replace").decode())
            self._say(_("The command line of {name} is copied.").format(name=row.name))

        self._ask("describe", row, copy)

    def _ask(
        self, verb: str, row: TableRow, done: Callable[[Mapping[str, object]], object]
    ) -> None:
        def told(answer: Mapping[str, object]) -> None:
            # What was done may show in rows that are not asked for each time.
            self._asked_everything_at = float("-inf")
            done(answer)

        self.applet.ask(verb, {"kind": row.kind, "name": row.name}, told, self._fail)

    def _act(self, errand: Callable[[], object]) -> None:
        def work() -> Mapping[str, object]:
            errand()
            return {}

        self.applet.do(work, lambda _told: None, self._fail)

    def _fail(self, error: Exception) -> None:
        self._say(str(error))


def _machine_text(system: Mapping[str, object], *, paused: bool) -> str:
    used, total, available = (
        system.get(key) for key in ("used_bytes", "total_bytes", "available_bytes")
    )
    if not (
        isinstance(used, (int, float))
        and isinstance(total, (int, float))
        and isinstance(available, (int, float))
    ):
        return ""
    text = _("Memory {share} – {available} of {total} available").format(
        share=format_percent(used / total),
        available=format_size(available),
        total=format_size(total),
    )
    return _("Paused: {figures}").format(figures=text) if paused else text
