"""The trends on screen: a chart, its buttons and keys, kept up to date while it is seen."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tkinter import ttk
from typing import TYPE_CHECKING

from trayapp.charts.selection import METRICS, Selection
from trayapp.charts.undocumented import leave_out_help
from trayapp.dataclass import replace
from trayapp.domain.judging.growth_line import Growth
from trayapp.errors import MemtrayError, NotRunningError
from trayapp.history.growth_verdicts import (
    growths_of_status,
    heap_limits_of_status,
    limits_of_status,
)
from trayapp.language.catalogue import _
from trayapp.windows.applet_client import Answer, Applet
from trayapp.windows.base_window import BaseWindow
from trayapp.windows.save_dialog import ask_save_file
from trayapp.windows.selecting import (
    application_names,
    program_names,
    selection_from_message,
    target_names,
    with_new_targets,
)
from trayapp.windows.single_instance import Listener
from trayapp.windows.trend_menus import RangeButtons, TrendMenus

if TYPE_CHECKING:
    from trayapp.history.sources import CurveSource
    from trayapp.windows.chart_view import ChartView

SHORTEST_SECONDS, SHORTEST_RECORDED_SECONDS = 10.0, 0.01
"""Zooming stops here."""
ZOOM_STEP, PAN_STEP = 0.75, 0.2
"""The share of the time axis that one key shows, or moves it by."""
ASK_SECONDS = 10.0
"""How often the applet is asked about growth, while somebody looks."""


class TrendWindow(BaseWindow):
    """The window; everything in it happens in the main thread."""

    SIZE_NAME = "trends"
    POLL_MILLISECONDS = 200
    REFRESH_MILLISECONDS = 2000

    def __init__(
        self,
        reader: CurveSource,
        selection: Selection,
        listener: Listener | None,
        *,
        dark: bool,
        height_percent: int = 100,
        recording: str | None = None,
        hint: str = "",
        runtime: Path | None = None,
    ) -> None:
        """Build the window without its chart, which takes matplotlib longer than a window takes.

        `recording` names what is shown if it is not the history: it does not grow, and is shown
        from end to end unless zoomed. `hint` stands below the chart instead of the usual one.
        `runtime` is where the applet listens whose history this is.

        Raises: WindowError where there is no display.
        """
        title = _("Memtray – Trends")
        if recording:
            title = _("Memtray – Trends of {recording}").format(recording=recording)
        super().__init__(title, Applet(runtime or Path()), listener, dark=dark)
        self._reader = reader
        self._selection = selection
        self._first_targets = selection.targets
        self._known_targets = self._target_names()
        """What could be chosen when it was drawn last."""
        self._is_recording = recording is not None
        self._is_live = runtime is not None
        # Until it answers, nothing is known to grow; where there is none, the samples are judged.
        self._live: dict[str, Growth] | None = {} if self._is_live else None
        self._limits: dict[str, float] = {}
        self._heap_limits: dict[str, float] = {}
        self._asked_at = -ASK_SECONDS
        self._chart: ChartView | None = None
        self._drawn: object = None
        self._pending = ""
        self._usual_hint = self._first_hint = hint or _hint(self._is_recording)
        self._hint = tk.StringVar(self.root, self._usual_hint)
        root = self.root
        width, height = self.px(1000), round((560 * height_percent / 100 + 84) * self.scale)
        root.geometry(
            f"{min(width, round(root.winfo_screenwidth() * 0.94))}"
            f"x{min(height, round(root.winfo_screenheight() * 0.9))}"
        )
        root.minsize(self.px(700), self.px(400))
        self._build(self.px(8))
        self._bind_keys()
        self.restyle()

    def show(self) -> None:
        super().show()
        self.root.update()
        leave_out_help()
        from trayapp.windows.chart_view import ChartView

        self._chart = ChartView(self.root, on_window=self._choose_window, on_reset=self._reset)
        self._chart.widget.pack(side="top", fill="both", expand=True)
        self.root.update_idletasks()
        self._draw()

    def _build(self, gap: int) -> None:
        bar = ttk.Frame(self.root, padding=(gap, gap, gap, 0))
        bar.pack(side="top", fill="x")
        self._ranges = RangeButtons(bar, gap, self._choose_range, all_only=self._is_recording)
        # Made from left to right: Tab goes in that order.
        on_the_right = ttk.Frame(bar)
        on_the_right.pack(side="right")
        self._menus = TrendMenus(
            on_the_right,
            gap,
            has_history=not self._is_recording,
            on_choice=self._choose,
            on_all_targets=self._toggle_all,
        )
        ttk.Button(on_the_right, text=_("Save…"), command=self._save).pack(side="left")
        foot = ttk.Frame(self.root, padding=(gap, 0, gap, gap // 2))
        foot.pack(side="bottom", fill="x")
        hint = ttk.Label(foot, textvariable=self._hint, style="Hint.TLabel", justify="left")
        hint.pack(side="left")
        foot.bind("<Configure>", lambda event: hint.configure(wraplength=event.width - 2 * gap))

    def _bind_keys(self) -> None:
        for keys, action in (
            (("q", "Q"), self.close),
            (("r", "R", "<F5>"), self._draw),
            (("d", "D"), self.toggle_dark),
            (("0", "<Home>"), self._reset),
            (("s", "S"), self._toggle_stack),
            (("a", "A"), self._toggle_all),
            (("k", "K"), self._next_metric),
            (("o", "O"), self._toggle_runs),
            (("<Control-s>",), self._save),
        ):
            self.bind_keys(keys, action)
        for number, one in enumerate(self._ranges.ranges, 1):
            self.bind_keys((f"<Key-{number}>",), partial(self._choose_range, one.seconds))
        for key, act in (
            ("<Left>", lambda view: view.pan(-PAN_STEP)),
            ("<Right>", lambda view: view.pan(PAN_STEP)),
            ("<Up>", lambda view: view.zoom(ZOOM_STEP)),
            ("<Down>", lambda view: view.zoom(1 / ZOOM_STEP)),
            ("<Shift-Left>", lambda view: view.move_cursor(-1)),
            ("<Shift-Right>", lambda view: view.move_cursor(1)),
            ("<Control-Left>", lambda view: view.move_cursor(-10)),
            ("<Control-Right>", lambda view: view.move_cursor(10)),
        ):
            self.root.bind(key, partial(self._on_chart_key, act))

    def _on_chart_key(self, act: Callable[[ChartView], object], event: tk.Event[tk.Misc]) -> None:
        # In a menu, the arrow keys are the menu's.
        if self._chart is not None and not isinstance(event.widget, tk.Menu):
            act(self._chart)

    # -- drawing

    def refresh(self) -> None:
        """Draw again if there is something new."""
        if self._is_recording or self._chart is None:
            return
        # Whether or not there is something to draw: it may have ended.
        self._ask_applet()
        try:
            if self._newest() != self._drawn:
                self._draw()
        except MemtrayError as error:
            self._hint.set(str(error))

    def _newest(self) -> object:
        """Return what differs when the chart would: the newest sample's time, in visible steps."""
        span = self._reader.span()
        if span is None or self._selection.window is not None or self._selection.runs_of:
            return None
        seconds = self._selection.span_seconds or span[1] - span[0]
        return span[1] // max(1.0, min(30.0, seconds / 1000))

    def _draw_soon(self) -> None:
        """Draw once for several changes that arrive together."""
        if not self._pending:
            self._pending = self.root.after_idle(self._draw)

    def _draw(self) -> None:
        from trayapp.windows.trend_reading import learned_now, read_trends

        self._pending = ""
        if self._chart is None:
            return
        try:
            self._drawn = self._newest()
            known = self._target_names()
            self._selection = with_new_targets(self._selection, self._known_targets, known)
            self._known_targets = known
            self._menus.show(self._selection, known, self._application_names())
            self._ask_applet()
            trends = read_trends(
                self._reader,
                self._selection,
                self._live,
                self._limits,
                self._heap_limits,
                learned_now(),
            )
            self._chart.show(trends, self.palette)
            self._hint.set(self._usual_hint)
        except MemtrayError as error:
            self._hint.set(str(error))
        self._ranges.show(self._selection)

    def _target_names(self) -> tuple[str, ...]:
        return target_names(self._reader.series())

    def _application_names(self) -> tuple[str, ...]:
        """Return the applications of the last hours, and those that are shown."""
        known = application_names(self._reader.series())
        offered = {*self._reader.recent_applications(), *self._selection.targets}
        return tuple(name for name in known if name in offered)

    def _ask_applet(self) -> None:
        """Ask the running applet how it judges growth, when it is time to."""
        if self._is_live and time.monotonic() - self._asked_at >= ASK_SECONDS:
            self._asked_at = time.monotonic()
            self.applet.ask(
                "status",
                {},
                self._on_answer,
                self._on_failure,
            )

    def _on_answer(self, answer: Answer) -> None:
        self._tell_whether_it_runs(True)
        limits, heap_limits = limits_of_status(answer), heap_limits_of_status(answer)
        if (limits, heap_limits) != (self._limits, self._heap_limits):
            self._limits, self._heap_limits = limits, heap_limits
            self._draw_soon()
        self._on_growths(growths_of_status(answer))

    def _on_failure(self, error: MemtrayError) -> None:
        self._tell_whether_it_runs(not isinstance(error, NotRunningError))
        self._on_growths(None)

    def _tell_whether_it_runs(self, runs: bool) -> None:
        """Say below the chart that nothing new will come."""
        before = self._usual_hint
        self._usual_hint = self._first_hint if runs else _("Memtray is not running")
        if self._hint.get() == before:
            self._hint.set(self._usual_hint)

    def _on_growths(self, live: dict[str, Growth] | None) -> None:
        if live != self._live:
            self._live = live
            self._draw_soon()

    def restyle(self) -> None:
        super().restyle()
        self._menus.restyle(self.palette)
        self._draw_soon()

    # -- choosing

    def _choose(self, selection: Selection) -> None:
        self._selection = selection
        self._draw_soon()

    def _choose_range(self, seconds: float | None) -> None:
        self._choose(replace(self._selection, span_seconds=seconds, window=None, runs_of=None))

    def _choose_window(self, since: float, until: float) -> None:
        span = self._reader.span()
        shortest = SHORTEST_RECORDED_SECONDS if self._is_recording else SHORTEST_SECONDS
        if until - since < shortest or span is None:
            return
        if self._selection.runs_of is not None:
            self._choose(replace(self._selection, window=(max(0.0, since), until)))
        # Zoomed out beyond all there is: the same as showing everything.
        elif since < span[0] and until > span[1] and until - since > 1.5 * (span[1] - span[0]):
            self._choose_range(None)
        else:
            self._choose(replace(self._selection, window=(since, until)))

    def _reset(self) -> None:
        self._choose(replace(self._selection, window=None))

    def _toggle_stack(self) -> None:
        self._choose(replace(self._selection, stacked=not self._selection.stacked))

    def _toggle_all(self) -> None:
        """Show every target; again: those that were shown at first."""
        known = self._target_names()
        is_all = self._selection.targets == known and self._selection.runs_of is None
        targets = self._first_targets if is_all else known
        self._choose(replace(self._selection, targets=targets, runs_of=None))

    def _next_metric(self) -> None:
        if not self._is_recording:
            place = METRICS.index(self._selection.metric) + 1
            self._choose(replace(self._selection, metric=METRICS[place % len(METRICS)]))

    def _toggle_runs(self) -> None:
        if self._is_recording:
            return
        names = self._selection.targets
        if self._selection.runs_of is None and len(names) != 1:
            self._hint.set(_("Choose one tracked program under Show to overlay its runs."))
            return
        runs_of = None if self._selection.runs_of else names[0]
        self._choose(replace(self._selection, runs_of=runs_of, window=None))

    def receive(self, message: Mapping[str, object]) -> None:
        """Narrow what is shown as a second start asks."""
        try:
            span = self._reader.span()
            last = span[1] if span else None
            known = program_names(self._reader.series())
            self._choose(selection_from_message(self._selection, known, message, last))
        except MemtrayError as error:
            self._hint.set(str(error))

    def _save(self) -> None:
        if self._chart is None:
            return
        name = ask_save_file(
            self.root,
            _("Save the chart"),
            f"memtray-{time.strftime('%Y-%m-%d-%H%M')}.png",
            [(_("PNG picture"), ".png"), (_("SVG drawing"), ".svg"), ("PDF", ".pdf")],
        )
        if name is not None:
            try:
                self._chart.save(name)
                self._hint.set(_("Saved as {name}").format(name=name))
            except MemtrayError as error:
                self._hint.set(str(error))


def _hint(is_recording: bool) -> str:
    if is_recording:
        return _(
            "Scroll or drag to zoom, 0 to reset  ·  A all programs  ·  S stacked  ·  D dark or "
            "light  ·  Q close"
        )
    return _(
        "Scroll or drag to zoom, 0 to reset  ·  Shift+arrows read values  ·  1–6 range  ·  A all "
        "programs  ·  S stacked  ·  K kind  ·  O runs  ·  D dark or light  ·  Q close"
    )
