"""The lower part of the details: the runs of a tracked program, or its processes."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import datetime
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.judging.performance import Connection
from trayapp.history.target_history import Run
from trayapp.language.catalogue import _
from trayapp.language.units import format_duration, format_size
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.details_past import PhasesPane, RunsPane
from trayapp.windows.grid import Grid
from trayapp.windows.grid_rows import GridCell, GridColumn, GridRow
from trayapp.windows.programs import Process

RUNS, PHASES, CAUSES, PROCESSES = "runs", "phases", "causes", "processes"
_NAME_LENGTH, _TEXT_HEIGHT = 60, 114


class ListsPane(ttk.Frame):
    """Three tables and a text in one place, and the buttons by which one is chosen."""

    def __init__(
        self, window: BaseWindow, gap: int, bold: tkfont.Font, on_open: Callable[[], object]
    ) -> None:
        """`on_open` is called when a run was double-clicked."""
        super().__init__(window.root)
        self._window = window
        self._choice = tk.StringVar(self, RUNS)
        self._has_runs = True
        head = ttk.Frame(self, padding=(gap, window.px(8), gap, 0))
        head.pack(fill="x")
        self._title = ttk.Label(head, font=bold)
        self._title.pack(side="left")
        self._buttons = ttk.Frame(head)
        for key, text in (
            (RUNS, _("Runs")), (PHASES, _("Phases")), (CAUSES, _("Before growth")),
            (PROCESSES, _("Processes")),
        ):  # fmt: skip
            ttk.Radiobutton(
                self._buttons, text=text, value=key, variable=self._choice,
                style="Toolbutton", command=self._show_chosen,
            ).pack(side="left", padx=(0, gap // 4))  # fmt: skip
        self._runs = RunsPane(self, window, gap, on_open)
        self._phases = PhasesPane(self, window, gap)
        self._causes = CausesPane(self, window, gap)
        self._processes = ProcessesPane(self, window, gap)
        self._shown_runs: Sequence[Run] = ()
        self._performance: Sequence[Connection] = ()
        self._of = ttk.Label(head, style="Hint.TLabel")
        self._panes: dict[str, ttk.Frame] = {
            RUNS: self._runs, PHASES: self._phases, CAUSES: self._causes,
            PROCESSES: self._processes,
        }  # fmt: skip
        self._show_chosen()

    def offer_runs(self, is_wanted: bool) -> None:
        """Show the processes alone where there are no runs, as of an application."""
        if is_wanted != self._has_runs:
            self._has_runs = is_wanted
            self._choice.set(RUNS if is_wanted else PROCESSES)
            self._show_chosen()

    def show_runs(self, runs: Sequence[Run], performance: Sequence[Connection], empty: str) -> None:
        """Show these runs, newest first, or a sentence where there are none.

        performance: what memory has to do with it in the newest.
        """
        self._shown_runs, self._performance = runs, performance
        self._runs.show(runs, empty)
        self._show_phases()

    @property
    def shows_causes(self) -> bool:
        """Whether a person looks at what goes before growth, which takes a while to count."""
        return self._has_runs and self._choice.get() == CAUSES

    def show_causes(self, lines: Sequence[str]) -> None:
        """Show what goes before growth, a paragraph for each."""
        self._causes.show(lines)

    def show_processes(self, processes: Sequence[Process]) -> None:
        """Show what runs now, largest first."""
        self._processes.show(processes)

    def restyle(self) -> None:
        self._processes.restyle()

    def _show_phases(self) -> None:
        """Show the phases of the run that is chosen, else of the latest."""
        chosen = [run for run in self._shown_runs if run.start == self._runs.selected]
        run = next(iter([*chosen, *self._shown_runs]), None)
        is_newest = run is not None and run is self._shown_runs[0]
        self._phases.show(
            run.phases if run is not None else (), self._performance if is_newest else ()
        )
        text = ""
        if run is not None and self._choice.get() == PHASES:
            moment = f"{datetime.fromtimestamp(run.start):%Y-%m-%d %H:%M:%S}"
            text = _("of the run since {moment}").format(moment=moment)
        self._of.configure(text=text)

    def _show_chosen(self) -> None:
        if self._has_runs:
            self._title.pack_forget()
            self._buttons.pack(side="left")
            self._of.pack(side="left", padx=self._window.px(8))
        else:
            self._buttons.pack_forget()
            self._of.pack_forget()
            self._title.configure(text=_("Processes"))
            self._title.pack(side="left")
        for key, pane in self._panes.items():
            if key == self._choice.get():
                pane.pack(fill="x")
            else:
                pane.pack_forget()
        self._show_phases()


class CausesPane(ttk.Frame):
    """What goes before growth, in sentences."""

    def __init__(self, parent: tk.Misc, window: BaseWindow, gap: int) -> None:
        super().__init__(parent, padding=(gap, window.px(4), gap, window.px(4)))
        self._text = tk.StringVar(self)
        label = ttk.Label(self, textvariable=self._text, justify="left")
        label.grid(sticky="new")
        self.columnconfigure(0, weight=1)
        # As high as the tables, so that the window stays as it is.
        self.rowconfigure(0, weight=1, minsize=window.px(_TEXT_HEIGHT))
        self.bind("<Configure>", lambda event: label.configure(wraplength=event.width - 2 * gap))

    def show(self, lines: Sequence[str]) -> None:
        self._text.set("\n".join(lines))


class ProcessesPane(ttk.Frame):
    """A table of processes: who, which, how large and how old."""

    def __init__(self, parent: tk.Misc, window: BaseWindow, gap: int) -> None:
        super().__init__(parent)
        self._window = window
        self._shown: tuple[Process, ...] = ()
        self._grid = Grid(
            self,
            (
                GridColumn("name", _("Process"), 300),
                GridColumn("pid", _("PID"), 110, right=True),
                GridColumn("memory", _("Memory (RSS)"), 150, right=True),
                GridColumn("age", _("Uptime"), 150, right=True),
            ),
            visible_rows=3,
        )
        self._grid.pack(fill="x", padx=gap)
        self._grid.bind_keys(self._grid.body)

    def show(self, processes: Sequence[Process]) -> None:
        self._shown = tuple(processes)
        self.restyle()

    def restyle(self) -> None:
        now = time.time()
        rows = [_process_row(each, now) for each in self._shown]
        empty = _("It is not running.")
        self._grid.show(rows, self._window.palette, order=("", True), empty=empty)


def _process_row(process: Process, now: float) -> GridRow:
    started = process.started_wall_seconds
    texts = {
        "name": plain_name(process.name, _NAME_LENGTH),
        "pid": str(process.pid),
        "memory": format_size(process.rss_bytes),
        "age": "–" if started is None else format_duration(max(0.0, now - started)),
    }
    cells = {key: GridCell(text=cell) for key, cell in texts.items()}
    return GridRow(key=(process.pid, process.started), cells=cells)
