"""The chart inside a window: drawing, reading values off it, choosing a stretch of time."""

from __future__ import annotations

import time
import tkinter as tk
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from tkinter import font as tkfont
from typing import Literal, NamedTuple

from matplotlib.backends.backend_tkagg import FigureCanvasTkAgg
from matplotlib.figure import Figure

from trayapp.charts.axes import FINE_SECONDS, fine_clock
from trayapp.charts.curves import TrendData
from trayapp.charts.events import task_end, task_growth
from trayapp.charts.fonts import use_chart_fonts
from trayapp.charts.labels import plain_name
from trayapp.charts.marks import event_label
from trayapp.charts.palette import DASHES, Palette
from trayapp.charts.picture import save_picture
from trayapp.charts.plot import MOST_HATCHED, Panel, draw_trends
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.records.series import TASK, Event
from trayapp.language.catalogue import _, listed, ngettext
from trayapp.language.dates import format_day_time
from trayapp.language.units import MIB, format_duration, format_size
from trayapp.windows.style import pixel_scale

ZOOM_STEP = 0.75
PAN_STEP = 0.2
"""Of what is shown."""
CURSOR_PIXELS = 4
"""One step of the cursor by key."""
EVENT_REACH_PIXELS = 7
CLICK_PIXELS = 6
"""A drag shorter than this is a click."""
OVERLAY = "overlay"
MOST_READINGS = 20
"""More values than fit beside the cursor are only counted."""
MOST_TASKS = 5
"""The same of tasks: those that grew most are named."""

SAMPLE_PIXELS = 26
"""Of a line, so that its dashes are seen."""


class Reading(NamedTuple):
    """One line beside the cursor: a curve's value there, or something to say."""

    text: str
    value: str = ""
    spread: str = ""
    """From the least to the greatest, where a point stands for several samples."""
    colour: str | None = None
    """Of the curve; None: it is about none."""
    slot: int = 0


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
        self._root = root
        self._on_window = on_window
        self._on_reset = on_reset
        self._figure = Figure(figsize=(1, 1), dpi=100)
        self._canvas = FigureCanvasTkAgg(self._figure, master=root)  # type: ignore[no-untyped-call]
        self._data: TrendData | None = None
        self._palette: Palette | None = None
        self._panels: tuple[Panel, ...] = ()
        self._drag_from: int | None = None
        self._pointer: tuple[int, int] | None = None
        self._scale = pixel_scale(root)
        self._font = tkfont.nametofont("TkDefaultFont", root).copy()
        self._font.configure(size=9)
        self.widget: tk.Canvas = self._canvas.get_tk_widget()  # type: ignore[no-untyped-call]
        # Its keys are the window's, wherever the focus is.
        self.widget.configure(highlightthickness=0, borderwidth=0, takefocus=False)
        self._canvas.mpl_connect("resize_event", lambda _: self._rebuild())
        for event, action in (
            ("<Motion>", self._on_motion),
            ("<Leave>", self._on_leave),
            ("<ButtonPress-1>", self._on_press),
            ("<B1-Motion>", self._on_motion),
            ("<ButtonRelease-1>", self._on_release),
            ("<Double-Button-1>", lambda _: self._on_reset()),
            ("<Shift-Button-4>", lambda _: self.pan(-PAN_STEP)),
            ("<Shift-Button-5>", lambda _: self.pan(PAN_STEP)),
            ("<Shift-MouseWheel>", lambda event: self.pan(PAN_STEP * (1 - 2 * (event.delta > 0)))),
            ("<Button-4>", lambda event: self._zoom(event, ZOOM_STEP)),
            ("<Button-5>", lambda event: self._zoom(event, 1 / ZOOM_STEP)),
            (
                "<MouseWheel>",
                lambda event: self._zoom(event, ZOOM_STEP if event.delta > 0 else 1 / ZOOM_STEP),
            ),
        ):
            self.widget.bind(event, action, add="+")

    def show(self, data: TrendData, palette: Palette) -> None:
        """Replace the chart."""
        self._data, self._palette = data, palette
        self.widget.configure(background=palette.background)
        self._rebuild()
        self._canvas.draw_idle()  # type: ignore[no-untyped-call]

    def _rebuild(self) -> None:
        if self._data is None or self._palette is None:
            return
        self._panels = draw_trends(
            self._figure, self._data, self._palette, now_wall_seconds=time.time()
        )
        self._show_readout()

    def save(self, path: Path) -> None:
        """Write what is shown to a file.

        Raises: WindowError if the name or the folder does not allow it.
        """
        save_picture(self._figure, path)

    def pan(self, share: float) -> None:
        """Move along the time axis by this share of what is shown."""
        if self._data is not None:
            step = share * (self._data.until - self._data.since)
            self._on_window(self._data.since + step, self._data.until + step)

    def zoom(self, factor: float) -> None:
        """Show `factor` times as much, around the cursor or else the middle."""
        if self._data is not None and self._panels:
            at = self._time_at(self._pointer[0]) if self._pointer else None
            self._zoom_at((self._data.since + self._data.until) / 2 if at is None else at, factor)

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

    def _zoom(self, event: tk.Event[tk.Misc], factor: float) -> None:
        if self._data is None or self._panel_at(event.x, event.y) is None:
            return
        self._zoom_at(self._time_at(event.x), factor)

    def _zoom_at(self, at: float, factor: float) -> None:
        if self._data is not None:
            since, until = self._data.since, self._data.until
            self._on_window(at - (at - since) * factor, at + (until - at) * factor)

    def _time_at(self, x: float) -> float:
        """The wall time at a pixel column, at most that of either end."""
        if not self._panels or self._data is None:
            return 0.0
        left, _, right, _ = self._panel_box(self._panels[0])
        share = min(1.0, max(0.0, (x - left) / (right - left)))
        return self._data.since + share * (self._data.until - self._data.since)

    def _panel_at(self, x: float, y: float) -> Panel | None:
        for panel in self._panels:
            left, top, right, bottom = self._panel_box(panel)
            # A little above: there are the marks of the events.
            if left <= x <= right and top - 10 * self._scale <= y <= bottom:
                return panel
        return None

    def _panel_box(self, panel: Panel) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of a panel in pixels of the widget."""
        box = panel.axes.bbox
        height = self._figure.bbox.height
        return box.x0, height - box.y1, box.x1, height - box.y0

    def _show_readout(self) -> None:
        """Draw the cursor line, the values under it and the stretch being chosen."""
        self.widget.delete(OVERLAY)
        if self._pointer is None or self._palette is None or not self._panels:
            return
        x, y = self._pointer
        panel = self._panel_at(x, y)
        if panel is None and self._drag_from is None:
            return
        boxes = [self._panel_box(one) for one in self._panels]
        top, bottom = boxes[0][1], boxes[-1][3]
        x = round(min(boxes[0][2], max(boxes[0][0], x)))
        colour = self._palette.muted
        if self._drag_from is not None:
            self.widget.create_rectangle(
                self._drag_from, top, x, bottom,
                outline=colour, fill=colour, stipple="gray12", tags=OVERLAY,
            )  # fmt: skip
        self.widget.create_line(x, top, x, bottom, fill=colour, dash=(3, 3), tags=OVERLAY)
        if panel is not None:
            self._draw_box(x, y, self._read_values(panel, x))

    def _read_values(self, panel: Panel, x: int) -> list[Reading]:
        at = self._time_at(x)
        values = [curve.value_at(at) for curve in panel.curves]
        order = sorted(
            range(len(values)), key=lambda number: -(values[number] or (0.0, 0.0, 0.0))[1]
        )
        hidden = order[MOST_READINGS:] if len(order) > MOST_READINGS + 1 else []
        lines = [Reading(self._tell_moment(at))]
        lines += [
            self._read(panel, number, values[number])
            for number in order[: len(order) - len(hidden)]
        ]
        if hidden:
            lines.append(Reading(_more(len(hidden))))
        reach = EVENT_REACH_PIXELS * self._scale
        around = self._time_at(x - reach), self._time_at(x + reach)
        lines += [
            Reading(_tell_event(event))
            for event in panel.events
            if event.kind != TASK and around[0] <= event.wall_seconds <= around[1]
        ]
        if any(event.kind == TASK for event in panel.events):
            lines += [Reading(text) for text in self._tell_tasks(at, around, panel)]
        return lines

    def _tell_tasks(self, at: float, around: tuple[float, float], panel: Panel) -> list[str]:
        """The tasks that ran at that moment, or else those around it; who grew most first."""
        tasks = self._data.tasks if self._data is not None else ()
        found = _running(tasks, at, at) or _running(tasks, *around)
        found.sort(key=task_growth, reverse=True)
        is_one = len(panel.curves) == 1
        lines = [_tell_task(task, with_subject=not is_one) for task in found[:MOST_TASKS]]
        if len(found) > MOST_TASKS:
            lines.append(_more(len(found) - MOST_TASKS))
        return lines

    def _read(self, panel: Panel, number: int, value: tuple[float, float, float] | None) -> Reading:
        least, mean, most = map(format_size, value or (None, None, None))
        return Reading(
            self._name_of(panel, number),
            value=mean,
            spread="" if least == most else f"{least} – {most}",
            colour=panel.colours[number],
            slot=panel.curves[number].slot,
        )

    def _tell_moment(self, at: float) -> str:
        if self._data is not None and self._data.runs is not None:
            return _("{duration} after the start").format(duration=format_duration(at))
        moment = datetime.fromtimestamp(at)
        is_fine = self._data is not None and self._data.until - self._data.since < FINE_SECONDS
        clock = fine_clock(moment) if is_fine else f"{moment:%H:%M:%S}"
        return format_day_time(moment.month, moment.day, clock)

    def _name_of(self, panel: Panel, number: int) -> str:
        if self._data is None or self._data.runs is None:
            return panel.curves[number].name
        start = datetime.fromtimestamp(self._data.runs[number].start)
        return format_day_time(start.month, start.day, f"{start:%H:%M}")

    def _draw_box(self, x: int, y: int, lines: Sequence[Reading]) -> None:
        if self._palette is None:
            return
        pad, gap, sample = (round(pixels * self._scale) for pixels in (8, 10, SAMPLE_PIXELS))
        row = self._font.metrics("linespace") + round(3 * self._scale)
        measure = self._font.measure
        curves = [line for line in lines if line.colour]
        names = max((measure(line.text) for line in curves), default=0)
        values = max((measure(line.value) for line in curves), default=0)
        spreads = max((measure(line.spread) for line in curves), default=0)
        # Where the values end, and where their spreads begin.
        end = pad + sample + gap // 2 + names + gap + values
        wide = end + (gap + spreads if spreads else 0)
        plain = max(pad + measure(line.text) for line in lines if not line.colour)
        width, height = max(wide, plain) + pad, row * len(lines) + 2 * pad
        left = x + 2 * pad
        # On the other side where it would go beyond the window, or cover the legend for no need.
        edges = self._panel_box(self._panels[0])
        on_the_left = x - 2 * pad - width
        if left + width >= self.widget.winfo_width() or (
            left + width > edges[2] and on_the_left >= edges[0]
        ):
            left = max(0, on_the_left)
        top = max(0, min(y + pad, self.widget.winfo_height() - height - 1))
        self.widget.create_rectangle(
            left, top, left + width, top + height,
            fill=self._palette.surface, outline=self._palette.edge, tags=OVERLAY,
        )  # fmt: skip
        for number, line in enumerate(lines):
            middle = top + pad + row * number + row // 2
            colour = self._palette.text if number else self._palette.muted
            if not line.colour:
                self._write(left + pad, middle, line.text, colour)
                continue
            self._draw_sample(left + pad, middle, sample, line)
            self._write(left + pad + sample + gap // 2, middle, line.text, colour)
            self._write(left + end, middle, line.value, colour, anchor="e")
            self._write(left + end + gap, middle, line.spread, self._palette.muted)

    def _write(
        self, x: int, y: int, text: str, colour: str, *, anchor: Literal["w", "e"] = "w"
    ) -> None:
        self.widget.create_text(
            x, y, text=text, anchor=anchor, font=self._font, fill=colour, tags=OVERLAY
        )

    def _draw_sample(self, left: int, middle: int, width: int, line: Reading) -> None:
        """What the curve looks like in the chart: its dashes, or the hatches of its area."""
        if self._data is None or self._palette is None:
            return
        colour = line.colour or ""
        if not self._data.selection.stacked or self._data.runs is not None:
            pixels = max(1, round(2 * self._scale))
            self.widget.create_line(
                left, middle, left + width, middle, fill=colour, width=pixels,
                dash=_tk_dashes(line.slot, pixels), tags=OVERLAY,
            )  # fmt: skip
            return
        half = round(5 * self._scale)
        self.widget.create_rectangle(
            left, middle - half, left + width, middle + half, fill=colour, width=0, tags=OVERLAY
        )
        if line.slot // len(self._palette.lines) and len(self._data.targets) <= MOST_HATCHED:
            for start in range(left, left + width - half, half):
                self.widget.create_line(
                    start, middle + half, start + 2 * half, middle - half,
                    fill=self._palette.surface, width=max(1, round(self._scale)), tags=OVERLAY,
                )  # fmt: skip


def _tk_dashes(slot: int, pixels: int) -> tuple[int, ...]:
    """A line's dashes as Tk wants them: whole pixels."""
    dashes = DASHES[slot % len(DASHES)]
    return () if isinstance(dashes, str) else tuple(round(part * pixels) for part in dashes[1])


def _tell_event(event: Event) -> str:
    clock = f"{datetime.fromtimestamp(event.wall_seconds):%H:%M:%S}"
    return f"{clock}  {plain_name(event.text or event.kind, 70)}"


_LEAST_PEAK_BYTES = MIB
"""A lower one is not worth the words."""


def _tell_task(event: Event, *, with_subject: bool) -> str:
    """When it began, its name, how long it took, what it kept and its peak."""
    clock = f"{datetime.fromtimestamp(event.wall_seconds):%H:%M:%S}"
    name = plain_name(str(event.data.get("task") or event.text or event.kind), 70)
    if with_subject:
        name = f"{plain_name(event.subject)}: {name}"
    told = [f"{clock}  {event_label(TASK)}: {name}"]
    if (end := task_end(event)) is not None:
        told.append(format_duration(end - event.wall_seconds))
    if (kept := kept_of(event)) is not None:
        told.append(f"{'+' if kept > 0 else ''}{format_size(kept)}")
    peak = event.data.get("peak_growth_bytes")
    if isinstance(peak, (int, float)) and peak >= _LEAST_PEAK_BYTES:
        told.append(_("peak +{size}").format(size=format_size(peak)))
    if failed := event.data.get("failed"):
        told.append(_("failed: {reason}").format(reason=plain_name(str(failed))))
    return listed(told)


def _running(tasks: Sequence[Event], since: float, until: float) -> list[Event]:
    return [
        task
        for task in tasks
        if task.wall_seconds <= until and (task_end(task) or task.wall_seconds) >= since
    ]


def _more(count: int) -> str:
    return ngettext("and {count} more", "and {count} more", count).format(count=count)
