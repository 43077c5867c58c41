"""The chart inside a window: drawing, reading values off it, choosing a stretch of time."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure

from trayapp.charts.curves import TrendData
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.palette import Palette
from trayapp.charts.picture import save_picture
from trayapp.charts.plot import Panel, draw_trends
from trayapp.windows.chart_readout import OVERLAY, ReadoutBox, readings_at
from trayapp.windows.style import pixel_scale

ZOOM_STEP = 0.75
PAN_STEP = 0.2
"""Of what is shown."""
CURSOR_PIXELS = 4
"""One step of the cursor by key."""
EVENT_REACH_PIXELS = 7
CLICK_PIXELS = 6
"""A drag shorter than this is a click."""


class ChartView:
    """One matplotlib canvas in a Tk window; main thread only.

    The cursor line and the readout are Tk items above the picture, so that moving the pointer
    redraws nothing.
    """

    def __init__(
        self,
        root: tk.Tk,
        *,
        on_window: Callable[[float, float], None],
        on_reset: Callable[[], None],
    ) -> None:
        use_chart_fonts()
        self._on_window = on_window
        self._figure = Figure(figsize=(1, 1), dpi=100)
        self._canvas = FigureCanvasTkAgg(self._figure, master=root)  # type: ignore[no-untyped-call]
        self._shown: tuple[TrendData, Palette] | None = None
        self._panels: tuple[Panel, ...] = ()
        self._drag_from: int | None = None
        self._pointer: tuple[int, int] | None = None
        self._scale = pixel_scale(root)
        self.widget: tk.Canvas = self._canvas.get_tk_widget()  # type: ignore[no-untyped-call]
        self._readout = ReadoutBox(self.widget, self._scale)
        # Its keys are the window's, wherever the focus is.
        self.widget.configure(highlightthickness=0, borderwidth=0, takefocus=False)
        self._canvas.mpl_connect("resize_event", lambda _: self._rebuild())
        for event, action in (
            ("<Motion>", self._on_motion),
            ("<Leave>", self._on_leave),
            ("<ButtonPress-1>", self._on_press),
            ("<B1-Motion>", self._on_motion),
            ("<ButtonRelease-1>", self._on_release),
            ("<Double-Button-1>", lambda _: on_reset()),
            ("<Shift-Button-4>", lambda _: self.pan(-PAN_STEP)),
            ("<Shift-Button-5>", lambda _: self.pan(PAN_STEP)),
            ("<Shift-MouseWheel>", lambda event: self.pan(PAN_STEP * (1 - 2 * (event.delta > 0)))),
            ("<Button-4>", lambda event: self._on_wheel(event, ZOOM_STEP)),
            ("<Button-5>", lambda event: self._on_wheel(event, 1 / ZOOM_STEP)),
            ("<MouseWheel>",
             lambda event: self._on_wheel(event, ZOOM_STEP if event.delta > 0 else 1 / ZOOM_STEP)),
        ):  # fmt: skip
            self.widget.bind(event, action, add="+")

    def show(self, data: TrendData, palette: Palette) -> None:
        self._shown = data, palette
        self.widget.configure(background=palette.background)
        self._rebuild()
        self._canvas.draw_idle()  # type: ignore[no-untyped-call]

    def _rebuild(self) -> None:
        if self._shown is not None:
            data, palette = self._shown
            self._panels = draw_trends(self._figure, data, palette, now_wall_seconds=time.time())
            self._show_readout()

    def save(self, path: Path) -> None:
        """Write what is shown to a file.

        Raises: WindowError if the name or the folder does not allow it.
        """
        save_picture(self._figure, path)

    def pan(self, share: float) -> None:
        """Move along the time axis by this share of what is shown."""
        if self._shown is not None:
            data = self._shown[0]
            step = share * (data.until - data.since)
            self._on_window(data.since + step, data.until + step)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much, around the cursor or else the middle."""
        if self._shown is not None and self._panels:
            data = self._shown[0]
            middle = (data.since + data.until) / 2
            self._zoom_at(self._time_at(self._pointer[0]) if self._pointer else middle, factor)

    def move_cursor(self, steps: int) -> None:
        """Move the cursor by key, and read the values there."""
        if not self._panels:
            return
        left, top, right, bottom = self._panel_box(self._panels[-1])
        x, y = self._pointer or (round(right), round((top + bottom) / 2))
        x += round(steps * CURSOR_PIXELS * self._scale)
        self._pointer = round(min(right, max(left, x))), y
        self._show_readout()

    def _on_motion(self, event: tk.Event[tk.Misc]) -> None:
        self._pointer = event.x, event.y
        self._show_readout()

    def _on_leave(self, _: object) -> None:
        if self._drag_from is None:
            self._pointer = None
            self.widget.delete(OVERLAY)

    def _on_press(self, event: tk.Event[tk.Misc]) -> None:
        if self._panel_at(event.x, event.y) is not None:
            self._drag_from = event.x

    def _on_release(self, event: tk.Event[tk.Misc]) -> None:
        start, self._drag_from = self._drag_from, None
        if start is None or abs(event.x - start) < CLICK_PIXELS * self._scale:
            return
        since, until = sorted((self._time_at(start), self._time_at(event.x)))
        self._on_window(since, until)

    def _on_wheel(self, event: tk.Event[tk.Misc], factor: float) -> None:
        if self._panel_at(event.x, event.y) is not None:
            self._zoom_at(self._time_at(event.x), factor)

    def _zoom_at(self, at: float, factor: float) -> None:
        if self._shown is not None:
            since, until = self._shown[0].since, self._shown[0].until
            self._on_window(at - (at - since) * factor, at + (until - at) * factor)

    def _time_at(self, x: float) -> float:
        """Return the wall time at a pixel column, at most that of either end."""
        if not self._panels or self._shown is None:
            return 0.0
        data = self._shown[0]
        left, _, right, _ = self._panel_box(self._panels[0])
        share = min(1.0, max(0.0, (x - left) / (right - left)))
        return data.since + share * (data.until - data.since)

    def _panel_at(self, x: float, y: float) -> Panel | None:
        for panel in self._panels:
            left, top, right, bottom = self._panel_box(panel)
            # A little above: there are the marks of the events.
            if left <= x <= right and top - 10 * self._scale <= y <= bottom:
                return panel
        return None

    def _panel_box(self, panel: Panel) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of a panel in pixels of the widget."""
        box = panel.axes.bbox
        height = self._figure.bbox.height
        return box.x0, height - box.y1, box.x1, height - box.y0

    def _show_readout(self) -> None:
        """Draw the cursor line, the values under it and the stretch being chosen."""
        self.widget.delete(OVERLAY)
        if self._pointer is None or self._shown is None or not self._panels:
            return
        x, y = self._pointer
        panel = self._panel_at(x, y)
        if panel is None and self._drag_from is None:
            return
        data, palette = self._shown
        boxes = [self._panel_box(one) for one in self._panels]
        top, bottom = boxes[0][1], boxes[-1][3]
        left, right = boxes[0][0], boxes[0][2]
        x = round(min(right, max(left, x)))
        if self._drag_from is not None:
            self.widget.create_rectangle(
                self._drag_from, top, x, bottom,
                outline=palette.muted, fill=palette.muted, stipple="gray12", tags=OVERLAY,
            )  # fmt: skip
        self.widget.create_line(x, top, x, bottom, fill=palette.muted, dash=(3, 3), tags=OVERLAY)
        if panel is not None:
            reach = EVENT_REACH_PIXELS * self._scale
            around = self._time_at(x - reach), self._time_at(x + reach)
            lines = readings_at(data, panel, self._time_at(x), around)
            self._readout.draw(lines, (x, y), (left, right), data, palette)
