"""The past of a target in its details: two small charts, and its runs."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import datetime
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.judging.changes import histogram
from trayapp.domain.judging.performance import Connection
from trayapp.domain.judging.phases import Phase
from trayapp.domain.records.series import Point
from trayapp.domain.showing.performance_lines import connection_lines
from trayapp.domain.showing.phase_lines import phase_name, phase_rate
from trayapp.domain.showing.table import APPLICATION, TableRow, taken_bytes
from trayapp.history.target_history import HOUR_SECONDS, Past, Run
from trayapp.language.catalogue import _, format_count, listed, ngettext
from trayapp.language.units import format_duration, format_estimate, format_size
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.details_figures import format_change
from trayapp.windows.grid import Grid
from trayapp.windows.grid_rows import GridCell, GridColumn, GridRow
from trayapp.windows.small_chart import SmallChart

_FRESH_SECONDS = 180.0
LEAST_SECONDS = 120.0
"""The chart of what began a moment ago reaches so far back."""
CHART_HEIGHT, LOW_CHART_HEIGHT = 170, 135
"""The second where components need room, too: not every screen is high."""


class ChartsPane(ttk.Frame):
    """Memory in the last hour, and beside it how it grew; each below its title."""

    def __init__(self, window: BaseWindow, gap: int, bold: tkfont.Font) -> None:
        super().__init__(window.root, padding=(gap, 0))
        self._window = window
        self._titles = [tk.StringVar(self), tk.StringVar(self)]
        self._charts: list[SmallChart] = []
        self.columnconfigure((0, 1), weight=1, uniform="half")
        self.rowconfigure(1, weight=1)
        for column, title in enumerate(self._titles):
            padding = (column * gap, 0)
            ttk.Label(self, textvariable=title, font=bold).grid(
                row=0, column=column, sticky="w", padx=padding
            )
            chart = SmallChart(
                self, width=window.px(410), height=window.px(CHART_HEIGHT), scale=window.scale
            )
            chart.grid(row=1, column=column, sticky="nsew", padx=padding)
            self._charts.append(chart)

    def make_room(self, is_wanted: bool) -> None:
        """Be lower where something else needs room."""
        for chart in self._charts:
            chart.configure(height=self._window.px(LOW_CHART_HEIGHT if is_wanted else CHART_HEIGHT))

    def show(self, row: TableRow, past: Past, *, is_readable: bool) -> None:
        """Show the past of a row; of an application without a history, the bars of its row."""
        now, palette = time.time(), self._window.palette
        (title, growth_title), (chart, growth_chart) = self._titles, self._charts
        if row.kind == APPLICATION and not past.hour:
            title.set(_("Recent memory"))
            growth_title.set(_("Growth"))
            chart.show_bars(row.bars, palette)
            text = _(
                "The history of applications is kept for the largest and for those that grow; "
                "it starts within two minutes."
            )
            growth_chart.show_text(text, palette)
            return
        hour = _up_to_now(row, past.hour, now)
        first = hour[0].wall_seconds if hour else now - HOUR_SECONDS
        shown = min(HOUR_SECONDS, max(LEAST_SECONDS, now - first))
        since = now - (HOUR_SECONDS if shown > 0.95 * HOUR_SECONDS else shown)
        title.set(_("Memory, last {time}").format(time=format_estimate(now - since)))
        chart.show_curve(hour, past.events, since, now, palette, row.size_limit_bytes)
        if past.tasks:
            growth_title.set(_tasks_title(past))
            growth_chart.show_histogram(histogram(past.tasks), palette)
        else:
            growth_title.set(_("Change per hour, last 24 hours"))
            growth_chart.show_hours(past.hourly, palette)
        if not is_readable:
            for one in self._charts:
                one.show_text(_("The history cannot be read."), palette)


class RunsPane(ttk.Frame):
    """A table of the latest runs; a double click opens their trends."""

    def __init__(
        self, parent: tk.Misc, window: BaseWindow, gap: int, on_open: Callable[[], object]
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._grid = Grid(
            self,
            (
                GridColumn("began", _("Started"), 170),
                GridColumn("lasted", _("Duration"), 120),
                GridColumn("peak", _("Peak"), 110, right=True),
                GridColumn("change", _("Change"), 110, right=True),
                GridColumn("alerts", _("Alerts"), 80, right=True),
                GridColumn("health", _("Health"), 180),
            ),
            visible_rows=3,
            on_open=lambda _key: on_open(),
        )
        self._grid.pack(fill="x", padx=gap)
        self._grid.bind_keys(self._grid.body)

    @property
    def selected(self) -> object:
        """The start of the run that is chosen; None: none is."""
        return self._grid.selected

    def show(self, runs: Sequence[Run], empty: str) -> None:
        """Show these runs, or a sentence where there are none."""
        palette = self._window.palette
        rows = [_run_row(run, palette.levels) for run in runs]
        self._grid.show(rows, palette, order=("", True), empty=empty)


class PhasesPane(ttk.Frame):
    """A table of the phases of one run, from its start on."""

    def __init__(self, parent: tk.Misc, window: BaseWindow, gap: int) -> None:
        super().__init__(parent)
        self._window = window
        self._grid = Grid(
            self,
            (
                GridColumn("phase", _("Phase"), 110),
                GridColumn("began", _("From"), 160),
                GridColumn("lasted", _("Duration"), 110, right=True),
                GridColumn("before", _("Size at its start"), 100, right=True),
                GridColumn("after", _("Size at its end"), 100, right=True),
                GridColumn("rate", _("Rate"), 110, right=True),
            ),
            visible_rows=3,
        )
        self._grid.pack(fill="x", padx=gap)
        self._grid.bind_keys(self._grid.body)
        self._performance = tk.StringVar(self)
        ttk.Label(self, textvariable=self._performance, style="Hint.TLabel").pack(
            anchor="w", padx=gap, pady=(gap // 4, 0)
        )

    def show(self, phases: Sequence[Phase], performance: Sequence[Connection]) -> None:
        """Show these phases, or that there are none; below, what memory does to performance."""
        self._performance.set("\n".join(connection_lines(performance)))
        palette = self._window.palette
        colours = {"growth": palette.levels[1], "release": palette.levels[0]}
        rows = [_phase_row(phase, colours.get(phase.kind)) for phase in phases]
        empty = _("Too short to tell phases apart.")
        self._grid.show(rows, palette, order=("", True), empty=empty)


def _up_to_now(row: TableRow, hour: Sequence[Point], now: float) -> Sequence[Point]:
    """Return the last hour; of an application, whose last minute is not over, with what it has."""
    size = taken_bytes(row)
    is_fresh = bool(hour) and now - hour[-1].wall_seconds < _FRESH_SECONDS
    if row.kind != APPLICATION or size is None or not is_fresh:
        return hour
    return [*hour, Point(now, size, size, size)]


def _tasks_title(past: Past) -> str:
    count = len(past.tasks)
    title = ngettext("Memory kept by one task", "Memory kept by {count} tasks", count)
    title = title.format(count=format_count(count))
    if past.highest is None:
        return title
    name, peak = past.highest
    peak_text = _("highest peak: {name}, +{size}")
    return listed([title, peak_text.format(name=plain_name(name, 30), size=format_size(peak))])


def _phase_row(phase: Phase, colour: str | None) -> GridRow:
    texts = {
        "phase": phase_name(phase.kind),
        "began": f"{datetime.fromtimestamp(phase.start):%Y-%m-%d %H:%M:%S}",
        "lasted": format_duration(phase.end - phase.start),
        "before": format_size(phase.from_bytes),
        "after": format_size(phase.to_bytes),
        "rate": phase_rate(phase),
    }
    cells = {key: GridCell(text=cell) for key, cell in texts.items()}
    return GridRow(key=phase.start, mark=colour, cells=cells)


def _run_row(run: Run, levels: Sequence[str]) -> GridRow:
    health = run.health
    text, colour = "–", None
    if health is not None:
        text = _("{score} of 100, {word}").format(score=health.score, word=health.word)
        colour = levels[0 if health.score >= 85 else 1 if health.score >= 60 else 2]
    if run.pressure:
        said = (
            _("critical memory pressure")
            if run.pressure == "critical"
            else _("high memory pressure")
        )
        text = said if health is None else f"{text} · {said}"
    texts = {
        "began": f"{datetime.fromtimestamp(run.start):%Y-%m-%d %H:%M:%S}",
        "lasted": format_duration(run.end - run.start),
        "peak": format_size(run.peak_bytes),
        "change": format_change(run.change_bytes),
        "alerts": format_count(run.alert_count),
        "health": text,
    }
    cells = {key: GridCell(text=cell) for key, cell in texts.items()}
    return GridRow(key=run.start, mark=colour, cells=cells)
