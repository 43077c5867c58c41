"""The readout beside the cursor of a chart: the values there, and what happened around it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from datetime import datetime
from tkinter import font as tkfont
from typing import Literal

from trayapp.charts.axes import FINE_SECONDS, fine_clock
from trayapp.charts.curve_drawing import MOST_HATCHED
from trayapp.charts.curves import TrendData
from trayapp.charts.events import event_label, task_end, task_growth
from trayapp.charts.labels import plain_name
from trayapp.charts.palette import DASHES, Palette
from trayapp.charts.plot import Panel
from trayapp.dataclass import NamedTuple
from trayapp.domain.grouping.tasks import kept_of
from trayapp.domain.records.series import TASK, Event
from trayapp.language.catalogue import _, listed, ngettext
from trayapp.language.dates import format_day_time
from trayapp.language.units import MIB, format_duration, format_size

OVERLAY = "overlay"
"""The tag of everything that is drawn above the picture."""
MOST_READINGS = 20
"""More values than fit beside the cursor are only counted."""
MOST_TASKS = 5
"""The same of tasks: those that grew most are named."""
SAMPLE_PIXELS = 26
"""The length of the sample of a line, so that its dashes are seen."""
_LEAST_PEAK_BYTES = MIB
"""A lower one is not worth the words."""


class Reading(NamedTuple):
    """One line beside the cursor: a curve's value there, or a text."""

    text: str
    value: str = ""
    spread: str = ""
    """From the least to the greatest, where a point stands for several samples."""
    colour: str | None = None
    """Of the curve; None: it is about none."""
    slot: int = 0


def readings_at(
    data: TrendData, panel: Panel, at: float, around: tuple[float, float]
) -> list[Reading]:
    """Return what is to be read at a moment: the time, values, and the events around it."""
    values = [curve.value_at(at) for curve in panel.curves]
    order = sorted(range(len(values)), key=lambda number: -(values[number] or (0.0, 0.0, 0.0))[1])
    hidden = order[MOST_READINGS:] if len(order) > MOST_READINGS + 1 else []
    lines = [Reading(_moment_text(data, at))]
    for number in order[: len(order) - len(hidden)]:
        curve = panel.curves[number]
        least, mean, most = map(format_size, values[number] or (None, None, None))
        lines.append(
            Reading(
                curve.name if data.runs is None else _start_text(data.runs[number].start),
                value=mean,
                spread="" if least == most else f"{least} – {most}",
                colour=panel.colours[number],
                slot=curve.slot,
            )
        )
    if hidden:
        lines.append(Reading(_more(len(hidden))))
    lines += [
        Reading(f"{_clock(event)}  {plain_name(event.text or event.kind, 70)}")
        for event in panel.events
        if event.kind != TASK and around[0] <= event.wall_seconds <= around[1]
    ]
    if any(event.kind == TASK for event in panel.events):
        lines += map(Reading, _task_texts(data.tasks, at, around, len(panel.curves) > 1))
    return lines


def _moment_text(data: TrendData, at: float) -> str:
    if data.runs is not None:
        return _("{duration} after the start").format(duration=format_duration(at))
    moment = datetime.fromtimestamp(at)
    is_fine = data.until - data.since < FINE_SECONDS
    clock = fine_clock(moment) if is_fine else f"{moment:%H:%M:%S}"
    return format_day_time(moment.month, moment.day, clock)


def _start_text(wall_seconds: float) -> str:
    start = datetime.fromtimestamp(wall_seconds)
    return format_day_time(start.month, start.day, f"{start:%H:%M}")


def _clock(event: Event) -> str:
    return f"{datetime.fromtimestamp(event.wall_seconds):%H:%M:%S}"


def _task_texts(
    tasks: Sequence[Event], at: float, around: tuple[float, float], with_subject: bool
) -> list[str]:
    """Return the tasks that ran at that moment, or else around it; those that grew most first."""
    found = _running(tasks, at, at) or _running(tasks, *around)
    found.sort(key=task_growth, reverse=True)
    lines = [_task_text(task, with_subject=with_subject) for task in found[:MOST_TASKS]]
    if len(found) > MOST_TASKS:
        lines.append(_more(len(found) - MOST_TASKS))
    return lines


def _task_text(event: Event, *, with_subject: bool) -> str:
    """Return when a task began, its name, how long it took, what it kept and its peak."""
    name = plain_name(str(event.data.get("task") or event.text or event.kind), 70)
    if with_subject:
        name = f"{plain_name(event.subject)}: {name}"
    parts = [f"{_clock(event)}  {event_label(TASK)}: {name}"]
    if (end := task_end(event)) is not None:
        parts.append(format_duration(end - event.wall_seconds))
    if (kept := kept_of(event)) is not None:
        parts.append(f"{'+' if kept > 0 else ''}{format_size(kept)}")
    peak = event.data.get("peak_growth_bytes")
    if isinstance(peak, (int, float)) and peak >= _LEAST_PEAK_BYTES:
        parts.append(_("peak +{size}").format(size=format_size(peak)))
    if failed := event.data.get("failed"):
        parts.append(_("failed: {reason}").format(reason=plain_name(str(failed))))
    return listed(parts)


def _running(tasks: Sequence[Event], since: float, until: float) -> list[Event]:
    return [
        task
        for task in tasks
        if task.wall_seconds <= until and (task_end(task) or task.wall_seconds) >= since
    ]


def _more(count: int) -> str:
    return ngettext("and {count} more", "and {count} more", count).format(count=count)


class ReadoutBox:
    """Draws readings in a box on the canvas of a chart."""

    def __init__(self, canvas: tk.Canvas, scale: float) -> None:
        self._canvas, self._scale = canvas, scale
        self._font = tkfont.nametofont("TkDefaultFont", canvas).copy()
        self._font.configure(size=9)

    def draw(
        self,
        lines: Sequence[Reading],
        pointer: tuple[int, int],
        edges: tuple[float, float],
        data: TrendData,
        palette: Palette,
    ) -> None:
        """Draw the lines beside the pointer; edges: left and right of the axes."""
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
        x, y = pointer
        left = x + 2 * pad
        # On the other side where it would go beyond the window, or cover the legend for no need.
        on_the_left = x - 2 * pad - width
        if left + width >= self._canvas.winfo_width() or (
            left + width > edges[1] and on_the_left >= edges[0]
        ):
            left = max(0, on_the_left)
        top = max(0, min(y + pad, self._canvas.winfo_height() - height - 1))
        self._canvas.create_rectangle(
            left, top, left + width, top + height,
            fill=palette.surface, outline=palette.edge, tags=OVERLAY,
        )  # fmt: skip
        for number, line in enumerate(lines):
            middle = top + pad + row * number + row // 2
            colour = palette.text if number else palette.muted
            if not line.colour:
                self._write(left + pad, middle, line.text, colour)
                continue
            self._draw_sample(left + pad, middle, sample, line, data, palette)
            self._write(left + pad + sample + gap // 2, middle, line.text, colour)
            self._write(left + end, middle, line.value, colour, anchor="e")
            self._write(left + end + gap, middle, line.spread, palette.muted)

    def _write(
        self, x: int, y: int, text: str, colour: str, *, anchor: Literal["w", "e"] = "w"
    ) -> None:
        self._canvas.create_text(
            x, y, text=text, anchor=anchor, font=self._font, fill=colour, tags=OVERLAY
        )

    def _draw_sample(
        self, left: int, middle: int, width: int, line: Reading, data: TrendData, palette: Palette
    ) -> None:
        """Draw what the curve looks like: its dashes, or the hatches of its area."""
        colour = line.colour or ""
        if not data.selection.stacked or data.runs is not None:
            pixels = max(1, round(2 * self._scale))
            self._canvas.create_line(
                left, middle, left + width, middle, fill=colour, width=pixels,
                dash=_tk_dashes(line.slot, pixels), tags=OVERLAY,
            )  # fmt: skip
            return
        half = round(5 * self._scale)
        self._canvas.create_rectangle(
            left, middle - half, left + width, middle + half, fill=colour, width=0, tags=OVERLAY
        )
        if line.slot // len(palette.lines) and len(data.targets) <= MOST_HATCHED:
            for start in range(left, left + width - half, half):
                self._canvas.create_line(
                    start, middle + half, start + 2 * half, middle - half,
                    fill=palette.surface, width=max(1, round(self._scale)), tags=OVERLAY,
                )  # fmt: skip


def _tk_dashes(slot: int, pixels: int) -> tuple[int, ...]:
    """Return a line's dashes as Tk takes them: whole pixels."""
    dashes = DASHES[slot % len(DASHES)]
    return () if isinstance(dashes, str) else tuple(round(part * pixels) for part in dashes[1])
