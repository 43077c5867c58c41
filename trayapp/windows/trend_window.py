"""The trends on screen: a chart, its buttons and keys, kept up to date while it is seen."""

from __future__ import annotations

import signal
import time
import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tkinter import filedialog, ttk
from typing import TYPE_CHECKING

from trayapp.charts.growth import Growth
from trayapp.charts.labels import plain_name
from trayapp.charts.palette import palette_for
from trayapp.charts.selection import METRICS, RANGES, Selection, metric_label
from trayapp.errors import MemtrayError
from trayapp.language.catalogue import _
from trayapp.paths import current_paths
from trayapp.windows.applet_client import Applet
from trayapp.windows.geometry import KeptSize
from trayapp.windows.growth_verdicts import growths_of_status, limits_of_status
from trayapp.windows.selecting import selection_from_message, target_names
from trayapp.windows.single_instance import Listener
from trayapp.windows.style import apply_style, open_root, pixel_scale, raise_window, style_menu
from trayapp.windows.theme_watcher import ThemeWatcher

if TYPE_CHECKING:
    from trayapp.history.sources import CurveSource
    from trayapp.windows.chart_view import ChartView

REFRESH_MILLISECONDS = 2000
POLL_MILLISECONDS = 200
"""For wishes of a second start, and for Ctrl-C, which Tk alone would not notice."""
SHORTEST_SECONDS, SHORTEST_RECORDED_SECONDS = 10.0, 0.01
"""Zooming stops here."""
ZOOM_STEP, PAN_STEP = 0.75, 0.2
"""One key: so much of what was shown is shown, or is it moved by."""
ASK_SECONDS = 10.0
"""How often the applet is asked what it says of growth, while somebody looks."""
MENU_ROWS = 24


class TrendWindow:
    """The window; everything in it happens in the main thread."""

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
        self._reader = reader
        self._selection = selection
        self._first_targets = selection.targets
        self._listener = listener
        self._is_recording = recording is not None
        self._ranges = RANGES[-1:] if self._is_recording else RANGES
        self._usual_hint = hint or _hint(self._is_recording)
        self._applet = Applet(runtime) if runtime else None
        # Until it answers, nothing is known to grow; where there is none, the samples are judged.
        self._live: dict[str, Growth] | None = {} if runtime else None
        self._limits: dict[str, float] = {}
        self._asked_at = -ASK_SECONDS
        self._palette = palette_for(dark)
        self._chart: ChartView | None = None
        self._drawn: object = None
        self._is_covered = False
        self._is_closing = False
        self._kept_size: KeptSize | None = None
        self._pending = ""
        self._root = root = open_root(
            _("Memtray – Trends of {recording}").format(recording=recording)
            if recording
            else _("Memtray – Trends")
        )
        self._range = tk.StringVar(root)
        self._hint = tk.StringVar(root, self._usual_hint)
        self._metric = tk.StringVar(root)
        self._stacked = tk.BooleanVar(root)
        self._runs_of = tk.StringVar(root)
        self._shown: dict[str, tk.BooleanVar] = {}
        scale = pixel_scale(root)
        width, height = round(1000 * scale), round((560 * height_percent / 100 + 84) * scale)
        root.geometry(
            f"{min(width, round(root.winfo_screenwidth() * 0.94))}"
            f"x{min(height, round(root.winfo_screenheight() * 0.9))}"
        )
        root.minsize(round(700 * scale), round(400 * scale))
        self._build(round(8 * scale))
        self._bind_keys()
        self._restyle()

    def run(self, *, follow_desktop: bool = False) -> None:
        """Show the window and return when it is closed.

        follow_desktop: become dark or light when the desktop does.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        self._kept_size = KeptSize(self._root, current_paths().windows, "trends")
        self._root.deiconify()
        self._root.update()
        self._load_chart()
        self._root.after(0, self._poll)
        if not self._is_recording:
            self._root.after(REFRESH_MILLISECONDS, self._tick)
        if follow_desktop:
            ThemeWatcher(self._root, self._set_dark)
        self._root.mainloop()

    def _build(self, gap: int) -> None:
        root = self._root
        bar = ttk.Frame(root, padding=(gap, gap, gap, 0))
        bar.pack(side="top", fill="x")
        for number, choice in enumerate(self._ranges):
            ttk.Radiobutton(
                bar,
                text=_(choice.label),
                value=choice.label,
                variable=self._range,
                style="Toolbutton",
                command=partial(self._choose_range, number),
            ).pack(side="left", padx=(0, gap // 4))
        # Made from left to right: Tab goes in that order.
        on_the_right = ttk.Frame(bar)
        on_the_right.pack(side="right")
        self._view_menu = self._add_menu(on_the_right, _("View"), gap)
        self._menu = self._add_menu(on_the_right, _("Show"), gap)
        ttk.Button(on_the_right, text=_("Save…"), command=self._save).pack(side="left")
        self._runs_menu = tk.Menu(self._view_menu, tearoff=False)
        self._fill_view_menu()
        foot = ttk.Frame(root, padding=(gap, 0, gap, gap // 2))
        foot.pack(side="bottom", fill="x")
        hint = ttk.Label(foot, textvariable=self._hint, style="Hint.TLabel", justify="left")
        hint.pack(side="left")
        foot.bind("<Configure>", lambda event: hint.configure(wraplength=event.width - 2 * gap))

    def _add_menu(self, bar: ttk.Frame, text: str, gap: int) -> tk.Menu:
        button = ttk.Menubutton(bar, text=text)
        button.pack(side="left", padx=(0, gap // 2))
        menu = tk.Menu(button, tearoff=False)
        button.configure(menu=menu)
        # As in other toolkits' menu buttons, beside the space bar.
        button.bind("<Return>", lambda _: button.event_generate("<space>"))
        button.bind("<Down>", lambda _: button.event_generate("<space>"))
        return menu

    def _fill_view_menu(self) -> None:
        menu = self._view_menu
        for stacked, label in ((False, _("Lines")), (True, _("Stacked areas"))):
            menu.add_radiobutton(
                label=label, value=stacked, variable=self._stacked, command=self._on_view
            )
        if not self._is_recording:
            menu.add_separator()
            for metric in METRICS:
                menu.add_radiobutton(
                    label=metric_label(metric),
                    value=metric,
                    variable=self._metric,
                    command=self._on_view,
                )
            menu.add_separator()
            menu.add_cascade(label=_("Lay the runs over each other"), menu=self._runs_menu)

    def _bind_keys(self) -> None:
        root = self._root
        root.protocol("WM_DELETE_WINDOW", self._close)
        for key in ("q", "Q", "<Escape>", "<Control-w>"):
            root.bind(key, lambda _: self._close())
        for number in range(len(self._ranges)):
            choose = partial(self._choose_range, number)
            root.bind(f"<Key-{number + 1}>", lambda _, choose=choose: choose())  # type: ignore[misc]
        for key in ("r", "R", "<F5>"):
            root.bind(key, lambda _: self._draw())
        for key in ("d", "D", "<Control-d>"):
            root.bind(key, lambda _: self._toggle_dark())
        for key in ("0", "<Home>"):
            root.bind(key, lambda _: self._reset())
        for key in ("s", "S"):
            root.bind(key, lambda _: self._choose(self._toggled_stack()))
        for key in ("a", "A"):
            root.bind(key, lambda _: self._toggle_all())
        for key in ("k", "K"):
            root.bind(key, lambda _: self._next_metric())
        for key in ("o", "O"):
            root.bind(key, lambda _: self._toggle_runs())
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
            root.bind(key, partial(self._on_chart_key, act))
        root.bind("<Control-s>", lambda _: self._save())
        root.bind("<Visibility>", self._on_visibility)

    def _load_chart(self) -> None:
        from trayapp.windows.chart_view import ChartView

        self._chart = ChartView(self._root, on_window=self._choose_window, on_reset=self._reset)
        self._chart.widget.pack(side="top", fill="both", expand=True)
        self._root.update_idletasks()
        self._draw()

    def _on_chart_key(self, act: Callable[[ChartView], object], event: tk.Event[tk.Misc]) -> None:
        # In a menu, the arrow keys are the menu's.
        if self._chart is not None and not isinstance(event.widget, tk.Menu):
            act(self._chart)

    # -- drawing

    def _tick(self) -> None:
        """Draw again if there is something new and somebody can see it."""
        if not self._is_covered and self._root.winfo_viewable():
            try:
                news = self._news()
            except MemtrayError as error:
                self._hint.set(str(error))
            else:
                if news != self._drawn:
                    self._draw()
        self._root.after(REFRESH_MILLISECONDS, self._tick)

    def _news(self) -> object:
        """What must change for the chart to change visibly: the newest sample, by steps."""
        span = self._reader.span()
        if span is None or self._selection.window is not None or self._selection.runs_of:
            return None
        seconds = self._selection.span_seconds or span[1] - span[0]
        return span[1] // max(1.0, min(30.0, seconds / 1000))

    def _draw_soon(self) -> None:
        """Draw once for several wishes that arrive together."""
        if not self._pending:
            self._pending = self._root.after_idle(self._draw)

    def _draw(self) -> None:
        from trayapp.windows.trend_reading import read_trends

        self._pending = ""
        if self._chart is None:
            return
        try:
            self._drawn = self._news()
            self._fill_menu()
            self._ask_applet()
            trends = read_trends(self._reader, self._selection, self._live, self._limits)
            self._chart.show(trends, self._palette)
            self._hint.set(self._usual_hint)
        except MemtrayError as error:
            self._hint.set(str(error))
        followed = self._selection.span_seconds if self._selection.window is None else -1.0
        self._range.set(next((one.label for one in RANGES if one.seconds == followed), ""))

    def _ask_applet(self) -> None:
        """Let the running applet say what it makes of growth, when it is time to."""
        if self._applet is not None and time.monotonic() - self._asked_at >= ASK_SECONDS:
            self._asked_at = time.monotonic()
            self._applet.ask(
                "status",
                {},
                lambda told: self._on_told(growths_of_status(told), limits_of_status(told)),
                lambda _error: self._on_told(None),
            )

    def _on_told(
        self, live: dict[str, Growth] | None, limits: dict[str, float] | None = None
    ) -> None:
        limits = self._limits if limits is None else limits
        if (live, limits) != (self._live, self._limits):
            self._live, self._limits = live, limits
            self._draw_soon()

    def _restyle(self) -> None:
        apply_style(self._root, self._palette)
        for menu in (self._menu, self._view_menu, self._runs_menu):
            style_menu(menu, self._palette)

    # -- choosing

    def _choose(self, selection: Selection) -> None:
        self._selection = selection
        self._draw_soon()

    def _choose_range(self, number: int) -> None:
        seconds = self._ranges[number].seconds
        self._choose(replace(self._selection, span_seconds=seconds, window=None, runs_of=None))

    def _choose_window(self, since: float, until: float) -> None:
        span = self._reader.span()
        shortest = SHORTEST_RECORDED_SECONDS if self._is_recording else SHORTEST_SECONDS
        if until - since < shortest or span is None:
            return
        if self._selection.runs_of is not None:
            self._choose(replace(self._selection, window=(max(0.0, since), until)))
            return
        # Zoomed out beyond all there is: the same as showing everything.
        if since < span[0] and until > span[1] and until - since > 1.5 * (span[1] - span[0]):
            self._choose_range(len(self._ranges) - 1)
        else:
            self._choose(replace(self._selection, window=(since, until)))

    def _reset(self) -> None:
        self._choose(replace(self._selection, window=None))

    def _on_view(self) -> None:
        runs_of = self._runs_of.get() or None
        window = self._selection.window
        if runs_of != self._selection.runs_of:
            window = None
        self._choose(
            replace(
                self._selection,
                metric=self._metric.get(),
                stacked=self._stacked.get(),
                runs_of=runs_of,
                window=window,
            )
        )

    def _toggled_stack(self) -> Selection:
        return replace(self._selection, stacked=not self._selection.stacked)

    def _toggle_all(self) -> None:
        """Show every target; again: those that were shown at first."""
        known = target_names(self._reader.series())
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
            self._hint.set(_("Choose one target under Show to lay its runs over each other."))
            return
        runs_of = None if self._selection.runs_of else names[0]
        self._choose(replace(self._selection, runs_of=runs_of, window=None))

    def _toggle_dark(self) -> None:
        self._set_dark(not self._palette.dark)

    def _set_dark(self, dark: bool) -> None:
        self._palette = palette_for(dark)
        self._restyle()
        self._draw_soon()

    def _fill_menu(self) -> None:
        """One check entry per curve; rebuilt only when the targets are others than before."""
        names = target_names(self._reader.series())
        entries = {} if self._is_recording else {"system": _("System"), "app": _("Memtray itself")}
        entries |= {f"target {name}": plain_name(name) for name in names}
        if list(entries) != list(self._shown):
            self._menu.delete(0, "end")
            self._shown = {key: tk.BooleanVar(self._root) for key in entries}
            self._menu.add_command(label=_("All targets"), command=self._toggle_all)
            self._menu.add_separator()
            for number, (key, label) in enumerate(entries.items(), 2):
                self._menu.add_checkbutton(
                    label=label,
                    variable=self._shown[key],
                    command=self._on_shown,
                    columnbreak=number % MENU_ROWS == 0,
                )
            self._fill_runs_menu(names)
        chosen = {f"target {name}" for name in self._selection.targets}
        chosen |= {"system"} if self._selection.system else set()
        chosen |= {"app"} if self._selection.app else set()
        for key, variable in self._shown.items():
            variable.set(key in chosen)
        self._metric.set(self._selection.metric)
        self._stacked.set(self._selection.stacked)
        self._runs_of.set(self._selection.runs_of or "")

    def _fill_runs_menu(self, names: Sequence[str]) -> None:
        self._runs_menu.delete(0, "end")
        for number, name in enumerate(("", *names)):
            self._runs_menu.add_radiobutton(
                label=plain_name(name) if name else _("No"),
                value=name,
                variable=self._runs_of,
                command=self._on_view,
                columnbreak=number > 0 and number % MENU_ROWS == 0,
            )

    def _on_shown(self) -> None:
        chosen = {key for key, variable in self._shown.items() if variable.get()}
        self._choose(
            replace(
                self._selection,
                runs_of=None,
                system="system" in chosen,
                app="app" in chosen,
                targets=tuple(
                    key.removeprefix("target ")
                    for key in self._shown
                    if key.startswith("target ") and key in chosen
                ),
            )
        )

    def _save(self) -> None:
        if self._chart is None:
            return
        try:
            name = filedialog.asksaveasfilename(
                parent=self._root,
                title=_("Save the chart"),
                initialdir=Path.home(),
                initialfile=f"memtray-{time.strftime('%Y-%m-%d-%H%M')}.png",
                defaultextension=".png",
                filetypes=[
                    (_("PNG picture"), "*.png"),
                    (_("SVG drawing"), "*.svg"),
                    ("PDF", "*.pdf"),
                ],
            )
        except tk.TclError:
            # The window was closed by a signal while the dialog was open.
            return
        if name:
            try:
                self._chart.save(Path(name))
                self._hint.set(_("Saved as {name}").format(name=name))
            except MemtrayError as error:
                self._hint.set(str(error))

    # -- the world outside

    def _poll(self) -> None:
        if self._is_closing:
            self._root.destroy()
            return
        if self._applet is not None:
            self._applet.poll()
        while self._listener is not None and (message := self._listener.poll()) is not None:
            try:
                known = target_names(self._reader.series())
                span = self._reader.span()
                last = span[1] if span else None
                self._choose(selection_from_message(self._selection, known, message, last))
            except MemtrayError as error:
                self._hint.set(str(error))
            raise_window(self._root)
        self._root.after(POLL_MILLISECONDS, self._poll)

    def _on_visibility(self, event: tk.Event[tk.Misc]) -> None:
        if event.widget is self._root:
            self._is_covered = event.state == "VisibilityFullyObscured"

    def _on_signal(self, *_: object) -> None:
        self._is_closing = True

    def _close(self) -> None:
        if self._kept_size is not None:
            self._kept_size.keep()
        self._is_closing = True
        self._root.withdraw()


def _hint(is_recording: bool) -> str:
    if is_recording:
        return _(
            "Scroll or drag zooms, 0 goes back  ·  A all targets  ·  S stacked  ·  D dark or light"
            "  ·  Q close"
        )
    return _(
        "Scroll or drag zooms, 0 goes back  ·  Shift+arrows read values  ·  1–6 range"
        "  ·  A all targets  ·  S stacked  ·  K kind  ·  O runs  ·  D dark or light  ·  Q close"
    )
