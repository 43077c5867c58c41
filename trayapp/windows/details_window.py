"""Everything about one target or application on screen."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tkinter import font as tkfont
from tkinter import ttk

from trayapp.charts.labels import plain_name
from trayapp.domain.judging.changes import change_over, histogram
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Point
from trayapp.domain.showing.table import (
    APP,
    APPLICATION,
    PAST,
    TARGET,
    TableRow,
    cpu_text,
    memory_text,
    name_text,
    rate_text,
    row_from,
    share_text,
    status_text,
    taken_bytes,
    trend_text,
)
from trayapp.errors import HistoryError
from trayapp.history.reader import HistoryReader
from trayapp.language.catalogue import _, format_count, listed, ngettext, paragraph
from trayapp.language.units import format_duration, format_estimate, format_size
from trayapp.windows.applet_client import Applet
from trayapp.windows.component_list import ComponentList
from trayapp.windows.grid import Grid, GridCell, GridColumn, GridRow
from trayapp.windows.live_window import LiveWindow
from trayapp.windows.probe_reports import (
    MOST_COMPONENTS,
    Component,
    Told,
    components_of,
    inside_text,
    no_probe,
    probe_reports,
    process_keys,
)
from trayapp.windows.sections import ALL_SECTIONS, Sections
from trayapp.windows.single_instance import Listener
from trayapp.windows.small_chart import SmallChart
from trayapp.windows.table_window import WindowActions
from trayapp.windows.target_history import HOUR_SECONDS, Past, Run, read_past, read_runs

PAST_SECONDS, RUNS_SECONDS = 5.0, 60.0
"""How often the history is read again: its last hour, and all runs."""
PROBE_SECONDS = 5.0
LEAST_SECONDS = 120.0
"""The chart of what began a moment ago reaches so far back."""
NAME_LENGTH = 48
CHANGES = ((60.0, "minute"), (600.0, "ten"), (3600.0, "hour"))
CHART_HEIGHT, LOW_CHART_HEIGHT = 170, 135
"""The second where components need room, too: not every screen is high."""
_MOST_ALERTS = 2
_FIGURES_IN_A_ROW = 8


class DetailsWindow(LiveWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "details"

    def __init__(
        self,
        applet: Applet,
        listener: Listener | None,
        actions: WindowActions,
        history_file: Path,
        runtime: Path,
        *,
        kind: str,
        name: str,
        dark: bool,
        sections: Sections = ALL_SECTIONS,
    ) -> None:
        super().__init__(_("Memtray – Details"), applet, listener, dark=dark)
        self._actions, self._history_file, self._runtime = actions, history_file, runtime
        self._sections = sections
        self._figures: dict[str, tk.StringVar] = {}
        self._title = tk.StringVar(self.root)
        self._status = tk.StringVar(self.root)
        self._verdict = tk.StringVar(self.root)
        self._chart_title = tk.StringVar(self.root)
        self._growth_title = tk.StringVar(self.root)
        self._inside = tk.StringVar(self.root)
        self._build()
        self._choose(kind, name)

    # -- building

    def _build(self) -> None:
        gap = self.px(14)
        plain = tkfont.nametofont("TkDefaultFont", self.root)
        large, bold = plain.copy(), plain.copy()
        large.configure(size=16, weight="bold")
        bold.configure(weight="bold")
        head = ttk.Frame(self.root, padding=(gap, gap, gap, 0))
        head.pack(fill="x")
        self._buttons = ttk.Frame(head)
        self._buttons.pack(side="right", anchor="n")
        self._trends = ttk.Button(self._buttons, text=_("All trends…"), command=self._open_trends)
        self._track = ttk.Button(
            self._buttons, text=_("Make it a target"), command=self._make_target
        )
        ttk.Label(head, textvariable=self._title, font=large).pack(anchor="w")
        ttk.Label(head, textvariable=self._status, style="Hint.TLabel").pack(anchor="w")
        verdict = ttk.Label(
            self.root, textvariable=self._verdict, padding=(gap, self.px(6)), justify="left"
        )
        verdict.pack(fill="x")
        self._build_figures(gap, bold)
        panes = ttk.Frame(self.root, padding=(gap, 0))
        if self._sections.charts:
            panes.pack(fill="both", expand=True)
        panes.columnconfigure((0, 1), weight=1, uniform="half")
        panes.rowconfigure(1, weight=1)
        ttk.Label(panes, textvariable=self._chart_title, font=bold).grid(sticky="w")
        ttk.Label(panes, textvariable=self._growth_title, font=bold).grid(
            row=0, column=1, sticky="w", padx=(gap, 0)
        )
        size = {"width": self.px(410), "height": self.px(CHART_HEIGHT), "scale": self.scale}
        self._hour_chart = SmallChart(panes, **size)  # type: ignore[arg-type]
        self._hour_chart.grid(row=1, column=0, sticky="nsew")
        self._growth_chart = SmallChart(panes, **size)  # type: ignore[arg-type]
        self._growth_chart.grid(row=1, column=1, sticky="nsew", padx=(gap, 0))
        ttk.Label(self.root, text=_("Runs"), font=bold, padding=(gap, self.px(8), gap, 0)).pack(
            anchor="w"
        )
        self._runs = Grid(
            self.root,
            (
                GridColumn("began", _("Began"), 170),
                GridColumn("lasted", _("Lasted"), 120),
                GridColumn("peak", _("Peak"), 110, right=True),
                GridColumn("change", _("Change"), 110, right=True),
                GridColumn("alerts", _("Alerts"), 80, right=True),
                GridColumn("health", _("Health"), 180),
            ),
            visible_rows=4,
            on_open=lambda _key: self._open_trends("--runs"),
            on_menu=lambda *_: None,
            on_order=lambda _: None,
        )
        self._runs.pack(fill="x", padx=gap)
        self._runs.bind_keys(self._runs.body)
        self._build_foot(gap, bold)

        def wrap(event: tk.Event[tk.Misc]) -> None:
            if event.widget is self.root:
                verdict.configure(wraplength=event.width - 2 * gap)
                self._wrap_inside(event.width)

        self.root.bind("<Configure>", wrap)
        for key in ("q", "Q", "<Escape>"):
            self.root.bind(key, lambda _: self.close())
        for key in ("t", "T"):
            self.root.bind(key, lambda _: self._open_trends())
        self.root.minsize(self.px(700), self.px(520))

    def _build_foot(self, gap: int, bold: tkfont.Font) -> None:
        """What the program itself tells: in words, and beside them its components."""
        foot = ttk.Frame(self.root, padding=(gap, self.px(6), gap, self.px(10)))
        foot.pack(fill="x")
        foot.columnconfigure((0, 1), weight=1, uniform="half")
        ttk.Label(foot, text=_("From inside"), font=bold).grid(sticky="w")
        self._inside_label = ttk.Label(
            foot, textvariable=self._inside, style="Hint.TLabel", justify="left"
        )
        self._components_title = ttk.Label(foot, text=_("Components"), font=bold)
        self._components = ComponentList(foot, scale=self.scale)
        self._components_title.grid(row=0, column=1, sticky="w", padx=(gap, 0))
        self._components.grid(row=1, column=1, sticky="new", padx=(gap, 0))
        self._show_components([])

    def _show_components(self, found: Sequence[Component]) -> None:
        self._components.show(found[:MOST_COMPONENTS], len(found), self.palette)
        for part in (self._components_title, self._components):
            if found:
                part.grid()
            else:
                part.grid_remove()
        for chart in (self._hour_chart, self._growth_chart):
            chart.configure(height=self.px(LOW_CHART_HEIGHT if found else CHART_HEIGHT))
        self._inside_label.grid(row=1, column=0, columnspan=1 if found else 2, sticky="nw")
        self._wrap_inside(self.root.winfo_width())

    def _wrap_inside(self, width: int) -> None:
        inner = width - 2 * self.px(14)
        half = (inner - self.px(14)) // 2
        is_beside = bool(self._components.winfo_manager())
        if half > 0:  # before it is shown the window has no width
            self._inside_label.configure(wraplength=half if is_beside else inner)

    def _build_figures(self, gap: int, bold: tkfont.Font) -> None:
        bar = ttk.Frame(self.root, padding=(gap, self.px(4), gap, self.px(12)))
        if self._sections.process_memory:
            bar.pack(fill="x")
        captions = {
            "memory": _("Memory"),
            "private": _("Private (USS)"),
            "peak": _("Peak"),
            "minute": _("In 1 min"),
            "ten": _("In 10 min"),
            "hour": _("In 1 h"),
            "rate": _("Per second"),
            "share": _("Share of limit"),
            "resident": _("Resident (RSS)"),
            "proportional": _("Proportional (PSS)"),
            "swap": _("Swapped"),
            "virtual": _("Virtual size"),
            "committed": _("Committed"),
            "kernel_peak": _("Peak by the kernel"),
            "cpu": _("CPU"),
        }
        for number, (key, caption) in enumerate(captions.items()):
            self._figures[key] = tk.StringVar(self.root, "–")
            row, column = divmod(number, _FIGURES_IN_A_ROW)
            bar.columnconfigure(column, weight=1)
            ttk.Label(bar, text=caption, style="Hint.TLabel").grid(
                row=2 * row, column=column, sticky="w", pady=(row * self.px(6), 0)
            )
            ttk.Label(bar, textvariable=self._figures[key], font=bold).grid(
                row=2 * row + 1, column=column, sticky="w", padx=(0, self.px(8))
            )
        # Why a figure is a dash, or old.
        self._reason = tk.StringVar(self.root)
        self._reason_label = ttk.Label(bar, textvariable=self._reason, style="Hint.TLabel")
        self._reason_label.grid(row=4, column=0, columnspan=_FIGURES_IN_A_ROW, sticky="w")
        self._reason_label.grid_remove()

    # -- what is shown

    def _choose(self, kind: str, name: str) -> None:
        """Show another target or application from now on."""
        self._row = TableRow(kind=APP if name == "memtray" else kind, name=name)
        self._told: Mapping[str, object] = {}
        self._past, self._runs_read = Past(), list[Run]()
        self._past_problem = ""
        self._past_at = self._runs_at = self._probe_at = float("-inf")
        self._evidence = ""
        self._is_answered = False
        self._reports: list[Told] = []
        self._show_inside()
        self._show()
        (self._track if self._row.kind == APPLICATION else self._trends).focus_set()

    def receive(self, message: Mapping[str, object]) -> None:
        """A second start asks for another one."""
        kind, name = message.get("kind"), message.get("name")
        if isinstance(kind, str) and isinstance(name, str):
            self._choose(kind, name)
            self.refresh()

    def restyle(self) -> None:
        """Colour everything anew."""
        super().restyle()
        self._show()
        self._show_past()
        self._show_inside()

    def refresh(self) -> None:
        """Ask for the figures; read the history where that is due."""
        row = self._row
        kind = TARGET if row.kind == PAST else row.kind
        self.ask_once("detail", {"kind": kind, "name": row.name}, self._take, self._miss)
        now = time.monotonic()
        if self._is_answered and now - self._past_at >= PAST_SECONDS:
            self._read_past()
        if now - self._probe_at >= PROBE_SECONDS:
            self._ask_probe()

    def _take(self, told: Mapping[str, object]) -> None:
        found = told.get("row")
        if isinstance(found, dict):
            self._told = found
            self._row = row_from(found)
            self._evidence = self._row.evidence
        else:
            self._told = {}
            is_past = self._row.kind in (TARGET, PAST)
            self._row = TableRow(kind=PAST if is_past else self._row.kind, name=self._row.name)
            self._evidence = (
                _("It is not followed at the moment; this is what its history tells.")
                if is_past
                else _("It has ended, or it is too small to be followed.")
            )
        self._show()
        self._go_on()

    def _miss(self, error: Exception) -> None:
        self._told = {}
        self._row = replace(TableRow(kind=self._row.kind, name=self._row.name), bars=self._row.bars)
        self._evidence = str(error)
        self._show(known=False)
        self._go_on()

    def _go_on(self) -> None:
        """After the first answer, when it is known what to read and the limit to judge by."""
        if not self._is_answered:
            self._is_answered = True
            self._ask_probe()
            self._read_past()
        elif self._row.kind == APPLICATION:
            self._show_past()

    def _read_past(self) -> None:
        row = self._row
        self._past_at = time.monotonic()
        if row.kind == APPLICATION or not self._history_file.is_file():
            self._show_past()
            return
        try:
            with HistoryReader(self._history_file) as reader:
                self._past = read_past(reader, row.name, time.time())
                self._past_problem = ""
                if not self._past.hour:
                    # Its history may have been forgotten meanwhile.
                    self._runs_at = float("-inf")
                if time.monotonic() - self._runs_at >= RUNS_SECONDS and row.kind != APP:
                    limit = row.limit_bytes if row.has_own_limit else None
                    self._runs_read = read_runs(reader, row.name, limit)
                    self._runs_at = time.monotonic()
        except HistoryError as error:
            self._past_problem = str(error)
        self._show()
        self._show_past()

    # -- showing

    def _show(self, *, known: bool = True) -> None:
        row = self._row
        title = plain_name(name_text(replace(row, pids=())), NAME_LENGTH)
        self.root.title(_("Memtray – Details of {name}").format(name=title))
        self._title.set(f"⚠ {title}" if row.level > Level.NORMAL else title)
        self._status.set(_status_line(row) if known else _("not known at the moment"))
        self._verdict.set(self._verdict_text())
        # Of an application there are no trends.
        shown, hidden = self._trends, self._track
        if row.kind == APPLICATION:
            shown, hidden = hidden, shown
        hidden.pack_forget()
        shown.pack()
        figures = self._figures
        figures["memory"].set(memory_text(row))
        figures["private"].set(format_size(row.uss_bytes))
        figures["resident"].set(format_size(row.rss_bytes))
        figures["proportional"].set(format_size(row.pss_bytes))
        figures["swap"].set(format_size(row.swap_bytes))
        figures["virtual"].set(format_size(row.virtual_bytes))
        figures["committed"].set(format_size(row.committed_bytes))
        figures["kernel_peak"].set(format_size(row.kernel_peak_bytes))
        figures["cpu"].set(cpu_text(row))
        self._show_reason()
        figures["peak"].set(format_size(self._peak()))
        figures["rate"].set(rate_text(row))
        figures["share"].set(share_text(row))
        now = time.time()
        points = [*self._past.hour]
        size_bytes = taken_bytes(row)
        if size_bytes is not None:
            points.append(Point(now, size_bytes, size_bytes, size_bytes))
        for seconds, key in CHANGES:
            change = change_over(points, seconds, now)
            figures[key].set(_signed_size(change))

    def _show_reason(self) -> None:
        reason = self._told.get("uss_reason")
        if not reason:
            self._reason_label.grid_remove()
            return
        self._reason.set(_("Private memory: {reason}").format(reason=reason))
        self._reason_label.grid()

    def _verdict_text(self) -> str:
        row = self._row
        text = (
            row.unmatched_text
            or self._evidence
            or (
                _("Memtray itself is held to its budget; the statistics tell of it.")
                if row.kind == APP
                else ""
            )
        )
        alerts = self._told.get("alerts")
        told = [f"⚠ {alert}" for alert in alerts] if isinstance(alerts, list) else []
        if not told:
            # An alert has said so already.
            text = paragraph(text, str(self._told.get("limit_note") or ""))
        return "\n".join(filter(None, [*told[:_MOST_ALERTS], text, self._past_problem]))

    def _peak(self) -> float | None:
        """Since Memtray started, or of the last hour where that is all there is."""
        peaks = [point.maximum for point in self._past.hour]
        known = [
            peak for peak in (self._row.peak_bytes, *self._row.bars, *peaks) if peak is not None
        ]
        return max(known, default=None)

    def _show_past(self) -> None:
        now, palette, past = time.time(), self.palette, self._past
        empty = _("No run was recorded yet.")
        if self._row.kind == APPLICATION:
            text = _("A history is kept of targets only; make it one to see its past.")
            self._chart_title.set(_("Memory lately"))
            self._growth_title.set(_("Growth"))
            self._hour_chart.show_bars(self._row.bars, palette)
            self._growth_chart.show_text(text, palette)
            self._show_runs(text)
            return
        first = past.hour[0].wall_seconds if past.hour else now - HOUR_SECONDS
        shown = min(HOUR_SECONDS, max(LEAST_SECONDS, now - first))
        since = now - (HOUR_SECONDS if shown > 0.95 * HOUR_SECONDS else shown)
        self._chart_title.set(
            _("Memory in the last {time}").format(time=format_estimate(now - since))
        )
        limit = self._row.limit_bytes if self._row.has_own_limit else None
        self._hour_chart.show_curve(past.hour, past.events, since, now, palette, limit)
        if self._past_problem:
            # What is not known is not nothing.
            empty = _("The history cannot be read.")
            self._hour_chart.show_text(empty, palette)
        if past.tasks:
            self._growth_title.set(_tasks_title(past))
            self._growth_chart.show_histogram(histogram(past.tasks), palette)
        else:
            self._growth_title.set(_("Change in each of the last 24 hours"))
            self._growth_chart.show_hours(past.hourly, palette)
        if self._past_problem:
            self._growth_chart.show_text(empty, palette)
        self._show_runs(empty)

    def _show_runs(self, empty: str) -> None:
        rows = [_run_row(run, self.palette.levels) for run in self._runs_read]
        self._runs.show(rows, self.palette, order=("", True), empty=empty)

    # -- asking

    def _ask_probe(self) -> None:
        """Ask the program itself, if it has a probe, what only it knows."""
        keys = process_keys(self._told.get("processes"))
        if keys:
            self._probe_at = time.monotonic()
            name = self._row.name
            self.applet.do(
                lambda: {"name": name, "reports": probe_reports(self._runtime, keys)},
                self._take_reports,
                lambda error: self._inside.set(str(error)),
            )
        else:
            self._take_reports({"name": self._row.name, "reports": []})

    def _take_reports(self, told: Told) -> None:
        # Another one may be shown by now.
        if told["name"] == self._row.name and isinstance(told["reports"], list):
            self._reports = told["reports"]
            self._show_inside()

    def _show_inside(self) -> None:
        is_told = bool(self._reports)
        self._inside.set(inside_text(self._reports[0], time.time()) if is_told else no_probe())
        self._show_components(components_of(self._reports, self._row.rss_bytes))

    def _open_trends(self, *options: str) -> None:
        if self._row.kind != APPLICATION:
            self._do(lambda: self._actions.open_window("trends", self._row.name, options=options))

    def _make_target(self) -> None:
        def told(answer: Mapping[str, object]) -> None:
            self._choose(TARGET, str(answer.get("name")))

        arguments = {"kind": self._row.kind, "name": self._row.name}
        self.applet.ask("track", arguments, told, self._fail)

    def _do(self, errand: Callable[[], object]) -> None:
        def work() -> Mapping[str, object]:
            errand()
            return {}

        self.applet.do(work, lambda _told: None, self._fail)

    def _fail(self, error: Exception) -> None:
        self._verdict.set(str(error))


def _status_line(row: TableRow) -> str:
    texts = [status_text(row)]
    if row.pids:
        count = len(row.pids)
        texts.append(
            _("process {pid}").format(pid=row.pids[0])
            if count == 1
            else ngettext("{count} process", "{count} processes", count).format(count=count)
        )
        texts.append(trend_text(row))
    return "  ·  ".join(texts)


def _tasks_title(past: Past) -> str:
    count = len(past.tasks)
    title = ngettext("Kept by one task", "Kept by {count} tasks", count)
    title = title.format(count=format_count(count))
    if past.highest is None:
        return title
    name, peak = past.highest
    peak_text = _("highest peak: {name}, +{size}")
    return listed([title, peak_text.format(name=plain_name(name, 30), size=format_size(peak))])


def _run_row(run: Run, levels: Sequence[str]) -> GridRow:
    health = run.health
    text, colour = "–", None
    if health is not None:
        text = _("{score} of 100, {word}").format(score=health.score, word=health.word)
        colour = levels[0 if health.score >= 85 else 1 if health.score >= 60 else 2]
    return GridRow(
        key=run.start,
        mark=colour,
        cells={
            "began": GridCell(text=_moment(run.start)),
            "lasted": GridCell(text=format_duration(run.end - run.start)),
            "peak": GridCell(text=format_size(run.peak_bytes)),
            "change": GridCell(text=_signed_size(run.change_bytes)),
            "alerts": GridCell(text=format_count(run.alert_count)),
            "health": GridCell(text=text),
        },
    )


def _moment(wall_seconds: float) -> str:
    return f"{datetime.fromtimestamp(wall_seconds):%Y-%m-%d %H:%M:%S}"


def _signed_size(change_bytes: float | None) -> str:
    if change_bytes is not None and change_bytes >= 1:
        return f"+{format_size(change_bytes)}"
    return format_size(change_bytes)
